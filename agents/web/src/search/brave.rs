//! Brave: `GET /res/v1/web/search` with a subscription token, as
//! <https://api-dashboard.search.brave.com/api-reference/web/search/get> has it.

use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use url::Url;

use super::api::{Api, Workshop};
use super::config::BraveConfig;
use super::error::{EngineError, SearchError};
use super::key::Key;
use super::{Hit, Search, SearchQuery, hits};
use crate::extract::dates;

/// The most hits of one request.
const COUNT_MAX: usize = 20;

/// Languages that are asked for by their own code; another one is not asked for.
const LANGUAGES: [&str; 37] = [
    "ar", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "et", "eu", "fi", "fr", "gl", "he",
    "hi", "hr", "hu", "is", "it", "ko", "lt", "lv", "ms", "nb", "nl", "pl", "ro", "ru", "sk", "sl",
    "sr", "sv", "tr", "uk", "vi",
];

/// Brave's search interface.
#[derive(Debug)]
pub(super) struct Brave {
    api: Api,
    url: Url,
}

impl Brave {
    pub(super) fn new(config: &BraveConfig, workshop: &Workshop) -> Result<Self, EngineError> {
        let (engine, base) = hits::server("brave", &config.url)?;
        let key = Key::read(&engine, &config.key_file)?;
        let api = Api::new(engine, workshop, Duration::from_millis(config.pause_ms)).with_key(key);
        Ok(Self { api, url: hits::below(&base, "res/v1/web/search") })
    }

    fn address(&self, query: &SearchQuery, limit: usize) -> Url {
        let mut url = self.url.clone();
        let mut pairs = url.query_pairs_mut();
        pairs
            .append_pair("q", &hits::with_sites(query))
            .append_pair("count", &limit.clamp(1, COUNT_MAX).to_string())
            .append_pair("result_filter", "web")
            .append_pair("text_decorations", "false");
        if let Some(language) = query.language.as_deref().and_then(language) {
            pairs.append_pair("search_lang", language);
        }
        if let Some((from, to)) = query.newer_than.zip(query.today) {
            pairs.append_pair("freshness", &format!("{from}to{to}"));
        }
        drop(pairs);
        url
    }
}

/// A language as this engine names it; it refuses a request in a language that it does not know.
fn language(code: &str) -> Option<&'static str> {
    match code {
        "ja" => Some("jp"),
        "pt" => Some("pt-pt"),
        "zh" => Some("zh-hans"),
        _ => LANGUAGES.into_iter().find(|known| *known == code),
    }
}

#[async_trait]
impl Search for Brave {
    fn name(&self) -> &str {
        self.api.engine()
    }

    async fn search(&self, query: &SearchQuery, limit: usize) -> Result<Vec<Hit>, SearchError> {
        let request = self.api.get(self.address(query, limit));
        let request = request.header("x-subscription-token", self.api.key(""));
        let answer: Answer = self.api.json(request).await.map_err(explained)?;
        let results = answer.web.map(|web| web.results).unwrap_or_default();
        Ok(results.into_iter().take(limit).map(Hit::from).collect())
    }
}

/// A wrong token is answered as a request that cannot be processed.
fn explained(error: SearchError) -> SearchError {
    match error {
        SearchError::Status { engine, status, said } if said.contains("SUBSCRIPTION_TOKEN") => {
            SearchError::Unauthorized { engine, status }
        }
        error @ (SearchError::Status { .. }
        | SearchError::Unauthorized { .. }
        | SearchError::Limited { .. }
        | SearchError::Malformed { .. }
        | SearchError::TooLarge { .. }
        | SearchError::Timeout { .. }
        | SearchError::Unreachable { .. }) => error,
    }
}

#[derive(Debug, Deserialize)]
struct Answer {
    /// Not there when nothing was found.
    web: Option<Web>,
}

#[derive(Debug, Deserialize)]
struct Web {
    #[serde(default)]
    results: Vec<Found>,
}

#[derive(Debug, Deserialize)]
struct Found {
    url: String,
    title: Option<String>,
    description: Option<String>,
    page_age: Option<String>,
    profile: Option<Profile>,
}

#[derive(Debug, Deserialize)]
struct Profile {
    name: Option<String>,
}

impl From<Found> for Hit {
    fn from(found: Found) -> Self {
        Self {
            published: found.page_age.as_deref().and_then(dates::parse),
            publisher: hits::line(found.profile.and_then(|profile| profile.name)),
            ..hits::hit(&found.url, found.title, found.description)
        }
    }
}
