//! Steps whose turn has come: left out, fanned out, or ready to be handed out.

use galley_schemas::record::Event;

use super::frame::{Finished, Frame};
use super::settle;
use super::turn::Turn;
use crate::goal::Goal;
use crate::graph::Graph;
use crate::place::Place;
use crate::workflow::EvalError;

/// Leaves out and fans out what has its turn, until nothing changes. A step that remains waiting
/// although its turn has come is to be handed out.
pub(super) fn begin(turn: &mut Turn<'_>, frame: &Frame<'_>) {
    loop {
        let before = turn.progress();
        for step in 0..turn.goal().steps.len() {
            if turn.is_running() && has_its_turn(turn.goal(), frame.graph(), step) {
                begin_step(turn, frame, step);
            }
        }
        if turn.progress() == before {
            return;
        }
    }
}

/// Whether a step has not begun and everything before it is over.
pub(super) fn has_its_turn(goal: &Goal, graph: &Graph<'_>, step: usize) -> bool {
    let is_over = |&before: &usize| goal.step(before).over().is_some();
    goal.step(step).is_waiting() && graph.before(step).iter().all(is_over)
}

fn begin_step(turn: &mut Turn<'_>, frame: &Frame<'_>, step: usize) {
    let round = turn.goal().step(step).round;
    let name = turn.goal().step_name(step);
    match what(frame, &frame.outputs(turn.goal()), step) {
        Ok(What::Skip) => turn.emit(Event::Skipped { step: name, round }),
        Ok(What::FanOut(items)) => turn.emit(Event::FannedOut { step: name, round, items }),
        Ok(What::HandOut) => {}
        Err(error) => settle::give_up(turn, &Place::of_step(step, round), error.fault()),
    }
}

enum What {
    Skip,
    FanOut(u32),
    HandOut,
}

fn what(frame: &Frame<'_>, outputs: &Finished<'_>, step: usize) -> Result<What, EvalError> {
    if let Some(when) = &frame.plan(step).when
        && !when.holds(&frame.scope(outputs))?
    {
        return Ok(What::Skip);
    }
    Ok(match frame.items(outputs, step)? {
        Some(items) => What::FanOut(u32::try_from(items.len()).unwrap_or(u32::MAX)),
        None => What::HandOut,
    })
}
