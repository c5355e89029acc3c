//! The status view: each goal's last state, in the bucket `goals`, written off the critical path.
//!
//! A record makes its goal dirty; a part of its own writes what is dirty, the last state only. A note
//! of progress makes it dirty too, but waits until the goal's last write is a while ago. The value
//! also carries the place up to which acts are known to be carried out, which saves repeating them
//! (see [`crate::commit`]).
//!
//! Views give way to steps: the longer it takes to write what is dirty, the longer is the pause
//! before the next turn, up to [`PAUSE_MAX`]. So a bus that is busy is asked for one write a second
//! and goal, and one that is idle for as many as there are records.
//!
//! Where a view was written from here before, its place in the bucket is remembered, so that writing
//! it again needs no reading. Whoever else wrote it meanwhile makes that write fail, and then it is
//! read.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use galley_bus_core::Unreachable;
use galley_bus_core::clock::Clock;
use galley_bus_core::kv::{Entry, Expect, KeyValue, Put, PutError};
use galley_bus_core::log::Seq;
use galley_schemas::id::GoalId;
use galley_schemas::subject::bucket;
use galley_schemas::view::{Mark, Status};
use tokio_util::sync::CancellationToken;

use crate::load::Snapshot;

/// How many views are read or written at once.
const AT_ONCE: usize = 16;
/// How often a lost race for a goal's view is run again.
const RACES_MAX: u32 = 4;
/// How many goals may wait to be written. Beyond it, while the bus is out of reach, views are let go:
/// the sweep writes them later.
const DIRTY_MAX: usize = 65_536;
/// Of how many goals it is remembered what is in the bucket; of the youngest.
const KNOWN_MAX: usize = 16_384;
/// The pause after a turn is so many times as long as the turn.
const PAUSE_FACTOR: u32 = 4;
/// Longest pause between two turns, unless it is set longer.
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// How soon a view must be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Urgency {
    /// When the goal's last write is a while ago.
    Relaxed,
    /// In the next turn.
    Prompt,
}

/// What waits to be written.
pub(crate) struct Board {
    kv: Arc<dyn KeyValue>,
    clock: Arc<dyn Clock>,
    progress_period: TimeDelta,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    dirty: BTreeMap<GoalId, (Snapshot, Urgency)>,
    /// When goals were last written; only of the last progress period.
    written: BTreeMap<GoalId, DateTime<Utc>>,
    /// What is in the bucket, as far as it was written from here.
    known: BTreeMap<GoalId, There>,
}

/// A view as it lies in the bucket.
#[derive(Debug, Clone, Copy)]
struct There {
    revision: u64,
    seq: u64,
    acted: u64,
}

impl Board {
    pub(crate) fn new(
        kv: Arc<dyn KeyValue>,
        clock: Arc<dyn Clock>,
        progress_period: Duration,
    ) -> Self {
        let progress_period = TimeDelta::from_std(progress_period).unwrap_or(TimeDelta::MAX);
        Self { kv, clock, progress_period, waiting: Mutex::default() }
    }

    /// Takes a goal's state to be written.
    pub(crate) fn note(&self, snapshot: Snapshot, urgency: Urgency) {
        let mut waiting = self.lock();
        let goal = snapshot.id();
        if waiting.dirty.len() >= DIRTY_MAX && !waiting.dirty.contains_key(&goal) {
            tracing::warn!(%goal, "too many views wait; this one is left to the sweep");
            return;
        }
        let before = waiting.dirty.get(&goal);
        let urgency = before.map_or(urgency, |(_, before)| urgency.max(*before));
        if before.is_none_or(|(before, _)| before.places() <= snapshot.places()) {
            waiting.dirty.insert(goal, (snapshot, urgency));
        }
    }

    /// Writes what is dirty every `period`, or less often when that takes long.
    pub(crate) async fn run(&self, period: Duration, stop: CancellationToken) {
        let mut pause = period;
        while !stop.is_cancelled() {
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                () = self.clock.sleep(pause) => {
                    let from = self.clock.now();
                    self.flush(Urgency::Prompt).await;
                    let took = (self.clock.now() - from).to_std().unwrap_or_default();
                    pause = took.saturating_mul(PAUSE_FACTOR).clamp(period, period.max(PAUSE_MAX));
                }
            }
        }
    }

    /// Writes everything that waits.
    pub(crate) async fn flush_all(&self) {
        self.flush(Urgency::Relaxed).await;
    }

    async fn flush(&self, least: Urgency) {
        let due = self.take_due(least);
        stream::iter(due)
            .for_each_concurrent(AT_ONCE, |(snapshot, urgency)| async move {
                if let Err(error) = self.write(&snapshot).await {
                    tracing::debug!(goal = %snapshot.id(), %error, "view not written; again soon");
                    self.note(snapshot, urgency);
                }
            })
            .await;
    }

    fn take_due(&self, least: Urgency) -> Vec<(Snapshot, Urgency)> {
        let now = self.clock.now();
        let mut waiting = self.lock();
        let Waiting { dirty, written, known: _ } = &mut *waiting;
        written.retain(|_, at| now - *at < self.progress_period);
        let due: Vec<GoalId> = dirty
            .iter()
            .filter(|(goal, (_, urgency))| *urgency >= least || !written.contains_key(*goal))
            .map(|(goal, _)| *goal)
            .collect();
        due.into_iter()
            .filter_map(|goal| {
                written.insert(goal, now);
                dirty.remove(&goal)
            })
            .collect()
    }

    /// Writes one view now, unless a later one is there.
    ///
    /// # Errors
    /// The bus was out of reach.
    pub(crate) async fn write(&self, snapshot: &Snapshot) -> Result<(), Unreachable> {
        let goal = snapshot.id();
        let key = goal.to_string();
        let mut there = self.lock().known.get(&goal).copied();
        if there.is_none() {
            there = self.look(&key).await?;
        }
        for _ in 0..RACES_MAX {
            if there.is_some_and(|there| there.seq > snapshot.places().0) {
                return Ok(());
            }
            let status = snapshot.status(there.map_or(0, |there| there.acted));
            let expect = there.map_or(Expect::Absent, |there| Expect::Revision(there.revision));
            match self.kv.put(bucket::GOALS, &key, put(&status, expect)).await {
                Ok(revision) => {
                    let Status { seq, acted, .. } = status;
                    self.remember(goal, There { revision, seq, acted });
                    return Ok(());
                }
                Err(PutError::Conflict { .. }) => there = self.look(&key).await?,
                Err(PutError::TooLarge { .. }) => {
                    return self.write_short(&key, status, expect).await;
                }
                Err(PutError::Unreachable(error)) => return Err(error),
                Err(error @ PutError::InvalidKey { .. }) => {
                    tracing::error!(goal = key, %error, "the view cannot be written");
                    return Ok(());
                }
            }
        }
        // Others write this goal's view without end: theirs is as good.
        Ok(())
    }

    async fn look(&self, key: &str) -> Result<Option<There>, Unreachable> {
        Ok(self.kv.get(bucket::GOALS, key).await?.as_ref().map(there))
    }

    /// Remembers what is in the bucket. Of too many goals the oldest are forgotten: most of them are
    /// over.
    fn remember(&self, goal: GoalId, there: There) {
        let mut waiting = self.lock();
        waiting.known.insert(goal, there);
        if waiting.known.len() > KNOWN_MAX {
            waiting.known.pop_first();
        }
    }

    /// A view that is too large goes without what its steps gave and were given: the log has it.
    async fn write_short(
        &self,
        key: &str,
        mut status: Status,
        expect: Expect,
    ) -> Result<(), Unreachable> {
        for step in &mut status.view.steps {
            step.output = None;
        }
        status.view.input = serde_json::Value::Null;
        // Its place is not remembered: the next write looks.
        self.lock().known.remove(&status.view.goal);
        match self.kv.put(bucket::GOALS, key, put(&status, expect)).await {
            Ok(_) | Err(PutError::Conflict { .. }) => Ok(()),
            Err(PutError::Unreachable(error)) => Err(error),
            Err(error @ (PutError::TooLarge { .. } | PutError::InvalidKey { .. })) => {
                tracing::error!(goal = key, %error, "the view cannot be written");
                Ok(())
            }
        }
    }

    /// How far the goal's view is.
    ///
    /// # Errors
    /// The bus was out of reach.
    pub(crate) async fn acted(&self, goal: &GoalId) -> Result<Seq, Unreachable> {
        let entry = self.kv.get(bucket::GOALS, &goal.to_string()).await?;
        Ok(Seq(entry.as_ref().map_or(0, |entry| there(entry).acted)))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does something with every goal's status, [`AT_ONCE`] at a time. One that cannot be read is passed
/// over: the next record of its goal writes it anew.
///
/// # Errors
/// The bus was out of reach, here or in what was to be done.
pub(crate) async fn each_status<F>(
    kv: &dyn KeyValue,
    look: impl Fn(Status) -> F,
) -> Result<(), Unreachable>
where
    F: Future<Output = Result<(), Unreachable>>,
{
    let look = &look;
    // Reading and looking are one future: a reading that waited for somebody to look would hold what
    // those who look may need.
    let one = |key: String| async move {
        let entry = kv.get(bucket::GOALS, &key).await?;
        match entry.map(|entry| serde_json::from_slice(&entry.value)) {
            Some(Ok(status)) => look(status).await,
            Some(Err(error)) => {
                tracing::warn!(goal = key, %error, "a goal's status cannot be read");
                Ok(())
            }
            None => Ok(()),
        }
    };
    let keys = kv.keys(bucket::GOALS, "").await?;
    stream::iter(keys.into_iter().map(Ok)).try_for_each_concurrent(AT_ONCE, one).await
}

/// What is known of a view that was read. One that cannot be read counts as the first of all.
fn there(entry: &Entry) -> There {
    let mark = serde_json::from_slice::<Mark>(&entry.value).ok();
    let (seq, acted) = mark.map_or((0, 0), |mark| (mark.seq, mark.acted));
    There { revision: entry.revision, seq, acted }
}

fn put(status: &Status, expect: Expect) -> Put {
    let value = serde_json::to_vec(status).expect("wire types have string keys");
    Put { value: value.into(), expect, ttl: None }
}
