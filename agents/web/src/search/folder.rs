//! A folder of documents as an engine: Markdown, HTML, text, PDF and Word, searched by their text. A
//! hit brings its document along.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use galley_schemas::content::{Skipped, SourceSpec};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use super::config::FolderConfig;
use super::error::SearchError;
use super::rank::{self, Words};
use super::{Hit, Search, SearchQuery, hits};
use crate::config::{ExtractConfig, SourcesConfig};
use crate::port::{Document, Fetch, FetchError, Fetched};
use crate::sources::{Found, Read, Reader};

/// How much of each text is kept to show the paragraph that was asked for, in bytes.
const SHOWN_BYTES_MAX: usize = 32 * 1024;

/// A folder.
///
/// It is listed for every search; what is new or has changed is read, once, also when the search that
/// began it is over its time.
#[derive(Debug)]
pub(super) struct Folder {
    engine: String,
    path: PathBuf,
    reader: Arc<Reader>,
    shelf: Mutex<Shelf>,
}

#[derive(Debug, Default)]
struct Shelf {
    books: Arc<BTreeMap<String, Book>>,
    /// A reading that is under way.
    reading: Option<JoinHandle<BTreeMap<String, Book>>>,
}

/// A document that was read, or could not be.
#[derive(Debug, Clone)]
struct Book {
    /// What it was read at.
    edition: String,
    read: Option<Arc<Kept>>,
}

#[derive(Debug)]
struct Kept {
    found: Found,
    about: Document,
    words: Words,
}

impl Folder {
    pub(super) fn new(config: &FolderConfig) -> Self {
        let sources = SourcesConfig {
            roots: vec![config.path.clone()],
            documents_max: config.documents_max,
            extract: ExtractConfig::default(),
            ..SourcesConfig::default()
        };
        Self {
            engine: format!("folder ({})", config.path.display()),
            path: config.path.clone(),
            reader: Arc::new(Reader::new(sources, Vec::new())),
            shelf: Mutex::default(),
        }
    }

    /// The documents as they are now.
    async fn books(&self) -> Result<Arc<BTreeMap<String, Book>>, SearchError> {
        let spec = SourceSpec::Folder { path: self.path.display().to_string() };
        let listed = self.reader.find(&spec, &Nowhere).await;
        if let [Err(Skipped { reason, .. })] = listed.as_slice() {
            let (engine, what) = (self.engine.clone(), reason.clone());
            return Err(SearchError::Malformed { engine, what });
        }
        let found: Vec<Found> = listed.into_iter().flatten().collect();
        let mut shelf = self.shelf.lock().await;
        self.finish(&mut shelf).await;
        let is_known = |found: &Found| {
            let book = shelf.books.get(found.locator());
            book.is_some_and(|book| book.edition == found.edition())
        };
        if found.len() != shelf.books.len() || !found.iter().all(is_known) {
            let (reader, before) = (Arc::clone(&self.reader), Arc::clone(&shelf.books));
            shelf.reading = Some(read(reader, before, found));
            self.finish(&mut shelf).await;
        }
        Ok(Arc::clone(&shelf.books))
    }

    /// Waits for a reading that is under way. When the wait is broken off, the next search goes on with
    /// it.
    async fn finish(&self, shelf: &mut Shelf) {
        if let Some(reading) = &mut shelf.reading {
            let books = reading.await;
            shelf.reading = None;
            // A reading that broke off is begun anew, because its books are not there.
            shelf.books = books.map_or_else(|_| Arc::clone(&shelf.books), Arc::new);
        }
    }
}

/// Reads what is new, on a thread where it hurts nobody.
fn read(
    reader: Arc<Reader>,
    before: Arc<BTreeMap<String, Book>>,
    found: Vec<Found>,
) -> JoinHandle<BTreeMap<String, Book>> {
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || {
        let books = found.into_iter().map(|found| {
            let (locator, edition) = (found.locator().to_owned(), found.edition());
            let known = before.get(&locator).filter(|book| book.edition == edition);
            let book = known.cloned().unwrap_or_else(|| {
                let outcome = runtime.block_on(reader.read(found.clone(), &Nowhere));
                Book { edition, read: outcome.ok().map(|read| Arc::new(kept(found, read))) }
            });
            (locator, book)
        });
        books.collect()
    })
}

fn kept(found: Found, read: Read) -> Kept {
    let mut about = read.document;
    let words = Words::of(&format!("{} {} {}", about.title, about.title, about.text));
    about.text.truncate(about.text.floor_char_boundary(SHOWN_BYTES_MAX));
    about.headings.clear();
    Kept { found, about, words }
}

#[async_trait]
impl Search for Folder {
    fn name(&self) -> &str {
        &self.engine
    }

    async fn search(&self, query: &SearchQuery, limit: usize) -> Result<Vec<Hit>, SearchError> {
        let books = self.books().await?;
        let all: Vec<&Arc<Kept>> = books.values().filter_map(|book| book.read.as_ref()).collect();
        let words: Vec<&Words> = all.iter().map(|kept| &kept.words).collect();
        let best = rank::best(&words, &query.text).into_iter().take(limit);
        let mut found = Vec::new();
        for kept in best.filter_map(|place| all.get(place)) {
            // The bytes are read again: so many are not kept. A file that is gone by now is no hit.
            if let Ok(Read { raw, .. }) = self.reader.read(kept.found.clone(), &Nowhere).await {
                let Document { title, author, publisher, published, text, .. } = &kept.about;
                let shown = rank::paragraph(text, &query.text).to_owned();
                found.push(Hit {
                    published: *published,
                    author: author.clone(),
                    publisher: publisher.clone(),
                    document: Some(raw),
                    ..hits::hit(kept.found.locator(), Some(title.clone()), Some(shown))
                });
            }
        }
        Ok(found)
    }
}

/// A folder leads to no page.
#[derive(Debug)]
struct Nowhere;

#[async_trait]
impl Fetch for Nowhere {
    async fn get(&self, url: &str) -> Result<Fetched, FetchError> {
        let reason = "a folder leads to no page".to_owned();
        Err(FetchError::Forbidden { url: url.to_owned(), reason })
    }
}
