//! Approvals: who, how many, about what, until when.

use galley_coordinator_goal::{Command, content_hash};
use serde_json::json;

use crate::script::{check, play};

fn ask(approval: &str) -> String {
    format!(
        "workflow: w
steps:
  draft: {{ agent: k }}
  approve: {{ approval: {approval}, with: '${{draft}}' }}
  publish: {{ agent: k, with: {{ a: '${{approve}}' }} }}"
    )
}

#[test]
fn an_approval_goes_on_with_what_was_shown() {
    let world = check(
        &ask("{ by: [ann, bob], within: 1h }"),
        r#"
        submit                     : submitted, offered draft#1, armed 30m
        done draft {"t": 1}        : done draft, asks approve
        answer approve eve approve : =refused GLY0174
        answer approve ann happened : =refused GLY0175
        answer approve ann approve : answered approve ann approve, closed approve yes, offered publish#1
        answer approve bob reject  : =refused GLY0172
        "#,
    );
    let want = json!({"approved": true, "value": {"t": 1}, "by": ["ann"], "note": "as I see it"});
    assert_eq!(world.offer("publish").input["a"], want);
}

#[test]
fn an_answer_counts_only_for_the_content_it_was_given_for() {
    let mut world = check(
        &ask("{ within: 1h }"),
        r#"
        submit              : submitted, offered draft#1, armed 30m
        done draft {"t": 1} : done draft, asks approve
        "#,
    );
    assert_eq!(world.content("approve"), Some(content_hash(&json!({"t": 1}))));
    for content in [None, Some(content_hash(&json!({"t": 2})))] {
        let answer = world.answer("approve", "ann", "approve", None);
        let decision =
            world.tell(&Command::Answer(galley_schemas::input::Answer { content, ..answer }));
        assert!(decision.events.is_empty(), "{decision:?}");
    }
    play(
        world,
        "answer approve ann approve : answered approve ann approve, closed approve yes, offered publish#1",
    );
}

#[test]
fn a_quorum_counts_people_and_an_edit_asks_them_again() {
    let world = check(
        &ask("{ by: [ann, bob, cat], quorum: 2, within: 1h }"),
        r#"
        submit                        : submitted, offered draft#1, armed 30m
        done draft "one"              : done draft, asks approve
        answer approve ann approve    : answered approve ann approve
        answer approve ann approve    : -
        answer approve bob edit "two" : answered approve bob edit
        answer approve bob approve    : -
        answer approve ann approve    : answered approve ann approve, closed approve yes, offered publish#1
        "#,
    );
    let approved = &world.offer("publish").input["a"];
    assert_eq!((&approved["value"], &approved["by"]), (&json!("two"), &json!(["bob", "ann"])));
}

#[test]
fn an_edit_of_the_only_one_asked_is_an_approval() {
    let world = check(
        &ask("{ within: 1h }"),
        r#"
        submit                        : submitted, offered draft#1, armed 30m
        done draft "one"              : done draft, asks approve
        answer approve ann edit "two" : answered approve ann edit, closed approve yes, offered publish#1
        "#,
    );
    assert_eq!(world.offer("publish").input["a"]["value"], json!("two"));
}

#[test]
fn one_refusal_cancels_the_goal() {
    check(
        &ask("{ quorum: 2, within: 1h }"),
        r#"
        submit                     : submitted, offered draft#1, armed 30m
        done draft "one"           : done draft, asks approve
        answer approve ann approve : answered approve ann approve
        answer approve bob reject  : answered approve bob reject, closed approve no, unwinding cancelled by bob, ended cancelled by bob, !disarm
        "#,
    );
}

#[test]
fn a_refusal_with_something_to_go_on_with_goes_on() {
    let world = check(
        &ask("{ within: 1h, otherwise: { go: { approved: false } } }"),
        r#"
        submit                    : submitted, offered draft#1, armed 30m
        done draft "one"          : done draft, asks approve
        answer approve bob reject : answered approve bob reject, closed approve no, offered publish#1
        "#,
    );
    assert_eq!(world.offer("publish").input["a"], json!({"approved": false}));
}

#[track_caller]
fn check_out_of_time(otherwise: &str, want: &str) {
    check(
        &ask(&format!("{{ within: 10m, otherwise: {otherwise} }}")),
        &format!(
            r#"
            submit           : submitted, offered draft#1, armed 30m
            done draft "one" : done draft, asks approve, armed 10m
            fire             : fired, {want}
            "#
        ),
    );
}

#[test]
fn without_an_answer_in_time_it_goes_as_the_workflow_says() {
    check_out_of_time(
        "fail",
        "failed approve GLY0169, unwinding failed GLY0169, ended failed GLY0169",
    );
    check_out_of_time(
        "reject",
        "closed approve no, unwinding cancelled by system, ended cancelled by system",
    );
    check_out_of_time("approve", "closed approve yes, offered publish#1, armed 30m");
    check_out_of_time("{ go: 1 }", "failed approve GLY0169, offered publish#1, armed 30m");
}

#[test]
fn without_a_with_people_are_shown_what_the_step_needs() {
    let world = check(
        "workflow: w
steps:
  draft: { agent: k }
  approve: { approval: { within: 1h }, after: [draft] }",
        r#"
        submit           : submitted, offered draft#1, armed 30m
        done draft "one" : done draft, asks approve
        "#,
    );
    assert_eq!(world.content("approve"), Some(content_hash(&json!({"draft": "one"}))));
}
