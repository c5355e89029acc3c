//! One step after the other: offers, results, retries, deadlines.

use serde_json::json;

use crate::script::check;

const TWO: &str = "
workflow: two
steps:
  brief: { agent: ingestion, with: { topic: '${input.topic}' }, within: 10m }
  draft: { agent: drafting, with: { brief: '${brief}' }, within: 20m, retry: { times: 2, first: 5s } }
";

#[test]
fn a_result_makes_the_next_step_possible() {
    let world = check(
        TWO,
        r#"
        submit {"topic": "tea"}  : submitted, offered brief#1, armed 10m
        done brief {"x": 1}      : done brief, offered draft#1
        done draft {"y": 2}      : done draft, ended succeeded, !disarm
        "#,
    );
    assert_eq!(world.offer("brief").input, json!({"topic": "tea"}));
    assert_eq!(world.offer("draft").input, json!({"brief": {"x": 1}}));
}

#[test]
fn the_output_of_a_goal_is_that_of_its_last_steps() {
    let world = check(
        "workflow: w
steps:
  a: { agent: k }
  b: { agent: k, with: { a: '${a}' } }
  c: { agent: k, with: { a: '${a}' }, when: 'false' }
  d: { agent: k, with: { a: '${a}' } }",
        "
        submit      : submitted, offered a#1, armed 30m
        done a      : done a, skipped c, offered b#1, offered d#1
        done d [4]  : done d
        done b [2]  : done b, ended succeeded, !disarm
        ",
    );
    let ending = serde_json::to_value(world.goal.ending()).unwrap();
    assert_eq!(ending, json!({"is": "succeeded", "output": {"b": [2], "c": null, "d": [4]}}));
}

#[test]
fn a_failure_that_may_pass_is_tried_again_after_a_delay() {
    check(
        TWO,
        "
        submit               : submitted, offered brief#1, armed 10m
        done brief           : done brief, offered draft#1
        fail draft retryable : attempt_failed draft GLY0999, retry draft 5s, armed 5s
        fire                 : fired, offered draft#2, armed 20m
        stale draft          : =stale
        fail draft retryable : attempt_failed draft GLY0999, failed draft GLY0999, unwinding failed GLY0999, ended failed GLY0999, !disarm
        ",
    );
}

#[test]
fn a_failure_that_would_repeat_is_not_tried_again() {
    check(
        TWO,
        "
        submit     : submitted, offered brief#1, armed 10m
        fail brief : attempt_failed brief GLY0999, failed brief GLY0999, unwinding failed GLY0999, ended failed GLY0999, !disarm
        ",
    );
}

#[test]
fn an_attempt_that_is_silent_is_given_up_and_fenced_off() {
    check(
        TWO,
        "
        submit      : submitted, offered brief#1, armed 10m
        done brief  : done brief, offered draft#1
        fire        : fired, armed 10m
        fire        : fired, attempt_failed draft GLY0160, retry draft 5s, armed 5s
        again draft : =stale
        fire        : fired, offered draft#2, armed 20m
        stale draft : =stale
        done draft  : done draft, ended succeeded, !disarm
        ",
    );
}

#[test]
fn a_result_whose_answer_got_lost_is_accepted_again_and_changes_nothing() {
    check(
        TWO,
        "
        submit         : submitted, offered brief#1, armed 10m
        progress brief : -
        done brief     : done brief, offered draft#1
        again brief    : -
        progress brief : =stale
        done draft     : done draft, ended succeeded, !disarm
        again draft    : -
        ",
    );
}

#[test]
fn a_step_with_something_to_go_on_with_does_not_fail_the_goal() {
    let world = check(
        "workflow: w
steps:
  a: { agent: k, otherwise: { go: { n: 0 } } }
  b: { agent: k, with: { a: '${a.n}' } }",
        "
        submit : submitted, offered a#1, armed 30m
        fail a : attempt_failed a GLY0999, failed a GLY0999, offered b#1
        ",
    );
    assert_eq!(world.offer("b").input, json!({"a": 0}));
}

#[test]
fn an_expression_without_a_value_fails_its_step() {
    check(
        "workflow: w
steps:
  a: { agent: k }
  b: { agent: k, with: { n: '${a + 1}' } }",
        r#"
        submit         : submitted, offered a#1, armed 30m
        done a "text"  : done a, failed b GLY0140, unwinding failed GLY0140, ended failed GLY0140, !disarm
        "#,
    );
}

#[test]
fn a_result_that_is_too_large_counts_as_a_failure() {
    let large = format!("done draft \"{}\"", "x".repeat(65_536));
    let script = format!(
        "
        submit     : submitted, offered brief#1, armed 10m
        done brief : done brief, offered draft#1
        {large} : attempt_failed draft GLY0163, retry draft 5s, armed 5s, =malformed GLY0163
        "
    );
    check(TWO, &script);
}

#[test]
fn what_comes_after_the_end_changes_nothing_but_is_kept() {
    check(
        TWO,
        "
        submit      : submitted, offered brief#1, armed 10m
        fail brief  : attempt_failed brief GLY0999, failed brief GLY0999, unwinding failed GLY0999, ended failed GLY0999, !disarm
        again brief : =stale
        submit      : -
        stop goal   : -
        cancel goal : -
        note        : outcome
        reject      : rejected
        answer brief ann approve : =refused GLY0172
        signal brief : =refused GLY0179
        ",
    );
}

#[test]
fn before_it_begins_a_goal_takes_nothing() {
    check(
        TWO,
        "
        note      : =refused GLY0177
        stop goal : =refused GLY0177
        answer brief ann approve : =refused GLY0172
        ",
    );
}
