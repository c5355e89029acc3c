//! What an article is held against.

use std::collections::{BTreeMap, BTreeSet};

use galley_agents_knowledge::embed;
use galley_agents_knowledge::words::{Language, fold, words};
use galley_schemas::artifact::Digest;
use galley_schemas::content::{
    Article, Claim, Evidence, Finding, Section, Sentence, Severity, Source,
};

use super::links::Links;
use super::text::folded;

/// The stored bytes of the sources, and what research found in them.
#[derive(Debug, Default)]
pub(crate) struct Material {
    /// What research handed over.
    pub(crate) evidence: Vec<Evidence>,
    /// The stored texts by their hash; one that is not stored is absent.
    pub(crate) texts: BTreeMap<Digest, Vec<u8>>,
    /// The hashes of originals that are stored and whole.
    pub(crate) originals: BTreeSet<Digest>,
    /// What a model's embedder makes of sentences and quotes; what is absent is embedded offline.
    pub(crate) vectors: BTreeMap<String, Vec<f32>>,
    /// What is known of the addresses that the article links to.
    pub(crate) links: Links,
}

/// An article with its indexes, beside the material.
#[derive(Debug)]
pub(crate) struct Case<'a> {
    /// The article.
    pub(crate) article: &'a Article,
    /// What it is held against.
    pub(crate) material: &'a Material,
    /// Its language.
    pub(crate) language: Language,
    claims: BTreeMap<&'a str, &'a Claim>,
    sources: BTreeMap<&'a Digest, &'a Source>,
    runs: BTreeSet<u64>,
    run_words: usize,
    names: BTreeSet<String>,
}

/// A sentence with its place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placed<'a> {
    /// The section's index.
    pub(crate) section: usize,
    /// The sentence.
    pub(crate) sentence: &'a Sentence,
}

impl<'a> Case<'a> {
    /// Indexes the article; runs of so many words are looked up in the sources.
    pub(crate) fn new(article: &'a Article, material: &'a Material, run_words: usize) -> Self {
        let texts = material.texts.values().filter_map(|bytes| std::str::from_utf8(bytes).ok());
        let texts: Vec<&str> = texts.collect();
        Self {
            article,
            material,
            language: Language::of(&article.language),
            claims: article.claims.iter().map(|claim| (claim.id.as_str(), claim)).collect(),
            sources: article.sources.iter().map(|source| (&source.id, source)).collect(),
            runs: texts.iter().flat_map(|text| runs(text, run_words)).collect(),
            run_words,
            names: names(&texts),
        }
    }

    /// Every sentence, in order.
    pub(crate) fn sentences(&self) -> impl Iterator<Item = Placed<'a>> {
        sentences(&self.article.sections)
    }

    /// A claim of the article's.
    pub(crate) fn claim(&self, id: &str) -> Option<&'a Claim> {
        self.claims.get(id).copied()
    }

    /// The claims that a sentence cites and the article has.
    pub(crate) fn cited(&self, sentence: &'a Sentence) -> impl Iterator<Item = &'a Claim> {
        sentence.claims.iter().filter_map(|id| self.claim(id))
    }

    /// The source of a claim.
    pub(crate) fn source(&self, claim: &Claim) -> Option<&'a Source> {
        self.sources.get(&claim.quote.source).copied()
    }

    /// What an embedder makes of a text.
    pub(crate) fn vector(&self, text: &str) -> Vec<f32> {
        self.material.vectors.get(text).cloned().unwrap_or_else(|| embed(text))
    }

    /// Whether the sources write this folded word as a name: with a capital also inside sentences, and
    /// never without.
    pub(crate) fn is_name(&self, folded: &str) -> bool {
        self.names.contains(folded)
    }

    /// Whether a long run of these words stands in a source.
    pub(crate) fn has_run_of(&self, text: &str) -> bool {
        runs(text, self.run_words).iter().any(|run| self.runs.contains(run))
    }
}

/// Every sentence of these sections, in order.
pub(crate) fn sentences(sections: &[Section]) -> impl Iterator<Item = Placed<'_>> {
    sections.iter().enumerate().flat_map(|(section, content)| {
        let sentences = content.paragraphs.iter().flat_map(|paragraph| &paragraph.sentences);
        sentences.map(move |sentence| Placed { section, sentence })
    })
}

/// A finding about one sentence.
pub(crate) fn about(
    placed: Placed<'_>,
    rule: &str,
    severity: Severity,
    advice: impl Into<String>,
) -> Finding {
    Finding {
        rule: rule.to_owned(),
        severity,
        section: u32::try_from(placed.section).ok(),
        sentence: Some(placed.sentence.text.clone()),
        advice: advice.into(),
    }
}

/// A finding about a section, or about the whole.
pub(crate) fn at(
    section: Option<usize>,
    rule: &str,
    severity: Severity,
    advice: impl Into<String>,
) -> Finding {
    Finding {
        rule: rule.to_owned(),
        severity,
        section: section.and_then(|section| u32::try_from(section).ok()),
        sentence: None,
        advice: advice.into(),
    }
}

/// The folded words that stand with a capital inside a sentence, and nowhere without.
fn names(texts: &[&str]) -> BTreeSet<String> {
    let (mut capital, mut small) = (BTreeSet::new(), BTreeSet::new());
    for text in texts {
        let mut end = 0;
        for (at, word) in words(text) {
            let gap = text.get(end..at).unwrap_or_default();
            let is_inside = end > 0 && gap == " ";
            end = at + word.len();
            if word.starts_with(char::is_lowercase) {
                small.insert(fold(word));
            } else if is_inside && word.starts_with(char::is_uppercase) && word.chars().count() > 1
            {
                capital.insert(fold(word));
            }
        }
    }
    capital.difference(&small).cloned().collect()
}

/// The hashes of all runs of so many words.
fn runs(text: &str, words: usize) -> Vec<u64> {
    let folded = folded(text);
    folded.windows(words.max(1)).map(hash).collect()
}

/// FNV-1a over the words, with a mark between them.
fn hash(run: &[String]) -> u64 {
    let bytes = run.iter().flat_map(|word| word.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
