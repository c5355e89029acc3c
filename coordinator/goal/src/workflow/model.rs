//! A workflow, parsed and checked: what `decide` reads.
//!
//! `Template` and `Condition` are defined by the expression module beside this one.

use std::time::Duration;

use galley_schemas::amount::Limits;
use galley_schemas::artifact::Digest;
use galley_schemas::id::{AgentKind, Principal, StepName, WorkflowName};
use serde_json::Value;

/// A workflow at one version.
#[derive(Debug, Clone, PartialEq)]
pub struct Workflow {
    /// Its name.
    pub name: WorkflowName,
    /// The hash of its YAML text.
    pub version: Digest,
    /// JSON Schema of a goal's input, with defaults.
    pub input: super::Schema,
    /// The most that a goal may use.
    pub budget: Limits,
    /// Its steps, each after the steps that it needs.
    pub steps: Vec<Step>,
}

impl Workflow {
    /// A workflow without steps that takes any object; to be built upon.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            name: WorkflowName::new("empty").expect("this is a name"),
            version: Digest::of(b""),
            input: super::Schema::any(),
            budget: Limits::default(),
            steps: Vec::new(),
        }
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Its name.
    pub name: StepName,
    /// What it does.
    pub action: Action,
    /// Its input.
    pub with: super::Template,
    /// Left out when this is false.
    pub when: Option<super::Condition>,
    /// One task per item of this list.
    pub each: Option<super::Template>,
    /// How many tasks of a fan-out are out at once.
    pub at_most: u32,
    /// The steps that must be over before: those that it refers to, and its `after`.
    pub needs: Vec<StepName>,
    /// How failures are tried again.
    pub retry: Retry,
    /// How long one attempt, approval or sub-goal may take.
    pub within: Duration,
    /// The most that one attempt may use.
    pub allowance: Limits,
    /// Back to an earlier step while a condition holds.
    pub revise: Option<Revise>,
    /// What undoes it when the goal fails or is cancelled later.
    pub undo: Option<Undo>,
    /// What becomes of the goal when it fails for good or its time runs out.
    pub otherwise: Otherwise,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Hands a task to an agent.
    Agent {
        /// Its kind.
        kind: AgentKind,
    },
    /// Asks people.
    Approval {
        /// Who may answer; empty for anyone.
        by: Vec<Principal>,
        /// How many must approve.
        quorum: u32,
    },
    /// Submits a sub-goal.
    Goal {
        /// Its workflow.
        workflow: WorkflowName,
    },
    /// Waits for a time, for a signal, or for the first of both (`within` bounds it).
    Wait {
        /// Until this time (RFC 3339) or for this long (`2h`), evaluated.
        until: Option<super::Template>,
        /// Whether a signal ends it.
        signal: bool,
    },
}

/// How failures are tried again: exponential, with a bound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Retry {
    /// How many attempts in all; at least 1.
    pub times: u32,
    /// Delay before the second attempt.
    pub first: Duration,
    /// Each further delay is this many times the one before.
    pub factor: f64,
    /// Longest delay.
    pub most: Duration,
}

/// Another round from an earlier step on.
#[derive(Debug, Clone, PartialEq)]
pub struct Revise {
    /// The first step of a new round.
    pub from: StepName,
    /// While this holds.
    pub when: super::Condition,
    /// At most this many further rounds.
    pub rounds: u32,
}

/// A compensating task.
#[derive(Debug, Clone, PartialEq)]
pub struct Undo {
    /// The agent kind that carries it out.
    pub kind: AgentKind,
    /// Its input.
    pub with: super::Template,
}

/// What becomes of the goal when a step fails for good, is refused, or runs out of time.
#[derive(Debug, Clone, PartialEq)]
pub enum Otherwise {
    /// The goal fails (for an approval: is cancelled by a refusal, fails on time-out).
    Fail,
    /// For an approval: no answer in time counts as a refusal.
    Reject,
    /// For an approval: no answer in time counts as an approval.
    Approve,
    /// The goal goes on; the step's output is this value (null unless given).
    Go(Value),
}
