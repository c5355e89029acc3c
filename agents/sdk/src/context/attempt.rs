//! One attempt, as the parts of this crate share it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use galley_agents_model::Model;
use galley_schemas::amount::Amount;
use galley_schemas::choice::Choice;
use galley_schemas::fault::Fault;
use galley_schemas::report::{Body, Verdict};
use galley_schemas::task::Offer;
use tokio::sync::OnceCell;

use crate::context::fate::{Dropped, Fate};
use crate::context::journal::Journal;
use crate::context::ledger::Ledger;
use crate::faults;
use crate::ports::Ports;
use crate::reporter::Reporter;

/// Longest progress note in characters.
const NOTE_CHARS_MAX: usize = 200;

/// Takes progress notes.
pub(crate) trait Watcher: Send + Sync {
    /// Takes one.
    fn note(&self, note: String);
}

/// One attempt, as the parts of this crate share it.
pub(crate) struct Attempt {
    pub(crate) offer: Offer,
    pub(crate) ports: Ports,
    pub(crate) ledger: Ledger,
    pub(crate) fate: Arc<Fate>,
    pub(crate) reporter: Reporter,
    /// Which delivery of the offer this is; 1 for the first.
    delivery: u64,
    journal: OnceCell<Journal>,
    began: DateTime<Utc>,
    watcher: Arc<dyn Watcher>,
    choices: Mutex<Vec<Choice>>,
    /// The model that was chosen, if it is another one than the preferred.
    pub(crate) chosen_model: OnceCell<Option<Arc<dyn Model>>>,
    names: Mutex<BTreeSet<(&'static str, String)>>,
}

impl Attempt {
    /// An attempt at an offer that was delivered so often.
    pub(crate) fn new(
        offer: Offer,
        delivery: u64,
        ports: Ports,
        fate: Arc<Fate>,
        watcher: Arc<dyn Watcher>,
    ) -> Self {
        Self {
            ledger: Ledger::new(offer.allowance),
            reporter: Reporter::new(&ports, &offer),
            began: ports.clock.now(),
            journal: OnceCell::new(),
            choices: Mutex::default(),
            chosen_model: OnceCell::new(),
            names: Mutex::default(),
            offer,
            delivery,
            ports,
            fate,
            watcher,
        }
    }

    /// The task's journal, opened when it is first needed: a task that needs none costs no call. What
    /// earlier attempts paid and never reported is charged then. While it cannot be reached the attempt
    /// does not go on: it ends here, and the task comes again.
    ///
    /// # Errors
    /// The journal is too long.
    pub(crate) async fn journal(&self) -> Result<&Journal, Fault> {
        match self.journal.get_or_try_init(|| self.open()).await {
            Err(fault) if fault.retryable => self.fate.end(Dropped::JournalLost { fault }).await,
            opened => opened,
        }
    }

    async fn open(&self) -> Result<Journal, Fault> {
        let journal = Journal::open(&self.ports, &self.offer).await?;
        self.ledger.charge(journal.owed());
        Ok(journal)
    }

    /// Opens the journal at once if somebody worked on the task before: what they paid is reported
    /// whatever becomes of this attempt.
    ///
    /// # Errors
    /// As [`Attempt::journal`].
    pub(crate) async fn look_back(&self) -> Result<(), Fault> {
        if self.delivery > 1 || self.offer.attempt > 1 {
            self.journal().await?;
        }
        Ok(())
    }

    /// The journal, if it was needed.
    pub(crate) fn opened(&self) -> Option<&Journal> {
        self.journal.get()
    }

    /// What it has used so far.
    pub(crate) fn spent(&self) -> Amount {
        let wall = (self.ports.clock.now() - self.began).num_milliseconds();
        let wall_ms = u64::try_from(wall).unwrap_or(0);
        self.ledger.spent().plus(Amount { wall_ms, ..Amount::default() })
    }

    /// Takes a name for one use: a second use in the same attempt would get the first one's result.
    pub(crate) fn claim(&self, sort: &'static str, name: &str) -> Result<(), Fault> {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if names.insert((sort, name.to_owned())) {
            Ok(())
        } else {
            Err(faults::name_used_twice(sort, name))
        }
    }

    /// Records a choice for the report.
    pub(crate) fn record(&self, choice: Choice) {
        self.choices.lock().unwrap_or_else(PoisonError::into_inner).push(choice);
    }

    /// The choices made so far.
    pub(crate) fn choices(&self) -> Vec<Choice> {
        self.choices.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says what is being done, in one line.
    pub(crate) fn note(&self, note: &str) {
        let line = note.chars().map(|c| if c.is_control() { ' ' } else { c });
        self.watcher.note(line.take(NOTE_CHARS_MAX).collect());
    }

    /// Reports while the task is under way. A stale attempt ends here.
    pub(crate) async fn report(&self, body: Body) -> Verdict {
        match self.reporter.report(body).await {
            Verdict::Stale { reason } => self.fate.end(Dropped::Fenced { reason }).await,
            verdict @ (Verdict::Accepted
            | Verdict::Reconcile { .. }
            | Verdict::AlreadyDone { .. }
            | Verdict::Malformed { .. }) => verdict,
        }
    }
}
