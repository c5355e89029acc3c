//! Durable queues.
//!
//! Each consumer has a cursor: what lies behind it was delivered to it at least once. What was
//! delivered and is not settled has a row in `loan`. So publishing and delivering cost the same
//! however much was settled before.
//!
//! Retention: a message is kept until every consumer that was ever pulled from and whose subjects
//! match has settled it, at most for the stream's `age_max`; with no such consumer, for `age_max`.
//! The last one's `ack` deletes it. So a consumer that is pulled from for the first time sees what
//! nobody has settled yet.
//!
//! ```text
//!   keep     publishing, duplicates, bounds, and what is deleted when
//!   lend     what may be delivered, and lending it
//!   loan     settling, and giving back
//! ```

mod keep;
mod lend;
mod loan;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use galley_bus_core::Unreachable;
use galley_bus_core::message::{Message, PAYLOAD_BYTES_MAX};
use galley_bus_core::queue::{Delivery, Depth, PublishError, Queue};
use galley_bus_core::topology::Consumer;

use crate::store::{Interest, KnownStream, Store, closed};

pub(crate) use keep::{Kept, expire, keep};
use lend::{Ask, Granted, Look};
use loan::SqliteLoan;

/// The queues in the tables `message`, `consumer` and `loan`.
#[derive(Debug)]
pub(crate) struct SqliteQueue {
    store: Arc<Store>,
    /// The rows of the consumers pulled from here, by stream and name, each with its filter.
    consumers: Mutex<BTreeMap<(i64, String), (i64, String)>>,
}

impl SqliteQueue {
    pub(crate) fn new(store: Arc<Store>) -> Self {
        Self { store, consumers: Mutex::default() }
    }

    fn stream(&self, consumer: &Consumer) -> Result<&KnownStream, Unreachable> {
        self.store.streams.named(consumer.stream).ok_or_else(|| Unreachable {
            what: format!("pull from {}", consumer.name),
            cause: format!("there is no stream {}", consumer.stream).into(),
        })
    }

    /// What a pull asks for; registers the consumer when it is new here.
    async fn ask(&self, consumer: &Consumer, max: usize) -> Result<Ask, Unreachable> {
        let known = self.stream(consumer)?;
        let place = (known.row, consumer.name.clone());
        let cached = self.consumers().get(&place).cloned();
        let row = match cached {
            Some((row, filter)) if filter == consumer.filter => row,
            Some(_) | None => {
                let (stream, name) = place.clone();
                let filter = consumer.filter.clone();
                let what = format!("register consumer {name}");
                let row = self
                    .store
                    .write(&what, move |tx| lend::register(tx.conn, stream, &name, &filter))
                    .await?;
                self.consumers().insert(place, (row, consumer.filter.clone()));
                row
            }
        };
        Ok(Ask::new(row, known, consumer, max))
    }

    fn consumers(&self) -> std::sync::MutexGuard<'_, BTreeMap<(i64, String), (i64, String)>> {
        self.consumers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn deliver(&self, granted: Granted, ask: &Ask) -> Vec<Delivery> {
        let lent = granted.take().into_iter();
        let deliver = |lent: lend::Lent| Delivery {
            message: lent.message,
            place: lent.loan.place(),
            delivery: lent.loan.delivery(),
            loan: Arc::new(SqliteLoan::new(Arc::clone(&self.store), lent.loan, ask.ack_wait)),
        };
        lent.map(deliver).collect()
    }
}

#[async_trait]
impl Queue for SqliteQueue {
    async fn publish(&self, message: Message) -> Result<(), PublishError> {
        let subject = message.subject.clone();
        let (bytes, max) = (message.payload.len(), PAYLOAD_BYTES_MAX);
        if bytes > max {
            return Err(PublishError::TooLarge { subject, bytes, max });
        }
        let Some(known) = self.store.streams.of(&subject).cloned() else {
            return Err(PublishError::NoQueue { subject });
        };
        let max = known.stream.messages_max;
        let kept = self
            .store
            .write(&format!("publish on {subject}"), move |tx| keep(tx, &known, &message))
            .await?;
        match kept {
            Kept::New | Kept::Duplicate => Ok(()),
            Kept::NoRoom => Err(PublishError::Full { subject, max }),
        }
    }

    async fn pull(
        &self,
        consumer: &Consumer,
        max: usize,
        wait: Duration,
    ) -> Result<Vec<Delivery>, Unreachable> {
        if max == 0 {
            return Ok(Vec::new());
        }
        let ask = Arc::new(self.ask(consumer, max).await?);
        let what = format!("pull from {}", consumer.name);
        let waiter = self.store.wakes.on(Interest::Queue {
            stream: ask.stream,
            filter: consumer.filter.clone(),
            consumer: ask.consumer,
        });
        let mut over = self.store.clock.sleep(wait);
        loop {
            let (now, asked) = (self.store.now(), Arc::clone(&ask));
            let look = self.store.read(&what, move |conn| lend::look(conn, &asked, now)).await?;
            let Look::Later(again) = look else {
                let (store, asked) = (Arc::clone(&self.store), Arc::clone(&ask));
                let granted =
                    self.store.write(&what, move |tx| lend::grant(tx, store, &asked)).await?;
                if granted.is_empty() {
                    // Somebody else was faster.
                    continue;
                }
                return Ok(self.deliver(granted, &ask));
            };
            tokio::select! {
                biased;
                () = self.store.stop.cancelled() => return Err(closed(what)),
                () = waiter.woken() => {}
                () = &mut over => return Ok(Vec::new()),
                // A loan that somebody is granted now runs out no earlier than this.
                () = self.store.sleep_until(again, ask.ack_wait) => {}
            }
        }
    }

    async fn depth(&self, consumer: &Consumer) -> Result<Depth, Unreachable> {
        let known = self.stream(consumer)?;
        // With no row yet, its cursor is at the beginning.
        let ask = Ask::new(0, known, consumer, 1);
        let (name, now) = (consumer.name.clone(), self.store.now());
        let what = format!("measure {name}");
        self.store.read(&what, move |conn| lend::depth(conn, ask, &name, now)).await
    }
}
