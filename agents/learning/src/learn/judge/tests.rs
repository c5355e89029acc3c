use chrono::TimeDelta;

use super::super::stats::Arm;
use super::*;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

/// Goals that took each option, each with probability `p` and the same reward.
fn decision(arms: &[(&str, f64, f64, f64)]) -> Decision {
    let arm = |n: f64, p: f64, reward: f64| Arm {
        won: n * reward,
        lost: n * (1.0 - reward),
        inverse: n / p,
        inverse_squared: n / (p * p),
        inverse_reward: n * reward / p,
    };
    Decision {
        options: arms.iter().map(|(option, ..)| (*option).to_owned()).collect(),
        seen: now() - TimeDelta::hours(1),
        arms: arms.iter().map(|(o, n, p, r)| ((*o).to_owned(), arm(*n, *p, *r))).collect(),
    }
}

fn policy(version: &str, weights: &[(&str, f64)]) -> Policy {
    let weights = weights.iter().map(|(option, weight)| ((*option).to_owned(), *weight)).collect();
    Policy { version: version.to_owned(), weights }
}

fn ruled(decision: &Decision, stands: Stands) -> Ruled {
    let config = Policies::default();
    Case { name: "style", decision, stands, now: now(), config: &config }.rule()
}

fn check(arms: &[(&str, f64, f64, f64)], stands: Stands, want: Verdict, why: &str) -> Ruled {
    let ruled = ruled(&decision(arms), stands);
    assert_eq!(ruled.ruling.verdict, want, "{:?}", ruled.ruling);
    assert!(ruled.ruling.why.contains(why), "{}", ruled.ruling.why);
    assert_eq!(ruled.publish.is_some(), want != Verdict::Kept);
    ruled
}

#[test]
fn too_little_changes_nothing() {
    let stands = Stands::default;
    check(&[("a", 3.0, 0.5, 0.9), ("b", 3.0, 0.5, 0.1)], stands(), Verdict::Kept, "too little");
    let few = [("a", 8.0, 0.5, 0.9), ("b", 8.0, 0.5, 0.1)];
    check(&few, stands(), Verdict::Kept, "samples");
    let even = [("a", 100.0, 0.5, 0.5), ("b", 100.0, 0.5, 0.5)];
    let standing = Stands { policy: Some(policy("1-x", &[("a", 0.5), ("b", 0.5)])), before: None };
    let learned = ruled(&decision(&even), standing);
    assert_eq!(learned.publish.is_some(), learned.ruling.verdict == Verdict::Published);
}

#[test]
fn what_was_learned_moves_the_policy_by_a_step_and_never_closes_an_option() {
    let arms = [("a", 100.0, 0.5, 0.9), ("b", 100.0, 0.5, 0.2)];
    let first = check(&arms, Stands::default(), Verdict::Published, "estimated at");
    let policy = first.publish.unwrap();
    // 0.7 of the even half, and 0.3 of 0.05 + 0.9 for what is surely best.
    assert!((policy.weights["a"] - 0.635).abs() < 1e-9, "{policy:?}");
    assert!(policy.version.starts_with("1-"));
    assert_eq!(first.ruling.before.unwrap().version, "uniform");
    let mut stands = Stands { policy: Some(policy), before: None };
    for _ in 0..40 {
        let next = ruled(&decision(&arms), stands.clone());
        match next.publish {
            Some(policy) => stands.policy = Some(policy),
            None => break,
        }
    }
    let weights = stands.policy.unwrap().weights;
    assert!(weights["b"] > 0.04 && weights["a"] > 0.9, "{weights:?}");
}

#[test]
fn a_proposal_that_does_worse_is_not_published() {
    // b's posterior is the better one, but for what its choices were worth to others: what was taken
    // rarely weighs more. So the beliefs propose b, and the offline check says that it does worse.
    let mut decision = decision(&[("a", 60.0, 0.5, 0.5), ("b", 60.0, 0.5, 0.7)]);
    if let Some(arm) = decision.arms.get_mut("b") {
        arm.inverse_reward = arm.inverse * 0.3;
    }
    let ruled = ruled(&decision, Stands::default());
    assert_eq!(ruled.ruling.verdict, Verdict::Kept, "{:?}", ruled.ruling);
    assert!(ruled.ruling.proposed.reward < ruled.ruling.standing.reward);
    assert_eq!(ruled.publish, None);
}

#[test]
fn a_policy_that_is_regretted_is_taken_back() {
    let arms = [("a", 100.0, 0.2, 0.9), ("b", 400.0, 0.8, 0.2)];
    let stands = Stands {
        policy: Some(policy("4-x", &[("a", 0.2), ("b", 0.8)])),
        before: Some(policy("3-y", &[("a", 0.8), ("b", 0.2)])),
    };
    let back = check(&arms, stands, Verdict::RolledBack, "the one before at");
    let policy = back.publish.unwrap();
    assert!(policy.version.starts_with("5-") && policy.weights["a"] > 0.7, "{policy:?}");
    assert_eq!(back.ruling.before, None, "there is one way back, not a swing");
}

#[test]
fn the_estimate_is_that_of_the_policy_and_not_of_who_chose() {
    // Whoever chose took the bad option nine times of ten.
    let decision = decision(&[("a", 100.0, 0.1, 0.9), ("b", 900.0, 0.9, 0.1)]);
    let config = Policies::default();
    let stands = Stands::default();
    let case = Case { name: "style", decision: &decision, stands, now: now(), config: &config };
    let estimate = |a: f64| case.estimate(&policy("", &[("a", a), ("b", 1.0 - a)]).weights);
    for (a, want) in [(1.0, 0.9), (0.0, 0.1), (0.5, 0.5), (0.1, 0.18)] {
        let got = estimate(a);
        assert!((got.reward - want).abs() < 1e-9, "{a}: {got:?}, wanted {want}");
    }
    // By the policy that chose, every choice is a sample of it; by another one, fewer are.
    assert!((estimate(0.1).samples - 1_000.0).abs() < 1e-6);
    assert!((estimate(1.0).samples - 100.0).abs() < 1e-6);
}
