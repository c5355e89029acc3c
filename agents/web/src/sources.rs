//! From what a submitter names to documents: folders, pages, feeds, sitemaps, samples.
//!
//! Two steps, so that a caller can count, read many at a time and hold few: [`Reader::find`] lists
//! what a source holds, [`Reader::read`] reads one of them. What cannot be used is never dropped in
//! silence: it comes back as a [`Skipped`] with a code and a reason.

mod feed;
mod folder;
pub(crate) mod sitemap;

pub(crate) use feed::parse as parse_feed;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use galley_schemas::content::{Skipped, SourceSpec};
use tokio::sync::Semaphore;
use url::Url;

use crate::config::SourcesConfig;
use crate::extract::{ExtractError, extract_apart};
use crate::port::{Document, Fetch, FetchError, Fetched, RawDocument};
use crate::search::Hit;

/// A document that comes with the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// Its file name: `chatbots.md`.
    pub name: String,
    /// Its bytes.
    pub bytes: Bytes,
}

/// Something that a source holds and that can be read.
#[derive(Debug, Clone)]
pub struct Found {
    locator: String,
    place: Place,
}

#[derive(Debug, Clone)]
enum Place {
    File {
        root: PathBuf,
        path: PathBuf,
        bytes: u64,
        changed: Option<SystemTime>,
    },
    /// A page to fetch; when that fails, the text that a feed gave for it.
    Page {
        spare: Option<String>,
    },
    /// What was fetched already.
    Here(RawDocument),
}

impl Found {
    /// Where it was found: an address, or a path relative to its folder.
    #[must_use]
    pub fn locator(&self) -> &str {
        &self.locator
    }

    /// By what a later version of it is told from this one.
    pub(crate) fn edition(&self) -> String {
        match &self.place {
            Place::File { bytes, changed, .. } => format!("{bytes} {changed:?}"),
            Place::Page { .. } => String::new(),
            Place::Here(raw) => raw.bytes.len().to_string(),
        }
    }

    /// How many bytes it has; none when nobody knows before it is fetched.
    #[must_use]
    pub fn bytes(&self) -> Option<u64> {
        match &self.place {
            Place::File { bytes, .. } => Some(*bytes),
            Place::Page { .. } => None,
            Place::Here(raw) => u64::try_from(raw.bytes.len()).ok(),
        }
    }
}

impl From<Hit> for Found {
    /// What a search engine found: the document that it gave, or a page to fetch.
    fn from(hit: Hit) -> Self {
        let place = hit.document.map_or(Place::Page { spare: None }, Place::Here);
        Self { locator: hit.url, place }
    }
}

/// A document that was read: as it came, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// As it came.
    pub raw: RawDocument,
    /// Its text and what is known about it.
    pub document: Document,
}

/// Reads sources.
#[derive(Debug, Clone)]
pub struct Reader {
    config: SourcesConfig,
    samples: Arc<[Sample]>,
    /// Places for parsers: one a core, so that the time a document may take is its own.
    parsers: Arc<Semaphore>,
}

impl Reader {
    /// A reader with its bounds and with the samples that come with the program.
    #[must_use]
    pub fn new(config: SourcesConfig, samples: Vec<Sample>) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { config, samples: samples.into(), parsers: Arc::new(Semaphore::new(cores)) }
    }

    /// Lists what a source holds, in a stable order.
    pub async fn find(&self, spec: &SourceSpec, web: &dyn Fetch) -> Vec<Result<Found, Skipped>> {
        match spec {
            SourceSpec::Folder { path } => folder::find(path.into(), self.config.clone()).await,
            SourceSpec::Url { url } | SourceSpec::Feed { url } => {
                let must_be_feed = matches!(spec, SourceSpec::Feed { .. });
                match web.get(url).await {
                    Ok(page) => match feed::find(&page, web, self.config.entries_max).await {
                        Some(entries) => entries,
                        None if must_be_feed => {
                            vec![Err(skipped(url, "GLY0414", "it is no feed that can be read"))]
                        }
                        None => vec![Ok(here(page))],
                    },
                    Err(error) => vec![Err(not_fetched(url, &error))],
                }
            }
            SourceSpec::Samples => {
                self.samples.iter().map(|sample| Ok(of_sample(sample))).collect()
            }
        }
    }

    /// Reads a document and takes its text out.
    ///
    /// # Errors
    /// A [`Skipped`] that says why the document cannot be used.
    pub async fn read(&self, found: Found, web: &dyn Fetch) -> Result<Read, Skipped> {
        let Found { locator, place } = found;
        match place {
            Place::Here(raw) => self.extracted(raw).await,
            Place::File { root, path, bytes: _, changed: _ } => {
                let raw = folder::read(root, path, &locator, self.config.extract.bytes_max).await?;
                self.extracted(raw).await
            }
            Place::Page { spare } => {
                let spare = spare.map(|html| spare_document(&locator, html));
                let fetched = match web.get(&locator).await {
                    Ok(page) => self.extracted(of_page(page)).await,
                    Err(error) => Err(not_fetched(&locator, &error)),
                };
                match (fetched, spare) {
                    // What the page itself failed with says more than what its stand-in did.
                    (Err(reason), Some(raw)) => self.extracted(raw).await.or(Err(reason)),
                    (outcome, _) => outcome,
                }
            }
        }
    }

    async fn extracted(&self, raw: RawDocument) -> Result<Read, Skipped> {
        // A parser that is over its time gives its place back although it still runs.
        let _place = self.parsers.acquire().await;
        match extract_apart(raw.clone(), self.config.extract.clone()).await {
            Ok(document) => Ok(Read { raw, document }),
            Err(error) => Err(not_extracted(&raw.locator, &error)),
        }
    }
}

fn of_sample(sample: &Sample) -> Found {
    let media_type = crate::extract::media::type_of_name(&sample.name).unwrap_or("text/plain");
    let locator = format!("samples/{}", sample.name);
    let raw = RawDocument {
        locator: locator.clone(),
        url: None,
        media_type: media_type.to_owned(),
        charset: None,
        bytes: sample.bytes.clone(),
    };
    Found { locator, place: Place::Here(raw) }
}

fn here(page: Fetched) -> Found {
    Found { locator: page.url.clone(), place: Place::Here(of_page(page)) }
}

fn of_page(page: Fetched) -> RawDocument {
    RawDocument {
        locator: page.url.clone(),
        url: Some(page.url),
        media_type: page.media_type,
        charset: page.charset,
        bytes: page.body,
    }
}

/// The text that a feed gave for an entry, as a document.
fn spare_document(url: &str, html: String) -> RawDocument {
    RawDocument {
        locator: url.to_owned(),
        url: Some(url.to_owned()),
        media_type: "text/html".into(),
        charset: None,
        bytes: html.into(),
    }
}

fn skipped(locator: &str, code: &str, reason: impl Into<String>) -> Skipped {
    Skipped { locator: locator.to_owned(), code: code.to_owned(), reason: reason.into() }
}

fn not_extracted(locator: &str, error: &ExtractError) -> Skipped {
    skipped(locator, error.code(), with_causes(error))
}

/// The address stands in the [`Skipped`] already; only where a redirect led is worth saying.
fn not_fetched(url: &str, error: &FetchError) -> Skipped {
    let reason = with_causes(error);
    let reason = match reason.strip_prefix(url) {
        Some(rest) => format!("it{rest}"),
        None => reason,
    };
    skipped(url, error.code(), reason)
}

/// An error and its causes in one sentence.
fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let chain = std::iter::successors(Some(error), |e| e.source()).take(4);
    let texts: Vec<String> = chain.map(ToString::to_string).collect();
    texts.join(": ").chars().take(300).collect()
}

/// An address without what does not change the page: fragment, tracking parameters, a closing
/// slash. Two addresses that fold to the same are one page.
#[must_use]
pub fn fold_address(address: &str) -> String {
    const TRACKING: [&str; 6] = ["fbclid", "gclid", "mc_cid", "mc_eid", "igshid", "ref_src"];
    let Ok(mut url) = Url::parse(address) else { return address.to_owned() };
    url.set_fragment(None);
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| !name.starts_with("utm_") && !TRACKING.contains(&name.as_ref()))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    url.set_query(None);
    if !kept.is_empty() {
        url.query_pairs_mut().extend_pairs(kept);
    }
    let folded = url.to_string();
    folded.strip_suffix('/').map_or(folded.clone(), str::to_owned)
}

#[cfg(test)]
mod tests;
