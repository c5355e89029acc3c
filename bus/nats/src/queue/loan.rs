//! Settling a delivery, with the server's answer awaited.
//!
//! JetStream settles by the message's number, whichever delivery says so. A loan that ran out must not
//! settle the one that came after it; this process knows of those that it got itself. Of those that
//! another process got it knows nothing, but it knows when its own loan ran out: from then on it gives
//! nothing back and beats no heart. Only "done" and "never again" are still said, because they are as
//! true as before.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_nats::{HeaderMap, Subject};
use async_trait::async_trait;
use bytes::Bytes;
use galley_bus_core::Unreachable;
use galley_bus_core::queue::Loan;
use tokio::time::Instant;

use super::message::Receipt;
use crate::wire::Wire;

/// Which delivery of a message this process got last: by stream, consumer and number.
#[derive(Debug, Default)]
pub(crate) struct Latest(Mutex<BTreeMap<Key, u64>>);

type Key = (&'static str, String, u64);

impl Latest {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Key, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One delivery's means to settle it.
#[derive(Debug)]
pub(crate) struct AckLoan {
    wire: Wire,
    ack_on: Subject,
    key: Key,
    delivery: u64,
    ack_wait: Duration,
    latest: Arc<Latest>,
    runs_out: Mutex<Instant>,
}

/// What a loan is made of.
pub(crate) struct Terms {
    pub(crate) stream: &'static str,
    pub(crate) consumer: String,
    pub(crate) ack_wait: Duration,
    pub(crate) ack_on: Subject,
    pub(crate) receipt: Receipt,
}

impl AckLoan {
    pub(crate) fn new(wire: Wire, latest: Arc<Latest>, terms: Terms) -> Self {
        let Terms { stream, consumer, ack_wait, ack_on, receipt } = terms;
        let key = (stream, consumer, receipt.seq);
        latest.lock().insert(key.clone(), receipt.delivery);
        let runs_out = Mutex::new(Instant::now() + ack_wait);
        Self { wire, ack_on, key, delivery: receipt.delivery, ack_wait, latest, runs_out }
    }

    /// Whether this process got the message again since.
    fn is_superseded(&self) -> bool {
        self.latest.lock().get(&self.key).is_some_and(|latest| *latest > self.delivery)
    }

    fn runs_out(&self) -> MutexGuard<'_, Instant> {
        self.runs_out.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_run_out(&self) -> bool {
        Instant::now() >= *self.runs_out()
    }

    async fn say(&self, what: Bytes) -> Result<(), Unreachable> {
        let (of, subject) = (&self.key.1, self.ack_on.to_string());
        let said = self.wire.request(of, subject, HeaderMap::new(), what).await;
        said.map(drop).map_err(|error| error.unreachable(format!("settle for {of}")))
    }
}

impl Drop for AckLoan {
    fn drop(&mut self) {
        let mut latest = self.latest.lock();
        if latest.get(&self.key) == Some(&self.delivery) {
            latest.remove(&self.key);
        }
    }
}

#[async_trait]
impl Loan for AckLoan {
    async fn ack(&self) -> Result<(), Unreachable> {
        if self.is_superseded() {
            return Ok(());
        }
        self.say(Bytes::from_static(b"+ACK")).await
    }

    async fn retry_later(&self, delay: Duration) -> Result<(), Unreachable> {
        if self.is_superseded() || self.has_run_out() {
            return Ok(());
        }
        let nanos = delay.as_nanos();
        let what =
            if nanos == 0 { "-NAK".to_owned() } else { format!(r#"-NAK {{"delay":{nanos}}}"#) };
        self.say(what.into()).await
    }

    async fn in_progress(&self) -> Result<(), Unreachable> {
        if self.is_superseded() || self.has_run_out() {
            return Ok(());
        }
        let from = Instant::now();
        self.say(Bytes::from_static(b"+WPI")).await?;
        *self.runs_out() = from + self.ack_wait;
        Ok(())
    }

    async fn discard(&self) -> Result<(), Unreachable> {
        if self.is_superseded() {
            return Ok(());
        }
        self.say(Bytes::from_static(b"+TERM")).await
    }
}
