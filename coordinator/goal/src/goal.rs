//! A goal's state: what the fold of its records knows.
//!
//! It is kept small, because a coordinator holds many: the workflow is shared, outputs are kept as
//! text and shared between copies, and a step that is over keeps nothing but its output.

mod fences;
mod json;
mod ledger;
mod rounds;
mod step;
mod task;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use galley_schemas::amount::Amount;
use galley_schemas::id::{AgentKind, Epoch, GoalId, Principal, StepName, TaskId};
use galley_schemas::input::{Autonomy, Parent, Submission};
use galley_schemas::record::{Ending, Record};

use crate::evolve::{IllegalEvent, evolve};
use crate::place::Place;
use crate::workflow::{self, Action, Workflow};

pub(crate) use fences::Fences;
pub(crate) use json::Json;
pub(crate) use ledger::Ledger;
pub(crate) use rounds::{Best, Revisit, Rounds, score};
pub(crate) use step::{Fans, Over, Step, StepState};
pub(crate) use task::{Ask, Away, Effect, Out, Seal, Task, TaskState};

/// A goal's state. Made by [`Goal::fold`], changed by [`evolve`] alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Goal {
    pub(crate) id: GoalId,
    pub(crate) workflow: Arc<Workflow>,
    pub(crate) phase: Phase,
    pub(crate) origin: Option<Arc<Origin>>,
    pub(crate) ledger: Ledger,
    pub(crate) fences: Fences,
    pub(crate) alarm: Option<DateTime<Utc>>,
    pub(crate) steps: Vec<Step>,
    /// Of the steps that revise and asked for it, by index: their rounds.
    pub(crate) rounds: BTreeMap<usize, Rounds>,
    /// What would have to be undone, in the order in which it was over.
    pub(crate) undoable: Vec<Undoable>,
}

/// Where a goal is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Phase {
    New,
    Running,
    Unwinding(Box<Unwinding>),
    Ended(Arc<End>),
}

/// A goal that is going to end as failed or cancelled.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Unwinding {
    pub(crate) ending: Ending,
    /// The undo that is under way; it belongs to the last of [`Goal::undoable`].
    pub(crate) undo: Option<Task>,
}

/// How and when a goal ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct End {
    pub(crate) ending: Ending,
    pub(crate) at: DateTime<Utc>,
}

/// How a goal began.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Origin {
    pub(crate) input: Json,
    pub(crate) by: Principal,
    pub(crate) autonomy: Autonomy,
    /// For a sub-goal: where it came from.
    pub(crate) parent: Option<Box<Parent>>,
    pub(crate) at: DateTime<Utc>,
}

/// A task whose step has an undo, and which was done, or failed after it had written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Undoable {
    pub(crate) place: Place,
    /// Null for one that failed.
    pub(crate) output: Json,
}

impl Goal {
    /// A goal before anything happened.
    #[must_use]
    pub fn new(id: GoalId, workflow: Arc<Workflow>) -> Self {
        let steps = workflow.steps.iter().map(|_| Step::default()).collect();
        Self {
            id,
            workflow,
            phase: Phase::New,
            origin: None,
            ledger: Ledger::default(),
            fences: Fences::default(),
            alarm: None,
            steps,
            rounds: BTreeMap::new(),
            undoable: Vec::new(),
        }
    }

    /// The state after some records. `workflow` is the version that the goal's first record names
    /// (see [`Record::workflow`]).
    ///
    /// # Errors
    /// [`IllegalEvent`] when the records are not those of a goal on this workflow.
    pub fn fold<'r>(
        id: GoalId,
        workflow: Arc<Workflow>,
        records: impl IntoIterator<Item = &'r Record>,
    ) -> Result<Self, IllegalEvent> {
        let mut goal = Self::new(id, workflow);
        for event in records.into_iter().flat_map(|record| &record.events) {
            evolve(&mut goal, event)?;
        }
        Ok(goal)
    }

    /// Whether this is the submission that it began with: what it asks for comes to the same.
    pub(crate) fn is_of(&self, submission: &Submission) -> bool {
        let Submission { goal, workflow, budget, autonomy, by, parent, input } = submission;
        let Some(origin) = &self.origin else { return false };
        (&self.id, &self.workflow.name) == (goal, workflow)
            && *self.ledger.budget() == self.workflow.budget.tighter(budget)
            && (&origin.autonomy, &origin.by, origin.parent.as_deref())
                == (autonomy, by, parent.as_ref())
            && origin.input == Json::of(input)
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> GoalId {
        self.id
    }

    /// The workflow it runs on.
    #[must_use]
    pub fn workflow(&self) -> &Arc<Workflow> {
        &self.workflow
    }

    /// The stop fence that it is under.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.fences.epoch()
    }

    /// When its alarm goes off.
    #[must_use]
    pub fn alarm(&self) -> Option<DateTime<Utc>> {
        self.alarm
    }

    /// What it has used.
    #[must_use]
    pub fn spent(&self) -> Amount {
        self.ledger.spent()
    }

    /// How it ended; `None` while it has not.
    #[must_use]
    pub fn ending(&self) -> Option<&Ending> {
        match &self.phase {
            Phase::Ended(end) => Some(&end.ending),
            Phase::New | Phase::Running | Phase::Unwinding(_) => None,
        }
    }

    /// Whether it has begun and not ended.
    #[must_use]
    pub fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Running | Phase::Unwinding(_))
    }

    /// The step of the workflow with this index.
    pub(crate) fn plan(&self, step: usize) -> &workflow::Step {
        self.workflow.steps.get(step).expect("an index of a step comes from this workflow")
    }

    pub(crate) fn step(&self, step: usize) -> &Step {
        self.steps.get(step).expect("every step of the workflow has a state")
    }

    pub(crate) fn step_mut(&mut self, step: usize) -> &mut Step {
        self.steps.get_mut(step).expect("every step of the workflow has a state")
    }

    /// The id of a task.
    pub(crate) fn task_id(&self, place: &Place) -> TaskId {
        place.id(self.plan(place.step))
    }

    pub(crate) fn step_name(&self, step: usize) -> StepName {
        self.plan(step).name.clone()
    }

    /// A task of a step in its present round, or the undo under way.
    pub(crate) fn task(&self, place: &Place) -> Option<&Task> {
        if place.undo {
            return self.undo().filter(|(of, _)| of == place).map(|(_, task)| task);
        }
        let step = self.steps.get(place.step)?;
        let expected = place.item.is_some() == self.plan(place.step).each.is_some();
        if step.round == place.round && expected { step.tasks().get(place.index()) } else { None }
    }

    /// As [`Goal::task`], to change it.
    pub(crate) fn task_mut(&mut self, place: &Place) -> Option<&mut Task> {
        self.task(place)?;
        if place.undo {
            let Phase::Unwinding(unwinding) = &mut self.phase else { return None };
            return unwinding.undo.as_mut();
        }
        self.step_mut(place.step).tasks_mut().get_mut(place.index())
    }

    /// The undo under way, and its place.
    pub(crate) fn undo(&self) -> Option<(Place, &Task)> {
        let Phase::Unwinding(unwinding) = &self.phase else { return None };
        let place = self.undoable.last()?.place;
        Some((Place { undo: true, ..place }, unwinding.undo.as_ref()?))
    }

    /// Every task of steps that are not over, and the undo under way.
    pub(crate) fn tasks(&self) -> impl Iterator<Item = (Place, &Task)> {
        let of_steps = self.steps.iter().enumerate().flat_map(|(index, step)| {
            let fans = self.plan(index).each.is_some();
            (0_u32..).zip(step.tasks()).map(move |(item, task)| {
                let item = fans.then_some(item);
                (Place { step: index, item, round: step.round, undo: false }, task)
            })
        });
        of_steps.chain(self.undo())
    }

    /// Whether a task wrote what its step can undo, or may have. Such a task is let finish before
    /// anything is undone, because its undo is made from its output.
    pub(crate) fn must_finish(&self, place: &Place) -> bool {
        let can_be_undone = !place.undo && self.plan(place.step).undo.is_some();
        can_be_undone && self.task(place).is_some_and(Task::may_have_written)
    }

    /// The agent kind that a task is for; `None` for one that is not for an agent.
    pub(crate) fn kind(&self, place: &Place) -> Option<&AgentKind> {
        let plan = self.plan(place.step);
        if place.undo {
            return plan.undo.as_ref().map(|undo| &undo.kind);
        }
        match &plan.action {
            Action::Agent { kind } => Some(kind),
            Action::Approval { .. } | Action::Goal { .. } | Action::Wait { .. } => None,
        }
    }

    /// Who may answer an approval; empty for anyone.
    pub(crate) fn asked(&self, place: &Place) -> &[Principal] {
        match &self.plan(place.step).action {
            Action::Approval { by, .. } => by,
            Action::Agent { .. } | Action::Goal { .. } | Action::Wait { .. } => &[],
        }
    }

    /// How many must approve.
    pub(crate) fn quorum(&self, place: &Place) -> u32 {
        match &self.plan(place.step).action {
            Action::Approval { quorum, .. } => *quorum,
            Action::Agent { .. } | Action::Goal { .. } | Action::Wait { .. } => 0,
        }
    }

    /// Whether stops keep a task from being handed out.
    pub(crate) fn is_held(&self, place: &Place) -> bool {
        self.fences.is_stopped() || self.kind(place).is_some_and(|kind| self.fences.holds(kind))
    }
}
