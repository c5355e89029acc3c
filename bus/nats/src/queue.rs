//! Inputs and tasks: a stream each, a durable pull consumer for each reader.
//!
//! ```text
//!   publish   store, with the id that the stream drops repeats by; a repeat is looked at, not believed
//!   pull      ask the consumer for what is there, wait for the first (queue/pull.rs, queue/desk.rs)
//!   loan      acknowledge, with the server's answer awaited (queue/loan.rs)
//!   trim      take away what every consumer has settled (queue/trim.rs)
//! ```
//!
//! Streams have limits and an age, not work-queue retention: what is settled stays until it is taken
//! away by the thousand, which costs far less than one deletion for each message.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use galley_bus_core::Unreachable;
use galley_bus_core::message::{Message, PAYLOAD_BYTES_MAX};
use galley_bus_core::queue::{Delivery, Depth, PublishError, Queue};
use galley_bus_core::topology::{self, Consumer, Stream};
use serde_json::Value;

use crate::config::Missing;
use crate::error::NatsError;
use crate::init::wanted;
use crate::nats::Tasks;
use crate::wire::{self, Stored, Wire, code};

mod desk;
mod loan;
pub(crate) mod message;
mod pull;
mod trim;

use pull::Hub;
use trim::{Reach, Trim};

/// Where the id of a message stands when it is not for the stream to drop repeats by.
pub(crate) const ID: &str = "Galley-Id";
/// When the recurrence is due next that a message of our own is of.
pub(crate) const NEXT: &str = "Galley-Next";
/// By which the stream drops repeats.
pub(crate) const MSG_ID: &str = "Nats-Msg-Id";

/// A consumer that was just made does not listen at once: it is asked again so often, after a pause.
const MAKING_TRIES: usize = 8;
const MAKING_PAUSE: Duration = Duration::from_millis(20);

/// Queues on streams.
#[derive(Debug)]
pub(crate) struct StreamQueue {
    wire: Wire,
    tasks: Arc<Tasks>,
    streams: Arc<[Stream]>,
    hub: Hub,
    trim: Arc<Trim>,
    /// When each stream was made, in milliseconds since 1970.
    made: Mutex<BTreeMap<&'static str, i64>>,
}

impl StreamQueue {
    pub(crate) fn new(wire: Wire, tasks: Arc<Tasks>, streams: Arc<[Stream]>) -> Self {
        let hub = Hub::new(wire.clone(), Arc::clone(&tasks));
        let trim = Arc::new(Trim::new(wire.clone()));
        Self { wire, tasks, streams, hub, trim, made: Mutex::default() }
    }

    async fn store(&self, stream: &Stream, message: &Message) -> Result<(), PublishError> {
        let stored = match self.keep(stream, message, MSG_ID).await {
            // What is settled is only taken away now and then; so first see whether there is room.
            Err(PublishError::Full { .. }) => {
                self.trim.run_quietly(stream.name, Reach::Each).await;
                self.keep(stream, message, MSG_ID).await?
            }
            stored => stored?,
        };
        if stored.duplicate {
            return self.verify(stream, message, stored).await;
        }
        if Trim::is_due(stored.seq) {
            let (trim, name) = (Arc::clone(&self.trim), stream.name);
            self.tasks.spawn(async move { trim.run_quietly(name, Reach::Head).await });
        }
        Ok(())
    }

    /// Stores a message, with its id in the header of this name.
    async fn keep(
        &self,
        stream: &Stream,
        message: &Message,
        id: &str,
    ) -> Result<Stored, PublishError> {
        let mut headers = wire::headers(&message.headers);
        headers.insert(id, message.id.as_str());
        let (subject, payload) = (message.subject.clone(), message.payload.clone());
        let stored = self.wire.store(stream.name, subject, headers, payload).await;
        stored.map_err(|error| {
            let subject = message.subject.clone();
            if is_full(&error) {
                PublishError::Full { subject, max: stream.messages_max }
            } else {
                error.unreachable(format!("publish on {subject}")).into()
            }
        })
    }

    /// The stream says that it has this id. Whoever may write to it may have said so first, to have
    /// ours dropped; so what is there must be ours, or ours is stored beside it.
    async fn verify(
        &self,
        stream: &Stream,
        message: &Message,
        stored: Stored,
    ) -> Result<(), PublishError> {
        let found = self.wire.first(stream.name, "", stored.seq).await;
        let found = found.map_err(|e| e.unreachable(format!("look at {}", message.subject)))?;
        let ours = match found {
            Some(kept) if kept.seq == stored.seq => {
                kept.subject == message.subject && kept.payload == message.payload
            }
            // It was there and is settled.
            Some(_) | None => true,
        };
        if ours {
            return Ok(());
        }
        tracing::warn!(id = %message.id, subject = %message.subject, "an id was taken by another message");
        self.keep(stream, message, ID).await.map(drop)
    }

    /// When a stream was made.
    async fn made(&self, stream: &'static str) -> Result<i64, NatsError> {
        let known = || self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = known().get(stream) {
            return Ok(*made);
        }
        let info = self.wire.api(&format!("STREAM.INFO.{stream}"), stream, &Value::Null).await?;
        let made = info.get("created").and_then(Value::as_str);
        let made = made.and_then(|made| chrono::DateTime::parse_from_rfc3339(made).ok());
        let made = made.ok_or_else(|| NatsError::Unreadable("a stream without its age".into()))?;
        known().insert(stream, made.timestamp_millis());
        Ok(made.timestamp_millis())
    }

    /// Makes a consumer, when that is our business.
    async fn make(&self, consumer: &Consumer) -> Result<(), NatsError> {
        let what = || NatsError::NotThere { what: format!("consumer {}", consumer.name) };
        match self.wire.missing {
            Missing::Refuse => return Err(what()),
            Missing::Create => {}
        }
        let (ask, body) = wanted::create_consumer(consumer);
        match self.wire.api(&ask, consumer.stream, &body).await {
            Ok(_) => Ok(()),
            // It was made meanwhile, or with other settings: those hold.
            Err(error) if error.refusal() == Some(code::CONSUMER_EXISTS) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn try_depth(&self, consumer: &Consumer) -> Result<Depth, NatsError> {
        let ask = format!("CONSUMER.INFO.{}.{}", consumer.stream, consumer.name);
        let info = self.wire.api(&ask, consumer.stream, &Value::Null).await?;
        let number = |name| info.get(name).and_then(Value::as_u64).unwrap_or(0);
        Ok(Depth { pending: number("num_pending"), in_flight: number("num_ack_pending") })
    }
}

#[async_trait]
impl Queue for StreamQueue {
    async fn publish(&self, message: Message) -> Result<(), PublishError> {
        let Some(stream) = keeper(&self.streams, &message.subject) else {
            return Err(PublishError::NoQueue { subject: message.subject });
        };
        let (bytes, max) = (message.payload.len(), self.wire.payload_max(PAYLOAD_BYTES_MAX));
        if bytes > max {
            return Err(PublishError::TooLarge { subject: message.subject, bytes, max });
        }
        self.store(stream, &message).await
    }

    async fn pull(
        &self,
        consumer: &Consumer,
        max: usize,
        wait: Duration,
    ) -> Result<Vec<Delivery>, Unreachable> {
        let unreachable =
            |error: NatsError| error.unreachable(format!("pull from {}", consumer.name));
        let made = self.made(consumer.stream).await.map_err(unreachable)?;
        for _ in 0..MAKING_TRIES {
            match self.hub.pull(consumer, max, wait, made).await {
                Err(NatsError::NotThere { .. }) => {
                    self.make(consumer).await.map_err(unreachable)?;
                    tokio::time::sleep(MAKING_PAUSE).await;
                }
                pulled => return pulled.map_err(unreachable),
            }
        }
        self.hub.pull(consumer, max, wait, made).await.map_err(unreachable)
    }

    async fn depth(&self, consumer: &Consumer) -> Result<Depth, Unreachable> {
        let unreachable =
            |error: NatsError| error.unreachable(format!("measure {}", consumer.name));
        match self.try_depth(consumer).await {
            Err(error) if error.refusal() == Some(code::NO_CONSUMER) => {
                self.make(consumer).await.map_err(unreachable)?;
                self.try_depth(consumer).await.map_err(unreachable)
            }
            depth => depth.map_err(unreachable),
        }
    }
}

/// Whether a stream has as many messages as it may; its words are all that it says about why.
fn is_full(error: &NatsError) -> bool {
    error.refusal() == Some(code::STORE_FAILED) && error.to_string().contains("maximum")
}

/// The stream that keeps a subject, if it is one that NATS carries.
pub(crate) fn keeper<'a>(streams: &'a [Stream], subject: &str) -> Option<&'a Stream> {
    let token = |token: &str| {
        !token.is_empty() && !token.contains(|c: char| c.is_whitespace() || c == '*' || c == '>')
    };
    let kept = |stream: &&Stream| {
        stream.subjects.iter().any(|pattern| topology::matches(pattern, subject))
    };
    if subject.split('.').all(token) { streams.iter().find(kept) } else { None }
}
