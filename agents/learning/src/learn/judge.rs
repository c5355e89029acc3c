//! Whether a policy may stand: learning with a seat belt.
//!
//! | what stands | what the offline check says | what is done |
//! |---|---|---|
//! | a policy that does worse than the one before, by more than `regret_max` | enough samples of both | back to the one before |
//! | anything | too few goals, or too few samples | nothing |
//! | anything | the proposal does worse | nothing |
//! | anything | the proposal does as well or better | the proposal stands |
//!
//! A proposal goes only a `step` from what stands towards what was learned, and keeps the share
//! `explore` even: the step is the canary. Since draws and their probabilities are recorded with every
//! choice, the check stays unbiased whatever mixture was in force. It is made on the choices that the
//! beliefs come from, so it favours proposals; the step and the way back are what that costs.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use galley_schemas::artifact::Digest;
use galley_schemas::choice::Policy;
use galley_schemas::feedback::{Belief, Estimate, Ruling, Verdict};

use super::State;
use super::belief::beliefs;
use super::stats::{Decision, Stats};
use crate::config::{Config, Policies};

/// A change of weights below this is none.
const CHANGE_MIN: f64 = 0.01;

/// What is to be done about a decision's policy.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ruled {
    /// What to say about it.
    pub ruling: Ruling,
    /// The policy that is to stand from now on; none when the present one goes on.
    pub publish: Option<Policy>,
}

/// What stands now, for one decision.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Stands {
    /// The policy; none when choices are even.
    pub policy: Option<Policy>,
    /// The one before it, to go back to.
    pub before: Option<Policy>,
}

type Weights = BTreeMap<String, f64>;

/// Rules on every decision of which something was learned.
pub(crate) fn rule(
    states: &[State],
    stands: impl Fn(&str) -> Stands,
    now: DateTime<Utc>,
    config: &Config,
) -> Vec<Ruled> {
    let mut stats = Stats::default();
    for state in states {
        stats.merge(&state.stats(config), config);
    }
    let stats = stats.at(now, config.policies.half_life_days);
    let decisions = stats.decisions.iter().filter(|(_, decision)| decision.options.len() > 1);
    decisions
        .map(|(name, decision)| {
            Case { name, decision, stands: stands(name), now, config: &config.policies }.rule()
        })
        .collect()
}

/// The names of the decisions of which something was learned.
pub(crate) fn decisions(states: &[State]) -> Vec<String> {
    let of_window = |state: &State| -> Vec<String> {
        let goals = state.window.values().flat_map(|goal| goal.choices.values());
        goals.flat_map(|of_task| of_task.keys().cloned()).collect()
    };
    let settled =
        |state: &State| -> Vec<String> { state.settled.decisions.keys().cloned().collect() };
    let mut names: Vec<String> =
        states.iter().flat_map(|state| [of_window(state), settled(state)].concat()).collect();
    names.sort();
    names.dedup();
    names
}

struct Case<'a> {
    name: &'a str,
    decision: &'a Decision,
    stands: Stands,
    now: DateTime<Utc>,
    config: &'a Policies,
}

impl Case<'_> {
    fn rule(self) -> Ruled {
        let mut beliefs = beliefs(self.name, self.decision);
        let standing = self.shares(self.stands.policy.as_ref());
        let proposed = self.proposal(&beliefs, &standing);
        let (now, then) = (self.estimate(&standing), self.estimate(&proposed));
        let (verdict, why, publish) = self.verdict(&beliefs, (&standing, now), (&proposed, then));
        let in_force = publish.as_ref().map_or(&standing, |policy| &policy.weights);
        for (option, belief) in &mut beliefs {
            belief.weight = in_force.get(option).copied().unwrap_or(0.0);
        }
        let before = match verdict {
            // What stood may be even choice, which is a policy like any other to go back to.
            Verdict::Published => Some(self.stands.policy.clone().unwrap_or_else(|| Policy {
                version: "uniform".to_owned(),
                weights: standing.clone(),
            })),
            Verdict::Kept => self.stands.before.clone(),
            Verdict::RolledBack => None,
        };
        let ruling = Ruling {
            decision: self.name.to_owned(),
            verdict,
            why,
            at: self.now,
            standing: now,
            proposed: then,
            options: beliefs,
            before,
        };
        Ruled { ruling, publish }
    }

    fn verdict(
        &self,
        beliefs: &BTreeMap<String, Belief>,
        (standing, now): (&Weights, Estimate),
        (proposed, then): (&Weights, Estimate),
    ) -> (Verdict, String, Option<Policy>) {
        let (goals_min, samples_min) = (self.config.goals_min, self.config.samples_min);
        if let Some((why, policy)) = self.regretted(now) {
            return (Verdict::RolledBack, why, Some(policy));
        }
        let goals: f64 = beliefs.values().map(|belief| belief.goals).sum();
        let change = proposed
            .iter()
            .map(|(option, share)| (share - standing.get(option).copied().unwrap_or(0.0)).abs());
        let change = change.fold(0.0, f64::max);
        let kept = |why: String| (Verdict::Kept, why, None);
        if goals < goals_min {
            return kept(format!("{goals:.1} goals say too little; {goals_min} are needed"));
        }
        let samples = now.samples.min(then.samples);
        if samples < samples_min {
            return kept(format!(
                "the choices made so far are worth {samples:.1} samples; {samples_min} are needed"
            ));
        }
        if change < CHANGE_MIN {
            return kept("what was learned is in force".to_owned());
        }
        let compared = format!(
            "the proposed policy is estimated at {:.3}, the standing one at {:.3}",
            then.reward, now.reward
        );
        if then.reward < now.reward {
            return kept(compared);
        }
        (Verdict::Published, compared, Some(self.version(proposed.clone())))
    }

    /// The policy before, when the present one does so much worse that it is taken back.
    fn regretted(&self, now: Estimate) -> Option<(String, Policy)> {
        let before = self.stands.before.as_ref()?;
        self.stands.policy.as_ref()?;
        let shares = self.shares(Some(before));
        let then = self.estimate(&shares);
        let sure = now.samples.min(then.samples) >= self.config.samples_min;
        (sure && then.reward - now.reward > self.config.regret_max).then(|| {
            let why = format!(
                "the standing policy is estimated at {:.3}, the one before at {:.3}",
                now.reward, then.reward
            );
            (why, self.version(shares))
        })
    }

    /// A policy's shares of the options that stand open, as `choose` would draw them.
    fn shares(&self, policy: Option<&Policy>) -> Weights {
        let options = &self.decision.options;
        let even = 1.0 / count(options.len());
        let weight = |option: &String| {
            let weight = policy?.weights.get(option)?;
            Some(if weight.is_finite() { weight.max(0.0) } else { 0.0 })
        };
        let known: Vec<f64> = options.iter().filter_map(weight).collect();
        let average = known.iter().sum::<f64>() / count(known.len().max(1));
        let weights: Vec<f64> = options.iter().map(|o| weight(o).unwrap_or(average)).collect();
        let sum: f64 = weights.iter().sum();
        let share = |weight: f64| if sum > 0.0 { weight / sum } else { even };
        options.iter().cloned().zip(weights.into_iter().map(share)).collect()
    }

    /// A step from what stands towards what was learned.
    fn proposal(&self, beliefs: &BTreeMap<String, Belief>, standing: &Weights) -> Weights {
        let even = 1.0 / count(beliefs.len().max(1));
        let Policies { explore, step, .. } = *self.config;
        let share = |(option, belief): (&String, &Belief)| {
            let learned = explore * even + (1.0 - explore) * belief.best;
            let stands = standing.get(option).copied().unwrap_or(0.0);
            let share = (1.0 - step) * stands + step * learned;
            // Four digits are enough, and read well.
            (option.clone(), (share * 1e4).round() / 1e4)
        };
        beliefs.iter().map(share).collect()
    }

    /// The self-normalised estimate of a policy's reward, from sums over the choices made.
    fn estimate(&self, shares: &Weights) -> Estimate {
        let (mut sum, mut squares, mut reward) = (0.0, 0.0, 0.0);
        for (option, arm) in &self.decision.arms {
            let share = shares.get(option).copied().unwrap_or(0.0);
            sum += share * arm.inverse;
            squares += share * share * arm.inverse_squared;
            reward += share * arm.inverse_reward;
        }
        if sum <= 0.0 || squares <= 0.0 {
            return Estimate::default();
        }
        Estimate { reward: reward / sum, samples: sum * sum / squares }
    }

    /// The next version: a number that rises, and the hash of what it says.
    fn version(&self, weights: Weights) -> Policy {
        let last = self.stands.policy.as_ref().map_or("", |policy| policy.version.as_str());
        let number = last.split('-').next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
        let text = serde_json::to_vec(&weights).expect("weights are plain");
        let version = format!("{}-{}", number.saturating_add(1), Digest::of(&text).short());
        Policy { version, weights }
    }
}

fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests;
