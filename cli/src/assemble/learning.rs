//! The relay and the learner, and where facts come from: Kafka when it is configured, else the log
//! itself.

use std::sync::Arc;

use galley_agents_learning::Learner;
use galley_bus_core::feedback::{FeedbackSource, LogSource};

use super::House;
use super::parts::Running;
use crate::failure::Failure;

impl House {
    /// Whether facts go by Kafka.
    pub(super) fn has_kafka(&self) -> bool {
        self.kafka().is_some()
    }

    fn kafka(&self) -> Option<&galley_bus_kafka::Config> {
        self.loaded.config.kafka.as_ref().filter(|config| !config.brokers.is_empty())
    }

    /// Starts the learner.
    pub(super) fn learner(&self, running: &mut Running) -> Result<(), Failure> {
        let source: Arc<dyn FeedbackSource> = match kafka::source(self)? {
            Some(source) => source,
            None => {
                let (log, kv) = (Arc::clone(&self.bus.log), Arc::clone(&self.bus.kv));
                Arc::new(LogSource::new(log, kv, Arc::clone(&self.clock)))
            }
        };
        let (kv, clock) = (Arc::clone(&self.bus.kv), Arc::clone(&self.clock));
        let learner = Learner::new(source, kv, clock, self.loaded.config.learning.clone());
        self.gauge("learner", learner.gauges());
        running.learning.spawn("learner", |stop| learner.run(stop));
        Ok(())
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

    use super::House;
    use crate::failure::Failure;

    pub(super) fn source(house: &House) -> Result<Option<Arc<dyn FeedbackSource>>, Failure> {
        let config = house.kafka().cloned();
        Ok(config.map(|config| Arc::new(KafkaSource::new(config)) as Arc<dyn FeedbackSource>))
    }

    pub(super) fn relay(house: &House) -> Result<Relay, Failure> {
        let Some(config) = house.kafka().cloned() else {
            return Err(Failure::usage(
                "GLY0017",
                "the relay has no Kafka to carry to",
                "name brokers in the configuration, as kafka: { brokers: \"host:9092\" }; without Kafka, no relay is needed",
            ));
        };
        let topic = KafkaTopic::new(config).map_err(|error| Failure::from(error.fault()))?;
        let (bus, clock) = (house.bus.clone(), Arc::clone(&house.clock));
        let config = house.loaded.config.learning.relay.clone();
        Ok(Relay::new(bus, Arc::new(topic), clock, config))
    }
}

/// Without Kafka compiled in: whoever configured it must be told.
#[cfg(not(feature = "kafka"))]
mod kafka {
    use std::sync::Arc;

    use galley_agents_learning::Relay;
    use galley_bus_core::feedback::FeedbackSource;

    use super::House;
    use crate::failure::Failure;

    pub(super) fn source(house: &House) -> Result<Option<Arc<dyn FeedbackSource>>, Failure> {
        if house.has_kafka() { Err(without()) } else { Ok(None) }
    }

    pub(super) fn relay(_: &House) -> Result<Relay, Failure> {
        Err(without())
    }

    fn without() -> Failure {
        Failure::usage(
            "GLY0018",
            "this galley was built without Kafka",
            "build it with cargo build --release --features kafka (needs make and OpenSSL's headers), or leave kafka out of the configuration: the learner then reads the log itself",
        )
    }
}
