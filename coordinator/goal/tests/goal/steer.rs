//! Stop means stop; resume goes on from the same point.

use galley_coordinator_goal::{Command, view};
use galley_schemas::id::Epoch;
use galley_schemas::input::Standing;
use galley_schemas::view::Phase;
use serde_json::json;

use crate::script::{check, play};
use crate::trace::trace;
use crate::world::{World, workflow};

const TWO: &str = "
workflow: w
steps:
  a: { agent: one, retry: { times: 1 } }
  b: { agent: two, retry: { times: 1 } }
  c: { agent: two, after: [a, b] }
";

#[test]
fn a_stop_fences_off_what_is_out_and_a_resume_hands_it_out_as_the_same_attempt() {
    let world = check(
        TWO,
        "
        submit      : submitted, offered a#1, offered b#1, armed 30m
        done a      : done a
        stop goal   : stopped goal, !disarm
        stop goal   : -
        done b      : =stale
        fail b      : =stale
        resume all  : -
        resume goal : resumed goal, offered b#1, armed 30m
        resume goal : -
        stale b     : =stale
        done b      : done b, offered c#1
        ",
    );
    assert_eq!(world.offer("b").epoch, Epoch(4));
}

#[test]
fn a_stop_of_a_kind_holds_back_only_its_tasks() {
    check(
        TWO,
        "
        submit          : submitted, offered a#1, offered b#1, armed 30m
        stop kind three : -
        stop kind two   : stopped kind two
        done b          : =stale
        done a          : done a
        fire            : fired
        resume kind two : resumed kind two, offered b#1, armed 30m
        ",
    );
}

#[test]
fn several_stops_hold_until_the_last_is_lifted() {
    check(
        TWO,
        "
        submit          : submitted, offered a#1, offered b#1, armed 30m
        stop all        : stopped all, !disarm
        stop workflow   : stopped workflow
        stop kind one   : stopped kind one
        resume all      : resumed all
        resume workflow : resumed workflow, offered b#1, armed 30m
        resume kind one : resumed kind one, offered a#1
        ",
    );
}

#[test]
fn an_old_order_that_is_delivered_again_changes_nothing() {
    let mut world = check(
        TWO,
        "
        submit      : submitted, offered a#1, offered b#1, armed 30m
        stop goal   : stopped goal, !disarm
        resume goal : resumed goal, offered a#1, offered b#1, armed 30m
        ",
    );
    let control = world.control("stop", &["goal"]);
    let decision = world.tell(&Command::Steer { control, epoch: Epoch(1) });
    assert_eq!(trace(&decision, world.now), "-");
}

#[test]
fn a_goal_that_is_submitted_under_a_stop_waits_from_the_beginning() {
    let mut world = World::new(workflow(TWO));
    let standing = |scope: &[&str]| Standing {
        control: world.control("stop", scope),
        epoch: Epoch(8),
        place: None,
    };
    let standing = vec![standing(&["all"]), standing(&["kind", "three"])];
    let submission = world.submission(json!({}));
    let decision = world.tell(&Command::Submit { submission, epoch: Epoch(9), standing });
    assert_eq!(trace(&decision, world.now), "submitted, stopped all");
    assert_eq!(view(&world.goal).phase, Phase::Stopped);
    world.epoch = 9;
    play(world, "resume all : resumed all, offered a#1, offered b#1, armed 30m");
}

#[test]
fn a_delay_that_ends_during_a_stop_is_over_when_it_is_lifted() {
    check(
        "workflow: w\nsteps:\n  a: { agent: one, retry: { times: 2, first: 5s } }",
        "
        submit           : submitted, offered a#1, armed 30m
        fail a retryable : attempt_failed a GLY0999, retry a 5s, armed 5s
        stop goal        : stopped goal, !disarm
        wait 1m          : -
        resume goal      : resumed goal, offered a#2, armed 30m
        ",
    );
}

#[test]
fn people_may_answer_while_a_goal_is_stopped() {
    check(
        "workflow: w\nsteps:\n  ask: { approval: { within: 1h } }\n  b: { agent: one }",
        "
        submit                 : submitted, asks ask, armed 1h
        stop goal              : stopped goal, !disarm
        answer ask ann approve : answered ask ann approve, closed ask yes
        resume goal            : resumed goal, offered b#1, armed 30m
        ",
    );
}

#[test]
fn a_cancel_goes_through_a_stop_of_the_same_goal() {
    let with_undo = "workflow: w
steps:
  a: { agent: one, undo: { agent: one } }
  b: { agent: two, after: [a] }";
    check(
        with_undo,
        "
        submit      : submitted, offered a#1, armed 30m
        done a      : done a, offered b#1
        stop goal   : stopped goal, !disarm
        cancel all  : =refused GLY0176
        cancel goal : resumed goal, unwinding cancelled by eve, offered a!#1, armed 30m
        done a!     : done a!, ended cancelled by eve, !disarm
        ",
    );
    check(
        with_undo,
        "
        submit      : submitted, offered a#1, armed 30m
        done a      : done a, offered b#1
        stop all    : stopped all, !disarm
        cancel goal : unwinding cancelled by eve
        resume all  : resumed all, offered a!#1, armed 30m
        stop all    : stopped all, !disarm
        done a!     : =stale
        resume all  : resumed all, offered a!#1, armed 30m
        ",
    );
}

#[test]
fn a_cancel_that_comes_late_leaves_a_stop_that_was_ordered_after_it() {
    let mut world = check(
        "workflow: w\nsteps:\n  a: { agent: one, undo: { agent: one } }\n  b: { agent: two, after: [a] }",
        "
        submit    : submitted, offered a#1, armed 30m
        done a    : done a, offered b#1
        stop goal : stopped goal, !disarm
        ",
    );
    let control = world.control("cancel", &["goal"]);
    let decision = world.tell(&Command::Steer { control, epoch: Epoch(0) });
    assert_eq!(trace(&decision, world.now), "unwinding cancelled by eve");
    play(world, "resume goal : resumed goal, offered a!#1, armed 30m");
}
