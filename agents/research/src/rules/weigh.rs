//! What is to be thought of a source: where it comes from, how far it is relied on, and why.
//!
//! A rule of thumb, and shown as one: each reason is told beside the number, so that an editor can
//! disagree with it.

use std::collections::{BTreeMap, BTreeSet};

use galley_schemas::content::{Claim, ClaimKind, Source};

/// What a source is relied on before anything is known of it.
const UNKNOWN: f64 = 0.5;
/// Fewer words are little to go by.
const SHORT_WORDS: u32 = 150;

/// How far a source is relied on, 0 to 1, and why.
#[must_use]
pub fn reliability(source: &Source, suspicious: usize) -> (f64, Vec<String>) {
    let origin = origin(source);
    let mut points: Vec<(f64, String)> = Vec::new();
    match &source.url {
        None => points.push((0.15, "a document that was given".to_owned())),
        Some(_) if is_public_body(&origin) => {
            points.push((0.2, "a public body or university".to_owned()));
        }
        Some(_) if OPEN_TO_ALL.contains(&origin.as_str()) => {
            points.push((-0.2, "anybody may write there".to_owned()));
        }
        Some(url) if url.starts_with("http:") => {
            points.push((-0.05, "not delivered securely".to_owned()));
        }
        Some(_) => {}
    }
    points.push(match source.published {
        Some(date) => (0.1, format!("dated {date}")),
        None => (-0.1, "no date".to_owned()),
    });
    points.push(match &source.author {
        Some(_) => (0.1, "an author is named".to_owned()),
        None => (-0.05, "no author".to_owned()),
    });
    if source.publisher.is_some() {
        points.push((0.05, "a publisher is named".to_owned()));
    }
    if source.words > 0 && source.words < SHORT_WORDS {
        points.push((-0.05, "short".to_owned()));
    }
    if suspicious > 0 {
        points.push((-0.4, "parts of it are written for machines".to_owned()));
    }
    let sum = points.iter().map(|(point, _)| point).sum::<f64>();
    let hundredths = ((UNKNOWN + sum).clamp(0.0, 1.0) * 100.0).round() / 100.0;
    (hundredths, points.into_iter().map(|(_, because)| because).collect())
}

/// Who vouches for a source: the domain that its address was registered under; for a file, its
/// publisher or its name.
#[must_use]
pub fn origin(source: &Source) -> String {
    let host = source.url.as_deref().and_then(host_of);
    host.map(|host| registered(&host)).unwrap_or_else(|| {
        source.publisher.clone().unwrap_or_else(|| source.locator.clone()).to_lowercase()
    })
}

/// The host of an address, in lower case.
#[must_use]
pub fn host_of(address: &str) -> Option<String> {
    let (_, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = if host.starts_with('[') {
        host.split(']').next()?.trim_start_matches('[')
    } else {
        host.split(':').next()?
    };
    let host = host.trim_end_matches('.').to_lowercase();
    (!host.is_empty()).then_some(host)
}

/// The domain that a host was registered under, without a list of all suffixes: the last two labels,
/// three where the last but one is a sort of body under a country (`co.uk`, `gov.au`).
fn registered(host: &str) -> String {
    const BODIES: [&str; 13] =
        ["co", "com", "org", "net", "gov", "ac", "edu", "gob", "gouv", "or", "ne", "go", "mil"];
    let labels: Vec<&str> = host.split('.').collect();
    if host.parse::<std::net::IpAddr>().is_ok() {
        return host.to_owned();
    }
    let keep = match labels.as_slice() {
        [.., body, country] if country.len() == 2 && BODIES.contains(body) => 3,
        _ => 2,
    };
    labels.get(labels.len().saturating_sub(keep)..).unwrap_or(&labels).join(".")
}

/// Ids of the claims that should stand on two independent origins and stand on one: figures and
/// definitions, which an article leans on.
#[must_use]
pub fn lone(claims: &[Claim], sources: &[Source]) -> Vec<String> {
    let origins: BTreeMap<_, String> =
        sources.iter().map(|source| (&source.id, origin(source))).collect();
    let independent = |claim: &Claim| {
        let quotes = std::iter::once(&claim.quote).chain(&claim.also_in);
        quotes.filter_map(|quote| origins.get(&quote.source)).collect::<BTreeSet<_>>().len()
    };
    claims
        .iter()
        .filter(|claim| matches!(claim.kind, ClaimKind::Figure | ClaimKind::Definition))
        .filter(|claim| independent(claim) < 2)
        .map(|claim| claim.id.clone())
        .collect()
}

fn is_public_body(origin: &str) -> bool {
    let labels: Vec<&str> = origin.split('.').collect();
    let is_body =
        |label: &str| matches!(label, "gov" | "edu" | "ac" | "int" | "mil" | "gouv" | "gob");
    labels.len() > 1 && labels.iter().skip(1).any(|label| is_body(label))
        || matches!(origin, "europa.eu" | "admin.ch" | "bund.de")
}

const OPEN_TO_ALL: [&str; 16] = [
    "reddit.com",
    "quora.com",
    "medium.com",
    "blogspot.com",
    "wordpress.com",
    "tumblr.com",
    "facebook.com",
    "twitter.com",
    "x.com",
    "tiktok.com",
    "youtube.com",
    "pinterest.com",
    "substack.com",
    "linkedin.com",
    "fandom.com",
    "stackexchange.com",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::fixtures::book;

    fn at(url: &str) -> Source {
        Source { url: Some(url.to_owned()), ..book("T", "x").source }
    }

    #[test]
    fn an_origin_is_the_domain_that_was_registered() {
        for (url, want) in [
            ("https://en.wikipedia.org/wiki/Tea", "wikipedia.org"),
            ("https://www.bbc.co.uk/news?x=https://e.org", "bbc.co.uk"),
            ("http://user@Blog.Example.COM:8080/a", "example.com"),
            ("http://127.0.0.1:8080/a", "127.0.0.1"),
            ("https://localhost/", "localhost"),
        ] {
            assert_eq!(origin(&at(url)), want, "{url}");
        }
        assert_eq!(origin(&book("Tea", "x").source), "tea.md");
    }

    #[test]
    fn each_reason_moves_the_number_and_is_told() {
        let of = |source: &Source| reliability(source, 0).0;
        let (official, forum) =
            (at("https://www.census.gov/a"), at("https://www.reddit.com/r/tea"));
        assert!(
            of(&official) > of(&at("https://example.org/"))
                && of(&at("https://example.org/")) > of(&forum)
        );
        let (trusted, _) = reliability(&official, 0);
        let (doubted, because) = reliability(&official, 2);
        assert!(doubted < trusted && because.iter().any(|reason| reason.contains("machines")));
    }
}
