//! Whether two spans say the same in nearly the same words: Jaccard likeness and containment of their
//! word shingles (Broder, 1997).

use std::collections::BTreeSet;

use galley_agents_knowledge::words::{fold, words};

/// How many words a shingle has.
const SHINGLE: usize = 3;
/// From which share of common shingles two spans are the same.
const LIKE_MIN: f64 = 0.5;
/// From which share of the shorter one's shingles it stands within the longer one.
const WITHIN_MIN: f64 = 0.75;

/// The shingles of a span, hashed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Print(BTreeSet<u64>);

impl Print {
    /// The shingles of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let folded: Vec<String> = words(text).map(|(_, word)| fold(word)).collect();
        let size = SHINGLE.min(folded.len().max(1));
        Self(folded.windows(size).map(hash).collect())
    }

    /// Whether the two say the same in nearly the same words.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        let (smaller, larger) =
            if self.0.len() <= other.0.len() { (self, other) } else { (other, self) };
        if smaller.0.is_empty() {
            return false;
        }
        let common = smaller.0.iter().filter(|shingle| larger.0.contains(shingle)).count() as f64;
        let all = smaller.0.len() as f64 + larger.0.len() as f64 - common;
        common / all >= LIKE_MIN || common / smaller.0.len() as f64 >= WITHIN_MIN
    }
}

/// FNV-1a over the words, with a mark between them.
fn hash(window: &[String]) -> u64 {
    let bytes = window.iter().flat_map(|word| word.bytes().chain(std::iter::once(0)));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(one: &str, other: &str, want: bool) {
        assert_eq!(Print::of(one).is_like(&Print::of(other)), want, "{one} / {other}");
    }

    #[test]
    fn the_same_in_nearly_the_same_words_is_a_duplicate() {
        let text = "Chatbots answer routine questions of customers at any hour of the day.";
        check(text, text, true);
        check(
            text,
            "Chatbots answer routine questions of customers at any hour of the night.",
            true,
        );
        check(
            text,
            "As we know, chatbots answer routine questions of customers at any hour of the day, for little money and with patience.",
            true,
        );
        check(text, "Staff answer difficult questions of customers in office hours.", false);
        check("", "", false);
        check("Yes.", "No.", false);
    }
}
