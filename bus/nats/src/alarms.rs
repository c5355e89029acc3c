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
//! The server keeps time to a quarter of a second (seen on 2.14.6 and 2.15.2). It fires once; once more when it crashes in between. What a
//! recurrence missed while the server was down, an orderly server makes up, and one that crashed does
//! not: so that is looked after here (alarms/missed.rs).

use std::sync::{Arc, Once};

use async_nats::HeaderMap;
use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use galley_bus_core::Unreachable;
use galley_bus_core::alarms::{Alarms, RecurError, Recurrence, Times};
use galley_bus_core::message::{Message, PAYLOAD_BYTES_MAX};
use galley_bus_core::queue::PublishError;
use galley_bus_core::topology::{ALARMS, DUE, SCHEDULES, STREAM_ALARM, Stream};

use crate::error::NatsError;
use crate::get::Kept;
use crate::kv::key::token;
use crate::nats::Tasks;
use crate::queue::{ID, keeper};
use crate::wire::{self, Wire, code, header};

mod missed;

use missed::{Recurring, Said};

/// How long what went off is kept for its queue to take over.
const DUE_KEPT: &str = "168h";
/// How long the mark of an alarm that was taken away stays.
const MARK_KEPT: &str = "1s";
/// When it goes off.
const WHEN: &str = "Nats-Schedule";
/// In which zone that is meant.
const ZONE: &str = "Nats-Schedule-Time-Zone";

/// Alarms on message schedules.
#[derive(Debug)]
pub(crate) struct ScheduledAlarms {
    wire: Wire,
    tasks: Arc<Tasks>,
    streams: Arc<[Stream]>,
    said: Arc<Said>,
    looking: Once,
}

impl ScheduledAlarms {
    pub(crate) fn new(wire: Wire, tasks: Arc<Tasks>, streams: Arc<[Stream]>) -> Self {
        Self { wire, tasks, streams, said: Arc::default(), looking: Once::new() }
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

    /// Says again what this process said recurs, after each new connection.
    fn look_after(&self) {
        self.looking.call_once(|| {
            let (said, wire) = (Arc::clone(&self.said), self.wire.clone());
            self.tasks.spawn(async move { said.say_again(wire).await });
        });
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
}

/// The same recurrence, if it waits there already. Said again, the server would forget what it missed.
async fn waits(
    wire: &Wire,
    on: &str,
    headers: &HeaderMap,
    payload: &Bytes,
) -> Result<Option<Kept>, NatsError> {
    let same = |kept: &HeaderMap, name| header(Some(kept), name) == header(Some(headers), name);
    let last = wire.last(STREAM_ALARM, on).await?;
    Ok(last.filter(|kept| {
        let all = [WHEN, ZONE, "Nats-Schedule-Target", ID];
        kept.payload == *payload && all.into_iter().all(|name| same(&kept.headers, name))
    }))
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
        let what = || format!("keep the schedule {key}");
        let times = Times::new(when)?;
        let admitted = self.admit(&message);
        admitted.map_err(|error| Unreachable { what: what(), cause: Box::new(error) })?;
        let mut headers = schedule(&message, &format!("0 {}", times.recurrence().cron));
        headers.insert(ZONE, times.recurrence().time_zone.as_str());
        let kept = Recurring { on: place(SCHEDULES, key), headers, message, times };
        self.look_after();
        match kept.keep(&self.wire).await {
            Ok(()) => {
                self.said.remember(kept);
                Ok(())
            }
            Err(NatsError::Refused {
                code: code::SCHEDULE_INVALID | code::TIME_ZONE_INVALID,
                description,
            }) => Err(kept.times.recurrence().invalid(description)),
            Err(error) => Err(error.unreachable(what()).into()),
        }
    }

    async fn forget(&self, key: &str) -> Result<(), Unreachable> {
        let on = place(SCHEDULES, key);
        self.said.forget(&on);
        let taken = self.take_away(on).await;
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
