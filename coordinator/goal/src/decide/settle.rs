//! An attempt has failed: another one, or the end of the task.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use galley_schemas::amount::Amount;
use galley_schemas::fault::Fault;
use galley_schemas::record::{Ending, Event};
use galley_schemas::report::Settlement;

use super::turn::Turn;
use super::unwind;
use crate::goal::{Goal, Task, TaskState};
use crate::place::Place;
use crate::workflow::{Otherwise, Retry};

/// The attempt that is out has failed.
pub(super) fn attempt_failed(turn: &mut Turn<'_>, place: &Place, fault: Fault, spent: Amount) {
    let Some(attempt) = turn.goal().task(place).map(|task| task.attempt) else { return };
    let task = turn.goal().task_id(place);
    turn.emit(Event::AttemptFailed { task, attempt, fault: fault.clone(), spent });
    after_failure(turn, place, fault);
}

/// The attempt before has failed: the task is tried again if that can help, or given up.
pub(super) fn after_failure(turn: &mut Turn<'_>, place: &Place, fault: Fault) {
    let Some(attempt) = faulted(turn.goal(), place) else { return };
    let retry = turn.goal().plan(place.step).retry;
    if fault.retryable && attempt < retry.times {
        let task = turn.goal().task_id(place);
        turn.emit(Event::RetryDue { task, at: after(turn.now(), delay(&retry, attempt)) });
    } else if place.undo {
        undo_failed(turn, place, fault);
    } else {
        give_up(turn, place, fault);
    }
}

/// The attempt that failed; `None` when the task has no future, because the goal unwinds.
fn faulted(goal: &Goal, place: &Place) -> Option<u32> {
    let task = goal.task(place)?;
    matches!(task.state, TaskState::Faulted(_)).then_some(task.attempt)
}

/// An undo has failed for good: a person must look. The goal goes on with the next one.
pub(super) fn undo_failed(turn: &mut Turn<'_>, place: &Place, fault: Fault) {
    let task = turn.goal().task_id(place);
    turn.emit(Event::UndoFailed { task, fault });
}

/// The task has failed for good: the goal goes on as the workflow says, or unwinds. One that leaves a
/// write of which nobody can tell whether it happened is not over: a person is asked.
pub(super) fn give_up(turn: &mut Turn<'_>, place: &Place, fault: Fault) {
    let task = turn.goal().task_id(place);
    if let Some(effect) = turn.goal().task(place).and_then(Task::open_effect) {
        let key = effect.intent.key.clone();
        let settlement = Settlement::Unknown { reason: fault.to_string() };
        turn.emit(Event::EffectSettled { task, key, settlement });
        return;
    }
    turn.emit(Event::TaskFailed { task, fault: fault.clone() });
    match turn.goal().plan(place.step).otherwise {
        Otherwise::Go(_) => {}
        Otherwise::Fail | Otherwise::Reject | Otherwise::Approve => {
            unwind::begin(turn, Ending::Failed { fault });
        }
    }
}

/// A time, so much later; as late as there are times, when that is too late.
pub(super) fn after(now: DateTime<Utc>, delay: Duration) -> DateTime<Utc> {
    let delay = TimeDelta::from_std(delay).unwrap_or(TimeDelta::MAX);
    now.checked_add_signed(delay).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// How long after a failed attempt the next one is made.
fn delay(retry: &Retry, failed: u32) -> Duration {
    let power = i32::try_from(failed.saturating_sub(1)).unwrap_or(i32::MAX);
    let secs = retry.first.as_secs_f64() * retry.factor.powi(power);
    Duration::try_from_secs_f64(secs).map_or(retry.most, |delay| delay.min(retry.most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_up_to_the_bound() {
        let secs = Duration::from_secs;
        let retry = Retry { times: 9, first: secs(2), factor: 3.0, most: secs(20) };
        let delays: Vec<_> = (1..=5).map(|failed| delay(&retry, failed).as_secs()).collect();
        assert_eq!(delays, [2, 6, 18, 20, 20]);
        assert_eq!(delay(&retry, u32::MAX), secs(20));
    }
}
