//! Near-duplicates: documents that share most of their word sequences.
//!
//! Each document keeps the smallest hashes of its five-word sequences. How many of the smallest
//! hashes of two documents are common estimates how much of their text is.

use std::cmp::Ordering;
use std::collections::BTreeSet;

/// Words of a sequence.
const SEQUENCE_WORDS: usize = 5;
/// Hashes that are kept of a document: the estimate is right to about 1 in 14.
const HASHES_MAX: u16 = 200;

/// What is kept of a document to compare it by: hashes, in order, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sketch(Vec<u64>);

impl Sketch {
    /// The sketch of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let lower = text.to_lowercase();
        let words: Vec<&str> =
            lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let mut least = BTreeSet::new();
        for hash in words.windows(SEQUENCE_WORDS).map(hash) {
            if least.len() < usize::from(HASHES_MAX) {
                least.insert(hash);
            } else if least.last().is_some_and(|last| hash < *last) && least.insert(hash) {
                least.pop_last();
            }
        }
        Self(least.into_iter().collect())
    }

    /// Whether at least this share of the two texts is common, 0 to 1. Of documents that have little in
    /// common, and of many documents most pairs have, a few hashes tell so.
    #[must_use]
    pub fn is_like(&self, other: &Self, from: f64) -> bool {
        let missing_max = (1.0 - from) * f64::from(HASHES_MAX);
        let (mut both, mut missing) = (0_u16, 0_u16);
        let (mut ours, mut theirs) = (self.0.iter().peekable(), other.0.iter().peekable());
        while both + missing < HASHES_MAX && f64::from(missing) <= missing_max {
            let order = match (ours.peek(), theirs.peek()) {
                (Some(our), Some(their)) => our.cmp(their),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => break,
            };
            match order {
                Ordering::Less => drop(ours.next()),
                Ordering::Greater => drop(theirs.next()),
                Ordering::Equal => drop((ours.next(), theirs.next())),
            }
            if order.is_eq() { both += 1 } else { missing += 1 }
        }
        both > 0 && f64::from(both) >= from * f64::from(both + missing)
    }
}

/// FNV-1a over the words, mixed well enough that the smallest hashes are a fair sample.
fn hash(words: &[&str]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in words.iter().flat_map(|word| word.bytes().chain([b' '])) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(from: usize, to: usize) -> String {
        (from..to).map(|n| format!("word{n} ")).collect()
    }

    fn check(one: &str, other: &str, is_like: &[f64], is_not: &[f64]) {
        let (one, other) = (Sketch::of(one), Sketch::of(other));
        for from in is_like {
            assert!(one.is_like(&other, *from) && other.is_like(&one, *from), "{from}");
        }
        for from in is_not {
            assert!(!one.is_like(&other, *from) && !other.is_like(&one, *from), "{from}");
        }
    }

    #[test]
    fn likeness_tells_how_much_is_common() {
        check(&text(0, 1000), &text(0, 1000), &[0.1, 0.8, 1.0], &[]);
        let same = text(0, 1000).to_uppercase().replace(' ', ",\n");
        check(&text(0, 1000), &same, &[1.0], &[]);
        check(&text(0, 1000), &text(50, 1000), &[0.5, 0.88], &[1.0]);
        check(&text(0, 1000), &text(500, 1500), &[0.2], &[0.46, 0.8]);
        check(&text(0, 1000), &text(2000, 3000), &[], &[0.01, 0.8, 1.0]);
        check(&text(0, 60), &text(0, 70), &[0.8], &[0.95]);
        check("", "", &[], &[0.0, 1.0]);
    }
}
