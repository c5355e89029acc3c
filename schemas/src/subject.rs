//! Every subject on the bus, in one place. No other file spells one.

use crate::id::{AgentKind, GoalId, InstanceId};
use crate::input::Scope;

/// Goals, bare or enveloped.
pub const IN_GOAL: &str = "galley.in.goal";
/// Answers to open questions.
pub const IN_ANSWER: &str = "galley.in.answer";
/// Stop, resume, cancel.
pub const IN_CONTROL: &str = "galley.in.control";
/// Outcomes from outside.
pub const IN_FEEDBACK: &str = "galley.in.feedback";
/// Signals for `wait` steps.
pub const IN_SIGNAL: &str = "galley.in.signal";
/// Sub-goals that ended. Written by coordinators only.
pub const IN_CHILD: &str = "galley.in.child";
/// Alarms that went off. Written by the bus only.
pub const FIRED: &str = "galley.fired";
/// A goal by request/reply: the answer is its id or a typed error.
pub const SUBMIT: &str = "galley.submit";
/// Inputs that were refused, each with its fault.
pub const REJECTED: &str = "galley.rejected";
/// Broadcast: a stop or a resume; agents drop or go on.
pub const EPOCH: &str = "galley.epoch";

/// A goal's records.
#[must_use]
pub fn goal(goal: &GoalId) -> String {
    format!("galley.goal.{goal}")
}

/// A goal's alarm.
#[must_use]
pub fn alarm(goal: &GoalId) -> String {
    format!("galley.alarm.{goal}")
}

/// A recurring goal's schedule.
#[must_use]
pub fn schedule(name: &str) -> String {
    format!("galley.schedule.{name}")
}

/// The tasks of an agent kind.
#[must_use]
pub fn task(kind: &AgentKind) -> String {
    format!("galley.task.{kind}")
}

/// Reports of an agent kind, to whichever coordinator is free.
#[must_use]
pub fn report(kind: &AgentKind) -> String {
    format!("galley.report.{kind}")
}

/// Reports of an agent kind, to one coordinator instance.
#[must_use]
pub fn report_to(kind: &AgentKind, coordinator: &InstanceId) -> String {
    format!("galley.report.{kind}.{coordinator}")
}

/// Broadcast: what the tasks of a goal are doing now.
#[must_use]
pub fn progress(goal: &GoalId) -> String {
    format!("galley.progress.{goal}")
}

/// The key of a scope's fence in the bucket [`bucket::EPOCHS`].
#[must_use]
pub fn fence_key(scope: &Scope) -> String {
    match scope {
        Scope::All => "all".to_owned(),
        Scope::Workflow { workflow } => format!("workflow.{workflow}"),
        Scope::Kind { kind } => format!("kind.{kind}"),
        Scope::Goal { goal } => format!("goal.{goal}"),
    }
}

/// Names of the key-value buckets.
pub mod bucket {
    use crate::id::AgentKind;

    /// Workflow texts by version, and the current version by name.
    pub const WORKFLOWS: &str = "workflows";
    /// What the learner learned.
    pub const POLICY: &str = "policy";
    /// Stop fences by scope.
    pub const EPOCHS: &str = "epochs";
    /// Agent cards and presence.
    pub const AGENTS: &str = "agents";
    /// The status view of goals.
    pub const GOALS: &str = "goals";
    /// Goals that ended long ago: their last status, and where their records are.
    pub const ARCHIVED: &str = "archived";

    /// The journals of an agent kind.
    #[must_use]
    pub fn journal(kind: &AgentKind) -> String {
        format!("journal_{kind}")
    }
}
