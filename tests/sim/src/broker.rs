//! The model broker: every port of the bus in memory, with the bad days of a real one.
//!
//! ```text
//!   link       one process's way to the broker: what is lost, late or cut off is so here
//!   log        records         queue      streams, consumers, loans     calls      request and reply
//!   kv         buckets         alarms     messages of the future        air        broadcasts
//!   artifacts  large bytes
//! ```
//!
//! The parts keep the laws of `galley-bus-core` and know nothing of faults, except for what a broker
//! itself does wrong: storing twice, forgetting an acknowledgement, losing an alarm. Everything
//! that happens between a process and the broker is the link's.

pub(crate) mod air;
pub(crate) mod alarms;
pub(crate) mod artifacts;
pub(crate) mod calls;
pub(crate) mod kv;
pub(crate) mod link;
pub(crate) mod log;
pub(crate) mod queue;

use std::sync::Arc;

use crate::faults::Fault;
use crate::world::World;

pub(crate) use link::Link;

/// The broker of one simulation.
#[derive(Debug)]
pub(crate) struct Broker {
    pub(crate) world: Arc<World>,
    pub(crate) log: log::Records,
    pub(crate) queues: queue::Queues,
    pub(crate) servers: calls::Servers,
    pub(crate) air: air::Air,
    pub(crate) buckets: kv::Buckets,
    pub(crate) alarms: alarms::Armed,
    pub(crate) artifacts: artifacts::Shelf,
}

impl Broker {
    /// An empty broker.
    pub(crate) fn new(world: &Arc<World>) -> Arc<Self> {
        Arc::new(Self {
            world: Arc::clone(world),
            log: log::Records::default(),
            queues: queue::Queues::new(world.draw(|dice| dice.permille(500))),
            servers: calls::Servers::default(),
            air: air::Air::default(),
            buckets: kv::Buckets::default(),
            alarms: alarms::Armed::default(),
            artifacts: artifacts::Shelf::default(),
        })
    }

    /// What a change of the leader does besides the silence: what was acknowledged in the last
    /// seconds may be forgotten, and streams that were open end.
    pub(crate) fn change_leader(&self) {
        if self.world.strikes(Fault::AckForgotten) {
            let forgotten = self.queues.forget_acks();
            self.world.say("bus", &format!("forgets {forgotten} acknowledgements"));
        }
        self.end_streams();
    }

    /// Ends watches, listeners and served subjects, each by chance.
    pub(crate) fn end_streams(&self) {
        let ends = || self.world.strikes(Fault::StreamEnds);
        let ended = self.buckets.end_watches(ends)
            + self.air.end_listeners(ends)
            + self.servers.end_services(ends);
        if ended > 0 {
            self.world.say("bus", &format!("ends {ended} streams"));
        }
    }
}
