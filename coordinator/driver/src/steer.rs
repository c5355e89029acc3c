//! Stop, resume, cancel: raise the fence, tell the agents, tell every live goal in the scope.
//!
//! Steps:
//! 1. Raise the scope's fence in the bucket, once for each input. A later order stands already? Then
//!    this one has no effect (a cancel has: it ends the goal, whatever was ordered after it).
//! 2. Broadcast it: agents drop or go on at once. Who misses it learns it from the next verdict.
//! 3. Tell each live goal in the scope, in a record of its own.
//! 4. Look at the bucket again. A later order stands now? Whoever raised it may have told a goal
//!    before this one did, so that goal has heard the orders the wrong way round: from step 2 with
//!    the later one.
//! 5. Settle. A crash before: the same fence again, or the later one, and goals that were told
//!    already pass it over.
//!
//! A goal that begins meanwhile is told by whoever begins it ([`crate::submit`]).
//!
//! Guarantee: when every order was worked on, each goal stands as the last order for each of its
//! scopes says, in the order of giving, over any number of coordinators. Proof: who tells a goal an
//! order looks at the bucket afterwards (4), so that the last telling is of the order that stands;
//! and what stands is the order with the highest place (1).
//!
//! A goal that is not reached yet is fenced all the same: every report is held against the fences
//! before it is decided, and an effect's intent against the bucket itself.

use galley_bus_core::serve::Settle;
use galley_bus_core::{BoxError, Unreachable};
use galley_coordinator_goal::Command;
use galley_schemas::id::{Epoch, GoalId};
use galley_schemas::input::{Control, Fence, Order, Scope, Standing};
use galley_schemas::subject;
use galley_schemas::view::{Phase, View};

use crate::commit::{CommitError, Told};
use crate::fences::Fenced;
use crate::hands::Hands;
use crate::inputs::Taken;
use crate::kinds::kinds_of;
use crate::registry::ResolveError;
use crate::views::each_status;
use crate::{fault, fences};

/// How many orders may overtake the one that is being told before the rest is left to a redelivery.
const LATER_MAX: u32 = 64;

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
        let raise = self.fences.raise(taken.place, &control);
        match self.within("raise a stop fence", raise).await? {
            Fenced::Stands(standing) => self.tell(taken, standing).await,
            Fenced::TooLate(by) => self.take_late(taken, control, by).await,
        }
    }

    /// What becomes of an order after a later one for the same scope stands.
    async fn take_late(
        &self,
        taken: Taken<'_>,
        control: Control,
        by: Standing,
    ) -> Result<Settle, Unreachable> {
        if let (Order::Cancel, Scope::Goal { goal }) = (control.order, &control.scope) {
            // Under no fence: it lifts none of those that were raised after it.
            let steer = Command::Steer { control: control.clone(), epoch: Epoch(0) };
            let told = Told::new(*goal, taken.message.id.clone(), steer);
            let result = self.commit(told).await;
            return self.settle(taken, *goal, result).await;
        }
        if taken.tries > 1 {
            // It may have stood, and been told to some, before a crash.
            return self.tell(taken, by).await;
        }
        if let Scope::Goal { goal } = control.scope {
            let command = Command::Reject { fault: fault::order_too_late(&by.control) };
            let result = self.commit(Told::new(goal, taken.message.id.clone(), command)).await;
            return match result {
                Ok(_) => Ok(Settle::Ack),
                Err(error) => self.settle(taken, goal, Err(error)).await,
            };
        }
        Ok(Settle::Ack)
    }

    /// Tells an order to whom it is for, and then each later one that took its place meanwhile.
    async fn tell(&self, taken: Taken<'_>, mut standing: Standing) -> Result<Settle, Unreachable> {
        for _ in 0..LATER_MAX {
            let scope = standing.control.scope.clone();
            self.announce(scope.clone(), &standing).await;
            let settle = match scope {
                Scope::Goal { goal } => {
                    let result = self.commit(steer(taken, goal, &standing)).await;
                    self.settle(taken, goal, result).await?
                }
                Scope::All | Scope::Workflow { .. } | Scope::Kind { .. } => {
                    self.tell_all(taken, &standing).await?;
                    Settle::Ack
                }
            };
            let read = self.fences.read(std::slice::from_ref(&scope));
            let now = self.within("read stop fences", read).await?.pop();
            match now {
                Some(later) if settle == Settle::Ack && later.epoch > standing.epoch => {
                    standing = later;
                }
                Some(_) | None => return Ok(settle),
            }
        }
        let cause: BoxError = "orders for it come without end".into();
        Err(Unreachable { what: "tell goals an order".to_owned(), cause })
    }

    /// Tells every live goal in the scope.
    async fn tell_all(&self, taken: Taken<'_>, standing: &Standing) -> Result<(), Unreachable> {
        each_status(&*self.bus.kv, async |status| {
            match self.may_lie_in(&status.view, &standing.control.scope).await? {
                true => self.tell_one(taken, status.view.goal, standing).await,
                false => Ok(()),
            }
        })
        .await
    }

    /// Whether a goal is live and may lie in a scope. The view may lag: what it says here must be so
    /// for as long as the goal lives. The goal itself decides in the end.
    async fn may_lie_in(&self, view: &View, scope: &Scope) -> Result<bool, Unreachable> {
        let is_live = match &view.phase {
            Phase::New | Phase::Running | Phase::Stopped | Phase::Unwinding { .. } => true,
            Phase::Ended { .. } => false,
        };
        Ok(is_live
            && match scope {
                Scope::All => true,
                Scope::Workflow { workflow } => view.workflow.name == *workflow,
                Scope::Goal { goal } => view.goal == *goal,
                Scope::Kind { kind } => match self.registry.version(&view.workflow).await {
                    Ok(workflow) => kinds_of(&workflow).contains(kind),
                    Err(ResolveError::Unreachable(error)) => return Err(error),
                    Err(ResolveError::Refused(_)) => true,
                },
            })
    }

    async fn tell_one(
        &self,
        taken: Taken<'_>,
        goal: GoalId,
        standing: &Standing,
    ) -> Result<(), Unreachable> {
        match self.commit(steer(taken, goal, standing)).await {
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
        if matches!(standing.control.scope, Scope::Workflow { .. }) {
            // Agents do not know which workflow an attempt belongs to.
            self.announce(Scope::Goal { goal }, standing).await;
        }
        Ok(())
    }

    /// Tells agents. A broadcast that fails is not made again: verdicts say the same.
    async fn announce(&self, scope: Scope, standing: &Standing) {
        let fence = Fence { scope, epoch: standing.epoch, order: standing.control.order };
        let payload = serde_json::to_vec(&fence).expect("wire types have string keys");
        let send = self.bus.broadcast.send(subject::EPOCH, payload.into());
        if let Err(error) = self.within("broadcast a stop fence", send).await {
            tracing::warn!(%error, "agents were not told of a fence");
        }
    }
}

/// The order that stands, to one goal. The record names the input in hand as its cause if that gave
/// the order.
fn steer(taken: Taken<'_>, goal: GoalId, standing: &Standing) -> Told {
    let own = standing.place == Some(taken.place);
    let cause = if own { taken.message.id.clone() } else { fences::cause(standing) };
    let Standing { control, epoch, .. } = standing.clone();
    Told::new(goal, cause, Command::Steer { control, epoch })
}
