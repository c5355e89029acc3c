//! An independent check of the invariants: it looks at the state alone, and shares no rule with
//! `decide`.

use galley_schemas::amount::Amount;
use galley_schemas::id::{StepName, TaskId};
use galley_schemas::report::Settlement;

use crate::evolve::Stage;
use crate::goal::{Effect, Goal, Phase, Task};
use crate::place::Place;

/// An invariant that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// Nothing is under way, armed or asked, and no stop explains it: the goal would wait for ever.
    #[error(
        "the goal is stuck: no task is out, no alarm is armed, nobody is asked, nothing is stopped"
    )]
    Stuck,
    /// A deadline would pass unnoticed.
    #[error("task {task} has a deadline that no alarm covers")]
    Unwatched {
        /// The task.
        task: TaskId,
    },
    /// More is promised than there is.
    #[error("more is reserved than the budget holds")]
    OverBudget,
    /// The sum of the reservations is not what the tasks hold.
    #[error("the reservations of the tasks do not add up")]
    Reservations,
    /// A task that is out has no limit where the goal has one.
    #[error("task {task} is not limited where the goal is")]
    Unlimited {
        /// The task.
        task: TaskId,
    },
    /// A task wrote what can be undone, or may have, and was dropped.
    #[error("task {task} wrote, and was neither finished nor undone")]
    Abandoned {
        /// The task.
        task: TaskId,
    },
    /// A failed attempt was neither tried again nor given up.
    #[error("task {task} failed and nothing followed")]
    Undecided {
        /// The task.
        task: TaskId,
    },
    /// A task is out although a stop holds it.
    #[error("task {task} is out although it is stopped")]
    NotFenced {
        /// The task.
        task: TaskId,
    },
    /// More tasks of a step are under way than it allows.
    #[error("step {step} has more tasks under way than it may")]
    TooMany {
        /// The step.
        step: StepName,
    },
    /// More rounds than the workflow allows.
    #[error("step {step} has had more rounds than it may")]
    TooManyRounds {
        /// The step.
        step: StepName,
    },
    /// A goal that is over still holds something.
    #[error("the goal is over and still holds an alarm, a reservation or a task")]
    NotClean,
}

/// Checks a goal at rest, between two decisions.
#[must_use]
pub fn audit(goal: &Goal) -> Vec<Broken> {
    let mut broken = Vec::new();
    budget(goal, &mut broken);
    match &goal.phase {
        Phase::New => {}
        Phase::Running | Phase::Unwinding(_) => {
            liveness(goal, &mut broken);
            tasks(goal, &mut broken);
            steps(goal, &mut broken);
        }
        Phase::Ended(_) => {
            let holds = |task: &Task| task.out().is_some();
            let is_clean = goal.alarm.is_none()
                && goal.ledger.reserved() == Amount::default()
                && !goal.tasks().any(|(_, task)| holds(task));
            if !is_clean {
                broken.push(Broken::NotClean);
            }
        }
    }
    abandoned(goal, &mut broken);
    broken
}

/// What was written and can be undone is never dropped, not even once the goal is over.
fn abandoned(goal: &Goal, broken: &mut Vec<Broken>) {
    let wrote =
        |effect: &Effect| !matches!(effect.settled.as_deref(), Some(Settlement::NotDone { .. }));
    for (place, task) in goal.tasks() {
        let is_dropped = Stage::of(&task.state) == Stage::Dropped;
        let can_be_undone = !place.undo && goal.plan(place.step).undo.is_some();
        if is_dropped && can_be_undone && task.effects.iter().any(wrote) {
            broken.push(Broken::Abandoned { task: goal.task_id(&place) });
        }
    }
}

fn budget(goal: &Goal, broken: &mut Vec<Broken>) {
    if !goal.ledger.is_sound() {
        broken.push(Broken::OverBudget);
    }
    let held = goal.tasks().filter_map(|(_, task)| task.allowance());
    let sum = held.fold(Amount::default(), |sum, allowance| {
        sum.plus(Amount {
            usd_micros: allowance.usd_micros.unwrap_or(0),
            tokens: allowance.tokens.unwrap_or(0),
            calls: allowance.calls.unwrap_or(0),
            wall_ms: allowance.wall_ms.unwrap_or(0),
        })
    });
    if sum != goal.ledger.reserved() {
        broken.push(Broken::Reservations);
    }
}

fn liveness(goal: &Goal, broken: &mut Vec<Broken>) {
    let is_pending = |(_, task): (Place, &Task)| match Stage::of(&task.state) {
        Stage::Out | Stage::Away | Stage::Asking | Stage::Doubtful => true,
        Stage::Ready
        | Stage::Faulted
        | Stage::Resting
        | Stage::Waiting
        | Stage::Done
        | Stage::Failed
        | Stage::Dropped => false,
    };
    let is_stopped = goal.fences.in_force().next().is_some();
    if goal.alarm.is_none() && !is_stopped && !goal.tasks().any(is_pending) {
        broken.push(Broken::Stuck);
    }
}

fn tasks(goal: &Goal, broken: &mut Vec<Broken>) {
    // What unwinds is bounded by its deadline alone.
    let is_bounded = matches!(goal.phase, Phase::Unwinding(_));
    for (place, task) in goal.tasks() {
        let id = goal.task_id(&place);
        let stage = Stage::of(&task.state);
        if stage == Stage::Faulted {
            broken.push(Broken::Undecided { task: id.clone() });
        }
        if stage == Stage::Out && goal.is_held(&place) {
            broken.push(Broken::NotFenced { task: id.clone() });
        }
        let is_limited =
            is_bounded || task.out().is_none_or(|out| goal.ledger.limits(&out.allowance));
        if !is_limited {
            broken.push(Broken::Unlimited { task: id.clone() });
        }
        // A delay that is over is no deadline: the task may wait for budget.
        let deadline = task.deadline().filter(|_| stage != Stage::Resting);
        let is_watched = deadline.is_none_or(|at| goal.alarm.is_some_and(|alarm| alarm <= at));
        if !is_watched && !goal.fences.is_stopped() {
            broken.push(Broken::Unwatched { task: id });
        }
    }
}

fn steps(goal: &Goal, broken: &mut Vec<Broken>) {
    for (index, (plan, step)) in goal.workflow.steps.iter().zip(&goal.steps).enumerate() {
        let under_way = step.tasks().iter().filter(|task| task.is_under_way()).count();
        if under_way > usize::try_from(plan.at_most).unwrap_or(usize::MAX).max(1) {
            broken.push(Broken::TooMany { step: plan.name.clone() });
        }
        let most = plan.revise.as_ref().map_or(0, |revise| revise.rounds);
        if goal.rounds.get(&index).is_some_and(|rounds| rounds.made > most) {
            broken.push(Broken::TooManyRounds { step: plan.name.clone() });
        }
    }
}
