//! What a coordinator says to an agent: the payload on `galley.task.<kind>`.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::amount::Limits;
use crate::id::{AgentKind, Epoch, GoalId, InstanceId, LeaseToken, StepName, TaskId};

/// One attempt of a task, offered to an agent of its kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Offer {
    /// The goal the task belongs to.
    pub goal: GoalId,
    /// The task.
    pub task: TaskId,
    /// The step of the workflow it stands for.
    pub step: StepName,
    /// The agent kind it is for.
    pub kind: AgentKind,
    /// Which try this is; 1 for the first.
    pub attempt: u32,
    /// Proves that a report belongs to this attempt.
    pub lease: LeaseToken,
    /// The stop fence it was handed out under.
    pub epoch: Epoch,
    /// The step's `with`, evaluated; at most [`VALUE_BYTES_MAX`].
    pub input: Value,
    /// The most this attempt may use; reserved from the goal's budget.
    pub allowance: Limits,
    /// When the coordinator gives this attempt up.
    pub deadline: DateTime<Utc>,
    /// The coordinator instance whose cache knows the goal; reports go there first.
    pub report_to: InstanceId,
    /// In a revision round: what is to be revised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
    /// For an undo: the task that is undone. What it gave stands in `input`, as the workflow says; that is
    /// null where it failed after it had written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<TaskId>,
}

/// How long a task is lent without a sign of life, in seconds. Whoever works longer says so before.
pub const LOAN_SECS: u64 = 60;

/// Largest input or output of a task in bytes of JSON. What is larger is an artifact.
pub const VALUE_BYTES_MAX: usize = 64 * 1024;

/// What a revision round asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Revision {
    /// 1 for the first revision.
    pub round: u32,
    /// The output of the step that asked for it (a review).
    pub review: Value,
    /// What this task gave in the round before.
    pub previous: Value,
}
