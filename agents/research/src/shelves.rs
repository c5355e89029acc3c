//! The corpora that are ready to be searched: built once, shared by all sections that read them.
//!
//! Sections of one goal run at the same time and read the same corpus. A corpus is content-addressed, so
//! what was built for one digest is right for ever; only its memory is bounded.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use futures::{StreamExt as _, TryStreamExt as _};
use galley_agents_sdk::Context;
use galley_schemas::artifact::{ArtifactRef, Digest};
use galley_schemas::content::{Corpus, Source};
use galley_schemas::fault::Fault;
use tokio::sync::OnceCell;

use crate::config::Config;
use crate::rules::shelf::{Book, Original, Shelf};

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
    let books: Vec<Book> = futures::stream::iter(sources)
        .map(|source| read(ctx, source))
        .buffered(config.reads_max.max(1))
        .try_collect()
        .await?;
    // Splitting and indexing take a while; other tasks go on meanwhile.
    let shelf = tokio::task::spawn_blocking(move || Shelf::new(books)).await;
    shelf.map(Arc::new).map_err(|error| {
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
    let original = ctx.get_bytes(&source.original).await?;
    let original = Original::of(&source.original.media_type, &original);
    match String::from_utf8(bytes.into()) {
        Ok(text) => Ok(Book { source, text, original }),
        Err(error) => {
            let message = format!("the text of {} is not UTF-8", source.locator);
            Err(Fault::permanent("GLY0600", message).because(&error))
        }
    }
}
