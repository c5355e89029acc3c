//! The checks can fail: a broken law is noticed within a few seeds.

use galley_tests_sim::run::{Outcome, Plan, Sabotage, run};

/// Runs seeds with a law broken until the checks notice, at most so many.
fn noticed(sabotage: Sabotage, within: u64) -> Option<Outcome> {
    let plans = (0..within).map(|seed| Plan { sabotage, ..Plan::of(seed) });
    plans.map(|plan| run(&plan)).find(|outcome| !outcome.violations.is_empty())
}

fn check(sabotage: Sabotage, within: u64, want: &str) {
    let outcome = noticed(sabotage, within).expect("the checks notice a broken law");
    let told: Vec<_> = outcome.violations.iter().map(|v| v.what.as_str()).collect();
    assert!(told.iter().any(|what| what.contains(want)), "seed {}: {told:?}", outcome.seed);
}

#[test]
fn a_log_that_appends_wherever_it_ends_is_noticed() {
    check(Sabotage::AppendWithoutCompare, 20, "does not fold");
}

#[test]
fn an_agent_that_never_asks_its_target_is_noticed() {
    check(Sabotage::NeverAsk, 60, "the target saw");
}

#[test]
fn a_bus_that_acknowledges_what_it_does_not_keep_is_noticed() {
    check(Sabotage::LosePublishes, 20, "");
}

#[test]
fn a_bucket_that_puts_whatever_was_expected_is_noticed() {
    check(Sabotage::PutWithoutCompare, 300, "");
}
