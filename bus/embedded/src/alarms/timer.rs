//! The task that does what is due: alarms that go off, and keys whose time runs out.
//!
//! It looks at what is due next, waits for that time or for a change, and looks again. Whatever woke
//! it, it acts on what it finds, so a wake-up too many does no harm.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use galley_bus_core::Unreachable;
use galley_bus_core::message::Message;
use galley_schemas::id::MessageId;
use rusqlite::{Connection, params};

use super::{Alarm, read};
use crate::kv;
use crate::queue::{Kept, keep};
use crate::store::{Interest, Store, Streams, Tx, later, millis};

/// Longest wait, should the machine's clock have been moved meanwhile.
const WAIT_MAX: Duration = Duration::from_secs(30);
/// How long to wait after a failure, and before a message that found no room is tried again.
const FAILED_WAIT: Duration = Duration::from_secs(5);
/// How many alarms go off in one transaction.
const BATCH: i64 = 256;

/// Does what is due until the store is stopped.
pub(crate) async fn run(store: Arc<Store>) {
    let waiter = store.wakes.on(Interest::Timer);
    loop {
        let next = match turn(&store).await {
            Ok(next) => next,
            Err(error) => {
                tracing::warn!(%error, "what is due could not be done");
                Some(later(store.now(), FAILED_WAIT))
            }
        };
        tokio::select! {
            biased;
            () = store.stop.cancelled() => return,
            () = waiter.woken() => {}
            () = store.sleep_until(next, WAIT_MAX) => {}
        }
    }
}

/// Does what is due now, and returns when something is due next.
async fn turn(store: &Arc<Store>) -> Result<Option<i64>, Unreachable> {
    let next = store.read("look at what is due", next_due).await?;
    if next.is_none_or(|at| at > store.now()) {
        return Ok(next);
    }
    let streams = store.streams.clone();
    store
        .write("do what is due", move |tx| {
            kv::expire(tx)?;
            go_off(tx, &streams)
        })
        .await?;
    store.read("look at what is due", next_due).await
}

fn next_due(conn: &Connection) -> rusqlite::Result<Option<i64>> {
    let alarm: Option<i64> =
        conn.prepare_cached("SELECT min(at) FROM alarm")?.query_row([], |row| row.get(0))?;
    let expiry = kv::next_expiry(conn)?;
    Ok([alarm, expiry].into_iter().flatten().min())
}

fn go_off(tx: &mut Tx<'_>, streams: &Streams) -> rusqlite::Result<()> {
    let mut statement = tx.conn.prepare_cached(
        "SELECT key, at, cron, time_zone, recurs, subject, id, headers, payload
         FROM alarm WHERE at <= ?1 ORDER BY at LIMIT ?2",
    )?;
    let due =
        statement.query_map([tx.now, BATCH], read)?.collect::<rusqlite::Result<Vec<Alarm>>>()?;
    due.into_iter().try_for_each(|alarm| fire(tx, streams, alarm))
}

/// Publishes one, and deletes it or moves it to its next time.
fn fire(tx: &mut Tx<'_>, streams: &Streams, alarm: Alarm) -> rusqlite::Result<()> {
    let message = match &alarm.times {
        None => alarm.message,
        Some(_) => occurrence(alarm.message, alarm.at),
    };
    let kept = match streams.of(&message.subject) {
        Some(known) => keep(tx, known, &message)?,
        // Armed by a version that had a queue for it.
        None => Kept::NoRoom,
    };
    let recurs = alarm.times.is_some();
    let next = match (kept, alarm.times) {
        (Kept::NoRoom, _) => {
            tracing::warn!(subject = %message.subject, key = %alarm.key, "no room for an alarm");
            Some(later(tx.now, FAILED_WAIT))
        }
        (Kept::New | Kept::Duplicate, None) => None,
        // From now on, not from its last time: those missed are made up by this one.
        (Kept::New | Kept::Duplicate, Some(times)) => {
            let now = DateTime::from_timestamp_millis(tx.now).unwrap_or(DateTime::<Utc>::MAX_UTC);
            times.first_after(now).ok().map(millis)
        }
    };
    match next {
        Some(at) => tx
            .conn
            .prepare_cached("UPDATE alarm SET at = ?3 WHERE recurs = ?1 AND key = ?2")?
            .execute(params![recurs, alarm.key, at])?,
        None => tx
            .conn
            .prepare_cached("DELETE FROM alarm WHERE recurs = ?1 AND key = ?2")?
            .execute(params![recurs, alarm.key])?,
    };
    Ok(())
}

/// A recurring message at one of its times: with an id of its own, the same whoever fires it.
fn occurrence(message: Message, at: i64) -> Message {
    let id = MessageId::new(format!("{}@{at}", message.id));
    Message { id, ..message }
}
