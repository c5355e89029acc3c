//! Sub-goals: submitted with a part of the budget, waited for, settled.

use galley_schemas::fault::Fault;
use galley_schemas::id::WorkflowName;
use galley_schemas::input::{ChildEnded, Parent, Submission};
use galley_schemas::record::{Act, Ending, Event};
use galley_schemas::task::VALUE_BYTES_MAX;

use super::settle::{self, after, give_up};
use super::start::Terms;
use super::turn::Turn;
use crate::command::Reply;
use crate::content;
use crate::fault;
use crate::goal::{Task, TaskState};
use crate::place::Place;
use crate::workflow::DEPTH_MAX;

pub(super) fn submit(turn: &mut Turn<'_>, place: &Place, workflow: WorkflowName, terms: Terms) {
    let goal = turn.goal();
    let task = goal.task_id(place);
    let Some(origin) = goal.origin.clone() else { return };
    let depth = origin.parent.as_ref().map_or(0, |parent| parent.depth) + 1;
    if depth > DEPTH_MAX {
        return give_up(turn, place, fault::too_deep(&task, DEPTH_MAX));
    }
    let (goal, step) = (goal.id(), goal.step_name(place.step));
    let deadline = after(turn.now(), turn.goal().plan(place.step).within);
    let Terms { input, allowance } = terms;
    let child = turn.new_goal();
    let submission = Submission {
        goal: child,
        workflow,
        input,
        budget: allowance,
        autonomy: origin.autonomy,
        by: origin.by.clone(),
        parent: Some(Parent { goal, task: task.clone(), depth }),
    };
    let (item, round) = (place.item, place.round);
    turn.emit(Event::ChildSubmitted { task, step, item, round, child, allowance, deadline });
    turn.act(Act::Submit { submission: Box::new(submission) });
}

/// An output that is larger than a goal keeps is a failure of the task.
fn bounded(ended: ChildEnded) -> ChildEnded {
    let Ending::Succeeded { output } = &ended.ending else { return ended };
    match content::excess(output, VALUE_BYTES_MAX) {
        None => ended,
        Some(excess) => {
            let fault = Fault { retryable: false, ..fault::unfit_report(&ended.task, &excess) };
            ChildEnded { ending: Ending::Failed { fault }, ..ended }
        }
    }
}

/// A sub-goal says how it ended. One that is no longer waited for changes nothing.
pub(super) fn ended(turn: &mut Turn<'_>, ended: ChildEnded) -> Reply {
    let Some(place) = Place::read(&turn.goal().workflow, &ended.task) else { return Reply::Noted };
    let awaited = turn.goal().task(&place).and_then(Task::away).map(|away| away.child);
    if !turn.goal().is_live() || awaited != Some(ended.child) {
        return Reply::Noted;
    }
    turn.emit(Event::ChildEnded { ended: bounded(ended) });
    if let Some(TaskState::Faulted(fault)) = turn.goal().task(&place).map(|task| &task.state) {
        let fault = Box::clone(fault);
        settle::after_failure(turn, &place, *fault);
    }
    Reply::Noted
}
