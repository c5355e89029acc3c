//! Streams, consumers and loans, as JetStream has them.
//!
//! A consumer gives out what is due again before what is new, so that what comes again overtakes.
//! A loan that ran out can still be settled. What is settled after it was given out again counts
//! in one half of the runs, as on JetStream, and does nothing in the other, as the port's law has it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use galley_bus_core::Unreachable;
use galley_bus_core::message::{Message, PAYLOAD_BYTES_MAX};
use galley_bus_core::queue::{Delivery, Depth, Loan, Place, PublishError, Queue};
use galley_bus_core::topology::{Consumer, Stream, matches, streams};
use galley_schemas::id::MessageId;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::{Broker, Link};
use crate::faults::Fault;
use crate::lock;
use crate::run::Sabotage;

/// How long an acknowledgement can be forgotten when the bus changes its leader.
const UNSURE: Duration = Duration::from_secs(4);

/// Streams, consumers and loans.
#[derive(Debug)]
pub(crate) struct Queues {
    state: Mutex<State>,
    moved: Notify,
    streams: Vec<Stream>,
    /// Whether a loan can be settled although the message is out on another one.
    late_counts: bool,
}

#[derive(Debug, Default)]
struct State {
    /// By the name of the stream.
    kept: BTreeMap<&'static str, Kept>,
    consumers: BTreeMap<String, Seats>,
}

/// The messages of one stream.
#[derive(Debug, Default)]
struct Kept {
    messages: BTreeMap<u64, Message>,
    last: u64,
    /// Ids of the duplicate window.
    ids: BTreeMap<MessageId, Instant>,
}

/// How far a consumer is.
#[derive(Debug, Default)]
struct Seats {
    stream: &'static str,
    filter: String,
    next: u64,
    seats: BTreeMap<u64, Seat>,
}

/// How a message stands with a consumer that was given it.
#[derive(Debug)]
struct Seat {
    delivery: u64,
    /// Not given out again before this time.
    until: Instant,
    settled: Option<Instant>,
}

impl Queues {
    pub(crate) fn new(late_counts: bool) -> Self {
        let (state, moved) = (Mutex::default(), Notify::new());
        Self { state, moved, streams: streams(), late_counts }
    }

    /// Keeps a message once within the duplicate window; says whether it was new.
    fn keep(&self, message: Message) -> Result<bool, PublishError> {
        let subject = message.subject.clone();
        let bytes = message.payload.len();
        let takes = |stream: &&Stream| stream.subjects.iter().any(|p| matches(p, &subject));
        let Some(stream) = self.streams.iter().find(takes) else {
            return Err(PublishError::NoQueue { subject });
        };
        if bytes > PAYLOAD_BYTES_MAX {
            return Err(PublishError::TooLarge { subject, bytes, max: PAYLOAD_BYTES_MAX });
        }
        let mut state = lock(&self.state);
        let kept = state.kept.entry(stream.name).or_default();
        let now = Instant::now();
        kept.ids.retain(|_, at| now.duration_since(*at) < stream.duplicate_window);
        if kept.ids.contains_key(&message.id) {
            return Ok(false);
        }
        kept.ids.insert(message.id.clone(), now);
        kept.push(message);
        self.moved.notify_waiters();
        Ok(true)
    }

    /// Keeps a message again, whatever the duplicate window says.
    pub(crate) fn keep_again(&self, message: Message) {
        let takes = |stream: &&Stream| stream.subjects.iter().any(|p| matches(p, &message.subject));
        if let Some(stream) = self.streams.iter().find(takes) {
            lock(&self.state).kept.entry(stream.name).or_default().push(message);
            self.moved.notify_waiters();
        }
    }

    fn take(&self, consumer: &Consumer, max: usize) -> Vec<(Message, u64, u64)> {
        let mut state = lock(&self.state);
        let State { kept, consumers } = &mut *state;
        let seats = consumers.entry(consumer.name.clone()).or_insert_with(|| Seats {
            stream: consumer.stream,
            filter: consumer.filter.clone(),
            ..Seats::default()
        });
        let Some(kept) = kept.get(consumer.stream) else { return Vec::new() };
        seats.give(kept, consumer, max)
    }

    /// When the next message of a consumer is due again.
    fn next_due(&self, consumer: &Consumer) -> Option<Instant> {
        let state = lock(&self.state);
        let open = state.consumers.get(&consumer.name)?.seats.values();
        open.filter(|seat| seat.settled.is_none()).map(|seat| seat.until).min()
    }

    fn settle(&self, of: &Lent, change: impl FnOnce(&mut Seat)) {
        let mut state = lock(&self.state);
        let seats = state.consumers.get_mut(&of.consumer);
        if let Some(seat) = seats.and_then(|seats| seats.seats.get_mut(&of.seq))
            && (seat.delivery == of.delivery || self.late_counts)
            && seat.settled.is_none()
        {
            change(seat);
        }
        self.moved.notify_waiters();
    }

    /// Forgets the acknowledgements of the last seconds; says how many.
    pub(crate) fn forget_acks(&self) -> usize {
        let mut state = lock(&self.state);
        let mut forgotten = 0;
        for seat in state.consumers.values_mut().flat_map(|seats| seats.seats.values_mut()) {
            if seat.settled.is_some_and(|at| at.elapsed() < UNSURE) {
                seat.settled = None;
                forgotten += 1;
            }
        }
        forgotten
    }

    /// How much a consumer has before it.
    pub(crate) fn depth(&self, consumer: &Consumer) -> Depth {
        let state = lock(&self.state);
        let Some(kept) = state.kept.get(consumer.stream) else { return Depth::default() };
        let meant = |message: &Message| is_meant(&consumer.filter, message);
        let (next, out) = state.consumers.get(&consumer.name).map_or((0, 0), |seats| {
            let out = seats.seats.values().filter(|seat| seat.settled.is_none());
            (seats.next, out.count())
        });
        let pending = kept.messages.range(next..).filter(|(_, message)| meant(message)).count();
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        Depth { pending: count(pending), in_flight: count(out) }
    }

    /// Every message that was kept on a stream.
    pub(crate) fn messages(&self, stream: &str) -> Vec<Message> {
        let state = lock(&self.state);
        state
            .kept
            .get(stream)
            .map(|kept| kept.messages.values().cloned().collect())
            .unwrap_or_default()
    }

    /// The consumers that have something before them: of each, how much.
    pub(crate) fn busy(&self) -> Vec<String> {
        let state = lock(&self.state);
        let busy = state.consumers.iter().filter_map(|(name, seats)| {
            let open = seats.seats.values().filter(|seat| seat.settled.is_none()).count();
            let kept = state.kept.get(seats.stream)?;
            let meant = |message: &&Message| is_meant(&seats.filter, message);
            let new = kept.messages.range(seats.next..).map(|(_, message)| message).filter(meant);
            let new = new.count();
            (open + new > 0).then(|| format!("{name}: {new} new, {open} given out"))
        });
        busy.collect()
    }
}

impl Kept {
    fn push(&mut self, message: Message) {
        self.last += 1;
        self.messages.insert(self.last, message);
    }
}

impl Seats {
    fn give(&mut self, kept: &Kept, consumer: &Consumer, max: usize) -> Vec<(Message, u64, u64)> {
        let now = Instant::now();
        let open = || self.seats.iter().filter(|(_, seat)| seat.settled.is_none());
        let max = max.min(
            consumer
                .in_flight_max
                .saturating_sub(open().filter(|(_, seat)| seat.until > now).count()),
        );
        let mut due: Vec<_> = open()
            .filter(|(_, seat)| seat.until <= now)
            .map(|(seq, seat)| (seat.until, *seq))
            .collect();
        due.sort_unstable();
        let mut seqs: Vec<u64> = due.into_iter().map(|(_, seq)| seq).take(max).collect();
        while seqs.len() < max {
            let Some((seq, message)) = kept.messages.range(self.next..).next() else { break };
            self.next = seq + 1;
            if is_meant(&self.filter, message) {
                seqs.push(*seq);
            }
        }
        let given = seqs.into_iter().filter_map(|seq| {
            let fresh = Seat { delivery: 0, until: now, settled: None };
            let seat = self.seats.entry(seq).or_insert(fresh);
            seat.delivery += 1;
            seat.until = now + consumer.ack_wait;
            Some((kept.messages.get(&seq)?.clone(), seq, seat.delivery))
        });
        given.collect()
    }
}

/// Whether a consumer with this filter is to have a message.
fn is_meant(filter: &str, message: &Message) -> bool {
    filter.is_empty() || matches(filter, &message.subject)
}

impl Broker {
    /// Publishes, as the broker itself.
    pub(crate) fn publish(&self, who: &str, message: Message) -> Result<(), PublishError> {
        if self.world.sabotage == Sabotage::LosePublishes
            && self.world.draw(|dice| dice.permille(50))
        {
            return Ok(());
        }
        let twice = self.world.strikes(Fault::StoredTwice).then(|| message.clone());
        let (subject, id) = (message.subject.clone(), message.id.clone());
        let new = self.queues.keep(message)?;
        let note = if new { "" } else { " (a duplicate)" };
        self.world.say(who, &format!("publishes {id} on {subject}{note}"));
        if let Some(message) = twice {
            self.world.say("bus", &format!("stores {id} twice"));
            self.queues.keep_again(message);
        }
        Ok(())
    }
}

#[async_trait]
impl Queue for Link {
    async fn publish(&self, message: Message) -> Result<(), PublishError> {
        let who = self.process.name.clone();
        self.reach("publish", move |broker| broker.publish(&who, message)).await?
    }

    async fn pull(
        &self,
        consumer: &Consumer,
        max: usize,
        wait: Duration,
    ) -> Result<Vec<Delivery>, Unreachable> {
        let until = Instant::now() + wait;
        // The request arrives; from then on it waits at the broker.
        self.reach("pull", |_| ()).await?;
        loop {
            let moved = self.broker.queues.moved.notified();
            self.process.live().await;
            if self.broker.world.reaches_bus(&self.process) {
                let taken = self.broker.queues.take(consumer, max);
                if !taken.is_empty() {
                    // What is granted and does not arrive is a loan that runs out.
                    self.reach("pulled", |_| ()).await?;
                    return Ok(self.lend(consumer, taken));
                }
            }
            if Instant::now() >= until {
                return Ok(Vec::new());
            }
            let due = self.broker.queues.next_due(consumer).map_or(until, |due| due.min(until));
            tokio::select! {
                biased;
                () = moved => {}
                () = tokio::time::sleep_until(due.max(Instant::now() + STEP)) => {}
            }
        }
    }

    async fn depth(&self, consumer: &Consumer) -> Result<Depth, Unreachable> {
        let consumer = consumer.clone();
        self.reach("depth", move |broker| broker.queues.depth(&consumer)).await
    }
}

/// Shortest time between two looks of one pull.
const STEP: Duration = Duration::from_millis(20);

impl Link {
    fn lend(&self, consumer: &Consumer, taken: Vec<(Message, u64, u64)>) -> Vec<Delivery> {
        let lend = |(message, seq, delivery): (Message, u64, u64)| {
            self.note(&format!("is given {} (delivery {delivery})", message.id));
            let lent = Lent { consumer: consumer.name.clone(), seq, delivery };
            let ack_wait = consumer.ack_wait;
            let loan = Arc::new(SimLoan { link: self.clone(), lent, ack_wait });
            Delivery { message, place: Place { stream: 0, seq }, delivery, loan }
        };
        let mut deliveries: Vec<_> = taken.into_iter().map(lend).collect();
        if deliveries.len() > 1 && self.strikes(Fault::Reordered) {
            deliveries.reverse();
        }
        deliveries
    }
}

/// What was lent.
#[derive(Debug, Clone)]
struct Lent {
    consumer: String,
    seq: u64,
    delivery: u64,
}

#[derive(Debug)]
struct SimLoan {
    link: Link,
    lent: Lent,
    ack_wait: Duration,
}

impl SimLoan {
    async fn change(
        &self,
        what: &'static str,
        change: impl FnOnce(&mut Seat) + Send + 'static,
    ) -> Result<(), Unreachable> {
        let lent = self.lent.clone();
        self.link.reach(what, move |broker| broker.queues.settle(&lent, change)).await
    }
}

#[async_trait]
impl Loan for SimLoan {
    async fn ack(&self) -> Result<(), Unreachable> {
        self.change("ack", |seat| seat.settled = Some(Instant::now())).await
    }

    async fn retry_later(&self, delay: Duration) -> Result<(), Unreachable> {
        self.change("retry later", move |seat| seat.until = Instant::now() + delay).await
    }

    async fn in_progress(&self) -> Result<(), Unreachable> {
        if self.link.strikes(Fault::BeatLost) {
            // A sign of life is not confirmed on every bus.
            return Ok(());
        }
        let ack_wait = self.ack_wait;
        self.change("in progress", move |seat| seat.until = Instant::now() + ack_wait).await
    }

    async fn discard(&self) -> Result<(), Unreachable> {
        self.change("discard", |seat| seat.settled = Some(Instant::now())).await
    }
}
