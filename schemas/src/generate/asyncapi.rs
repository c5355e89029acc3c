//! The AsyncAPI 3.0 document: every subject, who sends and receives there, and what is said.
//!
//! Source: <https://www.asyncapi.com/docs/reference/specification/v3.0.0>.

mod channels;
mod operations;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use self::channels::{BARE_INPUT, Channel, channels};
use self::operations::operations;
use super::{BASE, Payload, Published, address, file_name, json_schema, published};
use crate::envelope::MEDIA_TYPE;
use crate::subject::{self, bucket};
use crate::task;

const ABOUT: &str = "Galley carries goals to finished work over a message bus. An agent takes \
    tasks of its kind and reports on them; a submitter hands goals in, answers questions, gives \
    orders and follows along. Messages are JSON in a CloudEvents 1.0 envelope (structured mode) \
    unless they are marked as `application/json`. Inputs and reports may also come as their \
    payload alone; a report without an envelope is answered without one. Readers pass over fields \
    that they do not know.";
const LICENSE: &str = "https://www.apache.org/licenses/LICENSE-2.0";

/// The document.
pub(super) fn document() -> Value {
    let (channels, operations) = (channels(), operations());
    json!({
        "asyncapi": "3.0.0",
        "id": format!("{BASE}asyncapi.json"),
        "info": {
            "title": "Galley",
            "version": "1.0.0",
            "description": ABOUT,
            "license": { "name": "Apache-2.0", "url": LICENSE },
            "tags": [
                { "name": "agent", "description": "What an agent does." },
                { "name": "submitter", "description": "What whoever hands goals in does." },
                { "name": "learner", "description": "What whoever learns from outcomes does." },
            ],
        },
        "defaultContentType": MEDIA_TYPE,
        "servers": {
            "nats": {
                "host": "localhost:4222",
                "protocol": "nats",
                "description": "NATS JetStream; put your own server here.",
            },
            "kafka": {
                "host": "localhost:9092",
                "protocol": "kafka",
                "description": "Apache Kafka, for the feedback topic; put your own broker here.",
            },
        },
        "channels": object(channels.iter().map(|channel| (channel.id, channel.document()))),
        "operations": object(operations.iter().map(|does| (does.id, does.document()))),
        "components": {
            "messages": messages(&channels),
            "parameters": parameters(),
            "schemas": { "headers": headers() },
        },
        "x-loans": loans(),
        "x-buckets": buckets(),
    })
}

fn object<'a>(members: impl Iterator<Item = (&'a str, Value)>) -> Map<String, Value> {
    members.map(|(key, value)| (key.to_owned(), value)).collect()
}

/// The messages that any channel carries, each once.
fn messages(channels: &[Channel]) -> Map<String, Value> {
    let used: BTreeSet<&str> = channels.iter().flat_map(|c| c.messages.iter().copied()).collect();
    let mut messages =
        object(published().iter().filter(|p| used.contains(p.name)).map(|p| (p.name, message(p))));
    messages.insert(BARE_INPUT.to_owned(), bare_input());
    messages
}

fn message(published: &Published) -> Value {
    let schema = json_schema(published);
    let media_type = match published.payload {
        Payload::Type(_) => "application/json",
        Payload::Enveloped { .. } => MEDIA_TYPE,
    };
    json!({
        "name": published.name,
        "title": schema.get("title"),
        "contentType": media_type,
        "headers": { "$ref": "#/components/schemas/headers" },
        "payload": { "$ref": format!("./json/{}", file_name(published.name)) },
    })
}

fn bare_input() -> Value {
    json!({
        "name": BARE_INPUT,
        "title": "The input of the default workflow, as typed by hand",
        "contentType": "application/json",
        "payload": {
            "type": "object",
            "description": "The input of the default workflow alone. The goal's id is made from \
                the id of the message.",
            "not": { "required": ["specversion"] },
            "examples": [{ "topic": "How heat pumps keep a house warm in winter" }],
        },
    })
}

fn headers() -> Value {
    json!({
        "type": "object",
        "description": "Headers of a message; none must be there.",
        "properties": {
            "Nats-Msg-Id": {
                "type": "string",
                "description": "On NATS: the message's id, the same as the `id` of its envelope; \
                    repeated when the same message is sent again.",
            },
            "traceparent": { "type": "string", "description": "W3C trace context." },
            "tracestate": { "type": "string", "description": "W3C trace context." },
        },
    })
}

fn parameters() -> Value {
    json!({
        "coordinator": { "description": "A coordinator instance: `report_to` of an offer." },
        "goal": { "description": "A goal's id, a UUID." },
        "kind": { "description": "An agent kind, as `kind` of an offer." },
        "name": { "description": "The name of a recurring goal." },
    })
}

/// How tasks are lent on NATS JetStream, and how they are settled. AsyncAPI has no word for it.
fn loans() -> Value {
    json!({
        "description": "`galley bus init --kinds {kind}` makes the consumer; an agent binds to it and \
            makes nothing. It pulls no more than it works on at once. A task that is not settled \
            comes again, to whichever agent pulls next.",
        "channel": { "$ref": "#/channels/tasks" },
        "stream": subject::TASK_STREAM,
        "consumer": address::task_consumer(),
        "ackWaitSeconds": task::LOAN_SECS,
        "settled": {
            "+WPI": "Still at work, or still without a verdict: starts the wait anew. Say it three \
                times in each.",
            "+ACK": "After a verdict that ends the attempt: accepted, stale or malformed. Also for an \
                offer whose deadline has passed. Never before.",
            "+TERM": "It is no offer: it will never come again.",
            "-NAK": "It cannot be worked on here and now: it comes again.",
        },
        "report": {
            "waitSeconds": 5,
            "description": "First to `reports-to-one` with the offer's `report_to`. Nobody there, or \
                no answer in time: to `reports`. No answer there either: again, the same report, \
                after a pause that grows, for as long as it takes.",
        },
    })
}

/// What is kept in key-value buckets. AsyncAPI has no word for them.
fn buckets() -> Value {
    let entry = |bucket: &str, key: &str, holds: &str| {
        json!({
            "bucket": bucket,
            "key": key,
            "value": { "$ref": format!("./json/{}", file_name(holds)) },
        })
    };
    json!([
        entry(bucket::AGENTS, "{kind}", "card"),
        entry(bucket::AGENTS, "{kind}/{instance}", "presence"),
        entry(bucket::EPOCHS, &address::fence_keys(), "standing"),
        entry(bucket::GOALS, "{goal}", "status"),
        entry(bucket::ARCHIVED, "{goal}", "archived"),
        entry(bucket::POLICY, "{decision}", "policy"),
        entry(bucket::FEEDBACK, subject::RELAY_KEY, "cursor"),
        entry(bucket::FEEDBACK, subject::LEARNER_KEY, "cursor"),
        entry(bucket::FEEDBACK, &address::ruling_key(), "ruling"),
        { "bucket": address::journal(), "description": "Kept by agents of a kind for themselves." },
        { "bucket": bucket::WORKFLOWS, "description": "Kept by coordinators for themselves." },
    ])
}
