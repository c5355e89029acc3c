//! What can be set.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How angles and outlines are found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Fewest sections that an outline aims at.
    pub sections_min: usize,
    /// Most sections of an outline.
    pub sections_max: usize,
    /// How many words a section should have: with the length of the article, this gives their number.
    pub section_words: u32,
    /// Most angles that are given.
    pub angles_max: usize,
    /// An angle that is less new than this, 0 to 1, was told before: another one leads.
    pub novelty_min: f64,
    /// How many documents are read at the same time.
    pub reads_max: usize,
    /// Most bytes of text of a corpus; documents beyond it are left out.
    pub corpus_bytes_max: u64,
    /// How free a model is in its ideas, 0 to 2.
    pub temperature: f32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            sections_min: 4,
            sections_max: 6,
            section_words: 150,
            angles_max: 5,
            novelty_min: 0.15,
            reads_max: 16,
            corpus_bytes_max: 64 * 1024 * 1024,
            temperature: 0.7,
        }
    }
}

impl Config {
    /// How many sections an article of some words has at most.
    pub(crate) fn sections(&self, words: u32) -> usize {
        let wanted = usize::try_from(words / self.section_words.max(1)).unwrap_or(usize::MAX);
        let most = self.sections_max.clamp(1, 12);
        wanted.clamp(self.sections_min.clamp(1, most), most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longer_articles_have_more_sections_within_the_bounds() {
        let config = Config::default();
        let sections = [0, 700, 900, 5000].map(|words| config.sections(words));
        assert_eq!(sections, [4, 4, 6, 6]);
        let odd = Config { sections_min: 9, sections_max: 0, section_words: 0, ..config };
        assert_eq!(odd.sections(900), 1);
    }
}
