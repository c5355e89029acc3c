//! Asking consumers for what is there.
//!
//! Every pull of this process is answered on one subscription, each on a subject of its own below it.
//! A pull asks for as many messages as it may take, and for an answer as soon as there is one; so
//! nothing is owed to it once it has returned, except when the consumer may have no more loans out.
//!
//! A message comes on the subject that it was published on, so it does not say which pull it answers:
//! it goes to the oldest pull of its consumer that has room. It may also come for a pull that is gone:
//! that was dropped, or whose time was up. Then it waits a moment for another, and is given back.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_nats::{Client, Message, StatusCode, Subscriber};
use bytes::Bytes;
use futures::StreamExt as _;
use galley_bus_core::queue::{Delivery, Place};
use galley_bus_core::topology::Consumer;
use serde::Serialize;
use tokio::sync::{Notify, OnceCell, mpsc};
use tokio::time::Instant;

use super::loan::{AckLoan, Latest, Terms};
use super::message::{message, receipt};
use crate::error::NatsError;
use crate::nats::Tasks;
use crate::wire::Wire;

/// How long a message waits for another pull before it is given back.
const STRAY_MAX: Duration = Duration::from_millis(250);
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

/// Whom an answer is for.
#[derive(Debug, Default)]
struct Desk {
    state: Mutex<State>,
    strayed: Notify,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    waiting: BTreeMap<u64, Waiting>,
    strays: VecDeque<(Instant, Message)>,
}

#[derive(Debug)]
struct Waiting {
    /// What the deliveries of its consumer are acknowledged below.
    acks: String,
    /// How many more messages it may get.
    room: usize,
    answers: mpsc::Sender<Message>,
}

impl State {
    /// The strays of a consumer, the oldest first, at most `max`.
    fn take_strays(&mut self, acks: &str, max: usize) -> Vec<Message> {
        let mut taken = Vec::new();
        for (until, stray) in std::mem::take(&mut self.strays) {
            let fits = stray.reply.as_ref().is_some_and(|ack_on| is_of(acks, ack_on));
            if fits && taken.len() < max {
                taken.push(stray);
            } else {
                self.strays.push_back((until, stray));
            }
        }
        taken
    }
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands a status to the pull that it answers.
    fn tell(&self, status: Message) {
        let number = status.subject.rsplit('.').next().and_then(|number| number.parse().ok());
        let Some(number) = number else { return };
        if let Some(waiting) = self.lock().waiting.get(&number) {
            // Full is only who has all the messages that it may take, and needs no status.
            drop(waiting.answers.try_send(status));
        }
    }

    /// Hands a message to the oldest pull of its consumer that has room.
    fn hand_over(&self, message: Message) {
        let Some(ack_on) = message.reply.as_ref().map(ToString::to_string) else { return };
        let mut state = self.lock();
        let mut same = state.waiting.values_mut().filter(|waiting| is_of(&waiting.acks, &ack_on));
        let Some(waiting) = same.find(|waiting| waiting.room > 0) else {
            state.strays.push_back((Instant::now() + STRAY_MAX, message));
            drop(state);
            self.strayed.notify_one();
            return;
        };
        waiting.room -= 1;
        if waiting.answers.try_send(message).is_err() {
            debug_assert!(false, "a pull that waits has a place for each message, and its answers");
        }
    }

    /// Takes out the strays that waited long enough; says when the next one will have.
    fn expire(&self, now: Instant) -> (Vec<Message>, Option<Instant>) {
        let mut state = self.lock();
        let due = state.strays.partition_point(|(until, _)| *until <= now);
        let expired = state.strays.drain(..due).map(|(_, stray)| stray).collect();
        (expired, state.strays.front().map(|(until, _)| *until))
    }
}

/// Whether a delivery that is acknowledged there is of the consumer.
fn is_of(acks: &str, ack_on: &str) -> bool {
    ack_on.contains(acks)
}

/// One pull's place among those that wait, and what it has got. What it does not take with it when it
/// leaves goes to others.
struct Seat<'a> {
    desk: &'a Desk,
    number: u64,
    answers: mpsc::Receiver<Message>,
    got: Vec<Message>,
}

impl<'a> Seat<'a> {
    /// Takes a place, and the strays that wait for it.
    fn take(desk: &'a Desk, acks: String, max: usize) -> Self {
        // Beside the messages, a status that sends it to the queue and one that ends it.
        let (hand_over, answers) = mpsc::channel(max + 2);
        let mut state = desk.lock();
        let got = state.take_strays(&acks, max);
        let (number, room) = (state.next, max - got.len());
        state.next += 1;
        state.waiting.insert(number, Waiting { acks, room, answers: hand_over });
        drop(state);
        Self { desk, number, answers, got }
    }

    /// Leaves with what it got.
    fn leave(mut self) -> Vec<Message> {
        std::mem::take(&mut self.got)
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.desk.lock().waiting.remove(&self.number);
        for message in self.got.drain(..) {
            self.desk.hand_over(message);
        }
        while let Ok(answer) = self.answers.try_recv() {
            if answer.status.is_none() {
                self.desk.hand_over(answer);
            }
        }
    }
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
            if answer.status.is_none() {
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

/// Hands out answers, and gives strays back.
async fn distribute(desk: Arc<Desk>, client: Client, mut answers: Subscriber) {
    loop {
        let (expired, next) = desk.expire(Instant::now());
        for stray in expired {
            if let Some(ack_on) = stray.reply {
                // What cannot be given back runs out.
                drop(client.publish(ack_on, Bytes::from_static(b"-NAK")).await);
            }
        }
        let wake = async {
            match next {
                Some(next) => tokio::time::sleep_until(next).await,
                None => desk.strayed.notified().await,
            }
        };
        tokio::select! {
            biased;
            answer = answers.next() => {
                let Some(answer) = answer else { return };
                if answer.status.is_none() { desk.hand_over(answer) } else { desk.tell(answer) }
            }
            () = wake => {}
        }
    }
}
