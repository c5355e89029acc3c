//! A queue in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use galley_bus_core::Unreachable;
use galley_bus_core::message::Message;
use galley_bus_core::queue::{Delivery, Depth, Loan, Place, PublishError, Queue};
use galley_bus_core::topology::{Consumer, Stream, matches, streams};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::lock;

/// Queues in memory, without bounds on what they keep: a test is short.
#[derive(Debug, Default)]
pub struct MemoryQueue {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    messages: Mutex<Vec<Message>>,
    /// By consumer and place of the message.
    seats: Mutex<BTreeMap<(String, usize), Seat>>,
    moved: Notify,
}

/// How a message stands with a consumer.
#[derive(Debug, Clone, Copy)]
struct Seat {
    delivery: u64,
    settled: bool,
    /// Not delivered again before this time.
    until: Instant,
}

impl MemoryQueue {
    /// Takes what a consumer has neither settled nor out on loan.
    fn take(&self, consumer: &Consumer, max: usize) -> Vec<Delivery> {
        let messages = lock(&self.shared.messages);
        let mut seats = lock(&self.shared.seats);
        let now = Instant::now();
        let out = seats.iter().filter(|((name, _), seat)| {
            *name == consumer.name && !seat.settled && seat.until > now
        });
        let max = max.min(consumer.in_flight_max.saturating_sub(out.count()));
        let mut taken = Vec::new();
        for (place, message) in messages.iter().enumerate() {
            if taken.len() == max {
                break;
            }
            if !is_meant(consumer, &message.subject) {
                continue;
            }
            let key = (consumer.name.clone(), place);
            let fresh = Seat { delivery: 0, settled: false, until: now };
            let seat = seats.entry(key.clone()).or_insert(fresh);
            if seat.settled || seat.until > now {
                continue;
            }
            seat.delivery += 1;
            seat.until = now + consumer.ack_wait;
            let shared = Arc::clone(&self.shared);
            let (delivery, ack_wait) = (seat.delivery, consumer.ack_wait);
            let loan = Arc::new(MemoryLoan { shared, key, delivery, ack_wait });
            let place = Place { stream: 0, seq: u64::try_from(place).unwrap_or(u64::MAX) };
            taken.push(Delivery { message: message.clone(), place, delivery, loan });
        }
        taken
    }
}

/// Whether a consumer is to have messages of this subject.
fn is_meant(consumer: &Consumer, subject: &str) -> bool {
    let in_stream = |stream: &Stream| {
        stream.name == consumer.stream && stream.subjects.iter().any(|p| matches(p, subject))
    };
    streams().iter().any(in_stream)
        && (consumer.filter.is_empty() || matches(&consumer.filter, subject))
}

#[async_trait]
impl Queue for MemoryQueue {
    async fn publish(&self, message: Message) -> Result<(), PublishError> {
        let kept = |stream: &Stream| stream.subjects.iter().any(|p| matches(p, &message.subject));
        if !streams().iter().any(kept) {
            return Err(PublishError::NoQueue { subject: message.subject });
        }
        let mut messages = lock(&self.shared.messages);
        if messages.iter().all(|kept| kept.id != message.id) {
            messages.push(message);
        }
        self.shared.moved.notify_waiters();
        Ok(())
    }

    async fn pull(
        &self,
        consumer: &Consumer,
        max: usize,
        wait: Duration,
    ) -> Result<Vec<Delivery>, Unreachable> {
        let until = Instant::now() + wait;
        loop {
            let moved = self.shared.moved.notified();
            let taken = self.take(consumer, max);
            let left = until.saturating_duration_since(Instant::now());
            if !taken.is_empty() || left.is_zero() {
                return Ok(taken);
            }
            // A loan that runs out wakes nobody, so it is looked for now and then.
            let step = left.min(Duration::from_millis(50));
            tokio::select! {
                biased;
                () = moved => {}
                () = tokio::time::sleep(step) => {}
            }
        }
    }

    async fn depth(&self, consumer: &Consumer) -> Result<Depth, Unreachable> {
        let messages = lock(&self.shared.messages);
        let seats = lock(&self.shared.seats);
        let now = Instant::now();
        let mut depth = Depth::default();
        for (place, message) in messages.iter().enumerate() {
            if !is_meant(consumer, &message.subject) {
                continue;
            }
            match seats.get(&(consumer.name.clone(), place)) {
                Some(seat) if seat.settled => {}
                Some(seat) if seat.until > now => depth.in_flight += 1,
                Some(_) | None => depth.pending += 1,
            }
        }
        Ok(depth)
    }
}

#[derive(Debug)]
struct MemoryLoan {
    shared: Arc<Shared>,
    key: (String, usize),
    delivery: u64,
    ack_wait: Duration,
}

impl MemoryLoan {
    fn change(&self, work: impl FnOnce(&mut Seat)) {
        if let Some(seat) = lock(&self.shared.seats).get_mut(&self.key)
            && seat.delivery == self.delivery
        {
            work(seat);
        }
        self.shared.moved.notify_waiters();
    }
}

#[async_trait]
impl Loan for MemoryLoan {
    async fn ack(&self) -> Result<(), Unreachable> {
        self.change(|seat| seat.settled = true);
        Ok(())
    }

    async fn retry_later(&self, delay: Duration) -> Result<(), Unreachable> {
        self.change(|seat| seat.until = Instant::now() + delay);
        Ok(())
    }

    async fn in_progress(&self) -> Result<(), Unreachable> {
        self.change(|seat| seat.until = Instant::now() + self.ack_wait);
        Ok(())
    }

    async fn discard(&self) -> Result<(), Unreachable> {
        self.ack().await
    }
}
