//! Sums over goals, from which everything follows: posteriors and the offline check.
//!
//! Older outcomes count less: a goal that began a half-life ago counts half. Sums are kept as of the
//! beginning of the newest goal in them, and brought to another time by one factor.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use galley_schemas::choice::Choice;
use serde::{Deserialize, Serialize};

use super::goal::Goal;
use super::reward::outcome;
use crate::config::Config;

/// Most decisions of one partition; further ones are not learned.
const DECISIONS_MAX: usize = 64;
/// Most options that a decision ever had, over time.
const ARMS_MAX: usize = 128;
/// A probability below this counts as this: no single choice may weigh more than so many.
const PROBABILITY_MIN: f64 = 0.01;

/// What was learned of all decisions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Stats {
    /// The time that the sums are as of.
    as_of: Option<DateTime<Utc>>,
    /// By decision.
    pub(super) decisions: BTreeMap<String, Decision>,
}

/// What was learned of one decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Decision {
    /// The options that stood open last, sorted: the offline sums are over these alone.
    pub options: Vec<String>,
    /// When the goal began that brought them.
    pub seen: DateTime<Utc>,
    /// By option.
    pub arms: BTreeMap<String, Arm>,
}

/// Sums over the goals that took an option.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Arm {
    /// Of the reward.
    pub won: f64,
    /// Of what was missing to the full reward.
    pub lost: f64,
    /// Of the inverse of the probability with which it was taken.
    pub inverse: f64,
    /// Of its square.
    pub inverse_squared: f64,
    /// Of the inverse, times the reward.
    pub inverse_reward: f64,
}

impl Arm {
    fn aged(self, factor: f64) -> Self {
        Self {
            won: self.won * factor,
            lost: self.lost * factor,
            inverse: self.inverse * factor,
            inverse_squared: self.inverse_squared * factor * factor,
            inverse_reward: self.inverse_reward * factor,
        }
    }

    fn add(&mut self, other: Self) {
        self.won += other.won;
        self.lost += other.lost;
        self.inverse += other.inverse;
        self.inverse_squared += other.inverse_squared;
        self.inverse_reward += other.inverse_reward;
    }

    /// Without what belongs to another set of options.
    fn without_check(self) -> Self {
        Self { won: self.won, lost: self.lost, ..Self::default() }
    }
}

/// One choice of a goal, weighed.
struct Weighed<'a> {
    choice: &'a Choice,
    began: DateTime<Utc>,
    mass: f64,
    reward: f64,
}

impl Stats {
    /// Counts a goal; whether it had an outcome. A goal counts once for each decision, however many
    /// of its tasks took it.
    pub(super) fn count(&mut self, goal: &Goal, config: &Config) -> bool {
        let Some(outcome) = outcome(goal, &config.reward) else { return false };
        let choices = || goal.choices.values().flat_map(|of_task| of_task.values());
        let mut times: BTreeMap<&str, f64> = BTreeMap::new();
        for (_, choice) in choices() {
            *times.entry(&choice.decision).or_default() += 1.0;
        }
        let half_life = config.policies.half_life_days;
        let factor = self.bring_to(goal.began, half_life);
        for (_, choice) in choices() {
            let shared = times.get(choice.decision.as_str()).copied().unwrap_or(1.0);
            let mass = outcome.mass * factor / shared;
            self.weigh(&Weighed { choice, began: goal.began, mass, reward: outcome.reward });
        }
        true
    }

    fn weigh(&mut self, weighed: &Weighed<'_>) {
        let Weighed { choice, began, mass, reward } = *weighed;
        let index = usize::try_from(choice.chosen).unwrap_or(usize::MAX);
        let (Some(option), Some(p)) = (choice.options.get(index), choice.probabilities.get(index))
        else {
            return;
        };
        let Some(decision) = self.decision(choice, began) else { return };
        let inverse = mass / p.max(PROBABILITY_MIN);
        let arm = Arm {
            won: mass * reward,
            lost: mass * (1.0 - reward),
            inverse,
            inverse_squared: inverse * inverse,
            inverse_reward: inverse * reward,
        };
        let same = decision.options == sorted(&choice.options);
        let room = decision.arms.len() < ARMS_MAX || decision.arms.contains_key(option);
        if room {
            let arm = if same { arm } else { arm.without_check() };
            decision.arms.entry(option.clone()).or_default().add(arm);
        }
    }

    /// The decision that a choice is about, with the options that stand open now.
    fn decision(&mut self, choice: &Choice, began: DateTime<Utc>) -> Option<&mut Decision> {
        let room = self.decisions.len() < DECISIONS_MAX;
        if !room && !self.decisions.contains_key(&choice.decision) {
            return None;
        }
        let options = sorted(&choice.options);
        let decision = self.decisions.entry(choice.decision.clone()).or_insert_with(|| Decision {
            options: options.clone(),
            seen: began,
            arms: BTreeMap::new(),
        });
        decision.show(&options, began);
        Some(decision)
    }

    /// Adds what was learned elsewhere, as of a time.
    pub(super) fn merge(&mut self, other: &Self, config: &Config) {
        let Some(as_of) = other.as_of else { return };
        let factor = self.bring_to(as_of, config.policies.half_life_days);
        for (name, theirs) in &other.decisions {
            let ours = self.decisions.entry(name.clone()).or_insert_with(|| Decision {
                options: theirs.options.clone(),
                seen: theirs.seen,
                arms: BTreeMap::new(),
            });
            ours.show(&theirs.options, theirs.seen);
            let same = ours.options == theirs.options;
            for (option, arm) in &theirs.arms {
                let arm = if same { arm.aged(factor) } else { arm.aged(factor).without_check() };
                ours.arms.entry(option.clone()).or_default().add(arm);
            }
        }
    }

    /// The sums as they count at a time.
    pub(super) fn at(mut self, now: DateTime<Utc>, half_life_days: f64) -> Self {
        let Some(as_of) = self.as_of else { return self };
        self.age(decay(now - as_of, half_life_days));
        self.as_of = Some(now);
        self
    }

    /// Brings the sums to a time if that is later; how much what began then counts.
    fn bring_to(&mut self, at: DateTime<Utc>, half_life_days: f64) -> f64 {
        let as_of = *self.as_of.get_or_insert(at);
        if at > as_of {
            self.age(decay(at - as_of, half_life_days));
            self.as_of = Some(at);
            return 1.0;
        }
        decay(as_of - at, half_life_days)
    }

    fn age(&mut self, factor: f64) {
        for arm in self.decisions.values_mut().flat_map(|decision| decision.arms.values_mut()) {
            *arm = arm.aged(factor);
        }
    }
}

impl Decision {
    /// A newer set of options takes the place of the one before, whose offline sums say nothing of it.
    fn show(&mut self, options: &[String], seen: DateTime<Utc>) {
        if seen >= self.seen && self.options != options {
            options.clone_into(&mut self.options);
            for arm in self.arms.values_mut() {
                *arm = arm.without_check();
            }
        }
        self.seen = self.seen.max(seen);
    }
}

fn sorted(options: &[String]) -> Vec<String> {
    let mut options = options.to_vec();
    options.sort();
    options
}

/// How much counts after a time; 1 for none, and for a clock that ran back.
fn decay(time: chrono::TimeDelta, half_life_days: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a second in a century does not matter")]
    let days = time.num_seconds().max(0) as f64 / 86_400.0;
    (-days / half_life_days.max(f64::MIN_POSITIVE)).exp2()
}
