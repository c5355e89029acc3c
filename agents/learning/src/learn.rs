//! What facts change: the state that is kept for one partition, and how policies follow from all.
//!
//! Exactly once, from facts that may come again and in any order within a goal:
//!
//! - A goal in the *window* is a set of last words, each with its place (`goal.rs`): merging the same
//!   fact again changes nothing, merging an older one neither.
//! - A goal enters the window with its first fact, `began`, and leaves it into the *settled* statistics
//!   when the window is full, the one that began earliest first. The *horizon* is the beginning of the
//!   last one that left: what began at or before it and is not in the window was counted, and is not
//!   let in again.
//! - State and position are one value in one write.
//!
//! So a replay counts nothing twice, from wherever it begins, and a late outcome still counts while
//! its goal is in the window. Statistics are sums: those of all partitions add up.

mod belief;
mod goal;
mod hear;
mod judge;
mod reward;
mod stats;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use galley_schemas::feedback::{Fact, What};
use galley_schemas::id::GoalId;
use serde::{Deserialize, Serialize};

use crate::config::Config;
use goal::Goal;
pub(crate) use hear::{Heard, Told, hear};
pub(crate) use judge::{Ruled, Stands, decisions, rule};
use stats::Stats;

/// Most bytes of a state as JSON; a value in a bucket takes 1 MiB.
const STATE_BYTES_MAX: usize = 768 * 1024;

/// What was learned from one partition, and up to where.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Where reading goes on.
    pub(crate) position: u64,
    /// Facts that were learned from, in all.
    learned: u64,
    /// Facts that came too late or again, in all.
    late: u64,
    /// Goals that were closed with an outcome, in all.
    settled_goals: u64,
    horizon: Option<(DateTime<Utc>, GoalId)>,
    /// The beginning of the last goal that was let in.
    latest: Option<(DateTime<Utc>, GoalId)>,
    window: BTreeMap<GoalId, Goal>,
    settled: Stats,
}

/// What became of a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Learned {
    /// It changed something, or might have.
    Yes,
    /// Its goal is not in the window.
    Late,
    /// It cannot be learned from: a choice without sense, or more than a goal may have.
    Refused,
}

impl State {
    /// Where reading goes on.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// What was learned of each decision and option, goals in the window included: the sums of the
    /// reward and of what was missing to the full one.
    #[must_use]
    pub fn sums(&self, config: &Config) -> BTreeMap<(String, String), (f64, f64)> {
        let stats = self.stats(config);
        let arms = stats.decisions.iter().flat_map(|(name, decision)| {
            decision.arms.iter().map(move |(option, arm)| ((name, option), arm))
        });
        arms.map(|((name, option), arm)| ((name.clone(), option.clone()), (arm.won, arm.lost)))
            .collect()
    }

    /// Learns from a fact that was told at a time.
    pub(crate) fn learn(&mut self, fact: &Fact, at: DateTime<Utc>, config: &Config) -> Learned {
        if let What::Began { .. } = fact.what {
            self.admit(fact.goal, at);
        }
        let Some(goal) = self.window.get_mut(&fact.goal) else {
            self.late = self.late.saturating_add(1);
            return Learned::Late;
        };
        let learned = goal.hear(fact, &config.reward);
        if learned == Learned::Yes {
            self.learned = self.learned.saturating_add(1);
        }
        while self.window.len() > config.policies.window_goals.max(1) {
            self.settle_oldest(config);
        }
        learned
    }

    /// The state as it is kept: small enough, whatever goals brought.
    pub(crate) fn encode(&mut self, config: &Config) -> Vec<u8> {
        loop {
            let value = serde_json::to_vec(self).expect("a state has text keys and plain values");
            if value.len() <= STATE_BYTES_MAX || self.window.is_empty() {
                return value;
            }
            let surplus = self.window.len().div_ceil(8);
            (0..surplus).for_each(|_| self.settle_oldest(config));
        }
    }

    /// What was learned, goals in the window included.
    fn stats(&self, config: &Config) -> Stats {
        let mut stats = self.settled.clone();
        let mut goals: Vec<(&GoalId, &Goal)> = self.window.iter().collect();
        goals.sort_by_key(|(id, goal)| (goal.began, **id));
        for (_, goal) in goals {
            if goal.has_ended() {
                stats.count(goal, config);
            }
        }
        stats
    }

    /// Lets nothing in that began before what another source taught last.
    pub(crate) fn learn_nothing_that_taught(&mut self, other: &Self) {
        self.horizon = self.horizon.max(other.latest);
    }

    fn admit(&mut self, goal: GoalId, began: DateTime<Utc>) {
        let new = self.horizon.is_none_or(|horizon| (began, goal) > horizon);
        if new {
            self.window.entry(goal).or_insert_with(|| Goal::new(began));
            self.latest = self.latest.max(Some((began, goal)));
        }
    }

    fn settle_oldest(&mut self, config: &Config) {
        let oldest = self.window.iter().map(|(id, goal)| (goal.began, *id)).min();
        let Some((began, id)) = oldest else { return };
        if let Some(goal) = self.window.remove(&id)
            && self.settled.count(&goal, config)
        {
            self.settled_goals = self.settled_goals.saturating_add(1);
        }
        self.horizon = self.horizon.max(Some((began, id)));
    }
}

#[cfg(test)]
mod tests;
