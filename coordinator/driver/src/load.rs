//! Goals in memory: each folded from its log, kept behind a lock of its own, dropped when idle.
//!
//! A goal half way through an article takes about 4 KiB, most of it what its agents gave; a hundred
//! thousand live goals take what [`crate::Config::goals_cached_max`] of them do, and a goal that is not
//! in memory costs one read of its log when it is next needed.
//!
//! What is kept is only ever a shortcut: a state that fell behind the log loses the next append and
//! is brought up to date, and nothing is answered from memory alone (see [`crate::commit`]).

use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};
use dashmap::DashMap;
use galley_bus_core::log::{Entry, Seq};
use galley_coordinator_goal::workflow::Workflow;
use galley_coordinator_goal::{Goal, IllegalEvent, evolve, view};
use galley_schemas::id::{Epoch, GoalId, MessageId, TaskId};
use galley_schemas::input::{Order, Scope, Standing};
use galley_schemas::record::Event;
use galley_schemas::view::Status;
use tokio::sync::{Mutex, MutexGuard};

use crate::kinds::kinds_of;

/// How many of a goal's last inputs are remembered. One that is redelivered later than that is
/// decided again.
const CAUSES_MAX: usize = 4_096;
/// How many refused inputs a goal's log takes; more are kept beside it.
const REJECTED_MAX: u32 = 100;
/// When the goals in memory are too many, so many in a hundred are dropped.
const DROPPED_PERCENT: usize = 10;

/// A goal as it is known here, at one place of its log.
#[derive(Debug)]
pub(crate) struct Known {
    /// Its state after the record at `seq`; shared with snapshots of it.
    pub goal: Arc<Goal>,
    /// Its last record; [`Seq::START`] when there is none yet.
    pub seq: Seq,
    /// The last record, while its acts are not known to be carried out.
    pub owed: Option<Box<Entry>>,
    /// What the driver itself remembers of its records.
    pub notes: Notes,
}

/// What the driver itself remembers of a goal's records.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    /// The last order that the goal was told before or when it began, of whichever scope.
    begun: Epoch,
    /// The last inputs that were decided, each by a hash of its id.
    causes: VecDeque<u64>,
    /// What most goals do not have: kept apart, since there may be very many goals.
    rare: Option<Box<Rare>>,
}

/// What most goals do not have.
#[derive(Debug, Default)]
struct Rare {
    /// The last order that the goal was told since it began, of each scope that there was one for.
    told: Vec<(Scope, Epoch)>,
    /// What each task said last that it is doing.
    progress: BTreeMap<TaskId, String>,
    /// How many inputs its log refused.
    rejected: u32,
}

impl Notes {
    /// The last order of a scope that the goal was told.
    fn seen(&self, scope: &Scope) -> Epoch {
        let told = self.rare.iter().flat_map(|rare| &rare.told).find(|(of, _)| of == scope);
        told.map_or(self.begun, |(_, epoch)| *epoch)
    }

    fn rare_mut(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }
}

/// What is kept of an input's id: whoever could make two ids with the same hash could only keep
/// their own input from being decided.
fn hash(cause: &MessageId) -> u64 {
    let mut hasher = DefaultHasher::new();
    cause.hash(&mut hasher);
    hasher.finish()
}

impl Known {
    /// A goal that nothing is recorded of.
    pub(crate) fn new(id: GoalId, workflow: Arc<Workflow>) -> Self {
        Self {
            goal: Arc::new(Goal::new(id, workflow)),
            seq: Seq::START,
            owed: None,
            notes: Notes::default(),
        }
    }

    /// The goal's id.
    pub(crate) fn id(&self) -> GoalId {
        self.goal.id()
    }

    /// The stop scopes that it lies in.
    pub(crate) fn scopes(&self) -> Vec<Scope> {
        scopes_of(self.id(), self.goal.workflow())
    }

    /// Takes in a record that somebody else appended.
    pub(crate) fn fold(&mut self, entry: &Entry) -> Result<(), IllegalEvent> {
        for event in &entry.record.events {
            evolve(Arc::make_mut(&mut self.goal), event)?;
        }
        self.keep(entry);
        Ok(())
    }

    /// Takes in a record that was appended here, with the state that it was decided to lead to.
    pub(crate) fn advance(&mut self, entry: &Entry, after: Goal) {
        self.goal = Arc::new(after);
        self.keep(entry);
    }

    fn keep(&mut self, entry: &Entry) {
        self.seq = entry.seq;
        if self.notes.causes.len() == CAUSES_MAX {
            self.notes.causes.pop_front();
        }
        self.notes.causes.push_back(hash(&entry.record.cause));
        for event in &entry.record.events {
            self.note(event);
        }
    }

    /// What the driver itself remembers of an event.
    #[expect(clippy::wildcard_enum_match_arm, reason = "state is `evolve`'s; this is a side note")]
    fn note(&mut self, event: &Event) {
        match event {
            Event::Submitted { epoch, .. } => self.notes.begun = *epoch,
            Event::Stopped { scope, epoch, .. } | Event::Resumed { scope, epoch, .. } => {
                self.saw(scope, *epoch);
            }
            Event::InputRejected { .. } => {
                let rare = self.notes.rare_mut();
                rare.rejected = rare.rejected.saturating_add(1);
            }
            Event::Done { task, .. } | Event::AttemptFailed { task, .. } => {
                if let Some(rare) = &mut self.notes.rare {
                    rare.progress.remove(task);
                }
            }
            Event::Ended { .. } => {
                if let Some(rare) = &mut self.notes.rare {
                    rare.progress.clear();
                }
            }
            _ => {}
        }
    }

    /// Keeps what a task says that it is doing.
    pub(crate) fn note_progress(&mut self, task: TaskId, note: String) {
        self.notes.rare_mut().progress.insert(task, note);
    }

    /// Remembers that the goal was told an order, whether or not it changed anything.
    pub(crate) fn saw(&mut self, scope: &Scope, epoch: Epoch) {
        if self.notes.seen(scope) >= epoch {
            return;
        }
        let told = &mut self.notes.rare_mut().told;
        told.retain(|(of, _)| of != scope);
        told.push((scope.clone(), epoch));
    }

    /// The orders that the goal was not told yet.
    pub(crate) fn unseen(&self, standing: Vec<Standing>) -> Vec<Standing> {
        let is_news =
            |standing: &Standing| self.notes.seen(&standing.control.scope) < standing.epoch;
        standing.into_iter().filter(is_news).collect()
    }

    /// Whether an input is among the last that were decided.
    pub(crate) fn has_decided(&self, cause: &MessageId) -> bool {
        self.notes.causes.contains(&hash(cause))
    }

    /// Whether its log takes another refused input.
    pub(crate) fn takes_rejections(&self) -> bool {
        let rejected = self.notes.rare.as_ref().map_or(0, |rare| rare.rejected);
        self.seq > Seq::START && rejected < REJECTED_MAX
    }

    /// How it stands.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let owed = u64::from(self.owed.is_some());
        let progress = self.notes.rare.as_ref().map(|rare| rare.progress.clone());
        Snapshot {
            goal: Arc::clone(&self.goal),
            seq: self.seq.0,
            // Only the last record can be owed, so everything before it is carried out.
            acted: self.seq.0.saturating_sub(owed),
            progress: progress.unwrap_or_default(),
        }
    }
}

/// A goal as it stood at one place of its log. It costs little to take; only what is shown in the end is
/// made into a status.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    goal: Arc<Goal>,
    seq: u64,
    acted: u64,
    progress: BTreeMap<TaskId, String>,
}

impl Snapshot {
    /// Which goal.
    pub(crate) fn id(&self) -> GoalId {
        self.goal.id()
    }

    /// The places of its last record, and of the last whose acts are known to be carried out.
    pub(crate) fn places(&self) -> (u64, u64) {
        (self.seq, self.acted)
    }

    /// When its alarm goes off.
    pub(crate) fn alarm(&self) -> Option<DateTime<Utc>> {
        self.goal.alarm()
    }

    /// Whether it stands as an order says: under a stop for the order's scope, or under none. One that
    /// is over stands as any order says.
    pub(crate) fn heeds(&self, Standing { control, .. }: &Standing) -> bool {
        let is_stopped = view(&self.goal).stops.contains(&control.scope);
        let is_to_stop = match control.order {
            Order::Stop => true,
            Order::Resume | Order::Cancel => false,
        };
        !self.goal.is_live() || is_stopped == is_to_stop
    }

    /// Its status for people, with the acts up to a place carried out, or further.
    pub(crate) fn status(&self, acted: u64) -> Status {
        Status {
            view: view(&self.goal),
            seq: self.seq,
            acted: self.acted.max(acted),
            progress: self.progress.clone(),
        }
    }
}

/// The stop scopes that a goal lies in.
pub(crate) fn scopes_of(goal: GoalId, workflow: &Workflow) -> Vec<Scope> {
    let own =
        [Scope::All, Scope::Workflow { workflow: workflow.name.clone() }, Scope::Goal { goal }];
    let kinds = kinds_of(workflow).into_iter().map(|kind| Scope::Kind { kind });
    own.into_iter().chain(kinds).collect()
}

/// One goal's place in memory.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    known: Mutex<Option<Known>>,
    used_ms: AtomicI64,
}

impl Slot {
    /// The goal, alone; `None` until it is loaded. Held over a whole turn (load, decide, append,
    /// act): turns of one goal never overlap here.
    pub(crate) async fn lock(&self) -> MutexGuard<'_, Option<Known>> {
        self.known.lock().await
    }
}

/// The goals in memory.
#[derive(Debug)]
pub(crate) struct Goals {
    slots: DashMap<GoalId, Arc<Slot>>,
    max: usize,
}

impl Goals {
    pub(crate) fn new(max: u32) -> Self {
        Self { slots: DashMap::new(), max: usize::try_from(max).unwrap_or(usize::MAX).max(1) }
    }

    /// A goal's slot; makes room first when there are too many.
    pub(crate) fn slot(&self, goal: GoalId, now: DateTime<Utc>) -> Arc<Slot> {
        let slot = match self.slots.get(&goal) {
            Some(slot) => Arc::clone(&slot),
            None => {
                if self.slots.len() >= self.max {
                    self.make_room();
                }
                Arc::clone(&self.slots.entry(goal).or_default())
            }
        };
        slot.used_ms.store(now.timestamp_millis(), Ordering::Relaxed);
        slot
    }

    /// Drops a goal that is not needed any more, unless somebody is at work on it.
    pub(crate) fn forget(&self, goal: &GoalId) {
        self.slots.remove_if(goal, |_, slot| Arc::strong_count(slot) == 1);
    }

    /// Drops those that were idle longest. One that somebody holds stays: so the bound may be
    /// exceeded by as many as are worked on at once.
    fn make_room(&self) {
        let mut idle: Vec<(i64, GoalId)> = self
            .slots
            .iter()
            .filter(|slot| Arc::strong_count(slot.value()) == 1)
            .map(|slot| (slot.used_ms.load(Ordering::Relaxed), *slot.key()))
            .collect();
        idle.sort_unstable();
        let surplus = (self.max * DROPPED_PERCENT / 100).max(1);
        for (_, goal) in idle.into_iter().take(surplus) {
            self.forget(&goal);
        }
    }
}

#[cfg(test)]
mod tests;
