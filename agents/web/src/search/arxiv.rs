//! arXiv: `GET /api/query`, answered as Atom; see <https://info.arxiv.org/help/api/user-manual.html>.

use std::time::Duration;

use async_trait::async_trait;
use feed_rs::model::Entry;
use unicode_segmentation::UnicodeSegmentation as _;
use url::Url;

use super::api::{Api, Workshop};
use super::config::ArxivConfig;
use super::error::{EngineError, SearchError};
use super::{Hit, Search, SearchQuery, hits};
use crate::sources::parse_feed;

/// All words must stand in a paper; of a long question, the first ones are asked for.
const WORDS_MAX: usize = 6;
/// The first year that its index knows.
const LAST_DAY: &str = "99991231";

/// arXiv's interface.
#[derive(Debug)]
pub(super) struct Arxiv {
    api: Api,
    url: Url,
}

impl Arxiv {
    pub(super) fn new(config: &ArxivConfig, workshop: &Workshop) -> Result<Self, EngineError> {
        let (engine, base) = hits::server("arxiv", &config.url)?;
        let api = Api::new(engine, workshop, Duration::from_millis(config.pause_ms));
        Ok(Self { api, url: hits::below(&base, "api/query") })
    }

    fn address(&self, query: &SearchQuery, limit: usize) -> Url {
        let words = query.text.unicode_words().filter(|word| word.chars().count() > 2);
        let words: Vec<String> = words.take(WORDS_MAX).map(|word| format!("all:{word}")).collect();
        let mut asked = words.join(" AND ");
        if let Some(from) = query.newer_than {
            let from = from.format("%Y%m%d");
            asked.push_str(&format!(" AND submittedDate:[{from}0000 TO {LAST_DAY}2359]"));
        }
        let mut url = self.url.clone();
        url.query_pairs_mut()
            .append_pair("search_query", &asked)
            .append_pair("start", "0")
            .append_pair("max_results", &limit.to_string())
            .append_pair("sortBy", "relevance");
        url
    }
}

#[async_trait]
impl Search for Arxiv {
    fn name(&self) -> &str {
        self.api.engine()
    }

    async fn search(&self, query: &SearchQuery, limit: usize) -> Result<Vec<Hit>, SearchError> {
        let answer = self.api.send(self.api.get(self.address(query, limit))).await?;
        let feed = parse_feed(&answer.body, None).map_err(|what| self.api.malformed(what))?;
        // Some errors come as a feed of one entry that tells them.
        if let Some(error) = feed.entries.first().filter(|entry| entry.id.contains("/api/errors")) {
            let told = error.summary.as_ref().map(|summary| summary.content.clone());
            return Err(self.api.malformed(hits::line(told).unwrap_or_default()));
        }
        Ok(feed.entries.into_iter().take(limit).map(hit).collect())
    }
}

fn hit(entry: Entry) -> Hit {
    let authors: Vec<String> = entry.authors.into_iter().filter_map(|author| author.name).collect();
    let text = |text: Option<feed_rs::model::Text>| text.map(|text| text.content);
    Hit {
        published: entry.published.map(|at| at.date_naive()),
        author: hits::authors(&authors),
        publisher: Some("arXiv".to_owned()),
        ..hits::hit(
            &entry.id.replace("http://", "https://"),
            text(entry.title),
            text(entry.summary),
        )
    }
}
