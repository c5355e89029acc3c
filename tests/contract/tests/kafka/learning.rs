//! The learner: on the log itself, and what others produce to Kafka.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use futures::stream::BoxStream;
use galley_agents_learning::{Config, Learner, Relay, State};
use galley_bus_core::clock::SystemClock;
use galley_bus_core::feedback::cursor::{carried_up_to, forget};
use galley_bus_core::feedback::{FeedbackTopic as _, LogSource};
use galley_bus_core::kv::{Change, Entry, KeyValue, Put, PutError};
use galley_bus_core::log::Seq;
use galley_bus_core::{Bus, Unreachable};
use galley_bus_kafka::{KafkaSource, KafkaTopic};
use galley_schemas::choice::Policy;
use galley_schemas::envelope::kind;
use galley_schemas::feedback::{Ruling, Verdict};
use galley_schemas::subject::bucket::{FEEDBACK, POLICY};
use galley_schemas::subject::{RELAY_KEY, ruling_key};
use galley_tests_support::wait::until_async;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::broker::Broker;
use crate::following::bus;
use crate::stories::{DECISION, Story, happen, told};

pub(crate) type Sums = BTreeMap<(String, String), (f64, f64)>;

/// How a learner is set in these tests: it writes often, and its windows are small.
pub(crate) fn config() -> Config {
    let mut config = Config::default();
    config.policies.keep_secs = 0;
    config.policies.pause_secs = 0;
    config.policies.window_goals = 8;
    config
}

/// What all learners learned, over all partitions.
pub(crate) async fn sums(kv: &dyn KeyValue) -> Sums {
    let mut sums = Sums::new();
    for key in kv.keys(FEEDBACK, "learned/").await.unwrap() {
        let Some(entry) = kv.get(FEEDBACK, &key).await.unwrap() else { continue };
        let state: State = serde_json::from_slice(&entry.value).unwrap();
        for (of, (won, lost)) in state.sums(&config()) {
            let sum = sums.entry(of).or_default();
            (sum.0, sum.1) = (sum.0 + won, sum.1 + lost);
        }
    }
    sums
}

/// How many goals were learned from; older ones count for a little less, here for seconds.
pub(crate) fn goals(sums: &Sums) -> f64 {
    sums.values().map(|(won, lost)| won + lost).sum()
}

/// A bucket of which every `n`th write fails, half of these after it was done.
struct Failing {
    kv: Arc<dyn KeyValue>,
    puts: AtomicU64,
    every: u64,
}

#[async_trait]
impl KeyValue for Failing {
    async fn get(&self, bucket: &str, key: &str) -> Result<Option<Entry>, Unreachable> {
        self.kv.get(bucket, key).await
    }

    async fn put(&self, bucket: &str, key: &str, put: Put) -> Result<u64, PutError> {
        let number = self.puts.fetch_add(1, Ordering::Relaxed) + 1;
        let fails = number.is_multiple_of(self.every);
        if !fails || (number / self.every).is_multiple_of(2) {
            let done = self.kv.put(bucket, key, put).await?;
            if !fails {
                return Ok(done);
            }
        }
        let (what, cause) = ("put".to_owned(), Box::from("lost"));
        Err(Unreachable { what, cause }.into())
    }

    async fn delete(&self, bucket: &str, key: &str) -> Result<(), Unreachable> {
        self.kv.delete(bucket, key).await
    }

    async fn keys(&self, bucket: &str, prefix: &str) -> Result<Vec<String>, Unreachable> {
        self.kv.keys(bucket, prefix).await
    }

    async fn watch(
        &self,
        bucket: &str,
        prefix: &str,
    ) -> Result<BoxStream<'static, Change>, Unreachable> {
        self.kv.watch(bucket, prefix).await
    }
}

fn learner(bus: &Bus, kv: Arc<dyn KeyValue>) -> Learner {
    let clock = Arc::new(SystemClock);
    let source = LogSource::new(bus.log.clone(), kv.clone(), clock.clone());
    Learner::new(Arc::new(source), kv, clock, config())
}

async fn policy(kv: &dyn KeyValue) -> Option<Policy> {
    let entry = kv.get(POLICY, DECISION).await.unwrap()?;
    Some(serde_json::from_slice(&entry.value).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_well_is_drawn_more_often_and_it_is_said_why() {
    let (_folder, embedded) = bus().await;
    let bus = embedded.bus();
    for number in 0..120 {
        let option = number % 2;
        let score = if option == 1 { 0.9 } else { 0.3 };
        happen(&*bus.log, Story { option, score }).await;
    }
    let stop = CancellationToken::new();
    let mut running = JoinSet::new();
    let learner = learner(&bus, bus.kv.clone());
    let gauges = learner.gauges();
    running.spawn(learner.run(stop.clone()));
    until_async("everything to be learned", || async {
        (goals(&sums(&*bus.kv).await) > 119.9).then_some(())
    })
    .await;
    // The first look may have been at a part; each start looks again.
    let policy = until_async("a policy", || policy(&*bus.kv)).await;
    stop.cancel();
    running.join_all().await;
    assert!(policy.weights["number"] > policy.weights["how"], "{policy:?}");
    assert!(policy.weights["how"] > 0.0, "every option stays open: {policy:?}");
    let ruling = bus.kv.get(FEEDBACK, &ruling_key(DECISION)).await.unwrap().unwrap();
    let ruling: Ruling = serde_json::from_slice(&ruling.value).unwrap();
    assert!(matches!(ruling.verdict, Verdict::Published | Verdict::Kept), "{ruling:?}");
    assert!(!ruling.why.is_empty() && ruling.options["number"].mean > 0.7, "{ruling:?}");
    let end = bus.log.changed(Seq::START, std::time::Duration::ZERO).await.unwrap();
    assert_eq!(carried_up_to(&*bus.kv).await.unwrap(), Some(end));
    let counted = gauges.read();
    assert!(counted.iter().any(|(name, n)| *name == "policies_total" && *n >= 1), "{counted:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn learners_that_fail_and_race_count_every_goal_once() {
    let (_folder, embedded) = bus().await;
    let bus = embedded.bus();
    for number in 0..60 {
        happen(&*bus.log, Story { option: number % 2, score: 0.6 }).await;
    }
    let stop = CancellationToken::new();
    let mut running = JoinSet::new();
    for every in [3, 4] {
        let failing = Failing { kv: bus.kv.clone(), puts: AtomicU64::new(0), every };
        running.spawn(learner(&bus, Arc::new(failing)).run(stop.clone()));
    }
    let all = until_async("everything to be learned", || async {
        let sums = sums(&*bus.kv).await;
        (goals(&sums) > 59.9).then_some(sums)
    })
    .await;
    stop.cancel();
    running.join_all().await;
    let after = sums(&*bus.kv).await;
    assert!((goals(&after) - 60.0).abs() < 0.1, "{after:?}");
    assert_eq!(all.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outcomes_of_an_ordinary_producer_count_and_nonsense_does_not() {
    let Some(broker) = Broker::shared() else { return };
    let kafka = broker.topic("outside").await;
    let (_folder, embedded) = bus().await;
    let bus = embedded.bus();
    let mut happened = Vec::new();
    for _ in 0..6 {
        happened.push(happen(&*bus.log, Story { option: 0, score: 1.0 }).await);
    }
    let facts = told(&*bus.log).await;
    KafkaTopic::new(kafka.clone()).unwrap().deliver(&facts).await.unwrap();
    let event = |kind: &str, source: &str, data: Value| {
        let mut event = json!({
            "specversion": "1.0", "id": "x", "source": source, "type": kind,
            "time": "2026-11-22T09:00:00Z",
        });
        event["data"] = data;
        event
    };
    let mut lines = String::from("nobody\tno JSON at all\n");
    for goal in &happened {
        let rating = json!({
            "goal": goal, "outcome": "rating", "value": 1, "by": "readers",
            "at": "2026-11-22T09:00:00Z",
        });
        let outcome = event(kind::FEEDBACK, "/readers", rating);
        let what = json!({ "is": "reviewed", "task": "review", "score": 0, "verdict": "reject" });
        // A fact of the log counts from the log alone.
        let fact = json!({ "goal": goal, "seq": 1_000_000, "what": what });
        let forged = event(kind::FACT, "/somebody", fact);
        lines.push_str(&format!("{goal}\t{outcome}\n{goal}\t{outcome}\n{goal}\t{forged}\n"));
    }
    tokio::task::block_in_place(|| broker.produce("outside", &lines));

    let (clock, stop) = (Arc::new(SystemClock), CancellationToken::new());
    let source = Arc::new(KafkaSource::new(kafka));
    let learner = Learner::new(source, bus.kv.clone(), clock, config());
    let gauges = learner.gauges();
    let mut running = JoinSet::new();
    running.spawn(learner.run(stop.clone()));
    until_async("everything to be looked at", || async {
        let seen: u64 = gauges.read().iter().filter(|(name, _)| *name != "lag").map(|c| c.1).sum();
        (seen >= u64::try_from(facts.len()).unwrap() + 19).then_some(())
    })
    .await;
    stop.cancel();
    running.join_all().await;
    assert_eq!(gauges.read()[2], ("skipped_total", 7), "six forged facts and a line of no JSON");
    assert_eq!(gauges.read()[3], ("late_total", 0), "every outcome found its goal's partition");
    let sums = sums(&*bus.kv).await;
    let (won, lost) = sums[&(DECISION.to_owned(), "how".to_owned())];
    // A review of 1 by 0.5 and no cost by 0.1, against a rating of 1 of 5 by 0.5, of which a source
    // has no more than 0.4: the rest counts for nothing.
    assert!((won / 6.0 - 0.6 / 1.1).abs() < 1e-3, "{won}");
    assert!((lost / 6.0 - 0.4).abs() < 1e-3, "{lost}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_source_teaches_nothing_again_and_the_log_is_purged_on() {
    let Some(broker) = Broker::shared() else { return };
    let kafka = broker.topic("changed").await;
    let (_folder, embedded) = bus().await;
    let bus = embedded.bus();
    let mut happened = 0.0;
    let clock = Arc::new(SystemClock);
    // From the log, by Kafka, from the log again, by Kafka again.
    for by_kafka in [false, true, false, true] {
        for number in 0..10 {
            happen(&*bus.log, Story { option: number % 2, score: 0.6 }).await;
        }
        happened += 10.0;
        let stop = CancellationToken::new();
        let mut running = JoinSet::new();
        if by_kafka {
            let topic = Arc::new(KafkaTopic::new(kafka.clone()).unwrap());
            let relay = Relay::new(bus.clone(), topic, clock.clone(), config().relay);
            running.spawn(relay.run(stop.clone()));
            let source = Arc::new(KafkaSource::new(kafka.clone()));
            let learner = Learner::new(source, bus.kv.clone(), clock.clone(), config());
            running.spawn(learner.run(stop.clone()));
        } else {
            running.spawn(learner(&bus, bus.kv.clone()).run(stop.clone()));
        }
        until_async("everything to be learned", || async {
            (goals(&sums(&*bus.kv).await) > happened - 0.1).then_some(())
        })
        .await;
        stop.cancel();
        running.join_all().await;
        let learned = goals(&sums(&*bus.kv).await);
        assert!((learned - happened).abs() < 0.1, "{learned} of {happened}, by Kafka: {by_kafka}");
        let end = bus.log.changed(Seq::START, std::time::Duration::ZERO).await.unwrap();
        if by_kafka {
            assert_eq!(carried_up_to(&*bus.kv).await.unwrap(), Some(end));
        } else {
            forget(&*bus.kv, RELAY_KEY).await.unwrap();
            assert_eq!(carried_up_to(&*bus.kv).await.unwrap(), Some(end));
        }
    }
}
