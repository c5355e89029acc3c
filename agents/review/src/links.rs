//! Asks whether the article's links answer, through the guarded fetcher.
//!
//! It happens here and not where text is written, because only the addresses that will be printed
//! matter. Where this process has no way out (a folder of documents on a laptop without network, a
//! deployment that closes review's egress), nothing can be told, and that is said, not guessed.
//!
//! Bounds: addresses, addresses at a time, and time in all. What was fetched for this goal counts as
//! alive and is not asked again; once a host cannot be reached, its other addresses are not tried.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::{Stream, StreamExt as _, stream};
use galley_agents_web::{Fetch, FetchError};
use galley_schemas::content::Article;
use tokio::time::Instant;

use crate::config::LinkConfig;
use crate::rules::links::{Link, Links, linked};

/// When nobody has answered for so long, it is this machine that is cut off: no more time is lost on it.
const QUIET: Duration = Duration::from_secs(3);

/// What is known of every address that the article would link to.
pub(crate) async fn examine(article: &Article, web: &dyn Fetch, config: &LinkConfig) -> Links {
    let read: BTreeSet<&str> = article
        .sources
        .iter()
        .filter(|source| source.url.as_deref() == Some(source.locator.as_str()))
        .map(|source| source.locator.as_str())
        .collect();
    let (known, asked): (Vec<&str>, Vec<&str>) =
        linked(article).into_iter().partition(|url| read.contains(url));
    let mut links: Links = known.into_iter().map(|url| (url.to_owned(), Link::Alive)).collect();
    let (asked, left) = asked.split_at(asked.len().min(config.addresses_max));
    links.extend(left.iter().map(|url| ((*url).to_owned(), unknown("there are too many"))));
    if !config.check {
        links.extend(asked.iter().map(|url| ((*url).to_owned(), unknown("it is switched off"))));
        return links;
    }
    let mut by_host: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for url in asked {
        by_host.entry(host(url)).or_default().push((*url).to_owned());
    }
    let hosts = by_host.into_values().map(|urls| of_host(urls, web).boxed());
    let answers = stream::iter(hosts).flatten_unordered(config.hosts_at_once.max(1));
    let within = Duration::from_secs(config.within_secs);
    let mut found: BTreeMap<String, Asked> = heard(answers, within).await;
    let late = || Asked::Silent("no answer in time");
    let all = asked.iter().map(|url| ((*url).to_owned(), found.remove(*url).unwrap_or_else(late)));
    links.extend(judge(all.collect()));
    links
}

/// What is heard until the time is over, or until nobody at all has answered for [`QUIET`].
async fn heard(
    answers: impl Stream<Item = (String, Asked)>,
    within: Duration,
) -> BTreeMap<String, Asked> {
    let mut answers = std::pin::pin!(answers);
    let begun = Instant::now();
    let mut until = begun + within.min(QUIET);
    let mut found = BTreeMap::new();
    while let Ok(Some((url, asked))) = tokio::time::timeout_at(until, answers.next()).await {
        if matches!(asked, Asked::Alive | Asked::Gone(_)) {
            until = begun + within;
        }
        found.insert(url, asked);
    }
    found
}

/// What asking gave.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Asked {
    Alive,
    Gone(u16),
    /// The host cannot be reached at all.
    Away,
    Silent(&'static str),
}

/// The addresses of one host, one after another; once it cannot be reached, the rest are not tried.
fn of_host(urls: Vec<String>, web: &dyn Fetch) -> impl Stream<Item = (String, Asked)> + Send {
    stream::unfold((urls.into_iter(), false), move |(mut urls, is_away)| async move {
        let url = urls.next()?;
        let asked = if is_away { Asked::Away } else { ask(&url, web).await };
        let is_away = asked == Asked::Away;
        Some(((url, asked), (urls, is_away)))
    })
}

async fn ask(url: &str, web: &dyn Fetch) -> Asked {
    match web.get(url).await {
        // An answer that is too long is one.
        Ok(_) | Err(FetchError::TooLarge { .. }) => Asked::Alive,
        Err(FetchError::Status { status, .. }) if matches!(status, 404 | 410) => {
            Asked::Gone(status)
        }
        // Whoever asks for a login or a pause is there.
        Err(FetchError::Status { status, .. }) if status < 500 => Asked::Alive,
        Err(FetchError::Status { .. }) => Asked::Silent("its server has a fault"),
        Err(FetchError::Forbidden { .. }) => Asked::Silent("it may not be asked from here"),
        Err(FetchError::Timeout { .. }) => Asked::Silent("no answer in time"),
        Err(FetchError::Unreachable { .. }) => Asked::Away,
    }
}

/// A host that cannot be reached is dead only when another can: else it is this machine that is cut
/// off.
fn judge(asked: Vec<(String, Asked)>) -> Vec<(String, Link)> {
    let is_online = asked.iter().any(|(_, asked)| matches!(asked, Asked::Alive | Asked::Gone(_)));
    let link = |asked: Asked| match asked {
        Asked::Alive => Link::Alive,
        Asked::Gone(status) => Link::Dead { reason: format!("it answers {status}") },
        Asked::Away if is_online => Link::Dead { reason: "its host cannot be reached".to_owned() },
        Asked::Away => unknown("no host can be reached from here"),
        Asked::Silent(reason) => unknown(reason),
    };
    asked.into_iter().map(|(url, asked)| (url, link(asked))).collect()
}

fn unknown(reason: &str) -> Link {
    Link::Unknown { reason: reason.to_owned() }
}

/// The host of an address, as far as telling hosts apart goes.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use galley_agents_web::Fetched;

    use super::*;

    #[test]
    fn a_machine_without_network_calls_nothing_dead() {
        let asked = |urls: &[(&str, Asked)]| {
            judge(urls.iter().map(|(url, asked)| ((*url).to_owned(), asked.clone())).collect())
        };
        let offline = asked(&[("a", Asked::Away), ("b", Asked::Silent("x"))]);
        assert!(
            offline.iter().all(|(_, link)| matches!(link, Link::Unknown { .. })),
            "{offline:?}"
        );
        let online = asked(&[("a", Asked::Away), ("b", Asked::Alive), ("c", Asked::Gone(404))]);
        let dead: Vec<&str> = online
            .iter()
            .filter(|(_, link)| matches!(link, Link::Dead { .. }))
            .map(|(url, _)| url.as_str())
            .collect();
        assert_eq!(dead, ["a", "c"]);
    }

    /// Answers `gone` after ten seconds, `here` at once, and nothing else ever.
    #[derive(Debug)]
    struct Slow;

    #[async_trait]
    impl Fetch for Slow {
        async fn get(&self, url: &str) -> Result<Fetched, FetchError> {
            let wait = match url {
                "here" => Duration::ZERO,
                "gone" => Duration::from_secs(10),
                _ => std::future::pending().await,
            };
            tokio::time::sleep(wait).await;
            Err(FetchError::Status { url: url.to_owned(), status: 404 })
        }
    }

    #[tokio::test(start_paused = true)]
    async fn where_nobody_answers_no_time_is_lost() {
        let check = async |hosts: &[&[&str]], answers: usize, secs: u64| {
            let begun = Instant::now();
            let urls = |host: &&[&str]| host.iter().map(|url| (*url).to_owned()).collect();
            let asked = hosts.iter().map(urls).map(|urls| of_host(urls, &Slow).boxed());
            let asked = stream::iter(asked).flatten_unordered(8);
            let found = heard(asked, Duration::from_secs(15)).await;
            assert_eq!((found.len(), begun.elapsed().as_secs()), (answers, secs), "{hosts:?}");
        };
        check(&[&["never"], &["never as well", "here"]], 0, 3).await;
        check(&[&["gone"]], 0, 3).await;
        check(&[&["here", "gone"], &["never"]], 2, 15).await;
        check(&[&["here"], &["gone"]], 2, 10).await;
        check(&[], 0, 0).await;
    }

    #[test]
    fn hosts_are_told_apart() {
        assert_eq!(host("https://a.example:8080/x?y#z"), "a.example:8080");
        assert_eq!(host("a.example"), "a.example");
    }
}
