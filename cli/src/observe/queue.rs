//! Queues, measured; and every message on loan, followed until it is settled or dropped.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use galley_bus_core::Unreachable;
use galley_bus_core::message::Message;
use galley_bus_core::queue::{self, Delivery, Depth, PublishError};
use galley_bus_core::topology::Consumer;

use super::Meters;

pub(super) struct Queue {
    pub(super) inner: Arc<dyn queue::Queue>,
    pub(super) meters: Arc<Meters>,
}

#[async_trait]
impl queue::Queue for Queue {
    async fn publish(&self, message: Message) -> Result<(), PublishError> {
        self.meters.time(("queue", "publish"), self.inner.publish(message)).await
    }

    /// Not timed: it waits for others. The first pull of a consumer takes what is there and waits for
    /// nothing, so that a process which has nothing to do is known to be ready at once.
    async fn pull(
        &self,
        consumer: &Consumer,
        max: usize,
        wait: Duration,
    ) -> Result<Vec<Delivery>, Unreachable> {
        let is_first = !self.meters.pulls(std::slice::from_ref(&consumer.name), Duration::MAX);
        let wait = if is_first { Duration::ZERO } else { wait };
        let deliveries = self.inner.pull(consumer, max, wait).await?;
        self.meters.pulled(&consumer.name);
        let followed = deliveries.into_iter().map(|mut delivery| {
            self.meters.delivered(&consumer.name, delivery.delivery);
            let (meters, consumer) = (Arc::clone(&self.meters), consumer.name.clone());
            delivery.loan = Arc::new(Loan { inner: delivery.loan, meters, consumer });
            delivery
        });
        Ok(followed.collect())
    }

    async fn depth(&self, consumer: &Consumer) -> Result<Depth, Unreachable> {
        self.meters.time(("queue", "depth"), self.inner.depth(consumer)).await
    }
}

struct Loan {
    inner: Arc<dyn queue::Loan>,
    meters: Arc<Meters>,
    consumer: String,
}

impl Loan {
    async fn settle(
        &self,
        how: &str,
        settling: impl Future<Output = Result<(), Unreachable>>,
    ) -> Result<(), Unreachable> {
        self.meters.time(("queue", "settle"), settling).await?;
        self.meters.settled(&self.consumer, how);
        Ok(())
    }
}

#[async_trait]
impl queue::Loan for Loan {
    async fn ack(&self) -> Result<(), Unreachable> {
        self.settle("ack", self.inner.ack()).await
    }

    async fn retry_later(&self, delay: Duration) -> Result<(), Unreachable> {
        self.settle("retry", self.inner.retry_later(delay)).await
    }

    async fn in_progress(&self) -> Result<(), Unreachable> {
        self.meters.time(("queue", "in_progress"), self.inner.in_progress()).await
    }

    async fn discard(&self) -> Result<(), Unreachable> {
        self.settle("discard", self.inner.discard()).await
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        self.meters.released(&self.consumer);
    }
}

#[cfg(test)]
mod tests {
    use galley_bus_core::clock::SystemClock;
    use galley_bus_core::topology;
    use galley_bus_embedded::Embedded;
    use tokio::time::Instant;

    use super::*;

    #[tokio::test]
    async fn a_process_without_work_is_known_to_pull_at_once_and_waits_from_then_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("galley.db");
        let embedded = Embedded::open(path, Arc::new(SystemClock)).await.unwrap();
        let meters = Arc::new(Meters::new("agent").unwrap());
        let queue = Queue { inner: embedded.bus().queue, meters: Arc::clone(&meters) };
        let inputs = topology::inputs();
        let pulls = || meters.pulls(std::slice::from_ref(&inputs.name), Duration::MAX);
        let pull = async |wait: Duration| {
            let began = Instant::now();
            let got = queue::Queue::pull(&queue, &inputs, 1, wait).await.unwrap();
            assert!(got.is_empty());
            began.elapsed()
        };
        assert!(!pulls());
        let (long, short) = (Duration::from_secs(3_600), Duration::from_millis(50));
        assert!(pull(long).await < long && pulls());
        assert!(pull(short).await >= short, "only the first one does not wait");
    }
}
