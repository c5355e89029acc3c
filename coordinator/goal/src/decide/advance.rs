//! Everything that has become possible: the one place where work begins and goals end.

use std::sync::Arc;

use galley_schemas::amount::Amount;
use galley_schemas::input::ChildEnded;
use galley_schemas::record::{Act, Ending, Event};
use serde_json::{Map, Value};

use super::frame::Frame;
use super::turn::Turn;
use super::{alarm, begin, hand_out, revise, settle, unwind};
use crate::fault;
use crate::goal::Goal;
use crate::graph::Graph;

/// Records everything that has become possible. Without effect when nothing has.
pub(super) fn advance(turn: &mut Turn<'_>) {
    run(turn);
    unwind::advance(turn);
    alarm::arm(turn);
}

fn run(turn: &mut Turn<'_>) {
    if !turn.is_running() {
        return;
    }
    let workflow = Arc::clone(turn.goal().workflow());
    let frame = Frame::new(turn.goal(), &workflow);
    while turn.is_running() && !turn.goal().fences.is_stopped() {
        let before = turn.progress();
        revise::judge(turn, &frame);
        begin::begin(turn, &frame);
        let blocked = hand_out::hand_out(turn, &frame);
        if turn.is_running() && turn.goal().steps.iter().all(|step| step.over().is_some()) {
            let output = output(turn.goal(), frame.graph());
            end(turn, Ending::Succeeded { output });
        } else if turn.progress() == before {
            match blocked {
                // Nobody holds a reservation that could come back.
                Some(blocked) if turn.goal().ledger.reserved() == Amount::default() => {
                    let task = turn.goal().task_id(&blocked.place);
                    settle::give_up(
                        turn,
                        &blocked.place,
                        fault::budget_used_up(&task, blocked.part),
                    );
                }
                Some(_) | None => return,
            }
        }
    }
}

/// The outputs of the last steps, by name.
fn output(goal: &Goal, graph: &Graph<'_>) -> Value {
    let outputs = graph.last().into_iter().map(|index| {
        let output = goal.step(index).output().unwrap_or_default();
        (goal.plan(index).name.to_string(), output)
    });
    Value::Object(outputs.collect::<Map<_, _>>())
}

/// Ends the goal.
pub(super) fn end(turn: &mut Turn<'_>, ending: Ending) {
    let goal = turn.goal();
    let (spent, child, alarm) = (goal.ledger.spent(), goal.id, goal.alarm);
    let parent = goal.origin.as_ref().and_then(|origin| origin.parent.as_deref().cloned());
    let at = turn.now();
    turn.emit(Event::Ended { ending: ending.clone(), spent, at });
    if alarm.is_some() {
        turn.act(Act::Disarm);
    }
    if let Some(parent) = parent {
        let ended = ChildEnded { goal: parent.goal, task: parent.task, child, ending, spent };
        turn.act(Act::TellParent { ended });
    }
}
