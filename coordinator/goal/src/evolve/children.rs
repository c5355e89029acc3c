//! Sub-goals.

use chrono::{DateTime, Utc};
use galley_schemas::amount::Limits;
use galley_schemas::id::GoalId;
use galley_schemas::input::ChildEnded;
use galley_schemas::record::Ending;

use super::Why;
use crate::fault;
use crate::goal::{Away, Goal, Json, Phase, TaskState};
use crate::place::Place;

pub(super) fn submitted(
    goal: &mut Goal,
    place: &Place,
    child: GoalId,
    allowance: &Limits,
    deadline: DateTime<Utc>,
) -> Result<(), Why> {
    if !goal.ledger.covers(allowance) {
        return Err(Why::OverBudget);
    }
    goal.ledger.reserve(allowance);
    let away = Away { child, allowance: *allowance, deadline };
    goal.admitted(place).state = TaskState::Away(Box::new(away));
    Ok(())
}

pub(super) fn ended(goal: &mut Goal, place: &Place, ended: &ChildEnded) -> Result<(), Why> {
    if goal.admitted(place).away().map(|away| away.child) != Some(ended.child) {
        return Err(Why::Child);
    }
    goal.settle(place, ended.spent);
    match (&goal.phase, &ended.ending) {
        (Phase::Running, Ending::Succeeded { output }) => {
            goal.succeed(place, Json::of(output), None)
        }
        // It was done before the order to cancel reached it.
        (_, Ending::Succeeded { output }) => {
            goal.remember_to_undo(place, &Json::of(output));
            goal.admitted(place).state = TaskState::Dropped;
        }
        (_, ending @ (Ending::Failed { .. } | Ending::Cancelled { .. })) => {
            let fault = fault::of_child(&ended.task, ending);
            goal.admitted(place).state = TaskState::Faulted(Box::new(fault));
            goal.drop_if_unwinding(place);
        }
    }
    Ok(())
}
