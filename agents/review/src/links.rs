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

use futures::{StreamExt as _, stream};
use galley_agents_web::{Fetch, FetchError};
use galley_schemas::content::Article;

use crate::config::LinkConfig;
use crate::rules::links::{Link, Links, linked};

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
    let within = Duration::from_secs(config.within_secs);
    let hosts = by_host.into_values().map(|urls| of_host(urls, within, web));
    let asked: Vec<Vec<(String, Asked)>> =
        stream::iter(hosts).buffer_unordered(config.hosts_at_once.max(1)).collect().await;
    links.extend(judge(asked.concat()));
    links
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

/// The addresses of one host, one after another, until the time is over.
async fn of_host(urls: Vec<String>, within: Duration, web: &dyn Fetch) -> Vec<(String, Asked)> {
    let until = tokio::time::Instant::now() + within;
    let mut found = Vec::with_capacity(urls.len());
    let mut is_away = false;
    for url in urls {
        let asked = if is_away {
            Asked::Away
        } else {
            let answer = tokio::time::timeout_at(until, ask(&url, web)).await;
            answer.unwrap_or(Asked::Silent("no answer in time"))
        };
        is_away = asked == Asked::Away;
        found.push((url, asked));
    }
    found
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

    #[test]
    fn hosts_are_told_apart() {
        assert_eq!(host("https://a.example:8080/x?y#z"), "a.example:8080");
        assert_eq!(host("a.example"), "a.example");
    }
}
