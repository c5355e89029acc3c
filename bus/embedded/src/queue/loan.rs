//! Settling a loan, and giving it back.
//!
//! A loan is named by its consumer, its message and which delivery it is. A statement that names all
//! three does nothing once the message is out on another loan.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use galley_bus_core::Unreachable;
use galley_bus_core::queue::{Loan, Place};
use rusqlite::params;

use super::keep;
use crate::store::{Store, Topic, Tx, later, unsigned};

/// What names a loan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LoanKey {
    pub(super) consumer: i64,
    pub(super) seq: i64,
    pub(super) delivery: i64,
}

impl LoanKey {
    pub(super) fn delivery(self) -> u64 {
        unsigned(self.delivery)
    }

    /// The row ids of the table `message` are never given out again, so they are places as they are.
    pub(super) fn place(self) -> Place {
        Place { stream: 0, seq: unsigned(self.seq) }
    }
}

/// A loan in the table `loan`.
#[derive(Debug)]
pub(super) struct SqliteLoan {
    store: Arc<Store>,
    key: LoanKey,
    ack_wait: Duration,
}

impl SqliteLoan {
    pub(super) fn new(store: Arc<Store>, key: LoanKey, ack_wait: Duration) -> Self {
        Self { store, key, ack_wait }
    }

    async fn settle(&self, what: &str) -> Result<(), Unreachable> {
        let key = self.key;
        self.store.write(what, move |tx| settle(tx, key)).await
    }

    /// Sets the time at which the message may be delivered again, and whether it stays on loan.
    async fn due_in(&self, what: &str, delay: Duration, stays: Stays) -> Result<(), Unreachable> {
        let key = self.key;
        self.store.write(what, move |tx| move_due(tx, key, delay, stays)).await
    }
}

#[async_trait]
impl Loan for SqliteLoan {
    async fn ack(&self) -> Result<(), Unreachable> {
        self.settle("acknowledge a message").await
    }

    async fn retry_later(&self, delay: Duration) -> Result<(), Unreachable> {
        self.due_in("give a message back", delay, Stays::No).await
    }

    async fn in_progress(&self) -> Result<(), Unreachable> {
        self.due_in("keep a message on loan", self.ack_wait, Stays::Yes).await
    }

    async fn discard(&self) -> Result<(), Unreachable> {
        self.settle("discard a message").await
    }
}

/// Whether a message stays on loan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stays {
    Yes,
    No,
}

fn settle(tx: &mut Tx<'_>, key: LoanKey) -> rusqlite::Result<()> {
    let ended = tx
        .conn
        .prepare_cached(
            "DELETE FROM loan WHERE consumer = ?1 AND seq = ?2 AND delivery = ?3 AND lent = 1",
        )?
        .execute([key.consumer, key.seq, key.delivery])?;
    if ended > 0 {
        keep::settled(tx, key.seq)?;
        tx.wake(Topic::Loans { consumer: key.consumer });
    }
    Ok(())
}

fn move_due(tx: &mut Tx<'_>, key: LoanKey, delay: Duration, stays: Stays) -> rusqlite::Result<()> {
    let lent = i64::from(stays == Stays::Yes);
    tx.conn
        .prepare_cached(
            "UPDATE loan SET due_at = ?4, lent = ?5
             WHERE consumer = ?1 AND seq = ?2 AND delivery = ?3 AND lent = 1",
        )?
        .execute(params![key.consumer, key.seq, key.delivery, later(tx.now, delay), lent])?;
    if stays == Stays::No {
        tx.wake(Topic::Loans { consumer: key.consumer });
    }
    Ok(())
}

/// Takes back loans that nobody got to see: as if they had not been granted.
pub(super) fn take_back(tx: &mut Tx<'_>, loans: &[LoanKey]) -> rusqlite::Result<()> {
    for key in loans {
        tx.conn
            .prepare_cached(
                "UPDATE loan SET due_at = ?4, lent = 0, delivery = delivery - 1
                 WHERE consumer = ?1 AND seq = ?2 AND delivery = ?3 AND lent = 1",
            )?
            .execute([key.consumer, key.seq, key.delivery, tx.now])?;
        tx.wake(Topic::Loans { consumer: key.consumer });
    }
    Ok(())
}
