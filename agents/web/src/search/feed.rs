//! Feeds (RSS, Atom, JSON Feed) as an engine: one that takes a query in its address, or one whose
//! entries are searched here.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use feed_rs::model::Entry;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;
use url::form_urlencoded::byte_serialize;

use super::api::{Api, Workshop};
use super::config::FeedConfig;
use super::error::{EngineError, SearchError};
use super::rank::{self, Words};
use super::{Hit, Search, SearchQuery, hits};
use crate::sources::parse_feed;

/// Stands in an address for the words that are searched for.
const QUERY: &str = "{query}";
/// Entries of a feed that are read.
const ENTRIES_MAX: usize = 1000;
/// How long entries are believed; sections of one goal ask one after the other.
const ENTRIES_LAST: Duration = Duration::from_secs(300);

/// A feed.
#[derive(Debug)]
pub(super) struct Feed {
    api: Api,
    url: String,
    read: Mutex<Option<(Instant, Arc<Vec<Known>>)>>,
}

/// An entry with its words.
#[derive(Debug)]
struct Known {
    hit: Hit,
    words: Words,
}

impl Feed {
    pub(super) fn new(config: &FeedConfig, workshop: &Workshop) -> Result<Self, EngineError> {
        let (engine, _) = hits::server("feed", &config.url.replace(QUERY, "x"))?;
        let api = Api::new(engine, workshop, Duration::ZERO);
        Ok(Self { api, url: config.url.clone(), read: Mutex::new(None) })
    }

    /// Reads the feed at an address.
    async fn entries(&self, address: &str) -> Result<Vec<Hit>, SearchError> {
        let url = Url::parse(address);
        let url = url.map_err(|error| self.api.malformed(format!("its address: {error}")))?;
        let answer = self.api.send(self.api.get(url)).await?;
        let feed = parse_feed(&answer.body, Some(address));
        let feed = feed.map_err(|what| self.api.malformed(what))?;
        let publisher = hits::line(feed.title.map(|title| title.content));
        let entries = feed.entries.into_iter().take(ENTRIES_MAX);
        Ok(entries.filter_map(|entry| hit(entry, publisher.as_deref())).collect())
    }

    /// All entries, read anew when they are no longer believed.
    async fn known(&self) -> Result<Arc<Vec<Known>>, SearchError> {
        let mut read = self.read.lock().await;
        if let Some((since, known)) = &*read
            && since.elapsed() < ENTRIES_LAST
        {
            return Ok(Arc::clone(known));
        }
        let entries = self.entries(&self.url).await?;
        let known = entries.into_iter().map(|hit| {
            let words = Words::of(&format!("{} {} {}", hit.title, hit.title, hit.snippet));
            Known { hit, words }
        });
        let known: Arc<Vec<Known>> = Arc::new(known.collect());
        *read = Some((Instant::now(), Arc::clone(&known)));
        Ok(known)
    }
}

#[async_trait]
impl Search for Feed {
    fn name(&self) -> &str {
        self.api.engine()
    }

    async fn search(&self, query: &SearchQuery, limit: usize) -> Result<Vec<Hit>, SearchError> {
        if self.url.contains(QUERY) {
            let words: String = byte_serialize(hits::words(query).as_bytes()).collect();
            let mut entries = self.entries(&self.url.replace(QUERY, &words)).await?;
            entries.truncate(limit);
            return Ok(entries);
        }
        let known = self.known().await?;
        let words: Vec<&Words> = known.iter().map(|known| &known.words).collect();
        let best = rank::best(&words, &query.text).into_iter().take(limit);
        Ok(best.filter_map(|place| known.get(place)).map(|known| known.hit.clone()).collect())
    }
}

/// An entry; none when it leads nowhere.
fn hit(entry: Entry, publisher: Option<&str>) -> Option<Hit> {
    let is_page = |rel: Option<&str>| rel.is_none_or(|rel| rel == "alternate");
    let link = entry.links.iter().find(|link| is_page(link.rel.as_deref()))?.href.clone();
    let authors: Vec<String> = entry.authors.into_iter().filter_map(|author| author.name).collect();
    let summary = entry.summary.map(|summary| summary.content);
    let content = || entry.content.and_then(|content| content.body);
    Some(Hit {
        published: entry.published.or(entry.updated).map(|at| at.date_naive()),
        author: hits::authors(&authors),
        publisher: publisher.map(str::to_owned),
        ..hits::hit(&link, entry.title.map(|title| title.content), summary.or_else(content))
    })
}
