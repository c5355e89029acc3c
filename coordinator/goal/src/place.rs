//! Where a task stands in its workflow. Its id is nothing but this, written down.

use galley_schemas::id::TaskId;

use crate::workflow::{Step, Workflow};

/// Where a task stands in its workflow: `draft`, `research.2`, `draft@1`, `research.2@1`, and with a
/// `!` the undo of that task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// The index of its step.
    pub(crate) step: usize,
    /// Which item of a fan-out.
    pub(crate) item: Option<u32>,
    /// The revision round.
    pub(crate) round: u32,
    /// Whether it undoes the task of that place.
    pub(crate) undo: bool,
}

impl Place {
    /// The only task of a step, or the step as a whole.
    pub(crate) fn of_step(step: usize, round: u32) -> Self {
        Self { step, item: None, round, undo: false }
    }

    /// Reads an id. `None` for one that this workflow never gives out.
    pub(crate) fn read(workflow: &Workflow, id: &TaskId) -> Option<Self> {
        let (rest, undo) = match id.as_str().strip_suffix('!') {
            Some(rest) => (rest, true),
            None => (id.as_str(), false),
        };
        let (rest, round) = match rest.split_once('@') {
            Some((rest, round)) => (rest, round.parse().ok()?),
            None => (rest, 0),
        };
        let (name, item) = match rest.split_once('.') {
            Some((name, item)) => (name, Some(item.parse().ok()?)),
            None => (rest, None),
        };
        let step = workflow.steps.iter().position(|step| step.name.as_str() == name)?;
        let place = Self { step, item, round, undo };
        // `draft@0` and `draft@01` are other texts for places that have an id already.
        (place.id(workflow.steps.get(step)?) == *id).then_some(place)
    }

    /// Its id; `step` is the step it stands in.
    pub(crate) fn id(&self, step: &Step) -> TaskId {
        let item = self.item.map(|item| format!(".{item}")).unwrap_or_default();
        let round = if self.round > 0 { format!("@{}", self.round) } else { String::new() };
        let undo = if self.undo { "!" } else { "" };
        TaskId::new(format!("{}{item}{round}{undo}", step.name))
    }

    /// The index of its task among those of the step.
    pub(crate) fn index(&self) -> usize {
        self.item.map_or(0, |item| usize::try_from(item).unwrap_or(usize::MAX))
    }
}
