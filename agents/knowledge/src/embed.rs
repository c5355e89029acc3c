//! An offline embedder: a text becomes a vector by feature hashing, with no model and no state.
//!
//! Features are words, pairs of neighbouring words and the character trigrams and tetragrams of each
//! word; each is hashed to one of [`DIMENSIONS`] places and a sign (Weinberger, Dasgupta, Langford,
//! Smola and Attenberg, "Feature Hashing for Large Scale Multitask Learning", 2009), which keeps the
//! expected inner product. Counts grow sublinearly (`1 + ln tf`), as in SMART's `ltc` weighting
//! (Salton and Buckley, 1988). Character n-grams stand in for stemming and forgive spelling, as in
//! fastText (Bojanowski et al., 2017).
//!
//! It measures likeness of wording, not of thought: two texts that share no word and no word part are
//! strangers to it. Hashing to 256 places leaves a noise of about 1/16 in every cosine.

use std::collections::BTreeMap;

use crate::words::{fold, is_stop_anywhere, words};

/// How many numbers a vector has.
pub const DIMENSIONS: usize = 256;

/// How much a stop word counts against any other word.
const STOP_WEIGHT: f32 = 0.05;
/// How much a pair of neighbouring words counts.
const PAIR_WEIGHT: f32 = 0.4;
/// How much all character n-grams of a word count together.
const PARTS_WEIGHT: f32 = 0.8;
/// A longer word is no word.
const WORD_CHARS_MAX: usize = 40;

/// The vector of a text: of length 1, or all zeros when the text has no word. The same text gives the
/// same vector on every machine.
#[must_use]
pub fn embed(text: &str) -> Vec<f32> {
    embed_weighted(text, |folded| if is_stop_anywhere(folded) { STOP_WEIGHT } else { 1.0 })
}

/// The vector of a text whose folded words weigh what `weight` says: within a known collection, the
/// rare ones can be made to count for more. A word of weight 0 is left out.
pub fn embed_weighted(text: &str, weight: impl Fn(&str) -> f32) -> Vec<f32> {
    let mut features: BTreeMap<u64, (f32, f32)> = BTreeMap::new();
    let mut add = |hash: u64, weight: f32| {
        let (count, most) = features.entry(hash).or_insert((0.0, 0.0));
        *count += 1.0;
        *most = most.max(weight);
    };
    let mut before: Option<(u64, f32)> = None;
    for (_, word) in words(text) {
        let folded = fold(word);
        let weight = weight(&folded);
        if weight <= 0.0 || folded.chars().count() > WORD_CHARS_MAX {
            before = None;
            continue;
        }
        let hash = fnv(SEED_WORD, singular(&folded).as_bytes());
        add(hash, weight);
        if let Some((left, left_weight)) = before {
            add(fnv(left ^ SEED_PAIR, &hash.to_le_bytes()), PAIR_WEIGHT * weight.min(left_weight));
        }
        add_parts(&folded, weight, &mut add);
        before = Some((hash, weight));
    }
    let mut vector = vec![0.0_f32; DIMENSIONS];
    for (hash, (count, weight)) in features {
        place(&mut vector, hash, weight * (1.0 + count.ln()));
    }
    normalise(&mut vector);
    vector
}

/// The cosine of two vectors, -1 to 1; 0 when their lengths differ or one is all zeros.
#[must_use]
pub fn cosine(one: &[f32], other: &[f32]) -> f32 {
    if one.len() != other.len() {
        return 0.0;
    }
    let (mut dot, mut left, mut right) = (0.0_f32, 0.0_f32, 0.0_f32);
    for (a, b) in one.iter().zip(other) {
        dot += a * b;
        left += a * a;
        right += b * b;
    }
    let length = (left * right).sqrt();
    if length > 0.0 { (dot / length).clamp(-1.0, 1.0) } else { 0.0 }
}

const SEED_WORD: u64 = 0xcbf2_9ce4_8422_2325;
const SEED_PAIR: u64 = 0x9e37_79b9_7f4a_7c15;
const SEED_PART: u64 = 0x8422_2325_cbf2_9ce4;

/// Without a plural's `s`, as English, French and Spanish have it: the language is not known here.
fn singular(folded: &str) -> &str {
    match folded.strip_suffix('s') {
        Some(start) if start.len() >= 3 && !start.ends_with('s') => start,
        Some(_) | None => folded,
    }
}

/// Adds the character trigrams and tetragrams of a word, its ends marked.
fn add_parts(folded: &str, weight: f32, add: &mut impl FnMut(u64, f32)) {
    let marked: Vec<char> =
        std::iter::once('<').chain(folded.chars()).chain(std::iter::once('>')).collect();
    if marked.len() < 5 || weight < 2.0 * STOP_WEIGHT {
        return;
    }
    let parts = || marked.windows(3).chain(marked.windows(4));
    // Together they weigh a fixed share of their word: squares add up in a cosine.
    let each = PARTS_WEIGHT * weight / (parts().count() as f32).sqrt();
    let mut bytes = [0_u8; 16];
    for part in parts() {
        let mut end = 0;
        for c in part {
            if let Some(room) = bytes.get_mut(end..end + c.len_utf8()) {
                end += c.encode_utf8(room).len();
            }
        }
        add(fnv(SEED_PART, bytes.get(..end).unwrap_or_default()), each);
    }
}

/// FNV-1a (Fowler, Noll, Vo), then a mixing step, because its low bits alone spread short keys badly.
fn fnv(seed: u64, bytes: &[u8]) -> u64 {
    let mut hash = seed;
    for byte in bytes {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}

fn place(vector: &mut [f32], hash: u64, value: f32) {
    let places = vector.len() as u64;
    let index = usize::try_from(hash % places).unwrap_or(0);
    let signed = if hash >> 63 == 0 { value } else { -value };
    if let Some(slot) = vector.get_mut(index) {
        *slot += signed;
    }
}

fn normalise(vector: &mut [f32]) {
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|x| *x /= length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn likeness(one: &str, other: &str) -> f32 {
        cosine(&embed(one), &embed(other))
    }

    #[test]
    fn a_vector_has_length_one_or_zero() {
        let length = |text: &str| embed(text).iter().map(|x| x * x).sum::<f32>().sqrt();
        assert!((length("How chatbots change customer service") - 1.0).abs() < 1e-5);
        assert!(length(" … !").abs() < f32::EPSILON);
        assert_eq!(embed("anything").len(), DIMENSIONS);
    }

    #[test]
    fn like_wording_is_nearer_than_unlike_wording() {
        let text = "Chatbots answer routine customer questions";
        assert!(likeness(text, text) > 0.999);
        let near = likeness(text, "A chatbot answers the routine questions of customers");
        let far = likeness(text, "Sourdough needs a lively starter and patience");
        assert!(near > 0.5, "{near}");
        assert!(far < 0.2, "{far}");
    }

    #[test]
    fn stop_words_hardly_count() {
        assert!(likeness("the chatbot", "chatbot") > 0.9);
        assert!(likeness("it is of the", "chatbot") < 0.3);
    }

    #[test]
    fn vectors_of_different_lengths_are_strangers() {
        assert!(cosine(&[1.0, 0.0], &[1.0]).abs() < f32::EPSILON);
    }

    #[test]
    fn a_text_gives_the_same_vector_for_ever() {
        // Stored vectors outlive a build: a change here needs a new name for the embedder.
        let print: f32 =
            embed("Chatbots answer questions").iter().enumerate().map(|(i, x)| x * i as f32).sum();
        assert!((print - FINGERPRINT).abs() < 1e-3, "{print}");
    }
    const FINGERPRINT: f32 = -50.342;
}
