//! The one serve loop: pull, hand over, keep the loan alive, settle, drain.
//!
//! Steps, for each delivery:
//! 1. Pull as many messages as there are free slots, never more, so that none ages in a buffer.
//! 2. Tell the handler that it arrived, in the order of delivery; then hand it over in a task of its
//!    own.
//! 3. From another task, say `in_progress` every third of `ack_wait`, which may take as long as that;
//!    after two failures in a row the loan counts as lost and the handler's token is cancelled, before
//!    the loan runs out.
//! 4. Settle as the handler decided. A handler that panics has its delivery retried later.
//!
//! Stopping: no further pull; running handlers have the grace period to end. Then they are dropped, and
//! what they leave goes back at once, for whoever is there to go on with it: nobody waits for loans to
//! run out. Guarantees: a message is acknowledged only after its handler said so, and given back only
//! once nothing works on it here any more.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use galley_schemas::trace::TRACEPARENT;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, Span};

use crate::queue::{Delivery, Loan, Queue};
use crate::topology::Consumer;
use crate::trace;

/// What becomes of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settle {
    /// Done with it.
    Ack,
    /// Again, after this delay.
    RetryLater(Duration),
    /// Never again: it was kept elsewhere.
    Discard,
    /// Leave the loan to run out.
    Leave,
}

/// Works on deliveries.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Takes note of a delivery. Called in the order of delivery, each before its [`Handler::handle`],
    /// which those of other deliveries may overtake. It must be quick, and must not panic: the loop
    /// waits for it.
    fn arrived(&self, _delivery: &Delivery) {}

    /// Works on one delivery. `lost` is cancelled when the loan is lost or the grace period is over:
    /// it must end then. A delivery that it leaves when the grace period is over goes back at once.
    async fn handle(&self, delivery: Delivery, lost: CancellationToken) -> Settle;
}

/// How a consumer is served.
#[derive(Debug, Clone)]
pub struct Serve {
    /// The consumer to pull from.
    pub consumer: Consumer,
    /// How many deliveries are worked on at once; at least 1.
    pub slots: usize,
    /// How long running handlers may take to end after a stop.
    pub grace: Duration,
}

/// Longest wait of one pull.
const PULL_WAIT: Duration = Duration::from_secs(5);
/// Delay after a pull that failed: doubled each time, up to the bound.
const BACKOFF_FIRST: Duration = Duration::from_millis(100);
const BACKOFF_MAX: Duration = Duration::from_secs(10);
/// Shortest time between two signs of life.
const BEAT_MIN: Duration = Duration::from_millis(10);
/// How long a handler may take to end once its time is over, before it is dropped.
const LAST_MOMENT: Duration = Duration::from_millis(500);
/// How long all of them may take for that, and the bus to take back what they leave.
const GIVE_BACK_MAX: Duration = Duration::from_secs(3);
/// Delay before a delivery whose handler panicked comes again.
const PANIC_DELAY: Duration = Duration::from_secs(5);

impl Serve {
    /// Serves until stopped, then drains.
    pub async fn run(
        self,
        queue: Arc<dyn Queue>,
        handler: Arc<dyn Handler>,
        stop: CancellationToken,
    ) {
        let over = CancellationToken::new();
        let mut at_work = JoinSet::new();
        let mut pulling = None;
        let mut backoff = BACKOFF_FIRST;
        loop {
            let free = self.slots.max(1).saturating_sub(at_work.len());
            if pulling.is_none() && free > 0 {
                // Kept over turns of the loop: a pull that is dropped half-way could lose its loans.
                pulling = Some(queue.pull(&self.consumer, free, PULL_WAIT));
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                Some(_) = at_work.join_next(), if !at_work.is_empty() => {}
                pulled = async { pulling.as_mut().expect("guarded").await }, if pulling.is_some() => {
                    pulling = None;
                    match pulled {
                        Ok(deliveries) => {
                            backoff = BACKOFF_FIRST;
                            for delivery in deliveries {
                                let beat = (self.consumer.ack_wait / 3).max(BEAT_MIN);
                                let handler = Arc::clone(&handler);
                                handler.arrived(&delivery);
                                let span = span_of(&self.consumer, &delivery);
                                let work = work(delivery, handler, beat, over.clone());
                                at_work.spawn(work.instrument(span));
                            }
                        }
                        Err(error) => {
                            tracing::warn!(consumer = %self.consumer.name, %error, "pull failed");
                            pause(backoff, &stop).await;
                            backoff = (backoff * 2).min(BACKOFF_MAX);
                        }
                    }
                }
            }
        }
        // What a pull may have been granted in the meantime goes back before the draining, not after.
        drop(pulling);
        drain(at_work, self.grace, &over).await;
    }
}

/// The span of one delivery, below the one of whoever sent it. Attributes as in the semantic
/// conventions for messaging: <https://opentelemetry.io/docs/specs/semconv/messaging/>.
fn span_of(consumer: &Consumer, delivery: &Delivery) -> Span {
    let Delivery { message, delivery, .. } = delivery;
    let span = tracing::info_span!(
        "process",
        otel.name = format!("process {}", message.subject),
        otel.kind = "consumer",
        messaging.operation.name = "process",
        messaging.operation.type = "process",
        messaging.destination.name = message.subject,
        messaging.consumer.group.name = consumer.name,
        messaging.message.id = %message.id,
        messaging.message.body.size = message.payload.len(),
        galley.delivery = delivery,
    );
    trace::adopt(&span, message.headers.get(TRACEPARENT).map(String::as_str));
    span
}

async fn pause(delay: Duration, stop: &CancellationToken) {
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        () = tokio::time::sleep(delay) => {}
    }
}

async fn drain(mut at_work: JoinSet<()>, grace: Duration, over: &CancellationToken) {
    if ended_within(&mut at_work, grace).await {
        return;
    }
    tracing::warn!(running = at_work.len(), "grace period over; what runs goes back");
    over.cancel();
    if !ended_within(&mut at_work, GIVE_BACK_MAX).await {
        tracing::warn!(left = at_work.len(), "not all of it was given back; loans will run out");
        at_work.shutdown().await;
    }
}

async fn ended_within(at_work: &mut JoinSet<()>, most: Duration) -> bool {
    let all = async { while at_work.join_next().await.is_some() {} };
    tokio::time::timeout(most, all).await.is_ok()
}

async fn work(
    delivery: Delivery,
    handler: Arc<dyn Handler>,
    beat: Duration,
    over: CancellationToken,
) {
    let lost = CancellationToken::new();
    let loan = Arc::clone(&delivery.loan);
    let id = delivery.message.id.clone();
    let mut parts = JoinSet::new();
    parts.spawn(heartbeat(Arc::clone(&loan), beat, lost.clone()));
    let mut handling = JoinSet::new();
    let handed = lost.clone();
    handling.spawn(async move { handler.handle(delivery, handed).await }.in_current_span());
    let settle = tokio::select! {
        biased;
        ended = handling.join_next() => match ended {
            Some(Ok(settle)) => settle,
            Some(Err(error)) if error.is_panic() => {
                tracing::error!(message = %id, %error, "handler panicked");
                Settle::RetryLater(PANIC_DELAY)
            }
            Some(Err(_)) | None => Settle::Leave,
        },
        () = over.cancelled() => give_back(handling, &lost).await,
    };
    parts.shutdown().await;
    let settled = match settle {
        Settle::Ack => loan.ack().await,
        Settle::RetryLater(delay) => loan.retry_later(delay).await,
        Settle::Discard => loan.discard().await,
        Settle::Leave => Ok(()),
    };
    if let Err(error) = settled {
        tracing::warn!(message = %id, %error, "could not settle; it will be delivered again");
    }
}

/// Ends a handler whose time is over. What it still decides counts; what it leaves goes back, unless the
/// loan was lost before.
async fn give_back(mut handling: JoinSet<Settle>, lost: &CancellationToken) -> Settle {
    if lost.is_cancelled() {
        handling.shutdown().await;
        return Settle::Leave;
    }
    lost.cancel();
    let ended = tokio::time::timeout(LAST_MOMENT, handling.join_next()).await;
    handling.shutdown().await;
    match ended {
        Ok(Some(Ok(settle @ (Settle::Ack | Settle::RetryLater(_) | Settle::Discard)))) => settle,
        Ok(Some(Ok(Settle::Leave) | Err(_)) | None) | Err(_) => Settle::RetryLater(Duration::ZERO),
    }
}

async fn heartbeat(loan: Arc<dyn Loan>, beat: Duration, lost: CancellationToken) {
    let mut missed = 0;
    let mut next = Instant::now() + beat;
    while missed < 2 {
        tokio::time::sleep_until(next).await;
        next += beat;
        missed = match tokio::time::timeout_at(next, loan.in_progress()).await {
            Ok(Ok(())) => 0,
            Ok(Err(_)) | Err(_) => missed + 1,
        };
    }
    lost.cancel();
}

#[cfg(test)]
mod tests;
