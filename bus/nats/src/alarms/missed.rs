//! What a recurrence missed while the server was down.
//!
//! Seen on server 2.15.2: stopped in an orderly way, it writes down when each schedule is due, and
//! publishes once when it starts after that. Killed, it reckons anew from the present, and what came
//! due meanwhile is lost. So whoever says what recurs looks whether the last time passed without a
//! message, and puts one in its place: at each start, and after each new connection. However many do
//! so at once, the message has one id.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_nats::HeaderMap;
use chrono::{DateTime, SecondsFormat, Utc};
use galley_bus_core::alarms::Times;
use galley_bus_core::clock::{Clock as _, SystemClock};
use galley_bus_core::message::Message;
use galley_bus_core::topology::{DUE, STREAM_ALARM};

use super::waits;
use crate::error::NatsError;
use crate::get::{Kept, RUN_MAX};
use crate::queue::message::next_due;
use crate::queue::{ID, MSG_ID, NEXT};
use crate::wire::{self, Wire, header};

/// How much the server may be late, in milliseconds: it has just started and reads what it keeps.
const LATE_MAX_MS: i64 = 5_000;
/// Which recurrence a message of our own is of.
const OF: &str = "Galley-Schedule";
/// Most pages of what went off that are looked through for the last time.
const PAGES_MAX: usize = 64;

/// A recurrence as it is kept on the server.
#[derive(Debug)]
pub(super) struct Recurring {
    /// The subject that it waits on.
    pub(super) on: String,
    pub(super) headers: HeaderMap,
    pub(super) message: Message,
    pub(super) times: Times,
}

/// What this process said recurs, by its subject.
#[derive(Debug, Default)]
pub(super) struct Said(Mutex<BTreeMap<String, Arc<Recurring>>>);

impl Said {
    pub(super) fn remember(&self, recurring: Recurring) {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        said.insert(recurring.on.clone(), Arc::new(recurring));
    }

    pub(super) fn forget(&self, on: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(on);
    }

    fn all(&self) -> Vec<Arc<Recurring>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Looks after what was missed, after each new connection.
    pub(super) async fn say_again(&self, wire: Wire) {
        let mut connections = wire.connections.clone();
        while connections.changed().await.is_ok() {
            for recurring in self.all() {
                if let Err(error) = recurring.make_up(&wire).await {
                    tracing::warn!(on = recurring.on, %error, "could not look what it missed");
                }
            }
        }
    }
}

impl Recurring {
    /// Keeps it on the server, or makes up what it missed there.
    pub(super) async fn keep(&self, wire: &Wire) -> Result<(), NatsError> {
        match waits(wire, &self.on, &self.headers, &self.message.payload).await? {
            Some(kept) => self.look(wire, kept).await,
            None => {
                let (on, payload) = (self.on.clone(), self.message.payload.clone());
                wire.store(STREAM_ALARM, on, self.headers.clone(), payload).await.map(drop)
            }
        }
    }

    /// Makes up what it missed. Taken away or changed by somebody else, it missed nothing.
    async fn make_up(&self, wire: &Wire) -> Result<(), NatsError> {
        match waits(wire, &self.on, &self.headers, &self.message.payload).await? {
            Some(kept) => self.look(wire, kept).await,
            None => Ok(()),
        }
    }

    async fn look(&self, wire: &Wire, kept: Kept) -> Result<(), NatsError> {
        let due = match self.last_known(wire, kept.seq).await? {
            Some(next) => Some(next),
            None => self.first_after(kept.at_ms),
        };
        let now = SystemClock.now();
        if due.is_none_or(|due| due + LATE_MAX_MS > now.timestamp_millis()) {
            return Ok(());
        }
        let Ok(next) = self.times.first_after(now) else { return Ok(()) };
        let mut headers = wire::headers(&self.message.headers);
        headers.insert(ID, self.message.id.as_str());
        headers.insert(OF, self.on.as_str());
        headers.insert(NEXT, next.to_rfc3339_opts(SecondsFormat::Millis, true));
        headers.insert(MSG_ID, format!("{}@{}", self.on, next.timestamp_millis()));
        headers.insert("Nats-TTL", super::DUE_KEPT);
        let on = format!("{DUE}.{}", self.message.subject);
        tracing::info!(on = self.on, "a recurring message was missed and is made up");
        wire.store(STREAM_ALARM, on, headers, self.message.payload.clone()).await.map(drop)
    }

    /// Its first time after another, both in milliseconds since 1970; none when there is none.
    fn first_after(&self, ms: i64) -> Option<i64> {
        let after = DateTime::<Utc>::from_timestamp_millis(ms)?;
        Some(self.times.first_after(after).ok()?.timestamp_millis())
    }

    /// When it was to come next, by what went off last since it is kept as it is.
    async fn last_known(&self, wire: &Wire, since: u64) -> Result<Option<i64>, NatsError> {
        let subject = format!("{DUE}.{}", self.message.subject);
        let (mut next, mut from) = (None, since + 1);
        for _ in 0..PAGES_MAX {
            let run = wire.run(STREAM_ALARM, &subject, from, RUN_MAX).await?;
            let Some(last) = run.last() else { break };
            from = last.seq + 1;
            let ours = run.iter().filter(|kept| self.is_of(&kept.headers));
            next = ours.filter_map(|kept| next_due(Some(&kept.headers))).next_back().or(next);
        }
        Ok(next)
    }

    fn is_of(&self, headers: &HeaderMap) -> bool {
        let by = header(Some(headers), "Nats-Scheduler").or_else(|| header(Some(headers), OF));
        by == Some(self.on.as_str())
    }
}
