//! The short runs, for every build: the same as the full one with fewer goals and kills.
//!
//! Where NATS or Kafka cannot be had they say so and pass, unless `CI` or `GALLEY_REQUIRE_SERVICES=1`
//! is set.
#![expect(clippy::print_stdout, reason = "the table, and what was not run")]

use galley_bus_core::clock::{Chance as _, SystemChance};
use galley_tests_chaos::{Freezes, Plan, Report, Telling, find, run};
use galley_tests_support::services::are_required;

/// Runs a short plan; none where there are no servers and need not be.
async fn short(seed: u64, nodes: usize) -> Option<Report> {
    let servers = match find() {
        Ok(servers) => servers,
        Err(absent) => {
            assert!(!are_required(), "real servers are required here: {absent}");
            println!("not run: {absent}");
            return None;
        }
    };
    let plan = Plan {
        seed,
        goals: 24,
        articles: 0,
        kills: 10,
        freezes: Freezes::Short,
        nodes,
        program: env!("CARGO_BIN_EXE_galley-tests-chaos").into(),
        telling: Telling::Nothing,
    };
    let report = run(&plan, &servers).await.expect("the run comes to its end");
    println!("{report}");
    Some(report)
}

fn any_seed() -> u64 {
    let mut bytes = [0; 4];
    SystemChance.fill(&mut bytes);
    u32::from_le_bytes(bytes).into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_processes_lose_and_repeat_nothing() {
    let Some(report) = short(any_seed(), 1).await else { return };
    assert_eq!(report.wrong(), Vec::<String>::new(), "{report}");
    assert_eq!(report.kills(), 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn goals_go_on_while_any_one_node_of_three_is_away() {
    let Some(report) = short(any_seed(), 3).await else { return };
    assert_eq!(report.wrong(), Vec::<String>::new(), "{report}");
}
