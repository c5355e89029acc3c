//! The thread that polls.
//!
//! librdkafka calls back about assignments from inside of a poll, synchronously; and dropping a
//! consumer waits for the group. Both happen on this thread alone.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use galley_schemas::feedback::FACT_BYTES_MAX;
use rdkafka::client::ClientContext;
use rdkafka::config::{FromClientConfigAndContext as _, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer as _, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::message::BorrowedMessage;
use rdkafka::statistics::Statistics;
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{Message as _, Offset, TopicPartitionList};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::Heard;
use crate::client::{Hearer, settings};
use crate::config::Config;
use crate::error::Error;

/// How many messages are read ahead.
const AHEAD: usize = 512;
/// How many positions wait to be stored.
const KEEPS: usize = 64;
/// Longest wait of one poll; how fast a stop is noticed.
const POLL: Duration = Duration::from_millis(100);
/// How long an assignment waits for its positions; well below `max.poll.interval.ms`.
const ANSWER_WAIT: Duration = Duration::from_secs(120);

type Native = BaseConsumer<Context>;
type Keep = BTreeMap<u32, u64>;

/// The thread, from outside.
pub(super) struct Poller {
    stop: Arc<AtomicBool>,
    keeps: mpsc::SyncSender<Keep>,
    hearer: Hearer,
    thread: JoinHandle<()>,
}

impl Poller {
    /// Joins the group. To be called where waiting is allowed.
    pub(super) fn start(config: &Config) -> Result<(Self, Receiver<Heard>), Error> {
        let (heard, received) = channel(AHEAD);
        let (keeps, kept) = mpsc::sync_channel(KEEPS);
        let (stop, hearer) = (Arc::new(AtomicBool::new(false)), Hearer::default());
        let context = Context {
            topic: config.topic.clone(),
            heard: heard.clone(),
            hearer: hearer.clone(),
            revoked: AtomicBool::new(false),
        };
        let consumer = Native::from_config_and_context(&consumer_settings(config)?, context);
        let consumer = consumer.map_err(Error::config)?;
        consumer.subscribe(&[&config.topic]).map_err(Error::config)?;
        let (topic, brokers) = (config.topic.clone(), config.brokers.clone());
        let stopped = Arc::clone(&stop);
        let polling =
            Polling { consumer, brokers, topic, heard, kept, stop: stopped, held: VecDeque::new() };
        let thread = std::thread::Builder::new().name("feedback-poll".to_owned());
        let thread = thread.spawn(move || polling.run());
        let thread = thread.map_err(|cause| Error::File { path: "feedback-poll".into(), cause })?;
        Ok((Self { stop, keeps, hearer, thread }, received))
    }

    pub(super) fn lag(&self) -> u64 {
        self.hearer.lag()
    }

    /// Positions for the group to commit; dropped when the thread is behind: the next are later.
    pub(super) fn keep(&self, reached: Keep) {
        drop(self.keeps.try_send(reached));
    }

    /// Leaves the group. Waits for the thread.
    pub(super) fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        if self.thread.join().is_err() {
            tracing::error!("the thread that polls Kafka panicked");
        }
    }
}

fn consumer_settings(config: &Config) -> Result<rdkafka::ClientConfig, Error> {
    let mut settings = settings(config)?;
    let session_ms = u64::from(config.session_secs.max(6)) * 1_000;
    settings
        .set("group.id", &config.group)
        .set("enable.auto.commit", "true")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "earliest")
        .set("partition.assignment.strategy", "range")
        .set("session.timeout.ms", session_ms.to_string())
        .set("heartbeat.interval.ms", (session_ms / 4).to_string())
        .set("queued.max.messages.kbytes", "8192")
        .set("statistics.interval.ms", "5000");
    if !config.instance.is_empty() {
        settings.set("group.instance.id", &config.instance);
    }
    Ok(settings)
}

/// The thread, from inside.
struct Polling {
    consumer: Native,
    brokers: String,
    topic: String,
    heard: Sender<Heard>,
    kept: mpsc::Receiver<Keep>,
    stop: Arc<AtomicBool>,
    /// What the queue did not take: the message at which it was full, and what came before the pause
    /// took hold.
    held: VecDeque<Heard>,
}

impl Polling {
    fn run(mut self) {
        let mut paused = false;
        while !self.stop.load(Ordering::Relaxed) && !self.heard.is_closed() {
            self.hand_over();
            let full = !self.held.is_empty();
            if full != paused {
                self.pause(full);
                paused = full;
            }
            self.store();
            // Also while paused: a member that does not poll is put out of the group.
            let polled = self.consumer.poll(POLL);
            if self.consumer.context().revoked.swap(false, Ordering::Relaxed) {
                // It was read before: whoever has the partitions now reads it again.
                self.held.clear();
            }
            match polled {
                Some(Ok(message)) => self.held.extend(heard(&message)),
                Some(Err(error)) => self.failed(error),
                None => {}
            }
            // Partitions assigned meanwhile are not paused.
            paused = paused && self.held.len() <= 1;
        }
        self.store();
        self.consumer.unsubscribe();
        drop(self.consumer);
    }

    fn hand_over(&mut self) {
        while let Some(next) = self.held.pop_front() {
            match self.heard.try_send(next) {
                Ok(()) => {}
                Err(TrySendError::Full(next)) => return self.held.push_front(next),
                Err(TrySendError::Closed(_)) => return,
            }
        }
    }

    fn pause(&self, full: bool) {
        let assigned = self.consumer.assignment();
        let changed = assigned.and_then(|assigned| {
            if full { self.consumer.pause(&assigned) } else { self.consumer.resume(&assigned) }
        });
        if let Err(error) = changed {
            tracing::warn!(%error, full, "partitions could not be paused or resumed");
        }
    }

    /// Tells the group how far this reader is: for gauges of its lag.
    fn store(&self) {
        let Some(keep) = self.kept.try_iter().last() else { return };
        let list = positions(&self.topic, keep.into_iter().map(|(p, at)| (p, Some(at))));
        // A partition that has moved on is not this reader's to tell of.
        if let Err(error) = self.consumer.store_offsets(&list) {
            tracing::debug!(%error, "positions were not told to the group");
        }
    }

    /// What passes by itself is only told; the group and its partitions are kept meanwhile.
    fn failed(&mut self, error: KafkaError) {
        let what = format!("read the topic {}", self.topic);
        let error = match error.rdkafka_error_code() {
            Some(
                Code::BrokerTransportFailure
                | Code::AllBrokersDown
                | Code::Resolve
                | Code::OperationTimedOut
                | Code::NetworkException,
            ) => {
                tracing::debug!(%error, "brokers are out of reach; the client tries again");
                return;
            }
            Some(Code::UnknownTopicOrPartition) => Error::NoTopic { topic: self.topic.clone() },
            Some(Code::TopicAuthorizationFailed | Code::GroupAuthorizationFailed) => {
                Error::Refused { what, cause: Box::new(error) }
            }
            _ => {
                let last = self.consumer.client().context().hearer.last();
                Error::Silent { brokers: self.brokers.clone(), last, cause: Box::new(error) }
            }
        };
        // One complaint at a time is enough.
        if !self.held.iter().any(|held| matches!(held, Heard::Failed(_))) {
            self.held.push_back(Heard::Failed(error));
        }
    }
}

/// What a message says; nothing when it has no place.
fn heard(message: &BorrowedMessage<'_>) -> Option<Heard> {
    let partition = u32::try_from(message.partition()).ok()?;
    let offset = u64::try_from(message.offset()).ok()?;
    Some(match message.payload() {
        Some(payload) if payload.len() <= FACT_BYTES_MAX => {
            Heard::Fact { partition, offset, payload: Bytes::copy_from_slice(payload) }
        }
        Some(_) | None => {
            tracing::error!(partition, offset, "a message is empty or too large; passed over");
            Heard::Skipped { partition, offset }
        }
    })
}

/// A list of positions; none is the beginning.
fn positions(topic: &str, at: impl IntoIterator<Item = (u32, Option<u64>)>) -> TopicPartitionList {
    let mut list = TopicPartitionList::new();
    for (partition, at) in at {
        let offset = at.and_then(|at| i64::try_from(at).ok());
        let offset = offset.map_or(Offset::Beginning, Offset::Offset);
        let Ok(partition) = i32::try_from(partition) else { continue };
        if let Err(error) = list.add_partition_offset(topic, partition, offset) {
            tracing::error!(partition, %error, "a position cannot be said");
        }
    }
    list
}

/// Hears of assignments, on the thread that polls.
struct Context {
    topic: String,
    heard: Sender<Heard>,
    hearer: Hearer,
    /// Partitions were given back since the thread looked last: all of them, as `range` has it.
    revoked: AtomicBool,
}

impl Context {
    fn partitions(list: &TopicPartitionList) -> Vec<u32> {
        list.elements().iter().filter_map(|e| u32::try_from(e.partition()).ok()).collect()
    }

    /// The positions of newly assigned partitions; none when nobody answers any more.
    fn ask(&self, list: &TopicPartitionList) -> Option<TopicPartitionList> {
        let (answer, answered) = mpsc::sync_channel(1);
        let partitions = Self::partitions(list);
        self.heard.blocking_send(Heard::Assigned { partitions, answer }).ok()?;
        let found = answered.recv_timeout(ANSWER_WAIT).ok()?;
        Some(positions(&self.topic, found))
    }
}

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, fac: &str, message: &str) {
        self.hearer.log(level, fac, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.hearer.error(error, reason);
    }

    fn stats(&self, statistics: Statistics) {
        self.hearer.stats(statistics);
    }
}

impl ConsumerContext for Context {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        err: RDKafkaRespErr,
        list: &mut TopicPartitionList,
    ) {
        let assigned = err == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        let done = match assigned.then(|| self.ask(list)).flatten() {
            // A partition that was paused when it was given back may still be.
            Some(positions) => {
                consumer.assign(&positions).and_then(|()| consumer.resume(&positions))
            }
            // Revoked, failed, or nobody to read for: nothing is read.
            None => {
                let lost = Self::partitions(list);
                self.revoked.store(true, Ordering::Relaxed);
                // Nobody may be there to hear it any more.
                drop(self.heard.blocking_send(Heard::Revoked(lost)));
                consumer.unassign()
            }
        };
        if let Err(error) = done {
            tracing::error!(%error, "an assignment could not be taken or given back");
        }
    }
}
