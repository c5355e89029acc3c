//! The ports of the bus: what Galley needs from a message bus, a trait a file, its laws in its
//! documentation; the topology as data; and the one serve loop.
//!
//! ```text
//!   log        the goals' records        append (compare-and-set) · read · tail · changed · purge
//!   queue      inputs and tasks          publish · pull · depth         ack / retry later / in progress
//!   calls      request and reply         call · serve
//!   broadcast  fire and forget           send · listen
//!   alarms     messages of the future    arm · disarm · recur · forget
//!   kv         small shared state        get · put (compare-and-set, TTL) · delete · keys · watch
//!   artifacts  large immutable bytes     put · get
//!   clock      time and chance           now · sleep · fill
//!   feedback   what became of goals      deliver             next · kept     (Kafka, or the log itself)
//! ```
//!
//! This crate must never know which broker carries it. One suite, `tests/contract`, holds every
//! adapter to the laws written here.

pub mod alarms;
pub mod artifacts;
pub mod broadcast;
pub mod calls;
pub mod clock;
pub mod feedback;
pub mod kv;
pub mod log;
pub mod message;
pub mod queue;

pub mod serve;
pub mod topology;
pub mod trace;

use std::sync::Arc;

/// A cause that a port hands up: the adapter's own error.
pub type BoxError = Box<dyn std::error::Error + Send + Sync + 'static>;

/// An error with its causes, in one line: for logs.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// The bus out of reach: the one way in which every port can fail that is nobody's fault here. The
/// caller tries again later.
#[derive(Debug, thiserror::Error)]
#[error("the bus is out of reach: {what}")]
pub struct Unreachable {
    /// What was tried.
    pub what: String,
    /// Why it failed.
    #[source]
    pub cause: BoxError,
}

/// Every port of one bus, as assembled at start.
#[derive(Clone)]
pub struct Bus {
    /// The goals' records.
    pub log: Arc<dyn log::GoalLog>,
    /// Inputs and tasks.
    pub queue: Arc<dyn queue::Queue>,
    /// Request and reply.
    pub calls: Arc<dyn calls::Calls>,
    /// Fire and forget.
    pub broadcast: Arc<dyn broadcast::Broadcast>,
    /// Messages of the future.
    pub alarms: Arc<dyn alarms::Alarms>,
    /// Small shared state.
    pub kv: Arc<dyn kv::KeyValue>,
    /// Large immutable bytes.
    pub artifacts: Arc<dyn artifacts::Artifacts>,
}

impl std::fmt::Debug for Bus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bus").finish_non_exhaustive()
    }
}
