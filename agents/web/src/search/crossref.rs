//! Crossref: `GET /works`, as <https://api.crossref.org/swagger-ui/index.html> has it.

use std::time::Duration;

use async_trait::async_trait;
use chrono::NaiveDate;
use serde::Deserialize;
use url::Url;

use super::api::{Api, Workshop};
use super::config::CrossrefConfig;
use super::error::{EngineError, SearchError};
use super::{Hit, Search, SearchQuery, hits};

const SELECTED: &str = "DOI,URL,title,author,abstract,issued,publisher,container-title";
const ROWS_MAX: usize = 100;

/// Crossref's interface.
#[derive(Debug)]
pub(super) struct Crossref {
    api: Api,
    url: Url,
    mailto: String,
}

impl Crossref {
    pub(super) fn new(config: &CrossrefConfig, workshop: &Workshop) -> Result<Self, EngineError> {
        let (engine, base) = hits::server("crossref", &config.url)?;
        let api = Api::new(engine, workshop, Duration::ZERO);
        Ok(Self { api, url: hits::below(&base, "works"), mailto: config.mailto.clone() })
    }

    fn address(&self, query: &SearchQuery, limit: usize) -> Url {
        let mut url = self.url.clone();
        let mut pairs = url.query_pairs_mut();
        pairs
            .append_pair("query.bibliographic", &hits::words(query))
            .append_pair("rows", &limit.clamp(1, ROWS_MAX).to_string())
            .append_pair("select", SELECTED);
        if let Some(from) = query.newer_than {
            pairs.append_pair("filter", &format!("from-pub-date:{from}"));
        }
        // Who says whom to write to is served from machines for the polite.
        if !self.mailto.is_empty() {
            pairs.append_pair("mailto", &self.mailto);
        }
        drop(pairs);
        url
    }
}

#[async_trait]
impl Search for Crossref {
    fn name(&self) -> &str {
        self.api.engine()
    }

    async fn search(&self, query: &SearchQuery, limit: usize) -> Result<Vec<Hit>, SearchError> {
        let answer: Answer = self.api.json(self.api.get(self.address(query, limit))).await?;
        let found = answer.message.items.into_iter().take(limit);
        Ok(found.filter_map(hit).collect())
    }
}

/// A work; none when it has no address.
fn hit(work: Work) -> Option<Hit> {
    let Work { doi, url, title, author, summary, issued, publisher, container } = work;
    let url = url.or_else(|| doi.map(|doi| format!("https://doi.org/{doi}")))?;
    let url = url.replace("http://dx.doi.org/", "https://doi.org/");
    let names = author.into_iter().filter_map(|author| match (author.given, author.family) {
        (Some(given), Some(family)) => Some(format!("{given} {family}")),
        (one, other) => one.or(other).or(author.name),
    });
    Some(Hit {
        published: issued.and_then(|issued| issued.date()),
        author: hits::authors(&names.collect::<Vec<_>>()),
        publisher: hits::line(container.into_iter().next().or(publisher)),
        ..hits::hit(&url, title.into_iter().next(), summary)
    })
}

#[derive(Debug, Deserialize)]
struct Answer {
    message: Message,
}

#[derive(Debug, Deserialize)]
struct Message {
    items: Vec<Work>,
}

#[derive(Debug, Deserialize)]
struct Work {
    #[serde(rename = "DOI")]
    doi: Option<String>,
    #[serde(rename = "URL")]
    url: Option<String>,
    #[serde(default)]
    title: Vec<String>,
    #[serde(default)]
    author: Vec<Author>,
    /// In the markup of JATS.
    #[serde(rename = "abstract")]
    summary: Option<String>,
    issued: Option<Issued>,
    publisher: Option<String>,
    #[serde(default, rename = "container-title")]
    container: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Author {
    given: Option<String>,
    family: Option<String>,
    /// Of an organisation.
    name: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Issued {
    /// One date of year, month and day, of which the last ones may be missing, or all: `[[null]]`.
    #[serde(rename = "date-parts")]
    parts: Vec<Vec<Option<u32>>>,
}

impl Issued {
    /// The day; a month or a year counts as its first.
    fn date(&self) -> Option<NaiveDate> {
        let parts = self.parts.first()?;
        let part = |place: usize| parts.get(place).copied().flatten();
        let year = i32::try_from(part(0)?).ok()?;
        NaiveDate::from_ymd_opt(year, part(1).unwrap_or(1), part(2).unwrap_or(1))
    }
}
