//! Stop, resume, cancel: raise the fence, tell the agents, tell every live goal in the scope.
//!
//! Steps:
//! 1. Raise the scope's fence in the bucket, once for each input.
//! 2. Broadcast it: agents drop or go on at once. Who misses it learns it from the next verdict.
//! 3. Tell each live goal in the scope, in a record of its own.
//! 4. Settle. A crash before: the same fence again, and goals that were told already pass it over.
//!
//! A goal that is not reached yet is fenced all the same: every report is held against the fences
//! before it is decided, and an effect's intent against the bucket itself.

use std::collections::BTreeSet;

use futures::stream::TryStreamExt as _;
use galley_bus_core::Unreachable;
use galley_bus_core::serve::Settle;
use galley_coordinator_goal::Command;
use galley_schemas::id::{Epoch, GoalId};
use galley_schemas::input::{Control, Fence, Scope};
use galley_schemas::subject;
use galley_schemas::view::{Does, Phase, Status};

use crate::commit::{CommitError, Told};
use crate::fences::Fenced;
use crate::hands::Hands;
use crate::inputs::Taken;
use crate::views::statuses;

/// How many goals are told at once.
const AT_ONCE: usize = 16;

impl Hands {
    /// Works on an order from the stream.
    ///
    /// # Errors
    /// What may pass.
    pub(crate) async fn take_control(
        &self,
        taken: Taken<'_>,
        control: Control,
    ) -> Result<Settle, Unreachable> {
        if let Scope::Goal { goal } = control.scope {
            // Nothing is kept for a goal that does not exist.
            match self.look_after(goal).await {
                Ok(_) => {}
                Err(error) => return self.settle(taken, goal, Err(error)).await,
            }
        }
        let raise = self.fences.raise(&taken.message.id, &control);
        let epoch = match self.within("raise a stop fence", raise).await? {
            Fenced::Stands(epoch) => epoch,
            Fenced::Superseded => return Ok(Settle::Ack),
        };
        self.announce(control.scope.clone(), epoch, &control).await;
        if let Scope::Goal { goal } = control.scope {
            let result = self.commit(steer(taken, goal, control, epoch)).await;
            return self.settle(taken, goal, result).await;
        }
        self.tell_all(taken, &control, epoch).await?;
        Ok(Settle::Ack)
    }

    /// Tells every live goal in the scope.
    async fn tell_all(
        &self,
        taken: Taken<'_>,
        control: &Control,
        epoch: Epoch,
    ) -> Result<(), Unreachable> {
        statuses(&*self.bus.kv)
            .await?
            .try_filter(|status| std::future::ready(is_in(status, &control.scope)))
            .map_ok(|status| status.view.goal)
            .try_for_each_concurrent(AT_ONCE, |goal| self.tell_one(taken, goal, control, epoch))
            .await
    }

    async fn tell_one(
        &self,
        taken: Taken<'_>,
        goal: GoalId,
        control: &Control,
        epoch: Epoch,
    ) -> Result<(), Unreachable> {
        match self.commit(steer(taken, goal, control.clone(), epoch)).await {
            Ok(_) => {}
            Err(CommitError::Unreachable(error)) => return Err(error),
            Err(error @ CommitError::Contended(_)) => {
                let cause = Box::new(error);
                return Err(Unreachable { what: format!("tell goal {goal} an order"), cause });
            }
            // One goal that cannot be told must not keep the others from being told. Its reports
            // are refused by the fence.
            Err(
                error @ (CommitError::UnknownGoal(_)
                | CommitError::Damaged(_)
                | CommitError::TooLarge(_)),
            ) => tracing::error!(%goal, %error, "goal cannot be told an order"),
        }
        if matches!(control.scope, Scope::Workflow { .. }) {
            // Agents do not know which workflow an attempt belongs to.
            self.announce(Scope::Goal { goal }, epoch, control).await;
        }
        Ok(())
    }

    /// Tells agents. A broadcast that fails is not made again: verdicts say the same.
    async fn announce(&self, scope: Scope, epoch: Epoch, control: &Control) {
        let fence = Fence { scope, epoch, order: control.order };
        let payload = serde_json::to_vec(&fence).expect("wire types have string keys");
        let send = self.bus.broadcast.send(subject::EPOCH, payload.into());
        if let Err(error) = self.within("broadcast a stop fence", send).await {
            tracing::warn!(%error, "agents were not told of a fence");
        }
    }
}

fn steer(taken: Taken<'_>, goal: GoalId, control: Control, epoch: Epoch) -> Told {
    Told::new(goal, taken.message.id.clone(), Command::Steer { control, epoch })
}

/// Whether a goal is live and may lie in a scope. The goal itself decides in the end.
fn is_in(status: &Status, scope: &Scope) -> bool {
    let view = &status.view;
    let is_live = match &view.phase {
        Phase::New | Phase::Running | Phase::Stopped | Phase::Unwinding { .. } => true,
        Phase::Ended { .. } => false,
    };
    is_live
        && match scope {
            Scope::All => true,
            Scope::Workflow { workflow } => view.workflow.name == *workflow,
            Scope::Goal { goal } => view.goal == *goal,
            // An undo may be of another kind than its step, so steps alone do not rule a goal out
            // while it unwinds.
            Scope::Kind { kind } => {
                let kinds: BTreeSet<_> =
                    view.steps.iter().filter_map(|step| kind_of(&step.does)).collect();
                kinds.contains(kind) || matches!(view.phase, Phase::Unwinding { .. })
            }
        }
}

fn kind_of(does: &Does) -> Option<&galley_schemas::id::AgentKind> {
    match does {
        Does::Agent { kind } => Some(kind),
        Does::Approval | Does::Goal | Does::Wait => None,
    }
}
