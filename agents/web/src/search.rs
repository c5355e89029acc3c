//! Search: one trait over every engine, and all of them asked as one.
//!
//! ```text
//! SearchQuery ─▶ every engine at once ─▶ their hits, ranked as one ─▶ domains and guard ─▶ Findings
//!                 (Search)                (reciprocal rank)             (what may be fetched)
//! ```
//!
//! The servers that are asked are named by whoever runs Galley, so they may stand anywhere. What they
//! answer is from outside: no hit is followed here, hits on forbidden domains or inner addresses are
//! dropped, and whoever reads a hit goes through [`crate::Fetch`]. A hit may bring its document
//! along: a file, a tool's text; then nothing need be fetched.

mod api;
mod arxiv;
mod brave;
mod config;
mod crossref;
mod domains;
mod engines;
mod error;
mod feed;
mod folder;
mod fuse;
mod hits;
mod key;
mod mcp;
mod mediawiki;
mod rank;
mod searxng;
mod sitemap;
mod tavily;

use async_trait::async_trait;
use chrono::NaiveDate;

use crate::port::RawDocument;

pub use config::{
    ArxivConfig, BraveConfig, CrossrefConfig, EngineConfig, FeedConfig, FolderConfig, McpConfig,
    MediaWikiConfig, SearchConfig, SearxngConfig, SitemapConfig, TavilyConfig,
};
pub use domains::Domains;
pub use engines::{Engines, Findings};
pub use error::{EngineError, SearchError};

/// What is searched for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchQuery {
    /// The words, as a person would type them.
    pub text: String,
    /// ISO 639-1 code of the language that pages should be in.
    pub language: Option<String>,
    /// Where hits may come from, beside what the configuration says.
    pub domains: Domains,
    /// Hits that are known to be older are dropped.
    pub newer_than: Option<NaiveDate>,
    /// The day of the search. Engines that know only spans (“within a month”) are asked for one when it
    /// is set.
    pub today: Option<NaiveDate>,
}

impl SearchQuery {
    /// A query with nothing but words.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// How many days back hits may be, when both days are known.
    fn days(&self) -> Option<i64> {
        Some((self.today? - self.newer_than?).num_days().max(0))
    }
}

/// Something that was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hit {
    /// Its address; of a file, its path relative to its folder.
    pub url: String,
    /// Its title.
    pub title: String,
    /// What the engine shows of it, in plain text; often a piece of it, never to be quoted as a source.
    pub snippet: String,
    /// When it was published.
    pub published: Option<NaiveDate>,
    /// Who wrote it.
    pub author: Option<String>,
    /// Who published it.
    pub publisher: Option<String>,
    /// The document itself, when the engine gave it: then nothing need be fetched.
    pub document: Option<RawDocument>,
    /// Which engines found it, by their names.
    pub engines: Vec<String>,
}

/// A place that can be searched.
///
/// Laws: hits come best first and at most `limit` of them; titles and snippets are plain text in one
/// line; no hit is fetched. The time that a search takes is bounded by whoever calls, see [`Engines`].
#[async_trait]
pub trait Search: Send + Sync + std::fmt::Debug {
    /// What it is called in reports: `searxng (search.example.org)`.
    fn name(&self) -> &str;

    /// Asks it.
    ///
    /// # Errors
    /// A [`SearchError`] that says what the caller can do.
    async fn search(&self, query: &SearchQuery, limit: usize) -> Result<Vec<Hit>, SearchError>;
}
