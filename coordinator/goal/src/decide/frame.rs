//! What expressions see: the goal's input, the goal itself, and the outputs of the steps that are
//! over.

use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::goal::{Goal, Over};
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
        let origin = goal.origin.as_deref();
        let about = json!({
            "id": goal.id,
            "workflow": workflow.name,
            "autonomy": origin.map(|origin| origin.autonomy),
            "by": origin.map(|origin| &origin.by),
        });
        let input = origin.map(|origin| origin.input.value()).unwrap_or_default();
        Self { workflow, graph: Graph::of(workflow), input, about }
    }

    pub(super) fn graph(&self) -> &Graph<'w> {
        &self.graph
    }

    pub(super) fn plan(&self, step: usize) -> &'w Step {
        self.workflow.steps.get(step).expect("an index of a step comes from this workflow")
    }

    /// The outputs as they are now.
    pub(super) fn outputs(&self, goal: &Goal) -> Finished<'w> {
        let over = goal.steps.iter().map(|step| step.over().cloned());
        Finished {
            workflow: self.workflow,
            steps: over.map(|over| (over, OnceLock::new())).collect(),
        }
    }

    /// What an expression of a step sees.
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
    pub(super) fn items(
        &self,
        outputs: &dyn Outputs,
        step: usize,
    ) -> Result<Option<Vec<Value>>, EvalError> {
        let each = self.plan(step).each.as_ref();
        each.map(|each| each.items(&self.scope(outputs))).transpose()
    }
}

/// The outputs of the steps that are over, each read from its text when it is first asked for.
pub(super) struct Finished<'w> {
    workflow: &'w Workflow,
    steps: Vec<(Option<Over>, OnceLock<Value>)>,
}

impl Finished<'_> {
    /// As if a step had another output.
    pub(super) fn with(mut self, step: usize, output: Over) -> Self {
        if let Some(slot) = self.steps.get_mut(step) {
            *slot = (Some(output), OnceLock::new());
        }
        self
    }
}

impl Outputs for Finished<'_> {
    fn output(&self, step: &str) -> Option<&Value> {
        let index = self.workflow.steps.iter().position(|plan| plan.name.as_str() == step)?;
        let (over, value) = self.steps.get(index)?;
        over.as_ref().map(|over| value.get_or_init(|| over.output()))
    }
}
