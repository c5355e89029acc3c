//! The log of a goal: one [`Record`] per decision, with the events that happened and the acts that
//! they cause. Closed types: an unknown event is an error, never skipped.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::amount::{Amount, Limits};
use crate::artifact::Digest;
use crate::choice::Choice;
use crate::fault::Fault;
use crate::id::{
    AgentKind, EffectKey, Epoch, GoalId, LeaseToken, MessageId, Principal, StepName, TaskId,
    WorkflowName,
};
use crate::input::{AnswerVerdict, ChildEnded, Feedback, Scope, Submission};
use crate::report::{Intent, Settlement};
use crate::task::Offer;

/// One decision: what happened, and what it causes. One message on the goal's subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The goal whose log this is in.
    pub goal: GoalId,
    /// When it was decided.
    pub at: DateTime<Utc>,
    /// The input that was decided on; a redelivered input finds its record by this id.
    pub cause: MessageId,
    /// What happened, in order.
    pub events: Vec<Event>,
    /// What it causes. Repeated in full when the input is delivered again.
    pub acts: Vec<Act>,
}

impl Record {
    /// The workflow version that the goal runs on, which its first record names.
    #[must_use]
    pub fn workflow(&self) -> Option<&WorkflowRef> {
        match self.events.first() {
            Some(Event::Submitted { workflow, .. }) => Some(workflow),
            _ => None,
        }
    }
}

/// A workflow at one version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkflowRef {
    /// Its name.
    pub name: WorkflowName,
    /// The hash of its YAML text; the key in the bucket `workflows`.
    pub version: Digest,
}

/// How a goal ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
pub enum Ending {
    /// Every step that had to be done is done.
    Succeeded {
        /// The output of the last steps, by step name.
        output: Value,
    },
    /// A step failed for good.
    Failed {
        /// How.
        fault: Fault,
    },
    /// Somebody cancelled it, or refused an approval.
    Cancelled {
        /// Who.
        by: Principal,
        /// Why.
        reason: String,
    },
}

/// What happened. Past tense; facts only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// The goal began. Always the first event, and never another.
    Submitted {
        /// What was asked for.
        submission: Submission,
        /// The workflow version it runs on.
        workflow: WorkflowRef,
        /// The limits that hold: the tighter of workflow and submission.
        budget: Limits,
        /// The stop fence at that time.
        epoch: Epoch,
        /// When it began.
        at: DateTime<Utc>,
    },
    /// An `each` was evaluated: the step has this many tasks.
    FannedOut {
        /// The step.
        step: StepName,
        /// The revision round.
        round: u32,
        /// How many; 0 to the bound of the workflow language.
        items: u32,
    },
    /// A step's `when` was false.
    Skipped {
        /// The step.
        step: StepName,
        /// The revision round.
        round: u32,
    },
    /// An attempt was handed out, its allowance reserved.
    Offered {
        /// The task.
        task: TaskId,
        /// The step.
        step: StepName,
        /// The item of a fan-out.
        item: Option<u32>,
        /// The revision round.
        round: u32,
        /// The agent kind.
        kind: AgentKind,
        /// Which try.
        attempt: u32,
        /// The token that a report must carry.
        lease: LeaseToken,
        /// The stop fence it was handed out under.
        epoch: Epoch,
        /// What was reserved.
        allowance: Limits,
        /// When it is given up.
        deadline: DateTime<Utc>,
    },
    /// An attempt succeeded; its allowance is settled.
    Done {
        /// The task.
        task: TaskId,
        /// Which try.
        attempt: u32,
        /// Its output.
        output: Value,
        /// What it used.
        spent: Amount,
        /// The choices it made.
        choices: Vec<Choice>,
    },
    /// An attempt failed, was given up, or was fenced off; its allowance is settled.
    AttemptFailed {
        /// The task.
        task: TaskId,
        /// Which try.
        attempt: u32,
        /// How.
        fault: Fault,
        /// What it used.
        spent: Amount,
    },
    /// Another attempt will be made.
    RetryDue {
        /// The task.
        task: TaskId,
        /// Not before this time.
        at: DateTime<Utc>,
    },
    /// No further attempt will be made.
    TaskFailed {
        /// The task.
        task: TaskId,
        /// The last failure.
        fault: Fault,
    },
    /// An agent is about to write to the outside world.
    EffectIntended {
        /// The task.
        task: TaskId,
        /// What it writes.
        intent: Intent,
    },
    /// It is known how an outside write stands. `Unknown` ends the attempt, releases its allowance
    /// and opens a question that only a person's answer closes.
    EffectSettled {
        /// The task.
        task: TaskId,
        /// Which effect.
        key: EffectKey,
        /// How it stands.
        settlement: Settlement,
    },
    /// People are asked to approve.
    ApprovalOpened {
        /// The approval's task.
        task: TaskId,
        /// The step.
        step: StepName,
        /// The revision round.
        round: u32,
        /// Who may answer.
        by: Vec<Principal>,
        /// How many must approve.
        quorum: u32,
        /// The hash of what they are shown; an answer counts only for it.
        content: Digest,
        /// What they are shown.
        shown: Value,
        /// When it closes by itself.
        deadline: DateTime<Utc>,
    },
    /// A person answered a question.
    Answered {
        /// The task that asks.
        task: TaskId,
        /// Who.
        by: Principal,
        /// What they said.
        verdict: AnswerVerdict,
        /// Why, in their words.
        note: String,
    },
    /// An approval's question is settled.
    ApprovalClosed {
        /// The approval's task.
        task: TaskId,
        /// Whether it was approved.
        approved: bool,
        /// What was approved: as shown, or as edited.
        value: Value,
    },
    /// A sub-goal was submitted, its budget reserved.
    ChildSubmitted {
        /// The task that waits for it.
        task: TaskId,
        /// The step.
        step: StepName,
        /// The item of a fan-out.
        item: Option<u32>,
        /// The revision round.
        round: u32,
        /// The sub-goal.
        child: GoalId,
        /// What was reserved.
        allowance: Limits,
        /// When it is given up.
        deadline: DateTime<Utc>,
    },
    /// A sub-goal ended; its budget is settled.
    ChildEnded {
        /// What it said.
        ended: ChildEnded,
    },
    /// A `wait` step began.
    WaitBegan {
        /// Its task.
        task: TaskId,
        /// The step.
        step: StepName,
        /// The revision round.
        round: u32,
        /// When it ends by itself.
        until: DateTime<Utc>,
        /// Whether a signal may end it before.
        signal: bool,
    },
    /// A `wait` step ended: by a signal, or because its time came.
    WaitEnded {
        /// Its task.
        task: TaskId,
        /// What the signal carried; null when the time came.
        value: Value,
    },
    /// A review asked for another round: the steps from `from` on are open again.
    Revised {
        /// The step that asked.
        step: StepName,
        /// The first step of the new round.
        from: StepName,
        /// The new round; 1 for the first revision.
        round: u32,
        /// The score of the round that ended, when the review gave one.
        score: Option<f64>,
    },
    /// No further round is made although the condition still holds. The goal goes on with the
    /// outputs of the round that scored best.
    RevisionEnded {
        /// The step that asked.
        step: StepName,
        /// The round whose outputs stand.
        kept: u32,
        /// Why: the bound, or no progress.
        reason: String,
    },
    /// A stop reached the goal: what is out is fenced off, what it reserved is released.
    Stopped {
        /// What the stop was for.
        scope: Scope,
        /// The new fence.
        epoch: Epoch,
        /// Who ordered it.
        by: Principal,
        /// Why.
        reason: String,
    },
    /// A stop was lifted.
    Resumed {
        /// The stop that was lifted.
        scope: Scope,
        /// The fence from now on.
        epoch: Epoch,
        /// Who ordered it.
        by: Principal,
    },
    /// The goal is going to end as failed or cancelled; what has an undo is undone first. Tasks of such
    /// steps that have announced a write are finished before that; all others are dropped.
    Unwinding {
        /// How it will end.
        ending: Ending,
    },
    /// An undo that failed for good: a person must look.
    UndoFailed {
        /// The undo's task.
        task: TaskId,
        /// How.
        fault: Fault,
    },
    /// The alarm is set; one that was set before is replaced.
    AlarmArmed {
        /// When it goes off.
        at: DateTime<Utc>,
    },
    /// The alarm went off: none is set.
    AlarmFired {
        /// The time it was set for.
        at: DateTime<Utc>,
    },
    /// An outcome came in for learning.
    OutcomeNoted {
        /// What was measured.
        feedback: Feedback,
    },
    /// An input could not be acted on; kept so that nothing is lost.
    InputRejected {
        /// Why.
        fault: Fault,
    },
    /// The goal ended. Nothing but outcomes and rejections follows.
    Ended {
        /// How.
        ending: Ending,
        /// What it used in all.
        spent: Amount,
        /// When it ended.
        at: DateTime<Utc>,
    },
}

impl Event {
    /// Its name, as in its JSON.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Submitted { .. } => "submitted",
            Self::FannedOut { .. } => "fanned_out",
            Self::Skipped { .. } => "skipped",
            Self::Offered { .. } => "offered",
            Self::Done { .. } => "done",
            Self::AttemptFailed { .. } => "attempt_failed",
            Self::RetryDue { .. } => "retry_due",
            Self::TaskFailed { .. } => "task_failed",
            Self::EffectIntended { .. } => "effect_intended",
            Self::EffectSettled { .. } => "effect_settled",
            Self::ApprovalOpened { .. } => "approval_opened",
            Self::Answered { .. } => "answered",
            Self::ApprovalClosed { .. } => "approval_closed",
            Self::ChildSubmitted { .. } => "child_submitted",
            Self::ChildEnded { .. } => "child_ended",
            Self::WaitBegan { .. } => "wait_began",
            Self::WaitEnded { .. } => "wait_ended",
            Self::Revised { .. } => "revised",
            Self::RevisionEnded { .. } => "revision_ended",
            Self::Stopped { .. } => "stopped",
            Self::Resumed { .. } => "resumed",
            Self::Unwinding { .. } => "unwinding",
            Self::UndoFailed { .. } => "undo_failed",
            Self::AlarmArmed { .. } => "alarm_armed",
            Self::AlarmFired { .. } => "alarm_fired",
            Self::OutcomeNoted { .. } => "outcome_noted",
            Self::InputRejected { .. } => "input_rejected",
            Self::Ended { .. } => "ended",
        }
    }

    /// The task that it is about, if it is about one.
    #[must_use]
    pub fn task(&self) -> Option<&TaskId> {
        match self {
            Self::Offered { task, .. }
            | Self::Done { task, .. }
            | Self::AttemptFailed { task, .. }
            | Self::RetryDue { task, .. }
            | Self::TaskFailed { task, .. }
            | Self::EffectIntended { task, .. }
            | Self::EffectSettled { task, .. }
            | Self::ApprovalOpened { task, .. }
            | Self::Answered { task, .. }
            | Self::ApprovalClosed { task, .. }
            | Self::ChildSubmitted { task, .. }
            | Self::WaitBegan { task, .. }
            | Self::WaitEnded { task, .. }
            | Self::UndoFailed { task, .. } => Some(task),
            Self::ChildEnded { ended } => Some(&ended.task),
            Self::Submitted { .. }
            | Self::FannedOut { .. }
            | Self::Skipped { .. }
            | Self::Revised { .. }
            | Self::RevisionEnded { .. }
            | Self::Stopped { .. }
            | Self::Resumed { .. }
            | Self::Unwinding { .. }
            | Self::AlarmArmed { .. }
            | Self::AlarmFired { .. }
            | Self::OutcomeNoted { .. }
            | Self::InputRejected { .. }
            | Self::Ended { .. } => None,
        }
    }
}

/// What a record causes. Carried out after the append; may be carried out more than once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Hand out an attempt.
    Offer {
        /// The message for the agent.
        offer: Box<Offer>,
    },
    /// Arm the goal's one alarm, in place of the one before.
    Arm {
        /// When it goes off.
        at: DateTime<Utc>,
    },
    /// Take the goal's alarm away.
    Disarm,
    /// Submit a sub-goal.
    Submit {
        /// The sub-goal.
        submission: Box<Submission>,
    },
    /// Order a sub-goal to stop, resume or cancel.
    Steer {
        /// The order.
        control: crate::input::Control,
    },
    /// Tell the parent how this goal ended.
    TellParent {
        /// The message.
        ended: ChildEnded,
    },
}
