//! What operators see of a process: each port of the bus measured from outside, and what goals did,
//! counted from the records.
//!
//! The ports are wrapped, once, where things are joined; nothing that decides or works knows of it.
//!
//! ```text
//!   coordinator, agents ─▶ measured port ─▶ port        meters ─▶ /metrics
//!                               └─ how often, how long, how it ended
//! ```

mod calls;
mod kept;
mod log;
mod meters;
mod model;
mod queue;

use std::sync::Arc;

use galley_agents_model::Model;
use galley_bus_core::Bus;

pub(crate) use meters::Meters;

/// The same bus, measured.
pub(crate) fn bus(bus: Bus, meters: &Arc<Meters>) -> Bus {
    let of = || Arc::clone(meters);
    Bus {
        log: Arc::new(log::Log { inner: bus.log, meters: of() }),
        queue: Arc::new(queue::Queue { inner: bus.queue, meters: of() }),
        calls: Arc::new(calls::Calls { inner: bus.calls, meters: of() }),
        broadcast: bus.broadcast,
        alarms: Arc::new(kept::Alarms { inner: bus.alarms, meters: of() }),
        kv: Arc::new(kept::KeyValue { inner: bus.kv, meters: of() }),
        artifacts: Arc::new(kept::Artifacts { inner: bus.artifacts, meters: of() }),
    }
}

/// The same model, measured.
pub(crate) fn model(model: Arc<dyn Model>, meters: &Arc<Meters>) -> Arc<dyn Model> {
    Arc::new(model::Measured { inner: model, meters: Arc::clone(meters) })
}
