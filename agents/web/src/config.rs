//! Bounds and permissions, with their defaults.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much may be taken out of one document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExtractConfig {
    /// The largest document in bytes; larger ones are skipped.
    pub bytes_max: u64,
    /// The fewest words a document must have; shorter ones are skipped.
    pub words_min: usize,
    /// How long taking the text out of one document may take, in seconds.
    pub seconds_max: u64,
}

impl Default for ExtractConfig {
    fn default() -> Self {
        Self { bytes_max: 20 * 1024 * 1024, words_min: 40, seconds_max: 20 }
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
        }
    }
}
