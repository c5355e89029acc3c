//! Feedback: what became of goals, carried from the log to whoever learns from it.
//!
//! ```text
//!   GoalLog ─▶ Follower ─▶ project ─▶ parcels ─▶ FeedbackTopic (Kafka) ─▶ FeedbackSource ─▶ learner
//!                                        └─────▶ LogSource, without Kafka ─────────────────────┘
//! ```
//!
//! Steps: the relay follows the log from its cursor, delivers the parcels of a stretch, then moves
//! the cursor. Guarantee: every fact of the log arrives at least once, under the same id each time.
//! Assumption: what lies behind the cursor is purged only once [`cursor::carried_up_to`] is past it.
//!
//! This module must never know what is learned, and from which broker it is read.

pub mod cursor;
mod follow;
mod log_source;
mod project;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use galley_schemas::id::{GoalId, MessageId};

use crate::{BoxError, Unreachable};

pub use follow::{Follower, Stretch};
pub use log_source::LogSource;
pub use project::{SOURCE, parcels};

/// A fact, enveloped and ready to be carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// Its id: the same whenever the same fact is carried.
    pub id: MessageId,
    /// The goal it is about; parcels of one goal stay in order.
    pub goal: GoalId,
    /// A `CloudEvent` of a [`galley_schemas::feedback::Fact`] as JSON; at most
    /// [`galley_schemas::feedback::FACT_BYTES_MAX`].
    pub payload: Bytes,
}

/// Why parcels were not delivered.
#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    /// This one will never be taken; the others may have been.
    #[error("the feedback topic refuses {id}")]
    Refused {
        /// The parcel.
        id: MessageId,
        /// Why.
        #[source]
        cause: BoxError,
    },
    /// Try again later.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
}

/// Where facts are carried to.
///
/// Laws:
/// 1. After `deliver` returned `Ok`, every parcel is kept by as many replicas as must have it, also
///    after a crash.
/// 2. After an error any of them may have been kept. Delivered again, they are kept again.
/// 3. Parcels of one goal are kept in the order in which they were first delivered.
/// 4. `deliver` returns within a bounded time, and holds nothing in memory afterwards.
#[async_trait]
pub trait FeedbackTopic: Send + Sync {
    /// Delivers parcels.
    async fn deliver(&self, parcels: &[Parcel]) -> Result<(), DeliverError>;
}

/// One thing read from a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Which partition it stands in; all facts of a goal stand in one.
    pub partition: u32,
    /// What it says, as it was produced: by the relay, or by anybody else who may produce.
    pub payload: Bytes,
}

/// What was read at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Batch {
    /// In order within each partition.
    pub received: Vec<Received>,
    /// The position of each partition once this batch is learned.
    pub reached: BTreeMap<u32, u64>,
    /// Partitions that this reader no longer has; what was not kept for them is read by another.
    pub lost: Vec<u32>,
    /// What could not be read and was passed over.
    pub skipped: u64,
    /// How much lies beyond this batch, as far as is known: for gauges of lag.
    pub behind: u64,
}

/// Where a reader goes on: it keeps its positions itself, in the same write as what it learned.
#[async_trait]
pub trait Positions: Send + Sync {
    /// The position to go on at; none for the beginning.
    async fn position(&self, partition: u32) -> Result<Option<u64>, Unreachable>;
}

/// Where facts are read from.
#[async_trait]
pub trait FeedbackSource: Send + Sync {
    /// A name that tells its positions from those of another source: `kafka`, `log`.
    fn name(&self) -> &'static str;

    /// Begins to read at the positions.
    async fn open(&self, positions: Arc<dyn Positions>) -> Result<Box<dyn Reader>, Unreachable>;
}

/// One who reads from a source.
///
/// Laws:
/// 1. From each partition everything is read that was delivered to it at or after its position, in
///    order, at least once.
/// 2. A partition may be given to another reader at any time; then it stands in `lost`, or the other
///    has it already. Truth about a position is the compare-and-set of whoever keeps it.
/// 3. What is read ahead is bounded.
#[async_trait]
pub trait Reader: Send {
    /// Reads up to about `max` facts; waits up to `wait` for the first.
    async fn next(&mut self, max: usize, wait: Duration) -> Result<Batch, Unreachable>;

    /// What was reached is kept: for gauges of lag and for whoever purges. Only a hint.
    async fn kept(&mut self, reached: &BTreeMap<u32, u64>);

    /// Lets go of what it reads, within a bounded time.
    async fn close(self: Box<Self>);
}
