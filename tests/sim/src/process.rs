//! One process: its life, its clock, its chance.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::chance::Drawn;
use crate::clock::WallClock;
use crate::lock;

/// One life of a process. A process that is started again is another one on the same machine.
#[derive(Debug)]
pub(crate) struct Process {
    /// What it is and which life of it this is: `coordinator-1#3`.
    pub(crate) name: String,
    /// Its machine's clock.
    pub(crate) clock: Arc<WallClock>,
    /// Its chance.
    pub(crate) chance: Arc<Drawn>,
    /// Cancelled when it dies.
    pub(crate) died: CancellationToken,
    /// Cancelled when it is asked to stop.
    pub(crate) stop: CancellationToken,
    /// It cannot reach the bus before this time.
    cut_until: Mutex<Option<Instant>>,
}

impl Process {
    /// A process that has just begun.
    pub(crate) fn new(name: String, clock: Arc<WallClock>, chance: Drawn) -> Self {
        Self {
            name,
            clock,
            chance: Arc::new(chance),
            died: CancellationToken::new(),
            stop: CancellationToken::new(),
            cut_until: Mutex::new(None),
        }
    }

    /// Kills it. Whatever of it still runs, until the runtime has dropped it, can reach nothing.
    pub(crate) fn kill(&self) {
        self.died.cancel();
    }

    /// Whether it lives.
    pub(crate) fn is_alive(&self) -> bool {
        !self.died.is_cancelled()
    }

    /// Never returns to a process that is dead.
    pub(crate) async fn live(&self) {
        if !self.is_alive() {
            std::future::pending::<()>().await;
        }
    }

    /// Cuts it off from the bus for a while.
    pub(crate) fn cut(&self, for_: Duration) {
        *lock(&self.cut_until) = Some(Instant::now() + for_);
    }

    /// Whether it is cut off.
    pub(crate) fn is_cut(&self) -> bool {
        lock(&self.cut_until).is_some_and(|until| Instant::now() < until)
    }
}
