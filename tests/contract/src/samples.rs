//! Samples that the laws speak of.

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use galley_bus_core::clock::{Chance as _, Clock as _, SystemChance, SystemClock};
use galley_bus_core::message::Message;
use galley_bus_core::topology::{Consumer, STREAM_TASK};
use galley_schemas::id::{GoalId, MessageId};
use galley_schemas::record::Record;

/// The time now.
pub(crate) fn now() -> DateTime<Utc> {
    SystemClock.now()
}

/// A new goal.
pub(crate) fn goal() -> GoalId {
    SystemChance.goal_id(now())
}

/// A record that is known by its cause.
pub(crate) fn record(goal: GoalId, cause: &str) -> Record {
    Record { goal, at: now(), cause: MessageId::new(cause), events: Vec::new(), acts: Vec::new() }
}

/// A subject of the task stream.
pub(crate) fn subject(kind: &str) -> String {
    format!("galley.task.{kind}")
}

/// A message to the tasks of a kind.
pub(crate) fn message(kind: &str, id: &str) -> Message {
    Message::new(subject(kind), MessageId::new(id), Bytes::from(format!("payload of {id}")))
}

/// A consumer of the tasks of a kind, whose loans last long.
pub(crate) fn consumer(kind: &str) -> Consumer {
    Consumer {
        name: format!("agent_{kind}"),
        stream: STREAM_TASK,
        filter: subject(kind),
        ack_wait: Duration::from_secs(60),
        in_flight_max: 1_000,
    }
}
