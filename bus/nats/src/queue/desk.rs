//! Who gets which answer of a consumer.
//!
//! A message comes on the subject that it was published on, so it does not say which pull it answers:
//! it goes to the oldest pull of its consumer that has room. It may also come for a pull that is gone:
//! that was dropped, or whose time was up. Then it waits a moment for another, and is given back.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_nats::{Client, Message, Subscriber};
use bytes::Bytes;
use futures::StreamExt as _;
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use super::message::is_message;

/// How long a message waits for another pull before it is given back.
const STRAY_MAX: Duration = Duration::from_millis(250);

/// Whom an answer is for.
#[derive(Debug, Default)]
pub(super) struct Desk {
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
        let sent = waiting.answers.try_send(message);
        debug_assert!(
            sent.is_ok(),
            "a pull that waits has a place for each message it has room for"
        );
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
pub(super) struct Seat<'a> {
    desk: &'a Desk,
    pub(super) number: u64,
    pub(super) answers: mpsc::Receiver<Message>,
    pub(super) got: Vec<Message>,
}

impl<'a> Seat<'a> {
    /// Takes a place, and the strays that wait for it.
    pub(super) fn take(desk: &'a Desk, acks: String, max: usize) -> Self {
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
    pub(super) fn leave(mut self) -> Vec<Message> {
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
            if is_message(&answer) {
                self.desk.hand_over(answer);
            }
        }
    }
}

/// Hands out answers, and gives strays back.
pub(super) async fn distribute(desk: Arc<Desk>, client: Client, mut answers: Subscriber) {
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
                if is_message(&answer) { desk.hand_over(answer) } else { desk.tell(answer) }
            }
            () = wake => {}
        }
    }
}
