//! The goal's one alarm, armed lazily.
//!
//! It is set at or before the earliest deadline, and moved only when a deadline comes before it: a
//! task that is done early leaves it where it is. When it goes off it looks at what is due, which may
//! be nothing, and is set again at the earliest deadline that is then left.

use chrono::{DateTime, Utc};
use galley_schemas::amount::Amount;
use galley_schemas::id::Principal;
use galley_schemas::input::{Control, Fired, Order, Scope};
use galley_schemas::record::{Act, Event};

use super::advance;
use super::turn::Turn;
use super::{question, settle, signal};
use crate::command::Reply;
use crate::fault;
use crate::goal::{Goal, Task, TaskState};
use crate::place::Place;

pub(super) fn fire(turn: &mut Turn<'_>, fired: &Fired) -> Reply {
    if turn.goal().alarm.is_some_and(|alarm| alarm <= fired.at.max(turn.now())) {
        // The bus may be ahead of this clock; what it was armed for is due.
        turn.not_before(fired.at);
        turn.emit(Event::AlarmFired { at: fired.at });
    }
    if turn.goal().fences.is_stopped() {
        return Reply::Noted;
    }
    for place in due(turn.goal(), turn.now()) {
        expire(turn, &place);
    }
    // Also when nothing expired: a delay before a retry may be over.
    advance::advance(turn);
    Reply::Noted
}

fn due(goal: &Goal, now: DateTime<Utc>) -> Vec<Place> {
    let is_due = |task: &Task| task.deadline().is_some_and(|deadline| deadline <= now);
    goal.tasks().filter(|(_, task)| is_due(task)).map(|(place, _)| place).collect()
}

/// Gives up what is out of time. What expired before may have changed how this one stands.
fn expire(turn: &mut Turn<'_>, place: &Place) {
    let task = turn.goal().task_id(place);
    match turn.goal().task(place).map(|task| &task.state) {
        Some(TaskState::Out(out)) => {
            let fault = fault::timed_out(&task, out.deadline);
            settle::attempt_failed(turn, place, fault, Amount::default());
        }
        Some(TaskState::Away(away)) => {
            let fault = fault::timed_out(&task, away.deadline);
            let control = Control {
                scope: Scope::Goal { goal: away.child },
                order: Order::Cancel,
                by: Principal::new("system"),
                reason: fault.message.clone(),
            };
            turn.act(Act::Steer { control });
            settle::attempt_failed(turn, place, fault, Amount::default());
        }
        Some(TaskState::Asking(_)) => question::out_of_time(turn, place),
        Some(TaskState::Waiting { until, .. }) => {
            let until = *until;
            signal::out_of_time(turn, place, until);
        }
        Some(
            TaskState::Ready
            | TaskState::Faulted(_)
            | TaskState::Resting(_)
            | TaskState::Doubtful { .. }
            | TaskState::Done { .. }
            | TaskState::Failed(_)
            | TaskState::Dropped,
        )
        | None => {}
    }
}

/// Sets the alarm when a deadline comes before it.
pub(super) fn arm(turn: &mut Turn<'_>) {
    let goal = turn.goal();
    if !goal.is_live() || goal.fences.is_stopped() {
        return;
    }
    let now = turn.now();
    let earliest = goal.tasks().filter_map(|(_, task)| needs_alarm(task, now)).min();
    if let Some(at) = earliest.filter(|at| goal.alarm.is_none_or(|alarm| alarm > *at)) {
        turn.emit(Event::AlarmArmed { at });
        turn.act(Act::Arm { at });
    }
}

/// The time at which a task must be looked at again. One whose delay is over waits for a place, for
/// budget or for a stop to be lifted, not for a time.
fn needs_alarm(task: &Task, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    match &task.state {
        TaskState::Resting(until) if *until <= now => None,
        TaskState::Ready
        | TaskState::Out(_)
        | TaskState::Faulted(_)
        | TaskState::Resting(_)
        | TaskState::Doubtful { .. }
        | TaskState::Asking(_)
        | TaskState::Away(_)
        | TaskState::Waiting { .. }
        | TaskState::Done { .. }
        | TaskState::Failed(_)
        | TaskState::Dropped => task.deadline(),
    }
}
