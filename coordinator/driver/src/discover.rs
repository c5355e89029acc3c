//! Finding agent kinds: from cards in the bucket `agents` and from registered workflows, by reading
//! all of them now and then. A kind that is missed meanwhile is learned from the first task that is
//! handed to it.

use std::sync::Arc;

use galley_bus_core::Unreachable;
use galley_schemas::subject::bucket;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::hands::Hands;
use crate::registry::ResolveError;

/// The part that finds kinds, every refresh period.
pub(crate) async fn run(hands: Arc<Hands>, stop: CancellationToken) {
    let mut tick = tokio::time::interval(hands.config.refresh_period());
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            _ = tick.tick() => {
                if let Err(error) = hands.discover().await {
                    tracing::warn!(%error, "agent kinds cannot be looked up; again soon");
                }
            }
        }
    }
}

impl Hands {
    /// Learns the kinds of all cards and workflows.
    ///
    /// # Errors
    /// The bus was out of reach.
    pub(crate) async fn discover(&self) -> Result<(), Unreachable> {
        // A kind's card has the kind as its key; the signs of its processes lie below it.
        for key in self.bus.kv.keys(bucket::AGENTS, "").await? {
            let kind = key.split('/').next().unwrap_or_default();
            match kind.parse() {
                Ok(kind) => self.kinds.learn(&kind),
                Err(error) => tracing::debug!(%error, "a key among the agents names no kind"),
            }
        }
        for name in self.registry.names().await? {
            match self.registry.current(&name).await {
                Ok(workflow) => self.kinds.learn_of(&workflow),
                Err(ResolveError::Unreachable(error)) => return Err(error),
                Err(ResolveError::Refused(fault)) => {
                    tracing::warn!(workflow = %name, %fault, "a registered workflow cannot be used");
                }
            }
        }
        Ok(())
    }
}
