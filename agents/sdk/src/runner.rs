//! The agent loop: from a task on the queue to a verdict on its result.
//!
//! Steps, for each task that is delivered:
//! 1. Read the offer. One that cannot be read is kept as rejected and never comes again.
//! 2. Drop it when its deadline has passed, or when a stop was heard of since and the coordinator
//!    says that it is stale.
//! 3. Run the agent, in a task of its own, within deadline and wall time. Its journal is read at once
//!    when the task was tried before, else when it is first needed. The agent is dropped as soon as
//!    the attempt no longer counts.
//! 4. Report, until there is a verdict. Then acknowledge the task; then clear the journal.
//!
//! Guarantees: a task is acknowledged only after a verdict on it, or when it no longer counts. A
//! panic, a result that does not fit and an input that cannot be read are failures with a reason,
//! never silence.

mod fences;
mod presence;
mod progress;
mod task;
mod work;

use std::sync::Arc;

use galley_bus_core::serve::Serve;
use galley_bus_core::topology;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::agent::{Agent, kind};
use crate::config::Config;
use crate::ports::Ports;

use fences::Fences;
use presence::Presence;
use task::Tasks;

/// Carries out one agent kind's tasks.
#[derive(Debug)]
pub struct Runner<A> {
    agent: Arc<A>,
    ports: Ports,
    config: Config,
    version: String,
}

impl<A: Agent> Runner<A> {
    /// A runner for an agent of this version.
    pub fn new(agent: A, ports: Ports, config: Config, version: impl Into<String>) -> Self {
        Self { agent: Arc::new(agent), ports, config, version: version.into() }
    }

    /// Works until stopped, then drains.
    pub async fn run(self, stop: CancellationToken) {
        let kind = kind::<A>();
        let fences = Arc::new(Fences::new(kind.clone()));
        let presence = Presence::new::<A>(&self.ports, &self.config, &self.version);
        // The parts outlive the pulling: fences are heard and presence is shown while draining.
        let drained = CancellationToken::new();
        let mut parts = JoinSet::new();
        parts.spawn(presence.run(drained.clone()));
        parts.spawn(Arc::clone(&fences).listen(self.ports.clone(), drained.clone()));
        let serve = Serve {
            consumer: topology::tasks(&kind),
            slots: self.config.slots(),
            grace: self.config.grace(),
        };
        let queue = Arc::clone(&self.ports.queue);
        let tasks = Arc::new(Tasks::new(self.agent, self.ports, fences));
        tracing::info!(%kind, slots = serve.slots, "agent works");
        serve.run(queue, tasks, stop).await;
        drained.cancel();
        while let Some(ended) = parts.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%kind, %error, "a part of the agent broke");
            }
        }
        tracing::info!(%kind, "agent drained");
    }
}
