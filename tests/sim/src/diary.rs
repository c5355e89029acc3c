//! The diary of a run: what happened, in order, and a hash of everything that did.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use galley_schemas::id::GoalId;

/// Most lines that are kept; the hash goes on beyond them.
const LINES_MAX: usize = 200_000;

/// What happened in a run.
#[derive(Debug, Default)]
pub(crate) struct Diary {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    lines: Vec<String>,
    /// Goals by the order in which they were first named.
    goals: BTreeMap<GoalId, usize>,
    hash: u64,
    calls: u64,
}

impl Default for State {
    fn default() -> Self {
        // The offset basis of FNV-1a.
        let hash = 0xcbf2_9ce4_8422_2325;
        Self { lines: Vec::new(), goals: BTreeMap::new(), hash, calls: 0 }
    }
}

impl Diary {
    /// Writes a line.
    pub(crate) fn write(&self, at: Duration, who: &str, what: &str) {
        let mut state = self.state();
        let line = format!("{:>11.4} {who:<14} {what}", at.as_secs_f64());
        state.mix(line.as_bytes());
        if state.lines.len() < LINES_MAX {
            state.lines.push(line);
        }
    }

    /// Takes a call of the bus into the hash, without a line.
    pub(crate) fn pass(&self, at: Duration, who: &str, what: &str) {
        let mut state = self.state();
        state.calls += 1;
        state.mix(&at.as_nanos().to_le_bytes());
        state.mix(who.as_bytes());
        state.mix(what.as_bytes());
    }

    /// A short name for a goal: the same in every run of a seed.
    pub(crate) fn name(&self, goal: &GoalId) -> String {
        let mut state = self.state();
        let next = state.goals.len() + 1;
        format!("g{}", state.goals.entry(*goal).or_insert(next))
    }

    /// How many calls to the bus there were.
    pub(crate) fn calls(&self) -> u64 {
        self.state().calls
    }

    /// Everything that was written, and the hash of everything that happened.
    pub(crate) fn text(&self) -> String {
        let state = self.state();
        let mut text = state.lines.join("\n");
        writeln!(text, "\n{} calls, hash {:016x}", state.calls, state.hash)
            .expect("a String takes any text");
        text
    }

    /// The last lines that name a goal, or any when there is none, and the last of all.
    pub(crate) fn around(&self, goal: Option<&GoalId>, most: usize) -> Vec<String> {
        let name = goal.map(|goal| self.name(goal));
        let state = self.state();
        let is_meant = |line: &&String| {
            let words = || line.split([' ', ',', ':', '.', '=']);
            name.as_ref().is_none_or(|name| words().any(|word| word == name))
        };
        let mut lines: Vec<String> =
            state.lines.iter().rev().filter(is_meant).take(most).cloned().collect();
        lines.reverse();
        lines
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn mix(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.hash = (self.hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}
