//! The goal log as a source of feedback: for installs without Kafka.
//!
//! It is read as if it were cut into `PARTITIONS` by goal, so that what is learned from each fits
//! into one value. Any number of readers do no harm; one is enough, for each reads everything.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use galley_schemas::id::GoalId;
use galley_schemas::subject::LEARNER_KEY;

use crate::Unreachable;
use crate::clock::Clock;
use crate::feedback::cursor::{Carried, CursorKeeper};
use crate::feedback::{Batch, FeedbackSource, Follower, Positions, Reader, Received};
use crate::kv::KeyValue;
use crate::log::{GoalLog, Seq};

/// Into how many partitions the log is cut. Never changed: positions are kept by partition.
const PARTITIONS: u32 = 8;
/// Most records read at once.
const RECORDS_MAX: usize = 128;

/// The goal log as a source. A position is the place of the last record that was learned from.
pub struct LogSource {
    log: Arc<dyn GoalLog>,
    kv: Arc<dyn KeyValue>,
    clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for LogSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogSource").finish_non_exhaustive()
    }
}

impl LogSource {
    /// Its name among sources.
    pub const NAME: &'static str = "log";

    /// A log, and the bucket that says how far it was learned from, so that nothing else is purged.
    #[must_use]
    pub fn new(log: Arc<dyn GoalLog>, kv: Arc<dyn KeyValue>, clock: Arc<dyn Clock>) -> Self {
        Self { log, kv, clock }
    }
}

#[async_trait]
impl FeedbackSource for LogSource {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    async fn open(&self, positions: Arc<dyn Positions>) -> Result<Box<dyn Reader>, Unreachable> {
        let mut at = BTreeMap::new();
        for partition in 0..PARTITIONS {
            at.insert(partition, positions.position(partition).await?.unwrap_or(0));
        }
        let first = at.values().copied().min().unwrap_or(0);
        let (kv, now) = (Arc::clone(&self.kv), self.clock.now());
        Ok(Box::new(LogReader {
            follower: Follower::new(Arc::clone(&self.log), Seq(first)),
            at,
            cursor: CursorKeeper::load(kv, LEARNER_KEY, now).await?,
            clock: Arc::clone(&self.clock),
            since: (0, 0),
        }))
    }
}

struct LogReader {
    follower: Follower,
    /// Up to where each partition was learned when reading began: what lies before is not for it.
    at: BTreeMap<u32, u64>,
    cursor: CursorKeeper,
    clock: Arc<dyn Clock>,
    /// Facts and skipped records since the cursor was moved.
    since: (u64, u64),
}

#[async_trait]
impl Reader for LogReader {
    async fn next(&mut self, max: usize, wait: Duration) -> Result<Batch, Unreachable> {
        let stretch = self.follower.next(max.clamp(1, RECORDS_MAX), wait).await?;
        let behind = self.follower.lag();
        let mut batch = Batch { skipped: stretch.skipped, behind, ..Batch::default() };
        for (seq, parcel) in stretch.parcels {
            let partition = partition_of(&parcel.goal);
            if self.at.get(&partition).is_none_or(|at| seq.0 > *at) {
                batch.received.push(Received { partition, payload: parcel.payload });
            }
        }
        for (partition, at) in &self.at {
            batch.reached.insert(*partition, stretch.up_to.0.max(*at));
        }
        self.since.0 += u64::try_from(batch.received.len()).unwrap_or(u64::MAX);
        self.since.1 += batch.skipped;
        Ok(batch)
    }

    async fn kept(&mut self, reached: &BTreeMap<u32, u64>) {
        let Some(up_to) = reached.values().copied().min().map(Seq) else { return };
        if up_to <= self.cursor.seq() {
            return;
        }
        let carried = Carried { up_to, facts: self.since.0, skipped: self.since.1 };
        match self.cursor.advance(carried, self.clock.now()).await {
            Ok(_) => self.since = (0, 0),
            Err(error) => tracing::warn!(%error, "the learner's cursor could not be moved"),
        }
    }

    async fn close(self: Box<Self>) {}
}

/// The partition of a goal: by the bits of its id that are random.
fn partition_of(goal: &GoalId) -> u32 {
    let [.., last] = *goal.uuid().as_bytes();
    u32::from(last) % PARTITIONS
}
