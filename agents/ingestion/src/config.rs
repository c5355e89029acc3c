//! What can be set.

use galley_agents_web::SourcesConfig;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What ingestion accepts, and how much it reads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Terms that a topic must not contain, as whole words, whatever their case.
    pub forbidden: Vec<String>,
    /// The shortest article that may be asked for, in words.
    pub words_min: u32,
    /// The longest article that may be asked for, in words.
    pub words_max: u32,
    /// The most sources that one goal may name.
    pub sources_max: usize,
    /// How many documents are read at a time.
    pub at_once: usize,
    /// From which share of common word sequences on two documents count as one, 0 to 1.
    pub duplicate_from: f64,
    /// From which similarity on an earlier article is reported, 0 to 1.
    pub similar_from: f64,
    /// Where documents may come from.
    pub sources: SourcesConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            forbidden: [
                "child pornography",
                "build a bomb",
                "make a bomb",
                "suicide methods",
                "stolen credit cards",
            ]
            .map(str::to_owned)
            .to_vec(),
            words_min: 100,
            words_max: 5000,
            sources_max: 20,
            at_once: 16,
            duplicate_from: 0.8,
            similar_from: 0.5,
            sources: SourcesConfig::default(),
        }
    }
}
