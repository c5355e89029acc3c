//! What many runs came to, as a table.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::time::Duration;

use crate::check::Endings;
use crate::faults::Fault;
use crate::run::Outcome;

/// What many runs came to.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    runs: u64,
    failed: Vec<(u64, String)>,
    injected: BTreeMap<Fault, u64>,
    endings: Endings,
    records: u64,
    calls: u64,
    writes: u64,
    virtual_time: Duration,
}

impl Summary {
    /// Takes a run in.
    pub fn add(&mut self, outcome: &Outcome) {
        self.runs += 1;
        if let Some(first) = outcome.violations.first() {
            self.failed.push((outcome.seed, first.what.clone()));
        }
        for (fault, count) in &outcome.injected {
            *self.injected.entry(*fault).or_default() += count;
        }
        let Endings { goals, succeeded, failed, cancelled } = outcome.endings;
        self.endings.goals += goals;
        self.endings.succeeded += succeeded;
        self.endings.failed += failed;
        self.endings.cancelled += cancelled;
        self.records += outcome.records;
        self.calls += outcome.calls;
        self.writes += outcome.writes;
        self.virtual_time += outcome.virtual_time;
    }

    /// The seeds that failed, with the first thing that did not hold.
    #[must_use]
    pub fn failed(&self) -> &[(u64, String)] {
        &self.failed
    }

    /// How often a fault was injected.
    #[must_use]
    pub fn count(&self, fault: Fault) -> u64 {
        self.injected.get(&fault).copied().unwrap_or(0)
    }

    /// How the goals ended.
    #[must_use]
    pub const fn endings(&self) -> Endings {
        self.endings
    }
}

impl Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Endings { goals, succeeded, failed, cancelled } = self.endings;
        let open = goals - succeeded - failed - cancelled;
        let hours = self.virtual_time.as_secs_f64() / 3_600.0;
        writeln!(f, "runs          {:>9}   failed {}", self.runs, self.failed.len())?;
        writeln!(f, "virtual time  {hours:>9.1} h")?;
        writeln!(
            f,
            "goals         {goals:>9}   succeeded {succeeded}, failed {failed}, cancelled {cancelled}, open {open}"
        )?;
        writeln!(f, "records       {:>9}", self.records)?;
        writeln!(f, "calls         {:>9}", self.calls)?;
        writeln!(f, "writes        {:>9}", self.writes)?;
        for (fault, count) in &self.injected {
            let name = format!("{fault:?}");
            writeln!(f, "  {name:<14}{count:>7}")?;
        }
        for (seed, what) in &self.failed {
            writeln!(f, "FAILED seed {seed}: {what}")?;
        }
        Ok(())
    }
}
