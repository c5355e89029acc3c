//! The tables. They make themselves at connecting: each version once, in order, whoever comes first,
//! while the others wait for an advisory lock.

use async_trait::async_trait;
use deadpool_postgres::Transaction;

use crate::postgres::link::Work;

/// Names the lock, in the way of advisory locks: `galleymm`, as bytes.
const LOCK: i64 = i64::from_be_bytes(*b"galleymm");

/// What each version adds. Only ever appended to: what stands here was carried out somewhere.
///
/// - `language` is the name of a text search configuration, as text: a column of type `regconfig` would be
///   in the way of `pg_upgrade`.
/// - `revision` grows when an entry is replaced, so that a vector made for the old text is not kept.
/// - `meta` is `json`, which keeps the order of its members, as SQLite's text does; nothing looks into it.
/// - `vector` has no fixed length: every embedder has its own.
const VERSIONS: [&str; 1] = ["
CREATE TABLE knowledge_entries (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    space    text     NOT NULL,
    key      text     NOT NULL,
    revision bigint   NOT NULL DEFAULT 1,
    title    text     NOT NULL,
    text     text     NOT NULL,
    meta     json     NOT NULL,
    language text     NOT NULL,
    words    tsvector NOT NULL,
    UNIQUE (space, key)
);
CREATE INDEX knowledge_entries_words ON knowledge_entries USING gin (words);
CREATE TABLE knowledge_vectors (
    entry      bigint  NOT NULL REFERENCES knowledge_entries (id) ON DELETE CASCADE,
    embedder   text    NOT NULL,
    dimensions integer NOT NULL,
    vector     vector  NOT NULL,
    PRIMARY KEY (entry, embedder)
);
"];

/// How the tables were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// They are as this program knows them now.
    Ready,
    /// There is no pgvector to make them with.
    NoVectors,
    /// A later program made them.
    TooNew(i32),
}

/// The newest version that is known here: as many as there are.
pub(super) const KNOWN: i32 = 1;
const _: () = assert!(VERSIONS.len() == KNOWN as usize, "a version has a number");

/// Makes what is missing.
#[derive(Debug)]
pub(super) struct Prepare;

#[async_trait]
impl Work for Prepare {
    type Done = Found;
    const LOOKS: bool = false;

    async fn on(&self, transaction: &Transaction<'_>) -> Result<Found, tokio_postgres::Error> {
        let _locked = transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await?;
        let version = version(transaction).await?;
        if version > KNOWN {
            return Ok(Found::TooNew(version));
        }
        // A user without the right to make anything can use what is there.
        if version == KNOWN {
            return Ok(Found::Ready);
        }
        if !has_vectors(transaction).await? {
            return Ok(Found::NoVectors);
        }
        let made = usize::try_from(version).unwrap_or_default();
        for step in VERSIONS.iter().skip(made) {
            transaction.batch_execute(step).await?;
        }
        let _noted =
            transaction.execute("UPDATE knowledge_schema SET version = $1", &[&KNOWN]).await?;
        Ok(Found::Ready)
    }
}

/// The version of the tables; 0 when there are none yet.
async fn version(transaction: &Transaction<'_>) -> Result<i32, tokio_postgres::Error> {
    let is_there = transaction
        .query_one("SELECT to_regclass('knowledge_schema') IS NOT NULL", &[])
        .await?
        .try_get::<_, bool>(0)?;
    if !is_there {
        let make = "CREATE TABLE knowledge_schema (version integer NOT NULL);
                    INSERT INTO knowledge_schema VALUES (0)";
        transaction.batch_execute(make).await?;
    }
    transaction.query_one("SELECT max(version) FROM knowledge_schema", &[]).await?.try_get(0)
}

/// Whether pgvector is there, made from what the server has at hand if need be.
async fn has_vectors(transaction: &Transaction<'_>) -> Result<bool, tokio_postgres::Error> {
    let there =
        "SELECT installed_version IS NOT NULL FROM pg_available_extensions WHERE name = 'vector'";
    let Some(row) = transaction.query_opt(there, &[]).await? else { return Ok(false) };
    if !row.try_get::<_, bool>(0)? {
        transaction.batch_execute("CREATE EXTENSION vector").await?;
    }
    Ok(true)
}
