//! Steps that fan out, are left out, or wait.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::Why;
use crate::goal::{Goal, Json, Over, Step, StepState, Task, TaskState};
use crate::place::Place;
use crate::workflow::ITEMS_MAX;

/// A step and the round that an event is about.
type InRound = (usize, u32);

pub(super) fn fanned_out(goal: &mut Goal, step: InRound, items: u32) -> Result<(), Why> {
    let items = usize::try_from(items).unwrap_or(usize::MAX);
    if goal.plan(step.0).each.is_none() || items > ITEMS_MAX {
        return Err(Why::Step(goal.step_name(step.0)));
    }
    not_begun(goal, step)?.state = StepState::Running(vec![Task::ready(); items]);
    goal.close(step.0);
    Ok(())
}

pub(super) fn skipped(goal: &mut Goal, step: InRound) -> Result<(), Why> {
    not_begun(goal, step)?.state = StepState::Over(Over::Skipped);
    Ok(())
}

pub(super) fn wait_began(goal: &mut Goal, place: &Place, until: DateTime<Utc>, signal: bool) {
    goal.admitted(place).state = TaskState::Waiting { until, signal };
}

pub(super) fn wait_ended(goal: &mut Goal, place: &Place, value: &Value) {
    goal.finish(place, Json::of(value), None);
}

fn not_begun(goal: &mut Goal, (step, round): InRound) -> Result<&mut Step, Why> {
    let name = goal.step_name(step);
    let step = goal.step_mut(step);
    if step.is_waiting() && step.round == round { Ok(step) } else { Err(Why::Step(name)) }
}
