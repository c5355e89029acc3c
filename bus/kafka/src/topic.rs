//! Writing to the topic.
//!
//! The producer is idempotent and waits for all replicas that must have a message. Every delivery is
//! awaited to its end, within `deliver_secs`, so nothing stays queued while Kafka is down: the relay
//! holds one stretch of the log and tries it again. After a fatal error (the broker no longer knows
//! the producer's sequence) the producer is made anew; what it had in flight is delivered again.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;
use galley_bus_core::feedback::{DeliverError, FeedbackTopic, Parcel};
use galley_schemas::envelope::MEDIA_TYPE;
use galley_schemas::id::GoalId;
use galley_schemas::trace::{SpanRef, TRACEPARENT};
use rdkafka::config::FromClientConfigAndContext as _;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer as _};
use tracing::Instrument as _;

use crate::admin;
use crate::client::{Hearer, settings};
use crate::config::Config;
use crate::error::Error;

/// How many parcels are handed to the producer at once.
const AT_ONCE: usize = 500;
/// What the producer's own queue holds: more than so many of the largest parcels, so it is never full.
const QUEUED_KIB_MAX: &str = "65536";

type Native = FutureProducer<Hearer>;

/// The feedback topic on Kafka.
pub struct KafkaTopic {
    config: Config,
    hearer: Hearer,
    producer: Mutex<Arc<Native>>,
}

impl std::fmt::Debug for KafkaTopic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KafkaTopic")
            .field("brokers", &self.config.brokers)
            .field("topic", &self.config.topic)
            .finish_non_exhaustive()
    }
}

impl KafkaTopic {
    /// A producer for the topic. Connects in the background; [`KafkaTopic::check`] says whether it
    /// could.
    ///
    /// # Errors
    /// What the configuration names cannot be used.
    pub fn new(config: Config) -> Result<Self, Error> {
        let hearer = Hearer::default();
        let producer = Mutex::new(Arc::new(producer(&config, &hearer)?));
        Ok(Self { config, hearer, producer })
    }

    /// Whether the brokers answer and the topic is there: for readiness.
    ///
    /// # Errors
    /// Why not.
    pub async fn check(&self) -> Result<(), Error> {
        admin::partitions(&self.config).await.map(|_| ())
    }

    fn producer(&self) -> Arc<Native> {
        let producer = self.producer.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        Arc::clone(&producer)
    }

    /// Puts a new producer in the place of one that is beyond use.
    async fn renew(&self, broken: Arc<Native>) -> Result<(), Error> {
        let Some((code, reason)) = broken.client().fatal_error() else { return Ok(()) };
        tracing::warn!(%code, reason, "the producer is beyond use; making a new one");
        let new = Arc::new(producer(&self.config, &self.hearer)?);
        {
            let mut held = self.producer.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if Arc::ptr_eq(&held, &broken) {
                *held = new;
            }
        }
        // Dropping it waits for its threads, which must not stop this one.
        if let Err(error) = tokio::task::spawn_blocking(move || drop(broken)).await {
            tracing::warn!(%error, "the old producer did not end well");
        }
        Ok(())
    }

    /// All are awaited to their end, so that none is under way when this returns.
    async fn deliver_some(&self, parcels: &[Parcel]) -> Result<(), DeliverError> {
        let producer = self.producer();
        let wait = Duration::from_secs(u64::from(self.config.deliver_secs.max(1)));
        let sent = parcels.iter().map(|parcel| {
            let (topic, producer) = (&self.config.topic, &producer);
            async move {
                let key = parcel.goal.to_string();
                let record = FutureRecord::to(topic)
                    .key(&key)
                    .payload(parcel.payload.as_ref())
                    .headers(headers(&parcel.goal));
                producer.send(record, wait).await.map_err(|(error, _)| (parcel, error))
            }
        });
        // `send` puts a message in the producer's queue when it is first polled, and `join_all`
        // polls in order: so the order of a goal's parcels is theirs.
        let failed = join_all(sent).await.into_iter().find_map(Result::err);
        let Some((parcel, error)) = failed else { return Ok(()) };
        // Of a producer that is beyond use, messages only say that they were thrown away.
        let fatal = producer.client().fatal_error();
        let error = fatal.map_or(error, |(code, _)| KafkaError::MessageProduction(code));
        let failed = self.failed(parcel, error);
        if let Err(error) = self.renew(producer).await {
            tracing::error!(%error, "no new producer can be made");
        }
        Err(failed)
    }

    fn failed(&self, parcel: &Parcel, error: KafkaError) -> DeliverError {
        let what = format!("deliver to the topic {}", self.config.topic);
        match error.rdkafka_error_code() {
            Some(
                RDKafkaErrorCode::MessageSizeTooLarge
                | RDKafkaErrorCode::InvalidMessageSize
                | RDKafkaErrorCode::InvalidRecord
                | RDKafkaErrorCode::InvalidTimestamp,
            ) => DeliverError::Refused { id: parcel.id.clone(), cause: Box::new(error) },
            Some(RDKafkaErrorCode::UnknownTopic | RDKafkaErrorCode::UnknownTopicOrPartition) => {
                let topic = self.config.topic.clone();
                DeliverError::Unreachable(Error::NoTopic { topic }.unreachable(what))
            }
            Some(
                RDKafkaErrorCode::TopicAuthorizationFailed
                | RDKafkaErrorCode::ClusterAuthorizationFailed,
            ) => DeliverError::Unreachable(
                Error::Refused { what: what.clone(), cause: Box::new(error) }.unreachable(what),
            ),
            _ => {
                let (brokers, last) = (self.config.brokers.clone(), self.hearer.last());
                let silent = Error::Silent { brokers, last, cause: Box::new(error) };
                DeliverError::Unreachable(silent.unreachable(what))
            }
        }
    }
}

#[async_trait]
impl FeedbackTopic for KafkaTopic {
    async fn deliver(&self, parcels: &[Parcel]) -> Result<(), DeliverError> {
        for parcels in parcels.chunks(AT_ONCE) {
            let span = tracing::info_span!(
                "deliver",
                otel.kind = "producer",
                messaging.system = "kafka",
                messaging.operation.name = "send",
                messaging.operation.type = "send",
                messaging.destination.name = self.config.topic,
                messaging.batch.message_count = parcels.len(),
            );
            self.deliver_some(parcels).instrument(span).await?;
        }
        Ok(())
    }
}

fn headers(goal: &GoalId) -> OwnedHeaders {
    let trace = SpanRef::of_goal(goal).to_string();
    OwnedHeaders::new()
        .insert(Header { key: "content-type", value: Some(MEDIA_TYPE) })
        .insert(Header { key: TRACEPARENT, value: Some(&trace) })
}

fn producer(config: &Config, hearer: &Hearer) -> Result<Native, Error> {
    let mut settings = settings(config)?;
    settings
        .set("enable.idempotence", "true")
        .set("acks", "all")
        // As Java clients do it: whoever produces an outcome by the goal's key finds its partition.
        .set("partitioner", "murmur2_random")
        .set("compression.type", "lz4")
        .set("linger.ms", "5")
        .set("queue.buffering.max.kbytes", QUEUED_KIB_MAX)
        .set("delivery.timeout.ms", (config.deliver_secs.max(1) * 1_000).to_string());
    Native::from_config_and_context(&settings, hearer.clone()).map_err(Error::config)
}
