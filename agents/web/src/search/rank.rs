//! Ranking what has no engine of its own: entries of a feed, addresses of a sitemap, files of a folder.
//!
//! BM25 over words without their commonest endings: enough to tell what is on the topic from what is
//! not; what is found is read and judged by others.

use std::collections::{BTreeMap, BTreeSet};

use unicode_segmentation::UnicodeSegmentation as _;

/// How fast repeating a word stops to count.
const SATURATION: f64 = 1.2;
/// How much longer texts are held back.
const LENGTH_WEIGHT: f64 = 0.75;
/// Shorter words say too little.
const WORD_CHARS_MIN: usize = 3;
/// Endings that are left off where enough of the word remains, longest first.
const ENDINGS: [&str; 11] = ["ings", "ing", "ers", "ies", "ed", "es", "en", "er", "s", "e", "y"];
const STEM_CHARS_MIN: usize = 4;

/// How often each word stands in a text.
#[derive(Debug, Clone, Default)]
pub(super) struct Words(BTreeMap<String, u32>);

impl Words {
    /// Counts the words of a text.
    pub(super) fn of(text: &str) -> Self {
        let mut counts = BTreeMap::new();
        stems(text).for_each(|stem| *counts.entry(stem).or_default() += 1);
        Self(counts)
    }

    fn length(&self) -> f64 {
        self.0.values().map(|count| f64::from(*count)).sum()
    }
}

/// The places of the texts that a query is about, best first. A text must have a third of the words.
pub(super) fn best(texts: &[&Words], query: &str) -> Vec<usize> {
    let asked: BTreeSet<String> = stems(query).collect();
    let needed = asked.len().div_ceil(3).max(1);
    let mean = texts.iter().map(|words| words.length()).sum::<f64>() / count(texts.len()).max(1.0);
    let weights: Vec<(&String, f64)> = asked
        .iter()
        .map(|word| {
            let having = count(texts.iter().filter(|words| words.0.contains_key(word)).count());
            (word, (1.0 + (count(texts.len()) - having + 0.5) / (having + 0.5)).ln())
        })
        .collect();
    let mut scored: Vec<(f64, usize)> = Vec::new();
    for (place, words) in texts.iter().enumerate() {
        let hold = 1.0 - LENGTH_WEIGHT + LENGTH_WEIGHT * words.length() / mean.max(1.0);
        let found = weights.iter().filter_map(|(word, weight)| {
            let times = f64::from(*words.0.get(*word)?);
            Some(weight * times / (times + SATURATION * hold))
        });
        let found: Vec<f64> = found.collect();
        if found.len() >= needed {
            scored.push((found.iter().sum(), place));
        }
    }
    scored.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    scored.into_iter().map(|(_, place)| place).collect()
}

/// The paragraph that has most of the query's words; the first where none has any.
pub(super) fn paragraph<'a>(text: &'a str, query: &str) -> &'a str {
    let asked: BTreeSet<String> = stems(query).collect();
    let hits = |paragraph: &str| {
        let own: BTreeSet<String> = stems(paragraph).collect();
        asked.intersection(&own).count()
    };
    let mut most: (usize, &str) = (0, text.split("\n\n").next().unwrap_or_default());
    for paragraph in text.split("\n\n") {
        let hits = hits(paragraph);
        if hits > most.0 {
            most = (hits, paragraph);
        }
    }
    most.1
}

fn stems(text: &str) -> impl Iterator<Item = String> {
    let words = text.unicode_words().filter(|word| word.chars().count() >= WORD_CHARS_MIN);
    words.map(|word| stem(word.to_lowercase()))
}

fn stem(mut word: String) -> String {
    let rest = |ending: &&&str| {
        let rest = word.strip_suffix(**ending)?;
        (rest.chars().count() >= STEM_CHARS_MIN).then_some(rest.len())
    };
    if let Some(length) = ENDINGS.iter().find_map(|ending| rest(&ending)) {
        word.truncate(length);
    }
    word
}

#[expect(clippy::cast_precision_loss, reason = "texts are counted, not weighed to the last one")]
const fn count(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(texts: &[&str], query: &str, want: &[usize]) {
        let words: Vec<Words> = texts.iter().map(|text| Words::of(text)).collect();
        let words: Vec<&Words> = words.iter().collect();
        assert_eq!(best(&words, query), want, "{query}");
    }

    #[test]
    fn what_is_on_the_topic_comes_first() {
        let texts = ["Roasting coffee at home", "Green teas of Japan", "A tea party, and coffee"];
        check(&texts, "green tea", &[1, 2]);
        check(&texts, "roasted coffee", &[0, 2]);
        check(&texts, "bicycles", &[]);
        check(&texts, "", &[]);
        check(&[], "tea", &[]);
        check(&texts, "history of bicycle repair and tea in towns and villages", &[]);
    }

    #[test]
    fn the_paragraph_that_says_most_is_shown() {
        let text = "It rains.\n\nGreen tea is steamed.\n\nTea is drunk.";
        assert_eq!(paragraph(text, "is green tea steamed?"), "Green tea is steamed.");
        assert_eq!(paragraph(text, "bicycle"), "It rains.");
    }
}
