//! What can be set.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rules::select::Bounds;

/// How evidence is gathered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Most claims of a section.
    pub claims_max: usize,
    /// Most claims of a section that one document gives: the lower, the more sources speak.
    pub per_source_max: usize,
    /// How relevant a claim must be to its section, 0 to 1: the higher, the fewer and surer.
    pub relevance_min: f64,
    /// How many documents are read at the same time.
    pub reads_max: usize,
    /// Most bytes of text of a corpus; documents beyond it are left out.
    pub corpus_bytes_max: u64,
    /// How many corpora are kept ready for further sections.
    pub shelves_max: usize,
    /// Most candidates that a model is shown for a section.
    pub candidates_per_prompt_max: usize,
    /// How free a model is in its wording, 0 to 2.
    pub temperature: f32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            claims_max: 14,
            per_source_max: 3,
            relevance_min: 0.25,
            reads_max: 16,
            corpus_bytes_max: 64 * 1024 * 1024,
            shelves_max: 4,
            candidates_per_prompt_max: 24,
            temperature: 0.2,
        }
    }
}

impl Config {
    /// The bounds of a choice of at most so many claims.
    pub(crate) fn bounds(&self, claims_max: usize) -> Bounds {
        Bounds {
            claims_max,
            per_source_max: self.per_source_max.max(1),
            relevance_min: self.relevance_min,
        }
    }
}
