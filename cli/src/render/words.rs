//! Numbers and times in words.

use std::time::Duration;

use chrono::{DateTime, Utc};
use galley_schemas::amount::{Amount, Limits};

/// Money, to the cent, or finer when it is less than one.
pub(crate) fn usd(micros: u64) -> String {
    let (dollars, rest) = (micros / 1_000_000, micros % 1_000_000);
    if micros > 0 && micros < 10_000 {
        format!("${dollars}.{:04}", rest / 100)
    } else {
        format!("${dollars}.{:02}", rest / 10_000)
    }
}

/// A length of time, as short as it stays clear.
pub(crate) fn elapsed(time: Duration) -> String {
    let secs = time.as_secs();
    match secs {
        0..60 => format!("{}.{} s", secs, time.subsec_millis() / 100),
        60..3_600 => format!("{} min {:02} s", secs / 60, secs % 60),
        _ => format!("{} h {:02} min", secs / 3_600, secs % 3_600 / 60),
    }
}

/// The time between two points; nothing when the second lies before the first.
pub(crate) fn between(from: DateTime<Utc>, to: DateTime<Utc>) -> Duration {
    (to - from).to_std().unwrap_or_default()
}

/// What was used, and of what.
pub(crate) fn spend(spent: &Amount, budget: &Limits) -> String {
    let of_usd = budget.usd_micros.map(|most| format!(" of {}", usd(most))).unwrap_or_default();
    let of_tokens = budget.tokens.map(|most| format!(" of {most}")).unwrap_or_default();
    format!("{}{of_usd}, {}{of_tokens} tokens", usd(spent.usd_micros), spent.tokens)
}

/// A count with its noun.
pub(crate) fn count(number: u64, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

/// A text cut to so many characters, with an ellipsis when something is missing.
pub(crate) fn cut(text: &str, chars_max: usize) -> String {
    let line = text.replace(['\n', '\r', '\t'], " ");
    if line.chars().count() <= chars_max {
        return line;
    }
    let kept: String = line.chars().take(chars_max.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_never_rounded_up_to_a_cent() {
        for (micros, want) in
            [(0, "$0.00"), (1_500, "$0.0015"), (10_000, "$0.01"), (2_345_678, "$2.34")]
        {
            assert_eq!(usd(micros), want);
        }
    }

    #[test]
    fn times_are_short() {
        for (millis, want) in [(1_240, "1.2 s"), (61_000, "1 min 01 s"), (3_720_000, "1 h 02 min")]
        {
            assert_eq!(elapsed(Duration::from_millis(millis)), want);
        }
    }

    #[test]
    fn a_cut_text_shows_that_it_is_cut() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("ab\ncd", 4), "ab…");
    }
}
