//! Near-duplicates: documents that share most of their word sequences.
//!
//! Each document keeps the smallest hashes of its five-word sequences. How many of the smallest
//! hashes of two documents are common estimates how much of their text is.

use std::collections::BTreeSet;

/// Words of a sequence.
const SEQUENCE_WORDS: usize = 5;
/// Hashes that are kept of a document: the estimate is right to about 1 in 14.
const HASHES_MAX: usize = 200;

/// What is kept of a document to compare it by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sketch(BTreeSet<u64>);

impl Sketch {
    /// The sketch of a text.
    pub(crate) fn of(text: &str) -> Self {
        let lower = text.to_lowercase();
        let words: Vec<&str> =
            lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
        let all: BTreeSet<u64> = words.windows(SEQUENCE_WORDS).map(hash).collect();
        Self(all.into_iter().take(HASHES_MAX).collect())
    }

    /// How much of the two texts is common, 0 to 1.
    pub(crate) fn likeness(&self, other: &Self) -> f64 {
        let union: BTreeSet<u64> = self.0.union(&other.0).copied().take(HASHES_MAX).collect();
        let both =
            union.iter().filter(|hash| self.0.contains(hash) && other.0.contains(hash)).count();
        match (u32::try_from(both), u32::try_from(union.len())) {
            (Ok(both), Ok(all)) if all > 0 => f64::from(both) / f64::from(all),
            _ => 0.0,
        }
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

    fn check(one: &str, other: &str, least: f64, most: f64) {
        let likeness = Sketch::of(one).likeness(&Sketch::of(other));
        assert!((least..=most).contains(&likeness), "{likeness}");
    }

    #[test]
    fn likeness_tells_how_much_is_common() {
        check(&text(0, 1000), &text(0, 1000), 1.0, 1.0);
        check(&text(0, 1000), &text(0, 1000).to_uppercase().replace(' ', ",\n"), 1.0, 1.0);
        check(&text(0, 1000), &text(50, 1000), 0.88, 1.0);
        check(&text(0, 1000), &text(500, 1500), 0.2, 0.46);
        check(&text(0, 1000), &text(2000, 3000), 0.0, 0.0);
        check("", "", 0.0, 0.0);
    }
}
