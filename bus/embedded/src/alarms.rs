//! Messages of the future: a row each, fired by whichever process looks first.
//!
//! Firing publishes the message and deletes the row (or moves it to its next time) in one
//! transaction, so each goes off exactly once, however many processes have the file open.

pub(crate) mod timer;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use galley_bus_core::Unreachable;
use galley_bus_core::alarms::{Alarms, RecurError, Recurrence, Times};
use galley_bus_core::message::{Message, PAYLOAD_BYTES_MAX};
use galley_bus_core::queue::PublishError;
use galley_schemas::id::MessageId;
use rusqlite::{OptionalExtension as _, Row, named_params, params};

use crate::store::{Store, Topic, Tx, millis};

/// The alarms in the table `alarm`.
#[derive(Debug)]
pub(crate) struct SqliteAlarms {
    store: Arc<Store>,
}

impl SqliteAlarms {
    pub(crate) fn new(store: Arc<Store>) -> Self {
        Self { store }
    }

    /// Refuses here what could never be published later.
    fn check(&self, what: &str, message: &Message) -> Result<(), Unreachable> {
        let subject = message.subject.clone();
        let (bytes, max) = (message.payload.len(), PAYLOAD_BYTES_MAX);
        let fault = if bytes > max {
            PublishError::TooLarge { subject, bytes, max }
        } else if self.store.streams.of(&subject).is_none() {
            PublishError::NoQueue { subject }
        } else {
            return Ok(());
        };
        Err(Unreachable { what: what.to_owned(), cause: Box::new(fault) })
    }

    async fn remove(&self, what: String, recurs: bool, key: &str) -> Result<(), Unreachable> {
        let key = key.to_owned();
        self.store
            .write(&what, move |tx| {
                tx.conn
                    .prepare_cached("DELETE FROM alarm WHERE recurs = ?1 AND key = ?2")?
                    .execute(params![recurs, key])
                    .map(|_| ())
            })
            .await
    }
}

#[async_trait]
impl Alarms for SqliteAlarms {
    async fn arm(&self, key: &str, at: DateTime<Utc>, message: Message) -> Result<(), Unreachable> {
        let what = format!("arm {key}");
        self.check(&what, &message)?;
        let alarm = Alarm { key: key.to_owned(), at: millis(at), times: None, message };
        self.store.write(&what, move |tx| set(tx, &alarm)).await
    }

    async fn disarm(&self, key: &str) -> Result<(), Unreachable> {
        self.remove(format!("disarm {key}"), false, key).await
    }

    async fn recur(&self, key: &str, when: Recurrence, message: Message) -> Result<(), RecurError> {
        let what = format!("schedule {key}");
        self.check(&what, &message)?;
        let times = Times::new(when)?;
        let first = times.first_after(self.store.clock.now())?;
        let key = key.to_owned();
        let recur = move |tx: &mut Tx<'_>| {
            // The same recurrence again, as at every start: its next time stands, missed or not.
            let at = next_of(tx, &key, &times)?.unwrap_or(millis(first));
            set(tx, &Alarm { key, at, times: Some(times), message })
        };
        Ok(self.store.write(&what, recur).await?)
    }

    async fn forget(&self, key: &str) -> Result<(), Unreachable> {
        self.remove(format!("forget {key}"), true, key).await
    }
}

/// A row of the table.
#[derive(Debug)]
struct Alarm {
    key: String,
    at: i64,
    /// When it comes again; none for once.
    times: Option<Times>,
    message: Message,
}

/// Sets an alarm in place of the one of the same key.
fn set(tx: &mut Tx<'_>, alarm: &Alarm) -> rusqlite::Result<()> {
    let when = alarm.times.as_ref().map(Times::recurrence);
    let headers = serde_json::to_string(&alarm.message.headers).expect("headers are texts");
    tx.conn
        .prepare_cached(
            "INSERT OR REPLACE INTO alarm
                 (recurs, key, at, cron, time_zone, subject, id, headers, payload)
             VALUES (:recurs, :key, :at, :cron, :time_zone, :subject, :id, :headers, :payload)",
        )?
        .execute(named_params! {
            ":recurs": when.is_some(),
            ":key": alarm.key,
            ":at": alarm.at,
            ":cron": when.map_or("", |when| when.cron.as_str()),
            ":time_zone": when.map_or("", |when| when.time_zone.as_str()),
            ":subject": alarm.message.subject,
            ":id": alarm.message.id.as_str(),
            ":headers": headers,
            ":payload": alarm.message.payload.as_ref(),
        })?;
    tx.wake(Topic::Timer);
    Ok(())
}

/// When a recurring alarm comes next, if it stands with the same recurrence.
fn next_of(tx: &Tx<'_>, key: &str, times: &Times) -> rusqlite::Result<Option<i64>> {
    let when = times.recurrence();
    tx.conn
        .prepare_cached(
            "SELECT at FROM alarm
             WHERE recurs = 1 AND key = ?1 AND cron = ?2 AND time_zone = ?3",
        )?
        .query_row(params![key, when.cron, when.time_zone], |row| row.get(0))
        .optional()
}

/// Reads a row: key, at, cron, time zone, recurs, subject, id, headers, payload.
fn read(row: &Row<'_>) -> rusqlite::Result<Alarm> {
    let bad = |column, error: Box<dyn std::error::Error + Send + Sync>| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, error)
    };
    let times = if row.get(4)? {
        let when = Recurrence { cron: row.get(2)?, time_zone: row.get(3)? };
        Some(Times::new(when).map_err(|error| bad(2, error.into()))?)
    } else {
        None
    };
    let headers: String = row.get(7)?;
    let message = Message {
        subject: row.get(5)?,
        id: MessageId::new(row.get::<_, String>(6)?),
        headers: serde_json::from_str(&headers).map_err(|error| bad(7, error.into()))?,
        payload: Bytes::from(row.get::<_, Vec<u8>>(8)?),
    };
    Ok(Alarm { key: row.get(0)?, at: row.get(1)?, times, message })
}
