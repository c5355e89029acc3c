//! What can be set.

use galley_schemas::content::Severity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::lists;

/// How strictly articles are reviewed, and which words an editor does not want.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// An article below this score goes back, whatever its findings.
    pub score_min: f64,
    /// When more than this share of the factual sentences had to be taken out, the article goes back.
    pub dropped_share_max: f64,
    /// Least share of a sentence's own words that its quotes must have; below it, its support is weak.
    pub overlap_min: f64,
    /// So many words in a row taken from a source need quotation marks.
    pub copied_words: usize,
    /// A section with fewer words is thin.
    pub section_words_min: usize,
    /// Most words that a sentence has on average.
    pub sentence_words_max: f64,
    /// Least Flesch reading ease (English).
    pub reading_ease_min: f64,
    /// Words and phrases that are out of tone, in any language, in lower case.
    pub tone: Vec<String>,
    /// Words that hurt or exclude, each with what to say instead.
    pub inclusive: Vec<Replacement>,
    /// Words that ask for care, each with why.
    pub sensitive: Vec<Sensitive>,
    /// How links are checked.
    pub links: LinkConfig,
}

/// Whether and how the article's links are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LinkConfig {
    /// Whether addresses that were not read for the goal are asked at all.
    pub check: bool,
    /// Most addresses that are asked for one article.
    pub addresses_max: usize,
    /// Most hosts that are asked at a time; the addresses of one host are asked one after another.
    pub hosts_at_once: usize,
    /// Most seconds for all of them.
    pub within_secs: u64,
}

impl Default for LinkConfig {
    fn default() -> Self {
        Self { check: true, addresses_max: 60, hosts_at_once: 8, within_secs: 15 }
    }
}

/// A word that asks for care.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sensitive {
    /// The word or phrase, in lower case.
    pub word: String,
    /// What to see to.
    pub why: String,
    /// How much it weighs: a `blocking` one keeps the article from being published.
    pub severity: Severity,
}

/// A word and what to say instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Replacement {
    /// The word or phrase, in lower case.
    pub word: String,
    /// What to say instead.
    pub better: String,
    /// ISO 639-1 code of the language that it is a word of; any, when none is named.
    #[serde(default)]
    pub language: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            score_min: 0.8,
            dropped_share_max: 0.1,
            overlap_min: 0.34,
            copied_words: 8,
            section_words_min: 35,
            sentence_words_max: 26.0,
            reading_ease_min: 20.0,
            tone: lists::tone(),
            inclusive: lists::inclusive(),
            sensitive: lists::sensitive(),
            links: LinkConfig::default(),
        }
    }
}
