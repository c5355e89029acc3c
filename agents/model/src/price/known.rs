//! List prices that are known without asking, in US dollars for a million tokens.
//!
//! They change, and `prices` in the configuration counts before them. A name stands for itself and for
//! everything that goes on behind a `-`, `:` or `@`: dated snapshots and tags. Gathered in November 2026;
//! where sources differ or a price was changed lately, the higher one stands. What a provider asks more
//! for very long prompts is not known here. The providers' own pages: <https://openai.com/api/pricing>,
//! <https://docs.anthropic.com/en/docs/about-claude/pricing>, <https://ai.google.dev/gemini-api/docs/pricing>.

use crate::config::Price;

/// Name, read, read from the cache, written.
type Row = (&'static str, f64, f64, f64);

const OPENAI: [Row; 31] = [
    ("gpt-5.6-sol", 5.0, 0.5, 30.0),
    ("gpt-5.6-terra", 2.5, 0.25, 15.0),
    ("gpt-5.6-luna", 1.0, 0.1, 6.0),
    ("gpt-5.5-pro", 30.0, 30.0, 180.0),
    ("gpt-5.5", 5.0, 0.5, 30.0),
    ("gpt-5.4", 2.5, 0.25, 15.0),
    ("gpt-5.4-mini", 0.75, 0.075, 4.5),
    ("gpt-5.4-nano", 0.2, 0.02, 1.25),
    ("gpt-5.4-pro", 30.0, 30.0, 180.0),
    ("gpt-5.2", 1.75, 0.175, 14.0),
    ("gpt-5.1", 1.25, 0.125, 10.0),
    ("gpt-5", 1.25, 0.125, 10.0),
    ("gpt-5-mini", 0.25, 0.025, 2.0),
    ("gpt-5-nano", 0.05, 0.005, 0.4),
    ("gpt-5-pro", 15.0, 15.0, 120.0),
    ("gpt-4.1", 2.0, 0.5, 8.0),
    ("gpt-4.1-mini", 0.4, 0.1, 1.6),
    ("gpt-4.1-nano", 0.1, 0.025, 0.4),
    ("gpt-4o", 2.5, 1.25, 10.0),
    ("gpt-4o-mini", 0.15, 0.075, 0.6),
    ("gpt-4-turbo", 10.0, 10.0, 30.0),
    ("gpt-4", 30.0, 30.0, 60.0),
    ("gpt-3.5-turbo", 0.5, 0.5, 1.5),
    ("o1", 15.0, 7.5, 60.0),
    ("o3", 2.0, 0.5, 8.0),
    ("o3-mini", 1.1, 0.55, 4.4),
    ("o3-pro", 20.0, 20.0, 80.0),
    ("o4-mini", 1.1, 0.275, 4.4),
    ("text-embedding-3-small", 0.02, 0.02, 0.0),
    ("text-embedding-3-large", 0.13, 0.13, 0.0),
    ("text-embedding-ada-002", 0.1, 0.1, 0.0),
];

const ANTHROPIC: [Row; 15] = [
    ("claude-fable-5", 10.0, 1.0, 50.0),
    ("claude-mythos-5", 10.0, 1.0, 50.0),
    ("claude-opus-5", 5.0, 0.5, 25.0),
    ("claude-opus-4-8", 5.0, 0.5, 25.0),
    ("claude-opus-4-7", 5.0, 0.5, 25.0),
    ("claude-opus-4-6", 5.0, 0.5, 25.0),
    ("claude-opus-4-5", 5.0, 0.5, 25.0),
    ("claude-opus-4", 15.0, 1.5, 75.0),
    ("claude-sonnet-5", 3.0, 0.3, 15.0),
    ("claude-sonnet-4", 3.0, 0.3, 15.0),
    ("claude-haiku-4-5", 1.0, 0.1, 5.0),
    ("claude-3-7-sonnet", 3.0, 0.3, 15.0),
    ("claude-3-5-haiku", 0.8, 0.08, 4.0),
    ("claude-3-opus", 15.0, 1.5, 75.0),
    ("claude-3-haiku", 0.25, 0.03, 1.25),
];

const GOOGLE: [Row; 3] = [
    ("gemini-2.5-pro", 1.25, 0.125, 10.0),
    ("gemini-2.5-flash", 0.3, 0.03, 2.5),
    ("gemini-2.5-flash-lite", 0.1, 0.01, 0.4),
];

/// The price of a model that is known; also behind a router's prefix, `openai/gpt-4o`.
pub(super) fn of(model: &str) -> Option<Price> {
    let name = model.rsplit('/').next().unwrap_or(model);
    let rows = OPENAI.iter().chain(&ANTHROPIC).chain(&GOOGLE);
    let longest = rows.filter(|row| stands_for(row.0, name)).max_by_key(|row| row.0.len());
    longest.map(|&(_, input_usd, cached_usd, output_usd)| Price {
        input_usd,
        output_usd,
        cached_usd: Some(cached_usd),
        stored_usd: None,
    })
}

fn stands_for(known: &str, name: &str) -> bool {
    name.strip_prefix(known)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', ':', '@']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(model: &str, want: Option<(f64, f64)>) {
        assert_eq!(of(model).map(|price| (price.input_usd, price.output_usd)), want, "{model}");
    }

    #[test]
    fn a_name_stands_for_its_snapshots_and_for_no_other_model() {
        check("gpt-4o", Some((2.5, 10.0)));
        check("gpt-4o-2024-08-06", Some((2.5, 10.0)));
        check("gpt-4o-mini-2024-07-18", Some((0.15, 0.6)));
        check("openai/gpt-4o-mini", Some((0.15, 0.6)));
        check("claude-opus-4-20250514", Some((15.0, 75.0)));
        check("claude-opus-4-6", Some((5.0, 25.0)));
        check("gpt-5.9", None);
        check("gpt-oss:20b", None);
        check("o1x", None);
        check("scripted", None);
    }

    #[test]
    fn a_cache_never_costs_more_to_read_than_the_prompt() {
        for (name, read, cached, written) in OPENAI.iter().chain(&ANTHROPIC).chain(&GOOGLE) {
            assert!(0.0 < *cached && cached <= read && *written >= 0.0, "{name}");
        }
    }
}
