//! Stop, resume, cancel.

use galley_schemas::id::Epoch;
use galley_schemas::input::{Control, Order, Scope};
use galley_schemas::record::{Act, Ending, Event};

use super::turn::Turn;
use super::unwind;
use crate::command::Reply;
use crate::fault;
use crate::goal::Goal;
use crate::workflow::Action;

/// Longest reason that is kept, in characters.
const REASON_CHARS_MAX: usize = 4_000;

pub(super) fn steer(turn: &mut Turn<'_>, control: Control, epoch: Epoch) -> Reply {
    if turn.goal().origin.is_none() {
        return Reply::Refused(fault::not_begun());
    }
    let reason = control.reason.chars().take(REASON_CHARS_MAX).collect();
    let control = Control { reason, ..control };
    match control.order {
        Order::Stop => stop(turn, &control, epoch),
        Order::Resume => resume(turn, &control, epoch),
        Order::Cancel => return cancel(turn, control, epoch),
    }
    Reply::Noted
}

/// Fences off what the scope reaches. An order that is repeated, or older than another for the same
/// scope, changes nothing.
pub(super) fn stop(turn: &mut Turn<'_>, control: &Control, epoch: Epoch) {
    let Control { scope, by, reason, .. } = control.clone();
    let fences = &turn.goal().fences;
    if !reaches(turn.goal(), &scope)
        || fences.is_in_force(&scope)
        || fences.has_passed(&scope, epoch)
    {
        return;
    }
    fence_off(turn, Event::Stopped { scope, epoch, by, reason });
    pass_on(turn, control);
}

/// Records a stop. One of the whole goal takes its alarm.
fn fence_off(turn: &mut Turn<'_>, stopped: Event) {
    let had_alarm = turn.goal().alarm.is_some();
    turn.emit(stopped);
    if had_alarm && turn.goal().alarm.is_none() {
        turn.act(Act::Disarm);
    }
}

/// Whether an attempt is out that must finish before the goal can unwind.
fn is_writing(goal: &Goal) -> bool {
    goal.tasks().any(|(place, task)| task.out().is_some() && goal.must_finish(&place))
}

fn resume(turn: &mut Turn<'_>, control: &Control, epoch: Epoch) {
    let Control { scope, by, .. } = control.clone();
    let fences = &turn.goal().fences;
    if !turn.goal().is_live() || !fences.is_in_force(&scope) || fences.has_passed(&scope, epoch) {
        return;
    }
    turn.emit(Event::Resumed { scope, epoch, by });
    pass_on(turn, control);
}

/// Ends the goal. It goes through a stop of this goal, which it lifts unless that was ordered later; a
/// wider stop holds back the undoing until it is lifted. A goal that is not stopped and has a write under
/// way is stopped first: agents drop their attempts at the order, so the task must be handed out anew.
fn cancel(turn: &mut Turn<'_>, control: Control, epoch: Epoch) -> Reply {
    let Control { scope, by, reason, .. } = control;
    if !matches!(scope, Scope::Goal { .. }) {
        return Reply::Refused(fault::cancel_is_for_one());
    }
    if turn.is_running() && reaches(turn.goal(), &scope) {
        if !turn.goal().fences.has_passed(&scope, epoch) {
            if is_writing(turn.goal()) {
                let (scope, by, reason) = (scope.clone(), by.clone(), reason.clone());
                fence_off(turn, Event::Stopped { scope, epoch, by, reason });
            }
            if turn.goal().fences.is_in_force(&scope) {
                turn.emit(Event::Resumed { scope, epoch, by: by.clone() });
            }
        }
        unwind::begin(turn, Ending::Cancelled { by, reason });
    }
    Reply::Noted
}

/// Sub-goals lie in every wide scope themselves; a stop of this goal or its workflow is passed on.
fn pass_on(turn: &mut Turn<'_>, control: &Control) {
    match control.scope {
        Scope::Workflow { .. } | Scope::Goal { .. } => unwind::steer_children(turn, control),
        Scope::All | Scope::Kind { .. } => {}
    }
}

/// Whether a live goal lies in a scope, or has tasks that do.
fn reaches(goal: &Goal, scope: &Scope) -> bool {
    goal.is_live()
        && match scope {
            Scope::All => true,
            Scope::Workflow { workflow } => goal.workflow.name == *workflow,
            Scope::Goal { goal: id } => goal.id == *id,
            Scope::Kind { kind } => goal.workflow.steps.iter().any(|step| {
                let undoes = step.undo.as_ref().is_some_and(|undo| undo.kind == *kind);
                undoes || matches!(&step.action, Action::Agent { kind: does } if does == kind)
            }),
        }
}
