//! What a review says, in full.

use std::collections::BTreeMap;

use galley_schemas::content::{Check, Edit, Finding, ReviewVerdict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a review says, in full. An artifact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The decision.
    pub verdict: ReviewVerdict,
    /// 0 to 1: the weighted sum of the parts.
    pub score: f64,
    /// The parts of the score by name, each 0 to 1. They judge the article as it was handed in.
    pub parts: BTreeMap<String, f64>,
    /// What is still wrong with the article as returned, weightiest first.
    pub findings: Vec<Finding>,
    /// What was wrong and was mended by an edit.
    pub mended: Vec<Finding>,
    /// What was changed.
    pub edits: Vec<Edit>,
    /// The parts as measured checks, and what else was measured.
    pub checks: Vec<Check>,
    /// How every factual sentence of the article as returned is borne out.
    #[serde(default)]
    pub grounds: Vec<Ground>,
}

/// How one factual sentence is borne out by the quotes that it cites.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ground {
    /// The section's index in the article, 0 for the lead.
    pub section: u32,
    /// The sentence.
    pub sentence: String,
    /// The claims that it cites.
    pub claims: Vec<String>,
    /// Share of its words that its quotes have, 0 to 1.
    pub overlap: f64,
    /// Likeness to the nearest of its quotes, -1 to 1, by the embedder.
    pub likeness: f64,
    /// Whether no rule and no model speaks against it.
    pub is_borne_out: bool,
}
