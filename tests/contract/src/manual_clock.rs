//! A clock that a test moves.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use galley_bus_core::clock::Clock;
use tokio::sync::watch;

/// A clock that stands still until it is moved. Who sleeps on it wakes when it has moved far enough.
#[derive(Debug)]
pub struct ManualClock {
    now: watch::Sender<DateTime<Utc>>,
}

impl ManualClock {
    /// A clock that shows a time.
    #[must_use]
    pub fn at(now: DateTime<Utc>) -> Arc<Self> {
        Arc::new(Self { now: watch::Sender::new(now) })
    }

    /// Moves it to a time, back or forth.
    pub fn set(&self, now: DateTime<Utc>) {
        self.now.send_replace(now);
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.now.borrow()
    }

    async fn sleep(&self, duration: Duration) {
        let mut now = self.now.subscribe();
        let until = chrono::Duration::from_std(duration)
            .ok()
            .and_then(|duration| self.now().checked_add_signed(duration))
            .unwrap_or(DateTime::<Utc>::MAX_UTC);
        // Fails only when the clock is gone, and then nobody sleeps on it.
        drop(now.wait_for(|now| *now >= until).await);
    }
}
