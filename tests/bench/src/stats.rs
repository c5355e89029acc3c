//! What was measured, in numbers.

use std::time::Duration;

use serde::Serialize;

/// How long something took, over many times.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Spread {
    /// How often it was measured.
    pub times: usize,
    /// Half of them took at most so long, in milliseconds.
    pub p50_ms: f64,
    /// 95 in a hundred.
    pub p95_ms: f64,
    /// 99 in a hundred.
    pub p99_ms: f64,
}

impl Spread {
    /// Of these times.
    #[must_use]
    pub fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |percent: usize| {
            let place = (times.len() * percent / 100).min(times.len().saturating_sub(1));
            times.get(place).map_or(0.0, |time| time.as_secs_f64() * 1e3)
        };
        Self { times: times.len(), p50_ms: at(50), p95_ms: at(95), p99_ms: at(99) }
    }
}

/// What a run came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Figures {
    /// Goals that were handed in, all of which ended.
    pub goals: u64,
    /// Steps that were carried out.
    pub steps: u64,
    /// Steps a second, after warming up.
    pub steps_a_second: f64,
    /// From the beginning of a step's work to that of the next; in a fan-out, the time of the whole over
    /// its steps.
    pub step: Spread,
}

/// A ratio; none when there is nothing to divide by.
#[must_use]
pub fn ratio(of: f64, to: f64) -> Option<f64> {
    (to > 0.0).then(|| of / to)
}

/// A count as a number to calculate with.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts here are far below 2^52")]
pub fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_says_what_most_took_at_most() {
        let times = (1..=200).rev().map(Duration::from_millis).collect();
        let spread = Spread::of(times);
        assert_eq!((spread.times, spread.p50_ms, spread.p99_ms), (200, 101.0, 199.0));
        assert_eq!(Spread::of(Vec::new()), Spread::default());
    }
}
