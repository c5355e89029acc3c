//! How a step stands.

use std::sync::Arc;

use serde_json::Value;

use super::{Json, Revisit, Seal, Task};

/// How a step stands in its present round.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Step {
    /// The revision round; 0 before any revision.
    pub(crate) round: u32,
    pub(crate) state: StepState,
    /// In a further round: what is to be revised.
    pub(crate) revisit: Option<Box<Revisit>>,
}

/// How far a step is.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) enum StepState {
    /// Not begun.
    #[default]
    Waiting,
    /// Its tasks, in the order of the items.
    Running(Vec<Task>),
    /// Done, left out, or failed with something to go on with.
    Over(Over),
}

/// What a step that is over left behind.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Over {
    /// Its `when` was false.
    Skipped,
    /// Its output; of a fan-out, the list.
    Done {
        output: Json,
        /// Whose reports were accepted, so that one whose answer got lost is known again.
        leases: Arc<[Seal]>,
    },
}

impl Over {
    /// What a reference to the step is worth.
    pub(crate) fn output(&self) -> Value {
        match self {
            Self::Skipped => Value::Null,
            Self::Done { output, .. } => output.value(),
        }
    }

    /// A step that ends without any task.
    pub(crate) fn with(output: &Value) -> Self {
        Self::Done { output: Json::of(output), leases: Arc::new([]) }
    }
}

impl Step {
    /// Its tasks while it is running; none before and after.
    pub(crate) fn tasks(&self) -> &[Task] {
        match &self.state {
            StepState::Running(tasks) => tasks,
            StepState::Waiting | StepState::Over(_) => &[],
        }
    }

    pub(crate) fn tasks_mut(&mut self) -> &mut [Task] {
        match &mut self.state {
            StepState::Running(tasks) => tasks,
            StepState::Waiting | StepState::Over(_) => &mut [],
        }
    }

    pub(crate) fn is_waiting(&self) -> bool {
        matches!(self.state, StepState::Waiting)
    }

    pub(crate) fn over(&self) -> Option<&Over> {
        match &self.state {
            StepState::Over(over) => Some(over),
            StepState::Waiting | StepState::Running(_) => None,
        }
    }

    /// Its output, once it is over.
    pub(crate) fn output(&self) -> Option<Value> {
        self.over().map(Over::output)
    }

    /// Gives the step its one task.
    pub(crate) fn begin(&mut self) {
        self.state = StepState::Running(vec![Task::ready()]);
    }

    /// Ends the step when all of its tasks are done.
    pub(crate) fn close(&mut self, fans: Fans) {
        let StepState::Running(tasks) = &self.state else { return };
        let Some(done) = tasks.iter().map(Task::done).collect::<Option<Vec<_>>>() else { return };
        let output = match (fans, done.first()) {
            (Fans::No, Some((output, _))) => Json::clone(output),
            (Fans::Out | Fans::No, _) => Json::list(done.iter().map(|(output, _)| *output)),
        };
        let leases = done.iter().filter_map(|(_, lease)| *lease).collect();
        self.state = StepState::Over(Over::Done { output, leases });
    }
}

/// Whether a step has one task or one for each item of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fans {
    Out,
    No,
}
