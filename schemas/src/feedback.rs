//! What became of goals, as it is told to learning: the payloads on the Kafka topic
//! [`crate::subject::FEEDBACK_TOPIC`], and what learning keeps in the bucket
//! [`crate::subject::bucket::FEEDBACK`].
//!
//! A [`Fact`] travels in an envelope with the goal's id as its Kafka key. Its id is made from where
//! it stands in the log (`<goal>/<place>/<event>/<name>`), so the same fact has the same id for ever,
//! however often it is carried. Notes and contents are not told: only what can be learned from.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::amount::Amount;
use crate::choice::{Choice, Policy};
use crate::content::ReviewVerdict;
use crate::id::{GoalId, Principal, TaskId};
use crate::record::WorkflowRef;

/// Largest fact in bytes of JSON, envelope and all. A larger one is passed over by the relay.
pub const FACT_BYTES_MAX: usize = 64 * 1024;

/// One thing that happened to a goal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Fact {
    /// The goal.
    pub goal: GoalId,
    /// The place in the log of the record that it stands in.
    pub seq: u64,
    /// What happened.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum What {
    /// The goal began.
    Began {
        /// The workflow it runs on.
        workflow: WorkflowRef,
        /// Who submitted it.
        by: Principal,
        /// For a sub-goal: the goal that asked for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent: Option<GoalId>,
    },
    /// A finished task had chosen.
    Chose {
        /// The task.
        task: TaskId,
        /// The choice.
        choice: Choice,
    },
    /// An attempt ended.
    Spent {
        /// The task.
        task: TaskId,
        /// Which try.
        attempt: u32,
        /// What it used.
        spent: Amount,
        /// How it failed; absent when it succeeded.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
    },
    /// A task judged the work: its output names a verdict and a score.
    Reviewed {
        /// The task.
        task: TaskId,
        /// 0 to 1.
        score: f64,
        /// What it decided.
        verdict: ReviewVerdict,
    },
    /// A person answered an approval.
    Answered {
        /// The approval's task.
        task: TaskId,
        /// Who.
        by: Principal,
        /// What they said.
        said: Said,
    },
    /// An approval is settled, by answers or because its time ran out.
    Settled {
        /// The approval's task.
        task: TaskId,
        /// Whether it was approved.
        approved: bool,
    },
    /// Something was measured outside.
    Measured {
        /// What: `views`, `rating`.
        outcome: String,
        /// The measure.
        value: f64,
        /// Who or what measured it.
        by: Principal,
        /// When.
        at: DateTime<Utc>,
    },
    /// The goal ended.
    Ended {
        /// How.
        how: How,
        /// For a failure: its code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        /// What the goal used in all.
        spent: Amount,
    },
}

impl What {
    /// Its name, as in its JSON.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Began { .. } => "began",
            Self::Chose { .. } => "chose",
            Self::Spent { .. } => "spent",
            Self::Reviewed { .. } => "reviewed",
            Self::Answered { .. } => "answered",
            Self::Settled { .. } => "settled",
            Self::Measured { .. } => "measured",
            Self::Ended { .. } => "ended",
        }
    }
}

/// What a person said to an approval.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// Good as it was shown.
    Approved,
    /// Good after their edit.
    Edited,
    /// No.
    Rejected,
}

/// How a goal ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Every step that had to be done is done.
    Succeeded,
    /// A step failed for good.
    Failed,
    /// Somebody cancelled it, or refused an approval.
    Cancelled,
}

/// How far the log was carried to learning: the value under [`crate::subject::RELAY_KEY`], or without
/// Kafka under [`crate::subject::LEARNER_KEY`], in the bucket [`crate::subject::bucket::FEEDBACK`].
///
/// Written with compare-and-set, only forward, and only after what lies before it was delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cursor {
    /// Every record up to and including this place was carried, or cannot be.
    pub seq: u64,
    /// How many facts were carried in all.
    #[serde(default)]
    pub carried: u64,
    /// How many records and facts were passed over, because they could not be read or were too
    /// large.
    #[serde(default)]
    pub skipped: u64,
    /// When it was moved last.
    pub at: DateTime<Utc>,
}

/// What was decided last about a decision's policy, and why: the value under
/// [`crate::subject::ruling_key`] in the bucket [`crate::subject::bucket::FEEDBACK`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ruling {
    /// The decision: `headline_style`.
    pub decision: String,
    /// What was done.
    pub verdict: Verdict,
    /// Why, in one sentence.
    pub why: String,
    /// When.
    pub at: DateTime<Utc>,
    /// How the policy that stood does, by the choices made so far.
    pub standing: Estimate,
    /// How the proposed policy would have done.
    pub proposed: Estimate,
    /// What was learned about each option.
    pub options: BTreeMap<String, Belief>,
    /// The policy that stood before the present one, to go back to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Policy>,
}

/// What was done about a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The proposed policy stands now.
    Published,
    /// What stood goes on standing.
    Kept,
    /// The one before stands again: the present one did worse.
    RolledBack,
}

/// How a policy does, estimated offline from choices that others made: self-normalised inverse
/// propensity scoring (Swaminathan and Joachims, "The Self-Normalized Estimator for Counterfactual
/// Learning", NIPS 2015).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Estimate {
    /// The mean reward, 0 to 1.
    pub reward: f64,
    /// How many choices under the policy itself would say as much (Kish's effective sample size).
    pub samples: f64,
}

/// What was learned about an option.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Belief {
    /// The mean of its reward, 0 to 1.
    pub mean: f64,
    /// How many goals it rests on, older ones counting less.
    pub goals: f64,
    /// The probability that it is the best.
    pub best: f64,
    /// How often it is drawn by the policy that stands.
    pub weight: f64,
}
