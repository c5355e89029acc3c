//! `kill -9` of relays, learners and the broker, in processes of their own: every fact is in Kafka
//! under its one id, and every goal is learned from once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use galley_bus_core::feedback::cursor::carried_up_to;
use galley_bus_core::log::Seq;
use galley_bus_kafka::Config;
use galley_schemas::subject::FEEDBACK_TOPIC;
use galley_tests_support::wait::until_async;

use crate::broker::{Broker, Speech};
use crate::following::bus;
use crate::learning::{goals, sums};
use crate::role::Role;
use crate::stories::{Story, by_id, happen, ids, told};
use crate::topic::{read_all, reader};

/// Kills of the relay and of the learner.
const KILLS: u64 = 8;
/// At each kill of this number the broker is killed too.
const BROKER_EVERY: u64 = 3;
/// At each kill of this number the learner is killed in the middle of its work.
const LEARNER_EVERY: u64 = 2;
/// The learners of the first kills have no name in their group, which takes its time to give up one that
/// was killed; those from this number on have one, and get their partitions back at once.
const NAMED_FROM: u64 = 3;
const GOALS_A_ROUND: u64 = 6;
/// How long a reader may take to leave; it is left behind after twice as long.
const LEAVE_MAX: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_relays_learners_and_brokers_lose_and_repeat_nothing() {
    let Some(mut broker) = Broker::start(Speech::Plain) else { return };
    let config = broker.topic(FEEDBACK_TOPIC).await;
    let (folder, embedded) = bus().await;
    let bus = embedded.bus();
    let file = folder.path().join("galley.db");
    let start = |role: &[&str]| Role::start(role, &file, &config.brokers);
    let (relay, nobody, named) = (["relay"], ["learner"], ["learner", "galley-learner-0"]);
    let mut number = 0;
    for kill in 1..=KILLS {
        let learner = if kill < NAMED_FROM { start(&nobody) } else { start(&named) };
        let relays = [start(&relay), start(&relay)];
        for _ in 0..GOALS_A_ROUND {
            number += 1;
            happen(&*bus.log, Story { option: usize::from(number % 2 == 0), score: 0.7 }).await;
        }
        // Not before something was carried in this round, but with more under way.
        let before = carried_up_to(&*bus.kv).await.unwrap().unwrap_or(Seq::START);
        until_async("some of the log to be carried", || async {
            carried_up_to(&*bus.kv).await.unwrap().filter(|at| *at > before)
        })
        .await;
        if kill % LEARNER_EVERY == 0 {
            let learned = goals(&sums(&*bus.kv).await);
            until_async("a learner to go on", || async {
                (goals(&sums(&*bus.kv).await) > learned + 0.9).then_some(())
            })
            .await;
        }
        if kill % BROKER_EVERY == 0 {
            broker.kill();
            drop((relays, learner));
            tokio::task::block_in_place(|| broker.start_again(Speech::Plain));
        } else {
            drop((relays, learner));
        }
    }
    let (_relay, _learner) = (start(&relay), start(&named));
    let end = bus.log.changed(Seq::START, Duration::ZERO).await.unwrap();
    until_async("the log to be carried", || async {
        (carried_up_to(&*bus.kv).await.unwrap() == Some(end)).then_some(())
    })
    .await;
    let all = read_all(&config, "galley-audit").await;
    let (seen, again) = by_id(&all);
    let told = told(&*bus.log).await;
    assert_eq!(seen.into_keys().collect::<BTreeSet<_>>(), ids(&told));
    let happened = f64::from(u32::try_from(KILLS * GOALS_A_ROUND).unwrap());
    let kv = Arc::clone(&bus.kv);
    until_async("everything to be learned", || async {
        (goals(&sums(&*kv).await) > happened - 0.1).then_some(())
    })
    .await;
    let learned = goals(&sums(&*kv).await);
    assert!((learned - happened).abs() < 0.1, "{learned} goals learned from, {happened} happened");
    let_go_without_a_broker(&broker, &config).await;
    println!(
        "{} facts of {happened} goals, each under its one id; {again} came again; \
        {KILLS} kills of 2 relays and a learner, {} of the broker",
        told.len(),
        KILLS / BROKER_EVERY
    );
}

/// A reader lets go at once, although nobody answers any more.
async fn let_go_without_a_broker(broker: &Broker, config: &Config) {
    let config = Config { group: "galley-leaves".to_owned(), ..config.clone() };
    let mut reader = reader(&config).await;
    while reader.next(1, Duration::from_secs(1)).await.unwrap().received.is_empty() {}
    broker.kill();
    tokio::time::timeout(LEAVE_MAX, reader.close()).await.expect("it is not left behind");
}
