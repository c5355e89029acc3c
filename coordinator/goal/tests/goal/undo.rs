//! What was done is undone, last first.

use serde_json::json;

use crate::script::check;

const UNDO: &str = "
workflow: w
steps:
  a: { agent: k, undo: { agent: cleaner, with: { was: '${a}' } } }
  b: { agent: k, after: [a], each: '${input.list}', with: { n: '${item}' }, undo: { agent: cleaner, with: { was: '${b}', n: '${item}' } }, retry: { times: 2, first: 5s } }
  c: { agent: k, after: [b], retry: { times: 1 } }
";

#[test]
fn a_failure_undoes_what_was_done_in_reverse_order() {
    let world = check(
        UNDO,
        r#"
        submit {"list": [7, 8]} : submitted, offered a#1, armed 30m
        done a "A"    : done a, fanned b 2, offered b.0#1, offered b.1#1
        done b.1 "B1" : done b.1
        done b.0 "B0" : done b.0, offered c#1
        fail c        : attempt_failed c GLY0999, failed c GLY0999, unwinding failed GLY0999, offered b.0!#1
        done b.0!     : done b.0!, offered b.1!#1
        again b.0!    : =stale
        done b.1!     : done b.1!, offered a!#1
        done a!       : done a!, ended failed GLY0999, !disarm
        "#,
    );
    assert_eq!(world.offer("b.0!").input, json!({"was": "B0", "n": 7}));
    assert_eq!(world.offer("a!").input, json!({"was": "A"}));
    assert_eq!(world.offer("a!").kind.as_str(), "cleaner");
    assert_eq!(world.offer("b.0!").undoes.as_ref().unwrap().as_str(), "b.0");
}

#[test]
fn an_undo_is_tried_again_and_its_failure_does_not_hold_up_the_others() {
    check(
        UNDO,
        r#"
        submit {"list": [7]} : submitted, offered a#1, armed 30m
        done a      : done a, fanned b 1, offered b.0#1
        done b.0    : done b.0, offered c#1
        cancel goal : unwinding cancelled by eve, offered b.0!#1
        done c      : =stale
        fail b.0! retryable : attempt_failed b.0! GLY0999, retry b.0! 5s, armed 5s
        fire        : fired, offered b.0!#2, armed 30m
        fail b.0! retryable : attempt_failed b.0! GLY0999, undo_failed b.0! GLY0999, offered a!#1
        cancel goal : -
        done a!     : done a!, ended cancelled by eve, !disarm
        "#,
    );
}

#[test]
fn a_sub_goal_that_succeeds_before_it_can_be_cancelled_is_undone_first() {
    check(
        "workflow: w
steps:
  a: { agent: k, undo: { agent: k } }
  sub: { goal: article, after: [a], undo: { agent: k, with: { was: '${sub}' } } }",
        "
        submit        : submitted, offered a#1, armed 30m
        done a        : done a, child sub
        cancel goal   : unwinding cancelled by eve, !cancel_child
        child sub succeeded : child_ended sub, offered sub!#1
        done sub!     : done sub!, offered a!#1
        done a!       : done a!, ended cancelled by eve, !disarm
        ",
    );
}

#[test]
fn an_undo_that_is_silent_is_given_up_like_any_task() {
    check(
        "workflow: w
steps:
  a: { agent: k, undo: { agent: k }, retry: { times: 1 } }
  b: { agent: k, after: [a] }",
        "
        submit      : submitted, offered a#1, armed 30m
        done a      : done a, offered b#1
        cancel goal : unwinding cancelled by eve, offered a!#1
        fire        : fired, attempt_failed a! GLY0160, undo_failed a! GLY0160, ended cancelled by eve
        ",
    );
}

#[test]
fn an_undo_whose_input_has_no_value_has_failed() {
    check(
        "workflow: w
steps:
  a: { agent: k, undo: { agent: k } }
  b: { agent: k, after: [a], undo: { agent: k, with: { was: '${b + 1}' } } }
  c: { agent: k, after: [b] }",
        r#"
        submit       : submitted, offered a#1, armed 30m
        done a       : done a, offered b#1
        done b "text" : done b, offered c#1
        cancel goal  : unwinding cancelled by eve, undo_failed b! GLY0140, offered a!#1
        done a!      : done a!, ended cancelled by eve, !disarm
        "#,
    );
}

#[test]
fn an_undo_has_effects_and_questions_like_any_task() {
    check(
        "workflow: w
steps:
  a: { agent: k, undo: { agent: k } }
  b: { agent: k, after: [a] }",
        "
        submit      : submitted, offered a#1, armed 30m
        done a      : done a, offered b#1
        cancel goal : unwinding cancelled by eve, offered a!#1
        intend a! retract : intended a! retract
        settle a! retract unknown : settled a! retract unknown
        answer a! ann happened : answered a! ann happened, offered a!#2
        intend a! retract : =already null
        done a!     : done a!, ended cancelled by eve, !disarm
        ",
    );
}
