//! What can be set.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How metadata is made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Most pixels of the title in search results.
    pub title_px_max: u32,
    /// Fewest characters of the description.
    pub description_chars_min: usize,
    /// Most characters of the description.
    pub description_chars_max: usize,
    /// Most words of the slug.
    pub slug_words_max: usize,
    /// Most tags; at most 8.
    pub tags_max: usize,
    /// Most earlier articles to point to.
    pub related_max: usize,
    /// Earlier articles less similar than this are not pointed to, 0 to 1.
    pub related_similarity_min: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            title_px_max: 600,
            description_chars_min: 121,
            description_chars_max: 156,
            slug_words_max: 6,
            tags_max: 6,
            related_max: 3,
            related_similarity_min: 0.15,
        }
    }
}
