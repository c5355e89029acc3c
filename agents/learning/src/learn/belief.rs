//! What is believed of each option: a Beta posterior over its reward, and the probability that it is
//! the best, by sampling with a seed.
//!
//! A reward between 0 and 1 counts as that much of a success and the rest of a failure (Agrawal and
//! Goyal, "Analysis of Thompson Sampling for the Multi-armed Bandit Problem", COLT 2012, draw a coin
//! for it; adding both parts gives the same mean with less noise).

use std::collections::BTreeMap;

use galley_schemas::artifact::Digest;
use galley_schemas::feedback::Belief;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::stats::{Arm, Decision};

/// How many draws from the posteriors; the probability of being best is then known to about 0.01.
const DRAWS: u32 = 4_000;

/// What is believed of the options that stand open. The same sums give the same beliefs, whoever
/// computes them.
pub(super) fn beliefs(name: &str, decision: &Decision) -> BTreeMap<String, Belief> {
    let arm = |option: &String| decision.arms.get(option).copied().unwrap_or_default();
    let arms: Vec<(&String, Arm)> = decision.options.iter().map(|o| (o, arm(o))).collect();
    let wins = wins(&mut seeded(name, &arms), &arms);
    let belief = |(_, arm): &(&String, Arm), wins: u32| Belief {
        mean: mean(arm),
        goals: arm.won + arm.lost,
        best: f64::from(wins) / f64::from(DRAWS),
        weight: 0.0,
    };
    arms.iter().zip(wins).map(|(arm, wins)| (arm.0.clone(), belief(arm, wins))).collect()
}

fn mean(arm: &Arm) -> f64 {
    (arm.won + 1.0) / (arm.won + arm.lost + 2.0)
}

/// Rounded, so that the last bits of sums that were read back from JSON make no other seed.
fn seeded(name: &str, arms: &[(&String, Arm)]) -> StdRng {
    let mut text = name.to_owned();
    for (option, arm) in arms {
        text.push_str(&format!("\n{option} {:.6} {:.6}", arm.won, arm.lost));
    }
    let digest = Digest::of(text.as_bytes());
    let seed = digest.as_str().get(..16).and_then(|hex| u64::from_str_radix(hex, 16).ok());
    StdRng::seed_from_u64(seed.unwrap_or(0))
}

/// How often each option had the greatest draw.
fn wins(chance: &mut StdRng, arms: &[(&String, Arm)]) -> Vec<u32> {
    let mut wins = vec![0; arms.len()];
    for _ in 0..DRAWS {
        let draws = arms.iter().map(|(_, arm)| beta(chance, arm.won + 1.0, arm.lost + 1.0));
        let best = draws.enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b));
        if let Some(wins) = best.and_then(|(index, _)| wins.get_mut(index)) {
            *wins += 1;
        }
    }
    wins
}

/// A draw from Beta(a, b), for a and b of at least 1.
fn beta(chance: &mut StdRng, a: f64, b: f64) -> f64 {
    let (x, y) = (gamma(chance, a), gamma(chance, b));
    x / (x + y)
}

/// A draw from Gamma(shape, 1), for a shape of at least 1: Marsaglia and Tsang, "A Simple Method for
/// Generating Gamma Variables", 2000.
fn gamma(chance: &mut StdRng, shape: f64) -> f64 {
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = normal(chance);
        let v = (1.0 + c * x).powi(3);
        let u: f64 = chance.random();
        if v > 0.0 && u.ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return d * v;
        }
    }
}

/// A draw from the standard normal distribution, by the method of Box and Muller.
fn normal(chance: &mut StdRng) -> f64 {
    let (u, v): (f64, f64) = (chance.random(), chance.random());
    (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn decision(arms: &[(&str, f64, f64)]) -> Decision {
        let arm = |won, lost| Arm { won, lost, ..Arm::default() };
        Decision {
            options: arms.iter().map(|(option, ..)| (*option).to_owned()).collect(),
            seen: DateTime::from_timestamp_millis(0).unwrap(),
            arms: arms.iter().map(|(o, won, lost)| ((*o).to_owned(), arm(*won, *lost))).collect(),
        }
    }

    fn check(arms: &[(&str, f64, f64)], want: &[f64], slack: f64) {
        let beliefs = beliefs("style", &decision(arms));
        let best: Vec<f64> = beliefs.values().map(|belief| belief.best).collect();
        assert!((best.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        for (got, want) in best.iter().zip(want) {
            assert!((got - want).abs() < slack, "{arms:?}: {best:?}, wanted about {want}");
        }
    }

    #[test]
    fn the_probability_of_being_best_follows_the_posterior() {
        check(&[("a", 0.0, 0.0), ("b", 0.0, 0.0)], &[0.5, 0.5], 0.03);
        check(&[("a", 80.0, 20.0), ("b", 20.0, 80.0)], &[1.0, 0.0], 0.001);
        // P(Beta(2,1) > Beta(1,1)) = 2/3, by hand.
        check(&[("a", 1.0, 0.0), ("b", 0.0, 0.0)], &[2.0 / 3.0, 1.0 / 3.0], 0.03);
    }

    #[test]
    fn draws_have_the_mean_and_the_variance_of_their_distribution() {
        let mut chance = StdRng::seed_from_u64(7);
        for (a, b) in [(1.0, 1.0), (3.0, 1.5), (40.0, 60.0)] {
            let draws: Vec<f64> = (0..20_000).map(|_| beta(&mut chance, a, b)).collect();
            let mean = draws.iter().sum::<f64>() / 20_000.0;
            let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 20_000.0;
            let (sum, want) = (a + b, a / (a + b));
            let want_variance = a * b / (sum * sum * (sum + 1.0));
            assert!((mean - want).abs() < 0.01, "mean of Beta({a},{b}): {mean}");
            assert!((variance / want_variance - 1.0).abs() < 0.06, "variance: {variance}");
        }
    }

    #[test]
    fn the_same_sums_give_the_same_beliefs() {
        let arms = [("a", 3.25, 1.5), ("b", 2.0, 2.0)];
        assert_eq!(beliefs("style", &decision(&arms)), beliefs("style", &decision(&arms)));
    }
}
