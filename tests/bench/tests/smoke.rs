//! The bench itself, tiny: every part of the table comes out, and counts add up. No time is asserted.

#![expect(clippy::unwrap_used, reason = "in tests, a panic is the report")]

use std::time::Duration;

use galley_tests_bench::bench::{Bus, Measured, Options, measure};
use galley_tests_bench::server::{Server, Sync};
use galley_tests_bench::table;
use galley_tests_support::services::are_required;

const AT_ONCE: usize = 4;
const LIVE: u64 = 20;

async fn check(bus: Bus) -> Measured {
    let options = Options {
        time: Duration::from_millis(100),
        at_once: AT_ONCE,
        chain: 3,
        fan: 5,
        live: LIVE,
        buses: vec![bus],
        program: env!("CARGO_BIN_EXE_galley-tests-bench").into(),
    };
    // Counts that do not add up are an error.
    let measured = measure(&options, bus).await.unwrap();
    assert!(measured.lines.iter().all(|line| line.galley.goals > 0), "{measured:?}");
    let live = measured.live.as_ref().unwrap();
    assert!(live.starts.iter().all(|start| start.goals == LIVE && start.resident > 0), "{live:?}");
    let needs = [("append", 1.0), ("publish a task", 1.0)];
    for (what, least) in needs {
        let times = measured.calls_alone.coordinators.get(what).copied().unwrap_or_default();
        assert!(times >= least, "{what}: {times} a step");
    }
    let reports = measured.calls_alone.agents.get("report").copied().unwrap_or_default();
    assert!(reports >= 1.0, "{reports} reports a step");
    let text = table::render(&measured);
    let rows =
        text.lines().filter(|line| line.contains("chain of 3") || line.contains("fan-out over 5"));
    assert_eq!(rows.count(), measured.lines.len(), "{text}");
    serde_json::to_value(&measured).unwrap();
    measured
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_measured_beside_its_floor() {
    if let Err(why) = Server::look() {
        assert!(!are_required(), "a real nats-server is required here: {why}");
        println!("not run: {why}");
        return;
    }
    let measured = check(Bus::Nats(Sync::Seldom)).await;
    assert!(measured.bare.is_some_and(|bare| bare.sum_ms() > 0.0));
    assert!(measured.lines.iter().all(|line| line.throughput.is_some()), "{measured:?}");
    assert_eq!(measured.lines.len(), 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_measured_without_a_floor() {
    let measured = check(Bus::Embedded).await;
    assert!(measured.bare.is_none() && measured.round_trips.is_none());
    assert_eq!(measured.lines.len(), 6);
}
