//! The goal is going to end as failed or cancelled: what was done is undone, last first.
//!
//! An undo is made from the output of what it undoes, so a task that has written, or may have, and whose
//! step has an undo is let finish first. It may settle what it announced and begins no other write. One
//! that fails is undone with what it wrote as far as that is known; one of which nobody can tell waits
//! for a person, as everywhere.

use std::sync::Arc;

use galley_schemas::id::Principal;
use galley_schemas::input::{Control, Order, Scope};
use galley_schemas::record::{Act, Ending, Event};

use super::frame::Frame;
use super::hand_out::ready_tasks;
use super::start::{self, Share, Terms};
use super::turn::Turn;
use super::{advance, budget, offer, settle};
use crate::goal::Phase;
use crate::place::Place;
use crate::workflow::Action;

/// Begins to unwind. Sub-goals are ordered to cancel. Nothing is undone before they have ended, since
/// one may turn out to have succeeded, and was then done last. The same holds for tasks that must
/// finish.
pub(super) fn begin(turn: &mut Turn<'_>, ending: Ending) {
    if !turn.is_running() {
        return;
    }
    let reason = match &ending {
        Ending::Succeeded { .. } => String::new(),
        Ending::Failed { fault } => fault.to_string(),
        Ending::Cancelled { reason, .. } => reason.clone(),
    };
    turn.emit(Event::Unwinding { ending });
    let order = Control {
        scope: Scope::Goal { goal: turn.goal().id() },
        order: Order::Cancel,
        by: Principal::new("system"),
        reason,
    };
    steer_children(turn, &order);
}

/// Passes an order on to every sub-goal under way.
pub(super) fn steer_children(turn: &mut Turn<'_>, order: &Control) {
    let tasks = turn.goal().tasks();
    let children: Vec<_> =
        tasks.filter_map(|(_, task)| task.away()).map(|away| away.child).collect();
    for goal in children {
        turn.act(Act::Steer { control: Control { scope: Scope::Goal { goal }, ..order.clone() } });
    }
}

/// Hands out what must finish, then the next undo, and ends the goal when nothing is left to undo.
pub(super) fn advance(turn: &mut Turn<'_>) {
    while turn.is_unwinding() {
        match next(turn) {
            Next::Finish(place) => finish(turn, &place),
            Next::Undo(place) => offer::undo(turn, &place),
            Next::Wait => return,
            Next::End(ending) => advance::end(turn, ending),
        }
    }
}

enum Next {
    Finish(Place),
    Undo(Place),
    Wait,
    End(Ending),
}

fn next(turn: &Turn<'_>) -> Next {
    let goal = turn.goal();
    let Phase::Unwinding(unwinding) = &goal.phase else { return Next::Wait };
    if let Some(place) = to_finish(turn) {
        return Next::Finish(place);
    }
    if goal.has_children() || goal.tasks().any(|(place, task)| !place.undo && task.is_open()) {
        return Next::Wait;
    }
    let Some(of) = goal.undoable.last() else { return Next::End(unwinding.ending.clone()) };
    let place = Place { undo: true, ..of.place };
    let is_ready = unwinding.undo.as_ref().is_none_or(|undo| undo.is_ready(turn.now()));
    if is_ready && !goal.is_held(&place) { Next::Undo(place) } else { Next::Wait }
}

/// A task that must finish, and can be handed out now.
fn to_finish(turn: &Turn<'_>) -> Option<Place> {
    let goal = turn.goal();
    let ready = |(index, step)| ready_tasks(turn, index, step);
    let mut ready = goal.steps.iter().enumerate().flat_map(ready);
    ready.find(|place| turn.has_room() && !goal.is_held(place))
}

/// Hands a task out again that must finish. Its input is made anew, from the outputs that it was made
/// from before.
fn finish(turn: &mut Turn<'_>, place: &Place) {
    let workflow = Arc::clone(turn.goal().workflow());
    let frame = Frame::new(turn.goal(), &workflow);
    let Action::Agent { kind } = &frame.plan(place.step).action else { return };
    let outputs = frame.outputs(turn.goal());
    let items = match frame.items(&outputs, place.step) {
        Ok(items) => items,
        Err(error) => return settle::give_up(turn, place, error.fault()),
    };
    let item = items.as_ref().and_then(|items| items.get(place.index()));
    let share = Share { outputs: &outputs, item, among: 1 };
    if let Some(input) = start::input(turn, &frame, place, share) {
        let allowance = budget::of_undo(turn.goal());
        offer::task(turn, place, kind.clone(), Terms { input, allowance });
    }
}
