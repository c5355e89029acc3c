//! Feeds (RSS, Atom, JSON Feed) and sitemaps: addresses of pages, each once.

use std::collections::BTreeSet;

use feed_rs::model::{Entry, Feed};
use galley_schemas::content::Skipped;

use super::sitemap::{self, Sitemap};
use super::{Found, Place, fold_address, skipped};
use crate::extract::html;
use crate::port::{Fetch, Fetched};

/// Sitemaps of a sitemap index that are read.
const SITEMAPS_MAX: usize = 5;
/// The longest feed that is read, in bytes.
const BYTES_MAX: usize = 10 * 1024 * 1024;

/// What a page lists when it is a feed or a sitemap; none when it is neither.
pub(super) async fn find(
    page: &Fetched,
    web: &dyn Fetch,
    entries_max: usize,
) -> Option<Vec<Result<Found, Skipped>>> {
    let listed = match kind(page)? {
        Kind::Sitemap => match sitemap::read(&page.body) {
            Ok(map) if map.is_index => parts(map, web).await,
            Ok(map) => map.places.into_iter().map(|place| (place.url, None)).collect(),
            Err(error) => return Some(vec![Err(skipped(&page.url, "GLY0414", error.to_string()))]),
        },
        Kind::Feed => match parse(&page.body, Some(&page.url)) {
            Ok(feed) => entries(feed),
            Err(reason) => return Some(vec![Err(skipped(&page.url, "GLY0414", reason))]),
        },
    };
    let mut seen = BTreeSet::new();
    let found: Vec<_> = listed
        .into_iter()
        .filter(|(url, _)| seen.insert(fold_address(url)))
        .take(entries_max)
        .map(|(url, spare)| Ok(Found { locator: url, place: Place::Page { spare } }))
        .collect();
    if found.is_empty() {
        return Some(vec![Err(skipped(
            &page.url,
            "GLY0414",
            "the feed has no entries with a link",
        ))]);
    }
    Some(found)
}

/// The pages of the first sitemaps of an index; one that is gone takes nothing from the others.
async fn parts(index: Sitemap, web: &dyn Fetch) -> Vec<(String, Option<String>)> {
    let mut all = Vec::new();
    for part in index.places.into_iter().take(SITEMAPS_MAX) {
        if let Ok(page) = web.get(&part.url).await
            && let Ok(map) = sitemap::read(&page.body)
            && !map.is_index
        {
            all.extend(map.places.into_iter().map(|place| (place.url, None)));
        }
    }
    all
}

enum Kind {
    Feed,
    Sitemap,
}

/// What a page is, by its type and its first words.
fn kind(page: &Fetched) -> Option<Kind> {
    let head = String::from_utf8_lossy(page.body.get(..page.body.len().min(2000))?).into_owned();
    let has = |mark: &str| head.contains(mark);
    // A packed sitemap; nothing else that is fetched is packed by itself.
    if page.body.starts_with(b"\x1f\x8b") {
        return Some(Kind::Sitemap);
    }
    match page.media_type.as_str() {
        "application/rss+xml" | "application/atom+xml" | "application/feed+json" => {
            Some(Kind::Feed)
        }
        "application/json" if has("https://jsonfeed.org/version/") => Some(Kind::Feed),
        "text/xml" | "application/xml" | "application/rdf+xml" | "text/plain" => {
            if has("<urlset") || has("<sitemapindex") {
                Some(Kind::Sitemap)
            } else if has("<rss") || has("<feed") || has("<rdf:RDF") {
                Some(Kind::Feed)
            } else {
                None
            }
        }
        _ => None,
    }
}

/// Reads a feed of any kind; `base` is what its relative addresses are relative to.
pub(crate) fn parse(body: &[u8], base: Option<&str>) -> Result<Feed, String> {
    if body.len() > BYTES_MAX {
        return Err(format!("the feed is larger than {BYTES_MAX} bytes"));
    }
    // The parser recurses; a tower of elements is no feed.
    html::check_nesting(&String::from_utf8_lossy(body)).map_err(|error| error.to_string())?;
    let parser = feed_rs::parser::Builder::new().base_uri(base).build();
    parser.parse(body).map_err(|error| format!("the feed cannot be read: {error}"))
}

/// The entries of a feed, each with its address and the text it carries. An entry that comes twice,
/// by its id, counts once.
fn entries(feed: Feed) -> Vec<(String, Option<String>)> {
    let mut seen = BTreeSet::new();
    feed.entries
        .into_iter()
        .filter(|entry| entry.id.is_empty() || seen.insert(entry.id.clone()))
        .filter_map(|entry| Some((address(&entry)?, text(entry))))
        .collect()
}

fn address(entry: &Entry) -> Option<String> {
    let is_page = |rel: Option<&str>| rel.is_none_or(|rel| rel == "alternate");
    let link = entry.links.iter().find(|link| is_page(link.rel.as_deref()))?;
    Some(link.href.trim().to_owned()).filter(|href| !href.is_empty())
}

/// The text of an entry as a small page, with its title and date.
fn text(entry: Entry) -> Option<String> {
    let content = entry.content.and_then(|content| content.body);
    let body = content.or_else(|| entry.summary.map(|summary| summary.content))?;
    let title = entry.title.map(|title| title.content).unwrap_or_default();
    let date = entry.published.or(entry.updated).map(|at| at.to_rfc3339()).unwrap_or_default();
    Some(format!(
        "<html><head><title>{}</title><meta name=\"date\" content=\"{date}\"></head>\
         <body><article>{body}</article></body></html>",
        escaped(&title)
    ))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
