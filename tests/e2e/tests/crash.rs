//! kill -9 in the middle of the main job, then resume: exactly one article, nothing done twice.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "in tests, a panic is the report"
)]

use galley_tests_e2e::{Place, Running, done, events};
use galley_tests_support::corpus;
use galley_tests_support::dice::Dice;
use galley_tests_support::wait::until;
use serde_json::Value;

const ROUNDS: u64 = 10;

/// When a kill comes: as chance has it, the same for a seed in every run.
fn moment(seed: u64) -> u64 {
    Dice::new(seed).roll()
}

fn start(place: &Place, args: &[&str]) -> Running {
    let site = place.site();
    let mut all = vec!["run", "--json", "--out", site.to_str().unwrap()];
    all.extend(args);
    Running::start(place.command(&all))
}

/// Begins the main job: on the real documents where they are, which takes longer, else on the
/// samples.
fn begin(place: &Place) -> Running {
    match corpus::shared("customer-service") {
        Some(folder) => start(
            place,
            &["How AI chatbots change customer service", "--sources", folder.to_str().unwrap()],
        ),
        None => start(place, &["How coffee is roasted", "--words", "300"]),
    }
}

/// Goes on after a kill; whether there was something left to do.
fn resume(place: &Place) -> bool {
    match start(place, &["--resume"]).wait() {
        Some(0) => true,
        // The kill came after the end.
        Some(4) => {
            let shown = place.run(&["show", "--json"]).success().json_lines();
            assert_eq!(shown[0]["phase"]["is"], "ended", "{}", shown[0]);
            false
        }
        other => panic!("resume ended with {other:?}"),
    }
}

fn assert_once(place: &Place, round: u64) {
    assert_eq!(place.posts().len(), 1, "round {round}: one article");
    let records = place.records(None);
    let done = done(&records);
    let is_written =
        |event: &&Value| event["is"] == "effect_settled" && event["settlement"]["is"] == "done";
    let written = events(&records).filter(is_written).count();
    assert!(done.values().all(|times| *times == 1), "round {round}: done twice: {done:?}");
    assert_eq!(written, 1, "round {round}: written once");
}

#[test]
fn ten_kills_at_random_moments_leave_one_article_each() {
    // Two strands of rounds side by side.
    let strand = |first: u64| (first..ROUNDS).step_by(2).filter(|round| survives(*round)).count();
    let interrupted = std::thread::scope(|scope| {
        let odd = scope.spawn(|| strand(1));
        strand(0) + odd.join().unwrap()
    });
    assert!(
        interrupted >= 5,
        "only {interrupted} of {ROUNDS} kills came in time to prove anything"
    );
}

/// One kill, and what follows; whether there was something left to do.
#[expect(clippy::print_stdout, reason = "a test says what it saw")]
fn survives(round: u64) -> bool {
    let place = Place::new();
    let mut running = begin(&place);
    // Every line is a change of the goal's status: the kill comes right behind one of them, or
    // before the first.
    let lines = moment(round) % 9;
    until("the goal to be begun", || place.state().join("last-run.json").exists().then_some(()));
    let alive = (0..lines).all(|_| running.line().is_some());
    running.kill();
    let went_on = resume(&place);
    println!("round {round}: killed after {lines} changes, alive {alive}, went on {went_on}");
    assert_once(&place, round);
    went_on
}

#[test]
fn one_goal_survives_many_kills() {
    let place = Place::new();
    let mut running = begin(&place);
    for kill in 0..5 {
        until("the goal to be begun", || {
            place.state().join("last-run.json").exists().then_some(())
        });
        for _ in 0..moment(kill) % 3 {
            running.line();
        }
        running.kill();
        running = start(&place, &["--resume"]);
    }
    drop(running);
    resume(&place);
    assert_once(&place, 0);
}
