//! Tavily: `POST /search` with a bearer token, as <https://docs.tavily.com/documentation/api-reference> has
//! it. Its copies of pages are not asked for: what is quoted is fetched where it stands.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::AUTHORIZATION;
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::api::{Api, Workshop};
use super::config::TavilyConfig;
use super::error::{EngineError, SearchError};
use super::key::Key;
use super::{Hit, Search, SearchQuery, hits};
use crate::extract::dates;

/// The most hits of one request.
const RESULTS_MAX: usize = 20;
/// The most domains that it takes.
const DOMAINS_MAX: usize = 100;

/// Tavily's search interface.
#[derive(Debug)]
pub(super) struct Tavily {
    api: Api,
    url: Url,
}

impl Tavily {
    pub(super) fn new(config: &TavilyConfig, workshop: &Workshop) -> Result<Self, EngineError> {
        let (engine, base) = hits::server("tavily", &config.url)?;
        let key = Key::read(&engine, &config.key_file)?;
        let api = Api::new(engine, workshop, Duration::ZERO).with_key(key);
        Ok(Self { api, url: hits::below(&base, "search") })
    }
}

#[async_trait]
impl Search for Tavily {
    fn name(&self) -> &str {
        self.api.engine()
    }

    async fn search(&self, query: &SearchQuery, limit: usize) -> Result<Vec<Hit>, SearchError> {
        let domains = |list: &[String]| list.iter().take(DOMAINS_MAX).cloned().collect::<Vec<_>>();
        let mut asked = json!({
            "query": hits::words(query),
            "max_results": limit.clamp(1, RESULTS_MAX),
            "search_depth": "basic",
            "include_domains": domains(&query.domains.allow),
            "exclude_domains": domains(&query.domains.block),
        });
        if let (Some(from), Some(asked)) = (query.newer_than, asked.as_object_mut()) {
            asked.insert("start_date".to_owned(), from.to_string().into());
        }
        let request = self.api.post(self.url.clone()).json(&asked);
        let request = request.header(AUTHORIZATION, self.api.key("Bearer "));
        let Answer { results } = self.api.json(request).await?;
        Ok(results.into_iter().take(limit).map(Hit::from).collect())
    }
}

#[derive(Debug, Deserialize)]
struct Answer {
    results: Vec<Found>,
}

#[derive(Debug, Deserialize)]
struct Found {
    url: String,
    title: Option<String>,
    content: Option<String>,
    published_date: Option<String>,
}

impl From<Found> for Hit {
    fn from(found: Found) -> Self {
        Self {
            published: found.published_date.as_deref().and_then(dates::parse),
            ..hits::hit(&found.url, found.title, found.content)
        }
    }
}
