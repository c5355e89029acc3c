//! Whether a quote that a model gives stands in a source: the very bytes, whatever the white space.

use crate::rules::split::Span;

/// Fewest and most words of a quote.
const WORDS_MIN: usize = 5;
const WORDS_MAX: usize = 60;

/// Why a quote is no claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    /// Too few or too many words.
    #[error("a quote has {WORDS_MIN} to {WORDS_MAX} words")]
    Length,
    /// It does not stand there word for word.
    #[error("this does not stand in the page word for word; copy it exactly")]
    NotThere,
    /// It reaches over a paragraph.
    #[error("a quote stands in one paragraph")]
    Torn,
}

/// Where a quote stands in a text, word for word; runs of white space count as one space.
///
/// # Errors
/// Why it is not to be found.
pub fn find(text: &str, quote: &str) -> Result<Span, Unproven> {
    let words: Vec<&str> = quote.split_whitespace().collect();
    if !(WORDS_MIN..=WORDS_MAX).contains(&words.len()) {
        return Err(Unproven::Length);
    }
    let first = words.first().ok_or(Unproven::Length)?;
    let mut from = 0;
    while let Some(at) = text.get(from..).and_then(|rest| rest.find(first)) {
        let start = from + at;
        if let Some(end) = matched(text, start, &words) {
            let span = Span { start, end };
            let is_torn = span.of(text).contains("\n\n");
            return if is_torn { Err(Unproven::Torn) } else { Ok(span) };
        }
        from = start + first.chars().next().map_or(1, char::len_utf8);
    }
    Err(Unproven::NotThere)
}

/// One past the last byte of these words at a place, when they stand there.
fn matched(text: &str, start: usize, words: &[&str]) -> Option<usize> {
    let before = text.get(..start)?.chars().next_back();
    if before.is_some_and(char::is_alphanumeric) {
        return None;
    }
    let mut at = start;
    for (place, word) in words.iter().enumerate() {
        let rest = text.get(at..)?;
        let rest =
            if place == 0 { rest } else { rest.strip_prefix(char::is_whitespace)?.trim_start() };
        rest.strip_prefix(word)?;
        at = text.len() - rest.len() + word.len();
    }
    let after = text.get(at..)?.chars().next();
    (!after.is_some_and(char::is_alphanumeric)).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Tea grows in Assam.\n\nIn 1837, the first garden of\nAssam was planted with 50 bushes. It grew.";

    fn check(quote: &str, want: Result<&str, Unproven>) {
        assert_eq!(find(TEXT, quote).map(|span| span.of(TEXT)), want, "{quote}");
    }

    #[test]
    fn a_quote_is_the_very_bytes() {
        let whole = "the first garden of\nAssam was planted with 50 bushes.";
        check("the first garden of Assam was planted with 50 bushes.", Ok(whole));
        check(whole, Ok(whole));
        check("the first garden of Assam was planted with 60 bushes.", Err(Unproven::NotThere));
        check("The first garden of Assam was planted", Err(Unproven::NotThere));
        check("he first garden of Assam was", Err(Unproven::NotThere));
        check("first garden", Err(Unproven::Length));
        check("grows in Assam. In 1837, the first", Err(Unproven::Torn));
        check(&"a ".repeat(80), Err(Unproven::Length));
    }
}
