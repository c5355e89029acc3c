//! What an agent says to a coordinator (`galley.report.<kind>`), and the answer it gets.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::amount::Amount;
use crate::artifact::Digest;
use crate::choice::Choice;
use crate::fault::Fault;
use crate::id::{AgentKind, EffectKey, Epoch, GoalId, LeaseToken, TaskId};

/// A report about the current attempt of a task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The goal.
    pub goal: GoalId,
    /// The task.
    pub task: TaskId,
    /// The reporting agent's kind.
    pub kind: AgentKind,
    /// From the offer.
    pub attempt: u32,
    /// From the offer.
    pub lease: LeaseToken,
    /// From the offer.
    pub epoch: Epoch,
    /// What is reported.
    pub body: Body,
}

/// What is reported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Body {
    /// The task is done.
    Done {
        /// Its output; at most [`crate::task::VALUE_BYTES_MAX`].
        output: Value,
        /// What this attempt used.
        spent: Amount,
        /// The choices it made.
        #[serde(default)]
        choices: Vec<Choice>,
    },
    /// The attempt failed.
    Failed {
        /// How.
        fault: Fault,
        /// What it used all the same.
        spent: Amount,
    },
    /// Before an outside write: may it be done?
    EffectIntent {
        /// What is to be written.
        intent: Intent,
    },
    /// After an outside write, or after asking the target about one.
    EffectSettled {
        /// Which effect.
        key: EffectKey,
        /// How it stands.
        settlement: Settlement,
    },
    /// What it is doing now. Not recorded; shown to people.
    Progress {
        /// One line; at most 200 characters.
        note: String,
        /// What this attempt has used so far.
        spent: Amount,
    },
}

/// What a task is doing now, as coordinators tell it to whoever watches: JSON without an envelope,
/// broadcast on [`crate::subject::progress`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Doing {
    /// The task.
    pub task: TaskId,
    /// Its agent's kind.
    pub kind: AgentKind,
    /// Which try it is.
    pub attempt: u32,
    /// What it is doing, in one line.
    pub note: String,
    /// What this attempt has used so far.
    pub spent: Amount,
}

/// An outside write that is about to happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Intent {
    /// Its key within the task.
    pub key: EffectKey,
    /// Where it goes: `wordpress https://example.org`, `site /srv/www`.
    pub target: String,
    /// The hash of what is written.
    pub content: Digest,
    /// What it does, in one line, for people.
    pub summary: String,
}

/// How an outside write stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Settlement {
    /// It happened.
    Done {
        /// What the target gave for it: an id, a URL.
        receipt: Value,
    },
    /// It did not happen and left nothing behind.
    NotDone {
        /// Why.
        reason: String,
    },
    /// Nobody can tell: a person must look.
    Unknown {
        /// What was tried.
        reason: String,
    },
}

/// The coordinator's answer to a [`Report`]. An agent acknowledges its task only after one that
/// ends the attempt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Verdict {
    /// Recorded. For an effect intent: go on and write.
    Accepted,
    /// For an effect intent that was recorded before and never settled, by this attempt or an
    /// earlier one: ask the target whether it happened before any write. Also for the same attempt,
    /// because a process that worked on it and died may have written.
    Reconcile {
        /// The intent as it was recorded.
        intent: Intent,
    },
    /// For an effect intent: it was done and settled; here is its receipt. Do not write.
    AlreadyDone {
        /// What the target gave for it.
        receipt: Value,
    },
    /// The attempt is no longer the current one, or a stop fenced it off: drop the work.
    Stale {
        /// Why.
        reason: String,
    },
    /// The report breaks the contract. For a result: the attempt counts as failed.
    Malformed {
        /// What is wrong with it.
        fault: Fault,
    },
}
