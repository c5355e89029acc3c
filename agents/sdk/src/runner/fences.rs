//! Stops, as they are heard, and the attempts that they end.
//!
//! A fence is a hint that saves work; the coordinator's verdict is the truth. A running attempt is
//! dropped on the hint. An attempt that begins under a fence heard before is only doubted, and the
//! coordinator is asked.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::StreamExt as _;
use galley_bus_core::Unreachable;
use galley_schemas::id::{AgentKind, Epoch, GoalId, LeaseToken};
use galley_schemas::input::{Fence, Scope, Standing};
use galley_schemas::subject::{self, bucket, fence_key};
use galley_schemas::task::Offer;
use tokio_util::sync::CancellationToken;

use crate::backoff::Backoff;
use crate::context::fate::{Dropped, Fate};
use crate::ports::Ports;

/// The attempts at work, and the highest fence heard.
#[derive(Debug)]
pub(crate) struct Fences {
    kind: AgentKind,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    running: BTreeMap<LeaseToken, Running>,
    /// The highest epoch of the fences around everything or this kind. Fences around one goal are
    /// not kept: their number has no bound.
    heard: Epoch,
}

#[derive(Debug)]
struct Running {
    goal: GoalId,
    epoch: Epoch,
    fate: Arc<Fate>,
}

impl Fences {
    pub(crate) fn new(kind: AgentKind) -> Self {
        Self { kind, state: Mutex::default() }
    }

    /// Enters an attempt, for as long as the place is held. None when the same attempt is at work
    /// already: its message came twice.
    pub(crate) fn enter(self: &Arc<Self>, offer: &Offer, fate: &Arc<Fate>) -> Option<Place> {
        let mut state = self.state();
        if state.running.contains_key(&offer.lease) {
            return None;
        }
        let running = Running { goal: offer.goal, epoch: offer.epoch, fate: Arc::clone(fate) };
        state.running.insert(offer.lease.clone(), running);
        Some(Place { fences: Arc::clone(self), lease: offer.lease.clone() })
    }

    /// Whether a stop was heard of after the attempt was handed out.
    pub(crate) fn doubts(&self, offer: &Offer) -> bool {
        offer.epoch < self.state().heard
    }

    /// Drops the attempts that a fence shuts out.
    pub(crate) fn raise(&self, fence: &Fence) {
        let mut state = self.state();
        let meant = |running: &Running| match &fence.scope {
            Scope::All => true,
            Scope::Kind { kind } => *kind == self.kind,
            Scope::Goal { goal } => *goal == running.goal,
            // An offer does not name its workflow: the next verdict tells.
            Scope::Workflow { .. } => false,
        };
        for running in state.running.values() {
            if running.epoch < fence.epoch && meant(running) {
                let reason = format!("a stop raised the fence to {}", fence.epoch);
                running.fate.seal(Dropped::Fenced { reason });
            }
        }
        let around_all = match &fence.scope {
            Scope::All => true,
            Scope::Kind { kind } => *kind == self.kind,
            Scope::Goal { .. } | Scope::Workflow { .. } => false,
        };
        if around_all {
            state.heard = state.heard.max(fence.epoch);
        }
    }

    /// Hears fences until stopped.
    pub(crate) async fn listen(self: Arc<Self>, ports: Ports, stop: CancellationToken) {
        let mut backoff = Backoff::new();
        loop {
            let again = async {
                if let Err(error) = self.hear(&ports).await {
                    tracing::warn!(kind = %self.kind, %error, "stops are not heard");
                }
                backoff.pause(&*ports.clock, &*ports.chance).await;
            };
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = again => {}
            }
        }
    }

    /// Hears fences until the stream breaks off. What was raised before is read once: listening
    /// began first, so nothing falls between.
    async fn hear(&self, ports: &Ports) -> Result<(), Unreachable> {
        let mut heard = ports.broadcast.listen(subject::EPOCH).await?;
        for scope in [Scope::All, Scope::Kind { kind: self.kind.clone() }] {
            let entry = ports.kv.get(bucket::EPOCHS, &fence_key(&scope)).await?;
            let standing = entry.map(|entry| serde_json::from_slice::<Standing>(&entry.value));
            if let Some(Ok(Standing { control, epoch, .. })) = standing {
                self.raise(&Fence { scope, epoch, order: control.order });
            }
        }
        while let Some(heard) = heard.next().await {
            match serde_json::from_slice::<Fence>(&heard.payload) {
                Ok(fence) => self.raise(&fence),
                Err(error) => tracing::warn!(%error, "a fence cannot be read"),
            }
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An attempt's place among those at work.
#[derive(Debug)]
pub(crate) struct Place {
    fences: Arc<Fences>,
    lease: LeaseToken,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.fences.state().running.remove(&self.lease);
    }
}
