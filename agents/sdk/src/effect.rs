//! Writes to the outside world: intent, do, settle; after a crash, reconcile first.
//!
//! 1. The effect's latch is taken (`latch.rs`): no other process works on this effect from now on, as
//!    long as the latch is kept. When it cannot be kept, the work under it is dropped.
//! 2. The intent is reported and recorded in the goal's log. A stop or a newer attempt fences it off
//!    here: nothing is written.
//! 3. If an earlier attempt recorded the same intent and never settled it, the target is asked
//!    ([`Effector::observe`]) before any write; and the intent is reported once more, so that a stop
//!    during the asking still prevents the write.
//! 4. The write is done ([`Effector::write`]) and settled with its receipt.
//! 5. When neither the write nor the target tells whether it happened, a person is asked; the task
//!    ends and goes on with the answer.
//! 6. The latch is given back.
//!
//! | verdict on the intent | what follows |
//! |---|---|
//! | accepted | write |
//! | already done | its receipt is the result; no write |
//! | reconcile | observe: happened → settle done · did not happen → intent again (settled not done before, if what is written has changed) · cannot tell → settle unknown, the attempt ends |
//! | stale | the attempt ends; no write |
//!
//! | write | what follows |
//! |---|---|
//! | gave a receipt | settle done |
//! | failed for good | settle not done; the failure is handed on |
//! | may have happened | observe: happened → settle done · did not happen → settle not done, the failure is handed on · cannot tell → settle unknown, the attempt ends |
//!
//! When the target cannot even be asked, the intent stays open and the next attempt asks.
//!
//! Guarantee: with a truthful `observe`, the target sees the write at most once, whatever process
//! holds the task, and however many do.
//!
//! Assumption: a write that its process let go of lands within the margin of the latch or never.

pub(crate) mod latch;
pub(crate) mod protocol;

use async_trait::async_trait;
use galley_schemas::artifact::Digest;
use galley_schemas::fault::Fault;
use serde_json::Value;

/// What is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// Its key within the task, the same on every attempt: `post`.
    pub key: String,
    /// Where it goes, for people: `site /srv/www`.
    pub target: String,
    /// The hash of what is written.
    pub content: Digest,
    /// What it does, in one line, for people.
    pub summary: String,
}

/// What the target shows of an earlier write.
#[derive(Debug, Clone, PartialEq)]
pub enum Observed {
    /// It happened; here is what the target gives for it.
    Happened(Value),
    /// It did not happen.
    DidNotHappen,
    /// The target cannot tell.
    CannotTell(String),
}

/// The two halves of an effect that only the agent knows.
#[async_trait]
pub trait Effector: Send + Sync {
    /// Asks the target whether the write happened.
    ///
    /// # Errors
    /// A [`Fault`] when the target cannot be asked now; the attempt fails and may be retried.
    async fn observe(&self) -> Result<Observed, Fault>;

    /// Writes, and returns what the target gives for it.
    ///
    /// # Errors
    /// A [`Fault`]. A retryable one means that the write may or may not have happened: the target
    /// is asked. One that is not retryable means that it did not happen.
    async fn write(&self) -> Result<Value, Fault>;
}
