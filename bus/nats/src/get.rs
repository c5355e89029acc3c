//! Reading what a stream keeps, without a consumer: the last message of a subject, and runs of messages
//! in their order.
//!
//! On one replica a direct read sees everything that was acknowledged. On more, any replica may
//! answer, also one that is milliseconds behind; so what must not be stale is asked of the leader.

use async_nats::jetstream::message::StreamMessage;
use async_nats::jetstream::stream::RawMessage;
use async_nats::{HeaderMap, Message, StatusCode};
use bytes::Bytes;
use chrono::DateTime;
use futures::StreamExt as _;
use galley_bus_core::BoxError;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::error::NatsError;
use crate::wire::{Wire, code, servers_header};

/// Most messages of one answer.
pub(crate) const RUN_MAX: usize = 256;
/// Most bytes of one answer; the message that goes beyond is still in it.
const RUN_BYTES_MAX: usize = 8 * 1024 * 1024;

const NO_CONTENT: u16 = 204;
const NOT_FOUND: u16 = 404;

/// A message as a stream keeps it.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) subject: String,
    pub(crate) seq: u64,
    /// When it was stored, in milliseconds since 1970.
    pub(crate) at_ms: i64,
    pub(crate) headers: HeaderMap,
    pub(crate) payload: Bytes,
}

/// What is asked of a stream for a run.
#[derive(Serialize)]
struct Ask<'a> {
    seq: u64,
    batch: usize,
    max_bytes: usize,
    #[serde(skip_serializing_if = "str::is_empty")]
    next_by_subj: &'a str,
}

/// What the leader answers, in the words of the client.
#[derive(Deserialize)]
struct Found {
    message: RawMessage,
}

impl Wire {
    /// The last message of a subject, as the leader knows it.
    pub(crate) async fn last(
        &self,
        stream: &str,
        subject: &str,
    ) -> Result<Option<Kept>, NatsError> {
        if self.replicas > 1 {
            self.last_of_leader(stream, subject).await
        } else {
            self.last_of_any(stream, subject).await
        }
    }

    /// The last message of a subject, as any replica knows it: it may be behind.
    pub(crate) async fn last_of_any(
        &self,
        stream: &str,
        subject: &str,
    ) -> Result<Option<Kept>, NatsError> {
        let ask = format!("$JS.API.DIRECT.GET.{stream}.{subject}");
        let answer = self.request(stream, ask, HeaderMap::new(), Bytes::new()).await?;
        match status(&answer).map(|status| status.as_u16()) {
            None => kept(answer).map(Some),
            Some(NOT_FOUND) => Ok(None),
            Some(_) => Err(refused(&answer)),
        }
    }

    async fn last_of_leader(&self, stream: &str, subject: &str) -> Result<Option<Kept>, NatsError> {
        let ask = json!({ "last_by_subj": subject });
        let answer = match self.api(&format!("STREAM.MSG.GET.{stream}"), stream, &ask).await {
            Ok(answer) => answer,
            Err(error) => {
                return match error.refusal() {
                    Some(code::NO_MESSAGE) => Ok(None),
                    Some(code::NO_STREAM) => Err(NatsError::NotThere { what: stream.to_owned() }),
                    Some(_) | None => Err(error),
                };
            }
        };
        let Found { message } = serde_json::from_value(answer)
            .map_err(|error| NatsError::Unreadable(Box::new(error)))?;
        let message = StreamMessage::try_from(message).map_err(NatsError::Unreadable)?;
        Ok(Some(Kept {
            subject: message.subject.to_string(),
            seq: message.sequence,
            at_ms: i64::try_from(message.time.unix_timestamp_nanos() / 1_000_000)
                .unwrap_or(i64::MAX),
            headers: message.headers,
            payload: message.payload,
        }))
    }

    /// Up to `max` messages, at most [`RUN_MAX`], from a place on, in order: of the subjects that a
    /// filter means, or of all when it is empty. Fewer than that are not the end; none are.
    pub(crate) async fn run(
        &self,
        stream: &str,
        filter: &str,
        from: u64,
        max: usize,
    ) -> Result<Vec<Kept>, NatsError> {
        let ask = Ask {
            seq: from.max(1),
            batch: max.clamp(1, RUN_MAX),
            max_bytes: RUN_BYTES_MAX,
            next_by_subj: filter,
        };
        let ask = serde_json::to_vec(&ask).expect("numbers and text are JSON");
        let closed = |error: async_nats::Error| NatsError::Closed(error);
        let inbox = self.client.new_inbox();
        let mut answers =
            self.client.subscribe(inbox.clone()).await.map_err(|error| closed(error.into()))?;
        let subject = format!("$JS.API.DIRECT.GET.{stream}");
        let asked = self.client.publish_with_reply(subject, inbox, ask.into()).await;
        asked.map_err(|error| closed(error.into()))?;
        let mut run = Vec::new();
        loop {
            let answer = tokio::time::timeout(self.timeout, answers.next()).await;
            let answer = answer
                .map_err(|_elapsed| NatsError::Timeout(self.timeout))?
                .ok_or_else(|| NatsError::Closed("the subscription ended".into()))?;
            match status(&answer) {
                None => run.push(kept(answer)?),
                Some(status) if status.as_u16() == NO_CONTENT => return Ok(run),
                Some(status) if status.as_u16() == NOT_FOUND => return Ok(run),
                Some(StatusCode::NO_RESPONDERS) => {
                    return Err(NatsError::NotThere { what: stream.to_owned() });
                }
                Some(_) => return Err(refused(&answer)),
            }
        }
    }

    /// The first message from a place on that a filter means.
    pub(crate) async fn first(
        &self,
        stream: &str,
        filter: &str,
        from: u64,
    ) -> Result<Option<Kept>, NatsError> {
        Ok(self.run(stream, filter, from, 1).await?.into_iter().next())
    }
}

/// What the server says in place of a message; none when it is one. Whoever published a message may have
/// put a status on it, which says nothing about where it stands.
fn status(answer: &Message) -> Option<StatusCode> {
    let is_kept = servers_header(answer.headers.as_ref(), "Nats-Sequence").is_some();
    answer.status.filter(|_| !is_kept)
}

fn refused(answer: &Message) -> NatsError {
    let code = answer.status.map_or(0, |status| u64::from(status.as_u16()));
    NatsError::Refused { code, description: answer.description.clone().unwrap_or_default() }
}

fn kept(answer: Message) -> Result<Kept, NatsError> {
    let lacks = |what: &str| NatsError::Unreadable(format!("a message without {what}").into());
    let headers = answer.headers.ok_or_else(|| lacks("headers"))?;
    let text = |name| servers_header(Some(&headers), name).ok_or_else(|| lacks(name));
    let unreadable = |error: BoxError| NatsError::Unreadable(error);
    Ok(Kept {
        subject: text("Nats-Subject")?.to_owned(),
        at_ms: DateTime::parse_from_rfc3339(text("Nats-Time-Stamp")?)
            .map_err(|error| unreadable(Box::new(error)))?
            .timestamp_millis(),
        seq: text("Nats-Sequence")?.parse().map_err(|error| unreadable(Box::new(error)))?,
        payload: answer.payload,
        headers,
    })
}
