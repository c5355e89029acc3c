//! Chance that a seed decides.

use std::time::Duration;

/// A source of numbers that a seed decides: SplitMix64. It is written out here so that a seed means
/// the same numbers for ever, whatever becomes of a library.
///
/// Source: <https://prng.di.unimi.it/splitmix64.c>.
#[derive(Debug, Clone)]
pub struct Dice {
    state: u64,
}

impl Dice {
    /// The numbers of a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The next number.
    pub const fn roll(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below a bound; 0 for the bound 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        let wide = u128::from(self.roll()) * u128::from(bound);
        u64::try_from(wide >> 64).unwrap_or(0)
    }

    /// True in so many of a thousand cases.
    pub fn permille(&mut self, share: u32) -> bool {
        self.below(1_000) < u64::from(share)
    }

    /// A time from `least` to `most`, to the microsecond.
    pub fn between(&mut self, least: Duration, most: Duration) -> Duration {
        let span = u64::try_from(most.saturating_sub(least).as_micros()).unwrap_or(u64::MAX);
        least + Duration::from_micros(self.below(span.saturating_add(1)))
    }

    /// One of some things; none of none.
    pub fn pick<'t, T>(&mut self, things: &'t [T]) -> Option<&'t T> {
        let index = self.below(u64::try_from(things.len()).unwrap_or(u64::MAX));
        things.get(usize::try_from(index).unwrap_or(usize::MAX))
    }

    /// Another source, independent of what this one gives from now on.
    #[must_use]
    pub const fn fork(&mut self) -> Self {
        Self::new(self.roll())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_means_the_same_numbers_for_ever() {
        let mut dice = Dice::new(1_234_567);
        // The first numbers of the reference implementation for this seed.
        let want =
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!([dice.roll(), dice.roll(), dice.roll()], want);
    }

    #[test]
    fn draws_stay_within_their_bounds() {
        let mut dice = Dice::new(1);
        let (least, most) = (Duration::from_millis(5), Duration::from_millis(7));
        for _ in 0..1_000 {
            assert!(dice.below(3) < 3);
            assert!((least..=most).contains(&dice.between(least, most)));
        }
        assert_eq!(dice.pick::<u8>(&[]), None);
    }
}
