//! What can be set.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    /// Words and phrases that are out of tone.
    pub tone: Vec<String>,
    /// Words that hurt or exclude, each with what to say instead.
    pub inclusive: Vec<Replacement>,
}

/// A word and what to say instead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Replacement {
    /// The word or phrase, in lower case.
    pub word: String,
    /// What to say instead.
    pub better: String,
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
            tone: TONE.iter().map(|word| (*word).to_owned()).collect(),
            inclusive: INCLUSIVE
                .iter()
                .map(|(word, better)| Replacement {
                    word: (*word).to_owned(),
                    better: (*better).to_owned(),
                })
                .collect(),
        }
    }
}

/// Boasting, filler and worn phrases.
const TONE: [&str; 30] = [
    "game-changer",
    "game changer",
    "revolutionary",
    "revolutionize",
    "groundbreaking",
    "cutting-edge",
    "state-of-the-art",
    "world-class",
    "best-in-class",
    "unparalleled",
    "unleash",
    "supercharge",
    "skyrocket",
    "delve",
    "tapestry",
    "seamless",
    "seamlessly",
    "synergy",
    "paradigm shift",
    "needless to say",
    "it goes without saying",
    "at the end of the day",
    "in today's fast-paced world",
    "in the ever-evolving",
    "ever-changing landscape",
    "in conclusion",
    "obviously",
    "amazing",
    "incredible",
    "mind-blowing",
];

/// By the usual groups: age, appearance, culture, disability, gender,
/// socio-economic, sexual orientation. Terms with a plain neutral equivalent only.
const INCLUSIVE: [(&str, &str); 30] = [
    ("the elderly", "older people"),
    ("old folks", "older people"),
    ("senile", "people with dementia"),
    ("the disabled", "disabled people"),
    ("the handicapped", "disabled people"),
    ("handicapped", "disabled"),
    ("wheelchair-bound", "using a wheelchair"),
    ("confined to a wheelchair", "using a wheelchair"),
    ("the blind", "blind people"),
    ("the deaf", "deaf people"),
    ("deaf-mute", "deaf"),
    ("the mentally ill", "people with a mental illness"),
    ("crazy", "surprising, wild"),
    ("insane", "extreme"),
    ("lame", "weak"),
    ("dumb", "simple, silent"),
    ("mankind", "humankind, people"),
    ("manpower", "staff, workforce"),
    ("man-made", "artificial"),
    ("chairman", "chair"),
    ("policeman", "police officer"),
    ("fireman", "firefighter"),
    ("stewardess", "flight attendant"),
    ("the poor", "people in poverty"),
    ("the homeless", "homeless people"),
    ("illegal immigrant", "undocumented immigrant"),
    ("illegal alien", "undocumented immigrant"),
    ("third world", "low-income countries"),
    ("gypsy", "Roma, traveller"),
    ("transgendered", "transgender"),
];
