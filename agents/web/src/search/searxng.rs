//! SearXNG: `GET /search?format=json`, as <https://docs.searxng.org/dev/search_api.html> has it.

use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use url::Url;

use super::api::{Api, WEB_PAGE, Workshop};
use super::config::SearxngConfig;
use super::error::{EngineError, SearchError};
use super::{Hit, Search, SearchQuery, hits};
use crate::extract::dates;

/// What to do when an instance gives pages only: by far the most common fault.
const JSON_OFF: &str = "its JSON format is disabled: add `json` to `search.formats` in the \
    instance's settings.yml";

/// A SearXNG instance.
#[derive(Debug)]
pub(super) struct Searxng {
    api: Api,
    url: Url,
    categories: String,
}

impl Searxng {
    pub(super) fn new(config: &SearxngConfig, workshop: &Workshop) -> Result<Self, EngineError> {
        let (engine, base) = hits::server("searxng", &config.url)?;
        let url = hits::below(&base, "search");
        let categories = config.categories.join(",");
        Ok(Self { api: Api::new(engine, workshop, Duration::ZERO), url, categories })
    }

    fn address(&self, query: &SearchQuery) -> Url {
        let mut url = self.url.clone();
        let mut pairs = url.query_pairs_mut();
        pairs.append_pair("q", &hits::with_sites(query)).append_pair("format", "json");
        if let Some(language) = &query.language {
            pairs.append_pair("language", language);
        }
        if !self.categories.is_empty() {
            pairs.append_pair("categories", &self.categories);
        }
        // Only spans are known; the nearest that holds the whole time. What is older is dropped later.
        let span = query.days().and_then(|days| match days {
            0..=1 => Some("day"),
            2..=31 => Some("month"),
            32..=366 => Some("year"),
            _ => None,
        });
        if let Some(span) = span {
            pairs.append_pair("time_range", span);
        }
        drop(pairs);
        url
    }

    /// A format that is not enabled is answered with 403, by some instances with a page.
    fn explained(&self, error: SearchError) -> SearchError {
        let is_off = match &error {
            SearchError::Unauthorized { status, .. } => *status == 403,
            SearchError::Malformed { what, .. } => what == WEB_PAGE,
            SearchError::Limited { .. }
            | SearchError::Status { .. }
            | SearchError::TooLarge { .. }
            | SearchError::Timeout { .. }
            | SearchError::Unreachable { .. } => false,
        };
        if is_off { self.api.malformed(JSON_OFF) } else { error }
    }
}

#[async_trait]
impl Search for Searxng {
    fn name(&self) -> &str {
        self.api.engine()
    }

    async fn search(&self, query: &SearchQuery, limit: usize) -> Result<Vec<Hit>, SearchError> {
        let answer: Result<Answer, _> = self.api.json(self.api.get(self.address(query))).await;
        let Answer { results, unresponsive_engines } = answer.map_err(|e| self.explained(e))?;
        if results.is_empty() && !unresponsive_engines.is_empty() {
            let silent =
                unresponsive_engines.iter().take(5).filter_map(|pair| pair.first()?.as_str());
            let silent: Vec<&str> = silent.collect();
            let what = format!("none of its own engines answers: {}", silent.join(", "));
            return Err(self.api.malformed(what));
        }
        Ok(results.into_iter().take(limit).map(Hit::from).collect())
    }
}

#[derive(Debug, Deserialize)]
struct Answer {
    results: Vec<Found>,
    /// Pairs of an engine's name and what it failed with.
    #[serde(default)]
    unresponsive_engines: Vec<Vec<serde_json::Value>>,
}

#[derive(Debug, Deserialize)]
struct Found {
    url: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    content: Option<String>,
    #[serde(default, rename = "publishedDate")]
    published: Option<String>,
    #[serde(default)]
    author: Option<String>,
}

impl From<Found> for Hit {
    fn from(found: Found) -> Self {
        Self {
            published: found.published.as_deref().and_then(dates::parse),
            author: hits::line(found.author),
            ..hits::hit(&found.url, found.title, found.content)
        }
    }
}
