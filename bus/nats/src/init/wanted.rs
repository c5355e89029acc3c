//! The settings of everything that Galley has on the server, as JetStream writes them. Durations are
//! in nanoseconds.
//!
//! Decided for all, rather than left to what the server takes when nothing is said:
//!
//! - files, limits, and refusing what is too much: nothing is dropped in silence;
//! - deliveries without end (`max_deliver: -1`): how often something is tried is the coordinator's
//!   decision, and a message past the server's bound would be stuck without anybody seeing it;
//! - no `backoff`: it would take the place of `ack_wait`;
//! - reading without consumers (`allow_direct`), and hints about what was stored (`republish`), so
//!   that nobody needs the right to make a consumer at run time.

use std::time::Duration;

use galley_bus_core::topology::{
    ALARMS, BUCKET_ARTIFACTS, Consumer, DUE, LOG_SUBJECTS, SCHEDULES, STORED, STREAM_ALARM,
    STREAM_LOG, Stream, Topology,
};
use galley_schemas::subject::bucket;
use serde_json::{Value, json};

use crate::kv;

/// Most pulls that wait at one consumer, over all processes.
const PULLS_MAX: u64 = 8_192;
/// How long the mark of a value that ran out stays for those who watch.
const MARK: Duration = Duration::from_secs(60);

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// The goals' records.
pub(crate) fn log(replicas: usize) -> Value {
    json!({
        "name": STREAM_LOG,
        "description": "Galley: the goals' records",
        "subjects": [LOG_SUBJECTS],
        "retention": "limits",
        "storage": "file",
        "discard": "new",
        "max_msgs": -1,
        "max_age": 0,
        "num_replicas": replicas,
        "allow_direct": true,
        "deny_delete": true,
        "republish": {
            "src": LOG_SUBJECTS,
            "dest": format!("{STORED}.{LOG_SUBJECTS}"),
            "headers_only": true,
        },
    })
}

/// Alarms that wait. Schedules and refusing what is too much do not go together.
pub(crate) fn alarms(replicas: usize) -> Value {
    json!({
        "name": STREAM_ALARM,
        "description": "Galley: alarms and recurrences that wait",
        "subjects": [format!("{ALARMS}.>"), format!("{SCHEDULES}.>"), format!("{DUE}.>")],
        "retention": "limits",
        "storage": "file",
        "discard": "old",
        "max_msgs": -1,
        "max_age": 0,
        "num_replicas": replicas,
        "allow_direct": true,
        "allow_rollup_hdrs": true,
        "allow_msg_ttl": true,
        "allow_msg_schedules": true,
    })
}

/// A stream that carries a queue. It takes over what went off for its subjects.
pub(crate) fn queue(stream: &Stream, replicas: usize) -> Value {
    let due = |subject: &String| json!({ "src": format!("{DUE}.{subject}"), "dest": subject });
    let due: Vec<Value> = stream.subjects.iter().map(due).collect();
    json!({
        "name": stream.name,
        "subjects": stream.subjects,
        "retention": "limits",
        "storage": "file",
        "discard": "new",
        "max_msgs": stream.messages_max,
        "max_age": nanos(stream.age_max),
        "duplicate_window": nanos(stream.duplicate_window.min(stream.age_max)),
        "num_replicas": replicas,
        "allow_direct": true,
        "sources": [{ "name": STREAM_ALARM, "subject_transforms": due }],
    })
}

/// The names of all streams, also of those that carry buckets.
pub(crate) fn streams(topology: &Topology) -> Vec<String> {
    let queues = topology.streams.iter().map(|stream| stream.name);
    let plain = [STREAM_LOG, STREAM_ALARM].into_iter().chain(queues).map(str::to_owned);
    plain.chain(buckets(topology).iter().map(|bucket| kv::stream(bucket))).collect()
}

/// All buckets.
pub(crate) fn buckets(topology: &Topology) -> Vec<String> {
    let artifacts = std::iter::once(BUCKET_ARTIFACTS.to_owned());
    topology.buckets.iter().cloned().chain(artifacts).collect()
}

/// A key-value bucket.
///
/// What several kinds of processes write to takes no rollup, one of which empties a whole bucket, and
/// nobody is told of it: nobody watches it. Of artifacts nothing takes one away: they take no time to
/// live either.
pub(crate) fn bucket(name: &str, replicas: usize) -> Value {
    let subjects = format!("$KV.{name}.>");
    let mut config = json!({
        "name": kv::stream(name),
        "subjects": [subjects],
        "retention": "limits",
        "storage": "file",
        "discard": "new",
        "max_msgs": -1,
        "max_msgs_per_subject": 1,
        "max_age": 0,
        "num_replicas": replicas,
        "allow_direct": true,
        "deny_delete": true,
    });
    let own = match name {
        // A time to live that is allowed already stays so: the server does not take it back.
        BUCKET_ARTIFACTS => {
            json!({ "allow_rollup_hdrs": false, "subject_delete_marker_ttl": 0, "republish": null })
        }
        bucket::AGENTS | bucket::FEEDBACK => json!({
            "allow_rollup_hdrs": false,
            "allow_msg_ttl": true,
            "subject_delete_marker_ttl": 0,
            "republish": null,
        }),
        _ => json!({
            "allow_rollup_hdrs": true,
            "allow_msg_ttl": true,
            "subject_delete_marker_ttl": nanos(MARK),
            "republish": { "src": subjects, "dest": format!("{STORED}.{subjects}") },
        }),
    };
    if let (Value::Object(config), Value::Object(own)) = (&mut config, own) {
        config.extend(own);
    }
    config
}

/// Who reads a stream.
pub(crate) fn consumer(consumer: &Consumer) -> Value {
    json!({
        "name": consumer.name,
        "durable_name": consumer.name,
        "deliver_policy": "all",
        "replay_policy": "instant",
        "ack_policy": "explicit",
        "ack_wait": nanos(consumer.ack_wait),
        "max_deliver": -1,
        "filter_subject": consumer.filter,
        "max_ack_pending": consumer.in_flight_max,
        "max_waiting": PULLS_MAX,
    })
}

/// How a consumer is made or changed: what is asked, with which body.
pub(crate) fn ask_consumer(stream: &str, config: &Value, action: &str) -> (String, Value) {
    let text = |name| config.get(name).and_then(Value::as_str).unwrap_or_default();
    let (name, filter) = (text("name"), text("filter_subject"));
    // With the filter in the subject, who may make which consumer can be said in permissions.
    let filter = if filter.is_empty() { String::new() } else { format!(".{filter}") };
    let body = json!({ "stream_name": stream, "config": config, "action": action });
    (format!("CONSUMER.CREATE.{stream}.{name}{filter}"), body)
}

/// How a consumer is made.
pub(crate) fn create_consumer(of: &Consumer) -> (String, Value) {
    ask_consumer(of.stream, &consumer(of), "create")
}
