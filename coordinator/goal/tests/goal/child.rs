//! Sub-goals.

use galley_coordinator_goal::Command;
use galley_schemas::amount::Limits;
use galley_schemas::id::{Epoch, TaskId};
use galley_schemas::input::Parent;
use serde_json::json;

use crate::script::{check, play};
use crate::world::{World, goal_id, workflow};

const PARENT: &str = "
workflow: parent
budget: { tokens: 1000 }
steps:
  sub: { goal: article, with: { topic: '${input.topic}' }, within: 2h, allowance: { tokens: 600 }, retry: { times: 2, first: 5s } }
  next: { agent: k, with: { s: '${sub.publish}' } }
";

#[test]
fn a_sub_goal_is_given_a_part_of_the_budget_and_settles_it() {
    let world = check(
        PARENT,
        r#"
        submit {"topic": "tea"} : submitted, child sub, armed 2h
        child sub succeeded spent 50 {"publish": "url"} : child_ended sub, offered next#1, armed 30m
        child sub succeeded : -
        "#,
    );
    let child = world.child("sub");
    assert_eq!(child.budget, Limits { tokens: Some(600), ..Limits::default() });
    let parent = Parent { goal: world.goal.id(), task: TaskId::new("sub"), depth: 1 };
    assert_eq!((&child.input, child.parent.as_ref()), (&json!({"topic": "tea"}), Some(&parent)));
    assert_eq!(world.offer("next").input, json!({"s": "url"}));
    assert_eq!(world.goal.spent().tokens, 50);
}

#[test]
fn a_sub_goal_that_fails_is_tried_again_if_that_may_help() {
    check(
        PARENT,
        "
        submit              : submitted, child sub, armed 2h
        child sub retryable : child_ended sub, retry sub 5s, armed 5s
        fire                : fired, child sub, armed 2h
        child sub failed    : child_ended sub, failed sub GLY0999, unwinding failed GLY0999, ended failed GLY0999, !disarm
        ",
    );
    check(
        PARENT,
        "
        submit              : submitted, child sub, armed 2h
        child sub cancelled : child_ended sub, failed sub GLY0168, unwinding failed GLY0168, ended failed GLY0168, !disarm
        ",
    );
}

#[test]
fn a_sub_goal_that_takes_too_long_is_cancelled_and_tried_again() {
    check(
        PARENT,
        "
        submit : submitted, child sub, armed 2h
        fire   : fired, attempt_failed sub GLY0160, retry sub 5s, armed 5s, !cancel_child
        child sub succeeded : -
        fire   : fired, child sub, armed 2h
        ",
    );
}

#[test]
fn stop_resume_and_cancel_reach_sub_goals_and_a_cancel_waits_for_them() {
    check(
        PARENT,
        "
        submit      : submitted, child sub, armed 2h
        stop goal   : stopped goal, !disarm, !stop_child
        resume goal : resumed goal, armed 2h, !resume_child
        stop all    : stopped all, !disarm
        resume all  : resumed all, armed 2h
        cancel goal : unwinding cancelled by eve, !cancel_child
        child sub cancelled spent 70 : child_ended sub, ended cancelled by eve, !disarm
        ",
    );
}

#[test]
fn a_goal_tells_its_parent_how_it_ended() {
    let mut world = World::new(workflow("workflow: w\nsteps:\n  a: { agent: k }"));
    let mut submission = world.submission(json!({}));
    submission.parent = Some(Parent { goal: goal_id(7), task: TaskId::new("sub.1"), depth: 1 });
    world.tell(&Command::Submit { submission, epoch: Epoch(0), standing: Vec::new() });
    play(world, "done a : done a, ended succeeded, !disarm, !tell succeeded");
}

#[test]
fn sub_goals_do_not_nest_without_end() {
    let mut world = World::new(workflow(PARENT));
    let mut submission = world.submission(json!({}));
    submission.parent = Some(Parent { goal: goal_id(7), task: TaskId::new("sub"), depth: 5 });
    let decision =
        world.tell(&Command::Submit { submission, epoch: Epoch(0), standing: Vec::new() });
    let told = crate::trace::trace(&decision, world.now);
    assert_eq!(
        told,
        "submitted, failed sub GLY0167, unwinding failed GLY0167, ended failed GLY0167, !tell failed GLY0167"
    );
}
