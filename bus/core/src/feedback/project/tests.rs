use chrono::DateTime;
use galley_schemas::envelope::CloudEvent;
use galley_schemas::id::GoalId;
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::strategy::Just;
use serde_json::json;
use uuid::Uuid;

use super::*;

fn record(events: Value) -> Record {
    let goal = GoalId::new(Uuid::from_u128(7));
    let mut record = json!({
        "goal": goal, "at": "2026-11-22T09:00:00Z", "cause": "c", "acts": [],
    });
    record["events"] = events;
    serde_json::from_value(record).unwrap()
}

/// What the facts of a record with these events are called, after the goal.
fn check(events: Value, want: &[(&str, Value)]) {
    let record = record(events);
    let told: Vec<(String, Value)> = facts(Seq(5), &record)
        .into_iter()
        .map(|(id, fact)| {
            assert_eq!((fact.goal, fact.seq), (record.goal, 5));
            let place = id.as_str().strip_prefix(&format!("{}/", record.goal)).unwrap();
            (place.to_owned(), serde_json::to_value(fact.what).unwrap())
        })
        .collect();
    let want: Vec<(String, Value)> =
        want.iter().map(|(id, what)| ((*id).to_owned(), what.clone())).collect();
    assert_eq!(told, want);
}

fn amount() -> Value {
    json!({ "usd_micros": 1, "tokens": 2, "calls": 3, "wall_ms": 4 })
}

fn choice() -> Value {
    json!({
        "decision": "style", "options": ["a", "b"], "probabilities": [0.5, 0.5], "chosen": 1,
        "policy": "uniform",
    })
}

fn done(output: Value, choices: Value) -> Value {
    let mut done = json!({ "is": "done", "task": "t", "attempt": 1, "spent": amount() });
    done["output"] = output;
    done["choices"] = choices;
    done
}

#[test]
fn a_finished_task_tells_its_cost_its_judgement_and_its_choices() {
    let spent = json!({ "is": "spent", "task": "t", "attempt": 1, "spent": amount() });
    let chose = json!({ "is": "chose", "task": "t", "choice": choice() });
    check(
        json!([{ "is": "alarm_armed", "at": "2026-11-22T09:00:00Z" }, done(
            json!({ "verdict": "revise", "score": 0.5, "more": 1 }), json!([choice(), choice()]),
        )]),
        &[
            ("5/1/spent", spent.clone()),
            (
                "5/1/reviewed",
                json!({ "is": "reviewed", "task": "t", "score": 0.5, "verdict": "revise" }),
            ),
            ("5/1/chose.0", chose.clone()),
            ("5/1/chose.1", chose),
        ],
    );
    for no_judgement in [
        json!({ "score": 0.5 }),
        json!({ "verdict": "pass" }),
        json!({ "verdict": "brilliant", "score": 1 }),
        json!({ "verdict": "pass", "score": "high" }),
        json!("pass"),
    ] {
        check(json!([done(no_judgement, json!([]))]), &[("5/0/spent", spent.clone())]);
    }
    let capped = json!({ "is": "reviewed", "task": "t", "score": 1.0, "verdict": "pass" });
    let output = json!({ "verdict": "pass", "score": 7 });
    check(json!([done(output, json!([]))]), &[("5/0/spent", spent), ("5/0/reviewed", capped)]);
}

#[test]
fn people_and_outside_measures_are_told() {
    let answered = |verdict: &str| {
        json!([{
            "is": "answered", "task": "t", "by": "mara", "note": "private",
            "verdict": { "is": verdict, "value": 1 },
        }])
    };
    for (verdict, said) in
        [("approve", "approved"), ("approve_edited", "edited"), ("reject", "rejected")]
    {
        let what = json!({ "is": "answered", "task": "t", "by": "mara", "said": said });
        check(answered(verdict), &[("5/0/answered", what)]);
    }
    check(answered("happened"), &[]);
    check(answered("did_not_happen"), &[]);
    check(
        json!([{ "is": "approval_closed", "task": "t", "approved": false, "value": {} }]),
        &[("5/0/settled", json!({ "is": "settled", "task": "t", "approved": false }))],
    );
    let goal = GoalId::new(Uuid::from_u128(7));
    let at = "2026-11-22T09:00:00Z";
    check(
        json!([{ "is": "outcome_noted", "feedback": {
            "goal": goal, "outcome": "views", "value": 3.0, "by": "web", "at": at,
        }}]),
        &[(
            "5/0/measured",
            json!({ "is": "measured", "outcome": "views", "value": 3.0, "by": "web", "at": at }),
        )],
    );
}

#[test]
fn beginning_and_ending_are_told() {
    let goal = GoalId::new(Uuid::from_u128(7));
    let workflow = json!({ "name": "article", "version": "0".repeat(64) });
    let submission = json!({
        "goal": goal, "workflow": "article", "input": { "topic": "private" }, "by": "mara",
        "parent": { "goal": goal, "task": "t", "depth": 1 },
    });
    check(
        json!([{
            "is": "submitted", "submission": submission, "workflow": workflow, "budget": {},
            "epoch": 0, "at": "2026-11-22T09:00:00Z",
        }]),
        &[(
            "5/0/began",
            json!({ "is": "began", "workflow": workflow, "by": "mara", "parent": goal }),
        )],
    );
    for (ending, how, code) in [
        (json!({ "is": "succeeded", "output": { "a": 1 } }), "succeeded", None),
        (
            json!({ "is": "failed", "fault": { "code": "GLY0701", "message": "m" } }),
            "failed",
            Some("GLY0701"),
        ),
        (json!({ "is": "cancelled", "by": "mara", "reason": "r" }), "cancelled", None),
    ] {
        let mut what = json!({ "is": "ended", "how": how, "spent": amount() });
        if let Some(code) = code {
            what["code"] = json!(code);
        }
        let at = "2026-11-22T09:00:00Z";
        check(
            json!([{ "is": "ended", "ending": ending, "spent": amount(), "at": at }]),
            &[("5/0/ended", what)],
        );
    }
}

#[test]
fn a_fact_that_is_too_large_is_passed_over_and_counted() {
    let mut large = choice();
    large["options"] = json!(["a", "b".repeat(FACT_BYTES_MAX)]);
    let record = record(json!([done(json!(null), json!([choice(), large]))]));
    let (parcels, too_large) = parcels(&Entry { seq: Seq(5), record });
    let ids: Vec<&str> =
        parcels.iter().map(|p| p.id.as_str().rsplit('/').next().unwrap()).collect();
    assert_eq!((ids, too_large), (vec!["spent", "chose.0"], 1));
}

fn any_event() -> impl Strategy<Value = Value> {
    let output = prop_oneof![
        Just(json!(null)),
        any::<f64>().prop_map(|score| json!({ "verdict": "pass", "score": score })),
    ];
    prop_oneof![
        (output, 0_usize..4).prop_map(|(output, n)| done(output, json!(vec![choice(); n]))),
        Just(json!({ "is": "approval_closed", "task": "t", "approved": true, "value": 1 })),
        Just(json!({ "is": "alarm_fired", "at": "2026-11-22T09:00:00Z" })),
        Just(json!({ "is": "skipped", "step": "s", "round": 0 })),
    ]
}

proptest! {
    #[test]
    fn the_same_record_gives_the_same_bytes_and_every_fact_an_id_of_its_own(
        events in vec(any_event(), 0..8), seq in any::<u64>(),
    ) {
        let entry = Entry { seq: Seq(seq), record: record(Value::from(events)) };
        let (once, _) = parcels(&entry);
        prop_assert_eq!(&parcels(&entry).0, &once);
        let ids: std::collections::BTreeSet<_> = once.iter().map(|p| p.id.clone()).collect();
        prop_assert_eq!(ids.len(), once.len());
        for parcel in once {
            let event: CloudEvent<Fact> = serde_json::from_slice(&parcel.payload).unwrap();
            prop_assert_eq!(&event.id, &parcel.id);
            prop_assert_eq!(event.subject, Some(parcel.goal.to_string()));
            prop_assert_eq!((event.data.goal, event.data.seq), (entry.record.goal, seq));
            prop_assert!(event.time == "2026-11-22T09:00:00Z".parse::<DateTime<Utc>>().unwrap());
        }
    }

    #[test]
    fn more_events_in_a_record_change_no_id_before_them(
        events in vec(any_event(), 0..6), more in vec(any_event(), 0..3),
    ) {
        let short = facts(Seq(1), &record(Value::from(events.clone())));
        let long = facts(Seq(1), &record(Value::from([events, more].concat())));
        prop_assert_eq!(&long[..short.len()], &short[..]);
    }
}
