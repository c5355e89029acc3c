//! The goals' records.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use galley_bus_core::Unreachable;
use galley_bus_core::log::{AppendError, Entry, GoalLog, ReadError, Seq};
use galley_bus_core::message::PAYLOAD_BYTES_MAX;
use galley_schemas::id::GoalId;
use galley_schemas::record::Record;
use tokio::sync::Notify;

use super::{Broker, Link};
use crate::lock;
use crate::run::Sabotage;

/// The goals' records.
#[derive(Debug, Default)]
pub(crate) struct Records {
    state: Mutex<State>,
    moved: Notify,
}

#[derive(Debug, Default)]
struct State {
    goals: BTreeMap<GoalId, Vec<Entry>>,
    /// Where each goal's log ends, also when its records were removed.
    ends: BTreeMap<GoalId, Seq>,
    last: Seq,
}

impl Broker {
    fn append(
        &self,
        who: &str,
        goal: GoalId,
        expected: Seq,
        record: Record,
    ) -> Result<Seq, AppendError> {
        let bytes = serde_json::to_vec(&record).expect("a record has string keys only").len();
        if bytes > PAYLOAD_BYTES_MAX {
            return Err(AppendError::TooLarge { goal, bytes, max: PAYLOAD_BYTES_MAX });
        }
        let mut state = lock(&self.log.state);
        let end = state.ends.get(&goal).copied().unwrap_or(Seq::START);
        if end != expected && self.world.sabotage != Sabotage::AppendWithoutCompare {
            return Err(AppendError::Conflict { goal, expected });
        }
        let seq = Seq(state.last.0 + 1);
        state.last = seq;
        state.ends.insert(goal, seq);
        let entry = Entry { seq, record };
        self.world.checks.record(&self.world, who, &entry);
        state.goals.entry(goal).or_default().push(entry);
        self.log.moved.notify_waiters();
        Ok(seq)
    }
}

impl Records {
    /// A goal's records after a place.
    pub(crate) fn read(&self, goal: &GoalId, after: Seq) -> Vec<Entry> {
        let state = lock(&self.state);
        let entries = state.goals.get(goal).map_or(&[][..], Vec::as_slice);
        entries.iter().filter(|entry| entry.seq > after).cloned().collect()
    }

    fn tail(&self, after: Seq, max: usize) -> Vec<Entry> {
        let state = lock(&self.state);
        let all = state.goals.values().flatten().filter(|entry| entry.seq > after);
        let mut entries: Vec<_> = all.cloned().collect();
        entries.sort_by_key(|entry| entry.seq);
        entries.truncate(max);
        entries
    }

    fn purge(&self, goal: &GoalId, up_to: Seq) {
        if let Some(entries) = lock(&self.state).goals.get_mut(goal) {
            entries.retain(|entry| entry.seq > up_to);
        }
    }
}

#[async_trait]
impl GoalLog for Link {
    async fn append(
        &self,
        goal: &GoalId,
        expected: Seq,
        record: &Record,
    ) -> Result<Seq, AppendError> {
        let (goal, record, who) = (*goal, record.clone(), self.process.name.clone());
        self.reach("append", move |broker| broker.append(&who, goal, expected, record)).await?
    }

    async fn read(&self, goal: &GoalId, after: Seq) -> Result<Vec<Entry>, ReadError> {
        let goal = *goal;
        Ok(self.reach("read log", move |broker| broker.log.read(&goal, after)).await?)
    }

    async fn tail(&self, after: Seq, max: usize) -> Result<Vec<Entry>, ReadError> {
        Ok(self.reach("tail", move |broker| broker.log.tail(after, max)).await?)
    }

    async fn changed(&self, after: Seq, wait: Duration) -> Result<Seq, Unreachable> {
        let moved = self.broker.log.moved.notified();
        let last = self.reach("changed", |broker| lock(&broker.log.state).last).await?;
        if last <= after {
            // Either it moved, or the wait is over: the end is read again in both cases.
            drop(tokio::time::timeout(wait, moved).await);
        }
        self.reach("changed", |broker| lock(&broker.log.state).last).await
    }

    async fn purge(&self, goal: &GoalId, up_to: Seq) -> Result<(), Unreachable> {
        let goal = *goal;
        self.reach("purge", move |broker| broker.log.purge(&goal, up_to)).await
    }
}
