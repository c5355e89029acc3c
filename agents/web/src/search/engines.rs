//! Every configured engine, asked as one.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::join_all;
use tokio::time::Instant;
use url::Url;

use super::api::{self, Workshop};
use super::arxiv::Arxiv;
use super::brave::Brave;
use super::config::{EngineConfig, SearchConfig};
use super::crossref::Crossref;
use super::error::{EngineError, SearchError};
use super::feed::Feed;
use super::folder::Folder;
use super::mcp::Mcp;
use super::mediawiki::MediaWiki;
use super::searxng::Searxng;
use super::sitemap::Sitemap;
use super::tavily::Tavily;
use super::{Domains, Hit, Search, SearchQuery, fuse};
use crate::config::FetchConfig;
use crate::guard::Guard;

/// How long an engine is left alone that takes no more questions and does not say for how long.
const REST: Duration = Duration::from_secs(60);
/// The longest that an engine is left alone, whatever it says.
const REST_MAX: Duration = Duration::from_secs(3600);

/// What a search gave.
#[derive(Debug, Default)]
pub struct Findings {
    /// The hits of all engines as one list, best first, each page once.
    pub hits: Vec<Hit>,
    /// Why engines gave nothing; the others count all the same.
    pub failed: Vec<SearchError>,
    /// How many hits were dropped: on a forbidden domain, at an inner address, or too old.
    pub dropped: usize,
}

/// Every configured engine.
///
/// Guarantees: engines are asked at the same time, each within its bound of time; one that fails takes
/// nothing from the others; one that asks to be left alone is left alone; every hit lies on a domain
/// that the configuration and the query permit, at an address that the guard lets through.
#[derive(Debug, Default)]
pub struct Engines {
    seats: Vec<Seat>,
    rules: Rules,
}

/// What holds for every hit.
#[derive(Debug, Default)]
struct Rules {
    guard: Guard,
    domains: Domains,
    hits_max: usize,
    wait: Duration,
}

/// An engine, and until when it is left alone.
#[derive(Debug)]
struct Seat {
    engine: Arc<dyn Search>,
    rests_until: Mutex<Option<Instant>>,
}

impl Engines {
    /// The engines of a configuration. Blocks for a moment: keys are read from their files.
    ///
    /// # Errors
    /// An [`EngineError`] when one cannot be made ready.
    pub fn new(config: &SearchConfig, fetch: &FetchConfig) -> Result<Self, EngineError> {
        let workshop =
            Workshop { client: api::client(&fetch.user_agent)?, bytes_max: config.bytes_max };
        let engines = config.engines.iter().map(|engine| made(engine, &workshop));
        Self::of(engines.collect::<Result<_, _>>()?, config, fetch)
    }

    /// Engines that were made elsewhere, under the same rules.
    ///
    /// # Errors
    /// An [`EngineError`] when `fetch.allow` cannot be read.
    pub fn of(
        engines: Vec<Arc<dyn Search>>,
        config: &SearchConfig,
        fetch: &FetchConfig,
    ) -> Result<Self, EngineError> {
        let guard = Guard::new(&fetch.allow).map_err(|error| EngineError::Setting {
            engine: "fetch.allow".to_owned(),
            what: error.to_string(),
        })?;
        let rules = Rules {
            guard,
            domains: config.domains.clone(),
            hits_max: config.hits_max.max(1),
            wait: Duration::from_millis(config.engine_ms_max),
        };
        let seats =
            engines.into_iter().map(|engine| Seat { engine, rests_until: Mutex::new(None) });
        Ok(Self { seats: seats.collect(), rules })
    }

    /// Whether there is none, so that searching finds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.seats.is_empty()
    }

    /// What the engines are called.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.seats.iter().map(|seat| seat.engine.name())
    }

    /// Where the configuration lets hits come from: whoever follows one holds what it led to against this.
    #[must_use]
    pub const fn domains(&self) -> &Domains {
        &self.rules.domains
    }

    /// Asks all engines, and gives at most `limit` hits.
    pub async fn search(&self, query: &SearchQuery, limit: usize) -> Findings {
        let asked = self.seats.iter().map(|seat| seat.ask(query, &self.rules));
        let mut findings = Findings::default();
        let mut lists = Vec::new();
        for answer in join_all(asked).await {
            match answer {
                Ok(hits) => lists.push(hits),
                Err(error) => findings.failed.push(error),
            }
        }
        let found = fuse::fuse(lists);
        let before = found.len();
        findings.hits = found.into_iter().filter(|hit| self.rules.permit(query, hit)).collect();
        findings.dropped = before - findings.hits.len();
        findings.hits.truncate(limit);
        findings
    }
}

impl Rules {
    fn permit(&self, query: &SearchQuery, hit: &Hit) -> bool {
        let is_old = query.newer_than.zip(hit.published).is_some_and(|(from, at)| at < from);
        let is_reachable = match Url::parse(&hit.url) {
            Ok(url) => self.guard.vet_url(&url).is_ok(),
            // No address: only what came along can be read.
            Err(_) => hit.document.is_some(),
        };
        is_reachable && !is_old && self.domains.permit(&hit.url) && query.domains.permit(&hit.url)
    }
}

impl Seat {
    async fn ask(&self, query: &SearchQuery, rules: &Rules) -> Result<Vec<Hit>, SearchError> {
        let engine = || self.engine.name().to_owned();
        if let Some(left) = self.rests_for() {
            return Err(SearchError::Limited { engine: engine(), retry_after: Some(left) });
        }
        let search = self.engine.search(query, rules.hits_max);
        let Ok(answer) = tokio::time::timeout(rules.wait, search).await else {
            return Err(SearchError::Timeout { engine: engine(), wait: rules.wait });
        };
        if let Err(SearchError::Limited { retry_after, .. }) = &answer {
            let rest = retry_after.unwrap_or(REST).min(REST_MAX);
            *self.rests_until() = Some(Instant::now() + rest);
        }
        let mut hits = answer?;
        hits.truncate(rules.hits_max);
        for hit in &mut hits {
            hit.engines = vec![engine()];
        }
        Ok(hits)
    }

    fn rests_for(&self) -> Option<Duration> {
        let until = (*self.rests_until())?;
        Some(until.saturating_duration_since(Instant::now())).filter(|left| !left.is_zero())
    }

    fn rests_until(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        // Nothing can panic while the lock is held; a poisoned one is still whole.
        self.rests_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn made(config: &EngineConfig, workshop: &Workshop) -> Result<Arc<dyn Search>, EngineError> {
    Ok(match config {
        EngineConfig::Searxng(config) => Arc::new(Searxng::new(config, workshop)?),
        EngineConfig::Brave(config) => Arc::new(Brave::new(config, workshop)?),
        EngineConfig::Tavily(config) => Arc::new(Tavily::new(config, workshop)?),
        EngineConfig::Mediawiki(config) => Arc::new(MediaWiki::new(config, workshop)?),
        EngineConfig::Arxiv(config) => Arc::new(Arxiv::new(config, workshop)?),
        EngineConfig::Crossref(config) => Arc::new(Crossref::new(config, workshop)?),
        EngineConfig::Feed(config) => Arc::new(Feed::new(config, workshop)?),
        EngineConfig::Sitemap(config) => Arc::new(Sitemap::new(config, workshop)?),
        EngineConfig::Folder(config) => Arc::new(Folder::new(config)),
        EngineConfig::Mcp(config) => Arc::new(Mcp::new(config, workshop)?),
    })
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use chrono::NaiveDate;

    use super::*;

    /// An engine that gives the same for ever.
    #[derive(Debug)]
    struct Fixed {
        name: &'static str,
        give: fn() -> Result<Vec<Hit>, SearchError>,
        asked: Mutex<usize>,
    }

    #[async_trait]
    impl Search for Fixed {
        fn name(&self) -> &str {
            self.name
        }

        async fn search(&self, _: &SearchQuery, _: usize) -> Result<Vec<Hit>, SearchError> {
            *self.asked.lock().unwrap() += 1;
            match self.name {
                "silent" => std::future::pending().await,
                _ => (self.give)(),
            }
        }
    }

    fn fixed(name: &'static str, give: fn() -> Result<Vec<Hit>, SearchError>) -> Arc<Fixed> {
        Arc::new(Fixed { name, give, asked: Mutex::new(0) })
    }

    fn hits(urls: &[&str]) -> Vec<Hit> {
        urls.iter().map(|&url| Hit { url: url.to_owned(), ..Hit::default() }).collect()
    }

    fn engines(engines: Vec<Arc<Fixed>>, config: &SearchConfig) -> Engines {
        let engines = engines.into_iter().map(|engine| engine as Arc<dyn Search>).collect();
        Engines::of(engines, config, &FetchConfig::default()).unwrap()
    }

    fn urls(findings: &Findings) -> Vec<&str> {
        findings.hits.iter().map(|hit| hit.url.as_str()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn one_engine_that_fails_takes_nothing_from_the_others() {
        let all = vec![
            fixed("good", || Ok(hits(&["https://e.org/a", "https://e.org/b"]))),
            fixed("silent", || Ok(vec![])),
            fixed("broken", || {
                Err(SearchError::Status {
                    engine: "broken".into(),
                    status: 500,
                    said: String::new(),
                })
            }),
        ];
        let findings =
            engines(all, &SearchConfig::default()).search(&SearchQuery::new("x"), 10).await;
        assert_eq!(urls(&findings), ["https://e.org/a", "https://e.org/b"]);
        assert_eq!(findings.hits[0].engines, ["good"]);
        let codes: Vec<_> = findings.failed.iter().map(SearchError::code).collect();
        assert_eq!(codes, ["GLY0445", "GLY0447"]);
    }

    #[tokio::test]
    async fn hits_stay_within_domains_guard_and_time() {
        fn given() -> Result<Vec<Hit>, SearchError> {
            let mut all = hits(&[
                "https://good.org/new",
                "https://good.org/old",
                "https://bad.good.org/",
                "https://other.org/",
                "http://10.0.0.1/",
                "http://localhost/",
                "file:///etc/passwd",
                "notes/a.md",
            ]);
            all[0].published = NaiveDate::from_ymd_opt(2026, 1, 1);
            all[1].published = NaiveDate::from_ymd_opt(2020, 1, 1);
            Ok(all)
        }
        let config = SearchConfig {
            domains: Domains { allow: vec![], block: vec!["bad.good.org".into()] },
            ..SearchConfig::default()
        };
        let all = engines(vec![fixed("e", given)], &config);
        let query = SearchQuery {
            domains: Domains { allow: vec!["good.org".into()], block: vec![] },
            newer_than: NaiveDate::from_ymd_opt(2025, 1, 1),
            ..SearchQuery::new("x")
        };
        let findings = all.search(&query, 10).await;
        assert_eq!((urls(&findings), findings.dropped), (vec!["https://good.org/new"], 7));
        assert_eq!(all.search(&SearchQuery::new("x"), 2).await.hits.len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn an_engine_that_asks_for_it_is_left_alone() {
        let busy = fixed("busy", || {
            let retry_after = Some(Duration::from_secs(30));
            Err(SearchError::Limited { engine: "busy".into(), retry_after })
        });
        let all = engines(vec![Arc::clone(&busy)], &SearchConfig::default());
        for (step, asked) in [(0, 1), (10, 1), (19, 1), (2, 2)] {
            tokio::time::advance(Duration::from_secs(step)).await;
            let findings = all.search(&SearchQuery::new("x"), 10).await;
            assert!(matches!(findings.failed[0], SearchError::Limited { .. }));
            assert_eq!(*busy.asked.lock().unwrap(), asked);
        }
    }
}
