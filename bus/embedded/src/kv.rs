//! Small shared state: one row per key, whose row id is the revision.
//!
//! A put takes the place of the row before, so the revision rises with every change. A key that was
//! deleted, or whose time ran out, stays as a row without a value: so that watchers, in this process
//! and in others, see deletions the way they see puts. The sweep removes such rows after
//! [`crate::sweep::DELETED_KEPT`].

mod watch;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use galley_bus_core::Unreachable;
use galley_bus_core::kv::{
    Change, Entry, Expect, KeyValue, Put, PutError, VALUE_BYTES_MAX, is_key,
};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::store::{Store, Topic, Tx, later, unsigned};

/// How many keys whose time ran out are dealt with in one go.
const EXPIRED_BATCH: i64 = 500;

/// The buckets in the table `kv`.
#[derive(Debug)]
pub(crate) struct SqliteKeyValue {
    store: Arc<Store>,
}

impl SqliteKeyValue {
    pub(crate) fn new(store: Arc<Store>) -> Self {
        Self { store }
    }
}

#[async_trait]
impl KeyValue for SqliteKeyValue {
    async fn get(&self, bucket: &str, key: &str) -> Result<Option<Entry>, Unreachable> {
        let what = format!("read {bucket}/{key}");
        let (bucket, key, now) = (bucket.to_owned(), key.to_owned(), self.store.now());
        self.store.read(&what, move |conn| get(conn, &bucket, key, now)).await
    }

    async fn put(&self, bucket: &str, key: &str, put: Put) -> Result<u64, PutError> {
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        if !is_key(&key) {
            return Err(PutError::InvalidKey { bucket, key });
        }
        let bytes = put.value.len();
        if bytes > VALUE_BYTES_MAX {
            return Err(PutError::TooLarge { bucket, key, bytes });
        }
        let at = Place { bucket: bucket.clone(), key: key.clone() };
        let revision = self
            .store
            .write(&format!("put {bucket}/{key}"), move |tx| replace(tx, &at, &put))
            .await?;
        revision.ok_or(PutError::Conflict { bucket, key })
    }

    async fn delete(&self, bucket: &str, key: &str) -> Result<(), Unreachable> {
        let at = Place { bucket: bucket.to_owned(), key: key.to_owned() };
        self.store
            .write(&format!("delete {bucket}/{key}"), move |tx| match standing(tx, &at)? {
                Some(_) => clear(tx, at),
                None => Ok(()),
            })
            .await
    }

    async fn keys(&self, bucket: &str, prefix: &str) -> Result<Vec<String>, Unreachable> {
        let what = format!("list {bucket}/{prefix}");
        let (bucket, prefix, now) = (bucket.to_owned(), prefix.to_owned(), self.store.now());
        self.store.read(&what, move |conn| keys(conn, &bucket, &prefix, now)).await
    }

    async fn watch(
        &self,
        bucket: &str,
        prefix: &str,
    ) -> Result<BoxStream<'static, Change>, Unreachable> {
        watch::follow(Arc::clone(&self.store), bucket.to_owned(), prefix.to_owned()).await
    }
}

/// Where a value stands.
struct Place {
    bucket: String,
    key: String,
}

fn get(conn: &Connection, bucket: &str, key: String, now: i64) -> rusqlite::Result<Option<Entry>> {
    let sql = "SELECT revision, value FROM kv WHERE bucket = ?1 AND key = ?2
               AND value IS NOT NULL AND (expires_at IS NULL OR expires_at > ?3)";
    let found: Option<(i64, Vec<u8>)> = conn
        .prepare_cached(sql)?
        .query_row(params![bucket, key, now], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(found.map(|(revision, value)| Entry {
        key,
        value: Bytes::from(value),
        revision: unsigned(revision),
    }))
}

fn keys(conn: &Connection, bucket: &str, prefix: &str, now: i64) -> rusqlite::Result<Vec<String>> {
    // Keys are ASCII, so every key with the prefix is below the prefix and the last code point.
    let sql = "SELECT key FROM kv WHERE bucket = ?1 AND key >= ?2 AND key < ?2 || char(1114111)
               AND value IS NOT NULL AND (expires_at IS NULL OR expires_at > ?3) ORDER BY key";
    let mut statement = conn.prepare_cached(sql)?;
    let keys = statement.query_map(params![bucket, prefix, now], |row| row.get(0))?;
    keys.collect()
}

/// The revision of the value that stands there now.
fn standing(tx: &Tx<'_>, at: &Place) -> rusqlite::Result<Option<u64>> {
    let sql = "SELECT revision FROM kv WHERE bucket = ?1 AND key = ?2
               AND value IS NOT NULL AND (expires_at IS NULL OR expires_at > ?3)";
    let found: Option<i64> = tx
        .conn
        .prepare_cached(sql)?
        .query_row(params![at.bucket, at.key, tx.now], |row| row.get(0))
        .optional()?;
    Ok(found.map(unsigned))
}

/// The new revision, or none when what was expected does not hold.
fn replace(tx: &mut Tx<'_>, at: &Place, put: &Put) -> rusqlite::Result<Option<u64>> {
    let holds = match put.expect {
        Expect::Any => true,
        Expect::Absent => standing(tx, at)?.is_none(),
        Expect::Revision(revision) => standing(tx, at)? == Some(revision),
    };
    if !holds {
        return Ok(None);
    }
    let expires_at = put.ttl.map(|ttl| later(tx.now, ttl));
    let sql = "INSERT OR REPLACE INTO kv (bucket, key, value, changed_at, expires_at)
               VALUES (?1, ?2, ?3, ?4, ?5)";
    let row = params![at.bucket, at.key, put.value.as_ref(), tx.now, expires_at];
    tx.conn.prepare_cached(sql)?.execute(row)?;
    let revision = unsigned(tx.conn.last_insert_rowid());
    if expires_at.is_some() {
        tx.wake(Topic::Timer);
    }
    tx.wake(Topic::Key { bucket: at.bucket.clone(), key: at.key.clone() });
    Ok(Some(revision))
}

/// Leaves the sign that there is no value any more.
fn clear(tx: &mut Tx<'_>, at: Place) -> rusqlite::Result<()> {
    let sql =
        "INSERT OR REPLACE INTO kv (bucket, key, value, changed_at) VALUES (?1, ?2, NULL, ?3)";
    tx.conn.prepare_cached(sql)?.execute(params![at.bucket, at.key, tx.now])?;
    tx.wake(Topic::Key { bucket: at.bucket, key: at.key });
    Ok(())
}

/// When the next key's time runs out.
pub(crate) fn next_expiry(conn: &Connection) -> rusqlite::Result<Option<i64>> {
    conn.prepare_cached("SELECT min(expires_at) FROM kv WHERE expires_at IS NOT NULL")?
        .query_row([], |row| row.get(0))
}

/// Clears keys whose time ran out, a batch at a time.
pub(crate) fn expire(tx: &mut Tx<'_>) -> rusqlite::Result<()> {
    let mut statement = tx.conn.prepare_cached(
        "SELECT bucket, key FROM kv WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2",
    )?;
    let expired = statement
        .query_map([tx.now, EXPIRED_BATCH], |row| {
            Ok(Place { bucket: row.get(0)?, key: row.get(1)? })
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    expired.into_iter().try_for_each(|at| clear(tx, at))
}
