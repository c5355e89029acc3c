//! What tokens cost.

mod known;

use std::collections::BTreeMap;

use crate::config::Price;
use crate::port::Usage;

/// Tokens of a call, by what they cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tokens {
    /// Read, not by way of a cache.
    pub(crate) read: u64,
    /// Read from the server's cache.
    pub(crate) cached: u64,
    /// Read, and put into the server's cache.
    pub(crate) stored: u64,
    /// Written.
    pub(crate) written: u64,
}

impl Tokens {
    /// Of `input` tokens read, `cached` came from the cache.
    pub(crate) const fn with_cached(input: u64, cached: u64, written: u64) -> Self {
        Self { read: input.saturating_sub(cached), cached, stored: 0, written }
    }

    pub(crate) const fn usage(&self) -> Usage {
        let input = self.read.saturating_add(self.cached).saturating_add(self.stored);
        Usage { input_tokens: input, output_tokens: self.written }
    }

    pub(crate) const fn total(&self) -> u64 {
        let Usage { input_tokens, output_tokens } = self.usage();
        input_tokens.saturating_add(output_tokens)
    }
}

/// What a model costs: as the user says, else as is known.
pub(crate) fn of(own: &BTreeMap<String, Price>, model: &str) -> Option<Price> {
    let longest = own
        .iter()
        .filter(|(name, _)| model.starts_with(name.as_str()))
        .max_by_key(|(name, _)| name.len());
    longest.map(|(_, price)| *price).or_else(|| known::of(model))
}

impl Price {
    /// The cost in millionths of a US dollar, rounded up.
    pub(crate) fn usd_micros(&self, tokens: &Tokens) -> u64 {
        // Dollars for a million tokens are millionths of a dollar for one.
        let cost = count(tokens.read) * self.input_usd.max(0.0)
            + count(tokens.cached) * self.cached_usd.unwrap_or(self.input_usd).max(0.0)
            + count(tokens.stored) * self.stored().max(0.0)
            + count(tokens.written) * self.output_usd.max(0.0);
        whole(cost.ceil())
    }

    /// The most that so many tokens may cost, whatever a cache does.
    pub(crate) fn usd_micros_most(&self, usage: Usage) -> u64 {
        let dearest = [self.cached_usd.unwrap_or(0.0), self.stored()]
            .into_iter()
            .fold(self.input_usd, f64::max);
        let cost = count(usage.input_tokens) * dearest.max(0.0)
            + count(usage.output_tokens) * self.output_usd.max(0.0);
        whole(cost.ceil())
    }

    /// As it is billed by a protocol whose cache costs a quarter more to fill.
    pub(crate) fn with_dear_cache(self) -> Self {
        Self { stored_usd: self.stored_usd.or(Some(self.input_usd * 1.25)), ..self }
    }

    fn stored(&self) -> f64 {
        self.stored_usd.unwrap_or(self.input_usd)
    }
}

#[expect(clippy::cast_precision_loss, reason = "2^53 tokens are more than any call has")]
fn count(tokens: u64) -> f64 {
    tokens as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "not negative, and a float too large becomes the greatest number"
)]
fn whole(cost: f64) -> u64 {
    cost as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(input_usd: f64, output_usd: f64) -> Price {
        Price { input_usd, output_usd, cached_usd: None, stored_usd: None }
    }

    #[test]
    fn the_longest_name_counts_and_the_users_before_ours() {
        let own = BTreeMap::from([
            ("small".to_owned(), price(1.0, 1.0)),
            ("small-2".to_owned(), price(0.5, 2.0)),
            ("gpt".to_owned(), price(7.0, 7.0)),
        ]);
        let cost = |model: &str| {
            let tokens = Tokens { read: 1_001, written: 10, ..Tokens::default() };
            of(&own, model).map(|price| price.usd_micros(&tokens))
        };
        assert_eq!(cost("small-2-2026"), Some(521));
        assert_eq!(cost("small-1"), Some(1_011));
        assert_eq!(cost("gpt-4o-mini"), Some(7_077));
        assert_eq!(cost("local"), None);
        assert!(cost("claude-haiku-4-5-20251001").is_some());
    }

    #[test]
    fn what_a_cache_reads_and_writes_has_its_own_price() {
        let price = Price { cached_usd: Some(0.1), stored_usd: Some(1.5), ..price(1.0, 10.0) };
        let tokens = Tokens { read: 100, cached: 1_000, stored: 200, written: 10 };
        assert_eq!(price.usd_micros(&tokens), 100 + 100 + 300 + 100);
        assert_eq!(tokens.usage(), Usage { input_tokens: 1_300, output_tokens: 10 });
    }

    #[test]
    fn the_most_is_never_less_than_the_cost() {
        let tokens = Tokens { read: 10, cached: 20, stored: 30, written: 40 };
        for stored_usd in [None, Some(0.5), Some(3.0)] {
            let price = Price { cached_usd: Some(0.2), stored_usd, ..price(2.0, 8.0) };
            assert!(price.usd_micros_most(tokens.usage()) >= price.usd_micros(&tokens));
        }
    }

    #[test]
    fn a_price_that_is_no_number_costs_nothing() {
        let tokens = Tokens { read: 10, ..Tokens::default() };
        assert_eq!(price(f64::NAN, -1.0).usd_micros(&tokens), 0);
    }
}
