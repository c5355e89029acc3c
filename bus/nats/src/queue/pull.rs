//! Asking consumers for what is there.
//!
//! Every pull of this process is answered on one subscription, each on a subject of its own below it.
//! A pull asks for as many messages as it may take, and for an answer as soon as there is one; so
//! nothing is owed to it once it has returned, except when the consumer may have no more loans out.
//!
//! Who gets which answer is the business of the [desk](super::desk).

use std::sync::Arc;
use std::time::Duration;

use async_nats::{Message, StatusCode};
use galley_bus_core::queue::{Delivery, Place};
use galley_bus_core::topology::Consumer;
use serde::Serialize;
use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::desk::{Desk, Seat, distribute};
use super::loan::{AckLoan, Latest, Terms};
use super::message::{is_message, message, receipt};
use crate::error::NatsError;
use crate::nats::Tasks;
use crate::wire::Wire;

/// How much longer than it asked for a pull waits for the server to say that the time is up.
const SLACK: Duration = Duration::from_millis(500);
/// How long a pull that got something waits for the server to say that this was all.
const LINGER: Duration = Duration::from_millis(5);
/// Most messages of one pull.
const BATCH_MAX: usize = 1_024;

/// All pulls of this process.
#[derive(Debug)]
pub(crate) struct Hub {
    wire: Wire,
    tasks: Arc<Tasks>,
    latest: Arc<Latest>,
    desk: Arc<Desk>,
    /// Where answers come in.
    inbox: OnceCell<String>,
}

/// Whether the server answers with fewer messages than were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NoWait {
    /// With what is there, as soon as there is one.
    OnceThereAre,
    /// It waits for all of them.
    Never,
}

/// What is asked of a consumer.
#[derive(Serialize)]
struct Ask {
    batch: usize,
    /// In nanoseconds; 0 for at once.
    expires: u64,
    no_wait: bool,
}

/// How a pull goes on after an answer without a message.
enum Next {
    /// That was all.
    Done,
    /// Others wait for what is there; wait with them.
    Queue,
}

impl Hub {
    pub(crate) fn new(wire: Wire, tasks: Arc<Tasks>) -> Self {
        let (latest, desk) = Default::default();
        Self { wire, tasks, latest, desk, inbox: OnceCell::new() }
    }

    /// Takes up to `max` messages on loan; waits up to `wait` for the first.
    pub(crate) async fn pull(
        &self,
        consumer: &Consumer,
        max: usize,
        wait: Duration,
        made: i64,
    ) -> Result<Vec<Delivery>, NatsError> {
        let inbox = self.inbox.get_or_try_init(|| self.listen()).await?;
        let max = max.clamp(1, BATCH_MAX);
        let mut seat = Seat::take(&self.desk, acks(consumer), max);
        if seat.got.is_empty() {
            self.ask(consumer, inbox, &mut seat, (max, wait)).await?;
        }
        let got = seat.leave().into_iter();
        Ok(got.filter_map(|message| self.delivery(consumer, message, made)).collect())
    }

    async fn listen(&self) -> Result<String, NatsError> {
        let inbox = self.wire.client.new_inbox();
        let answers = self.wire.listen(&format!("{inbox}.*"), None).await?;
        let (desk, client) = (Arc::clone(&self.desk), self.wire.client.clone());
        self.tasks.spawn(distribute(desk, client, answers));
        Ok(inbox)
    }

    /// Asks the server, and waits until the seat has what there is.
    async fn ask(
        &self,
        consumer: &Consumer,
        inbox: &str,
        seat: &mut Seat<'_>,
        (max, wait): (usize, Duration),
    ) -> Result<(), NatsError> {
        let until = Instant::now() + wait;
        let mut connections = self.wire.connections.clone();
        connections.mark_unchanged();
        let reply_to = format!("{inbox}.{}", seat.number);
        self.send(consumer, &reply_to, (max, wait, NoWait::OnceThereAre)).await?;
        while seat.got.len() < max {
            let some = !seat.got.is_empty();
            let give_up = if some { Instant::now() + LINGER } else { until + SLACK };
            let answer = tokio::select! {
                biased;
                answer = seat.answers.recv() => answer,
                // The server has forgotten what it was asked.
                _ = connections.changed() => None,
                () = tokio::time::sleep_until(give_up) => None,
            };
            let Some(answer) = answer else { break };
            if is_message(&answer) {
                seat.got.push(answer);
                continue;
            }
            match after(consumer, &answer)? {
                Next::Queue if !some && Instant::now() < until => {
                    let left = until - Instant::now();
                    self.send(consumer, &reply_to, (1, left, NoWait::Never)).await?;
                }
                Next::Queue | Next::Done => break,
            }
        }
        Ok(())
    }

    /// Asks for up to so many messages, for so long.
    async fn send(
        &self,
        consumer: &Consumer,
        reply_to: &str,
        (batch, wait, no_wait): (usize, Duration, NoWait),
    ) -> Result<(), NatsError> {
        let expires = u64::try_from(wait.as_nanos()).unwrap_or(u64::MAX);
        let no_wait = no_wait == NoWait::OnceThereAre || expires == 0;
        let ask = serde_json::to_vec(&Ask { batch, expires, no_wait });
        let ask = ask.expect("numbers are JSON");
        let subject = format!("$JS.API.CONSUMER.MSG.NEXT.{}.{}", consumer.stream, consumer.name);
        let asked = self.wire.client.publish_with_reply(subject, reply_to.to_owned(), ask.into());
        asked.await.map_err(|error| NatsError::Closed(Box::new(error)))
    }

    fn delivery(&self, consumer: &Consumer, from: Message, made: i64) -> Option<Delivery> {
        let ack_on = from.reply.clone()?;
        let Some(receipt) = receipt(&ack_on) else {
            tracing::warn!(%ack_on, "a delivery that cannot be settled; it comes again");
            return None;
        };
        let terms = Terms {
            stream: consumer.stream,
            consumer: consumer.name.clone(),
            ack_wait: consumer.ack_wait,
            ack_on,
            receipt,
        };
        Some(Delivery {
            message: message(consumer.stream, receipt.seq, from),
            place: Place { stream: made, seq: receipt.seq },
            delivery: receipt.delivery,
            loan: Arc::new(AckLoan::new(self.wire.clone(), Arc::clone(&self.latest), terms)),
        })
    }
}

/// What the subjects have in common that a consumer's deliveries are acknowledged on.
fn acks(consumer: &Consumer) -> String {
    format!(".{}.{}.", consumer.stream, consumer.name)
}

/// What a status means.
fn after(consumer: &Consumer, answer: &Message) -> Result<Next, NatsError> {
    const NOT_FOUND: u16 = 404;
    const TIMEOUT: u16 = 408;
    const CONFLICT: u16 = 409;
    let description = answer.description.as_deref().unwrap_or_default();
    let status = answer.status.unwrap_or(StatusCode::OK);
    match status.as_u16() {
        NOT_FOUND => Ok(Next::Done),
        TIMEOUT if description.contains("Requests Pending") => Ok(Next::Queue),
        TIMEOUT => Ok(Next::Done),
        // Another server leads now, or this one stops: asked again, it is answered by the next.
        CONFLICT if description.contains("Leadership") || description.contains("Shutdown") => {
            Ok(Next::Done)
        }
        _ if status == StatusCode::NO_RESPONDERS => {
            Err(NatsError::NotThere { what: format!("consumer {}", consumer.name) })
        }
        code => {
            let description = description.to_owned();
            Err(NatsError::Refused { code: u64::from(code), description })
        }
    }
}
