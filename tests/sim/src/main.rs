//! Runs seeds: `cargo run -p galley-tests-sim -- --seeds 5000 [--from N]`, or one with its diary:
//! `cargo run -p galley-tests-sim -- --seed 7 --trace`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for people to read")]

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use galley_tests_sim::run::{Outcome, Plan, run};
use galley_tests_sim::summary::Summary;

const USAGE: &str = "galley-tests-sim [--seeds COUNT] [--from SEED] [--seed SEED] [--trace]";

/// What is asked for.
#[derive(Debug, Default)]
struct Asked {
    seeds: Option<u64>,
    from: u64,
    seed: Option<u64>,
    trace: bool,
}

fn main() -> ExitCode {
    let Some(asked) = read(std::env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let (first, count) = match asked.seed {
        Some(seed) => (seed, 1),
        None => (asked.from, asked.seeds.unwrap_or(1_000)),
    };
    let summary = run_all(first, count, asked.trace);
    print!("{summary}");
    if summary.failed().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn read(mut words: impl Iterator<Item = String>) -> Option<Asked> {
    let mut asked = Asked::default();
    while let Some(word) = words.next() {
        let mut number = || words.next()?.parse().ok();
        match word.as_str() {
            "--seeds" => asked.seeds = Some(number()?),
            "--from" => asked.from = number()?,
            "--seed" => asked.seed = Some(number()?),
            "--trace" => asked.trace = true,
            _ => return None,
        }
    }
    Some(asked)
}

/// Runs so many seeds on every processor.
fn run_all(first: u64, count: u64, trace: bool) -> Summary {
    let next = AtomicU64::new(0);
    let summary = Mutex::new((Summary::default(), 0));
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    std::thread::scope(|scope| {
        for _ in 0..workers.min(usize::try_from(count).unwrap_or(workers)) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= count {
                        break;
                    }
                    let outcome = run(&Plan::of(first + number));
                    tell(&outcome, trace);
                    let mut summary = summary.lock().expect("nobody panics with it");
                    summary.0.add(&outcome);
                    summary.1 += 1;
                    if summary.1 % 500 == 0 {
                        eprintln!(
                            "{} of {count} seeds, {} failed",
                            summary.1,
                            summary.0.failed().len()
                        );
                    }
                }
            });
        }
    });
    summary.into_inner().expect("nobody panics with it").0
}

fn tell(outcome: &Outcome, trace: bool) {
    if trace {
        print!("{}", outcome.diary);
    }
    if outcome.violations.is_empty() {
        return;
    }
    println!("seed {} fails; again: --seed {} --trace", outcome.seed, outcome.seed);
    for violation in &outcome.violations {
        println!("  {:>11.4} {}", violation.at.as_secs_f64(), violation.what);
    }
    if !trace {
        outcome.excerpt.iter().for_each(|line| println!("  | {line}"));
    }
}
