//! The goal as a whole: begun, stopped, resumed, unwound, ended.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use galley_schemas::amount::Amount;
use galley_schemas::id::Epoch;
use galley_schemas::input::{Scope, Submission};
use galley_schemas::record::{Ending, Event};

use super::Why;
use crate::goal::{End, Goal, Json, Ledger, Origin, Phase, Task, TaskState, Unwinding};
use crate::place::Place;

pub(super) fn submitted(goal: &mut Goal, event: &Event) -> Result<(), Why> {
    let Event::Submitted { submission, workflow, budget, epoch, at } = event else {
        return Err(Why::Phase);
    };
    if submission.goal != goal.id || workflow.version != goal.workflow.version {
        return Err(Why::OtherGoal);
    }
    let Submission { autonomy, by, parent, input, .. } = submission;
    goal.origin = Some(Arc::new(Origin {
        input: Json::of(input),
        by: by.clone(),
        autonomy: *autonomy,
        parent: parent.clone().map(Box::new),
        at: *at,
    }));
    goal.ledger = Ledger::new(*budget);
    goal.fences.raise(*epoch);
    goal.phase = Phase::Running;
    Ok(())
}

/// Fences off what lies in the scope: its reservations are released, and it is handed out again, as
/// the same attempt under another lease, once the stop is lifted.
pub(super) fn stopped(goal: &mut Goal, scope: &Scope, epoch: Epoch) -> Result<(), Why> {
    goal.fences.order(scope, epoch, true);
    for place in goal.places_where(|task| task.out().is_some()) {
        if goal.is_held(&place) {
            goal.settle(&place, Amount::default());
            goal.admitted(&place).state = TaskState::Ready;
        }
    }
    if goal.fences.is_stopped() {
        goal.alarm = None;
    }
    Ok(())
}

pub(super) fn resumed(goal: &mut Goal, scope: &Scope, epoch: Epoch) -> Result<(), Why> {
    goal.fences.order(scope, epoch, false);
    Ok(())
}

/// Fences off everything but sub-goals, which are ordered to cancel and are waited for, and tasks that
/// wrote what is to be undone.
pub(super) fn unwinding(goal: &mut Goal, ending: &Ending) -> Result<(), Why> {
    if matches!(ending, Ending::Succeeded { .. }) {
        return Err(Why::NotOver);
    }
    goal.phase = Phase::Unwinding(Box::new(Unwinding { ending: ending.clone(), undo: None }));
    for place in goal.places_where(Task::is_open) {
        goal.drop_if_unwinding(&place);
    }
    Ok(())
}

pub(super) fn undo_failed(goal: &mut Goal) -> Result<(), Why> {
    goal.undo_is_over();
    Ok(())
}

pub(super) fn alarm(goal: &mut Goal, at: Option<DateTime<Utc>>) -> Result<(), Why> {
    goal.alarm = at;
    Ok(())
}

pub(super) fn ended(goal: &mut Goal, ending: &Ending, at: DateTime<Utc>) -> Result<(), Why> {
    let may_end = match (&goal.phase, ending) {
        (Phase::Running, Ending::Succeeded { .. }) => {
            goal.steps.iter().all(|step| step.over().is_some())
        }
        (Phase::Unwinding(unwinding), ending) => {
            let is_over = goal.undoable.is_empty() && !goal.has_children();
            unwinding.ending == *ending && is_over && goal.places_where(Task::is_open).is_empty()
        }
        (Phase::New | Phase::Running | Phase::Ended(_), _) => false,
    };
    if !may_end {
        return Err(Why::NotOver);
    }
    goal.alarm = None;
    goal.phase = Phase::Ended(Arc::new(End { ending: ending.clone(), at }));
    Ok(())
}

impl Goal {
    fn places_where(&self, is: impl Fn(&Task) -> bool) -> Vec<Place> {
        self.tasks().filter(|(_, task)| is(task)).map(|(place, _)| place).collect()
    }

    /// Whether a sub-goal is under way.
    pub(crate) fn has_children(&self) -> bool {
        self.tasks().any(|(_, task)| task.away().is_some())
    }
}
