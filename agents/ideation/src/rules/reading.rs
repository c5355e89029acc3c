//! The documents as ideation reads them: passages with their place, the words that matter, and how
//! much each passage has to do with the topic.

use std::collections::{BTreeMap, BTreeSet};

use galley_agents_knowledge::rank::{Index, Wanted};
use galley_agents_knowledge::words::Language;
use galley_schemas::content::Heading;

use crate::rules::phrases;
use crate::rules::topic::Topic;

/// Passages are made at least this long, by joining short paragraphs under one heading.
const PASSAGE_WORDS_MIN: usize = 40;
/// A longer paragraph is read only so far.
const PASSAGE_CHARS_MAX: usize = 4000;
/// Most passages of one document.
const PASSAGES_PER_DOCUMENT_MAX: usize = 200;
/// By how many words of how many characters a paragraph is known again in another document.
const OPENING_WORDS: usize = 6;
const OPENING_CHARS: usize = 200;
/// At least so many passages are on the topic, when so many have any of its words.
const RELEVANT_MIN: usize = 40;
/// Most passages that are looked at closely.
const RELEVANT_MAX: usize = 200;
/// How near to the best passage one must come to be on the topic in any case.
const RELEVANT_SHARE: f64 = 0.12;
/// When this share of the documents names the subject, it sets none of them apart.
const ABOUT_ALL_SHARE: f64 = 0.7;
/// How much the topic's object counts beside its subject.
const OBJECT_WEIGHT: f64 = 0.25;
/// From how many of the best passages further names of the subject are taken, and how many names.
const FEEDBACK_PASSAGES: usize = 40;
const FEEDBACK_PHRASES: usize = 3;

/// A document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its title.
    pub title: String,
    /// Its headings.
    pub headings: Vec<Heading>,
    /// Its text: paragraphs separated by blank lines.
    pub text: String,
}

/// A piece of a document.
#[derive(Debug, Clone)]
pub struct Passage {
    /// Which document it stands in.
    pub document: usize,
    /// The heading it stands under.
    pub heading: Option<String>,
    /// What it says.
    pub text: String,
    /// The stems of its words that carry a subject.
    pub stems: BTreeSet<String>,
    /// How much it has to do with the topic, 0 to 1; 0 when it has nothing to do with it.
    pub relevance: f64,
}

/// The documents, read for a topic.
#[derive(Debug)]
pub struct Reading {
    /// The language of the topic.
    pub language: Language,
    /// The documents.
    pub documents: Vec<Document>,
    /// All passages, in order.
    pub passages: Vec<Passage>,
    /// What the best passages call the subject too.
    pub also_called: Vec<String>,
    /// In how many documents each stem stands.
    pub frequencies: BTreeMap<String, usize>,
}

impl Reading {
    /// Reads documents for a topic.
    #[must_use]
    pub fn new(language: Language, documents: Vec<Document>, topic: &Topic) -> Self {
        let mut reading = Self::unweighed(language, documents);
        reading.weigh(topic);
        reading
    }

    fn unweighed(language: Language, documents: Vec<Document>) -> Self {
        let repeated = repeated(language, &documents);
        let is_new = |paragraph: &str| !repeated.contains(&opening(language, paragraph));
        let passages: Vec<Passage> = documents
            .iter()
            .enumerate()
            .flat_map(|(number, document)| passages_of(language, number, document, is_new))
            .collect();
        let mut per_document: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
        for passage in &passages {
            let stems = per_document.entry(passage.document).or_default();
            stems.extend(passage.stems.iter().map(String::as_str));
        }
        let mut frequencies: BTreeMap<String, usize> = BTreeMap::new();
        for stem in per_document.values().flatten() {
            *frequencies.entry((*stem).to_owned()).or_default() += 1;
        }
        Self { language, documents, passages, also_called: Vec::new(), frequencies }
    }

    /// The passages on the topic, most relevant first.
    pub fn relevant(&self) -> Vec<&Passage> {
        let mut relevant: Vec<&Passage> =
            self.passages.iter().filter(|passage| passage.relevance > 0.0).collect();
        relevant.sort_by(|one, other| other.relevance.total_cmp(&one.relevance));
        relevant
    }

    /// What the subject is also called, in other words than its own.
    pub fn other_names<'a>(&'a self, topic: &'a Topic) -> impl Iterator<Item = &'a str> {
        let is_other = |name: &&String| {
            self.language.terms(name).iter().any(|stem| !topic.stems.contains(stem))
        };
        self.also_called.iter().filter(is_other).map(String::as_str)
    }

    /// In how many documents a stem stands.
    #[must_use]
    pub fn frequency(&self, stem: &str) -> usize {
        self.frequencies.get(stem).copied().unwrap_or(0)
    }

    /// How rare a stem is among the documents: 0 when all have it, higher the fewer do.
    #[must_use]
    pub fn rarity(&self, stem: &str) -> f64 {
        let (all, held) = (self.documents.len() as f64, self.frequency(stem) as f64);
        ((all + 1.0) / (held + 1.0)).ln().max(0.0)
    }

    /// Gives each passage its relevance: by the subject first, then again with what the best passages
    /// call it too (pseudo relevance feedback; Rocchio, 1971). The object counts a little.
    fn weigh(&mut self, topic: &Topic) {
        let texts: Vec<String> =
            self.passages.iter().map(|passage| self.in_context(passage)).collect();
        let index = Index::build(self.language, &texts);
        let mut subject = vec![topic.subject.clone()];
        if self.is_about_all(topic) {
            // Documents on one subject: all of them matter, those on the object more.
            let words = scores(&index, &topic.terms);
            for (passage, score) in self.passages.iter_mut().zip(words).take(RELEVANT_MAX) {
                passage.relevance = 0.5 + 0.5 * score;
            }
            return;
        }
        self.set_relevance(&scores(&index, &subject), &[], RELEVANT_SHARE);
        let best: Vec<&Passage> = self.relevant().into_iter().take(FEEDBACK_PASSAGES).collect();
        let also = phrases::harvest(self, &best);
        let also = also.into_iter().filter(|phrase| phrase.documents >= 3 && phrase.is_name());
        subject.extend(also.take(FEEDBACK_PHRASES).map(|phrase| phrase.text));
        let object = topic.terms.iter().skip(1).cloned().collect::<Vec<_>>();
        self.set_relevance(&scores(&index, &subject), &scores(&index, &object), RELEVANT_SHARE);
        self.also_called = subject.split_off(1);
    }

    /// Whether most documents are about the subject anyway.
    #[must_use]
    pub fn is_about_all(&self, topic: &Topic) -> bool {
        let most = self.documents.len() as f64 * ABOUT_ALL_SHARE;
        let held = |stem: &String| self.frequency(stem) as f64 >= most;
        !topic.stems.is_empty() && !self.documents.is_empty() && topic.stems.iter().all(held)
    }

    fn set_relevance(&mut self, subject: &[f64], object: &[f64], share: f64) {
        let mut hits: Vec<(usize, f64)> = subject
            .iter()
            .enumerate()
            .map(|(place, score)| {
                let object = object.get(place).copied().unwrap_or(0.0);
                (place, score * (1.0 - OBJECT_WEIGHT + OBJECT_WEIGHT * object))
            })
            .filter(|(_, score)| *score > 0.0)
            .collect();
        hits.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
        let best = hits.first().map_or(1.0, |(_, score)| *score);
        let near = hits.iter().filter(|(_, score)| *score / best >= share).count();
        hits.truncate(near.clamp(RELEVANT_MIN, RELEVANT_MAX));
        self.passages.iter_mut().for_each(|passage| passage.relevance = 0.0);
        for (place, score) in hits {
            if let Some(passage) = self.passages.get_mut(place) {
                passage.relevance = score / best;
            }
        }
    }

    /// A passage with what stands over it: a sentence about "it" is about what the title names.
    fn in_context(&self, passage: &Passage) -> String {
        let title =
            self.documents.get(passage.document).map_or("", |document| document.title.as_str());
        format!("{title}\n{}\n{}", passage.heading.as_deref().unwrap_or(""), passage.text)
    }
}

/// Each passage's BM25 score for some terms, against the best one's.
fn scores(index: &Index, terms: &[String]) -> Vec<f64> {
    let mut scores = vec![0.0; index.len()];
    let hits = index.search(&Wanted { terms, text: "" }, index.len());
    let best = hits.iter().map(|hit| hit.words).fold(f64::MIN_POSITIVE, f64::max);
    for hit in hits {
        if let Some(score) = scores.get_mut(hit.passage) {
            *score = hit.words / best;
        }
    }
    scores
}

/// How paragraphs begin that several documents begin in the same words: bylines, notices, footers.
fn repeated(language: Language, documents: &[Document]) -> BTreeSet<Vec<String>> {
    let mut seen: BTreeMap<Vec<String>, BTreeSet<usize>> = BTreeMap::new();
    for (number, document) in documents.iter().enumerate() {
        for paragraph in paragraphs(document) {
            seen.entry(opening(language, paragraph)).or_default().insert(number);
        }
    }
    seen.into_iter()
        .filter(|(_, documents)| documents.len() >= 2)
        .map(|(opening, _)| opening)
        .collect()
}

fn opening(language: Language, paragraph: &str) -> Vec<String> {
    let start: String = paragraph.chars().take(OPENING_CHARS).collect();
    language.terms(&start).into_iter().take(OPENING_WORDS).collect()
}

fn paragraphs(document: &Document) -> impl Iterator<Item = &str> {
    document.text.split("\n\n").map(str::trim).filter(|paragraph| !paragraph.is_empty())
}

fn passages_of(
    language: Language,
    number: usize,
    document: &Document,
    is_new: impl Fn(&str) -> bool,
) -> Vec<Passage> {
    let mut found: Vec<Passage> = Vec::new();
    let mut heading: Option<String> = None;
    let mut open = String::new();
    let mut close = |open: &mut String, heading: &Option<String>| {
        let text = std::mem::take(open);
        if !text.is_empty() && found.len() < PASSAGES_PER_DOCUMENT_MAX {
            let stems = language.terms(&text).into_iter().collect();
            let heading = heading.clone();
            found.push(Passage { document: number, heading, text, stems, relevance: 0.0 });
        }
    };
    for paragraph in paragraphs(document) {
        if document.headings.iter().any(|known| known.text.trim() == paragraph) {
            close(&mut open, &heading);
            heading = Some(paragraph.to_owned());
            continue;
        }
        if !is_new(paragraph) {
            continue;
        }
        if !open.is_empty() {
            open.push('\n');
        }
        open.extend(paragraph.chars().take(PASSAGE_CHARS_MAX));
        if open.split_whitespace().count() >= PASSAGE_WORDS_MIN {
            close(&mut open, &heading);
        }
    }
    close(&mut open, &heading);
    found
}
