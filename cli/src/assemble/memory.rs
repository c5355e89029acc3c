//! The memory on Postgres, as an agent of this process heeds it.
//!
//! A task that needs a memory which is away fails; tried again while it is away, it fails until its attempts are used up, and its
//! goal with it. So nothing is taken up meanwhile: tasks wait on the bus until the memory is back.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use galley_agents_knowledge::{Entry, Hit, Knowledge, KnowledgeError, PostgresKnowledge, Query};
use galley_bus_core::message::Message;
use galley_bus_core::queue::{Delivery, Depth, PublishError, Queue};
use galley_bus_core::topology::Consumer;
use galley_bus_core::{Bus, Unreachable};
use tokio::sync::watch;

/// Whether the memory answered when it was asked last; none where there is none.
pub(crate) type Answers = watch::Sender<Option<bool>>;

/// The memory, which tells at once when it did not answer.
#[derive(Debug)]
pub(super) struct Heeded {
    pub(super) inner: PostgresKnowledge,
    pub(super) answers: Answers,
}

impl Heeded {
    fn heed<T>(&self, done: Result<T, KnowledgeError>) -> Result<T, KnowledgeError> {
        if done.is_err() {
            // Whoever asks it every few seconds says when it is back.
            self.answers.send_replace(Some(false));
        }
        done
    }
}

#[async_trait]
impl Knowledge for Heeded {
    async fn remember(&self, entries: &[Entry]) -> Result<(), KnowledgeError> {
        self.heed(self.inner.remember(entries).await)
    }

    async fn recall(&self, query: &Query) -> Result<Vec<Hit>, KnowledgeError> {
        self.heed(self.inner.recall(query).await)
    }

    async fn forget(&self, space: &str, key: &str) -> Result<(), KnowledgeError> {
        self.heed(self.inner.forget(space, key).await)
    }
}

/// The same bus, from which nothing is taken while the memory is away.
pub(super) fn gated(bus: &Bus, answers: &Answers) -> Bus {
    let queue = Gate { inner: Arc::clone(&bus.queue), answers: answers.clone() };
    Bus { queue: Arc::new(queue), ..bus.clone() }
}

struct Gate {
    inner: Arc<dyn Queue>,
    answers: Answers,
}

impl Gate {
    /// Waits until the memory is there, or is away.
    async fn until(&self, there: bool) {
        let mut heard = self.answers.subscribe();
        // Its sender is held here: it does not go away.
        drop(heard.wait_for(|answers| (*answers != Some(false)) == there).await);
    }
}

#[async_trait]
impl Queue for Gate {
    async fn publish(&self, message: Message) -> Result<(), PublishError> {
        self.inner.publish(message).await
    }

    async fn pull(
        &self,
        consumer: &Consumer,
        max: usize,
        wait: Duration,
    ) -> Result<Vec<Delivery>, Unreachable> {
        if tokio::time::timeout(wait, self.until(true)).await.is_err() {
            return Ok(Vec::new());
        }
        tokio::select! {
            biased;
            // What was granted in this moment goes back: see the laws of the queue.
            () = self.until(false) => Ok(Vec::new()),
            pulled = self.inner.pull(consumer, max, wait) => pulled,
        }
    }

    async fn depth(&self, consumer: &Consumer) -> Result<Depth, Unreachable> {
        self.inner.depth(consumer).await
    }
}
