//! Budgets hold: reserved when handed out, settled by what is reported.

use galley_schemas::amount::Limits;

use crate::script::check;
use crate::world::{World, tokens};

#[track_caller]
fn check_allowance(world: &World, task: &str, want: u64) {
    assert_eq!(world.offer(task).allowance.tokens, Some(want), "{task}");
}

const PAIR: &str = "
workflow: w
budget: { tokens: 100 }
steps:
  a: { agent: k, allowance: { tokens: 80 } }
  b: { agent: k, allowance: { tokens: 80 } }
";

#[test]
fn a_task_waits_while_others_hold_what_it_asks_for() {
    let world = check(
        PAIR,
        "
        submit          : submitted, offered a#1, armed 30m
        done a spent 10 : done a, offered b#1
        done b spent 70 : done b, ended succeeded, !disarm
        ",
    );
    check_allowance(&world, "a", 80);
    check_allowance(&world, "b", 80);
    assert_eq!(world.goal.spent(), tokens(80));
}

#[test]
fn a_task_makes_do_with_what_is_left_when_nobody_holds_any() {
    let world = check(
        PAIR,
        "
        submit          : submitted, offered a#1, armed 30m
        done a spent 70 : done a, offered b#1
        ",
    );
    check_allowance(&world, "b", 30);
}

#[test]
fn a_budget_that_is_used_up_fails_the_goal() {
    let world = check(
        PAIR,
        "
        submit           : submitted, offered a#1, armed 30m
        done a spent 130 : done a, failed b GLY0161, unwinding failed GLY0161, ended failed GLY0161, !disarm
        ",
    );
    assert_eq!(world.goal.spent(), tokens(130));
}

#[test]
fn what_failed_attempts_used_is_spent_and_what_was_fenced_off_is_released() {
    let world = check(
        "workflow: w
budget: { tokens: 100 }
steps:
  a: { agent: k, allowance: { tokens: 100 }, retry: { times: 3, first: 5s } }",
        "
        submit                    : submitted, offered a#1, armed 30m
        fail a retryable spent 30 : attempt_failed a GLY0999, retry a 5s, armed 5s
        fire                      : fired, offered a#2, armed 30m
        stop goal                 : stopped goal, !disarm
        resume goal               : resumed goal, offered a#2, armed 30m
        ",
    );
    check_allowance(&world, "a", 70);
    assert_eq!(world.goal.spent(), tokens(30));
}

#[test]
fn the_tighter_of_workflow_and_submission_holds() {
    let mut world =
        check("workflow: w\nbudget: { tokens: 100, usd: 1 }\nsteps:\n  a: { agent: k }", "");
    let mut submission = world.submission(serde_json::json!({}));
    submission.budget = Limits { tokens: Some(7), ..Limits::default() };
    world.tell(&galley_coordinator_goal::Command::Submit {
        submission,
        epoch: galley_schemas::id::Epoch(0),
        standing: Vec::new(),
    });
    check_allowance(&world, "a", 7);
    assert_eq!(world.offer("a").allowance.usd_micros, Some(250_000));
}

#[test]
fn sub_goals_share_what_is_left_where_the_workflow_does_not_say() {
    let world = check(
        "workflow: w
budget: { tokens: 90 }
steps:
  subs: { goal: article, each: '${input.list}' }",
        r#"
        submit {"list": [1, 2, 3]} : submitted, fanned subs 3, child subs.0, child subs.1, child subs.2, armed 2h
        "#,
    );
    for task in ["subs.0", "subs.1", "subs.2"] {
        assert_eq!(world.child(task).budget.tokens, Some(30));
    }
}

#[test]
fn an_undo_runs_even_when_the_budget_is_used_up() {
    let world = check(
        "workflow: w
budget: { tokens: 100, wall: 10m }
steps:
  a: { agent: k, undo: { agent: k } }
  b: { agent: k, after: [a] }",
        "
        submit           : submitted, offered a#1, armed 30m
        done a spent 100 : done a, failed b GLY0161, unwinding failed GLY0161, offered a!#1
        done a! spent 5  : done a!, ended failed GLY0161, !disarm
        ",
    );
    assert_eq!(world.offer("a!").allowance.wall_ms, None);
    check_allowance(&world, "a!", 0);
}
