//! What a relay or a learner counts, for metrics.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts that anybody may read while the work goes on. They begin at 0 with the process.
#[derive(Debug, Default)]
pub struct Gauges {
    /// How much lies ahead: places of the log for a relay, facts for a learner on Kafka.
    lag: AtomicU64,
    /// Facts carried or learned from.
    carried: AtomicU64,
    /// Records and facts passed over: unreadable, too large, or not as they must be.
    skipped: AtomicU64,
    /// Facts that came after their goal was closed for learning, or again.
    late: AtomicU64,
    /// Policies published, rollbacks included.
    published: AtomicU64,
}

impl Gauges {
    /// Each with its name in metrics (a suffix to the role's prefix) and its value.
    #[must_use]
    pub fn read(&self) -> [(&'static str, u64); 5] {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        [
            ("lag", read(&self.lag)),
            ("facts_total", read(&self.carried)),
            ("skipped_total", read(&self.skipped)),
            ("late_total", read(&self.late)),
            ("policies_total", read(&self.published)),
        ]
    }

    pub(crate) fn set_lag(&self, lag: u64) {
        self.lag.store(lag, Ordering::Relaxed);
    }

    pub(crate) fn carried(&self, facts: u64) {
        self.carried.fetch_add(facts, Ordering::Relaxed);
    }

    pub(crate) fn skipped(&self, things: u64) {
        self.skipped.fetch_add(things, Ordering::Relaxed);
    }

    pub(crate) fn late(&self, facts: u64) {
        self.late.fetch_add(facts, Ordering::Relaxed);
    }

    pub(crate) fn published(&self) {
        self.published.fetch_add(1, Ordering::Relaxed);
    }
}
