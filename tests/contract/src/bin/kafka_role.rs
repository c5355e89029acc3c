//! A relay or a learner as a process of its own, to be killed. For `tests/kafka`.
//!
//! ```text
//!   kafka_role relay FILE BROKERS
//!   kafka_role learner FILE BROKERS [NAME]
//! ```
//!
//! NAME is what the learner is called in its group, over restarts.

use std::sync::Arc;

use galley_agents_learning::{Config, Learner, Relay};
use galley_bus_core::BoxError;
use galley_bus_core::clock::SystemClock;
use galley_bus_embedded::Embedded;
use galley_bus_kafka::{KafkaSource, KafkaTopic};
use tokio_util::sync::CancellationToken;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), BoxError> {
    // What is out of reach while brokers are killed is no news here.
    let errors = tracing_subscriber::filter::LevelFilter::ERROR;
    tracing_subscriber::fmt().with_max_level(errors).with_writer(std::io::stderr).init();
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [role, file, brokers, name @ ..] = args.as_slice() else {
        return Err("usage: kafka_role relay|learner FILE BROKERS [NAME]".into());
    };
    let clock = Arc::new(SystemClock);
    let embedded = Embedded::open(file, clock.clone()).await?;
    let bus = embedded.bus();
    let kafka = galley_bus_kafka::Config {
        brokers: brokers.clone(),
        instance: name.concat(),
        deliver_secs: 5,
        session_secs: 6,
        ..galley_bus_kafka::Config::default()
    };
    let mut config = Config::default();
    // Small steps, so that a kill falls between any two of them.
    config.relay.records_max = 7;
    config.relay.standby_secs = 1;
    config.policies.keep_secs = 0;
    config.policies.window_goals = 8;
    let stop = CancellationToken::new();
    if role == "relay" {
        let topic = Arc::new(KafkaTopic::new(kafka)?);
        Relay::new(bus, topic, clock, config.relay).run(stop).await;
    } else {
        let source = Arc::new(KafkaSource::new(kafka));
        Learner::new(source, bus.kv, clock, config).run(stop).await;
    }
    Ok(())
}
