//! What tokens cost.

use std::collections::BTreeMap;

use crate::config::Price;
use crate::port::Usage;

/// The cost of a call in millionths of a US dollar, rounded up; 0 for a model without a price.
pub(crate) fn usd_micros(prices: &BTreeMap<String, Price>, model: &str, usage: &Usage) -> u64 {
    let longest = prices
        .iter()
        .filter(|(name, _)| model.starts_with(name.as_str()))
        .max_by_key(|(name, _)| name.len());
    longest.map_or(0, |(_, price)| {
        // Dollars for a million tokens are millionths of a dollar for one.
        let cost = tokens(usage.input_tokens) * price.input_usd.max(0.0)
            + tokens(usage.output_tokens) * price.output_usd.max(0.0);
        whole(cost.ceil())
    })
}

#[expect(clippy::cast_precision_loss, reason = "2^53 tokens are more than any call has")]
fn tokens(count: u64) -> f64 {
    count as f64
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

    #[test]
    fn the_longest_name_counts() {
        let prices = BTreeMap::from([
            ("small".to_owned(), Price { input_usd: 1.0, output_usd: 1.0 }),
            ("small-2".to_owned(), Price { input_usd: 0.5, output_usd: 2.0 }),
        ]);
        let usage = Usage { input_tokens: 1_001, output_tokens: 10 };
        assert_eq!(usd_micros(&prices, "small-2-2026", &usage), 521);
        assert_eq!(usd_micros(&prices, "small-1", &usage), 1_011);
        assert_eq!(usd_micros(&prices, "local", &usage), 0);
    }
}
