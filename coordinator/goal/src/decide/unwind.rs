//! The goal is going to end as failed or cancelled: what was done is undone, last first.

use galley_schemas::id::Principal;
use galley_schemas::input::{Control, Order, Scope};
use galley_schemas::record::{Act, Ending, Event};

use super::turn::Turn;
use super::{advance, offer};
use crate::goal::Phase;
use crate::place::Place;

/// Begins to unwind. Sub-goals are ordered to cancel. Nothing is undone before they have ended, since
/// one may turn out to have succeeded, and was then done last.
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

/// Hands out the next undo, or ends the goal when nothing is left to undo.
pub(super) fn advance(turn: &mut Turn<'_>) {
    while turn.is_unwinding() {
        match next(turn) {
            Next::Undo(place) => offer::undo(turn, &place),
            Next::Wait => return,
            Next::End(ending) => advance::end(turn, ending),
        }
    }
}

enum Next {
    Undo(Place),
    Wait,
    End(Ending),
}

fn next(turn: &Turn<'_>) -> Next {
    let goal = turn.goal();
    let Phase::Unwinding(unwinding) = &goal.phase else { return Next::Wait };
    if goal.has_children() {
        return Next::Wait;
    }
    let Some(of) = goal.undoable.last() else { return Next::End(unwinding.ending.clone()) };
    let place = Place { undo: true, ..of.place };
    let is_ready = unwinding.undo.as_ref().is_none_or(|undo| undo.is_ready(turn.now()));
    if is_ready && !goal.is_held(&place) { Next::Undo(place) } else { Next::Wait }
}
