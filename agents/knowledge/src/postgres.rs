//! The memory on Postgres with pgvector: one for the agents of all machines.
//!
//! ```text
//!   error     how it fails
//!   tls       encryption
//!   link      the pool, the bounds, the second tries
//!   schema    the tables, which make themselves
//!   language  which stemmer reads a text
//!   rows      the statements
//! ```
//!
//! - Words are found with Postgres's full text search: an entry is read with the configuration of the
//!   language that it is written in, a question with that of each entry it is held against. `ts_rank` knows
//!   how often a word stands in an entry and not how rare it is among all, as SQLite's `bm25` does: the
//!   order of the two may differ, what is found does not.
//! - Meaning is found by exact search over all vectors of a space (`<=>`, the cosine distance). The two are
//!   joined by reciprocal rank fusion, as in [`crate::rank`].
//! - Vectors are kept with the name of their embedder, and those of different ones are never compared.
//!   Entries that lack a vector of the embedder in use get one when they are next looked through.
//! - What `remember` confirmed is committed, as durable as the server is told to be.
//! - A NUL, which Postgres keeps in no text, comes back as U+FFFD.

mod error;
mod language;
mod link;
mod rows;
mod schema;
mod tls;

use std::sync::Arc;

use async_trait::async_trait;

pub use error::ConnectError;

use crate::config::Postgres;
use crate::embedder::{Embedder, TEXTS_MAX, vectors};
use crate::port::{Entry, Hit, Knowledge, KnowledgeError, LIMIT_MAX, Query};
use crate::postgres::link::{Link, Work};
use crate::postgres::rows::{Clothe, FindBare, Forget, Look, Ping, Put, without_nul};
use crate::postgres::schema::{Found, KNOWN, Prepare};

/// The memory on a Postgres server.
#[derive(Debug, Clone)]
pub struct PostgresKnowledge {
    link: Arc<Link>,
    embedder: Arc<dyn Embedder>,
}

impl PostgresKnowledge {
    /// Connects to a server, and makes the tables that are missing there.
    ///
    /// # Errors
    /// [`ConnectError`]: what the caller can do about it differs.
    pub async fn connect(
        config: &Postgres,
        embedder: Arc<dyn Embedder>,
    ) -> Result<Self, ConnectError> {
        let link = Link::new(config)?;
        let host = || link.host().to_owned();
        match link.run(&Prepare).await {
            Ok(Found::Ready) => Ok(Self { link: Arc::new(link), embedder }),
            Ok(Found::NoVectors) => {
                let cause = "it is not among pg_available_extensions".into();
                Err(ConnectError::NoVectors { host: host(), cause })
            }
            Ok(Found::TooNew(found)) => {
                Err(ConnectError::TooNew { host: host(), found, known: KNOWN })
            }
            Err(error) => Err(ConnectError::of(link.host(), error)),
        }
    }

    /// Whether the server answers now. It is asked within the bounds of the configuration, so this may take
    /// some seconds.
    pub async fn answers(&self) -> bool {
        self.link.run(&Ping).await.is_ok()
    }

    async fn run<W: Work>(&self, what: &str, work: &W) -> Result<W::Done, KnowledgeError> {
        let done = self.link.run(work).await;
        done.map_err(|cause| KnowledgeError { what: what.to_owned(), cause: Box::new(cause) })
    }

    /// Gives entries that were remembered with another embedder a vector of this one; at most
    /// [`TEXTS_MAX`] at a time.
    async fn catch_up(&self, space: &str) -> Result<(), KnowledgeError> {
        let (space, embedder) = (without_nul(space), self.embedder.name());
        let limit = i64::try_from(TEXTS_MAX).unwrap_or(i64::MAX);
        let find = FindBare { space: &space, embedder, limit };
        let bare = self.run("look for entries without a vector", &find).await?;
        if bare.is_empty() {
            return Ok(());
        }
        let texts: Vec<String> = bare.iter().map(|entry| entry.text.clone()).collect();
        let vectors = vectors(&*self.embedder, &texts).await?;
        self.run("add vectors", &Clothe::new(&bare, vectors, embedder)).await
    }
}

#[async_trait]
impl Knowledge for PostgresKnowledge {
    async fn remember(&self, entries: &[Entry]) -> Result<(), KnowledgeError> {
        if entries.is_empty() {
            return Ok(());
        }
        let texts: Vec<String> = entries.iter().map(Entry::searched).collect();
        let vectors = vectors(&*self.embedder, &texts).await?;
        self.run("remember entries", &Put::new(entries, vectors, self.embedder.name())).await
    }

    async fn recall(&self, query: &Query) -> Result<Vec<Hit>, KnowledgeError> {
        self.catch_up(&query.space).await?;
        let texts = std::slice::from_ref(&query.text);
        let vector = vectors(&*self.embedder, texts).await?.pop().unwrap_or_default();
        let limit = query.limit.clamp(1, LIMIT_MAX);
        let look = Look::new((&query.space, &query.text), (self.embedder.name(), vector), limit);
        self.run("recall entries", &look).await
    }

    async fn forget(&self, space: &str, key: &str) -> Result<(), KnowledgeError> {
        self.run("forget an entry", &Forget::new(space, key)).await
    }
}
