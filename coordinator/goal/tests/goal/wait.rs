//! Steps that wait for a time or a signal.

use serde_json::json;

use crate::script::check;

fn waits(wait: &str) -> String {
    format!(
        "workflow: w
steps:
  pause: {{ wait: {wait} }}
  next: {{ agent: k, with: {{ p: '${{pause}}' }} }}"
    )
}

#[test]
fn a_wait_for_a_time_ends_by_itself() {
    check(
        &waits("{ for: 2h }"),
        "
        submit       : submitted, waits pause 2h, armed 2h
        signal pause : =refused GLY0179
        fire         : fired, wait_ended pause, offered next#1, armed 30m
        ",
    );
    check(
        &waits("{ until: '${input.at}' }"),
        r#"
        submit {"at": "2027-01-01T01:00:00Z"} : submitted, waits pause 1h, armed 1h
        "#,
    );
}

#[test]
fn a_signal_ends_a_wait_with_what_it_carries() {
    let world = check(
        &waits("{ signal: true, within: 1h }"),
        r#"
        submit                : submitted, waits pause 1h, armed 1h
        signal next           : =refused GLY0179
        signal pause {"n": 1} : wait_ended pause, offered next#1, armed 30m
        signal pause {"n": 2} : =refused GLY0179
        "#,
    );
    assert_eq!(world.offer("next").input, json!({"p": {"n": 1}}));
}

#[test]
fn a_signal_that_does_not_come_fails_the_step() {
    check(
        &waits("{ signal: true, within: 1h }"),
        "
        submit : submitted, waits pause 1h, armed 1h
        fire   : fired, failed pause GLY0170, unwinding failed GLY0170, ended failed GLY0170
        ",
    );
    check(
        &waits("{ signal: true, within: 1h, otherwise: { go: 7 } }"),
        "
        submit : submitted, waits pause 1h, armed 1h
        fire   : fired, failed pause GLY0170, offered next#1, armed 30m
        ",
    );
}

#[test]
fn a_time_that_cannot_be_read_or_lies_too_far_fails_the_step() {
    check(
        &waits("{ until: '${input.at}' }"),
        r#"
        submit {"at": "soon"} : submitted, failed pause GLY0171, unwinding failed GLY0171, ended failed GLY0171
        "#,
    );
    check(
        &waits("{ until: '${input.at}', within: 1h }"),
        r#"
        submit {"at": "2028-01-01T00:00:00Z"} : submitted, failed pause GLY0178, unwinding failed GLY0178, ended failed GLY0178
        "#,
    );
}
