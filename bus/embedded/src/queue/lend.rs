//! What may be delivered, and lending it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use galley_bus_core::message::Message;
use galley_bus_core::queue::Depth;
use galley_bus_core::topology::Consumer;
use galley_schemas::id::MessageId;
use rusqlite::{Connection, OptionalExtension as _, Row, named_params, params};

use super::keep;
use super::loan::{self, LoanKey};
use crate::store::{KnownStream, Store, Tx, later, unsigned};

/// What a pull asks for.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) consumer: i64,
    pub(super) stream: i64,
    pub(super) ack_wait: Duration,
    known: KnownStream,
    filter: Filter,
    in_flight_max: i64,
    max: i64,
}

/// Which subjects a consumer reads.
#[derive(Debug)]
enum Filter {
    All,
    One(String),
    /// What lies between these two.
    Below(String, String),
}

impl Filter {
    fn new(pattern: &str) -> Self {
        match pattern.strip_suffix(".>") {
            // '/' comes after '.', so this is past every subject that starts with the prefix.
            Some(prefix) => Self::Below(format!("{prefix}."), format!("{prefix}/")),
            None if pattern.is_empty() || pattern == ">" => Self::All,
            None => Self::One(pattern.to_owned()),
        }
    }
}

impl Ask {
    pub(super) fn new(row: i64, known: &KnownStream, consumer: &Consumer, max: usize) -> Self {
        let bound = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        Self {
            consumer: row,
            stream: known.row,
            ack_wait: consumer.ack_wait,
            known: known.clone(),
            filter: Filter::new(&consumer.filter),
            in_flight_max: bound(consumer.in_flight_max),
            max: bound(max),
        }
    }
}

/// A message on loan.
#[derive(Debug)]
pub(super) struct Lent {
    pub(super) message: Message,
    pub(super) loan: LoanKey,
}

/// What a pull was granted. Dropped before it was taken, it gives the loans back: whoever asked has
/// gone.
pub(super) struct Granted {
    store: Arc<Store>,
    lent: Vec<Lent>,
}

impl Granted {
    pub(super) fn is_empty(&self) -> bool {
        self.lent.is_empty()
    }

    pub(super) fn take(mut self) -> Vec<Lent> {
        std::mem::take(&mut self.lent)
    }
}

impl Drop for Granted {
    fn drop(&mut self) {
        let loans: Vec<LoanKey> = self.lent.drain(..).map(|lent| lent.loan).collect();
        if !loans.is_empty() {
            self.store.writer.tell(move |tx| loan::take_back(tx, &loans));
        }
    }
}

/// Makes a consumer's row, or brings its filter up to date.
pub(super) fn register(
    conn: &Connection,
    stream: i64,
    name: &str,
    filter: &str,
) -> rusqlite::Result<i64> {
    conn.prepare_cached(
        "INSERT INTO consumer (stream, name, filter) VALUES (?1, ?2, ?3)
         ON CONFLICT (stream, name) DO UPDATE SET filter = excluded.filter RETURNING id",
    )?
    .query_row(params![stream, name, filter], |row| row.get(0))
}

/// What a look found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// Something can be lent now.
    Ready,
    /// Nothing can; look again at this time, when nothing else happens before.
    Later(Option<i64>),
}

/// Looks whether something can be lent, without lending it.
pub(super) fn look(conn: &Connection, ask: &Ask, now: i64) -> rusqlite::Result<Look> {
    if free(conn, ask, now)? == 0 {
        let sql = "SELECT min(due_at) FROM loan WHERE consumer = ?1 AND due_at > ?2 AND lent = 1";
        let first_end =
            conn.prepare_cached(sql)?.query_row([ask.consumer, now], |row| row.get(0))?;
        return Ok(Look::Later(first_end));
    }
    let due_at: Option<i64> = conn
        .prepare_cached("SELECT min(due_at) FROM loan WHERE consumer = ?1")?
        .query_row([ask.consumer], |row| row.get(0))?;
    let ready = due_at.is_some_and(|at| at <= now) || !fresh(conn, ask, now, 1)?.is_empty();
    Ok(if ready { Look::Ready } else { Look::Later(due_at) })
}

/// How many more loans the consumer may have.
fn free(conn: &Connection, ask: &Ask, now: i64) -> rusqlite::Result<i64> {
    let out: i64 = conn
        .prepare_cached(
            "SELECT count(*) FROM loan WHERE consumer = ?1 AND due_at > ?2 AND lent = 1",
        )?
        .query_row([ask.consumer, now], |row| row.get(0))?;
    Ok(ask.in_flight_max.saturating_sub(out).max(0))
}

/// Lends what is due again, then what was never delivered.
pub(super) fn grant(tx: &mut Tx<'_>, store: Arc<Store>, ask: &Ask) -> rusqlite::Result<Granted> {
    let room = free(tx.conn, ask, tx.now)?.min(ask.max);
    let mut lent = due(tx, ask, room)?;
    for one in &lent {
        lend_again(tx, &store, ask, one.loan)?;
    }
    let room = room.saturating_sub(i64::try_from(lent.len()).unwrap_or(i64::MAX));
    let first = fresh(tx.conn, ask, tx.now, room)?;
    if let Some(last) = first.last() {
        tx.conn
            .prepare_cached("UPDATE consumer SET cursor = ?2 WHERE id = ?1")?
            .execute([ask.consumer, *last])?;
    }
    for seq in first {
        lent.push(lend_first(tx, &store, ask, seq)?);
    }
    Ok(Granted { store, lent })
}

/// Loans that ran out or were given back, the longest due first.
fn due(tx: &Tx<'_>, ask: &Ask, max: i64) -> rusqlite::Result<Vec<Lent>> {
    let mut statement = tx.conn.prepare_cached(
        "SELECT m.subject, m.id, m.headers, m.payload, m.seq, l.delivery
         FROM loan l JOIN message m ON m.seq = l.seq
         WHERE l.consumer = ?1 AND l.due_at <= ?2 ORDER BY l.due_at, l.seq LIMIT ?3",
    )?;
    let due = statement.query_map([ask.consumer, tx.now, max], |row| {
        let delivery = row.get::<_, i64>(5)?.saturating_add(1);
        let loan = LoanKey { consumer: ask.consumer, seq: row.get(4)?, delivery };
        Ok(Lent { message: message(row)?, loan })
    })?;
    due.collect()
}

fn lend_again(tx: &Tx<'_>, store: &Store, ask: &Ask, loan: LoanKey) -> rusqlite::Result<()> {
    tx.conn
        .prepare_cached(
            "UPDATE loan SET delivery = :delivery, lent = 1, due_at = :due_at, instance = :instance
             WHERE consumer = :consumer AND seq = :seq",
        )?
        .execute(named_params! {
            ":delivery": loan.delivery,
            ":due_at": later(tx.now, ask.ack_wait),
            ":instance": store.instance.0,
            ":consumer": loan.consumer,
            ":seq": loan.seq,
        })
        .map(|_| ())
}

fn lend_first(tx: &Tx<'_>, store: &Store, ask: &Ask, seq: i64) -> rusqlite::Result<Lent> {
    let loan = LoanKey { consumer: ask.consumer, seq, delivery: 1 };
    tx.conn
        .prepare_cached(
            "INSERT INTO loan (consumer, seq, delivery, lent, due_at, instance)
             VALUES (:consumer, :seq, :delivery, 1, :due_at, :instance)",
        )?
        .execute(named_params! {
            ":consumer": loan.consumer,
            ":seq": seq,
            ":delivery": loan.delivery,
            ":due_at": later(tx.now, ask.ack_wait),
            ":instance": store.instance.0,
        })?;
    let message = tx
        .conn
        .prepare_cached("SELECT subject, id, headers, payload FROM message WHERE seq = ?1")?
        .query_row([seq], message)?;
    Ok(Lent { message, loan })
}

fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    let headers: String = row.get(2)?;
    Ok(Message {
        subject: row.get(0)?,
        id: MessageId::new(row.get::<_, String>(1)?),
        headers: serde_json::from_str(&headers).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(2, rusqlite::types::Type::Text, error.into())
        })?,
        payload: Bytes::from(row.get::<_, Vec<u8>>(3)?),
    })
}

/// The next messages behind the consumer's cursor, in the order of publishing.
fn fresh(conn: &Connection, ask: &Ask, now: i64, max: i64) -> rusqlite::Result<Vec<i64>> {
    let cursor = cursor(conn, ask.consumer)?;
    let oldest = keep::oldest(now, &ask.known);
    let read = |row: &Row<'_>| row.get(0);
    // Each names its index: the planner has no statistics, and a wrong guess sorts the whole stream.
    match &ask.filter {
        Filter::All => conn
            .prepare_cached(
                "SELECT seq FROM message INDEXED BY message_stream
                 WHERE stream = ?1 AND seq > ?2 AND published_at > ?3 ORDER BY seq LIMIT ?4",
            )?
            .query_map(params![ask.stream, cursor, oldest, max], read)?
            .collect(),
        Filter::One(subject) => conn
            .prepare_cached(
                "SELECT seq FROM message INDEXED BY message_subject
                 WHERE stream = ?1 AND seq > ?2 AND published_at > ?3 AND subject = ?5
                 ORDER BY seq LIMIT ?4",
            )?
            .query_map(params![ask.stream, cursor, oldest, max, subject], read)?
            .collect(),
        Filter::Below(from, to) => conn
            .prepare_cached(
                "SELECT seq FROM message INDEXED BY message_stream
                 WHERE stream = ?1 AND seq > ?2 AND published_at > ?3 AND subject > ?5
                   AND subject < ?6 ORDER BY seq LIMIT ?4",
            )?
            .query_map(params![ask.stream, cursor, oldest, max, from, to], read)?
            .collect(),
    }
}

fn cursor(conn: &Connection, consumer: i64) -> rusqlite::Result<i64> {
    let cursor = conn
        .prepare_cached("SELECT cursor FROM consumer WHERE id = ?1")?
        .query_row([consumer], |row| row.get(0))
        .optional()?;
    Ok(cursor.unwrap_or(0))
}

/// How much a consumer has before it. Counts what is pending one by one: for people and gauges.
pub(super) fn depth(
    conn: &Connection,
    mut ask: Ask,
    name: &str,
    now: i64,
) -> rusqlite::Result<Depth> {
    let row: Option<i64> = conn
        .prepare_cached("SELECT id FROM consumer WHERE stream = ?1 AND name = ?2")?
        .query_row(params![ask.stream, name], |row| row.get(0))
        .optional()?;
    ask.consumer = row.unwrap_or(0);
    let pending = fresh(conn, &ask, now, i64::MAX)?.len();
    let in_flight: i64 = conn
        .prepare_cached("SELECT count(*) FROM loan WHERE consumer = ?1")?
        .query_row([ask.consumer], |row| row.get(0))?;
    Ok(Depth {
        pending: u64::try_from(pending).unwrap_or(u64::MAX),
        in_flight: unsigned(in_flight),
    })
}
