//! One delivery of a task, from its bytes to how it is settled.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use galley_bus_core::message::Message;
use galley_bus_core::queue::{Delivery, PublishError};
use galley_bus_core::serve::{Handler, Settle};
use galley_schemas::amount::Amount;
use galley_schemas::envelope::CloudEvent;
use galley_schemas::fault::Fault;
use galley_schemas::id::MessageId;
use galley_schemas::input::Rejected;
use galley_schemas::report::{Body, Verdict};
use galley_schemas::subject;
use galley_schemas::task::Offer;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::agent::Agent;
use crate::context::attempt::Attempt;
use crate::context::fate::{Dropped, Fate};
use crate::faults;
use crate::ports::Ports;
use crate::reporter::Reporter;
use crate::runner::fences::Fences;
use crate::runner::progress::Notes;
use crate::runner::work::{self, Outcome};

/// Delay before a task comes again whose twin is at work here, or whose journal is out of reach.
const RETRY: Duration = Duration::from_secs(5);
/// Largest unreadable message of which the text is kept, in bytes.
const TEXT_BYTES_MAX: usize = 16 * 1024;

/// Works on the deliveries of one kind's tasks.
pub(crate) struct Tasks<A> {
    agent: Arc<A>,
    ports: Ports,
    fences: Arc<Fences>,
}

#[async_trait]
impl<A: Agent> Handler for Tasks<A> {
    async fn handle(&self, delivery: Delivery, lost: CancellationToken) -> Settle {
        let offer = match decode::<A>(&delivery.message) {
            Ok(offer) => offer,
            Err(fault) => return self.reject(&delivery.message, fault).await,
        };
        let span = tracing::info_span!(
            "attempt", goal = %offer.goal, task = %offer.task, attempt = offer.attempt
        );
        self.attempt(offer, &delivery, &lost).instrument(span).await
    }
}

impl<A: Agent> Tasks<A> {
    pub(crate) fn new(agent: Arc<A>, ports: Ports, fences: Arc<Fences>) -> Self {
        Self { agent, ports, fences }
    }

    async fn attempt(&self, offer: Offer, delivery: &Delivery, lost: &CancellationToken) -> Settle {
        if offer.deadline <= self.ports.clock.now() {
            tracing::info!("the deadline has passed; dropped");
            return Settle::Ack;
        }
        let fate = Arc::new(Fate::new(lost));
        let Some(_place) = self.fences.enter(&offer, &fate) else {
            tracing::info!("the same attempt is at work already");
            return Settle::RetryLater(RETRY);
        };
        if self.fences.doubts(&offer) {
            let reporter = Reporter::new(&self.ports, &offer);
            let body = Body::Progress { note: "at work".to_owned(), spent: Amount::default() };
            match until(lost, reporter.report(body)).await {
                Some(Verdict::Stale { reason }) => return dropped(&Dropped::Fenced { reason }),
                Some(
                    Verdict::Accepted
                    | Verdict::Reconcile { .. }
                    | Verdict::AlreadyDone { .. }
                    | Verdict::Malformed { .. },
                ) => {}
                None => return Settle::Leave,
            }
        }
        let (notes, heard) = Notes::new();
        let attempt = Attempt::new(offer, delivery.delivery, self.ports.clone(), fate, notes);
        let attempt = Arc::new(attempt);
        match work::run(Arc::clone(&self.agent), &attempt, heard).await {
            Outcome::Dropped(why) => dropped(&why),
            Outcome::Ended(result) => settle(&attempt, result, delivery, lost).await,
        }
    }

    /// Keeps a message that cannot be read, for people to look at.
    async fn reject(&self, message: &Message, fault: Fault) -> Settle {
        tracing::error!(message = %message.id, error = %fault, "task message rejected");
        let text = std::str::from_utf8(&message.payload).ok();
        let rejected = Rejected {
            subject: message.subject.clone(),
            id: message.id.clone(),
            at: self.ports.clock.now(),
            fault,
            payload: text.filter(|text| text.len() <= TEXT_BYTES_MAX).map(str::to_owned),
            artifact: None,
        };
        let id = MessageId::new(format!("rejected-{}", message.id));
        let bytes = serde_json::to_vec(&rejected).expect("a rejection has string keys only");
        match self.ports.queue.publish(Message::new(subject::REJECTED, id, bytes)).await {
            Ok(()) => Settle::Discard,
            Err(PublishError::Unreachable(_)) => Settle::RetryLater(RETRY),
            Err(
                error @ (PublishError::NoQueue { .. }
                | PublishError::Full { .. }
                | PublishError::TooLarge { .. }),
            ) => {
                tracing::error!(message = %message.id, %error, "the rejection was not kept");
                Settle::Discard
            }
        }
    }
}

fn decode<A: Agent>(message: &Message) -> Result<Offer, Fault> {
    let event = serde_json::from_slice::<CloudEvent<Offer>>(&message.payload)
        .map_err(|error| faults::malformed_offer(&error.to_string()))?;
    let offer = event.data;
    if offer.kind.as_str() == A::KIND {
        Ok(offer)
    } else {
        Err(faults::malformed_offer(&format!("it is for {}, not for {}", offer.kind, A::KIND)))
    }
}

/// Reports how the attempt ended and settles task and journal by the verdict.
async fn settle(
    attempt: &Attempt,
    result: Result<serde_json::Value, Fault>,
    delivery: &Delivery,
    lost: &CancellationToken,
) -> Settle {
    let spent = attempt.spent();
    let done = result.is_ok();
    let body = match result {
        Ok(output) => Body::Done { output, spent, choices: attempt.choices() },
        Err(fault) => {
            tracing::warn!(error = %fault, "the attempt failed");
            Body::Failed { fault, spent }
        }
    };
    let Some(verdict) = until(lost, attempt.reporter.report(body)).await else {
        return Settle::Leave;
    };
    match verdict {
        Verdict::Accepted if done => return finish(attempt, delivery).await,
        Verdict::Accepted => close(attempt).await,
        Verdict::Stale { reason } => return dropped(&Dropped::Fenced { reason }),
        Verdict::Malformed { fault } => {
            tracing::error!(error = %fault, "the report was malformed; the attempt failed");
            close(attempt).await;
        }
        Verdict::Reconcile { .. } | Verdict::AlreadyDone { .. } => {
            let fault = faults::verdict_out_of_place("a result");
            tracing::error!(error = %fault, "the attempt is left to its deadline");
        }
    }
    Settle::Ack
}

/// Acknowledges first and clears the journal second: were it the other way round, a crash between
/// the two would bring the task again with nothing to remember.
async fn finish(attempt: &Attempt, delivery: &Delivery) -> Settle {
    match delivery.loan.ack().await {
        Ok(()) => {
            if let Some(journal) = attempt.opened() {
                journal.clear().await;
            }
            Settle::Leave
        }
        Err(error) => {
            tracing::warn!(%error, "could not acknowledge yet");
            Settle::Ack
        }
    }
}

/// Says in the journal that what was paid is reported. Where it was not opened, nothing was.
async fn close(attempt: &Attempt) {
    if let Some(journal) = attempt.opened() {
        journal.settle().await;
    }
}

fn dropped(why: &Dropped) -> Settle {
    tracing::info!(why = %why.fault().message, "the attempt is dropped");
    match why {
        Dropped::Fenced { .. } | Dropped::AwaitsPerson { .. } => Settle::Ack,
        Dropped::LoanLost => Settle::Leave,
        Dropped::LatchLost | Dropped::JournalLost { .. } => Settle::RetryLater(RETRY),
    }
}

/// Waits for something, unless the loan is lost before.
async fn until<T>(lost: &CancellationToken, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        () = lost.cancelled() => None,
        done = work => Some(done),
    }
}
