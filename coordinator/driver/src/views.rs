//! The status view: each goal's last state, in the bucket `goals`, written off the critical path.
//!
//! A record makes its goal dirty; a part of its own writes what is dirty, the last state only. A note
//! of progress makes it dirty too, but waits until the goal's last write is a while ago. The value
//! also carries the place up to which acts are known to be carried out, which saves repeating them
//! (see [`crate::commit`]).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures::stream::{self, Stream, StreamExt as _, TryStreamExt as _};
use galley_bus_core::Unreachable;
use galley_bus_core::clock::Clock;
use galley_bus_core::kv::{Entry, Expect, KeyValue, Put, PutError};
use galley_bus_core::log::Seq;
use galley_schemas::id::GoalId;
use galley_schemas::subject::bucket;
use galley_schemas::view::{Mark, Status};
use tokio_util::sync::CancellationToken;

/// How many views are written at once.
const AT_ONCE: usize = 16;
/// How often a lost race for a goal's view is run again.
const RACES_MAX: u32 = 4;
/// How many goals may wait to be written. Beyond it, while the bus is out of reach, views are let go:
/// the sweep writes them later.
const DIRTY_MAX: usize = 65_536;

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
    dirty: BTreeMap<GoalId, (Status, Urgency)>,
    /// When goals were last written; only of the last progress period.
    written: BTreeMap<GoalId, DateTime<Utc>>,
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
    pub(crate) fn note(&self, status: Status, urgency: Urgency) {
        let mut waiting = self.lock();
        let goal = status.view.goal;
        if waiting.dirty.len() >= DIRTY_MAX && !waiting.dirty.contains_key(&goal) {
            tracing::warn!(%goal, "too many views wait; this one is left to the sweep");
            return;
        }
        let before = waiting.dirty.get(&goal);
        let urgency = before.map_or(urgency, |(_, before)| urgency.max(*before));
        if before.is_none_or(|(before, _)| (before.seq, before.acted) <= (status.seq, status.acted))
        {
            waiting.dirty.insert(goal, (status, urgency));
        }
    }

    /// Writes what is dirty every `period`, and all of it at the end.
    pub(crate) async fn run(&self, period: Duration, stop: CancellationToken) {
        while !stop.is_cancelled() {
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                () = self.clock.sleep(period) => self.flush(Urgency::Prompt).await,
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
            .for_each_concurrent(AT_ONCE, |(status, urgency)| async move {
                if let Err(error) = self.write(&status).await {
                    tracing::debug!(goal = %status.view.goal, %error, "view not written; again soon");
                    self.note(status, urgency);
                }
            })
            .await;
    }

    fn take_due(&self, least: Urgency) -> Vec<(Status, Urgency)> {
        let now = self.clock.now();
        let mut waiting = self.lock();
        let Waiting { dirty, written } = &mut *waiting;
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
    pub(crate) async fn write(&self, status: &Status) -> Result<(), Unreachable> {
        let key = status.view.goal.to_string();
        for _ in 0..RACES_MAX {
            let entry = self.kv.get(bucket::GOALS, &key).await?;
            let there = entry.as_ref().and_then(mark);
            if there.is_some_and(|there| there.seq > status.seq) {
                return Ok(());
            }
            let status = with_acted(status, there);
            let expect = entry.map_or(Expect::Absent, |entry| Expect::Revision(entry.revision));
            match self.kv.put(bucket::GOALS, &key, put(&status, expect)).await {
                Ok(_) => return Ok(()),
                Err(PutError::Conflict { .. }) => {}
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
        Ok(Seq(entry.as_ref().and_then(mark).map_or(0, |mark| mark.acted)))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Every goal's status, one after the other. One that cannot be read is passed over: the next record
/// of its goal writes it anew.
///
/// # Errors
/// The bus was out of reach.
pub(crate) async fn statuses(
    kv: &dyn KeyValue,
) -> Result<impl Stream<Item = Result<Status, Unreachable>> + '_, Unreachable> {
    let keys = kv.keys(bucket::GOALS, "").await?;
    let entries = stream::iter(keys).then(move |key| async move {
        kv.get(bucket::GOALS, &key).await.map(|entry| (key, entry))
    });
    Ok(entries.try_filter_map(|(key, entry)| async move {
        Ok(entry.and_then(|entry| match serde_json::from_slice(&entry.value) {
            Ok(status) => Some(status),
            Err(error) => {
                tracing::warn!(goal = key, %error, "a goal's status cannot be read");
                None
            }
        }))
    }))
}

fn mark(entry: &Entry) -> Option<Mark> {
    serde_json::from_slice(&entry.value).ok()
}

fn with_acted(status: &Status, there: Option<Mark>) -> Status {
    let acted = there.map_or(0, |there| there.acted).max(status.acted);
    Status { acted, ..status.clone() }
}

fn put(status: &Status, expect: Expect) -> Put {
    let value = serde_json::to_vec(status).expect("wire types have string keys");
    Put { value: value.into(), expect, ttl: None }
}
