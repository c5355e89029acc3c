//! Another round, or an end to the rounds.

use galley_schemas::record::{Ending, Event};

use super::frame::Frame;
use super::turn::Turn;
use super::unwind;
use crate::goal::{Goal, Over, Rounds, score};
use crate::workflow::EvalError;

/// Judges every step that revises and has just ended: its condition is asked before any step after
/// it begins, and never again.
pub(super) fn judge(turn: &mut Turn<'_>, frame: &Frame<'_>) {
    for step in 0..turn.goal().steps.len() {
        if !turn.is_running() || !is_open(turn.goal(), frame, step) {
            continue;
        }
        match wants_another(turn.goal(), frame, step) {
            Ok(false) => {}
            Ok(true) => another_or_end(turn, frame, step),
            Err(error) => unwind::begin(turn, Ending::Failed { fault: error.fault() }),
        }
    }
}

fn is_open(goal: &Goal, frame: &Frame<'_>, step: usize) -> bool {
    let state = goal.step(step);
    let is_closed = goal.rounds.get(&step).is_some_and(|rounds| rounds.closed);
    let went_on = |later: usize| {
        later != step && !goal.step(later).is_waiting() && frame.graph().comes_after(later, step)
    };
    frame.plan(step).revise.is_some()
        && matches!(state.over(), Some(Over::Done { .. }))
        && !is_closed
        && !(0..goal.steps.len()).any(went_on)
}

fn wants_another(goal: &Goal, frame: &Frame<'_>, step: usize) -> Result<bool, EvalError> {
    let when = frame.plan(step).revise.as_ref().map(|revise| &revise.when);
    when.map_or(Ok(false), |when| when.holds(&frame.scope(&frame.outputs(goal))))
}

/// Opens another round while there may be one and the last one scored better than all before. A
/// review that gives no score is taken to have made progress.
fn another_or_end(turn: &mut Turn<'_>, frame: &Frame<'_>, step: usize) {
    let Some(revise) = &frame.plan(step).revise else { return };
    let goal = turn.goal();
    let none = Rounds::default();
    let state = goal.step(step);
    let rounds = goal.rounds.get(&step).unwrap_or(&none);
    let score = state.output().as_ref().and_then(score);
    let rises = score.is_none_or(|score| rounds.rises(score));
    let name = goal.step_name(step);
    let best = rounds.best.as_ref().filter(|_| !rises).map(|best| best.round);
    if rises && rounds.made < revise.rounds {
        let round = goal.next_round(&frame.graph().span(step));
        turn.emit(Event::Revised { step: name, from: revise.from.clone(), round, score });
        return;
    }
    let reason = if rises {
        format!("all of {} rounds are used", revise.rounds)
    } else {
        "the last round scored no better than one before".to_owned()
    };
    turn.emit(Event::RevisionEnded { step: name, kept: best.unwrap_or(state.round), reason });
}
