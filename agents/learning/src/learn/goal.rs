//! A goal in the window: the last word on everything that counts.
//!
//! Every part keeps what has the highest place, so hearing is idempotent, and the order in which facts
//! come does not matter. What one goal may bring is bounded.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use galley_schemas::choice::Choice;
use galley_schemas::feedback::{Fact, Said, What};
use galley_schemas::id::{Principal, TaskId};
use serde::{Deserialize, Serialize};

use super::Learned;
use crate::config::Reward;

/// Most choices of one goal.
const CHOICES_MAX: usize = 64;
/// Most reviewing steps, answers, and outside sources of one measure.
const VOICES_MAX: usize = 16;
/// Longest name of a decision or an option, in bytes.
const NAME_BYTES_MAX: usize = 200;
/// Most options of a decision.
const OPTIONS_MAX: usize = 32;

/// A goal in the window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Goal {
    /// When it began.
    pub began: DateTime<Utc>,
    /// Its choices by task and decision, each with its place.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub choices: BTreeMap<TaskId, BTreeMap<String, (u64, Choice)>>,
    /// The last score of each reviewing task, revisions apart, with its place.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub scores: BTreeMap<String, (u64, f64)>,
    /// The last answer of each person to each approval, with its place.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub answers: BTreeMap<String, (u64, Said)>,
    /// The last measure of each outcome by each source, with its time.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub measures: BTreeMap<String, BTreeMap<Principal, (DateTime<Utc>, f64)>>,
    /// What it cost in all, once it has ended; in millionths of a US dollar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<u64>,
}

impl Goal {
    pub(super) const fn new(began: DateTime<Utc>) -> Self {
        Self {
            began,
            choices: BTreeMap::new(),
            scores: BTreeMap::new(),
            answers: BTreeMap::new(),
            measures: BTreeMap::new(),
            cost: None,
        }
    }

    /// Whether nothing but late outcomes is to come.
    pub(super) const fn has_ended(&self) -> bool {
        self.cost.is_some()
    }

    /// Hears a fact about it.
    pub(super) fn hear(&mut self, fact: &Fact, reward: &Reward) -> Learned {
        let seq = fact.seq;
        match &fact.what {
            What::Began { .. } | What::Spent { .. } | What::Settled { .. } => Learned::Yes,
            What::Chose { task, choice } => self.chose(task, seq, choice),
            What::Reviewed { task, score, .. } if score.is_finite() => {
                last_word(&mut self.scores, round_apart(task), (seq, score.clamp(0.0, 1.0)))
            }
            What::Reviewed { .. } => Learned::Refused,
            What::Answered { task, by, said } => {
                last_word(&mut self.answers, format!("{} {by}", round_apart(task)), (seq, *said))
            }
            What::Measured { outcome, value, by, at } => {
                if !reward.outcomes.contains_key(outcome) || !value.is_finite() {
                    return Learned::Refused;
                }
                let sources = self.measures.entry(outcome.clone()).or_default();
                last_word(sources, by.clone(), (*at, *value))
            }
            What::Ended { spent, .. } => {
                self.cost = Some(spent.usd_micros);
                Learned::Yes
            }
        }
    }

    fn chose(&mut self, task: &TaskId, seq: u64, choice: &Choice) -> Learned {
        let held: usize = self.choices.values().map(BTreeMap::len).sum();
        if !makes_sense(choice) || held >= CHOICES_MAX {
            return Learned::Refused;
        }
        let of_task = self.choices.entry(task.clone()).or_default();
        let stands = of_task.get(&choice.decision).is_some_and(|(at, _)| *at > seq);
        if !stands {
            of_task.insert(choice.decision.clone(), (seq, choice.clone()));
        }
        Learned::Yes
    }
}

/// A task's name without its revision round: a later round takes the place of an earlier one.
fn round_apart(task: &TaskId) -> String {
    task.as_str().split('@').next().unwrap_or_default().to_owned()
}

/// Keeps the greater of two words, each with its place first.
fn last_word<K: Ord, V: PartialOrd>(words: &mut BTreeMap<K, V>, key: K, word: V) -> Learned {
    let room = words.len() < VOICES_MAX;
    match words.get_mut(&key) {
        Some(held) if *held < word => *held = word,
        Some(_) => {}
        None if room => drop(words.insert(key, word)),
        None => return Learned::Refused,
    }
    Learned::Yes
}

fn makes_sense(choice: &Choice) -> bool {
    let Choice { decision, options, probabilities, chosen, .. } = choice;
    let named = |text: &str| !text.is_empty() && text.len() <= NAME_BYTES_MAX;
    let distinct: std::collections::BTreeSet<&String> = options.iter().collect();
    let sum: f64 = probabilities.iter().sum();
    let chosen = usize::try_from(*chosen).ok().and_then(|index| probabilities.get(index));
    named(decision)
        && (1..=OPTIONS_MAX).contains(&options.len())
        && distinct.len() == options.len()
        && options.iter().all(|option| named(option))
        && probabilities.len() == options.len()
        && probabilities.iter().all(|p| (0.0..=1.0).contains(p))
        && (sum - 1.0).abs() < 0.01
        && chosen.is_some_and(|p| *p > 0.0)
}
