//! What can be set.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How articles are written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How far the length may be from what the brief asks for, as a share of it.
    pub length_tolerance: f64,
    /// Claims whose relevance is below this are not quoted.
    pub relevance_min: f64,
    /// Most words of a paragraph.
    pub paragraph_words_max: usize,
    /// Most claims of a section that a model is shown.
    pub claims_per_prompt_max: usize,
    /// How free a model is in its wording, 0 to 2.
    pub temperature: f32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            length_tolerance: 0.1,
            relevance_min: 0.05,
            paragraph_words_max: 130,
            claims_per_prompt_max: 16,
            temperature: 0.4,
        }
    }
}
