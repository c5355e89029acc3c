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

/// Two steps side by side: `a` writes and can be undone, `b` fails.
const BESIDE: &str = "
workflow: w
steps:
  a: { agent: k, retry: { times: 2, first: 5s }, undo: { agent: cleaner, with: { was: '${a}' } } }
  b: { agent: k, retry: { times: 1 } }
";

#[test]
fn a_write_under_way_is_finished_before_it_is_undone() {
    let world = check(
        BESIDE,
        r#"
        submit        : submitted, offered a#1, offered b#1, armed 30m
        intend a post : intended a post
        fail b        : attempt_failed b GLY0999, failed b GLY0999, unwinding failed GLY0999
        intend a post : =reconcile
        settle a post done : settled a post done
        done a "A"    : done a, offered a!#1
        again a       : -
        done a!       : done a!, ended failed GLY0999, !disarm
        "#,
    );
    assert_eq!(world.offer("a!").input, json!({"was": "A"}));
}

#[test]
fn a_write_under_way_that_did_not_happen_is_not_begun_again() {
    check(
        BESIDE,
        "
        submit        : submitted, offered a#1, offered b#1, armed 30m
        intend a post : intended a post
        fail b        : attempt_failed b GLY0999, failed b GLY0999, unwinding failed GLY0999
        settle a post not_done : settled a post not_done, ended failed GLY0999, !disarm
        intend a post : =stale
        ",
    );
}

#[test]
fn a_goal_that_unwinds_begins_no_further_write_and_undoes_the_first() {
    let world = check(
        BESIDE,
        "
        submit        : submitted, offered a#1, offered b#1, armed 30m
        intend a post : intended a post
        settle a post done : settled a post done
        fail b        : attempt_failed b GLY0999, failed b GLY0999, unwinding failed GLY0999
        intend a more : attempt_failed a GLY0183, failed a GLY0183, offered a!#1, =stale
        done a!       : done a!, ended failed GLY0999, !disarm
        ",
    );
    assert_eq!(world.offer("a!").input, json!({"was": null}));
}

#[test]
fn a_write_under_way_is_tried_again_and_asked_about_like_any() {
    check(
        BESIDE,
        r#"
        submit        : submitted, offered a#1, offered b#1, armed 30m
        intend a post : intended a post
        fail b        : attempt_failed b GLY0999, failed b GLY0999, unwinding failed GLY0999
        fail a retryable : attempt_failed a GLY0999, retry a 5s, armed 5s
        fire          : fired, offered a#2, armed 30m
        intend a post : =reconcile
        fail a retryable : attempt_failed a GLY0999, settled a post unknown
        cancel goal   : -
        answer a ann happened : answered a ann happened, offered a#3
        intend a post : =already null
        done a "A"    : done a, offered a!#1
        done a!       : done a!, ended failed GLY0999, !disarm
        "#,
    );
}

#[test]
fn a_cancel_hands_a_write_under_way_out_anew_because_its_agent_drops_it() {
    check(
        BESIDE,
        "
        submit        : submitted, offered a#1, offered b#1, armed 30m
        intend a post : intended a post
        cancel goal   : stopped goal, resumed goal, unwinding cancelled by eve, offered a#1, armed 30m, !disarm
        stale a       : =stale
        intend a post : =reconcile
        settle a post not_done : settled a post not_done, ended cancelled by eve, !disarm
        ",
    );
}

#[test]
fn a_stop_holds_what_must_finish_as_it_holds_everything() {
    check(
        BESIDE,
        "
        submit        : submitted, offered a#1, offered b#1, armed 30m
        intend a post : intended a post
        stop all      : stopped all, !disarm
        cancel goal   : unwinding cancelled by eve
        resume all    : resumed all, offered a#1, armed 30m
        intend a post : =reconcile
        settle a post done : settled a post done
        done a        : done a, offered a!#1
        done a!       : done a!, ended cancelled by eve, !disarm
        ",
    );
}

#[test]
fn what_a_task_wrote_before_it_failed_is_undone() {
    let world = check(
        BESIDE,
        "
        submit        : submitted, offered a#1, offered b#1, armed 30m
        intend a post : intended a post
        settle a post done : settled a post done
        fail a        : attempt_failed a GLY0999, failed a GLY0999, unwinding failed GLY0999, offered a!#1
        done a!       : done a!, ended failed GLY0999, !disarm
        ",
    );
    assert_eq!(world.offer("a!").input, json!({"was": null}));
}

#[test]
fn a_write_without_an_undo_holds_nothing_up() {
    check(
        "workflow: w
steps:
  a: { agent: k }
  b: { agent: k, retry: { times: 1 } }",
        "
        submit        : submitted, offered a#1, offered b#1, armed 30m
        intend a post : intended a post
        fail b        : attempt_failed b GLY0999, failed b GLY0999, unwinding failed GLY0999, ended failed GLY0999, !disarm
        settle a post done : =stale
        ",
    );
}
