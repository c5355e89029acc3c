//! One writer, a few readers, and who waits for what.

mod readers;
mod trouble;
mod wakes;
mod writer;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use galley_bus_core::clock::Clock;
use galley_bus_core::topology::Stream;
use galley_bus_core::{Unreachable, topology};
use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

use crate::error::StorageError;
use crate::instance::InstanceNo;

pub(crate) use readers::Readers;
pub(crate) use wakes::{Interest, Topic, Waiter, Wakes};
pub(crate) use writer::{Requests, Writer};

/// How often the file is looked at for commits of other processes.
pub const POLL: Duration = Duration::from_millis(50);
/// How long SQLite waits for the lock of another process.
const BUSY_WAIT: Duration = Duration::from_secs(10);
/// Every statement of this crate, prepared once per connection.
const STATEMENTS_MAX: usize = 128;

/// What every port works on.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) writer: Writer,
    pub(crate) readers: Arc<Readers>,
    pub(crate) wakes: Arc<Wakes>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) stop: CancellationToken,
    /// This opening of the file.
    pub(crate) instance: InstanceNo,
    pub(crate) streams: Streams,
}

impl Store {
    /// Runs `work` in the next commit, and returns when it is on the disk.
    pub(crate) async fn write<T, F>(&self, what: &str, work: F) -> Result<T, Unreachable>
    where
        F: FnOnce(&mut Tx<'_>) -> rusqlite::Result<T> + Send + 'static,
        T: Send + 'static,
    {
        self.writer.write(work).await.map_err(|error| error.unreachable(what))
    }

    /// Runs `work` on a connection that only reads.
    pub(crate) async fn read<T, F>(&self, what: &str, work: F) -> Result<T, Unreachable>
    where
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
        T: Send + 'static,
    {
        self.readers.read(work).await.map_err(|error| error.unreachable(what))
    }

    /// Now, in milliseconds.
    pub(crate) fn now(&self) -> i64 {
        self.clock.now().timestamp_millis()
    }

    /// Waits until a time, at most `longest`.
    pub(crate) async fn sleep_until(&self, at: Option<i64>, longest: Duration) {
        let wait = at.map_or(longest, |at| {
            Duration::from_millis(at.saturating_sub(self.now()).try_into().unwrap_or(0))
        });
        self.clock.sleep(wait.min(longest)).await;
    }
}

/// A request's part of the transaction of its group.
pub(crate) struct Tx<'c> {
    pub(crate) conn: &'c Connection,
    /// The time of the group, in milliseconds.
    pub(crate) now: i64,
    /// Who is woken after the commit.
    pub(crate) topics: &'c mut Vec<Topic>,
}

impl Tx<'_> {
    /// Wakes whoever waits for this after the commit.
    pub(crate) fn wake(&mut self, topic: Topic) {
        self.topics.push(topic);
    }
}

/// The streams of the topology with their rows in the file.
#[derive(Debug, Clone)]
pub(crate) struct Streams(BTreeMap<&'static str, KnownStream>);

/// A stream with its row in the file.
#[derive(Debug, Clone)]
pub(crate) struct KnownStream {
    pub(crate) row: i64,
    pub(crate) stream: Arc<Stream>,
}

impl Streams {
    /// Makes the rows that are missing.
    pub(crate) fn register(conn: &Connection, streams: Vec<Stream>) -> rusqlite::Result<Self> {
        let mut known = BTreeMap::new();
        for stream in streams {
            conn.execute("INSERT OR IGNORE INTO stream (name) VALUES (?1)", [stream.name])?;
            let row =
                conn.query_row("SELECT id FROM stream WHERE name = ?1", [stream.name], |row| {
                    row.get(0)
                })?;
            known.insert(stream.name, KnownStream { row, stream: Arc::new(stream) });
        }
        Ok(Self(known))
    }

    pub(crate) fn named(&self, name: &str) -> Option<&KnownStream> {
        self.0.get(name)
    }

    /// The stream that keeps a subject.
    pub(crate) fn of(&self, subject: &str) -> Option<&KnownStream> {
        self.0.values().find(|known| {
            known.stream.subjects.iter().any(|pattern| topology::matches(pattern, subject))
        })
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &KnownStream> {
        self.0.values()
    }
}

/// A connection as this crate uses it.
pub(crate) fn connect(path: &Path, flags: rusqlite::OpenFlags) -> rusqlite::Result<Connection> {
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(BUSY_WAIT)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    Ok(conn)
}

/// What a port answers after the file was closed.
pub(crate) fn closed(what: impl Into<String>) -> Unreachable {
    StorageError::Closed.unreachable(what)
}

/// A time as the file keeps it.
pub(crate) fn millis(at: DateTime<Utc>) -> i64 {
    at.timestamp_millis()
}

/// A time later than another.
pub(crate) fn later(at: i64, by: Duration) -> i64 {
    at.saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX))
}

/// A row id or a count, as ports say it. SQLite has no negative ones.
pub(crate) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// A number of a port as SQLite keeps it; past the largest there is nothing to find.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
