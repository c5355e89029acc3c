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
    /// The parts as measured checks.
    pub checks: Vec<Check>,
}
