//! Learning's raw material: what was chosen among what, with which probability.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One choice an agent made. Logged with its probabilities, so that a policy can be judged offline
/// by inverse propensity scoring (Horvitz and Thompson, 1952).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Choice {
    /// What was decided: `headline_style`, `angle`.
    pub decision: String,
    /// The options that stood open, in the order given; 1 to 32.
    pub options: Vec<String>,
    /// The probability of each option, in the same order; they sum to 1.
    pub probabilities: Vec<f64>,
    /// The index of the option taken.
    pub chosen: u32,
    /// The version of the policy that gave the probabilities; `uniform` when there was none.
    pub policy: String,
}

/// What was learned about one decision: the value under the decision's name in the bucket
/// [`crate::subject::bucket::POLICY`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Policy {
    /// Its version; recorded with every choice that was drawn by it.
    pub version: String,
    /// How often each option is to be drawn, by the option's text. 0 or more: only the
    /// proportions count. An option that is not listed weighs as much as the listed ones do on
    /// average.
    pub weights: BTreeMap<String, f64>,
}
