//! Goals that happened: their records, and what follows from them.

use std::collections::{BTreeMap, BTreeSet};

use galley_bus_core::clock::{Chance as _, Clock as _, SystemChance, SystemClock};
use galley_bus_core::feedback::{Parcel, parcels};
use galley_bus_core::log::{Entry, GoalLog, Seq};
use galley_schemas::id::GoalId;
use galley_schemas::record::Record;
use serde_json::{Value, json};

/// The decision in every story.
pub(crate) const DECISION: &str = "headline_style";

/// What happens in a goal.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Story {
    /// Which of the two options it takes, each with probability 1/2.
    pub option: usize,
    /// The score of its review.
    pub score: f64,
}

/// Appends a goal's records; returns the goal.
pub(crate) async fn happen(log: &dyn GoalLog, story: Story) -> GoalId {
    let goal = SystemChance.goal_id(SystemClock.now());
    let mut last = Seq::START;
    for events in events(goal, story) {
        last = log.append(&goal, last, &record(goal, events)).await.unwrap();
    }
    goal
}

/// A record with these events.
pub(crate) fn record(goal: GoalId, events: Value) -> Record {
    let mut record = json!({ "goal": goal, "cause": "c", "acts": [] });
    record["at"] = json!(SystemClock.now());
    record["events"] = events;
    serde_json::from_value(record).unwrap()
}

fn events(goal: GoalId, story: Story) -> [Value; 4] {
    let at = SystemClock.now();
    let spent = json!({ "usd_micros": 0, "tokens": 10, "calls": 1, "wall_ms": 5 });
    let done = |task: &str, output: Value, choices: Value| {
        let mut done = json!({ "is": "done", "task": task, "attempt": 1, "spent": spent });
        done["output"] = output;
        done["choices"] = choices;
        json!([done])
    };
    let submission = json!({ "goal": goal, "workflow": "article", "input": { "topic": "t" } });
    let workflow = json!({ "name": "article", "version": "0".repeat(64) });
    let choice = json!({
        "decision": DECISION, "options": ["how", "number"], "probabilities": [0.5, 0.5],
        "chosen": story.option, "policy": "uniform",
    });
    let review = json!({ "verdict": "pass", "score": story.score });
    [
        json!([{
            "is": "submitted", "submission": submission, "workflow": workflow, "budget": {},
            "epoch": 0, "at": at,
        }]),
        done("ideas", json!(null), json!([choice])),
        done("review", review, json!([])),
        json!([{ "is": "ended", "ending": { "is": "succeeded", "output": {} }, "spent": spent,
            "at": at }]),
    ]
}

/// Everything that a log says, by the same projection and at once.
pub(crate) async fn told(log: &dyn GoalLog) -> Vec<Parcel> {
    let mut told = Vec::new();
    let mut after = Seq::START;
    loop {
        let entries: Vec<Entry> = log.tail(after, 500).await.unwrap();
        let Some(last) = entries.last() else { return told };
        after = last.seq;
        told.extend(entries.iter().flat_map(|entry| parcels(entry).0));
    }
}

/// The ids of what was received, each with what it says; and how many came more than once.
pub(crate) fn by_id(payloads: &[bytes::Bytes]) -> (BTreeMap<String, bytes::Bytes>, usize) {
    let mut seen = BTreeMap::new();
    let mut again = 0;
    for payload in payloads {
        let event: Value = serde_json::from_slice(payload).unwrap();
        let id = event["id"].as_str().unwrap().to_owned();
        if let Some(before) = seen.insert(id.clone(), payload.clone()) {
            assert_eq!(before, *payload, "{id} says two things");
            again += 1;
        }
    }
    (seen, again)
}

/// The ids of parcels.
pub(crate) fn ids(parcels: &[Parcel]) -> BTreeSet<String> {
    parcels.iter().map(|parcel| parcel.id.as_str().to_owned()).collect()
}
