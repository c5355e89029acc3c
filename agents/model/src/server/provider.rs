//! What a provider admits, shared by all calls of the process to it: places, and a pace.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use crate::config;

const MINUTE: Duration = Duration::from_secs(60);
/// The part of a minute's worth that may come at once.
const BURST: u32 = 10;
/// Most calls that may be out at once, whatever is configured.
const PLACES_MAX: usize = 1_024;

/// What a provider admits.
#[derive(Debug)]
pub(super) struct Provider {
    places: Semaphore,
    meters: Mutex<Meters>,
}

impl Provider {
    pub(super) fn new(parallel_max: usize, pace: config::Pace) -> Self {
        let meters =
            Meters { requests: Meter::new(pace.requests), tokens: Meter::new(pace.tokens) };
        Self {
            places: Semaphore::new(parallel_max.clamp(1, PLACES_MAX)),
            meters: Mutex::new(meters),
        }
    }

    /// Waits for the pace and for a place, for a call of about so many tokens. When the pace would
    /// not admit it before `until`, says at once for how long not.
    pub(super) async fn place(&self, tokens: u64, until: Instant) -> Result<Place<'_>, Duration> {
        let now = Instant::now();
        let wait = self.with(|meters| meters.reserve(now, tokens, until))?;
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        let permit = self.places.acquire().await.expect("the semaphore is never closed");
        Ok(Place { provider: self, _permit: permit, reserved: tokens })
    }

    fn with<T>(&self, work: impl FnOnce(&mut Meters) -> T) -> T {
        work(&mut self.meters.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A call that is out.
#[must_use = "the place is given back when this is dropped"]
#[derive(Debug)]
pub(super) struct Place<'a> {
    provider: &'a Provider,
    _permit: SemaphorePermit<'a>,
    reserved: u64,
}

impl Place<'_> {
    /// Gives the place back; the call used so many tokens.
    pub(super) fn settle(self, tokens: u64) {
        self.provider.with(|meters| meters.tokens.correct(self.reserved, tokens));
    }
}

#[derive(Debug)]
struct Meters {
    requests: Meter,
    tokens: Meter,
}

impl Meters {
    /// How long a call of so many tokens has to wait, or for how long it is not admitted at all when
    /// that is beyond `until`.
    fn reserve(&mut self, now: Instant, tokens: u64, until: Instant) -> Result<Duration, Duration> {
        let wait = self.requests.wait(now).max(self.tokens.wait(now));
        if now + wait > until {
            return Err(wait);
        }
        self.requests.take(now, 1);
        self.tokens.take(now, tokens);
        Ok(wait)
    }
}

/// So many a minute: what was taken must have been worked off, but for a burst, before more is taken.
#[derive(Debug)]
struct Meter {
    /// How long one takes; zero: no bound.
    each: Duration,
    burst: Duration,
    /// When all that was taken is worked off.
    clear: Option<Instant>,
}

impl Meter {
    fn new(a_minute: u32) -> Self {
        let each = MINUTE.checked_div(a_minute).unwrap_or_default();
        // One is always admitted, also where a tenth of a minute's worth is less than one.
        let burst = (MINUTE / BURST).checked_sub(each).unwrap_or_default();
        Self { each, burst, clear: None }
    }

    fn wait(&self, now: Instant) -> Duration {
        let owed = self.clear.map(|clear| clear.saturating_duration_since(now));
        owed.unwrap_or_default().saturating_sub(self.burst)
    }

    fn take(&mut self, now: Instant, count: u64) {
        if !self.each.is_zero() {
            let from = self.clear.map_or(now, |clear| clear.max(now));
            self.clear = Some(from + self.cost(count));
        }
    }

    /// Fewer or more were used than were taken.
    fn correct(&mut self, taken: u64, used: u64) {
        let Some(clear) = self.clear else { return };
        self.clear = if used >= taken {
            Some(clear + self.cost(used - taken))
        } else {
            clear.checked_sub(self.cost(taken - used))
        };
    }

    /// At most an hour: a call that is larger than that is admitted, and nothing after it for long.
    fn cost(&self, count: u64) -> Duration {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        self.each.saturating_mul(count).min(MINUTE * 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Takes `each` time after time without waiting: how many are admitted at once, and how long the
    /// next one has to wait.
    fn at_once(a_minute: u32, each: u64) -> (u32, Duration) {
        let (mut meter, now) = (Meter::new(a_minute), Instant::now());
        let mut admitted = 0;
        while meter.wait(now).is_zero() && admitted < 1_000 {
            meter.take(now, each);
            admitted += 1;
        }
        (admitted, meter.wait(now))
    }

    #[tokio::test(start_paused = true)]
    async fn a_tenth_of_a_minutes_worth_comes_at_once_then_the_pace_holds() {
        assert_eq!(at_once(60, 1), (6, SECOND));
        assert_eq!(at_once(2, 1), (1, SECOND * 30), "one is always admitted");
        assert_eq!(at_once(0, 1), (1_000, Duration::ZERO), "no bound");
        let (admitted, wait) = at_once(60_000, 3_000);
        assert_eq!(admitted, 2, "two of 3,000 tokens of 60,000 a minute");
        assert!(wait <= SECOND, "{wait:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_not_used_is_given_back() {
        let (mut meter, now) = (Meter::new(6_000), Instant::now());
        meter.take(now, 6_000);
        assert!(meter.wait(now) > SECOND * 50);
        meter.correct(6_000, 100);
        assert_eq!(meter.wait(now), Duration::ZERO);
        meter.correct(100, 6_000);
        assert!(meter.wait(now) > SECOND * 50);
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_waits_for_the_pace_or_is_told_at_once_that_it_cannot() {
        let provider = Provider::new(8, config::Pace { requests: 2, tokens: 0 });
        let begun = Instant::now();
        let until = begun + SECOND * 40;
        drop(provider.place(1, until).await.unwrap());
        drop(provider.place(1, until).await.unwrap());
        assert_eq!(begun.elapsed().as_secs(), 30, "the second one waited");
        let wait = provider.place(1, until).await.unwrap_err();
        assert_eq!((wait.as_secs(), begun.elapsed().as_secs()), (30, 30), "the third one did not");
    }

    #[tokio::test(start_paused = true)]
    async fn places_are_given_back_also_by_calls_that_break_off() {
        let provider = Provider::new(1, config::Pace::default());
        let until = Instant::now() + SECOND;
        let place = provider.place(1, until).await.unwrap();
        assert!(
            tokio::time::timeout(SECOND, provider.place(1, until)).await.is_err(),
            "it is taken"
        );
        drop(place);
        provider.place(1, until).await.unwrap().settle(1);
        assert_eq!(provider.places.available_permits(), 1);
    }
}
