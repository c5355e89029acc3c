//! How a task stands.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use galley_schemas::amount::Limits;
use galley_schemas::artifact::Digest;
use galley_schemas::fault::Fault;
use galley_schemas::id::{EffectKey, Epoch, GoalId, LeaseToken, Principal};
use galley_schemas::report::{Intent, Settlement};

use super::Json;

/// How a task stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Task {
    /// The present try, or the next one when none is under way; from 1.
    pub(crate) attempt: u32,
    pub(crate) state: TaskState,
    /// What it wrote, or was about to write, to the outside world.
    pub(crate) effects: Vec<Effect>,
}

/// What a task is doing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TaskState {
    /// To be handed out.
    Ready,
    /// An agent has it.
    Out(Box<Out>),
    /// The attempt failed; the same decision says whether another is made.
    Faulted(Box<Fault>),
    /// Not to be handed out again before this time.
    Resting(DateTime<Utc>),
    /// A person is asked whether an effect happened.
    Doubtful { key: EffectKey, reason: String },
    /// People are asked to approve.
    Asking(Box<Ask>),
    /// A sub-goal carries it.
    Away(Box<Away>),
    /// It waits for a time or a signal.
    Waiting { until: DateTime<Utc>, signal: bool },
    Done {
        output: Json,
        /// Whose report was accepted.
        lease: Option<Seal>,
    },
    /// For good.
    Failed(Box<Fault>),
    /// Fenced off because the goal ends.
    Dropped,
}

/// An attempt that an agent has.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Out {
    pub(crate) lease: Seal,
    pub(crate) epoch: Epoch,
    pub(crate) allowance: Limits,
    pub(crate) deadline: DateTime<Utc>,
}

/// A question to people.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ask {
    pub(crate) content: Digest,
    pub(crate) shown: Json,
    pub(crate) deadline: DateTime<Utc>,
    /// Who approved what is shown now.
    pub(crate) approved: Vec<Principal>,
    /// Who refused.
    pub(crate) refused: Option<Principal>,
    /// The last words that came with an answer.
    pub(crate) note: String,
}

/// A sub-goal under way.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Away {
    pub(crate) child: GoalId,
    pub(crate) allowance: Limits,
    pub(crate) deadline: DateTime<Utc>,
}

/// A write to the outside world: announced, and perhaps settled.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Effect {
    pub(crate) intent: Arc<Intent>,
    pub(crate) settled: Option<Arc<Settlement>>,
}

/// What is kept of a lease token: its 128 bits, a fraction of its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seal([u8; 16]);

impl Seal {
    pub(crate) fn of(lease: &LeaseToken) -> Self {
        let bits = |text: &str| u128::from_str_radix(text, 16).ok();
        let digest = || Digest::of(lease.as_str().as_bytes());
        // A token that is not in hexadecimal is told apart by its hash.
        let bits = bits(lease.as_str()).or_else(|| bits(digest().as_str().get(..32)?));
        Self(bits.unwrap_or(0).to_be_bytes())
    }
}

impl Task {
    /// A task that was not handed out yet.
    pub(crate) fn ready() -> Self {
        Self { attempt: 1, state: TaskState::Ready, effects: Vec::new() }
    }

    /// The attempt that an agent has.
    pub(crate) fn out(&self) -> Option<&Out> {
        if let TaskState::Out(out) = &self.state { Some(out) } else { None }
    }

    /// The open question of an approval.
    pub(crate) fn asking(&self) -> Option<&Ask> {
        if let TaskState::Asking(ask) = &self.state { Some(ask) } else { None }
    }

    /// The sub-goal that carries it.
    pub(crate) fn away(&self) -> Option<&Away> {
        if let TaskState::Away(away) = &self.state { Some(away) } else { None }
    }

    /// Why it failed for good.
    pub(crate) fn failed(&self) -> Option<&Fault> {
        if let TaskState::Failed(fault) = &self.state { Some(fault) } else { None }
    }

    /// Its output and whose report was accepted, once it is done.
    pub(crate) fn done(&self) -> Option<(&Json, Option<Seal>)> {
        if let TaskState::Done { output, lease } = &self.state {
            Some((output, *lease))
        } else {
            None
        }
    }

    /// What it has reserved.
    pub(crate) fn allowance(&self) -> Option<&Limits> {
        self.out().map(|out| &out.allowance).or_else(|| self.away().map(|away| &away.allowance))
    }

    /// When something must be done about it by itself.
    pub(crate) fn deadline(&self) -> Option<DateTime<Utc>> {
        match &self.state {
            TaskState::Out(out) => Some(out.deadline),
            TaskState::Away(away) => Some(away.deadline),
            TaskState::Asking(ask) => Some(ask.deadline),
            TaskState::Resting(until) | TaskState::Waiting { until, .. } => Some(*until),
            TaskState::Ready
            | TaskState::Faulted(_)
            | TaskState::Doubtful { .. }
            | TaskState::Done { .. }
            | TaskState::Failed(_)
            | TaskState::Dropped => None,
        }
    }

    /// Whether it takes up one of the places that `at_most` gives.
    pub(crate) fn is_under_way(&self) -> bool {
        match &self.state {
            TaskState::Out(_)
            | TaskState::Doubtful { .. }
            | TaskState::Asking(_)
            | TaskState::Away(_)
            | TaskState::Waiting { .. } => true,
            TaskState::Ready
            | TaskState::Faulted(_)
            | TaskState::Resting(_)
            | TaskState::Done { .. }
            | TaskState::Failed(_)
            | TaskState::Dropped => false,
        }
    }

    /// Whether there is work left in it that it does itself: not over, and not with a sub-goal.
    pub(crate) fn is_open(&self) -> bool {
        match &self.state {
            TaskState::Ready
            | TaskState::Out(_)
            | TaskState::Faulted(_)
            | TaskState::Resting(_)
            | TaskState::Doubtful { .. }
            | TaskState::Asking(_)
            | TaskState::Waiting { .. } => true,
            TaskState::Away(_)
            | TaskState::Done { .. }
            | TaskState::Failed(_)
            | TaskState::Dropped => false,
        }
    }

    /// Whether it may be handed out now.
    pub(crate) fn is_ready(&self, now: DateTime<Utc>) -> bool {
        match &self.state {
            TaskState::Ready => true,
            TaskState::Resting(until) => *until <= now,
            TaskState::Out(_)
            | TaskState::Faulted(_)
            | TaskState::Doubtful { .. }
            | TaskState::Asking(_)
            | TaskState::Away(_)
            | TaskState::Waiting { .. }
            | TaskState::Done { .. }
            | TaskState::Failed(_)
            | TaskState::Dropped => false,
        }
    }

    pub(crate) fn effect(&self, key: &EffectKey) -> Option<&Effect> {
        self.effects.iter().find(|effect| effect.intent.key == *key)
    }

    /// The first write that was announced and of which nobody has said how it stands.
    pub(crate) fn open_effect(&self) -> Option<&Effect> {
        self.effects.iter().find(|effect| effect.is_open())
    }

    /// Whether it wrote to the outside world, or may have.
    pub(crate) fn may_have_written(&self) -> bool {
        self.effects.iter().any(|effect| !effect.did_not_happen())
    }

    pub(crate) fn effect_mut(&mut self, key: &EffectKey) -> Option<&mut Effect> {
        self.effects.iter_mut().find(|effect| effect.intent.key == *key)
    }
}

impl Effect {
    /// Whether it was announced and nobody has said how it stands.
    pub(crate) fn is_open(&self) -> bool {
        self.settled.is_none()
    }

    /// Whether it is known that nothing was written: it may be announced again.
    pub(crate) fn did_not_happen(&self) -> bool {
        matches!(self.settled.as_deref(), Some(Settlement::NotDone { .. }))
    }
}
