//! Messages of the future: one alarm per key, and schedules that recur.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::Unreachable;
use crate::message::Message;

mod times;

pub use times::Times;

/// A time that recurs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recurrence {
    /// Five fields of cron: minute, hour, day of month, month, day of week.
    pub cron: String,
    /// IANA name of the time zone it is read in: `Europe/Berlin`.
    pub time_zone: String,
}

impl Recurrence {
    /// The refusal of it.
    pub fn invalid(&self, reason: impl std::fmt::Display) -> RecurError {
        let Self { cron, time_zone } = self.clone();
        RecurError::Invalid { cron, time_zone, reason: reason.to_string() }
    }
}

/// Why a schedule was not kept.
#[derive(Debug, thiserror::Error)]
pub enum RecurError {
    /// The expression or the time zone cannot be read.
    #[error("the schedule '{cron}' in '{time_zone}' cannot be read: {reason}")]
    Invalid {
        /// The expression.
        cron: String,
        /// The time zone.
        time_zone: String,
        /// Why.
        reason: String,
    },
    /// Try again later.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
}

/// Messages of the future.
///
/// Laws:
/// 1. After `arm` returned `Ok`, the message is published on its own subject's queue at `at` or
///    soon after, once (at least once around a crash, with the same id), also when the bus was down
///    at that time.
/// 2. `arm` with the same key takes the place of the one before; `disarm` takes it away; both are
///    without effect on one that has gone off.
/// 3. A recurring message is published at every time of its recurrence while the bus is up, with an
///    id of its own each time; times missed while the bus was down are made up by one message, also
///    when the same recurrence is said again at start.
/// 4. A message that no queue would take is refused when it is armed, not lost when it goes off.
#[async_trait]
pub trait Alarms: Send + Sync {
    /// Publishes a message at a time.
    async fn arm(&self, key: &str, at: DateTime<Utc>, message: Message) -> Result<(), Unreachable>;

    /// Takes an alarm away.
    async fn disarm(&self, key: &str) -> Result<(), Unreachable>;

    /// Publishes a message again and again, in place of the recurrence of the same key before.
    async fn recur(&self, key: &str, when: Recurrence, message: Message) -> Result<(), RecurError>;

    /// Ends a recurrence.
    async fn forget(&self, key: &str) -> Result<(), Unreachable>;
}
