//! The log, measured; and what its records say, counted.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use galley_bus_core::Unreachable;
use galley_bus_core::log::{AppendError, Entry, GoalLog, ReadError, Seq};
use galley_schemas::id::GoalId;
use galley_schemas::record::Record;

use super::Meters;

pub(super) struct Log {
    pub(super) inner: Arc<dyn GoalLog>,
    pub(super) meters: Arc<Meters>,
}

#[async_trait]
impl GoalLog for Log {
    async fn append(
        &self,
        goal: &GoalId,
        expected: Seq,
        record: &Record,
    ) -> Result<Seq, AppendError> {
        let append = self.inner.append(goal, expected, record);
        let seq = self.meters.time(("log", "append"), append).await?;
        self.meters.record(record);
        crate::telemetry::ended(record);
        Ok(seq)
    }

    async fn read(&self, goal: &GoalId, after: Seq) -> Result<Vec<Entry>, ReadError> {
        self.meters.time(("log", "read"), self.inner.read(goal, after)).await
    }

    async fn tail(&self, after: Seq, max: usize) -> Result<Vec<Entry>, ReadError> {
        self.meters.time(("log", "tail"), self.inner.tail(after, max)).await
    }

    /// Not timed: it waits for others.
    async fn changed(&self, after: Seq, wait: Duration) -> Result<Seq, Unreachable> {
        self.inner.changed(after, wait).await
    }

    async fn purge(&self, goal: &GoalId, up_to: Seq) -> Result<(), Unreachable> {
        self.meters.time(("log", "purge"), self.inner.purge(goal, up_to)).await
    }
}
