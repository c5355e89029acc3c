//! Messages of the future: the server's message schedules.
//!
//! ```text
//!   GALLEY_ALARM   galley.alarm.<key>      waits; the server publishes it at its time, and removes it
//!                  galley.schedule.<key>   waits; the server publishes it again and again
//!                  galley.due.<subject>    went off; the stream of <subject> takes it over from here
//! ```
//!
//! A stream with schedules cannot refuse messages when it is full, and whoever may write to it chooses
//! where its schedules go off. So alarms wait in a stream of their own, which coordinators alone may
//! write, and the queues' streams take over what went off (as JetStream sources).
//!
//! The server keeps time to about a second. It fires once; once more when it crashes in between.

use std::sync::Arc;

use async_nats::HeaderMap;
use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use galley_bus_core::Unreachable;
use galley_bus_core::alarms::{Alarms, RecurError, Recurrence};
use galley_bus_core::message::{Message, PAYLOAD_BYTES_MAX};
use galley_bus_core::queue::PublishError;
use galley_bus_core::topology::{ALARMS, DUE, SCHEDULES, STREAM_ALARM, Stream};

use crate::error::NatsError;
use crate::kv::key::token;
use crate::queue::{ID, keeper};
use crate::wire::{self, Wire, code, header};

/// How long what went off is kept for its queue to take over.
const DUE_KEPT: &str = "168h";
/// How long the mark of an alarm that was taken away stays.
const MARK_KEPT: &str = "1s";
/// When it goes off.
const WHEN: &str = "Nats-Schedule";
/// In which zone that is meant.
const ZONE: &str = "Nats-Schedule-Time-Zone";
/// Fields of a cron expression, without the seconds that NATS puts first.
const CRON_FIELDS: usize = 5;

/// Alarms on message schedules.
#[derive(Debug)]
pub(crate) struct ScheduledAlarms {
    wire: Wire,
    streams: Arc<[Stream]>,
}

impl ScheduledAlarms {
    pub(crate) fn new(wire: Wire, streams: Arc<[Stream]>) -> Self {
        Self { wire, streams }
    }

    /// Refuses what no queue would take.
    fn admit(&self, message: &Message) -> Result<(), PublishError> {
        let subject = message.subject.clone();
        if keeper(&self.streams, &subject).is_none() {
            return Err(PublishError::NoQueue { subject });
        }
        let (bytes, max) = (message.payload.len(), self.wire.payload_max(PAYLOAD_BYTES_MAX));
        if bytes > max { Err(PublishError::TooLarge { subject, bytes, max }) } else { Ok(()) }
    }

    async fn store(&self, on: String, headers: HeaderMap, payload: Bytes) -> Result<(), NatsError> {
        self.wire.store(STREAM_ALARM, on, headers, payload).await.map(drop)
    }

    /// Puts a mark in the place of what waits there; the mark goes away by itself.
    async fn take_away(&self, on: String) -> Result<(), NatsError> {
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Rollup", "sub");
        headers.insert("Nats-TTL", MARK_KEPT);
        self.store(on, headers, Bytes::new()).await
    }

    /// Whether the same waits there already. Said again, it would forget what was missed.
    async fn waits(
        &self,
        on: &str,
        headers: &HeaderMap,
        payload: &Bytes,
    ) -> Result<bool, NatsError> {
        let same = |kept: &HeaderMap, name| header(Some(kept), name) == header(Some(headers), name);
        let last = self.wire.last(STREAM_ALARM, on).await?;
        Ok(last.is_some_and(|kept| {
            let all = [WHEN, ZONE, "Nats-Schedule-Target", ID];
            kept.payload == *payload && all.into_iter().all(|name| same(&kept.headers, name))
        }))
    }
}

/// A message with the headers of a schedule.
fn schedule(message: &Message, when: &str) -> HeaderMap {
    let mut headers = wire::headers(&message.headers);
    headers.insert(ID, message.id.as_str());
    headers.insert(WHEN, when);
    headers.insert("Nats-Schedule-Target", format!("{DUE}.{}", message.subject));
    headers.insert("Nats-Schedule-TTL", DUE_KEPT);
    headers
}

/// Where a key waits. A key that is such a subject itself is taken as it is.
fn place(root: &str, key: &str) -> String {
    let below = key.strip_prefix(root).and_then(|rest| rest.strip_prefix('.'));
    match below {
        Some(name) if token(name) == name => key.to_owned(),
        Some(_) | None => format!("{root}.=.{}", token(key)),
    }
}

#[async_trait]
impl Alarms for ScheduledAlarms {
    async fn arm(&self, key: &str, at: DateTime<Utc>, message: Message) -> Result<(), Unreachable> {
        let what = || format!("arm {key}");
        let admitted = self.admit(&message);
        admitted.map_err(|error| Unreachable { what: what(), cause: Box::new(error) })?;
        let when = format!("@at {}", at.to_rfc3339_opts(SecondsFormat::Nanos, true));
        let headers = schedule(&message, &when);
        let stored = self.store(place(ALARMS, key), headers, message.payload).await;
        stored.map_err(|error| error.unreachable(what()))
    }

    async fn disarm(&self, key: &str) -> Result<(), Unreachable> {
        let taken = self.take_away(place(ALARMS, key)).await;
        taken.map_err(|error| error.unreachable(format!("disarm {key}")))
    }

    async fn recur(&self, key: &str, when: Recurrence, message: Message) -> Result<(), RecurError> {
        let Recurrence { cron, time_zone } = when;
        let what = || format!("keep the schedule {key}");
        let invalid = |reason: String| RecurError::Invalid {
            cron: cron.clone(),
            time_zone: time_zone.clone(),
            reason,
        };
        if cron.split_whitespace().count() != CRON_FIELDS {
            return Err(invalid(format!("{CRON_FIELDS} fields are wanted")));
        }
        let admitted = self.admit(&message);
        admitted.map_err(|error| Unreachable { what: what(), cause: Box::new(error) })?;
        let mut headers = schedule(&message, &format!("0 {cron}"));
        headers.insert(ZONE, time_zone.as_str());
        let on = place(SCHEDULES, key);
        let waits = self.waits(&on, &headers, &message.payload).await;
        if waits.map_err(|error| error.unreachable(what()))? {
            return Ok(());
        }
        match self.store(on, headers, message.payload).await {
            Ok(()) => Ok(()),
            Err(NatsError::Refused {
                code: code::SCHEDULE_INVALID | code::TIME_ZONE_INVALID,
                description,
            }) => Err(invalid(description)),
            Err(error) => Err(error.unreachable(what()).into()),
        }
    }

    async fn forget(&self, key: &str) -> Result<(), Unreachable> {
        let taken = self.take_away(place(SCHEDULES, key)).await;
        taken.map_err(|error| error.unreachable(format!("forget the schedule {key}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(key: &str, want: &str) {
        assert_eq!(place(ALARMS, key), want);
    }

    #[test]
    fn a_goals_alarm_waits_where_its_key_says_and_any_other_key_beside_them() {
        check(&format!("{ALARMS}.0199-a"), "galley.alarm.0199-a");
        check("0199-a", "galley.alarm.=.0199-a");
        check(&format!("{ALARMS}.a.b"), "galley.alarm.=.galley=2Ealarm=2Ea=2Eb");
        check("not there", "galley.alarm.=.not=20there");
        check("", "galley.alarm.=.=");
    }
}
