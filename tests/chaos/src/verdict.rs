//! What must hold in the end, read from the logs, the target and the site; nothing of it is asked of
//! the processes that did the work.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use galley_bus_core::Bus;
use galley_bus_core::feedback::{Parcel, parcels};
use galley_bus_core::log::{Entry, Seq};
use galley_coordinator_driver::Registry;
use galley_coordinator_goal::{Goal, view};
use galley_schemas::id::{GoalId, TaskId};
use galley_schemas::input::{AnswerVerdict, Feedback};
use galley_schemas::record::{Ending, Event};
use galley_schemas::report::Settlement;
use galley_schemas::view::Phase;
use galley_tests_sim::check::Course;
use serde_json::Value;

use crate::people::Known;
use crate::target::{self, Counted, Key};

/// Most records read at once.
const PAGE: usize = 500;

/// Every goal's records, in order.
pub(crate) type Logs = BTreeMap<GoalId, Vec<Entry>>;

/// Reads the whole log; and what it tells, as the relay carries it.
pub(crate) async fn logs(bus: &Bus) -> anyhow::Result<(Logs, Vec<Parcel>)> {
    let (mut logs, mut told, mut after) = (Logs::new(), Vec::new(), Seq::START);
    loop {
        let entries = bus.log.tail(after, PAGE).await?;
        let Some(last) = entries.last() else { return Ok((logs, told)) };
        after = last.seq;
        for entry in entries {
            told.extend(parcels(&entry).0);
            logs.entry(entry.record.goal).or_default().push(entry);
        }
    }
}

/// What became of the goals.
#[derive(Debug, Clone, Default)]
pub(crate) struct Goals {
    pub(crate) submitted: usize,
    /// Those that other goals asked for.
    pub(crate) children: usize,
    pub(crate) succeeded: usize,
    pub(crate) failed: usize,
    pub(crate) cancelled: usize,
    /// By code, why goals failed.
    pub(crate) codes: BTreeMap<String, usize>,
    pub(crate) lost: usize,
    pub(crate) stuck: usize,
    pub(crate) records: usize,
    pub(crate) wrong: Vec<String>,
}

/// Every goal's log, folded anew.
#[derive(Debug, Default)]
pub(crate) struct Courses {
    by_goal: BTreeMap<GoalId, Course>,
    wrong: Vec<String>,
}

/// Folds every goal's log anew, and checks every invariant after every record.
pub(crate) async fn courses(bus: &Bus, logs: &Logs) -> anyhow::Result<Courses> {
    let registry = Registry::new(Arc::clone(&bus.kv));
    let mut courses = Courses::default();
    for (id, entries) in logs {
        let first = entries.first().context("a log that was read has a record")?;
        let Some(workflow) = first.record.workflow() else {
            courses.wrong.push(format!("the log of {id} does not begin with a submission"));
            continue;
        };
        let workflow = registry.version(workflow).await?;
        let mut course = Course::new(Goal::new(*id, workflow));
        for Entry { seq, record } in entries {
            let broken = course.take_in(record);
            courses.wrong.extend(broken.iter().map(|what| format!("{id} @{seq}: {what}")));
        }
        courses.by_goal.insert(*id, course);
    }
    Ok(courses)
}

/// Counts what became of the goals, and looks for what people were told is kept.
pub(crate) fn goals(logs: &Logs, courses: &Courses, known: &Known) -> Goals {
    let records = logs.values().map(Vec::len).sum();
    let (submitted, wrong) = (known.submitted.len(), courses.wrong.clone());
    let mut goals = Goals { submitted, records, wrong, ..Goals::default() };
    courses.by_goal.values().for_each(|course| goals.count(course.goal()));
    goals.lost = known
        .submitted
        .iter()
        .filter(|submitted| {
            let caused = |entries: &Vec<Entry>| {
                entries.first().is_some_and(|e| e.record.cause == submitted.id)
            };
            match submitted.goal {
                Some(goal) => !logs.contains_key(&goal),
                None => logs.values().filter(|entries| caused(entries)).count() != 1,
            }
        })
        .count();
    goals.wrong.extend(known.rated.iter().filter_map(|rated| noted(logs, rated)));
    goals
}

impl Goals {
    fn count(&mut self, goal: &Goal) {
        let view = view(goal);
        self.children += usize::from(view.parent.is_some());
        match view.phase {
            Phase::Ended { ending: Ending::Succeeded { .. } } => self.succeeded += 1,
            Phase::Ended { ending: Ending::Cancelled { .. } } => self.cancelled += 1,
            Phase::Ended { ending: Ending::Failed { fault } } => {
                self.failed += 1;
                *self.codes.entry(fault.code).or_default() += 1;
            }
            phase @ (Phase::New | Phase::Running | Phase::Stopped | Phase::Unwinding { .. }) => {
                self.stuck += 1;
                let open = view.steps.iter().flat_map(|step| &step.open);
                let open: Vec<_> =
                    open.map(|open| format!("{} {:?}", open.task, open.waits)).collect();
                let (id, name, stops) = (view.goal, view.workflow.name, view.stops);
                self.wrong.push(format!("{id} ({name}) is {phase:?} under {stops:?}: {open:?}"));
            }
        }
    }
}

/// What is wrong about an outcome that people said.
fn noted(logs: &Logs, rated: &Feedback) -> Option<String> {
    let is_it =
        |event: &&Event| matches!(event, Event::OutcomeNoted { feedback } if feedback == rated);
    let events = logs.get(&rated.goal).into_iter().flatten().flat_map(|e| &e.record.events);
    let noted = events.filter(is_it).count();
    (noted != 1).then(|| format!("an outcome of {} is noted {noted} times", rated.goal))
}

/// What became of the writes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Effects {
    /// Writes that landed at least once, by what they write.
    pub(crate) landed: BTreeMap<String, usize>,
    pub(crate) duplicates: usize,
    /// Said to be done, and not there.
    pub(crate) phantoms: usize,
    /// There, and the log says that they are not, or nothing.
    pub(crate) untold: usize,
    /// There, and left open by a goal that ended without success while they were under way.
    pub(crate) left_open: usize,
    /// There, although their goal ended without success and they can be undone.
    pub(crate) left_behind: usize,
    /// Announcements in the logs.
    pub(crate) intents: usize,
    /// Articles that stand on the site, and goals that published one.
    pub(crate) posts: usize,
    pub(crate) published: usize,
    pub(crate) wrong: Vec<String>,
}

/// Compares the logs with what the target counted.
pub(crate) fn effects(logs: &Logs, courses: &Courses, counted: &Counted) -> Effects {
    let mut effects = Effects::default();
    let mut said: BTreeMap<Key, Said> = BTreeMap::new();
    let mut succeeded: BTreeSet<String> = BTreeSet::new();
    let mut behind: BTreeSet<Key> = BTreeSet::new();
    let is_there = |key: &Key| counted.landed.contains_key(key);
    for (goal, entries) in logs {
        let mut last: BTreeMap<TaskId, Key> = BTreeMap::new();
        let must_not_show = |task| courses.by_goal.get(goal).is_some_and(|c| c.must_not_show(task));
        for event in entries.iter().flat_map(|entry| &entry.record.events) {
            if let Some((task, key)) = announced(goal, event)
                && must_not_show(task)
                && is_there(&key)
            {
                behind.insert(key);
            }
            effects.intents += usize::from(matches!(event, Event::EffectIntended { .. }));
            said.extend(hear(goal, event, &mut last));
            if matches!(event, Event::Ended { ending: Ending::Succeeded { .. }, .. }) {
                succeeded.insert(goal.to_string());
            }
        }
    }
    for (key, times) in &counted.landed {
        let what = key.path().rsplit('/').next().unwrap_or_default().to_owned();
        *effects.landed.entry(what).or_default() += 1;
        if *times > 1 {
            effects.duplicates += 1;
            effects.wrong.push(format!("{} landed {times} times", key.path()));
        }
        let of_success = key.path().split('/').next().is_some_and(|goal| succeeded.contains(goal));
        match said.get(key) {
            Some(Said::Done) => {}
            Some(Said::Open) if !of_success => effects.left_open += 1,
            told @ (Some(Said::Open | Said::NotDone) | None) => {
                effects.untold += 1;
                effects.wrong.push(format!("{} landed, the log says {told:?}", key.path()));
            }
        }
    }
    effects.left_behind = behind.len();
    effects.wrong.extend(behind.iter().map(|key| format!("{} was never undone", key.path())));
    for (key, _) in said.iter().filter(|(key, said)| **said == Said::Done && !is_there(key)) {
        effects.phantoms += 1;
        effects.wrong.push(format!("{} did not land, the log says that it did", key.path()));
    }
    effects
}

/// What a log says last of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    /// Announced, and nobody knows yet.
    Open,
    Done,
    NotDone,
}

/// The write to the target that an event announces.
fn announced<'e>(goal: &GoalId, event: &'e Event) -> Option<(&'e TaskId, Key)> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "one of many events")]
    match event {
        Event::EffectIntended { task, intent } if intent.target == target::NAME => {
            Some((task, Key::new(goal, task, intent.key.as_str())))
        }
        _ => None,
    }
}

/// What an event says of a write to the target.
fn hear(goal: &GoalId, event: &Event, last: &mut BTreeMap<TaskId, Key>) -> Option<(Key, Said)> {
    if let Some((task, key)) = announced(goal, event) {
        last.insert(task.clone(), key.clone());
        return Some((key, Said::Open));
    }
    #[expect(clippy::wildcard_enum_match_arm, reason = "all others say nothing of effects")]
    match event {
        Event::EffectSettled { task, settlement, .. } => {
            let said = match settlement {
                Settlement::Done { .. } => Said::Done,
                Settlement::NotDone { .. } => Said::NotDone,
                Settlement::Unknown { .. } => Said::Open,
            };
            Some((last.get(task)?.clone(), said))
        }
        // A person said it of the effect that was unknown.
        Event::Answered { task, verdict, .. } => {
            let said = match verdict {
                AnswerVerdict::Happened { .. } => Said::Done,
                AnswerVerdict::DidNotHappen => Said::NotDone,
                AnswerVerdict::Approve
                | AnswerVerdict::ApproveEdited { .. }
                | AnswerVerdict::Reject => return None,
            };
            Some((last.get(task)?.clone(), said))
        }
        _ => None,
    }
}

/// Counts the articles on the site against the goals that published.
pub(crate) fn site(effects: &mut Effects, logs: &Logs, site: &Path) -> anyhow::Result<()> {
    let mut posts: BTreeMap<String, usize> = BTreeMap::new();
    let entries = std::fs::read_dir(site).into_iter().flatten();
    for entry in entries {
        let Ok(text) = std::fs::read(entry?.path().join("post.json")) else { continue };
        let post: Value = serde_json::from_slice(&text)?;
        let goal = post.get("goal").and_then(Value::as_str).unwrap_or_default();
        *posts.entry(goal.to_owned()).or_default() += 1;
    }
    effects.posts = posts.values().sum();
    for (goal, entries) in logs {
        let is_article =
            |entry: &Entry| entry.record.workflow().is_some_and(|w| w.name.as_str() == "article");
        if !entries.iter().any(is_article) {
            continue;
        }
        let events = || entries.iter().flat_map(|entry| &entry.record.events);
        let done = events().any(|event| {
            matches!(event, Event::Done { task, .. } if task.as_str().starts_with("publish"))
        });
        let stands = posts.get(&goal.to_string()).copied().unwrap_or_default();
        effects.published += usize::from(done);
        if stands != usize::from(done) {
            effects
                .wrong
                .push(format!("the article of {goal} stands {stands} times, done is {done}"));
        }
    }
    Ok(())
}
