//! Manners: what each site's `robots.txt` asks for, how many requests it gets at a time, and how
//! fast.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use texting_robots::Robot;
use tokio::sync::{OnceCell, Semaphore, SemaphorePermit};
use tokio::time::Instant;
use url::Url;

use crate::config::FetchConfig;

/// Sites that are remembered; when there are more, all are forgotten and asked anew.
const SITES_MAX: usize = 2000;
/// How long a site's rules are believed.
const RULES_LAST: Duration = Duration::from_secs(3600);
/// The longest that a site is left alone because it asks for it.
const REST_MAX: Duration = Duration::from_secs(600);

/// Every site that was asked lately.
#[derive(Debug, Default)]
pub(super) struct Sites(Mutex<BTreeMap<String, Arc<Site>>>);

impl Sites {
    /// The site of an address: protocol, host and port.
    pub(super) fn of(&self, url: &Url, config: &FetchConfig) -> Arc<Site> {
        let mut sites = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if sites.len() >= SITES_MAX {
            sites.clear();
        }
        let key = url.origin().ascii_serialization();
        let now = Instant::now();
        match sites.get(&key) {
            Some(site) if now.duration_since(site.since) < RULES_LAST => Arc::clone(site),
            _ => {
                let site = Arc::new(Site::new(config, now));
                sites.insert(key, Arc::clone(&site));
                site
            }
        }
    }
}

/// One site.
#[derive(Debug)]
pub(super) struct Site {
    since: Instant,
    places: Semaphore,
    /// When the next request may start.
    next: Mutex<Instant>,
    /// Until when it is left alone, because it asked for it.
    rests_until: Mutex<Option<Instant>>,
    pause: Duration,
    pause_max: Duration,
    rules: OnceCell<Rules>,
}

/// What a site's `robots.txt` asks for.
#[derive(Debug)]
pub(super) enum Rules {
    /// It has none.
    None,
    /// It has some.
    Some(Robot),
}

impl Rules {
    /// Reads a `robots.txt` for a user agent. What cannot be read asks for nothing.
    pub(super) fn read(user_agent: &str, text: &[u8]) -> Self {
        let name = user_agent.split(['/', ' ']).next().unwrap_or(user_agent);
        Robot::new(name, text).map_or(Self::None, Self::Some)
    }

    /// Whether a page may be read.
    pub(super) fn allow(&self, url: &Url) -> bool {
        match self {
            Self::None => true,
            Self::Some(robot) => robot.allowed(url.as_str()),
        }
    }

    /// The pause between two requests that is asked for.
    fn pause(&self) -> Duration {
        let asked = match self {
            Self::None => None,
            Self::Some(robot) => robot.delay.filter(|delay| delay.is_finite() && *delay > 0.0),
        };
        asked.map_or(Duration::ZERO, |secs| Duration::from_secs_f32(secs.min(1e6)))
    }
}

impl Site {
    fn new(config: &FetchConfig, now: Instant) -> Self {
        Self {
            since: now,
            places: Semaphore::new(config.per_host_max.max(1)),
            next: Mutex::new(now),
            rests_until: Mutex::new(None),
            pause: Duration::from_millis(config.per_host_delay_ms),
            pause_max: Duration::from_millis(config.crawl_delay_ms_max),
            rules: OnceCell::new(),
        }
    }

    /// The rules, which are fetched once; a failure is not remembered.
    pub(super) async fn rules<E>(
        &self,
        fetch: impl Future<Output = Result<Rules, E>>,
    ) -> Result<&Rules, E> {
        self.rules.get_or_try_init(|| fetch).await
    }

    /// Leaves the site alone for a while.
    pub(super) fn rest(&self, wait: Duration) {
        let until = Instant::now() + wait.min(REST_MAX);
        *self.rests_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
    }

    /// Whether it is left alone now.
    pub(super) fn rests(&self) -> bool {
        let until = *self.rests_until.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| until > Instant::now())
    }

    /// Waits for a place and for the pause since the request before.
    pub(super) async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        let place = self.places.acquire().await.ok();
        let asked = self.rules.get().map_or(Duration::ZERO, Rules::pause).min(self.pause_max);
        let pause = asked.max(self.pause);
        let start = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let start = (*next).max(Instant::now());
            *next = start + pause;
            start
        };
        tokio::time::sleep_until(start).await;
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(robots: &str, path: &str) -> bool {
        let url = Url::parse("https://e.org/").unwrap().join(path).unwrap();
        Rules::read("galley/0.1 (reader)", robots.as_bytes()).allow(&url)
    }

    #[test]
    fn robots_rules_are_read_for_our_name() {
        let robots = "User-agent: *\nDisallow: /private\n\nUser-agent: Galley\nDisallow: /not-galley\nAllow: /";
        assert!(allows(robots, "/private"), "the group of our name counts alone");
        assert!(!allows(robots, "/not-galley/x"));
        assert!(!allows("User-agent: *\nDisallow: /", "/"));
        assert!(allows("", "/") && allows("<html>no robots</html>", "/"));
    }

    #[tokio::test(start_paused = true)]
    async fn requests_to_one_site_keep_their_distance() {
        let config = FetchConfig { per_host_delay_ms: 300, ..FetchConfig::default() };
        let sites = Sites::default();
        let site = sites.of(&Url::parse("https://e.org/a").unwrap(), &config);
        let began = Instant::now();
        for _ in 0..4 {
            drop(site.turn().await);
        }
        assert_eq!(began.elapsed().as_millis() / 300, 3);
        let elsewhere = sites.of(&Url::parse("http://e.org/a").unwrap(), &config);
        let began = Instant::now();
        drop(elsewhere.turn().await);
        assert!(began.elapsed() < Duration::from_millis(1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_site_may_ask_for_a_pause_within_reason() {
        let config = FetchConfig { per_host_delay_ms: 0, ..FetchConfig::default() };
        for (asked, pause) in [("1", 1000), ("3600", 10_000), ("-1", 0), ("nan", 0)] {
            let site = Site::new(&config, Instant::now());
            let robots = format!("User-agent: *\nCrawl-delay: {asked}\nDisallow:");
            let rules = async { Ok::<_, ()>(Rules::read("galley", robots.as_bytes())) };
            site.rules(rules).await.unwrap();
            let began = Instant::now();
            drop(site.turn().await);
            drop(site.turn().await);
            let waited = began.elapsed().as_millis();
            assert!((pause..pause + 5).contains(&waited), "{asked}: {waited}");
        }
    }
}
