//! Whether a model may be asked now: its server's wishes, and the circuit breaker.
//!
//! ```text
//!            failures_max in a row           the pause is over
//!   closed ────────────────────────▶ open ─────────────────────▶ probing (one call)
//!     ▲                               ▲   failed: a pause twice as long  │
//!     │                               └──────────────────────────────────┤
//!     └──────────────────────────────────────── answered ────────────────┘
//! ```
//!
//! Shared by all calls to the model. Time is handed in.

use std::time::Duration;

use tokio::time::Instant;

use crate::config;

/// Longest wish of a server that is kept.
const WISH_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// How a model fares.
#[derive(Debug)]
pub(super) struct Health {
    failures_max: u32,
    pause: Duration,
    pause_most: Duration,
    /// Failures in a row.
    failures: u32,
    state: State,
    not_before: Option<Instant>,
    /// What went wrong last.
    last: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed,
    Open { until: Instant, pause: Duration },
    Probing { pause: Duration },
}

/// Whether a model may be asked now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Admission {
    /// It may; whether it is a probe, which must be settled or abandoned.
    Open(Sort),
    /// Its server asked to wait so long.
    Asked(Duration),
    /// It failed too often: not for so long.
    Shut(Duration),
}

/// What an admitted call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// One of many.
    Plain,
    /// The one that finds out whether the model answers again.
    Probe,
}

impl Health {
    pub(super) fn new(breaker: config::Breaker) -> Self {
        let pause = config::millis(breaker.pause_ms);
        Self {
            failures_max: breaker.failures_max,
            pause,
            pause_most: config::millis(breaker.pause_most_ms).max(pause),
            failures: 0,
            state: State::Closed,
            not_before: None,
            last: String::new(),
        }
    }

    pub(super) fn admit(&mut self, now: Instant) -> Admission {
        let wish = self.not_before.map(|until| until.saturating_duration_since(now));
        if let Some(wait) = wish.filter(|wait| !wait.is_zero()) {
            return Admission::Asked(wait);
        }
        self.not_before = None;
        match self.state {
            State::Closed => Admission::Open(Sort::Plain),
            State::Open { until, pause } if until <= now => {
                self.state = State::Probing { pause };
                Admission::Open(Sort::Probe)
            }
            State::Open { until, .. } => Admission::Shut(until.saturating_duration_since(now)),
            State::Probing { pause } => Admission::Shut(pause),
        }
    }

    /// It answered, if only to refuse the request.
    pub(super) fn answered(&mut self) {
        self.failures = 0;
        self.state = State::Closed;
    }

    /// Its server asks not to be asked for so long. Nobody is.
    pub(super) fn asked_to_wait(&mut self, now: Instant, after: Duration) {
        let until = now + after.min(WISH_MAX);
        self.not_before = Some(self.not_before.map_or(until, |before| before.max(until)));
    }

    /// It failed, or did not answer.
    pub(super) fn failed(&mut self, now: Instant, what: String) {
        self.failures = self.failures.saturating_add(1);
        self.last = what;
        let open = |pause: Duration| State::Open { until: now + pause, pause };
        self.state = match self.state {
            State::Closed if self.failures_max > 0 && self.failures >= self.failures_max => {
                open(self.pause)
            }
            State::Probing { pause } => open((pause * 2).min(self.pause_most)),
            same @ (State::Closed | State::Open { .. }) => same,
        };
    }

    /// A probe ended without an answer or a failure: its caller went away. The next one tries.
    pub(super) fn abandoned(&mut self, now: Instant) {
        if let State::Probing { pause } = self.state {
            self.state = State::Open { until: now, pause };
        }
    }

    /// Why it is not asked.
    pub(super) fn complaint(&self) -> String {
        format!("it failed {} times in a row and is left alone: {}", self.failures, self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const PLAIN: Admission = Admission::Open(Sort::Plain);
    const PROBE: Admission = Admission::Open(Sort::Probe);

    fn health() -> (Health, Instant) {
        let breaker = config::Breaker { failures_max: 2, pause_ms: 1_000, pause_most_ms: 3_000 };
        (Health::new(breaker), Instant::now())
    }

    #[tokio::test(start_paused = true)]
    async fn it_opens_after_failures_in_a_row_and_one_probe_closes_it() {
        let (mut health, now) = health();
        health.failed(now, "a".to_owned());
        health.answered();
        health.failed(now, "b".to_owned());
        assert_eq!(health.admit(now), PLAIN, "they were not in a row");
        health.failed(now, "c".to_owned());
        assert_eq!(health.admit(now), Admission::Shut(SECOND));
        assert!(
            health.complaint().contains("2 times in a row") && health.complaint().contains('c')
        );
        assert_eq!(health.admit(now + SECOND), PROBE);
        assert_eq!(health.admit(now + SECOND), Admission::Shut(SECOND), "one at a time");
        health.answered();
        assert_eq!(health.admit(now + SECOND), PLAIN);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failed_probe_doubles_the_pause_up_to_a_bound() {
        let (mut health, mut now) = health();
        health.failed(now, String::new());
        health.failed(now, String::new());
        for pause in [1, 2, 3, 3] {
            assert_eq!(health.admit(now), Admission::Shut(SECOND * pause));
            now += SECOND * pause;
            assert_eq!(health.admit(now), PROBE);
            health.failed(now, String::new());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_abandoned_probe_leaves_its_place_to_the_next() {
        let (mut health, now) = health();
        health.failed(now, String::new());
        health.failed(now, String::new());
        assert_eq!(health.admit(now + SECOND), PROBE);
        health.abandoned(now + SECOND);
        assert_eq!(health.admit(now + SECOND), PROBE);
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_server_asks_for_holds_for_everybody_and_the_longest_counts() {
        let (mut health, now) = health();
        health.asked_to_wait(now, SECOND * 5);
        health.asked_to_wait(now, SECOND);
        assert_eq!(health.admit(now + SECOND), Admission::Asked(SECOND * 4));
        assert_eq!(health.admit(now + SECOND * 5), PLAIN);
        health.asked_to_wait(now, Duration::MAX);
        assert_eq!(health.admit(now), Admission::Asked(WISH_MAX));
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_bound_it_never_opens() {
        let breaker = config::Breaker { failures_max: 0, ..config::Breaker::default() };
        let (mut health, now) = (Health::new(breaker), Instant::now());
        for _ in 0..100 {
            health.failed(now, String::new());
        }
        assert_eq!(health.admit(now), PLAIN);
    }
}
