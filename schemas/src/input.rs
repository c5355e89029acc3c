//! What people and other systems say to the coordinators: the payloads on `galley.in.*`.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::amount::Limits;
use crate::artifact::{ArtifactRef, Digest};
use crate::fault::Fault;
use crate::id::{AgentKind, Epoch, GoalId, MessageId, Principal, StepName, TaskId, WorkflowName};

/// Largest input message in bytes; a larger one is rejected.
pub const INPUT_BYTES_MAX: usize = 256 * 1024;

/// How much a goal may do without asking.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Autonomy {
    /// Approvals are asked for as the workflow says.
    #[default]
    Supervised,
    /// Approvals whose `when` depends on autonomy are left out.
    Full,
}

/// A goal to be carried out. The bare form, as typed by hand, is the input alone:
/// `{"topic": "…"}`; it becomes a submission to the default workflow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Submission {
    /// The goal's id, made by the submitter so that a repeated submission is the same goal.
    pub goal: GoalId,
    /// The workflow to run, by name.
    pub workflow: WorkflowName,
    /// The workflow's input, checked against its schema; at most 64 KiB as JSON.
    pub input: Value,
    /// Limits tighter than the workflow's own.
    #[serde(default)]
    pub budget: Limits,
    /// How much it may do without asking.
    #[serde(default)]
    pub autonomy: Autonomy,
    /// Who submitted it.
    #[serde(default = "anyone")]
    pub by: Principal,
    /// For a sub-goal: where it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Parent>,
}

fn anyone() -> Principal {
    Principal::new("anyone")
}

/// Where a sub-goal came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Parent {
    /// The goal that asked for it.
    pub goal: GoalId,
    /// The task of that goal that waits for it.
    pub task: TaskId,
    /// How many goals stand above it; 1 for a child of a top goal.
    pub depth: u32,
}

/// A person's answer to an open question: an approval, or an effect whose outcome is unknown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Answer {
    /// The goal that asks.
    pub goal: GoalId,
    /// The task whose question is answered.
    pub task: TaskId,
    /// Who answers.
    pub by: Principal,
    /// What they say.
    pub verdict: AnswerVerdict,
    /// For an approval: the hash of what was looked at. The answer counts only for that content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Digest>,
    /// Why, in their words; at most 4,000 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

/// What a person says to a question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum AnswerVerdict {
    /// Approve what was shown.
    Approve,
    /// Approve this instead: the approved value after a person's edit.
    ApproveEdited {
        /// The value that takes the place of what was shown.
        value: Value,
    },
    /// Refuse.
    Reject,
    /// The effect in question did happen.
    Happened {
        /// What the target gave for it (an id, a URL), if known.
        #[serde(default)]
        receipt: Value,
    },
    /// The effect in question did not happen; it may be done again.
    DidNotHappen,
}

/// One order that stops, resumes or cancels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Control {
    /// What the order is for.
    pub scope: Scope,
    /// The order.
    pub order: Order,
    /// Who gave it.
    pub by: Principal,
    /// Why, in their words; at most 4,000 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// What a stop reaches.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Scope {
    /// Every goal.
    All,
    /// Every goal of a workflow.
    Workflow {
        /// Its name.
        workflow: WorkflowName,
    },
    /// Every task of an agent kind.
    Kind {
        /// Its name.
        kind: AgentKind,
    },
    /// One goal.
    Goal {
        /// Its id.
        goal: GoalId,
    },
}

/// What a [`Control`] orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Hand out nothing more and fence off what is out.
    Stop,
    /// Go on from the same point.
    Resume,
    /// End it: undo what has an undo, in reverse order. Only for one goal.
    Cancel,
}

/// A [`Control`] that took effect, as coordinators tell it to every agent at once: JSON without an
/// envelope, broadcast on [`crate::subject::EPOCH`].
///
/// Agents drop the attempts that lie in the scope and were handed out under a lower epoch. It is a
/// hint that saves work: whoever missed it learns the same from the verdict on the next report. An
/// offer does not name its workflow, so a stop of a workflow reaches running attempts either that
/// way or by one fence for each goal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fence {
    /// What the order was for.
    pub scope: Scope,
    /// The fence from now on.
    pub epoch: Epoch,
    /// The order.
    pub order: Order,
}

/// The last order for a scope, as it stands: the value in the bucket
/// [`crate::subject::bucket::EPOCHS`] under [`crate::subject::fence_key`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Standing {
    /// The order; [`Order::Stop`] while the scope is stopped.
    pub control: Control,
    /// The fence that it raised. Epochs rise over all scopes together.
    pub epoch: Epoch,
    /// Where the order lay among the inputs: one for the scope that lay before it comes too late. None
    /// in values from before places were kept, which every order comes after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

/// Where a message lies among all that were ever published on its stream. Places of one stream rise
/// in the order of publishing, also over a stream that was lost and made anew.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
pub struct Place {
    /// When the stream was made, in milliseconds since 1970 in UTC; 0 on a bus that never makes one
    /// anew.
    pub stream: i64,
    /// Its number there.
    pub seq: u64,
}

/// The answer to a submission by request/reply on [`crate::subject::SUBMIT`]: JSON without an
/// envelope.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum SubmitReply {
    /// The submission is kept; the goal will be decided.
    Accepted {
        /// The goal's id.
        goal: GoalId,
    },
    /// Nothing will be done.
    Refused {
        /// Why.
        fault: Fault,
    },
}

/// An input that was refused, as it is kept on [`crate::subject::REJECTED`]: JSON without an
/// envelope.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rejected {
    /// The subject it came on.
    pub subject: String,
    /// The id of the message.
    pub id: MessageId,
    /// When it was refused.
    pub at: DateTime<Utc>,
    /// Why.
    pub fault: Fault,
    /// What it said, when that is text of at most 16 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payload: Option<String>,
    /// What it said, when it is larger, or no text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact: Option<ArtifactRef>,
}

/// What happened with a finished goal outside: a view count, a rating, an edit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Feedback {
    /// The goal it is about.
    pub goal: GoalId,
    /// What was measured: `views`, `rating`, `edit_distance`.
    pub outcome: String,
    /// The measure.
    pub value: f64,
    /// Who or what measured it.
    pub by: Principal,
    /// When it was measured.
    pub at: DateTime<Utc>,
}

/// A sub-goal tells its parent how it ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChildEnded {
    /// The parent.
    pub goal: GoalId,
    /// The parent's task that waits.
    pub task: TaskId,
    /// The sub-goal.
    pub child: GoalId,
    /// How it ended.
    pub ending: crate::record::Ending,
    /// What it used.
    pub spent: crate::amount::Amount,
}

/// A goal's alarm went off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Fired {
    /// The goal it was set for.
    pub goal: GoalId,
    /// The time it was set for.
    pub at: DateTime<Utc>,
}

/// What a `wait` step waits for; sent by outside systems.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Signal {
    /// The goal that waits.
    pub goal: GoalId,
    /// The step that waits.
    pub step: StepName,
    /// What the event carries; becomes the step's output.
    #[serde(default)]
    pub value: Value,
}
