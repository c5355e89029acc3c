//! MediaWiki: `action=query` with search as generator, intros by TextExtracts where the wiki has it; see
//! <https://www.mediawiki.org/wiki/API:Search>. Wikipedia is one.

use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;
use url::Url;

use super::api::{Api, Workshop};
use super::config::MediaWikiConfig;
use super::error::{EngineError, SearchError};
use super::{Hit, Search, SearchQuery, hits};

/// Stands in an address for the language that is asked for.
const LANGUAGE: &str = "{language}";
/// The most pages of one request: so many intros come with it.
const PAGES_MAX: usize = 20;

/// A wiki, or one in each language.
#[derive(Debug)]
pub(super) struct MediaWiki {
    api: Api,
    url: String,
    language: String,
}

impl MediaWiki {
    pub(super) fn new(config: &MediaWikiConfig, workshop: &Workshop) -> Result<Self, EngineError> {
        let url = config.url.replace(LANGUAGE, &config.language);
        let (engine, _) = hits::server("mediawiki", &url)?;
        let api = Api::new(engine, workshop, Duration::ZERO);
        Ok(Self { api, url: config.url.clone(), language: config.language.clone() })
    }

    fn address(&self, query: &SearchQuery, limit: usize) -> Option<Url> {
        // A language goes into a host's name: nothing but letters may.
        let asked = query.language.as_deref().filter(|code| {
            (2..=3).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_lowercase())
        });
        let url = self.url.replace(LANGUAGE, asked.unwrap_or(&self.language));
        let limit = limit.clamp(1, PAGES_MAX).to_string();
        let pairs = [
            ("action", "query"),
            ("format", "json"),
            ("formatversion", "2"),
            ("generator", "search"),
            ("gsrsearch", &hits::words(query)),
            ("gsrnamespace", "0"),
            ("gsrlimit", &limit),
            ("prop", "extracts|info"),
            ("inprop", "url"),
            ("exintro", "1"),
            ("explaintext", "1"),
            ("exlimit", "max"),
            ("meta", "siteinfo"),
            ("siprop", "general"),
        ];
        Url::parse_with_params(&url, pairs).ok()
    }

    /// Errors come with status 200.
    fn refused(&self, error: Refusal) -> SearchError {
        let engine = self.api.engine().to_owned();
        match error.code.as_str() {
            "ratelimited" | "maxlag" | "readonly" => {
                SearchError::Limited { engine, retry_after: None }
            }
            "readapidenied" | "permissiondenied" | "blocked" => {
                SearchError::Unauthorized { engine, status: 403 }
            }
            _ => self.api.malformed(hits::line(Some(error.info)).unwrap_or(error.code)),
        }
    }
}

#[async_trait]
impl Search for MediaWiki {
    fn name(&self) -> &str {
        self.api.engine()
    }

    async fn search(&self, query: &SearchQuery, limit: usize) -> Result<Vec<Hit>, SearchError> {
        let address = self.address(query, limit);
        let address = address.ok_or_else(|| self.api.malformed("its address cannot be read"))?;
        let answer: Answer = self.api.json(self.api.get(address)).await?;
        if let Some(error) = answer.error {
            return Err(self.refused(error));
        }
        let Query { mut pages, general } = answer.query.unwrap_or_default();
        pages.sort_by_key(|page| page.index);
        let publisher = hits::line(general.map(|general| general.sitename));
        let hit = |page: Found| Hit {
            publisher: publisher.clone(),
            ..hits::hit(&page.fullurl, Some(page.title), page.extract)
        };
        Ok(pages.into_iter().take(limit).map(hit).collect())
    }
}

#[derive(Debug, Deserialize)]
struct Answer {
    error: Option<Refusal>,
    /// Not there when nothing was found.
    query: Option<Query>,
}

#[derive(Debug, Deserialize)]
struct Refusal {
    code: String,
    #[serde(default)]
    info: String,
}

#[derive(Debug, Default, Deserialize)]
struct Query {
    #[serde(default)]
    pages: Vec<Found>,
    general: Option<General>,
}

#[derive(Debug, Deserialize)]
struct General {
    sitename: String,
}

#[derive(Debug, Deserialize)]
struct Found {
    title: String,
    /// Its place among the hits: pages come in another order.
    #[serde(default)]
    index: u32,
    fullurl: String,
    /// Its intro, where the wiki has TextExtracts.
    extract: Option<String>,
}
