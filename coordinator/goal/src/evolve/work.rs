//! Attempts: handed out, done, failed, tried again, given up.

use chrono::{DateTime, Utc};
use galley_schemas::amount::Amount;
use galley_schemas::fault::Fault;
use galley_schemas::record::Event;
use serde_json::Value;

use super::Why;
use crate::goal::{Fans, Goal, Json, Out, Over, Phase, Seal, StepState, Task, TaskState, Undoable};
use crate::place::Place;
use crate::workflow::Otherwise;

pub(super) fn offered(goal: &mut Goal, place: &Place, event: &Event) -> Result<(), Why> {
    let Event::Offered { attempt, lease, epoch, allowance, deadline, .. } = event else {
        return Err(Why::Phase);
    };
    if goal.task(place).map_or(1, |task| task.attempt) != *attempt {
        return Err(Why::Attempt);
    }
    if !goal.ledger.covers(allowance) {
        return Err(Why::OverBudget);
    }
    goal.ledger.reserve(allowance);
    goal.admitted(place).state = TaskState::Out(Box::new(Out {
        lease: Seal::of(lease),
        epoch: *epoch,
        allowance: *allowance,
        deadline: *deadline,
    }));
    Ok(())
}

pub(super) fn done(
    goal: &mut Goal,
    place: &Place,
    attempt: u32,
    output: &Value,
    spent: Amount,
) -> Result<(), Why> {
    is_current(goal, place, attempt)?;
    let lease = goal.task(place).and_then(|task| task.out()).map(|out| out.lease);
    goal.settle(place, spent);
    if place.undo {
        goal.undo_is_over();
        return Ok(());
    }
    goal.succeed(place, Json::of(output), lease);
    Ok(())
}

pub(super) fn attempt_failed(
    goal: &mut Goal,
    place: &Place,
    attempt: u32,
    fault: &Fault,
    spent: Amount,
) -> Result<(), Why> {
    is_current(goal, place, attempt)?;
    goal.settle(place, spent);
    goal.admitted(place).state = TaskState::Faulted(Box::new(fault.clone()));
    goal.drop_if_unwinding(place);
    Ok(())
}

pub(super) fn retry_due(goal: &mut Goal, place: &Place, at: DateTime<Utc>) -> Result<(), Why> {
    let task = goal.admitted(place);
    task.attempt += 1;
    task.state = TaskState::Resting(at);
    Ok(())
}

/// The task, or the step before it could begin, has failed for good: the goal goes on with what the
/// workflow says, or is about to unwind. What it wrote is undone with the rest.
pub(super) fn task_failed(goal: &mut Goal, place: &Place, fault: &Fault) -> Result<(), Why> {
    if goal.must_finish(place) {
        goal.remember_to_undo(place, &Json::of(&Value::Null));
    }
    let whole_step = goal.step(place.step).is_waiting();
    match goal.plan(place.step).otherwise.clone() {
        Otherwise::Go(value) if whole_step => {
            goal.step_mut(place.step).state = StepState::Over(Over::with(&value));
        }
        Otherwise::Go(value) => goal.finish(place, Json::of(&value), None),
        Otherwise::Fail | Otherwise::Reject | Otherwise::Approve => {
            let failed = TaskState::Failed(Box::new(fault.clone()));
            if whole_step {
                let task = Task { state: failed, ..Task::ready() };
                goal.step_mut(place.step).state = StepState::Running(vec![task]);
            } else {
                goal.admitted(place).state = failed;
            }
        }
    }
    Ok(())
}

fn is_current(goal: &Goal, place: &Place, attempt: u32) -> Result<(), Why> {
    match goal.task(place) {
        Some(task) if task.attempt == attempt => Ok(()),
        Some(_) | None => Err(Why::Attempt),
    }
}

impl Goal {
    /// Gives back what a task had reserved, and books what it used.
    pub(super) fn settle(&mut self, place: &Place, spent: Amount) {
        if let Some(allowance) = self.task(place).and_then(|task| task.allowance().copied()) {
            self.ledger.settle(&allowance, spent);
        }
    }

    /// Ends a task that did what it was for; it will be undone if the goal unwinds.
    pub(super) fn succeed(&mut self, place: &Place, output: Json, lease: Option<Seal>) {
        self.remember_to_undo(place, &output);
        self.finish(place, output, lease);
    }

    pub(super) fn remember_to_undo(&mut self, place: &Place, output: &Json) {
        if self.plan(place.step).undo.is_some() {
            self.undoable.push(Undoable { place: *place, output: output.clone() });
        }
    }

    /// Ends a task, and the step with its last task.
    pub(super) fn finish(&mut self, place: &Place, output: Json, lease: Option<Seal>) {
        self.admitted(place).state = TaskState::Done { output, lease };
        self.close(place.step);
    }

    /// Ends a step when all of its tasks are done.
    pub(super) fn close(&mut self, step: usize) {
        let fans = if self.plan(step).each.is_some() { Fans::Out } else { Fans::No };
        self.step_mut(step).close(fans);
    }

    /// Once the goal unwinds, only an undo has a future, and a task that must finish.
    pub(super) fn drop_if_unwinding(&mut self, place: &Place) {
        if matches!(self.phase, Phase::Unwinding(_)) && !place.undo && !self.must_finish(place) {
            self.settle(place, Amount::default());
            self.admitted(place).state = TaskState::Dropped;
        }
    }

    /// The undo under way has ended, well or badly: the next one is due.
    pub(super) fn undo_is_over(&mut self) {
        if let Phase::Unwinding(unwinding) = &mut self.phase {
            unwinding.undo = None;
            self.undoable.pop();
        }
    }
}
