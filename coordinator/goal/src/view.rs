//! How a goal stands, for people.

use galley_schemas::id::{Principal, TaskId};
use galley_schemas::input::Autonomy;
use galley_schemas::record::WorkflowRef;
use galley_schemas::view::{self, Does, OpenTask, Progress, Question, StepView, View, Waits};
use serde_json::Value;

use crate::goal::{Ask, Goal, Over, Phase, StepState, Task, TaskState};
use crate::place::Place;
use crate::workflow::Action;

/// How a goal stands, for people. It decides nothing and hides nothing but leases.
#[must_use]
pub fn view(goal: &Goal) -> View {
    let origin = goal.origin.as_deref();
    View {
        goal: goal.id,
        workflow: WorkflowRef {
            name: goal.workflow.name.clone(),
            version: goal.workflow.version.clone(),
        },
        by: origin.map_or_else(|| Principal::new("anyone"), |origin| origin.by.clone()),
        autonomy: origin.map_or(Autonomy::default(), |origin| origin.autonomy),
        parent: origin.and_then(|origin| origin.parent.as_deref().cloned()),
        input: origin.map_or(Value::Null, |origin| origin.input.value()),
        phase: phase(goal),
        steps: (0..goal.steps.len()).map(|step| step_view(goal, step)).collect(),
        questions: goal.tasks().filter_map(|(place, task)| question(goal, &place, task)).collect(),
        stops: goal.fences.in_force().cloned().collect(),
        epoch: goal.epoch(),
        budget: *goal.ledger.budget(),
        spent: goal.ledger.spent(),
        reserved: goal.ledger.reserved(),
        alarm: goal.alarm,
        started: origin.map(|origin| origin.at),
        ended: match &goal.phase {
            Phase::Ended(end) => Some(end.at),
            Phase::New | Phase::Running | Phase::Unwinding(_) => None,
        },
    }
}

fn phase(goal: &Goal) -> view::Phase {
    match &goal.phase {
        Phase::New => view::Phase::New,
        Phase::Running if goal.fences.is_stopped() => view::Phase::Stopped,
        Phase::Running => view::Phase::Running,
        Phase::Unwinding(unwinding) => view::Phase::Unwinding { ending: unwinding.ending.clone() },
        Phase::Ended(end) => view::Phase::Ended { ending: end.ending.clone() },
    }
}

fn step_view(goal: &Goal, index: usize) -> StepView {
    let plan = goal.plan(index);
    let step = goal.step(index);
    let undo = goal.undo().filter(|(place, _)| place.step == index);
    let open = goal.tasks().filter(|(place, _)| place.step == index && !place.undo).chain(undo);
    StepView {
        step: plan.name.clone(),
        does: does(&plan.action),
        round: step.round,
        progress: progress(&step.state),
        output: step.output(),
        open: open.filter_map(|(place, task)| open_task(goal.task_id(&place), task)).collect(),
    }
}

fn does(action: &Action) -> Does {
    match action {
        Action::Agent { kind } => Does::Agent { kind: kind.clone() },
        Action::Approval { .. } => Does::Approval,
        Action::Goal { .. } => Does::Goal,
        Action::Wait { .. } => Does::Wait,
    }
}

fn progress(state: &StepState) -> Progress {
    match state {
        StepState::Waiting => Progress::Pending,
        StepState::Over(Over::Skipped) => Progress::Skipped,
        StepState::Over(Over::Done { .. }) => Progress::Done,
        StepState::Running(tasks) => {
            let done = tasks.iter().filter(|task| task.done().is_some());
            match tasks.iter().find_map(Task::failed) {
                Some(fault) => Progress::Failed { fault: fault.clone() },
                None => Progress::Running { done: count(done), of: count(tasks.iter()) },
            }
        }
    }
}

fn count<'t>(tasks: impl Iterator<Item = &'t Task>) -> u32 {
    u32::try_from(tasks.count()).unwrap_or(u32::MAX)
}

/// A task that is not over, and what it waits for.
fn open_task(id: TaskId, task: &Task) -> Option<OpenTask> {
    let waits = match &task.state {
        TaskState::Ready => Waits::Turn,
        TaskState::Out(_) => Waits::Agent,
        TaskState::Resting(_) | TaskState::Faulted(_) => Waits::Retry,
        TaskState::Doubtful { .. } | TaskState::Asking(_) => Waits::Person,
        TaskState::Away(away) => Waits::Goal { child: away.child },
        TaskState::Waiting { .. } => Waits::Signal,
        TaskState::Done { .. } | TaskState::Failed(_) | TaskState::Dropped => return None,
    };
    Some(OpenTask { task: id, attempt: task.attempt, waits, until: task.deadline() })
}

fn question(goal: &Goal, place: &Place, task: &Task) -> Option<Question> {
    if let TaskState::Doubtful { key, reason } = &task.state {
        let intent = &task.effect(key)?.intent;
        return Some(Question::Effect {
            task: goal.task_id(place),
            key: key.clone(),
            target: intent.target.clone(),
            summary: intent.summary.clone(),
            reason: reason.clone(),
        });
    }
    task.asking().map(|ask| approval(goal, place, ask))
}

fn approval(goal: &Goal, place: &Place, ask: &Ask) -> Question {
    Question::Approval {
        task: goal.task_id(place),
        by: goal.asked(place).to_vec(),
        quorum: goal.quorum(place),
        approved: ask.approved.clone(),
        content: ask.content.clone(),
        shown: ask.shown.value(),
        deadline: ask.deadline,
    }
}
