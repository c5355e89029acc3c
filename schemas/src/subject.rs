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

/// The Kafka topic of what became of goals, keyed by goal; not a subject of the bus.
pub const FEEDBACK_TOPIC: &str = "galley.feedback.v1";

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

/// The stream that keeps tasks on offer.
pub const TASK_STREAM: &str = "GALLEY_TASK";

/// The durable consumer on [`TASK_STREAM`] that all agents of a kind pull from.
#[must_use]
pub fn task_consumer(kind: &AgentKind) -> String {
    format!("agent_{kind}")
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

/// The key in the bucket [`bucket::FEEDBACK`] that says how far the relay carried the log: a
/// [`crate::feedback::Cursor`]. While it is there, no record beyond it may be purged.
pub const RELAY_KEY: &str = "relay";
/// The same for a learner that reads the log itself, without a relay.
pub const LEARNER_KEY: &str = "learner";

/// The key in the bucket [`bucket::FEEDBACK`] of the last ruling on a decision's policy: a
/// [`crate::feedback::Ruling`].
#[must_use]
pub fn ruling_key(decision: &str) -> String {
    format!("ruling/{}", key_part(decision))
}

/// The key in the bucket [`bucket::FEEDBACK`] of what was learned from one partition of a source.
#[must_use]
pub fn learned_key(source: &str, partition: u32) -> String {
    format!("learned/{}/{partition}", key_part(source))
}

/// Any text as a part of a key; different texts stay different. So a decision's policy is found in
/// the bucket [`bucket::POLICY`].
#[must_use]
pub fn key_part(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::with_capacity(text.len()), |mut key, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b'.' => {
                key.push(char::from(byte));
            }
            _ => write!(key, "={byte:02x}").expect("a String takes any text"),
        }
        key
    })
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

    /// How far feedback was carried and learned from, and how policies were ruled on.
    pub const FEEDBACK: &str = "feedback";

    /// The journals of an agent kind.
    #[must_use]
    pub fn journal(kind: &AgentKind) -> String {
        format!("journal_{kind}")
    }
}
