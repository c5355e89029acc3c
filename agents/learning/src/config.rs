//! What can be set.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Learning: how the log is carried, what a goal's outcome is worth, how policies change.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How the log is carried to the feedback topic.
    pub relay: RelayConfig,
    /// What a goal's outcome is worth.
    pub reward: Reward,
    /// How policies change.
    pub policies: Policies,
}

/// How the log is carried to the feedback topic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RelayConfig {
    /// Most records carried at once; bounds memory, and what is carried again after a crash.
    pub records_max: usize,
    /// How long a relay that found another one at work waits before it looks again, in seconds.
    pub standby_secs: u32,
    /// How long what is under way may take after a stop, in seconds; then it is left to be carried
    /// again.
    pub grace_secs: u32,
}

/// What a goal's outcome is worth: the weighted mean of what is known of it, each part between 0 and
/// 1. A weight of 0 leaves a part out. Parts that are not known of a goal do not count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Reward {
    /// The weight of review scores; the last score of each reviewing step counts.
    pub review: f64,
    /// The weight of people's answers to approvals: 1 for approved, 0 for rejected.
    pub approval: f64,
    /// What an approval after an edit is worth.
    pub edited: f64,
    /// The weight of cost. Cost alone makes no outcome: something else must be known of the goal.
    pub cost: f64,
    /// The cost in US dollars at which that part is worth a half.
    pub cost_half_usd: f64,
    /// What is measured outside, by name. Other names are passed over.
    pub outcomes: BTreeMap<String, Measure>,
    /// Most of a goal's worth that one outside source may decide; what is beyond counts for nothing.
    pub source_share_max: f64,
    /// Most of a goal's worth that all outside sources together may decide.
    pub outside_share_max: f64,
}

/// How something measured outside becomes a number from 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    /// Its weight.
    pub weight: f64,
    /// How it is squeezed between 0 and 1.
    pub squash: Squash,
}

/// A shape between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Squash {
    /// For counts without an upper bound: worth a half at this value, more and more slowly beyond.
    HalfAt(f64),
    /// For scales: worth 0 at the first value and 1 at the second, also downwards.
    Between(f64, f64),
}

/// How policies change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Policies {
    /// After so many days an outcome counts half.
    pub half_life_days: f64,
    /// The share of draws that is spread evenly over the options, whatever was learned.
    pub explore: f64,
    /// How far a policy moves at once towards what was learned: the rest stays as it was.
    pub step: f64,
    /// Fewer goals than this say nothing about a decision.
    pub goals_min: f64,
    /// The offline check needs at least as many effective samples.
    pub samples_min: f64,
    /// A policy that does worse than the one before by so much is taken back.
    pub regret_max: f64,
    /// Pause between two looks at the policies, in seconds.
    pub pause_secs: u32,
    /// How many goals are held open for late outcomes, for each partition.
    pub window_goals: usize,
    /// How long what was learned is collected before it is written, in seconds.
    pub keep_secs: u32,
}

impl Default for RelayConfig {
    fn default() -> Self {
        Self { records_max: 128, standby_secs: 5, grace_secs: 10 }
    }
}

impl Default for Reward {
    fn default() -> Self {
        let measure = |weight, squash| Measure { weight, squash };
        let outcomes = [
            ("views", measure(0.3, Squash::HalfAt(500.0))),
            ("rating", measure(0.5, Squash::Between(1.0, 5.0))),
            ("edit_distance", measure(0.3, Squash::Between(1.0, 0.0))),
        ];
        Self {
            review: 0.5,
            approval: 0.5,
            edited: 0.6,
            cost: 0.1,
            cost_half_usd: 1.0,
            outcomes: outcomes.map(|(name, measure)| (name.to_owned(), measure)).into(),
            source_share_max: 0.4,
            outside_share_max: 0.6,
        }
    }
}

impl Default for Policies {
    fn default() -> Self {
        Self {
            half_life_days: 30.0,
            explore: 0.1,
            step: 0.3,
            goals_min: 10.0,
            samples_min: 20.0,
            regret_max: 0.05,
            pause_secs: 30,
            window_goals: 400,
            keep_secs: 2,
        }
    }
}

impl Config {
    /// What cannot be meant; empty when all is well.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let Self { reward, policies, .. } = self;
        let shares = [
            ("learning.reward.edited", reward.edited),
            ("learning.reward.source_share_max", reward.source_share_max),
            ("learning.reward.outside_share_max", reward.outside_share_max),
            ("learning.policies.explore", policies.explore),
            ("learning.policies.step", policies.step),
        ];
        let weights = [
            ("learning.reward.review", reward.review),
            ("learning.reward.approval", reward.approval),
            ("learning.reward.cost", reward.cost),
        ];
        let bad_share = shares.iter().filter(|(_, share)| !(0.0..=1.0).contains(share));
        let bad_share =
            bad_share.map(|(name, share)| format!("{name} is {share}; it is from 0 to 1"));
        let bad_weight =
            weights.iter().filter(|(_, weight)| !(weight.is_finite() && *weight >= 0.0));
        let bad_weight =
            bad_weight.map(|(name, weight)| format!("{name} is {weight}; it is 0 or more"));
        let mut faults: Vec<String> = bad_share.chain(bad_weight).collect();
        for (name, measure) in &reward.outcomes {
            if !(measure.weight.is_finite()
                && measure.weight >= 0.0
                && measure.squash.makes_sense())
            {
                faults.push(format!("learning.reward.outcomes.{name} makes no number from 0 to 1"));
            }
        }
        if !(policies.half_life_days.is_finite() && policies.half_life_days > 0.0) {
            faults.push("learning.policies.half_life_days is more than 0".to_owned());
        }
        faults
    }
}

impl Squash {
    fn makes_sense(self) -> bool {
        match self {
            Self::HalfAt(half) => half.is_finite() && half > 0.0,
            Self::Between(from, to) => from.is_finite() && to.is_finite() && from != to,
        }
    }

    /// The value between 0 and 1; 0 for what is no number.
    #[must_use]
    pub fn of(self, value: f64) -> f64 {
        let squashed = match self {
            Self::HalfAt(half) => value.max(0.0) / (value.max(0.0) + half),
            Self::Between(from, to) => (value - from) / (to - from),
        };
        if squashed.is_nan() { 0.0 } else { squashed.clamp(0.0, 1.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_make_sense_and_are_read_back() {
        let config = Config::default();
        assert_eq!(config.faults(), Vec::<String>::new());
        let text = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<Config>(&text).unwrap(), config);
        let given =
            r#"{"reward": {"outcomes": {"sales": {"weight": 1, "squash": {"between": [0, 9]}}}}}"#;
        let given: Config = serde_json::from_str(given).unwrap();
        assert_eq!(given.reward.outcomes.len(), 1);
        assert!(serde_json::from_str::<Config>(r#"{"rewards": {}}"#).is_err());
    }

    #[test]
    fn what_cannot_be_meant_is_told_at_once() {
        let mut config = Config::default();
        config.policies.explore = 1.5;
        config.reward.cost = -1.0;
        config
            .reward
            .outcomes
            .insert("x".to_owned(), Measure { weight: 1.0, squash: Squash::Between(2.0, 2.0) });
        assert_eq!(config.faults().len(), 3, "{:?}", config.faults());
    }

    #[test]
    fn measures_become_numbers_from_0_to_1() {
        for (squash, value, want) in [
            (Squash::HalfAt(500.0), 500.0, 0.5),
            (Squash::HalfAt(500.0), -3.0, 0.0),
            (Squash::HalfAt(500.0), f64::NAN, 0.0),
            (Squash::HalfAt(500.0), f64::INFINITY, 0.0),
            (Squash::Between(1.0, 5.0), 4.0, 0.75),
            (Squash::Between(1.0, 5.0), 9.0, 1.0),
            (Squash::Between(1.0, 0.0), 0.25, 0.75),
        ] {
            let got = squash.of(value);
            assert!((got - want).abs() < 1e-12, "{squash:?} of {value} is {got}, wanted {want}");
        }
    }
}
