//! Seeds, each of which must hold everything that must hold.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use galley_tests_sim::faults::Fault;
use galley_tests_sim::run::{Outcome, Plan, run};
use galley_tests_sim::summary::Summary;

/// Seeds of every test run; `cargo run -p galley-tests-sim -- --seeds N` runs more.
const SEEDS: u64 = 200;
/// Every so many of them are run twice, and the diaries compared.
const TWICE: u64 = 20;

/// Runs seeds on every processor.
fn run_all(seeds: &[u64]) -> Vec<Outcome> {
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(Vec::new());
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = run(&Plan::of(*seed));
                    if seed % TWICE == 0 {
                        let again = run(&Plan::of(*seed));
                        assert_eq!(outcome.diary, again.diary, "seed {seed} ran in two ways");
                    }
                    outcomes.lock().expect("nobody panics with it").push(outcome);
                }
            });
        }
    });
    outcomes.into_inner().expect("nobody panics with it")
}

fn tell(outcome: &Outcome) -> String {
    let seed = outcome.seed;
    let mut told =
        vec![format!("seed {seed}: cargo run -p galley-tests-sim -- --seed {seed} --trace")];
    told.extend(outcome.violations.iter().map(|violation| format!("  {}", violation.what)));
    told.extend(outcome.excerpt.iter().map(|line| format!("  | {line}")));
    told.join("\n")
}

/// The seeds that once failed.
fn kept() -> Vec<u64> {
    let text = include_str!("../seeds.txt");
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    let seeds = lines.map(|line| seed_of(line).expect("a line begins with its seed"));
    seeds.collect()
}

fn seed_of(line: &str) -> Option<u64> {
    line.split_whitespace().next()?.parse().ok()
}

#[test]
fn every_seed_holds_what_must_hold() {
    let seeds: Vec<u64> = kept().into_iter().chain(0..SEEDS).collect();
    let outcomes = run_all(&seeds);
    let mut summary = Summary::default();
    outcomes.iter().for_each(|outcome| summary.add(outcome));
    println!("{summary}");
    let failed: Vec<_> =
        outcomes.iter().filter(|outcome| !outcome.violations.is_empty()).map(tell).collect();
    assert!(failed.is_empty(), "{} seeds fail\n{}", failed.len(), failed.join("\n\n"));
    // A simulation in which nothing happens holds everything, too.
    let endings = summary.endings();
    assert!(
        endings.succeeded > 500 && endings.failed > 20 && endings.cancelled > 20,
        "{endings:?}"
    );
    let idle: BTreeSet<Fault> = Fault::all().filter(|fault| summary.count(*fault) == 0).collect();
    assert!(idle.is_empty(), "faults that never struck: {idle:?}");
}
