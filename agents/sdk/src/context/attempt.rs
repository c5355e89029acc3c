//! One attempt, as the parts of this crate share it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use galley_schemas::amount::Amount;
use galley_schemas::choice::Choice;
use galley_schemas::fault::Fault;
use galley_schemas::report::{Body, Verdict};
use galley_schemas::task::Offer;

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
    pub(crate) journal: Journal,
    pub(crate) ledger: Ledger,
    pub(crate) fate: Arc<Fate>,
    pub(crate) reporter: Reporter,
    began: DateTime<Utc>,
    watcher: Arc<dyn Watcher>,
    choices: Mutex<Vec<Choice>>,
    names: Mutex<BTreeSet<(&'static str, String)>>,
}

impl Attempt {
    /// Opens the task's journal and begins.
    pub(crate) async fn begin(
        offer: Offer,
        ports: Ports,
        fate: Arc<Fate>,
        watcher: Arc<dyn Watcher>,
    ) -> Result<Self, Fault> {
        let began = ports.clock.now();
        let journal = Journal::open(&ports, &offer).await?;
        let ledger = Ledger::new(offer.allowance, journal.owed());
        let reporter = Reporter::new(&ports, &offer);
        let (choices, names) = (Mutex::default(), Mutex::default());
        Ok(Self { offer, ports, journal, ledger, fate, reporter, began, watcher, choices, names })
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
