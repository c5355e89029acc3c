//! Reading from the topic, in a group.
//!
//! Steps:
//! 1. A thread of its own polls, so that nothing which waits elsewhere starves the group's membership
//!    (`source/poller.rs`). It hands over through a queue with a bound, and pauses its partitions
//!    while that is full.
//! 2. When partitions are assigned, the thread asks for their positions and waits for the answer, which
//!    [`Reader::next`] gives in the order of what was read before.
//! 3. What the group commits is only for gauges: truth is the position that the reader keeps.

mod poller;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use galley_bus_core::Unreachable;
use galley_bus_core::feedback::{Batch, FeedbackSource, Positions, Reader, Received};
use tokio::sync::mpsc::Receiver;
use tokio::time::Instant;

use crate::config::Config;
use crate::error::Error;
use poller::Poller;

/// How long the thread has to leave the group.
const CLOSE_WAIT: Duration = Duration::from_secs(10);
/// How long an answer on an assignment is awaited.
const POSITION_WAIT: Duration = Duration::from_secs(10);

/// The feedback topic on Kafka, read in a group.
#[derive(Debug, Clone)]
pub struct KafkaSource {
    config: Config,
}

impl KafkaSource {
    /// The topic of a configuration.
    #[must_use]
    pub const fn new(config: Config) -> Self {
        Self { config }
    }
}

/// What the thread hands over.
enum Heard {
    /// Partitions are this reader's now; where does it go on?
    Assigned { partitions: Vec<u32>, answer: mpsc::SyncSender<BTreeMap<u32, Option<u64>>> },
    /// Partitions are no longer this reader's.
    Revoked(Vec<u32>),
    /// A message.
    Fact { partition: u32, offset: u64, payload: Bytes },
    /// A message that is none: empty or too large.
    Skipped { partition: u32, offset: u64 },
    /// Reading failed; it goes on by itself when it can.
    Failed(Error),
}

#[async_trait]
impl FeedbackSource for KafkaSource {
    fn name(&self) -> &'static str {
        "kafka"
    }

    async fn open(&self, positions: Arc<dyn Positions>) -> Result<Box<dyn Reader>, Unreachable> {
        let config = self.config.clone();
        let started = tokio::task::spawn_blocking(move || Poller::start(&config)).await;
        let (poller, heard) =
            started.unwrap_or(Err(Error::Ended)).map_err(|e| e.unreachable("read from Kafka"))?;
        Ok(Box::new(KafkaReader { poller, heard, positions }))
    }
}

struct KafkaReader {
    poller: Poller,
    heard: Receiver<Heard>,
    positions: Arc<dyn Positions>,
}

impl KafkaReader {
    async fn take(&self, batch: &mut Batch, heard: Heard) -> Result<(), Unreachable> {
        match heard {
            Heard::Fact { partition, offset, payload } => {
                batch.received.push(Received { partition, payload });
                batch.reached.insert(partition, offset + 1);
            }
            Heard::Skipped { partition, offset } => {
                batch.skipped += 1;
                batch.reached.insert(partition, offset + 1);
            }
            Heard::Revoked(partitions) => {
                for partition in partitions {
                    batch.received.retain(|received| received.partition != partition);
                    batch.reached.remove(&partition);
                    batch.lost.push(partition);
                }
            }
            Heard::Assigned { partitions, answer } => {
                let found = self.positions_of(&partitions).await?;
                tracing::info!(?found, "partitions assigned");
                // The thread may have given up waiting.
                drop(answer.try_send(found));
            }
            Heard::Failed(error) => return Err(error.unreachable("read from Kafka")),
        }
        Ok(())
    }

    async fn positions_of(
        &self,
        partitions: &[u32],
    ) -> Result<BTreeMap<u32, Option<u64>>, Unreachable> {
        let mut found = BTreeMap::new();
        for partition in partitions {
            let position = self.positions.position(*partition);
            let late = |error| Unreachable {
                what: format!("look up the position of partition {partition}"),
                cause: Box::new(error),
            };
            let position = tokio::time::timeout(POSITION_WAIT, position).await.map_err(late)??;
            found.insert(*partition, position);
        }
        Ok(found)
    }
}

#[async_trait]
impl Reader for KafkaReader {
    async fn next(&mut self, max: usize, wait: Duration) -> Result<Batch, Unreachable> {
        let mut batch = Batch::default();
        let until = Instant::now() + wait;
        while batch.received.len() < max {
            // What has come is not held back for what may come.
            let until = if batch == Batch::default() { until } else { Instant::now() };
            match tokio::time::timeout_at(until, self.heard.recv()).await {
                Ok(Some(heard)) => self.take(&mut batch, heard).await?,
                Ok(None) => return Err(Error::Ended.unreachable("read from Kafka")),
                Err(_) => break,
            }
        }
        batch.behind = self.poller.lag();
        Ok(batch)
    }

    async fn kept(&mut self, reached: &BTreeMap<u32, u64>) {
        self.poller.keep(reached.clone());
    }

    async fn close(self: Box<Self>) {
        let Self { poller, heard, .. } = *self;
        // Whatever the thread wants to hand over now is for nobody: so it does not wait with it.
        drop(heard);
        let ended = tokio::task::spawn_blocking(move || poller.stop());
        if tokio::time::timeout(CLOSE_WAIT, ended).await.is_err() {
            tracing::warn!("the consumer does not end; it is left behind");
        }
    }
}
