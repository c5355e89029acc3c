//! What must hold: after every record, and in the end.
//!
//! After every record: it reads back as it was written, and its goal's [`Course`] finds nothing. The
//! checks fold goals by themselves, from the records alone.

mod course;
pub(crate) mod finish;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use galley_bus_core::log::{Entry, Seq};
use galley_coordinator_goal::{Goal, view};
use galley_schemas::id::GoalId;
use galley_schemas::record::{Act, Ending, Event, Record};
use galley_schemas::view::View;

pub use course::Course;

use crate::lock;
use crate::workflows;
use crate::world::World;

/// Most violations that are kept; the first one says the most.
const VIOLATIONS_MAX: usize = 20;

/// Something that must hold and does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The true time since the beginning.
    pub at: Duration,
    /// The goal that it is about, if it is about one.
    pub goal: Option<GoalId>,
    /// What does not hold.
    pub what: String,
}

/// What must hold, and what is known of the run.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    goals: BTreeMap<GoalId, Known>,
    violations: Vec<Violation>,
    records: u64,
}

/// A goal as its records tell.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) course: Course,
    pub(crate) records: Vec<Record>,
    pub(crate) last: Seq,
}

impl Checks {
    /// Notes that something does not hold.
    pub(crate) fn violate(&self, world: &World, goal: Option<GoalId>, what: String) {
        world.say("CHECK", &what);
        let mut state = lock(&self.state);
        if state.violations.len() < VIOLATIONS_MAX {
            state.violations.push(Violation { at: world.elapsed(), goal, what });
        }
    }

    /// What does not hold.
    pub(crate) fn violations(&self) -> Vec<Violation> {
        lock(&self.state).violations.clone()
    }

    /// How many records there are.
    pub(crate) fn records(&self) -> u64 {
        lock(&self.state).records
    }

    /// Takes a record in that was appended.
    pub(crate) fn record(&self, world: &World, who: &str, entry: &Entry) {
        let broken = {
            let mut state = lock(&self.state);
            state.records += 1;
            state.take_in(entry)
        };
        let goal = entry.record.goal;
        world.say(who, &tell(world, entry));
        for what in broken {
            self.violate(world, Some(goal), what);
        }
    }

    /// Every goal, as it stands.
    pub(crate) fn views(&self) -> Vec<View> {
        lock(&self.state).goals.values().map(|known| view(known.goal())).collect()
    }

    /// Looks at every goal.
    pub(crate) fn each<T>(&self, mut look: impl FnMut(&GoalId, &Known) -> T) -> Vec<T> {
        lock(&self.state).goals.iter().map(|(id, known)| look(id, known)).collect()
    }

    /// How many goals there are, and how many ended how.
    pub(crate) fn endings(&self) -> Endings {
        let mut endings = Endings::default();
        for known in lock(&self.state).goals.values() {
            endings.goals += 1;
            match known.goal().ending() {
                Some(Ending::Succeeded { .. }) => endings.succeeded += 1,
                Some(Ending::Failed { .. }) => endings.failed += 1,
                Some(Ending::Cancelled { .. }) => endings.cancelled += 1,
                None => {}
            }
        }
        endings
    }
}

/// How goals ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Endings {
    /// All goals.
    pub goals: u64,
    /// Those that succeeded.
    pub succeeded: u64,
    /// Those that failed.
    pub failed: u64,
    /// Those that were cancelled.
    pub cancelled: u64,
}

impl State {
    /// Folds a record; says what does not hold.
    fn take_in(&mut self, entry: &Entry) -> Vec<String> {
        let Entry { seq, record } = entry;
        let mut broken = Vec::new();
        let bytes = serde_json::to_vec(record).expect("a record has string keys only");
        if serde_json::from_slice::<Record>(&bytes).ok().as_ref() != Some(record) {
            broken.push("a record does not read back as it was written".to_owned());
        }
        let known = match self.goals.entry(record.goal) {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(place) => {
                let version = record.workflow().map(|workflow| &workflow.version);
                let Some(workflow) = version.and_then(workflows::at_version) else {
                    return vec!["a log does not begin with a submission".to_owned()];
                };
                let course = Course::new(Goal::new(record.goal, workflow));
                place.insert(Known { course, records: Vec::new(), last: Seq::START })
            }
        };
        broken.extend(known.course.take_in(record));
        known.last = *seq;
        known.records.push(record.clone());
        broken
    }
}

impl Known {
    /// The goal, as it stands.
    pub(crate) fn goal(&self) -> &Goal {
        self.course.goal()
    }

    /// Whether the goal is over.
    pub(crate) fn is_over(&self) -> bool {
        self.goal().ending().is_some()
    }
}

/// A record in one line.
fn tell(world: &World, entry: &Entry) -> String {
    let Entry { seq, record } = entry;
    let events: Vec<_> = record.events.iter().map(|event| told(world, event)).collect();
    let acts: Vec<_> = record.acts.iter().map(act).collect();
    let name = world.diary.name(&record.goal);
    let goal = record.goal.to_string();
    let cause = record.cause.as_str().replace(&goal, &name);
    let cause: String = cause.chars().take(40).collect();
    format!("{name} @{seq} {} ({}) because of {cause}", events.join(", "), acts.join(" "))
}

#[expect(clippy::wildcard_enum_match_arm, reason = "a line for people; most events need no more")]
fn told(world: &World, event: &Event) -> String {
    let name = event.name();
    match event {
        Event::ChildSubmitted { task, child, .. } => {
            format!("{name} {task}={}", world.diary.name(child))
        }
        Event::Offered { task, attempt, .. } => format!("{name} {task}#{attempt}"),
        Event::Ended { ending: Ending::Failed { fault }, .. } => format!("{name} failed {fault}"),
        Event::AttemptFailed { task, attempt, fault, .. } => {
            format!("{name} {task}#{attempt} {}", fault.code)
        }
        Event::EffectIntended { task, intent } => format!("{name} {task} {}", intent.key),
        Event::EffectSettled { task, key, settlement } => {
            let how = serde_json::to_value(settlement).unwrap_or_default();
            let how = how.get("is").and_then(|is| is.as_str()).unwrap_or_default().to_owned();
            format!("{name} {task} {key} {how}")
        }
        Event::Stopped { scope, epoch, .. } | Event::Resumed { scope, epoch, .. } => {
            format!("{name} {scope:?} under {epoch}")
        }
        _ => event.task().map_or_else(|| name.to_owned(), |task| format!("{name} {task}")),
    }
}

fn act(act: &Act) -> &'static str {
    match act {
        Act::Offer { .. } => "offer",
        Act::Arm { .. } => "arm",
        Act::Disarm => "disarm",
        Act::Submit { .. } => "submit",
        Act::Steer { .. } => "steer",
        Act::TellParent { .. } => "tell-parent",
    }
}
