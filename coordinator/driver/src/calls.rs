//! Serving request and reply: each call in a task of its own, a bounded number at once, drained on
//! stop.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use futures::future::BoxFuture;
use galley_bus_core::calls::Call;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::hands::Hands;

/// Delay before a subject that could not be served is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// Works on one call.
pub(crate) type Answer = fn(Arc<Hands>, Call) -> BoxFuture<'static, ()>;

/// One subject, served.
pub(crate) struct Service {
    pub subject: String,
    pub answer: Answer,
    /// Shared by all services: so many calls are worked on at once.
    pub slots: Arc<Semaphore>,
}

impl Service {
    /// Serves until stopped, then lets the calls in hand end within the grace period.
    pub(crate) async fn run(self, hands: Arc<Hands>, stop: CancellationToken) {
        let mut at_work = JoinSet::new();
        while !stop.is_cancelled() {
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                () = self.serve(&hands, &mut at_work) => {
                    tokio::select! {
                        biased;
                        () = stop.cancelled() => {}
                        () = hands.clock.sleep(AGAIN) => {}
                    }
                }
            }
        }
        let all = async { while at_work.join_next().await.is_some() {} };
        if tokio::time::timeout(hands.config.grace(), all).await.is_err() {
            // Whoever called asks again, another coordinator.
            tracing::warn!(subject = self.subject, "grace period over; calls are dropped");
        }
        at_work.shutdown().await;
    }

    /// Serves until the bus ends the stream.
    async fn serve(&self, hands: &Arc<Hands>, at_work: &mut JoinSet<()>) {
        let mut calls = match hands.bus.calls.serve(&self.subject).await {
            Ok(calls) => calls,
            Err(error) => {
                tracing::warn!(subject = self.subject, %error, "cannot serve; again soon");
                return;
            }
        };
        loop {
            // A slot first, so that a call waits on the bus, where another coordinator can take it.
            let slot = Arc::clone(&self.slots).acquire_owned().await;
            let slot = slot.expect("the semaphore is never closed");
            let Some(call) = calls.next().await else { return };
            while let Some(ended) = at_work.try_join_next() {
                if let Err(error) = ended {
                    tracing::error!(subject = self.subject, %error, "a call was not worked on to its end");
                }
            }
            let answered = (self.answer)(Arc::clone(hands), call);
            at_work.spawn(async move {
                answered.await;
                drop(slot);
            });
        }
    }
}
