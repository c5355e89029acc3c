//! What was measured, for people.

use std::fmt::Write as _;

use crate::bench::{Calls, Line, Measured};
use crate::floor::Bare;
use crate::live::Live;
use crate::stats::{Figures, Spread};

/// The least ratio to the floor's throughput at saturation that is aimed at.
const THROUGHPUT: f64 = 0.5;
/// The most bare round trips that a step may take.
const ROUND_TRIPS: f64 = 3.0;
/// The most bytes for a goal in memory.
const BYTES_A_GOAL: f64 = 2_048.0;
/// The longest restart in milliseconds.
const READY_MS: f64 = 10_000.0;

/// Many live goals alone.
#[must_use]
pub fn live(live: &Live) -> String {
    let mut text = String::new();
    live_lines(&mut text, live);
    text
}

/// Everything about one bus.
#[must_use]
pub fn render(measured: &Measured) -> String {
    let mut text = format!("\n== {}\n", measured.bus);
    let sizes = measured.sizes;
    push(
        &mut text,
        format_args!(
            "messages: goal {} B, record {} B, task {} B, report {} B, verdict {} B",
            sizes.goal, sizes.record, sizes.task, sizes.report, sizes.verdict
        ),
    );
    calls(&mut text, "one goal at a time", &measured.calls_alone);
    calls(&mut text, "many at once", &measured.calls_many);
    if let Some(bare) = &measured.bare {
        bare_lines(&mut text, bare);
    }
    lines(&mut text, &measured.lines);
    if let Some(ratio) = measured.round_trips {
        let ok = held(ratio <= ROUND_TRIPS);
        push(
            &mut text,
            format_args!(
                "a step alone takes {ratio:.2} times its bare round trips; goal: at most {ROUND_TRIPS} {ok}"
            ),
        );
    }
    let best = measured.lines.iter().filter(|line| line.at_once > 1);
    let best = best.filter_map(|line| line.throughput).fold(f64::NAN, f64::max);
    if !best.is_nan() {
        let ok = held(best >= THROUGHPUT);
        push(
            &mut text,
            format_args!(
                "at saturation {best:.2} of the floor at best; goal: at least {THROUGHPUT} {ok}"
            ),
        );
    }
    if let Some(live) = &measured.live {
        live_lines(&mut text, live);
    }
    text
}

fn held(is: bool) -> &'static str {
    if is { "(held)" } else { "(NOT held)" }
}

fn push(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("a string takes everything");
}

fn calls(text: &mut String, when: &str, calls: &Calls) {
    for (role, calls) in [("coordinator", &calls.coordinators), ("agent", &calls.agents)] {
        let shown = calls.iter().filter(|(_, times)| **times >= 0.005);
        let all: Vec<String> = shown.map(|(what, times)| format!("{what} {times:.2}")).collect();
        push(text, format_args!("a step asks, {when}, {role}: {}", all.join(", ")));
    }
}

fn bare_lines(text: &mut String, bare: &Bare) {
    let all = [
        ("append", bare.append),
        ("publish", bare.publish),
        ("pull", bare.pull),
        ("request", bare.request),
        ("ack", bare.ack),
    ];
    let all: Vec<String> =
        all.iter().map(|(what, spread)| format!("{what} {:.3}", spread.p50_ms)).collect();
    push(
        text,
        format_args!("bare, alone, p50 in ms: {}; together {:.3}", all.join(", "), bare.sum_ms()),
    );
}

fn lines(text: &mut String, lines: &[Line]) {
    push(
        text,
        format_args!(
            "{:<16} {:>7} {:>7} | {:>9} {:>22} | {:>9} {:>22} | {:>6} {:>6} | {:>7} {:>7} {:>5}",
            "goals",
            "at once",
            "coords",
            "floor /s",
            "p50/p95/p99 ms",
            "galley /s",
            "p50/p95/p99 ms",
            "rate",
            "time",
            "cpu us",
            "srv us",
            "load"
        ),
    );
    for line in lines {
        let of = |figures: Option<&Figures>| match figures {
            Some(figures) => (format!("{:.0}", figures.steps_a_second), times(figures.step)),
            None => ("-".to_owned(), "-".to_owned()),
        };
        let (floor, galley) = (of(line.floor.as_ref()), of(Some(&line.galley)));
        let ratio =
            |ratio: Option<f64>| ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.2}"));
        let server = line.server_cpu_us.map_or("-".to_owned(), |us| format!("{us:.0}"));
        push(
            text,
            format_args!(
                "{:<16} {:>7} {:>7} | {:>9} {:>22} | {:>9} {:>22} | {:>6} {:>6} | {:>7.0} {server:>7} {:>5.1}",
                line.shape,
                line.at_once,
                line.coordinators,
                floor.0,
                floor.1,
                galley.0,
                galley.1,
                ratio(line.throughput),
                ratio(line.latency),
                line.own_cpu_us,
                line.load
            ),
        );
    }
}

fn times(spread: Spread) -> String {
    format!("{:.2}/{:.2}/{:.2}", spread.p50_ms, spread.p95_ms, spread.p99_ms)
}

fn live_lines(text: &mut String, live: &Live) {
    push(text, format_args!("live goals were written in {:.1} s", live.written_ms / 1e3));
    for start in &live.starts {
        push(
            text,
            format_args!(
                "start with {} live goals after {}, {} in memory at most: ready in {:.2} s {}, swept in {:.1} s, {:.1} MiB",
                start.goals,
                start.after,
                start.cached_max,
                start.ready_ms / 1e3,
                held(start.ready_ms < READY_MS),
                start.swept_ms / 1e3,
                mib(start.resident)
            ),
        );
    }
    let ok = held(live.bytes_a_goal < BYTES_A_GOAL);
    push(
        text,
        format_args!(
            "a live goal in memory takes {:.0} B; goal: under {BYTES_A_GOAL} {ok}",
            live.bytes_a_goal
        ),
    );
}

fn mib(bytes: u64) -> f64 {
    crate::stats::number(bytes / 1024) / 1024.0
}
