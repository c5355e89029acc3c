//! Which agent kinds are known: their reports are served. A kind is learned from the configuration,
//! from a card, from a registered workflow, and from each task that is handed out.

use std::collections::BTreeSet;

use galley_coordinator_goal::workflow::{Action, Workflow};
use galley_schemas::id::AgentKind;
use tokio::sync::watch;

/// How many kinds are served. More than anybody runs; a bound for what strangers write to a bucket.
const KINDS_MAX: usize = 1_024;

/// The kinds that are known.
#[derive(Debug)]
pub(crate) struct Kinds {
    known: watch::Sender<BTreeSet<AgentKind>>,
}

impl Kinds {
    pub(crate) fn new(first: impl IntoIterator<Item = AgentKind>) -> Self {
        Self { known: watch::Sender::new(first.into_iter().take(KINDS_MAX).collect()) }
    }

    /// Adds a kind.
    pub(crate) fn learn(&self, kind: &AgentKind) {
        // Looked up under the read lock first: nearly every call is about a kind that is known.
        if self.known.borrow().contains(kind) {
            return;
        }
        self.known.send_if_modified(|known| known.len() < KINDS_MAX && known.insert(kind.clone()));
    }

    /// Adds the kinds that a workflow hands tasks to.
    pub(crate) fn learn_of(&self, workflow: &Workflow) {
        for kind in kinds_of(workflow) {
            self.learn(&kind);
        }
    }

    /// The kinds, and when there are more.
    pub(crate) fn subscribe(&self) -> watch::Receiver<BTreeSet<AgentKind>> {
        self.known.subscribe()
    }
}

/// The kinds that a workflow hands tasks to, undoing included.
pub(crate) fn kinds_of(workflow: &Workflow) -> BTreeSet<AgentKind> {
    let mut kinds = BTreeSet::new();
    for step in &workflow.steps {
        match &step.action {
            Action::Agent { kind } => {
                kinds.insert(kind.clone());
            }
            Action::Approval { .. } | Action::Goal { .. } | Action::Wait { .. } => {}
        }
        kinds.extend(step.undo.iter().map(|undo| undo.kind.clone()));
    }
    kinds
}
