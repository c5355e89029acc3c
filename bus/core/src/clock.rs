//! Time and chance as ports, so that a test or a simulator can decide both.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use galley_schemas::id::{GoalId, InstanceId, LeaseToken, MessageId};
use rand::Rng as _;
use uuid::Uuid;

/// Time.
#[async_trait]
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// The time now.
    fn now(&self) -> DateTime<Utc>;
    /// Waits.
    async fn sleep(&self, duration: Duration);
}

/// Chance.
pub trait Chance: Send + Sync + std::fmt::Debug {
    /// Fills a buffer with random bytes that nobody can guess.
    fn fill(&self, buffer: &mut [u8]);

    /// A number from 0 (included) to 1 (excluded).
    fn unit(&self) -> f64 {
        let mut bytes = [0; 4];
        self.fill(&mut bytes);
        f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
    }

    /// 128 random bits in hexadecimal.
    fn token(&self) -> String {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        format!("{:032x}", u128::from_be_bytes(bytes))
    }

    /// A UUID of version 7 for a time.
    fn uuid(&self, now: DateTime<Utc>) -> Uuid {
        let mut bytes = [0; 10];
        self.fill(&mut bytes);
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }

    /// A new goal's id.
    fn goal_id(&self, now: DateTime<Utc>) -> GoalId {
        GoalId::new(self.uuid(now))
    }

    /// A new process's id.
    fn instance_id(&self, now: DateTime<Utc>) -> InstanceId {
        InstanceId::new(self.uuid(now))
    }

    /// A new message's id.
    fn message_id(&self, now: DateTime<Utc>) -> MessageId {
        MessageId::new(self.uuid(now).to_string())
    }

    /// A new lease token.
    fn lease_token(&self) -> LeaseToken {
        LeaseToken::new(self.token())
    }
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the port that the ban points to")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// The machine's source of randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemChance;

impl Chance for SystemChance {
    fn fill(&self, buffer: &mut [u8]) {
        rand::rng().fill_bytes(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time() {
        let early = DateTime::from_timestamp_millis(1_700_000_000_000).unwrap();
        let late = DateTime::from_timestamp_millis(1_700_000_000_001).unwrap();
        assert!(SystemChance.goal_id(early) < SystemChance.goal_id(late));
    }

    #[test]
    fn unit_stays_below_one() {
        #[derive(Debug)]
        struct Ones;
        impl Chance for Ones {
            fn fill(&self, buffer: &mut [u8]) {
                buffer.fill(255);
            }
        }
        assert!(Ones.unit() < 1.0);
    }
}
