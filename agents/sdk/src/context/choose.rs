//! Choices: drawn by the learned policy, evenly where nothing was learned.
//!
//! The draw needs no port of chance: it is the hash of the task and the decision. Goal ids carry 74
//! random bits, so draws of different goals are independent, and one task always draws the same.

use galley_schemas::amount::Amount;
use galley_schemas::artifact::Digest;
use galley_schemas::choice::{Choice, Policy};
use galley_schemas::fault::Fault;
use galley_schemas::subject::bucket;

use crate::context::attempt::Attempt;
use crate::context::journal::{Slot, escape};
use crate::faults;

/// Most options of one decision.
const OPTIONS_MAX: usize = 32;
/// The policy's version where there is none.
const UNIFORM: &str = "uniform";

/// Chooses, and records the choice.
pub(crate) async fn choose(
    attempt: &Attempt,
    decision: &str,
    options: &[&str],
) -> Result<usize, Fault> {
    if options.is_empty() || options.len() > OPTIONS_MAX {
        return Err(faults::bad_choice(decision, options.len()));
    }
    attempt.claim("choice", decision)?;
    let slot = Slot::new("choice", decision, options.join("\0").as_bytes());
    let journal = attempt.journal().await?;
    let choice = match journal.recall::<Choice>(&slot).await? {
        Some(choice) => choice,
        None => {
            let policy = learned(attempt, decision).await;
            let unit = unit(&format!("{} {} {decision}", attempt.offer.goal, attempt.offer.task));
            let choice = draw(decision, options, policy.as_ref(), unit);
            journal.keep(&slot, &choice, Amount::default()).await?
        }
    };
    let chosen = usize::try_from(choice.chosen).unwrap_or(0).min(options.len() - 1);
    attempt.record(choice);
    Ok(chosen)
}

/// What was learned. A policy that cannot be read must not stop the work: chance decides then.
async fn learned(attempt: &Attempt, decision: &str) -> Option<Policy> {
    let entry = attempt.ports.kv.get(bucket::POLICY, &escape(decision)).await;
    let policy = match entry {
        Ok(entry) => entry.map(|entry| serde_json::from_slice::<Policy>(&entry.value)),
        Err(error) => {
            tracing::warn!(decision, %error, "policy out of reach; choosing evenly");
            return None;
        }
    };
    policy?.inspect_err(|error| tracing::warn!(decision, %error, "policy unreadable")).ok()
}

/// A number from 0 (included) to 1 (excluded) that looks random and depends only on the text.
fn unit(text: &str) -> f64 {
    let digest = Digest::of(text.as_bytes());
    let bits = digest.as_str().get(..8).and_then(|hex| u32::from_str_radix(hex, 16).ok());
    f64::from(bits.unwrap_or(0)) / (f64::from(u32::MAX) + 1.0)
}

fn draw(decision: &str, options: &[&str], policy: Option<&Policy>, unit: f64) -> Choice {
    let probabilities = policy.and_then(|policy| by_policy(policy, options));
    let version = match (&probabilities, policy) {
        (Some(_), Some(policy)) => policy.version.clone(),
        (None | Some(_), None) | (None, Some(_)) => UNIFORM.to_owned(),
    };
    let even = 1.0 / count(options.len());
    let probabilities = probabilities.unwrap_or_else(|| vec![even; options.len()]);
    Choice {
        decision: decision.to_owned(),
        options: options.iter().map(|option| (*option).to_owned()).collect(),
        chosen: at(&probabilities, unit),
        probabilities,
        policy: version,
    }
}

/// The options' shares by a policy; none when it says nothing useful about them.
fn by_policy(policy: &Policy, options: &[&str]) -> Option<Vec<f64>> {
    let weight = |option: &&str| {
        policy.weights.get(*option).map(|w| if w.is_finite() { w.max(0.0) } else { 0.0 })
    };
    let weights: Vec<Option<f64>> = options.iter().map(weight).collect();
    let known: Vec<f64> = weights.iter().copied().flatten().collect();
    let average = known.iter().sum::<f64>() / count(known.len().max(1));
    let weights: Vec<f64> = weights.into_iter().map(|w| w.unwrap_or(average)).collect();
    let sum: f64 = weights.iter().sum();
    (sum.is_finite() && sum > 0.0).then(|| weights.iter().map(|w| w / sum).collect())
}

/// The index at which the running sum passes `unit`; an option of probability 0 is never taken.
fn at(probabilities: &[f64], unit: f64) -> u32 {
    let mut sum = 0.0;
    let mut last = 0;
    for (index, probability) in (0..).zip(probabilities) {
        if *probability > 0.0 {
            last = index;
            sum += probability;
            if unit < sum {
                break;
            }
        }
    }
    last
}

fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(weights: &[(&str, f64)], unit: f64, want: (&str, u32, &[f64])) {
        let weights = weights.iter().map(|(option, w)| ((*option).to_owned(), *w)).collect();
        let policy = Policy { version: "7".to_owned(), weights };
        let choice = draw("style", &["a", "b", "c"], Some(&policy), unit);
        let got = (choice.policy.as_str(), choice.chosen, choice.probabilities.as_slice());
        assert_eq!(got, want, "{policy:?} at {unit}");
    }

    #[test]
    fn a_policy_gives_shares_and_an_unknown_option_the_average() {
        check(&[("a", 2.0), ("b", 1.0), ("c", 1.0)], 0.49, ("7", 0, &[0.5, 0.25, 0.25]));
        check(&[("a", 2.0), ("b", 1.0), ("c", 1.0)], 0.5, ("7", 1, &[0.5, 0.25, 0.25]));
        check(&[("a", 2.0), ("b", 0.0)], 0.7, ("7", 2, &[2.0 / 3.0, 0.0, 1.0 / 3.0]));
        check(&[("a", 0.0), ("b", 0.0), ("c", 1.0)], 0.0, ("7", 2, &[0.0, 0.0, 1.0]));
        check(&[("a", 1.0), ("b", 1.0), ("c", 0.0)], 0.999_999, ("7", 1, &[0.5, 0.5, 0.0]));
    }

    #[test]
    fn a_policy_that_says_nothing_useful_leaves_it_to_chance() {
        let third = [1.0 / 3.0; 3];
        check(&[], 0.4, ("uniform", 1, &third));
        check(&[("a", 0.0), ("b", -1.0), ("c", f64::NAN)], 0.9, ("uniform", 2, &third));
        check(&[("a", f64::INFINITY)], 0.0, ("uniform", 0, &third));
    }

    #[test]
    fn draws_over_many_tasks_follow_the_shares() {
        let policy = Policy {
            version: "7".to_owned(),
            weights: [("a".to_owned(), 9.0), ("b".to_owned(), 1.0)].into(),
        };
        let of_b = (0..2_000)
            .filter(|n| draw("d", &["a", "b"], Some(&policy), unit(&format!("{n}"))).chosen == 1)
            .count();
        assert!((140..=260).contains(&of_b), "{of_b} of 2000 where 200 are expected");
    }
}
