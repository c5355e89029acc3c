//! The log of goals: where every decision is kept.

use std::time::Duration;

use async_trait::async_trait;
use galley_schemas::id::GoalId;
use galley_schemas::record::Record;

use crate::{BoxError, Unreachable};

/// A place in the log. Rises with every append anywhere in the log; gaps mean nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seq(pub u64);

impl Seq {
    /// Before the first record.
    pub const START: Self = Self(0);
}

impl std::fmt::Display for Seq {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A record with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its place.
    pub seq: Seq,
    /// The record.
    pub record: Record,
}

/// Why nothing was appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// Lost the race: reload and decide again.
    #[error("the log of goal {goal} moved past {expected}")]
    Conflict {
        /// The goal.
        goal: GoalId,
        /// Where it was expected to end.
        expected: Seq,
    },
    /// The record is larger than the bus carries.
    #[error("the record for goal {goal} has {bytes} bytes, more than {max}")]
    TooLarge {
        /// The goal.
        goal: GoalId,
        /// How many bytes it has.
        bytes: usize,
        /// How many are carried.
        max: usize,
    },
    /// Try again later.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
}

/// Why nothing was read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// A record that this version cannot read: damage, or a newer writer.
    #[error("the record at {seq} cannot be read")]
    Undecodable {
        /// Its place.
        seq: Seq,
        /// Why.
        #[source]
        cause: BoxError,
    },
    /// Try again later.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
}

/// The log of goals.
///
/// Laws:
/// 1. `append` with `expected` = the goal's last place (or [`Seq::START`]) stores the whole record
///    or nothing; with another `expected` it fails with `Conflict` and stores nothing.
/// 2. Of any number of appends with the same `expected`, at most one succeeds.
/// 3. After `Ok(seq)`, every later `read` of the goal ends at `seq` or beyond, also after a crash
///    (in the durability class of the bus).
/// 4. `read` and `tail` return records in order of their places, each once.
#[async_trait]
pub trait GoalLog: Send + Sync {
    /// Appends one record to a goal's log and returns its place.
    async fn append(
        &self,
        goal: &GoalId,
        expected: Seq,
        record: &Record,
    ) -> Result<Seq, AppendError>;

    /// A goal's records after a place.
    async fn read(&self, goal: &GoalId, after: Seq) -> Result<Vec<Entry>, ReadError>;

    /// All goals' records after a place, at most `max`: for views and the relay.
    async fn tail(&self, after: Seq, max: usize) -> Result<Vec<Entry>, ReadError>;

    /// Waits until the log ends after `after`, at most `wait`; returns where it ends. Sees appends
    /// of other processes too.
    async fn changed(&self, after: Seq, wait: Duration) -> Result<Seq, Unreachable>;

    /// Removes a goal's records up to and including a place.
    async fn purge(&self, goal: &GoalId, up_to: Seq) -> Result<(), Unreachable>;
}
