//! The relay and the learner, and where facts come from: Kafka when it is configured, else the log
//! itself.

use std::sync::Arc;

use galley_agents_learning::Learner;
use galley_bus_core::feedback::{FeedbackSource, LogSource};

use super::House;
use super::parts::Running;
use crate::config::Config;
use crate::failure::Failure;
use crate::role::Role;

/// Sees whether facts can go the way that is configured, before anything is opened.
///
/// # Errors
/// GLY0017 for a relay without Kafka; GLY0018 where Kafka is wanted and not compiled in.
pub(crate) fn check(config: &Config, role: &Role) -> Result<(), Failure> {
    let is_named = config.brokers().is_some();
    let is_needed = match role {
        Role::Relay => true,
        Role::All | Role::Learner => is_named,
        Role::Coordinator | Role::Agent(_) => false,
    };
    match (is_needed, cfg!(feature = "kafka"), is_named) {
        (true, false, _) => Err(without()),
        (true, true, false) => Err(unnamed()),
        (true, true, true) | (false, _, _) => Ok(()),
    }
}

impl House {
    /// Whether facts go by Kafka.
    pub(super) fn has_kafka(&self) -> bool {
        self.loaded.config.brokers().is_some()
    }

    /// Starts the learner.
    pub(super) fn learner(&self, running: &mut Running) {
        let (kv, clock) = (Arc::clone(&self.bus.kv), Arc::clone(&self.clock));
        let source: Arc<dyn FeedbackSource> = match kafka::source(self) {
            Some(source) => source,
            None => {
                let log = Arc::clone(&self.bus.log);
                Arc::new(LogSource::new(log, Arc::clone(&kv), Arc::clone(&clock)))
            }
        };
        let learner = Learner::new(source, kv, clock, self.loaded.config.learning.clone());
        self.gauge("learner", learner.gauges());
        running.learning.spawn("learner", |stop| learner.run(stop));
    }

    /// Starts the relay.
    pub(super) fn relay(&self, running: &mut Running) -> Result<(), Failure> {
        let relay = kafka::relay(self)?;
        self.gauge("relay", relay.gauges());
        running.learning.spawn("relay", |stop| relay.run(stop));
        Ok(())
    }

    fn gauge(&self, of: &'static str, gauges: Arc<galley_agents_learning::Gauges>) {
        if let Some(meters) = &self.meters {
            meters.follow(of, move || gauges.read());
        }
    }
}

/// With Kafka compiled in.
#[cfg(feature = "kafka")]
mod kafka {
    use std::sync::Arc;

    use galley_agents_learning::Relay;
    use galley_bus_core::feedback::FeedbackSource;
    use galley_bus_kafka::{KafkaSource, KafkaTopic};

    use super::{House, unnamed};
    use crate::failure::Failure;

    pub(super) fn source(house: &House) -> Option<Arc<dyn FeedbackSource>> {
        let config = house.loaded.config.brokers().cloned();
        config.map(|config| Arc::new(KafkaSource::new(config)) as Arc<dyn FeedbackSource>)
    }

    pub(super) fn relay(house: &House) -> Result<Relay, Failure> {
        let config = house.loaded.config.brokers().ok_or_else(unnamed)?;
        let topic =
            KafkaTopic::new(config.clone()).map_err(|error| Failure::from(error.fault()))?;
        let (bus, clock) = (house.bus.clone(), Arc::clone(&house.clock));
        let config = house.loaded.config.learning.relay.clone();
        Ok(Relay::new(bus, Arc::new(topic), clock, config))
    }
}

/// Without Kafka compiled in: whoever wants it was told by [`check`].
#[cfg(not(feature = "kafka"))]
mod kafka {
    use std::sync::Arc;

    use galley_agents_learning::Relay;
    use galley_bus_core::feedback::FeedbackSource;

    use super::{House, without};
    use crate::failure::Failure;

    pub(super) fn source(_: &House) -> Option<Arc<dyn FeedbackSource>> {
        None
    }

    pub(super) fn relay(_: &House) -> Result<Relay, Failure> {
        Err(without())
    }
}

fn unnamed() -> Failure {
    Failure::usage(
        "GLY0017",
        "the relay has no Kafka to carry to",
        "name brokers in the configuration, as kafka: { brokers: \"host:9092\" }; without Kafka, no relay is needed",
    )
}

fn without() -> Failure {
    Failure::usage(
        "GLY0018",
        "this galley was built without Kafka",
        "build it with cargo build --release --features kafka (needs make and OpenSSL's headers), or leave kafka out of the configuration: the learner then reads the log itself",
    )
}
