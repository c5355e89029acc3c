//! Whether and when to try again: pure.

use std::time::Duration;

use chrono::DateTime;
use reqwest::header::{self, HeaderMap};

use crate::config::{Config, millis};
use crate::port::ModelError;
use crate::price::Tokens;

/// A try that failed.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) error: ModelError,
    /// When the server asks to be tried again, whatever the error.
    pub(super) after: Option<Duration>,
    /// What it used all the same, as far as the server told.
    pub(super) tokens: Tokens,
}

impl From<ModelError> for Failed {
    fn from(error: ModelError) -> Self {
        let after = match &error {
            ModelError::Busy { after, .. } => *after,
            ModelError::Unavailable { .. }
            | ModelError::Timeout { .. }
            | ModelError::Refused { .. }
            | ModelError::Invalid { .. }
            | ModelError::Rejected { .. } => None,
        };
        Self { error, after, tokens: Tokens::default() }
    }
}

/// Whether another try may end differently.
pub(super) const fn may_pass(error: &ModelError) -> bool {
    match error {
        ModelError::Busy { .. } | ModelError::Unavailable { .. } | ModelError::Timeout { .. } => {
            true
        }
        ModelError::Refused { .. } | ModelError::Invalid { .. } | ModelError::Rejected { .. } => {
            false
        }
    }
}

/// The bounds on tries.
#[derive(Debug, Clone, Copy)]
pub(super) struct Retry {
    tries_max: u32,
    first: Duration,
    pub(super) most: Duration,
}

impl Retry {
    pub(super) fn new(config: &Config) -> Self {
        let most = millis(config.retry_most_ms);
        let first = millis(config.retry_first_ms).min(most);
        Self { tries_max: config.tries_max, first, most }
    }

    /// How long to wait after the try of this number (from 1) failed; none: it was the last.
    pub(super) fn next(&self, failed: &Failed, tries: u32, seed: u64) -> Option<Duration> {
        if !may_pass(&failed.error) || tries >= self.tries_max {
            return None;
        }
        match failed.after {
            Some(asked) => (asked <= self.most).then_some(asked),
            None => Some(spread(self.delay(tries), seed.wrapping_add(tries.into()))),
        }
    }

    fn delay(&self, tries: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(tries.saturating_sub(1));
        self.first.saturating_mul(doubled).min(self.most)
    }
}

/// Half of a delay up to all of it: callers that failed together do not come back together. The seed
/// decides, so that the same call waits the same time whenever it is run again.
pub(super) fn spread(delay: Duration, seed: u64) -> Duration {
    // One step of splitmix64: neighbouring seeds end far apart.
    let mut mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let part = u32::try_from(mixed >> 40).unwrap_or(0) % 1_024;
    delay / 2 + (delay / 2) * part / 1_023
}

/// A number for a text: the same text, the same number.
pub(super) fn seed(text: &str) -> u64 {
    // FNV-1a.
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// When a server asks to be tried again: `retry-after-ms`, or `Retry-After` in seconds or as a date,
/// which counts from the server's own `Date`.
pub(super) fn after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    if let Some(millis) = text("retry-after-ms").and_then(|text| text.parse::<f64>().ok()) {
        return Duration::try_from_secs_f64(millis / 1_000.0).ok();
    }
    let asked = text(header::RETRY_AFTER.as_str())?;
    if let Ok(seconds) = asked.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let then = DateTime::parse_from_rfc2822(asked).ok()?;
    let now = DateTime::parse_from_rfc2822(text(header::DATE.as_str())?).ok()?;
    // A date that has passed means: now.
    Some((then - now).to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn check(given: &[(&'static str, &'static str)], want: Option<Duration>) {
        let mut headers = HeaderMap::new();
        for (name, value) in given {
            headers.insert(*name, header::HeaderValue::from_static(value));
        }
        assert_eq!(after(&headers), want, "{given:?}");
    }

    #[test]
    fn a_server_says_in_its_own_way_when_to_come_back() {
        let date = ("date", "Sun, 22 Nov 2026 15:00:00 GMT");
        check(&[("retry-after", "20")], Some(SECOND * 20));
        check(&[("retry-after", " 0.5 ")], Some(SECOND / 2));
        check(&[("retry-after-ms", "250"), ("retry-after", "9")], Some(SECOND / 4));
        check(&[("retry-after", "Sun, 22 Nov 2026 15:01:30 GMT"), date], Some(SECOND * 90));
        check(&[("retry-after", "Sun, 22 Nov 2026 14:00:00 GMT"), date], Some(Duration::ZERO));
        check(&[("retry-after", "Sun, 22 Nov 2026 15:01:30 GMT")], None);
        check(&[("retry-after", "-1")], None);
        check(&[("retry-after", "soon")], None);
        check(&[("retry-after", "1e300")], None);
        check(&[], None);
    }

    fn retry() -> Retry {
        let config = Config { retry_most_ms: 3_000, retry_first_ms: 1_000, ..Config::default() };
        Retry::new(&config)
    }

    fn timeout() -> Failed {
        ModelError::Timeout { wait: SECOND }.into()
    }

    #[test]
    fn delays_double_up_to_a_bound_and_are_spread() {
        for (tries, most) in [(1, 1), (2, 2), (3, 3)] {
            let most = SECOND * most;
            for seed in 0..50 {
                let wait = retry().next(&timeout(), tries, seed).unwrap();
                assert!((most / 2..=most).contains(&wait), "{tries} {wait:?}");
            }
        }
        assert_eq!(retry().next(&timeout(), 4, 0), None, "tries are bounded");
        let waits: std::collections::BTreeSet<_> =
            (0..50).map(|seed| retry().next(&timeout(), 1, seed)).collect();
        assert!(waits.len() > 40, "{} of 50 differ", waits.len());
    }

    #[test]
    fn what_the_server_asks_for_counts_unless_it_is_too_long() {
        let busy = |after| Failed::from(ModelError::Busy { status: 429, after: Some(after) });
        assert_eq!(retry().next(&busy(SECOND * 2), 1, 0), Some(SECOND * 2));
        assert_eq!(retry().next(&busy(Duration::ZERO), 1, 0), Some(Duration::ZERO));
        assert_eq!(retry().next(&busy(SECOND * 4), 1, 0), None);
    }

    #[test]
    fn what_a_repeat_cannot_mend_is_not_repeated() {
        let rejected = ModelError::Rejected { status: 400, message: String::new() };
        assert_eq!(retry().next(&rejected.into(), 1, 0), None);
    }
}
