//! The first signal asks to end; another, a moment later, ends at once.
//!
//! Whoever ends a process often says so twice: to its group and to itself. What comes within
//! [`ONE_WISH`] of the first is the same wish, and takes nothing from the time to finish what is in
//! hand.

use std::time::Duration;

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::failure::Exit;
use crate::out;

/// How long after the first signal another one says nothing new.
const ONE_WISH: Duration = Duration::from_millis(500);

/// The signals that ask this process to end, caught from the moment this is made.
#[derive(Debug)]
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Catches the signals from now on. What is caught before [`Signals::watch`] is kept until then;
    /// so this comes before anything is begun that must be ended in order.
    pub(crate) fn catch() -> anyhow::Result<Self> {
        let catch = |kind| signal(kind).context("signals cannot be caught");
        Ok(Self {
            interrupt: catch(SignalKind::interrupt())?,
            terminate: catch(SignalKind::terminate())?,
        })
    }

    /// Cancels the token at the first signal, and ends the process at one that comes later: what is
    /// durable stays so.
    pub(crate) fn watch(mut self, parts: &mut JoinSet<()>, stop: &CancellationToken) {
        let stop = stop.clone();
        parts.spawn(async move {
            self.next().await;
            let first = Instant::now();
            out::note("stopping; once more to stop at once");
            stop.cancel();
            loop {
                self.next().await;
                if first.elapsed() >= ONE_WISH {
                    // Another signal asks for exactly this.
                    std::process::exit(Exit::Interrupted as i32);
                }
            }
        });
    }

    async fn next(&mut self) {
        tokio::select! {
            biased;
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
