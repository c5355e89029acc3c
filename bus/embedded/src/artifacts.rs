//! Large immutable bytes: one row each, under their hash.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use galley_bus_core::artifacts::{ARTIFACT_BYTES_MAX, Artifacts, FetchError, StoreError};
use galley_schemas::artifact::{ArtifactRef, Digest};
use rusqlite::{Connection, OptionalExtension as _, params};
use tokio::sync::Semaphore;

use crate::store::Store;

/// How many artifacts wait for the writer at once: each is in memory as a whole.
const WAITING_MAX: usize = 4;

/// The artifacts in the table `artifact`.
#[derive(Debug)]
pub(crate) struct SqliteArtifacts {
    store: Arc<Store>,
    waiting: Semaphore,
}

impl SqliteArtifacts {
    pub(crate) fn new(store: Arc<Store>) -> Self {
        Self { store, waiting: Semaphore::new(WAITING_MAX) }
    }
}

#[async_trait]
impl Artifacts for SqliteArtifacts {
    async fn put(&self, bytes: Bytes, media_type: &str) -> Result<ArtifactRef, StoreError> {
        let size = bytes.len();
        if size > ARTIFACT_BYTES_MAX {
            return Err(StoreError::TooLarge { bytes: size });
        }
        let turn = self.waiting.acquire().await;
        // Hashed on a thread that may block: the largest take a while.
        let body = bytes.clone();
        let (sha256, stored) = self
            .store
            .read("look for an artifact", move |conn| {
                let sha256 = Digest::of(&body);
                let stored = is_stored(conn, &sha256)?;
                Ok((sha256, stored))
            })
            .await?;
        if !stored {
            let (key, media_type) = (sha256.clone(), media_type.to_owned());
            let what = format!("store artifact {}", sha256.short());
            let insert = self.store.write(&what, move |tx| {
                let sql = "INSERT OR IGNORE INTO artifact (sha256, media_type, body)
                           VALUES (?1, ?2, ?3)";
                let row = params![key.as_str(), media_type, bytes.as_ref()];
                tx.conn.prepare_cached(sql)?.execute(row).map(|_| ())
            });
            insert.await?;
        }
        drop(turn);
        let bytes = u64::try_from(size).unwrap_or(u64::MAX);
        Ok(ArtifactRef { sha256, bytes, media_type: media_type.to_owned() })
    }

    async fn get(&self, sha256: &Digest) -> Result<Bytes, FetchError> {
        let key = sha256.clone();
        let what = format!("read artifact {}", sha256.short());
        let found = self.store.read(&what, move |conn| {
            let body: Option<Vec<u8>> = conn
                .prepare_cached("SELECT body FROM artifact WHERE sha256 = ?1")?
                .query_row([key.as_str()], |row| row.get(0))
                .optional()?;
            Ok(body.map(|body| (Digest::of(&body), Bytes::from(body))))
        });
        match found.await? {
            None => Err(FetchError::Missing { sha256: sha256.clone() }),
            Some((found, bytes)) if found == *sha256 => Ok(bytes),
            Some((found, _)) => Err(FetchError::Damaged { sha256: sha256.clone(), found }),
        }
    }
}

fn is_stored(conn: &Connection, sha256: &Digest) -> rusqlite::Result<bool> {
    conn.prepare_cached("SELECT 1 FROM artifact WHERE sha256 = ?1")?.exists([sha256.as_str()])
}
