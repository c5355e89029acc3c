//! Durable queues: inputs for coordinators, tasks for agents.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

pub use galley_schemas::input::Place;

use crate::Unreachable;
use crate::message::Message;
use crate::topology::Consumer;

/// Why a message was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// No queue takes this subject.
    #[error("no queue takes the subject {subject}")]
    NoQueue {
        /// The subject.
        subject: String,
    },
    /// The queue holds as many messages as it may.
    #[error("the queue for {subject} is full ({max} messages)")]
    Full {
        /// The subject.
        subject: String,
        /// Its bound.
        max: u64,
    },
    /// The payload is larger than the bus carries.
    #[error("a message for {subject} has {bytes} bytes, more than {max}")]
    TooLarge {
        /// The subject.
        subject: String,
        /// How many bytes it has.
        bytes: usize,
        /// How many are carried.
        max: usize,
    },
    /// Try again later.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
}

/// A message on loan: it comes back after the consumer's `ack_wait` unless it is settled.
#[derive(Clone)]
pub struct Delivery {
    /// The message.
    pub message: Message,
    /// Where it lies among all that were published on its stream.
    pub place: Place,
    /// Which delivery of it this is; 1 for the first.
    pub delivery: u64,
    /// The means to settle it.
    pub loan: Arc<dyn Loan>,
}

impl std::fmt::Debug for Delivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Delivery")
            .field("subject", &self.message.subject)
            .field("id", &self.message.id)
            .field("place", &self.place)
            .field("delivery", &self.delivery)
            .finish_non_exhaustive()
    }
}

/// How long before its own crash a bus may have been told of a settlement and have forgotten it.
///
/// JetStream writes down what was settled ten times a second, not before it answers; to have each
/// settlement written would cost a write to the disk more for each message. Whoever works on a message
/// must stand its coming again anyway: a crash before the settling has the same effect.
pub const SETTLE_LAG_MAX: Duration = Duration::from_millis(300);

/// The means to settle one delivery.
///
/// Laws: after `ack` or `discard` returned `Ok`, the message is not delivered again, unless it was
/// delivered again before: also after a crash of any process that uses the bus, and after a crash of
/// the bus itself that comes [`SETTLE_LAG_MAX`] later. `in_progress` starts the consumer's `ack_wait`
/// anew. A loan that ran out can still be settled until the message is out on another loan, so that
/// finished work is not done twice; from then on all of them do nothing, as far as the adapter can
/// tell. What it cannot tell: that the other loan is another process's. Then `ack` and `discard` of a
/// loan that ran out settle the message, which is done with or of no use whoever says so; the other
/// two do nothing.
#[async_trait]
pub trait Loan: Send + Sync {
    /// Done with it.
    async fn ack(&self) -> Result<(), Unreachable>;
    /// Deliver it again, not before this delay.
    async fn retry_later(&self, delay: Duration) -> Result<(), Unreachable>;
    /// Still at work.
    async fn in_progress(&self) -> Result<(), Unreachable>;
    /// Never deliver it again: it cannot be worked on. The caller has kept it elsewhere.
    async fn discard(&self) -> Result<(), Unreachable>;
}

/// How much a consumer has before it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Depth {
    /// Messages not yet delivered.
    pub pending: u64,
    /// Messages delivered and not settled.
    pub in_flight: u64,
}

/// Durable queues.
///
/// Laws:
/// 1. After `publish` returned `Ok`, the message is delivered to each consumer whose subjects match
///    until it is settled there, also after a crash.
/// 2. A message on loan is not delivered again before its loan runs out; then it is, with
///    `delivery` one higher.
/// 3. A consumer's `in_flight_max` bounds its loans over all who pull from it.
/// 4. The same id published again within the duplicate window is kept once.
/// 5. Messages of one subject are first delivered in the order of publishing.
/// 6. A consumer that is pulled from for the first time sees every message that its subjects match
///    and that is still kept.
/// 7. A `pull` that is dropped before it returned leaves no loan behind, as far as the adapter can
///    tell; what it cannot tell runs out.
/// 8. Places of one stream rise in the order of publishing, over all its subjects and also over a
///    stream that was made anew. Every delivery of a message, to whichever consumer, has its place.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Puts a message on the queue that its subject belongs to.
    async fn publish(&self, message: Message) -> Result<(), PublishError>;

    /// Takes up to `max` messages on loan; waits up to `wait` for the first.
    async fn pull(
        &self,
        consumer: &Consumer,
        max: usize,
        wait: Duration,
    ) -> Result<Vec<Delivery>, Unreachable>;

    /// How much a consumer has before it.
    async fn depth(&self, consumer: &Consumer) -> Result<Depth, Unreachable>;
}
