//! A site as an engine: the addresses of its sitemap, searched by the words that they are made of.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::NaiveDate;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use super::api::{Api, Workshop};
use super::config::SitemapConfig;
use super::error::{EngineError, SearchError};
use super::rank::{self, Words};
use super::{Hit, Search, SearchQuery, hits};
use crate::sources::sitemap::{Place, read};

/// How long a sitemap is believed.
const PLACES_LAST: Duration = Duration::from_secs(900);
/// Most addresses of all its parts.
const PLACES_MAX: usize = 200_000;

/// A site.
#[derive(Debug)]
pub(super) struct Sitemap {
    api: Api,
    url: Url,
    sitemaps_max: usize,
    read: Mutex<Option<(Instant, Arc<Vec<Known>>)>>,
}

/// A page with the words of its address.
#[derive(Debug)]
struct Known {
    hit: Hit,
    changed: Option<NaiveDate>,
    words: Words,
}

impl Sitemap {
    pub(super) fn new(config: &SitemapConfig, workshop: &Workshop) -> Result<Self, EngineError> {
        let (engine, url) = hits::server("sitemap", &config.url)?;
        let api = Api::new(engine, workshop, Duration::ZERO);
        Ok(Self { api, url, sitemaps_max: config.sitemaps_max.max(1), read: Mutex::new(None) })
    }

    /// The pages of the sitemap and of those that it lists, as many of them as are read.
    async fn places(&self) -> Result<Vec<Place>, SearchError> {
        let mut waiting = VecDeque::from([self.url.clone()]);
        let mut places = Vec::new();
        let mut left = self.sitemaps_max;
        while let Some(url) = waiting.pop_front() {
            let is_first = url == self.url;
            let answer = self.api.send(self.api.get(url)).await;
            // One part that is gone takes nothing from the others.
            let answer = if is_first {
                answer?
            } else {
                let Ok(answer) = answer else { continue };
                answer
            };
            let map = read(&answer.body).map_err(|error| self.api.malformed(error.to_string()))?;
            if is_first && map.places.is_empty() {
                return Err(self.api.malformed("it lists nothing"));
            }
            if !map.is_index {
                places.extend(map.places);
            } else if is_first {
                // Parts stand on the same host, as the protocol has it; a part lists no parts.
                let parts = map.places.iter().filter_map(|place| Url::parse(&place.url).ok());
                let parts: Vec<Url> =
                    parts.filter(|part| part.origin() == self.url.origin()).take(left).collect();
                left -= parts.len();
                waiting.extend(parts);
            }
            places.truncate(PLACES_MAX);
        }
        Ok(places)
    }

    async fn known(&self) -> Result<Arc<Vec<Known>>, SearchError> {
        let mut read = self.read.lock().await;
        if let Some((since, known)) = &*read
            && since.elapsed() < PLACES_LAST
        {
            return Ok(Arc::clone(known));
        }
        let known: Vec<Known> = self.places().await?.into_iter().filter_map(known).collect();
        let known = Arc::new(known);
        *read = Some((Instant::now(), Arc::clone(&known)));
        Ok(known)
    }
}

#[async_trait]
impl Search for Sitemap {
    fn name(&self) -> &str {
        self.api.engine()
    }

    async fn search(&self, query: &SearchQuery, limit: usize) -> Result<Vec<Hit>, SearchError> {
        let known = self.known().await?;
        // What did not change since then was not published since then.
        let is_old = |known: &Known| {
            query.newer_than.zip(known.changed).is_some_and(|(from, changed)| changed < from)
        };
        let young: Vec<&Known> = known.iter().filter(|known| !is_old(known)).collect();
        let words: Vec<&Words> = young.iter().map(|known| &known.words).collect();
        let best = rank::best(&words, &query.text).into_iter().take(limit);
        Ok(best.filter_map(|place| young.get(place)).map(|known| known.hit.clone()).collect())
    }
}

fn known(place: Place) -> Option<Known> {
    let url = Url::parse(&place.url).ok()?;
    let title = place.title.unwrap_or_else(|| title(&url));
    let words = Words::of(&title);
    let hit = hits::hit(&place.url, Some(title), None);
    Some(Known { hit: Hit { published: place.published, ..hit }, changed: place.changed, words })
}

/// The words that an address is made of: `/guides/green-tea.html` is `guides green tea`.
fn title(url: &Url) -> String {
    let parts = url.path_segments().into_iter().flatten();
    let parts = parts.map(|part| part.rsplit_once('.').map_or(part, |(stem, _)| stem));
    let path: Vec<String> = parts
        .map(|part| percent_decoded(part).replace(['-', '_', '+'], " "))
        .filter(|part| !part.trim().is_empty())
        .collect();
    path.join(" ")
}

/// A part of a path as people read it.
fn percent_decoded(part: &str) -> String {
    let pair = format!("x={}", part.replace('+', " "));
    let decoded = url::form_urlencoded::parse(pair.as_bytes()).next();
    decoded.map_or_else(|| part.to_owned(), |(_, text)| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_it_is_about() {
        for (url, want) in [
            ("https://e.org/guides/green-tea.html", "guides green tea"),
            ("https://e.org/gr%C3%BCner_tee/", "grüner tee"),
            ("https://e.org/", ""),
        ] {
            assert_eq!(title(&Url::parse(url).unwrap()), want);
        }
    }
}
