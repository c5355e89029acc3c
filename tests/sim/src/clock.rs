//! Clocks that run with the paused time of the simulation, each wrong in its own way.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use galley_bus_core::clock::Clock;
use tokio::time::Instant;

/// The wall clock of one machine. It differs from the true time by a skew, which may jump, forwards
/// or backwards; waiting is not touched by that.
#[derive(Debug)]
pub(crate) struct WallClock {
    began: Instant,
    skew_ms: AtomicI64,
}

impl WallClock {
    /// A clock that is right, of a simulation that began then.
    pub(crate) const fn new(began: Instant) -> Self {
        Self { began, skew_ms: AtomicI64::new(0) }
    }

    /// Makes it differ from the true time by so many milliseconds.
    pub(crate) fn skew(&self, millis: i64) {
        self.skew_ms.store(millis, Ordering::Relaxed);
    }
}

#[async_trait]
impl Clock for WallClock {
    fn now(&self) -> DateTime<Utc> {
        let start = DateTime::from_timestamp(1_767_225_600, 0).expect("2026-01-01 is a date");
        let elapsed = TimeDelta::from_std(self.began.elapsed()).unwrap_or(TimeDelta::MAX);
        start + elapsed + TimeDelta::milliseconds(self.skew_ms.load(Ordering::Relaxed))
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
