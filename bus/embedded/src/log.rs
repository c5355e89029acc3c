//! The goals' records: one row each.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use galley_bus_core::Unreachable;
use galley_bus_core::log::{AppendError, Entry, GoalLog, ReadError, Seq};
use galley_bus_core::message::PAYLOAD_BYTES_MAX;
use galley_schemas::id::GoalId;
use galley_schemas::record::Record;
use rusqlite::{Connection, params};

use crate::store::{Interest, Store, Topic, Tx, closed, signed, unsigned};

/// The log in the table `log`.
#[derive(Debug)]
pub(crate) struct SqliteLog {
    store: Arc<Store>,
}

impl SqliteLog {
    pub(crate) fn new(store: Arc<Store>) -> Self {
        Self { store }
    }
}

/// A record as stored.
struct Row {
    seq: i64,
    record: Vec<u8>,
}

#[async_trait]
impl GoalLog for SqliteLog {
    async fn append(
        &self,
        goal: &GoalId,
        expected: Seq,
        record: &Record,
    ) -> Result<Seq, AppendError> {
        let bytes = serde_json::to_vec(record).expect("a record has text keys and plain values");
        if bytes.len() > PAYLOAD_BYTES_MAX {
            let (bytes, max) = (bytes.len(), PAYLOAD_BYTES_MAX);
            return Err(AppendError::TooLarge { goal: *goal, bytes, max });
        }
        let to = *goal;
        let seq = self
            .store
            .write(&format!("append to goal {goal}"), move |tx| append(tx, to, expected, &bytes))
            .await?;
        seq.ok_or(AppendError::Conflict { goal: *goal, expected })
    }

    async fn read(&self, goal: &GoalId, after: Seq) -> Result<Vec<Entry>, ReadError> {
        let of = *goal.uuid().as_bytes();
        let what = format!("read goal {goal}");
        let entries = self.store.read(&what, move |conn| {
            let sql = "SELECT seq, record FROM log WHERE goal = ?1 AND seq > ?2 ORDER BY seq";
            rows(conn, sql, params![of, signed(after.0)]).map(decode)
        });
        entries.await?
    }

    async fn tail(&self, after: Seq, max: usize) -> Result<Vec<Entry>, ReadError> {
        let max = i64::try_from(max).unwrap_or(i64::MAX);
        let entries = self.store.read("read the log", move |conn| {
            let sql = "SELECT seq, record FROM log WHERE seq > ?1 ORDER BY seq LIMIT ?2";
            rows(conn, sql, params![signed(after.0), max]).map(decode)
        });
        entries.await?
    }

    async fn changed(&self, after: Seq, wait: Duration) -> Result<Seq, Unreachable> {
        let waiter = self.store.wakes.on(Interest::Log);
        let mut over = self.store.clock.sleep(wait);
        loop {
            let end = self.store.read("look at the log", end).await?;
            if end > after {
                return Ok(end);
            }
            tokio::select! {
                biased;
                () = self.store.stop.cancelled() => return Err(closed("wait for the log")),
                () = waiter.woken() => {}
                () = &mut over => return Ok(end),
            }
        }
    }

    async fn purge(&self, goal: &GoalId, up_to: Seq) -> Result<(), Unreachable> {
        let of = *goal.uuid().as_bytes();
        let what = format!("purge goal {goal}");
        let purged = self.store.write(&what, move |tx| {
            tx.conn
                .prepare_cached("DELETE FROM log WHERE goal = ?1 AND seq <= ?2")?
                .execute(params![of, signed(up_to.0)])
                .map(|_| ())
        });
        purged.await
    }
}

/// The new place, or none when the goal's log does not end where it was expected to.
fn append(
    tx: &mut Tx<'_>,
    goal: GoalId,
    expected: Seq,
    record: &[u8],
) -> rusqlite::Result<Option<Seq>> {
    let goal = goal.uuid();
    let last: Option<i64> = tx
        .conn
        .prepare_cached("SELECT max(seq) FROM log WHERE goal = ?1")?
        .query_row([goal.as_bytes()], |row| row.get(0))?;
    if last.unwrap_or(0) != signed(expected.0) {
        return Ok(None);
    }
    tx.conn
        .prepare_cached("INSERT INTO log (goal, record) VALUES (?1, ?2)")?
        .execute(params![goal.as_bytes(), record])?;
    tx.wake(Topic::Log);
    Ok(Some(Seq(unsigned(tx.conn.last_insert_rowid()))))
}

fn end(conn: &Connection) -> rusqlite::Result<Seq> {
    let end: Option<i64> =
        conn.prepare_cached("SELECT max(seq) FROM log")?.query_row([], |row| row.get(0))?;
    Ok(end.map_or(Seq::START, |end| Seq(unsigned(end))))
}

fn rows(conn: &Connection, sql: &str, params: impl rusqlite::Params) -> rusqlite::Result<Vec<Row>> {
    let mut statement = conn.prepare_cached(sql)?;
    let rows =
        statement.query_map(params, |row| Ok(Row { seq: row.get(0)?, record: row.get(1)? }))?;
    rows.collect()
}

fn decode(rows: Vec<Row>) -> Result<Vec<Entry>, ReadError> {
    let entry = |row: Row| {
        let seq = Seq(unsigned(row.seq));
        match serde_json::from_slice(&row.record) {
            Ok(record) => Ok(Entry { seq, record }),
            Err(cause) => Err(ReadError::Undecodable { seq, cause: Box::new(cause) }),
        }
    };
    rows.into_iter().map(entry).collect()
}
