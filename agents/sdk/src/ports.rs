//! What an agent process is given at start.

use std::sync::Arc;

use galley_agents_knowledge::Knowledge;
use galley_agents_model::Model;
use galley_agents_web::Fetch;
use galley_agents_web::search::Engines;
use galley_bus_core::Bus;
use galley_bus_core::artifacts::Artifacts;
use galley_bus_core::broadcast::Broadcast;
use galley_bus_core::calls::Calls;
use galley_bus_core::clock::{Chance, Clock};
use galley_bus_core::kv::KeyValue;
use galley_bus_core::queue::Queue;

/// The tools that a task may use, apart from the bus.
#[derive(Debug, Clone)]
pub struct Tools {
    /// The model; none when Galley runs without one.
    pub model: Option<Arc<dyn Model>>,
    /// The memory across goals.
    pub knowledge: Arc<dyn Knowledge>,
    /// The guarded fetcher.
    pub web: Arc<dyn Fetch>,
    /// The search engines; empty when none is configured.
    pub search: Arc<Engines>,
}

/// What an agent process is given: its share of the bus (no log, no alarms), time, chance, tools.
#[derive(Clone)]
pub struct Ports {
    /// Where tasks come from.
    pub queue: Arc<dyn Queue>,
    /// How reports are made.
    pub calls: Arc<dyn Calls>,
    /// How stops are heard.
    pub broadcast: Arc<dyn Broadcast>,
    /// Journals, policy, cards.
    pub kv: Arc<dyn KeyValue>,
    /// Large things.
    pub artifacts: Arc<dyn Artifacts>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub chance: Arc<dyn Chance>,
    /// The tools.
    pub tools: Tools,
}

impl Ports {
    /// An agent's share of a bus, with its tools.
    pub fn new(bus: &Bus, clock: Arc<dyn Clock>, chance: Arc<dyn Chance>, tools: Tools) -> Self {
        Self {
            queue: Arc::clone(&bus.queue),
            calls: Arc::clone(&bus.calls),
            broadcast: Arc::clone(&bus.broadcast),
            kv: Arc::clone(&bus.kv),
            artifacts: Arc::clone(&bus.artifacts),
            clock,
            chance,
            tools,
        }
    }
}

impl std::fmt::Debug for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ports").field("tools", &self.tools).finish_non_exhaustive()
    }
}
