//! Ranking passages for a question: by words and by likeness of wording, fused.
//!
//! Words are ranked by BM25 (Robertson et al., 1994; the non-negative idf of Lucene) with `k1` 1.2 and
//! `b` 0.75, phrases counted as terms of their own; wording by the cosine of hashed vectors that weigh
//! words by their rarity in this very collection. The two rankings are joined by reciprocal rank fusion
//! with `k` 60 (Cormack, Clarke and Büttcher, 2009): it needs no scores that can be compared.

use std::collections::BTreeMap;

use crate::embed::{cosine, embed_weighted};
use crate::words::{Language, fold, words};

const K1: f64 = 1.2;
const B: f64 = 0.75;
/// Each further term of a question weighs a little less: the first are the weightiest.
const TERM_DECAY: f64 = 0.06;
const TERM_WEIGHT_MIN: f64 = 0.3;

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Words and phrases, weightiest first.
    pub terms: &'a [String],
    /// The question in sentences; its wording counts, its words a little.
    pub text: &'a str,
}

/// A passage that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranked {
    /// Its place among the passages that the index was built from.
    pub passage: usize,
    /// The fused score; higher is better. It orders the hits of one search and means nothing else.
    pub score: f64,
    /// Its BM25 score; 0 when it shares no word.
    pub words: f64,
    /// The cosine of its vector and the question's, -1 to 1.
    pub similarity: f64,
}

/// Passages, ready to be ranked. Built once, never changed.
#[derive(Debug)]
pub struct Index {
    language: Language,
    ids: BTreeMap<String, u32>,
    postings: Vec<Vec<Posting>>,
    /// Each passage's terms in order, for phrases.
    texts: Vec<Vec<u32>>,
    vectors: Vec<Vec<f32>>,
    length_mean: f64,
}

#[derive(Debug, Clone, Copy)]
struct Posting {
    passage: u32,
    count: u32,
}

impl Index {
    /// Indexes passages.
    pub fn build<T: AsRef<str>>(language: Language, passages: &[T]) -> Self {
        let mut index = Self {
            language,
            ids: BTreeMap::new(),
            postings: Vec::new(),
            texts: Vec::with_capacity(passages.len()),
            vectors: Vec::new(),
            length_mean: 1.0,
        };
        let mut known: BTreeMap<String, Option<u32>> = BTreeMap::new();
        for passage in passages {
            index.add(passage.as_ref(), &mut known);
        }
        let lengths: usize = index.texts.iter().map(Vec::len).sum();
        index.length_mean = (lengths as f64 / index.texts.len().max(1) as f64).max(1.0);
        index.vectors =
            passages.iter().map(|passage| index.vector(passage.as_ref(), &known)).collect();
        index
    }

    /// How many passages there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// How many passages hold a word, whatever its form.
    #[must_use]
    pub fn frequency(&self, word: &str) -> usize {
        let stem = self.language.stem(&fold(word));
        self.ids.get(&stem).map_or(0, |id| self.held(*id))
    }

    /// How alike two passages are in their wording, -1 to 1.
    #[must_use]
    pub fn likeness(&self, one: usize, other: usize) -> f64 {
        match (self.vectors.get(one), self.vectors.get(other)) {
            (Some(one), Some(other)) => f64::from(cosine(one, other)),
            (Some(_) | None, Some(_) | None) => 0.0,
        }
    }

    /// The BM25 score of a passage of usual length that holds the question's first `terms` terms once: what
    /// an answer should reach, whatever the passages are. A term that no passage holds counts as one that
    /// a single passage holds.
    #[must_use]
    pub fn ideal(&self, wanted: &Wanted<'_>, terms: usize) -> f64 {
        let first = wanted.terms.iter().take(terms).enumerate();
        let worth = first.map(|(place, term)| {
            let stems = self.language.terms(term);
            let held = |stem: &String| self.ids.get(stem).map_or(1, |id| self.held(*id).max(1));
            let rarest = stems.iter().map(held).min().unwrap_or(1);
            term_weight(place) * self.idf(rarest)
        });
        worth.sum()
    }

    /// The passages that answer best, best first; at most `limit`. A passage that shares no word and no
    /// likeness is not among them.
    #[must_use]
    pub fn search(&self, wanted: &Wanted<'_>, limit: usize) -> Vec<Ranked> {
        let by_words = self.score_words(wanted);
        let by_likeness = self.score_likeness(wanted);
        let fused = fuse(&[order(&by_words), order(&by_likeness)]);
        let mut hits: Vec<Ranked> = fused
            .into_iter()
            .map(|(passage, score)| Ranked {
                passage,
                score,
                words: by_words.get(passage).copied().unwrap_or_default(),
                similarity: by_likeness.get(passage).copied().unwrap_or_default(),
            })
            .collect();
        hits.truncate(limit);
        hits
    }

    fn add(&mut self, passage: &str, known: &mut BTreeMap<String, Option<u32>>) {
        let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        let mut text = Vec::new();
        let mut counts: BTreeMap<u32, u32> = BTreeMap::new();
        for (_, word) in words(passage) {
            let folded = fold(word);
            let id = match known.get(&folded) {
                Some(id) => *id,
                None => {
                    let id = self.id_of(&folded);
                    known.insert(folded, id);
                    id
                }
            };
            if let Some(id) = id {
                text.push(id);
                *counts.entry(id).or_default() += 1;
            }
        }
        for (id, count) in counts {
            if let Some(postings) = self.postings.get_mut(id as usize) {
                postings.push(Posting { passage: number, count });
            }
        }
        self.texts.push(text);
    }

    fn id_of(&mut self, folded: &str) -> Option<u32> {
        if self.language.is_stop(folded) {
            return None;
        }
        let next = u32::try_from(self.postings.len()).ok()?;
        let id = *self.ids.entry(self.language.stem(folded)).or_insert(next);
        if id == next {
            self.postings.push(Vec::new());
        }
        Some(id)
    }

    fn vector(&self, text: &str, known: &BTreeMap<String, Option<u32>>) -> Vec<f32> {
        embed_weighted(text, |folded| match known.get(folded) {
            Some(Some(id)) => self.rarity_of(*id),
            Some(None) => 0.02,
            None => 1.0,
        })
    }

    fn question_vector(&self, wanted: &Wanted<'_>) -> Vec<f32> {
        let text = format!("{}\n{}", wanted.terms.join("\n"), wanted.text);
        embed_weighted(&text, |folded| {
            if self.language.is_stop(folded) {
                return 0.02;
            }
            self.ids.get(&self.language.stem(folded)).map_or(1.0, |id| self.rarity_of(*id))
        })
    }

    /// The idf of a term, against that of one that stands in a single passage: 0 to 1.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a weight from 0 to 1 needs no more digits"
    )]
    fn rarity_of(&self, id: u32) -> f32 {
        (self.idf(self.held(id)) / self.idf(1)) as f32
    }

    /// How many passages hold a term.
    fn held(&self, id: u32) -> usize {
        self.postings_of(id).map_or(0, <[Posting]>::len)
    }

    fn idf(&self, held: usize) -> f64 {
        let (all, held) = (self.texts.len() as f64, held as f64);
        (1.0 + (all - held + 0.5) / (held + 0.5)).ln()
    }

    fn postings_of(&self, id: u32) -> Option<&[Posting]> {
        self.postings.get(id as usize).map(Vec::as_slice)
    }

    fn score_likeness(&self, wanted: &Wanted<'_>) -> Vec<f64> {
        let question = self.question_vector(wanted);
        self.vectors.iter().map(|vector| f64::from(cosine(vector, &question))).collect()
    }

    fn score_words(&self, wanted: &Wanted<'_>) -> Vec<f64> {
        let mut scores = vec![0.0; self.texts.len()];
        for (weight, ids) in self.query_terms(wanted) {
            let matches = self.matches(&ids);
            // A phrase is rarer than its words, so it earns its own idf on top of theirs.
            let idf = self.idf(matches.len());
            for posting in matches {
                let passage = posting.passage as usize;
                let length = self.texts.get(passage).map_or(0, Vec::len) as f64 / self.length_mean;
                let count = f64::from(posting.count);
                let saturated = count * (K1 + 1.0) / (count + K1 * (1.0 - B + B * length));
                if let Some(score) = scores.get_mut(passage) {
                    *score += weight * idf * saturated;
                }
            }
        }
        scores
    }

    /// Every term of the question once, with its weight: words as they are, phrases also as a whole.
    fn query_terms(&self, wanted: &Wanted<'_>) -> Vec<(f64, Vec<u32>)> {
        let mut weights: BTreeMap<Vec<u32>, f64> = BTreeMap::new();
        let mut raise = |ids: Vec<u32>, weight: f64| {
            let old = weights.entry(ids).or_default();
            *old = old.max(weight);
        };
        for (place, term) in wanted.terms.iter().enumerate() {
            let weight = term_weight(place);
            let ids = self.known_ids(term);
            for id in &ids {
                raise(vec![*id], weight / (ids.len() as f64).sqrt());
            }
            if ids.len() > 1 {
                raise(ids, weight);
            }
        }
        for id in self.known_ids(wanted.text) {
            raise(vec![id], TERM_WEIGHT_MIN);
        }
        weights.into_iter().map(|(ids, weight)| (weight, ids)).collect()
    }

    fn known_ids(&self, text: &str) -> Vec<u32> {
        self.language.terms(text).iter().filter_map(|stem| self.ids.get(stem).copied()).collect()
    }

    /// The passages that hold the words one after the other.
    fn matches(&self, ids: &[u32]) -> Vec<Posting> {
        let Some(first) = ids.first().and_then(|id| self.postings_of(*id)) else {
            return Vec::new();
        };
        if ids.len() == 1 {
            return first.to_vec();
        }
        first
            .iter()
            .filter_map(|posting| {
                let text = self.texts.get(posting.passage as usize)?;
                let count = text.windows(ids.len()).filter(|window| *window == ids).count();
                let count = u32::try_from(count).ok().filter(|count| *count > 0)?;
                Some(Posting { passage: posting.passage, count })
            })
            .collect()
    }
}

fn term_weight(place: usize) -> f64 {
    (1.0 - TERM_DECAY * place as f64).max(TERM_WEIGHT_MIN)
}

/// Joins rankings (each best first) by reciprocal rank: what stands high in several comes first. Ties
/// are broken by the smaller key, so that the order is the same for the same input.
pub fn fuse<K: Ord + Copy>(rankings: &[Vec<K>]) -> Vec<(K, f64)> {
    let mut scores: BTreeMap<K, f64> = BTreeMap::new();
    for ranking in rankings {
        for (rank, key) in ranking.iter().enumerate() {
            *scores.entry(*key).or_default() += 1.0 / (FUSION_K + 1.0 + rank as f64);
        }
    }
    let mut fused: Vec<(K, f64)> = scores.into_iter().collect();
    fused.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
    fused
}

const FUSION_K: f64 = 60.0;

/// The places of the positive scores, highest first.
fn order(scores: &[f64]) -> Vec<usize> {
    let positive = scores.iter().enumerate().filter(|(_, score)| **score > 0.0);
    let mut places: Vec<(usize, f64)> = positive.map(|(place, score)| (place, *score)).collect();
    places.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
    places.into_iter().map(|(place, _)| place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSAGES: [&str; 5] = [
        "Chatbots answer routine questions at any hour.",
        "Virtual reality headsets are sold in shops.",
        "A virtual assistant answered two million messages.",
        "Bread needs flour, water, salt and time.",
        "The assistant was a virtual stranger to the staff.",
    ];

    fn found(terms: &[&str], text: &str) -> Vec<usize> {
        let index = Index::build(Language::English, &PASSAGES);
        let terms: Vec<String> = terms.iter().map(|term| (*term).to_owned()).collect();
        let hits = index.search(&Wanted { terms: &terms, text }, 10);
        hits.into_iter().map(|hit| hit.passage).collect()
    }

    #[test]
    fn the_passage_with_the_words_comes_first() {
        assert_eq!(found(&["flour"], "")[0], 3);
        assert_eq!(found(&["chatbot"], "What do chatbots answer?")[0], 0);
    }

    #[test]
    fn a_phrase_counts_for_more_than_its_words() {
        assert_eq!(found(&["virtual assistant"], "")[0], 2);
    }

    #[test]
    fn nothing_wanted_finds_nothing() {
        assert_eq!(found(&[], ""), Vec::<usize>::new());
        let none: [&str; 0] = [];
        let index = Index::build(Language::English, &none);
        assert!(index.is_empty());
        assert!(index.search(&Wanted { terms: &["x".to_owned()], text: "x" }, 3).is_empty());
    }

    #[test]
    fn the_limit_holds_and_the_order_repeats() {
        let index = Index::build(Language::English, &PASSAGES);
        let terms = ["virtual".to_owned(), "questions".to_owned()];
        let wanted = Wanted { terms: &terms, text: "virtual questions" };
        assert_eq!(index.search(&wanted, 2).len(), 2);
        assert_eq!(index.search(&wanted, 9), index.search(&wanted, 9));
    }

    #[test]
    fn a_word_is_counted_whatever_its_form() {
        let index = Index::build(Language::English, &PASSAGES);
        assert_eq!(index.frequency("assistants"), 2);
        assert_eq!(index.frequency("unknown"), 0);
    }

    #[test]
    fn the_ideal_is_high_for_rare_terms_and_for_unknown_ones() {
        let index = Index::build(Language::English, &PASSAGES);
        let ideal = |term: &str| index.ideal(&Wanted { terms: &[term.to_owned()], text: "" }, 2);
        assert!(ideal("flour") > ideal("virtual"));
        assert!(ideal("quantum") >= ideal("flour"));
    }

    #[test]
    fn fusion_puts_what_both_rank_high_first() {
        let fused = fuse(&[vec![1, 2, 3], vec![2, 3, 1]]);
        let keys: Vec<i32> = fused.iter().map(|(key, _)| *key).collect();
        assert_eq!(keys, [2, 1, 3]);
        // Cormack et al.: 1/(60+2) + 1/(60+1).
        assert!((fused[0].1 - (1.0 / 62.0 + 1.0 / 61.0)).abs() < 1e-12);
    }
}
