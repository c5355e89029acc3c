//! `galley conformance`: our own agents and one in another language keep the contract, and whoever
//! breaks a promise is found out.

#![expect(clippy::unwrap_used, reason = "in tests, a panic is the report")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use galley_tests_e2e::nats::{KINDS, OnNats, client, python};
use galley_tests_e2e::{Place, Running};
use serde_json::Value;

/// Every check but the one that waits for a sign of life.
const QUICK: [&str; 15] = [
    "takes",
    "names-its-attempt",
    "reports-to",
    "output",
    "unknown-field",
    "falls-back",
    "asks-again",
    "acknowledges",
    "redelivered",
    "announces",
    "stale",
    "stop",
    "bad-input",
    "malformed",
    "no-offer",
];

/// How each check ended.
type Outcomes = BTreeMap<String, String>;

/// Checks agents of a kind, and fails unless the command ends with this code.
#[track_caller]
fn check(on: &OnNats, args: &[&str], code: i32) -> Outcomes {
    let ran = on.run(&[&["conformance", "--json"], args].concat()).exits(code);
    let text = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
    ran.json_lines()
        .iter()
        .map(|line| {
            assert!(!text(line, "law").is_empty());
            (text(line, "check"), text(line, "outcome"))
        })
        .collect()
}

/// Those that ended in another way than with a promise kept.
fn not_kept(outcomes: &Outcomes) -> Vec<(&str, &str)> {
    let all = outcomes.iter().map(|(check, outcome)| (check.as_str(), outcome.as_str()));
    all.filter(|(_, outcome)| *outcome != "kept").collect()
}

/// What each kind was handed in a goal's course.
fn inputs(records: &[Value]) -> BTreeMap<String, Value> {
    let acts = records.iter().filter_map(|record| record.pointer("/record/acts"));
    let offers = acts.filter_map(Value::as_array).flatten().filter_map(|act| act.get("offer"));
    offers
        .map(|offer| (offer["kind"].as_str().unwrap().to_owned(), offer["input"].clone()))
        .collect()
}

/// What the ideation agent in Python takes, on a bus that carried a goal.
fn brief(on: &OnNats) -> String {
    let path = on.path("ideation.json");
    let brief = serde_json::json!({ "brief": {
        "topic": "How coffee is roasted", "keyphrase": "coffee", "language": "en",
        "intention": "explain", "audience": null, "words": 900, "sources": 1, "skipped": 0,
        "similar": [],
        "corpus": { "sha256": "0".repeat(64), "bytes": 3, "media_type": "application/json" },
    } });
    fs::write(&path, brief.to_string()).unwrap();
    format!("@{}", path.display())
}

#[test]
fn every_agent_of_ours_and_one_in_python_keep_the_contract() {
    // Side by side, each on a server of its own: what takes its time is waiting for signs of life.
    std::thread::scope(|scope| {
        scope.spawn(ours_keep_it);
        scope.spawn(one_in_python_keeps_it);
    });
}

fn ours_keep_it() {
    let Some(on) = OnNats::start() else { return };
    let coordinator = on.role(&["coordinator"]);
    let _agents = on.agents_but(&[]);
    let goal = on.submit(&["How coffee is roasted", "--words", "300", "--autonomous"]);
    on.succeeds(&goal);
    let inputs = inputs(&on.records(Some(&goal)));
    assert_eq!(coordinator.process.terminate(), Some(0));
    std::thread::scope(|scope| {
        for kind in KINDS {
            let (on, input) = (&on, inputs.get(kind).unwrap().to_string());
            scope.spawn(move || {
                let outcomes = check(on, &[kind, "--input", &input], 0);
                let quiet: &[_] = match kind {
                    "publishing" => &[],
                    _ => &[("announces", "not_observed")],
                };
                assert_eq!(not_kept(&outcomes), quiet, "{kind}");
                assert_eq!(outcomes.len(), QUICK.len() + 1);
            });
        }
    });
}

fn one_in_python_keeps_it() {
    let (Some(on), Some(python)) = (OnNats::start(), python()) else { return };
    let _agent = Running::start(on.script(&python, "python_agent.py"));
    let outcomes = check(&on, &["ideation", "--input", &brief(&on)], 0);
    assert_eq!(not_kept(&outcomes), [("announces", "not_observed")]);
}

#[test]
fn whoever_breaks_a_promise_is_found_out_for_that_alone() {
    let (Some(on), Some(python)) = (OnNats::start(), python()) else { return };
    let input = brief(&on);
    let broken = QUICK.into_iter().chain(["heartbeat"]);
    std::thread::scope(|scope| {
        scope.spawn(|| the_same_agent_breaks_none(&on, &python, &input));
        for breaks in broken {
            let (on, python, input) = (&on, &python, &input);
            scope.spawn(move || {
                // Whoever shows no sign of life in 60 seconds shows none in six.
                let loan = if breaks == "heartbeat" { "6" } else { "60" };
                // The card that comes with Galley says what an output is; the others need none.
                let kind = if breaks == "output" { "ideation" } else { &format!("bad-{breaks}") };
                let _agent = bad_agent(on, python, (kind, breaks));
                let only = ["--only", breaks, "--wait", "15", "--loan", loan];
                let outcomes = check(on, &[&[kind, "--input", input], &only[..]].concat(), 1);
                assert_eq!(not_kept(&outcomes), [(breaks, "broken")]);
            });
        }
    });
}

/// An agent of a kind that breaks what it is told to.
fn bad_agent(on: &OnNats, python: &Path, (kind, breaks): (&str, &str)) -> Running {
    let _made = on.run(&["bus", "init", "--kinds", kind]).success();
    let mut agent = on.script(python, "bad_agent.py");
    agent.env("KIND", kind).env("BREAKS", breaks);
    Running::start(agent)
}

/// The same agent, told to break nothing.
fn the_same_agent_breaks_none(on: &OnNats, python: &Path, input: &str) {
    let _agent = bad_agent(on, python, ("good", "nothing"));
    let args = [&["good", "--input", input, "--only"], &QUICK[..]].concat();
    let outcomes = check(on, &args, 0);
    assert_eq!(not_kept(&outcomes), [("announces", "not_observed"), ("output", "not_observed")]);
}

#[test]
fn nothing_is_checked_where_others_work_or_nothing_can_be_tried() {
    let Some(on) = OnNats::start() else { return };
    let told = |args: &[&str], exit: i32| on.run(args).exits(exit).err();
    assert!(told(&["conformance", "seo"], 2).contains("GLY0032"));
    let nobody = check(&on, &["ingestion", "--only", "takes", "stop", "--wait", "1"], 1);
    assert_eq!(not_kept(&nobody), [("stop", "not_observed"), ("takes", "broken")]);
    // What was handed out there is not in the way of the next check; what others handed out is.
    let agent = on.agent("ingestion");
    let somebody = check(&on, &["ingestion", "--only", "takes"], 0);
    assert_eq!(not_kept(&somebody), []);
    assert_eq!(agent.process.terminate(), Some(0));
    let Some(client) = client() else { return };
    let _sent = on.client(&client, &["pub", "galley.task.ingestion", "{}"]).success();
    let occupied = told(&["conformance", "ingestion", "--wait", "2"], 1);
    assert!(occupied.contains("1 tasks of kind ingestion"), "{occupied}");
    let _coordinator = on.role(&["coordinator"]);
    let refused = told(&["conformance", "fact-check", "--input", "{}"], 1);
    assert!(refused.contains("GLY0030") && refused.contains("deploy/services/nats"), "{refused}");
    let no_bus = Place::new().run(&["conformance", "ingestion"]).exits(2).err();
    assert!(no_bus.contains("GLY0031") && no_bus.contains("--bus"), "{no_bus}");
}
