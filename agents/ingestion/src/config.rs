//! What can be set.

use galley_agents_web::SourcesConfig;
use galley_schemas::fault::Fault;
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
    /// How long an article becomes when nobody says, in words; of several, one is chosen for each goal, and
    /// the choice `length` is learned from. At most 32.
    pub lengths: Vec<u32>,
    /// The most sources that one goal may name.
    pub sources_max: usize,
    /// How many documents are read at a time.
    pub at_once: usize,
    /// How many bytes of documents are held at a time; a larger document is held alone.
    pub at_once_bytes: u64,
    /// From which share of common word sequences on two documents count as one, 0 to 1.
    pub duplicate_from: f64,
    /// From which similarity on an earlier article is reported, 0 to 1.
    pub similar_from: f64,
    /// How many pages search engines may add to what a goal names, when engines are configured; 0 for none.
    pub explore_max: usize,
    /// Where documents may come from.
    pub sources: SourcesConfig,
}

impl Config {
    /// Every value that cannot be used.
    #[must_use]
    pub fn check(&self) -> Vec<Fault> {
        let is_outside = |words: &u32| !(self.words_min..=self.words_max).contains(words);
        let shares = [self.duplicate_from, self.similar_from];
        let wrong = [
            (
                self.words_min == 0 || self.words_min > self.words_max,
                "words_min is above words_max",
            ),
            (
                !(1..=32).contains(&self.lengths.len()) || self.lengths.iter().any(is_outside),
                "lengths is empty, has more than 32, or one outside of words_min to words_max",
            ),
            (!(1..=1000).contains(&self.sources_max), "sources_max is outside of 1 to 1000"),
            (!(1..=256).contains(&self.at_once), "at_once is outside of 1 to 256"),
            (self.at_once_bytes == 0, "at_once_bytes is 0"),
            (self.explore_max > 100, "explore_max is above 100"),
            (
                shares.iter().any(|share| !(0.0..=1.0).contains(share)),
                "duplicate_from or similar_from is outside of 0 to 1",
            ),
        ];
        let wrong = wrong.into_iter().filter(|(is_wrong, _)| *is_wrong);
        let faults =
            wrong.map(|(_, what)| Fault::permanent("GLY0002", format!("agents.ingestion.{what}")));
        faults.chain(self.sources.check("agents.ingestion.sources")).collect()
    }
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
            lengths: vec![900],
            sources_max: 20,
            at_once: 16,
            at_once_bytes: 16 * 1024 * 1024,
            duplicate_from: 0.8,
            similar_from: 0.5,
            explore_max: 10,
            sources: SourcesConfig::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_can_be_used_and_nonsense_cannot() {
        assert_eq!(Config::default().check(), []);
        let config = Config {
            words_min: 9000,
            lengths: Vec::new(),
            at_once: 0,
            duplicate_from: f64::NAN,
            ..Config::default()
        };
        assert_eq!(config.check().len(), 4);
    }
}
