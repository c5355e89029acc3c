//! Durations as people write them: `2h`, `90s`, `1h30m`, `500ms`, `7d`.

use std::time::Duration;

/// Longest duration that a workflow may name.
pub const DURATION_MAX: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// Why a text is not a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// It has another form.
    #[error("a duration is numbers with units, as in 90s, 1h30m, 500ms or 7d")]
    Form,
    /// It is longer than [`DURATION_MAX`].
    #[error("a duration is at most 366d")]
    TooLong,
}

/// Reads a duration: whole numbers, each with its unit (`d`, `h`, `m`, `s`, `ms`), largest first.
///
/// # Errors
/// [`DurationError`].
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    /// Units in milliseconds, in the order that they must have.
    const UNITS: [(&str, u64); 5] =
        [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
    let mut rest = text;
    let mut millis: u64 = 0;
    let mut units = UNITS.iter();
    if rest.is_empty() {
        return Err(DurationError::Form);
    }
    while !rest.is_empty() {
        let (number, after) = split_at(rest, |c| !c.is_ascii_digit());
        let (unit, after) = split_at(after, |c| c.is_ascii_digit());
        let (_, factor) = units.find(|(name, _)| *name == unit).ok_or(DurationError::Form)?;
        if number.is_empty() {
            return Err(DurationError::Form);
        }
        // What is all digits and does not fit is too long.
        let number: u64 = number.parse().unwrap_or(u64::MAX);
        millis = millis.saturating_add(number.saturating_mul(*factor));
        rest = after;
    }
    let duration = Duration::from_millis(millis);
    if duration > DURATION_MAX { Err(DurationError::TooLong) } else { Ok(duration) }
}

/// A duration as it would be written.
pub(super) fn show(duration: Duration) -> String {
    let millis = duration.as_millis();
    if millis == 0 {
        return "0s".to_owned();
    }
    let mut rest = millis;
    let mut text = String::new();
    for (unit, factor) in
        [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)]
    {
        if rest >= factor {
            text.push_str(&format!("{}{unit}", rest / factor));
            rest %= factor;
        }
    }
    text
}

fn split_at(text: &str, ends: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(ends).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn durations_are_read() {
        for (text, millis) in [
            ("2h", 7_200_000),
            ("90s", 90_000),
            ("1h30m", 5_400_000),
            ("500ms", 500),
            ("1d1h1m1s1ms", 90_061_001),
            ("0s", 0),
            ("366d", 31_622_400_000),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "2", "h", "2 h", "-1s", "1.5h", "30m1h", "1h1h", "1w", "1H", "ä"] {
            assert_eq!(parse_duration(text), Err(DurationError::Form), "{text}");
        }
        for text in ["367d", "99999999999999999999s", "366d1ms"] {
            assert_eq!(parse_duration(text), Err(DurationError::TooLong), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_as_the_same(millis in 0_u64..31_622_400_000) {
            let duration = Duration::from_millis(millis);
            prop_assert_eq!(parse_duration(&show(duration)), Ok(duration));
        }
    }
}
