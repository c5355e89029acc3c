//! The memory on SQLite: the same file as the bus, tables of its own, one connection of its own.
//!
//! - Words are found with FTS5, ranked by its `bm25`; meaning by exact search over stored vectors, with
//!   the function `knowledge_cosine` registered on the connection. The two are joined by reciprocal rank
//!   fusion, as in [`crate::rank`].
//! - Vectors are little-endian `f32` BLOBs, kept with the name of their embedder: several embedders can
//!   live side by side, and vectors of different ones are never compared. Entries that lack a vector of
//!   the embedder in use (the memory was made with another) get one when they are next looked through.
//! - The extension sqlite-vec is not used: it can only be registered through an `unsafe` call, which this
//!   workspace forbids. Its search is exact too, so nothing but constant factors is lost: ten thousand
//!   entries of 256 numbers are read and compared in a few milliseconds.
//! - Journal mode WAL, synchronous FULL: what `remember` confirmed is on the disk. Writers wait for each
//!   other up to [`BUSY`].

mod rows;
mod schema;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::{Connection, TransactionBehavior};

use crate::embedder::{Embedder, TEXTS_MAX, vectors};
use crate::port::{Entry, Hit, Knowledge, KnowledgeError, LIMIT_MAX, Query};
use crate::sqlite::rows::Unembedded;

/// How long a statement waits for a writer on another connection.
const BUSY: Duration = Duration::from_secs(10);

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The memory on one SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteKnowledge {
    connection: Arc<Mutex<Connection>>,
    embedder: Arc<dyn Embedder>,
}

impl SqliteKnowledge {
    /// Opens the memory in a file, which is made when it is not there. The file may hold tables of others.
    ///
    /// # Errors
    /// When the file cannot be opened or its tables cannot be made.
    pub fn open(path: &Path, embedder: Arc<dyn Embedder>) -> Result<Self, KnowledgeError> {
        let what = || format!("open {}", path.display());
        let connection = Connection::open(path).map_err(|cause| failed(what(), cause))?;
        Self::on(connection, embedder).map_err(|cause| failed(what(), cause))
    }

    /// Opens a memory that is gone when it is dropped.
    ///
    /// # Errors
    /// When SQLite cannot make its tables.
    pub fn in_memory(embedder: Arc<dyn Embedder>) -> Result<Self, KnowledgeError> {
        let opened =
            Connection::open_in_memory().and_then(|connection| Self::on(connection, embedder));
        opened.map_err(|cause| failed("open a memory", cause))
    }

    fn on(mut connection: Connection, embedder: Arc<dyn Embedder>) -> rusqlite::Result<Self> {
        connection.busy_timeout(BUSY)?;
        schema::prepare(&mut connection)?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)), embedder })
    }

    /// Runs one transaction on a thread that may block. Writers take the lock at the start, so that none
    /// has to give up half-way.
    async fn transact<T: Send + 'static>(
        &self,
        what: &str,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, KnowledgeError> {
        let shared = Arc::clone(&self.connection);
        let done = tokio::task::spawn_blocking(move || {
            // A panic while the lock was held rolled its transaction back: the connection is sound.
            let mut connection = shared.lock().unwrap_or_else(PoisonError::into_inner);
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = work(&transaction)?;
            transaction.commit()?;
            Ok(value)
        });
        done.await
            .map_err(|cause| failed(what, cause))?
            .map_err(|cause: rusqlite::Error| failed(what, cause))
    }

    /// Gives entries that were remembered with another embedder a vector of this one; at most
    /// [`TEXTS_MAX`] at a time.
    async fn catch_up(&self, space: &str) -> Result<(), KnowledgeError> {
        let (space, name) = (space.to_owned(), self.embedder.name().to_owned());
        let missing: Vec<Unembedded> = {
            let (space, name) = (space.clone(), name.clone());
            self.transact("look for entries without a vector", move |connection| {
                rows::unembedded(connection, &space, &name, TEXTS_MAX)
            })
            .await?
        };
        if missing.is_empty() {
            return Ok(());
        }
        let texts: Vec<String> = missing.iter().map(|entry| entry.text.clone()).collect();
        let vectors = vectors(&*self.embedder, &texts).await?;
        self.transact("add vectors", move |connection| {
            missing.iter().zip(&vectors).try_for_each(|(entry, vector)| {
                rows::put_vector(connection, entry.id, &name, vector)
            })
        })
        .await
    }
}

#[async_trait]
impl Knowledge for SqliteKnowledge {
    async fn remember(&self, entries: &[Entry]) -> Result<(), KnowledgeError> {
        if entries.is_empty() {
            return Ok(());
        }
        let texts: Vec<String> = entries.iter().map(Entry::searched).collect();
        let vectors = vectors(&*self.embedder, &texts).await?;
        let (entries, name) = (entries.to_vec(), self.embedder.name().to_owned());
        self.transact("remember entries", move |connection| {
            entries.iter().zip(&vectors).try_for_each(|(entry, vector)| {
                let id = rows::put_entry(connection, entry)?;
                rows::put_vector(connection, id, &name, vector)
            })
        })
        .await
    }

    async fn recall(&self, query: &Query) -> Result<Vec<Hit>, KnowledgeError> {
        self.catch_up(&query.space).await?;
        let texts = std::slice::from_ref(&query.text);
        let vector = vectors(&*self.embedder, texts).await?.pop().unwrap_or_default();
        let limit = query.limit.clamp(1, LIMIT_MAX);
        let (space, text, name) =
            (query.space.clone(), query.text.clone(), self.embedder.name().to_owned());
        self.transact("recall entries", move |connection| {
            let look = rows::Look { space: &space, text: &text, embedder: &name, vector: &vector };
            rows::recall(connection, &look, limit)
        })
        .await
    }

    async fn forget(&self, space: &str, key: &str) -> Result<(), KnowledgeError> {
        let (space, key) = (space.to_owned(), key.to_owned());
        self.transact("forget an entry", move |connection| {
            rows::drop_entry(connection, &space, &key)
        })
        .await
    }
}

fn failed(what: impl Into<String>, cause: impl Into<BoxError>) -> KnowledgeError {
    KnowledgeError { what: what.into(), cause: cause.into() }
}
