//! Following a bucket by revision: the same way whichever process changed it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use galley_bus_core::Unreachable;
use galley_bus_core::kv::{Change, Entry};
use rusqlite::{Connection, params};

use crate::store::{Interest, Store, Waiter, unsigned};

/// How many rows are read in one go.
const BATCH: i64 = 32;
/// How long to wait after a read that failed.
const FAILED_WAIT: Duration = Duration::from_secs(1);

struct Watch {
    store: Arc<Store>,
    waiter: Waiter,
    bucket: String,
    prefix: String,
    /// Where the reading is.
    revision: i64,
    stage: Stage,
    unread: VecDeque<Change>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// What is there is being read; what was deleted before is of no interest.
    Beginning,
    Following,
}

/// A row read in passing.
struct Passed {
    revision: i64,
    key: String,
    /// Nothing when it was deleted.
    value: Option<Vec<u8>>,
    expires_at: Option<i64>,
}

/// First what is there, then every change, until the stream is dropped or the file closed.
pub(super) async fn follow(
    store: Arc<Store>,
    bucket: String,
    prefix: String,
) -> Result<BoxStream<'static, Change>, Unreachable> {
    let interest = Interest::Keys { bucket: bucket.clone(), prefix: prefix.clone() };
    let waiter = store.wakes.on(interest);
    let (stage, unread) = (Stage::Beginning, VecDeque::new());
    let mut watch = Watch { store, waiter, bucket, prefix, revision: 0, stage, unread };
    // Read once before returning: so whoever cannot read learns it here.
    watch.read().await?;
    let stop = watch.store.stop.clone();
    let changes = stream::unfold(watch, Watch::next);
    Ok(changes.take_until(stop.cancelled_owned()).boxed())
}

impl Watch {
    async fn next(mut self) -> Option<(Change, Self)> {
        loop {
            if let Some(change) = self.unread.pop_front() {
                return Some((change, self));
            }
            match self.read().await {
                Ok(0) => self.waiter.woken().await,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!(bucket = %self.bucket, %error, "a watch could not read");
                    self.store.clock.sleep(FAILED_WAIT).await;
                }
            }
        }
    }

    /// Reads the next rows, and returns how many there were.
    async fn read(&mut self) -> Result<usize, Unreachable> {
        let (bucket, after) = (self.bucket.clone(), self.revision);
        let what = format!("watch {bucket}/{}", self.prefix);
        let rows = self.store.read(&what, move |conn| passed(conn, &bucket, after)).await?;
        let count = rows.len();
        let now = self.store.now();
        for row in rows {
            self.revision = row.revision;
            if row.key.starts_with(&self.prefix) {
                self.unread.extend(change(row, self.stage, now));
            }
        }
        if i64::try_from(count).is_ok_and(|count| count < BATCH) {
            self.stage = Stage::Following;
        }
        Ok(count)
    }
}

fn change(row: Passed, stage: Stage, now: i64) -> Option<Change> {
    let Passed { revision, key, value, expires_at } = row;
    match (value, stage) {
        // Its time ran out; the row that says so comes.
        (Some(_), _) if expires_at.is_some_and(|at| at <= now) => None,
        (Some(value), _) => {
            let revision = unsigned(revision);
            Some(Change::Put(Entry { key, value: Bytes::from(value), revision }))
        }
        (None, Stage::Following) => Some(Change::Deleted { key }),
        (None, Stage::Beginning) => None,
    }
}

fn passed(conn: &Connection, bucket: &str, after: i64) -> rusqlite::Result<Vec<Passed>> {
    let mut statement = conn.prepare_cached(
        "SELECT revision, key, value, expires_at FROM kv
         WHERE bucket = ?1 AND revision > ?2 ORDER BY revision LIMIT ?3",
    )?;
    let rows = statement.query_map(params![bucket, after, BATCH], |row| {
        Ok(Passed {
            revision: row.get(0)?,
            key: row.get(1)?,
            value: row.get(2)?,
            expires_at: row.get(3)?,
        })
    })?;
    rows.collect()
}
