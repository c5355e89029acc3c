//! The connection, and the few things that all ports ask of the server: a request, JetStream's own
//! requests, storing a message. Each has a bound in time.
//!
//! Nothing here uses the client's streams, consumers or buckets: those make consumers behind the
//! scenes, which a process without the right to make anything must not need.

use std::collections::BTreeMap;
use std::str::FromStr as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_nats::client::{Request, RequestErrorKind};
use async_nats::{Client, HeaderMap, HeaderName, HeaderValue, Message, Subscriber};
use bytes::Bytes;
use futures::StreamExt as _;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::watch;

use crate::config::Missing;
use crate::error::NatsError;

/// JetStream's own codes.
pub(crate) mod code {
    /// The subject's last message is another than expected.
    pub(crate) const WRONG_LAST_SEQUENCE: u64 = 10_071;
    /// The same, from a stream with replicas that is in doubt.
    pub(crate) const WRONG_LAST_SEQUENCE_UNKNOWN: u64 = 10_164;
    /// The stream did not take the message; its words say why.
    pub(crate) const STORE_FAILED: u64 = 10_077;
    /// When a schedule is due cannot be read.
    pub(crate) const SCHEDULE_INVALID: u64 = 10_189;
    /// A time zone is not known.
    pub(crate) const TIME_ZONE_INVALID: u64 = 10_223;
    /// There is no JetStream.
    pub(crate) const NOT_ENABLED: u64 = 10_076;
    /// There is none for the account.
    pub(crate) const NO_ACCOUNT: u64 = 10_039;
    /// The stream has no such message.
    pub(crate) const NO_MESSAGE: u64 = 10_037;
    /// There is no such stream.
    pub(crate) const NO_STREAM: u64 = 10_059;
    /// There is no such consumer.
    pub(crate) const NO_CONSUMER: u64 = 10_014;
    /// There is one already, with other settings.
    pub(crate) const CONSUMER_EXISTS: u64 = 10_148;
}

/// What happens on the connection, counted from its start.
#[derive(Debug, Default)]
pub(crate) struct Happenings {
    pub(crate) reconnects: AtomicU64,
    pub(crate) errors: AtomicU64,
    pub(crate) slow: AtomicU64,
}

/// The connection.
#[derive(Debug, Clone)]
pub(crate) struct Wire {
    pub(crate) client: Client,
    pub(crate) timeout: Duration,
    pub(crate) missing: Missing,
    /// On how many servers things are kept.
    pub(crate) replicas: usize,
    /// Changes whenever the connection was made anew: whatever the server was to send is lost.
    pub(crate) connections: watch::Receiver<u64>,
    pub(crate) happenings: Arc<Happenings>,
}

/// Where a message was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) struct Stored {
    pub(crate) seq: u64,
    /// The stream says that it has this id already.
    #[serde(default)]
    pub(crate) duplicate: bool,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    err_code: u64,
    #[serde(default)]
    description: String,
}

#[derive(Deserialize)]
struct Answer<T> {
    error: Option<Refusal>,
    #[serde(flatten)]
    rest: Option<T>,
}

impl Wire {
    /// Asks, and waits for the one answer. `of` is what the asked belongs to, for the error.
    pub(crate) async fn request(
        &self,
        of: &str,
        subject: String,
        headers: HeaderMap,
        payload: Bytes,
    ) -> Result<Message, NatsError> {
        let mut request = Request::new().payload(payload).timeout(Some(self.timeout));
        if !headers.is_empty() {
            request = request.headers(headers);
        }
        let bytes = request_bytes(&request);
        self.client.send_request(subject, request).await.map_err(|error| match error.kind() {
            RequestErrorKind::TimedOut => NatsError::Timeout(self.timeout),
            RequestErrorKind::NoResponders => NatsError::NotThere { what: of.to_owned() },
            RequestErrorKind::MaxPayloadExceeded => NatsError::TooLarge { bytes },
            RequestErrorKind::InvalidSubject | RequestErrorKind::Other => {
                NatsError::Closed(Box::new(error))
            }
        })
    }

    /// Asks JetStream's own interface.
    pub(crate) async fn api(&self, what: &str, of: &str, body: &Value) -> Result<Value, NatsError> {
        let payload = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        let subject = format!("$JS.API.{what}");
        let answer = self.request(of, subject, HeaderMap::new(), payload).await?;
        parse::<Value>(&answer.payload)
    }

    /// Stores a message in the stream that keeps its subject.
    pub(crate) async fn store(
        &self,
        stream: &str,
        subject: String,
        headers: HeaderMap,
        payload: Bytes,
    ) -> Result<Stored, NatsError> {
        let answer = self.request(stream, subject, headers, payload).await?;
        parse::<Stored>(&answer.payload)
    }

    /// Listens to a subject, shared within a group if one is named. What is sent after this returned
    /// is heard, from wherever it comes.
    pub(crate) async fn listen(
        &self,
        subject: &str,
        group: Option<&str>,
    ) -> Result<Subscriber, NatsError> {
        let subject = subject.to_owned();
        let listening = match group {
            Some(group) => self.client.queue_subscribe(subject, group.to_owned()).await,
            None => self.client.subscribe(subject).await,
        };
        let subscriber = listening.map_err(|error| NatsError::Closed(Box::new(error)))?;
        self.settle().await?;
        Ok(subscriber)
    }

    /// Waits until the server has worked on everything that was said before: a message to ourselves
    /// goes round.
    pub(crate) async fn settle(&self) -> Result<(), NatsError> {
        let closed = |error| NatsError::Closed(error);
        let inbox = self.client.new_inbox();
        let mut echo = self.client.subscribe(inbox.clone()).await.map_err(|e| closed(e.into()))?;
        self.client.publish(inbox, Bytes::new()).await.map_err(|e| closed(e.into()))?;
        match tokio::time::timeout(self.timeout, echo.next()).await {
            Ok(Some(_)) => Ok(()),
            Ok(None) => Err(closed("the subscription ended".into())),
            Err(_) => Err(NatsError::Timeout(self.timeout)),
        }
    }

    /// Sends, and waits for nothing.
    pub(crate) async fn send(&self, subject: String, payload: Bytes) -> Result<(), NatsError> {
        let sent = self.client.publish(subject, payload).await;
        sent.map_err(|error| NatsError::Closed(Box::new(error)))
    }

    /// The most bytes that a message of the bus may have: what the bus allows, or what the server
    /// takes beside some headers.
    pub(crate) fn payload_max(&self, allowed: usize) -> usize {
        const HEADERS: usize = 16 * 1024;
        allowed.min(self.client.max_payload().saturating_sub(HEADERS))
    }
}

fn request_bytes(request: &Request) -> usize {
    request.payload.as_ref().map_or(0, Bytes::len)
}

/// An answer in JSON: what it says, or the refusal in it.
fn parse<T: serde::de::DeserializeOwned>(payload: &[u8]) -> Result<T, NatsError> {
    let answer: Answer<T> =
        serde_json::from_slice(payload).map_err(|error| NatsError::Unreadable(Box::new(error)))?;
    match (answer.error, answer.rest) {
        (Some(Refusal { err_code, description }), _) => {
            Err(NatsError::Refused { code: err_code, description })
        }
        (None, Some(rest)) => Ok(rest),
        (None, None) => Err(NatsError::Unreadable("an answer without content".into())),
    }
}

/// Headers as NATS carries them. What no header can be is left out: trace context is not worth a
/// message.
pub(crate) fn headers(of: &BTreeMap<String, String>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in of {
        let (Ok(known), Ok(worth)) = (HeaderName::from_str(name), HeaderValue::from_str(value))
        else {
            tracing::warn!(header = name, "a header that cannot be sent was left out");
            continue;
        };
        headers.insert(known, worth);
    }
    headers
}

/// Headers without those that NATS and this adapter put there.
pub(crate) fn own_headers(of: Option<&HeaderMap>) -> BTreeMap<String, String> {
    let all = of.into_iter().flat_map(|headers| headers.iter());
    all.filter(|(name, _)| {
        let name: &str = name.as_ref();
        !name.starts_with("Nats-") && !name.starts_with("Galley-")
    })
    .filter_map(|(name, values)| Some((name.to_string(), values.first()?.as_str().to_owned())))
    .collect()
}

/// The text of a header.
pub(crate) fn header<'a>(headers: Option<&'a HeaderMap>, name: &str) -> Option<&'a str> {
    headers.and_then(|headers| headers.get(name)).map(HeaderValue::as_str)
}

/// The text of a header that the server adds. It comes after those of whoever published, who may have
/// said the same of something else.
pub(crate) fn servers_header<'a>(headers: Option<&'a HeaderMap>, name: &str) -> Option<&'a str> {
    headers.and_then(|headers| headers.get_last(name)).map(HeaderValue::as_str)
}

/// Counts what happens on the connection and tells of new connections.
pub(crate) fn on_event(
    event: &async_nats::Event,
    happenings: &Happenings,
    connections: &watch::Sender<u64>,
) {
    match event {
        async_nats::Event::Connected => {
            let number = connections.borrow().saturating_add(1);
            if number > 1 {
                happenings.reconnects.fetch_add(1, Ordering::Relaxed);
                tracing::info!("connected to NATS again");
            }
            connections.send_replace(number);
        }
        async_nats::Event::Disconnected => tracing::warn!("the connection to NATS was lost"),
        async_nats::Event::LameDuckMode | async_nats::Event::Draining => {
            tracing::info!(%event, "the NATS server is about to stop");
        }
        async_nats::Event::Closed => tracing::debug!("the connection to NATS was closed"),
        async_nats::Event::SlowConsumer(_) => {
            happenings.slow.fetch_add(1, Ordering::Relaxed);
        }
        async_nats::Event::ServerError(_) | async_nats::Event::ClientError(_) => {
            happenings.errors.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(%event, "NATS reports an error");
        }
    }
}
