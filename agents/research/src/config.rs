//! What can be set.

use galley_agents_web::ExtractConfig;
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
    /// How further sources are searched for, when engines are configured.
    pub searching: Searching,
    /// How a model looks for evidence with tools, when there is one and engines are configured.
    pub looking: Looking,
}

/// How further sources are searched for. All bounds are a section's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Searching {
    /// Most rounds; each asks what the ones before left open. 0 for no search.
    pub rounds_max: u32,
    /// Most queries of a round.
    pub queries_max: usize,
    /// Most hits of a query that are looked at.
    pub hits_max: usize,
    /// Most pages that are read.
    pub pages_max: usize,
    /// Most pages of one host: the lower, the more origins speak.
    pub per_origin_max: usize,
    /// How many pages are read at the same time.
    pub at_once: usize,
    /// A round whose sources give less than this share of the claims is the last, 0 to 1.
    pub novelty_min: f64,
    /// From which share of common word sequences on two documents count as one, 0 to 1.
    pub duplicate_from: f64,
    /// What may be taken out of a page.
    pub extract: ExtractConfig,
}

impl Default for Searching {
    fn default() -> Self {
        Self {
            rounds_max: 2,
            queries_max: 4,
            hits_max: 8,
            pages_max: 12,
            per_origin_max: 3,
            at_once: 4,
            novelty_min: 0.1,
            duplicate_from: 0.7,
            extract: ExtractConfig::default(),
        }
    }
}

/// How a model looks for evidence with tools. All bounds are a section's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Looking {
    /// Most turns of the model; 0 lets it not look at all.
    pub turns_max: u32,
    /// Most tool calls.
    pub calls_max: usize,
    /// Most tokens, read and written; the turn that passes it is the last.
    pub tokens_max: u64,
    /// How much of a page the model is shown, in characters.
    pub page_chars_max: usize,
    /// How free it is, 0 to 2.
    pub temperature: f32,
}

impl Default for Looking {
    fn default() -> Self {
        Self {
            turns_max: 6,
            calls_max: 16,
            tokens_max: 40_000,
            page_chars_max: 6_000,
            temperature: 0.2,
        }
    }
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
            searching: Searching::default(),
            looking: Looking::default(),
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
