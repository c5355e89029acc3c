//! What stays the same while a decision advances the goal: the order of the steps, and what
//! expressions can see of the goal itself.

use serde_json::{Value, json};

use crate::goal::Goal;
use crate::graph::Graph;
use crate::place::Place;
use crate::workflow::{EvalError, Outputs, Scope, Step, Workflow};

/// What stays the same while a decision advances the goal.
pub(super) struct Frame<'w> {
    workflow: &'w Workflow,
    graph: Graph<'w>,
    input: Value,
    /// `goal` in expressions.
    about: Value,
}

impl<'w> Frame<'w> {
    pub(super) fn new(goal: &Goal, workflow: &'w Workflow) -> Self {
        let submission = goal.origin.as_ref().map(|origin| &origin.submission);
        let about = json!({
            "id": goal.id,
            "workflow": workflow.name,
            "autonomy": submission.map(|submission| submission.autonomy),
            "by": submission.map(|submission| &submission.by),
        });
        let input = submission.map(|submission| submission.input.clone()).unwrap_or_default();
        Self { workflow, graph: Graph::of(workflow), input, about }
    }

    pub(super) fn graph(&self) -> &Graph<'w> {
        &self.graph
    }

    pub(super) fn plan(&self, step: usize) -> &'w Step {
        self.workflow.steps.get(step).expect("an index of a step comes from this workflow")
    }

    /// What an expression sees.
    pub(super) fn scope<'a>(&'a self, outputs: &'a dyn Outputs) -> Scope<'a> {
        Scope::new(&self.input, &self.about, outputs)
    }

    /// Evaluates something of a task, which in a fan-out sees its item.
    pub(super) fn look<T>(
        &self,
        outputs: &dyn Outputs,
        place: &Place,
        item: Option<&Value>,
        eval: impl FnOnce(&Scope<'_>) -> T,
    ) -> T {
        let index = Value::from(place.item);
        let scope = self.scope(outputs);
        eval(&item.map_or(scope, |item| scope.of_item(item, &index)))
    }

    /// The items of a fan-out; `None` for a step that has one task.
    pub(super) fn items(&self, goal: &Goal, step: usize) -> Result<Option<Vec<Value>>, EvalError> {
        let each = self.plan(step).each.as_ref();
        each.map(|each| each.items(&self.scope(goal))).transpose()
    }
}
