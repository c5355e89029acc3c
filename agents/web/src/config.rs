//! Bounds and permissions, with their defaults.

use galley_schemas::fault::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::guard::Guard;

/// How much may be taken out of one document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExtractConfig {
    /// The largest document in bytes; larger ones are skipped.
    pub bytes_max: u64,
    /// The most text that is taken out of one document, in bytes; a longer one counts as far as that,
    /// to the end of a paragraph.
    pub text_bytes_max: usize,
    /// The fewest words a document must have; shorter ones are skipped.
    pub words_min: usize,
    /// How long taking the text out of one document may take, in seconds.
    pub seconds_max: u64,
}

impl Default for ExtractConfig {
    fn default() -> Self {
        Self {
            bytes_max: 20 * 1024 * 1024,
            text_bytes_max: 256 * 1024,
            words_min: 40,
            seconds_max: 20,
        }
    }
}

/// Where documents may come from, and how many.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SourcesConfig {
    /// Folders that documents may be read from, with everything below them. None by default: naming
    /// a folder as a source is not yet the permission to read it.
    pub roots: Vec<std::path::PathBuf>,
    /// How many documents one source may give; the rest is skipped.
    pub documents_max: usize,
    /// How many bytes one source may give in all; the rest is skipped.
    pub total_bytes_max: u64,
    /// How many entries of a feed or a sitemap are read, newest first as the feed lists them.
    pub entries_max: usize,
    /// What may be taken out of each document.
    pub extract: ExtractConfig,
}

impl Default for SourcesConfig {
    fn default() -> Self {
        Self {
            roots: Vec::new(),
            documents_max: 2000,
            total_bytes_max: 200 * 1024 * 1024,
            entries_max: 50,
            extract: ExtractConfig::default(),
        }
    }
}

/// How pages are fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FetchConfig {
    /// What the guard lets through although it would forbid it: `host`, `host:port`, `10.1.2.3:8080`
    /// or a block such as `10.1.0.0/16`. For an intranet; empty by default.
    pub allow: Vec<String>,
    /// How a server sees who asks; `robots.txt` is read for the name before the slash.
    pub user_agent: String,
    /// Whether `robots.txt` is obeyed.
    pub robots: bool,
    /// The most bytes of one page, unpacked.
    pub bytes_max: u64,
    /// The most redirects that are followed.
    pub redirects_max: usize,
    /// How long a connection may take to come about, in milliseconds.
    pub connect_ms_max: u64,
    /// How long one page may take from first to last, waiting for its turn and redirects included,
    /// in milliseconds.
    pub total_ms_max: u64,
    /// How many pages of one host are fetched at a time.
    pub per_host_max: usize,
    /// The least time between two requests to one host, in milliseconds.
    pub per_host_delay_ms: u64,
    /// The longest pause between two requests that a site's `robots.txt` may ask for, in milliseconds.
    pub crawl_delay_ms_max: u64,
    /// How many bytes of pages are kept in the state folder, so that what has not changed is not sent
    /// again; 0 keeps none.
    pub cache_bytes_max: u64,
}

impl FetchConfig {
    /// Every value that cannot be used.
    #[must_use]
    pub fn check(&self) -> Vec<Fault> {
        let mut faults = outside(
            "fetch",
            &[
                ("bytes_max", self.bytes_max, 1, 1 << 30),
                ("redirects_max", self.redirects_max as u64, 0, 20),
                ("connect_ms_max", self.connect_ms_max, 1, 600_000),
                ("total_ms_max", self.total_ms_max, 1, 3_600_000),
                ("per_host_max", self.per_host_max as u64, 1, 64),
                ("per_host_delay_ms", self.per_host_delay_ms, 0, 60_000),
                ("crawl_delay_ms_max", self.crawl_delay_ms_max, 0, 600_000),
                ("cache_bytes_max", self.cache_bytes_max, 0, 1 << 40),
            ],
        );
        if let Err(error) = Guard::new(&self.allow) {
            faults.push(Fault::permanent("GLY0002", format!("fetch.allow: {error}")));
        }
        if !self.user_agent.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            faults.push(Fault::permanent("GLY0002", "fetch.user_agent does not start with a name"));
        }
        faults
    }
}

impl SourcesConfig {
    /// Every value that cannot be used; `path` is where this part stands in the whole.
    #[must_use]
    pub fn check(&self, path: &str) -> Vec<Fault> {
        let mut faults = outside(
            path,
            &[
                ("documents_max", self.documents_max as u64, 1, 100_000),
                ("total_bytes_max", self.total_bytes_max, 1, 1 << 34),
                ("entries_max", self.entries_max as u64, 1, 1000),
            ],
        );
        faults.extend(outside(
            &format!("{path}.extract"),
            &[
                // Original bytes become an artifact, which has a bound of its own.
                ("bytes_max", self.extract.bytes_max, 1, 64 * 1024 * 1024),
                ("text_bytes_max", self.extract.text_bytes_max as u64, 1024, 64 * 1024 * 1024),
                ("words_min", self.extract.words_min as u64, 1, 10_000),
                ("seconds_max", self.extract.seconds_max, 1, 600),
            ],
        ));
        faults
    }
}

/// A setting's name, its value, and the least and the most that it may be.
pub(crate) type Bound<'a> = (&'a str, u64, u64, u64);

pub(crate) fn outside(path: &str, bounds: &[Bound<'_>]) -> Vec<Fault> {
    let outside = bounds.iter().filter(|(_, value, least, most)| !(least..=most).contains(&value));
    outside
        .map(|(name, value, least, most)| {
            let message = format!("{path}.{name} is {value}, outside of {least} to {most}");
            Fault::permanent("GLY0002", message)
        })
        .collect()
}

impl Default for FetchConfig {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            user_agent: concat!("galley/", env!("CARGO_PKG_VERSION"), " (automated reader)").into(),
            robots: true,
            bytes_max: 20 * 1024 * 1024,
            redirects_max: 5,
            connect_ms_max: 5_000,
            total_ms_max: 60_000,
            per_host_max: 2,
            per_host_delay_ms: 250,
            crawl_delay_ms_max: 10_000,
            cache_bytes_max: 256 * 1024 * 1024,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_can_be_used_and_nonsense_is_told_all_at_once() {
        assert_eq!(FetchConfig::default().check(), []);
        assert_eq!(SourcesConfig::default().check("sources"), []);
        let fetch = FetchConfig {
            allow: vec!["10.0.0.0/99".into()],
            user_agent: String::new(),
            per_host_max: 0,
            ..FetchConfig::default()
        };
        assert_eq!(fetch.check().len(), 3);
        let extract = ExtractConfig { words_min: 0, ..ExtractConfig::default() };
        let sources = SourcesConfig { extract, entries_max: 0, ..SourcesConfig::default() };
        let faults = sources.check("sources");
        assert_eq!(faults.len(), 2);
        assert!(faults[1].message.starts_with("sources.extract.words_min is 0"));
    }
}
