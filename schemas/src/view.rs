//! How a goal stands, for people: what `galley goals`, `show` and `doctor`, the API and the bucket
//! `goals` show. Made from the goal's state by the coordinator; nothing is decided by it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::amount::{Amount, Limits};
use crate::artifact::{ArtifactRef, Digest};
use crate::fault::Fault;
use crate::id::{AgentKind, EffectKey, Epoch, GoalId, Principal, StepName, TaskId};
use crate::input::{Autonomy, Parent, Scope};
use crate::record::{Ending, WorkflowRef};

/// The value under a goal's id in the bucket [`crate::subject::bucket::GOALS`]: its view at one
/// place of its log. Written soon after each record, not with it: the log is the truth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    /// How the goal stands.
    #[serde(flatten)]
    pub view: View,
    /// The place of the last record that the view has in it.
    pub seq: u64,
    /// The place of the last record whose acts are known to be carried out.
    pub acted: u64,
    /// What each open task said last that it is doing.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub progress: BTreeMap<TaskId, String>,
}

/// The value under a goal's id in the bucket [`crate::subject::bucket::ARCHIVED`]: a goal that ended
/// long ago, with the place where its records went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Archived {
    /// How it ended.
    #[serde(flatten)]
    pub status: Status,
    /// Its records, in order: a line each, `{"seq": place, "record": {…}}`.
    pub records: ArtifactRef,
}

/// The part of a [`Status`] that says how far it is: read where the rest does not matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Mark {
    /// As in [`Status`].
    pub seq: u64,
    /// As in [`Status`].
    pub acted: u64,
}

/// How a goal stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct View {
    /// The goal.
    pub goal: GoalId,
    /// The workflow it runs on.
    pub workflow: WorkflowRef,
    /// Who submitted it.
    pub by: Principal,
    /// How much it may do without asking.
    pub autonomy: Autonomy,
    /// For a sub-goal: where it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
    /// What it was asked for.
    pub input: Value,
    /// Where it is.
    pub phase: Phase,
    /// Its steps, in the order of the workflow.
    pub steps: Vec<StepView>,
    /// What waits for a person.
    pub questions: Vec<Question>,
    /// The stops in force.
    pub stops: Vec<Scope>,
    /// The stop fence.
    pub epoch: Epoch,
    /// The most it may use.
    pub budget: Limits,
    /// What it has used.
    pub spent: Amount,
    /// What its open tasks may still use.
    pub reserved: Amount,
    /// When its alarm goes off.
    pub alarm: Option<DateTime<Utc>>,
    /// When it began.
    pub started: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended: Option<DateTime<Utc>>,
}

/// Where a goal is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Phase {
    /// Nothing was submitted yet.
    New,
    /// Its steps are being done.
    Running,
    /// It waits for a stop to be lifted.
    Stopped,
    /// What was done is being undone.
    Unwinding {
        /// How it will end.
        ending: Ending,
    },
    /// It is over.
    Ended {
        /// How.
        ending: Ending,
    },
}

/// How a step stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepView {
    /// The step.
    pub step: StepName,
    /// What it does.
    pub does: Does,
    /// The revision round it is in; 0 before any revision.
    pub round: u32,
    /// How far it is.
    pub progress: Progress,
    /// What it gave, once it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<Value>,
    /// Its tasks that are not over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<OpenTask>,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Does {
    /// Hands tasks to agents.
    Agent {
        /// Of this kind.
        kind: AgentKind,
    },
    /// Asks people.
    Approval,
    /// Submits sub-goals.
    Goal,
    /// Waits.
    Wait,
}

/// How far a step is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Progress {
    /// Not begun.
    Pending,
    /// Begun.
    Running {
        /// How many of its tasks are over.
        done: u32,
        /// How many it has.
        of: u32,
    },
    /// Over.
    Done,
    /// Left out: its `when` was false.
    Skipped,
    /// Failed for good.
    Failed {
        /// How.
        fault: Fault,
    },
}

/// A task that is not over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OpenTask {
    /// The task.
    pub task: TaskId,
    /// Which try it is at.
    pub attempt: u32,
    /// What it waits for.
    pub waits: Waits,
    /// When that is given up or comes by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
}

/// What an open task waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "for", rename_all = "snake_case")]
pub enum Waits {
    /// To be handed out: for a free place, for budget, or for a stop to be lifted.
    Turn,
    /// An agent's report.
    Agent,
    /// The delay before the next attempt.
    Retry,
    /// A person.
    Person,
    /// A sub-goal.
    Goal {
        /// The sub-goal.
        child: GoalId,
    },
    /// A time or a signal.
    Signal,
}

/// A question that waits for a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Question {
    /// May this go on?
    Approval {
        /// The task that asks.
        task: TaskId,
        /// Who may answer; empty for anyone.
        by: Vec<Principal>,
        /// How many must approve.
        quorum: u32,
        /// Who has approved what is shown now.
        approved: Vec<Principal>,
        /// The hash that an answer must carry.
        content: Digest,
        /// What they are shown.
        shown: Value,
        /// When it closes by itself.
        deadline: DateTime<Utc>,
    },
    /// Did this outside write happen?
    Effect {
        /// The task that asks.
        task: TaskId,
        /// Which effect.
        key: EffectKey,
        /// Where it went.
        target: String,
        /// What it does.
        summary: String,
        /// Why nobody can tell.
        reason: String,
    },
}
