//! The corpora that are ready to be searched: built once, shared by all sections that read them.
//!
//! Sections of one goal run at the same time and read the same corpus. A corpus is content-addressed, so
//! what was built for one digest is right for ever; only its memory is bounded.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use futures::{StreamExt as _, TryStreamExt as _};
use galley_agents_sdk::Context;
use galley_agents_web::suspicion::hides_orders;
use galley_schemas::artifact::{ArtifactRef, Digest};
use galley_schemas::content::{Corpus, Source};
use galley_schemas::fault::Fault;
use tokio::sync::OnceCell;

use crate::config::Config;
use crate::rules::shelf::{Book, Original, Shelf};

/// Up to this size in bytes, originals are read in parallel.
const SMALL_BYTES_MAX: u64 = 1024 * 1024;

type Cell = Arc<OnceCell<Arc<Shelf>>>;

/// The shelves that were used last.
#[derive(Debug, Default)]
pub(crate) struct Shelves {
    cells: Mutex<VecDeque<(Digest, Cell)>>,
}

impl Shelves {
    /// The shelf of a corpus: at once when it is there, else built; whoever else wants it waits.
    pub(crate) async fn get(
        &self,
        ctx: &Context,
        corpus: &ArtifactRef,
        config: &Config,
    ) -> Result<Arc<Shelf>, Fault> {
        let cell = self.cell(&corpus.sha256, config.shelves_max.max(1));
        cell.get_or_try_init(|| build(ctx, corpus, config)).await.cloned()
    }

    /// The cell of a corpus, now the one used last.
    fn cell(&self, corpus: &Digest, most: usize) -> Cell {
        // Nothing can panic while the lock is held; a poisoned one is still whole.
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        let place = cells.iter().position(|(digest, _)| digest == corpus);
        let entry = place.and_then(|place| cells.remove(place));
        let entry = entry.unwrap_or_else(|| (corpus.clone(), Cell::default()));
        let cell = Arc::clone(&entry.1);
        cells.push_front(entry);
        cells.truncate(most);
        cell
    }
}

async fn build(ctx: &Context, corpus: &ArtifactRef, config: &Config) -> Result<Arc<Shelf>, Fault> {
    let corpus: Corpus = ctx.get(corpus).await?;
    let sources = within(corpus.sources, config.corpus_bytes_max);
    ctx.progress(format!("reading {} documents", sources.len()));
    let books = read_all(ctx, sources, config).await?;
    let shelf = aside(move || Shelf::new(books)).await?;
    compared(ctx, shelf, 0, config).await
}

/// A shelf with more documents on it.
pub(crate) async fn extended(
    ctx: &Context,
    shelf: &Arc<Shelf>,
    sources: Vec<Source>,
    config: &Config,
) -> Result<Arc<Shelf>, Fault> {
    let (old, from) = (Arc::clone(shelf), shelf.books.len());
    let books = read_all(ctx, sources, config).await?;
    let shelf = aside(move || old.extended(books)).await?;
    compared(ctx, shelf, from, config).await
}

async fn read_all(
    ctx: &Context,
    sources: Vec<Source>,
    config: &Config,
) -> Result<Vec<Book>, Fault> {
    futures::stream::iter(sources)
        .map(|source| read(ctx, source))
        .buffered(config.reads_max.max(1))
        .try_collect()
        .await
}

/// A shelf whose documents, from one on, were compared with their originals.
async fn compared(
    ctx: &Context,
    mut shelf: Shelf,
    from: usize,
    config: &Config,
) -> Result<Arc<Shelf>, Fault> {
    // Small originals in parallel; large ones one by one, so that memory does not grow with their number.
    let readable = |source: &Source| Original::is_readable(&source.original.media_type);
    let originals = shelf.books.iter().map(|book| &book.source).enumerate().skip(from);
    let originals = originals.filter(|(_, source)| readable(source));
    let originals = originals.map(|(book, source)| (book, source.original.clone()));
    let (small, large): (Vec<_>, Vec<_>) =
        originals.partition(|(_, original)| original.bytes <= SMALL_BYTES_MAX);
    for (originals, at_once) in [(small, config.reads_max.max(1)), (large, 1)] {
        let mut read = futures::stream::iter(originals)
            .map(|(book, original)| async move {
                let bytes = ctx.get_bytes(&original).await?;
                Ok::<_, Fault>((book, original.media_type, bytes))
            })
            .buffered(at_once);
        while let Some((book, media_type, bytes)) = read.try_next().await? {
            shelf = aside(move || {
                shelf.compare(book, &Original::of(&media_type, &bytes));
                // What its text shows was looked at; this is for what it does not show.
                if !shelf.suspicious.contains_key(&book) && hides_orders(&bytes) {
                    shelf.note_hidden_orders(book);
                }
                shelf
            })
            .await?;
        }
    }
    Ok(Arc::new(shelf))
}

/// Splitting, indexing and comparing take a while; other tasks go on meanwhile.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        Fault::transient("GLY0601", "indexing the corpus was broken off").because(&error)
    })
}

/// The documents, in order, as long as their texts stay within a bound.
fn within(sources: Vec<Source>, bytes_max: u64) -> Vec<Source> {
    let mut bytes = 0_u64;
    let fits = |source: &Source| {
        bytes = bytes.saturating_add(source.text.bytes);
        bytes <= bytes_max
    };
    sources.into_iter().take_while(fits).collect()
}

async fn read(ctx: &Context, source: Source) -> Result<Book, Fault> {
    let bytes = ctx.get_bytes(&source.text).await?;
    match String::from_utf8(bytes.into()) {
        Ok(text) => Ok(Book { source, text }),
        Err(error) => {
            let message = format!("the text of {} is not UTF-8", source.locator);
            Err(Fault::permanent("GLY0600", message).because(&error))
        }
    }
}
