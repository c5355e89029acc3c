//! How fast feedback goes, measured: printed, and held only to arriving at all.

use std::sync::Arc;
use std::time::Instant;

use galley_agents_learning::{Learner, Relay};
use galley_bus_core::clock::SystemClock;
use galley_bus_core::feedback::cursor::carried_up_to;
use galley_bus_core::log::Seq;
use galley_bus_kafka::{KafkaSource, KafkaTopic};
use galley_tests_support::wait::until_async;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::broker::Broker;
use crate::following::bus;
use crate::learning::{config, goals, sums};
use crate::stories::{Story, happen, told};

const GOALS: u32 = 400;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::disallowed_methods, reason = "a pace is measured in real time")]
async fn a_log_goes_through_kafka_to_what_is_learned() {
    let Some(broker) = Broker::shared() else { return };
    let kafka = broker.topic("pace").await;
    let (_folder, embedded) = bus().await;
    let bus = embedded.bus();
    for number in 0..GOALS {
        happen(&*bus.log, Story { option: usize::from(number % 2 == 0), score: 0.7 }).await;
    }
    let facts = told(&*bus.log).await.len();
    let end = bus.log.changed(Seq::START, std::time::Duration::ZERO).await.unwrap();
    let (clock, stop) = (Arc::new(SystemClock), CancellationToken::new());
    let mut running = JoinSet::new();

    let began = Instant::now();
    let topic = Arc::new(KafkaTopic::new(kafka.clone()).unwrap());
    let relay = Relay::new(bus.clone(), topic, clock.clone(), config().relay);
    running.spawn(relay.run(stop.clone()));
    until_async("the log to be carried", || async {
        (carried_up_to(&*bus.kv).await.unwrap() == Some(end)).then_some(())
    })
    .await;
    let carried = began.elapsed();

    let began = Instant::now();
    let mut config = config();
    config.policies.keep_secs = 1;
    let source = Arc::new(KafkaSource::new(kafka));
    running.spawn(Learner::new(source, bus.kv.clone(), clock, config).run(stop.clone()));
    until_async("everything to be learned", || async {
        (goals(&sums(&*bus.kv).await) > f64::from(GOALS) - 0.1).then_some(())
    })
    .await;
    let learned = began.elapsed();
    stop.cancel();
    running.join_all().await;
    println!(
        "{facts} facts of {GOALS} goals: carried in {carried:.1?}, learned from in {learned:.1?} \
        (joining the group included)"
    );
}
