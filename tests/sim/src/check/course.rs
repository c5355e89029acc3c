//! A goal's course as its records tell it, and what must hold after each of them.

use std::collections::BTreeSet;

use galley_coordinator_goal::workflow::Step;
use galley_coordinator_goal::{Goal, audit, evolve};
use galley_schemas::id::{MessageId, TaskId};
use galley_schemas::record::{Ending, Event, Record};

/// A goal folded apart from whoever decided it: this shares nothing with the coordinators but `evolve`
/// and `audit`.
#[derive(Debug)]
pub struct Course {
    goal: Goal,
    causes: BTreeSet<MessageId>,
    /// The undos that were done, or failed for good.
    undone: BTreeSet<TaskId>,
}

impl Course {
    /// A goal before its first record.
    #[must_use]
    pub fn new(goal: Goal) -> Self {
        Self { goal, causes: BTreeSet::new(), undone: BTreeSet::new() }
    }

    /// The goal as it stands.
    #[must_use]
    pub fn goal(&self) -> &Goal {
        &self.goal
    }

    /// Takes the next record in; gives what does not hold: it folds, nothing follows the goal's end,
    /// the audit finds nothing, and no input is decided twice.
    pub fn take_in(&mut self, record: &Record) -> Vec<String> {
        let mut broken = Vec::new();
        let was_over = self.goal.ending().is_some();
        for event in &record.events {
            if let Err(illegal) = evolve(&mut self.goal, event) {
                broken.push(format!("a record does not fold: {illegal}"));
            }
            if was_over && !may_follow_the_end(event) {
                broken.push(format!("{} follows the end of the goal", event.name()));
            }
            if let Event::Done { task, .. } | Event::UndoFailed { task, .. } = event {
                self.undone.insert(task.clone());
            }
        }
        broken.extend(audit(&self.goal).iter().map(ToString::to_string));
        let is_report = record.cause.as_str().starts_with("report-");
        if !self.causes.insert(record.cause.clone()) && !is_report {
            broken.push(format!("the input {} is decided twice", record.cause));
        }
        broken
    }

    /// Whether nothing that a task wrote may show any more: the goal ended without success, the task's
    /// step can be undone, and its undo neither happened nor failed for good.
    #[must_use]
    pub fn must_not_show(&self, task: &TaskId) -> bool {
        let is_without_success = match self.goal.ending() {
            Some(Ending::Failed { .. } | Ending::Cancelled { .. }) => true,
            Some(Ending::Succeeded { .. }) | None => false,
        };
        let step = task.as_str().split(['.', '@']).next().unwrap_or_default();
        let can_be_undone = |plan: &Step| plan.name.as_str() == step && plan.undo.is_some();
        let is_undo = task.as_str().ends_with('!');
        is_without_success
            && !is_undo
            && self.goal.workflow().steps.iter().any(can_be_undone)
            && !self.undone.contains(&TaskId::new(format!("{task}!")))
    }
}

fn may_follow_the_end(event: &Event) -> bool {
    matches!(event, Event::OutcomeNoted { .. } | Event::InputRejected { .. })
}
