//! Whether an attempt still counts.

use std::sync::OnceLock;

use galley_schemas::fault::Fault;
use tokio_util::sync::CancellationToken;

use crate::faults;

/// Why an attempt was dropped: nothing more is done for it, and nothing is reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Dropped {
    /// A stop or a newer attempt fenced it off.
    Fenced {
        /// Why, in the coordinator's words.
        reason: String,
    },
    /// A person must look at an effect; the coordinator ended the attempt.
    AwaitsPerson {
        /// The effect's key.
        key: String,
        /// What was tried.
        reason: String,
    },
    /// The loan was lost, or the process stops: the task comes again.
    LoanLost,
    /// The latch of an effect could not be kept: another process may write from now on.
    LatchLost,
    /// The task's journal could not be reached: the task comes again.
    JournalLost {
        /// What was tried.
        fault: Fault,
    },
}

impl Dropped {
    pub(crate) fn fault(&self) -> Fault {
        match self {
            Self::Fenced { reason } => faults::fenced_off(reason),
            Self::AwaitsPerson { key, reason } => faults::awaits_person(key, reason),
            Self::LoanLost => faults::fenced_off("the loan of the task was lost"),
            Self::LatchLost => faults::fenced_off("the latch of an effect was lost"),
            Self::JournalLost { fault } => fault.clone(),
        }
    }
}

/// Whether an attempt still counts. Once it does not, it never does again.
#[derive(Debug)]
pub(crate) struct Fate {
    token: CancellationToken,
    why: OnceLock<Dropped>,
}

impl Fate {
    /// Counts until it is dropped or `lost` is cancelled.
    pub(crate) fn new(lost: &CancellationToken) -> Self {
        Self { token: lost.child_token(), why: OnceLock::new() }
    }

    /// Drops the attempt; the first reason stays.
    pub(crate) fn seal(&self, why: Dropped) {
        self.why.get_or_init(|| why);
        self.token.cancel();
    }

    /// Drops the attempt from inside its own work, which does not go on from here.
    pub(crate) async fn end(&self, why: Dropped) -> ! {
        self.seal(why);
        match std::future::pending::<std::convert::Infallible>().await {}
    }

    /// Waits until the attempt is dropped.
    pub(crate) async fn dropped(&self) -> Dropped {
        self.token.cancelled().await;
        self.why.get().cloned().unwrap_or(Dropped::LoanLost)
    }
}
