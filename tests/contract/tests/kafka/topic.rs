//! The topic: made once, written, read from where a reader left off, and by ordinary clients.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use galley_bus_core::Unreachable;
use galley_bus_core::clock::SystemClock;
use galley_bus_core::feedback::{
    Batch, DeliverError, FeedbackSource, FeedbackTopic, Parcel, Positions, Reader,
};
use galley_bus_embedded::Embedded;
use galley_bus_kafka::{Config, KafkaSource, KafkaTopic, admin};
use galley_schemas::feedback::FACT_BYTES_MAX;
use galley_schemas::id::MessageId;
use galley_tests_support::wait::WAIT_MAX;

use crate::broker::Broker;
use crate::stories::{Story, by_id, happen, ids, told};

/// Positions in memory.
#[derive(Default)]
pub(crate) struct Kept(Mutex<BTreeMap<u32, u64>>);

#[async_trait]
impl Positions for Kept {
    async fn position(&self, partition: u32) -> Result<Option<u64>, Unreachable> {
        Ok(self.0.lock().unwrap().get(&partition).copied())
    }
}

impl Kept {
    fn keep(&self, batch: &Batch) {
        self.0.lock().unwrap().extend(batch.reached.clone());
    }
}

/// Parcels of some goals that happened.
pub(crate) async fn some_parcels(goals: usize) -> Vec<Parcel> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("galley.db");
    let embedded = Embedded::open(&file, Arc::new(SystemClock)).await.unwrap();
    for number in 0..goals {
        happen(&*embedded.bus().log, Story { option: number % 2, score: 0.5 }).await;
    }
    told(&*embedded.bus().log).await
}

/// Reads until `number` messages have come, keeping positions.
pub(crate) async fn read(config: &Config, kept: &Arc<Kept>, number: usize) -> Vec<Bytes> {
    let source = KafkaSource::new(config.clone());
    let mut reader = source.open(kept.clone()).await.unwrap();
    let mut payloads = Vec::new();
    let all = async {
        while payloads.len() < number {
            let batch = next(&mut *reader, number - payloads.len()).await;
            kept.keep(&batch);
            payloads.extend(batch.received.into_iter().map(|received| received.payload));
        }
    };
    tokio::time::timeout(WAIT_MAX, all).await.expect("everything is read in time");
    reader.close().await;
    payloads
}

async fn next(reader: &mut dyn Reader, max: usize) -> Batch {
    reader.next(max, Duration::from_secs(1)).await.unwrap()
}

/// Opens a reader that keeps no position.
pub(crate) async fn reader(config: &Config) -> Box<dyn Reader> {
    KafkaSource::new(config.clone()).open(Arc::new(Kept::default())).await.unwrap()
}

/// Everything in a topic: read by a group that nobody else is in, until nothing more comes.
pub(crate) async fn read_all(config: &Config, group: &str) -> Vec<Bytes> {
    let config = Config { group: group.to_owned(), ..config.clone() };
    let mut reader = reader(&config).await;
    let mut payloads = Vec::new();
    let mut empty = 0;
    while empty < 3 || payloads.is_empty() {
        let batch = next(&mut *reader, 1_000).await;
        empty = if batch.received.is_empty() { empty + 1 } else { 0 };
        payloads.extend(batch.received.into_iter().map(|received| received.payload));
    }
    reader.close().await;
    payloads
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_delivered_is_read_in_order_from_where_a_reader_left_off() {
    let Some(broker) = Broker::shared() else { return };
    let config = broker.topic("ordered").await;
    let parcels = some_parcels(12).await;
    let topic = KafkaTopic::new(config.clone()).unwrap();
    topic.check().await.unwrap();
    topic.deliver(&parcels).await.unwrap();
    let kept = Arc::new(Kept::default());
    let mut payloads = read(&config, &kept, 20).await;
    // What was read and not kept comes again to the next reader; what was kept does not.
    payloads.extend(read(&config, &kept, parcels.len() - payloads.len()).await);
    let (seen, again) = by_id(&payloads);
    assert_eq!((seen.len(), again), (parcels.len(), 0));
    for goal in parcels.iter().map(|parcel| parcel.goal) {
        let of_goal = |payload: &&Bytes| {
            String::from_utf8_lossy(payload).contains(&format!("\"subject\":\"{goal}\""))
        };
        let got: Vec<&Bytes> = payloads.iter().filter(of_goal).collect();
        let sent: Vec<&Bytes> =
            parcels.iter().filter(|p| p.goal == goal).map(|p| &p.payload).collect();
        assert_eq!(got, sent, "the facts of goal {goal} are out of order");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_read_ahead_is_not_told_once_its_partition_has_moved() {
    let Some(broker) = Broker::shared() else { return };
    let config = broker.topic("moved").await;
    // More than a reader reads ahead, so that it holds some when another one joins.
    let parcels = some_parcels(200).await;
    KafkaTopic::new(config.clone()).unwrap().deliver(&parcels).await.unwrap();
    // Nobody keeps a position: whoever gets a partition goes on at its beginning.
    let mut one = reader(&config).await;
    while next(&mut *one, 1).await.received.is_empty() {}
    let mut other = reader(&config).await;
    // Meanwhile the reader is asked to give its partitions back. It does once what it read is taken.
    let early = other.next(1, Duration::from_secs(5)).await.unwrap();
    assert!(early.received.is_empty(), "nothing moves before it is given back: {early:?}");
    let (mut lost, mut gave_back, mut after) = (BTreeSet::new(), false, 0);
    let moved = async {
        while after < 20 {
            let batch = next(&mut *one, 1).await;
            gave_back |= !batch.lost.is_empty();
            lost.extend(batch.lost);
            for (partition, reached) in batch.reached {
                assert!(
                    !lost.remove(&partition) || reached == 1,
                    "{partition} goes on at {reached}"
                );
                after += u64::from(gave_back);
            }
        }
    };
    let joined = async { while next(&mut *other, 1).await.received.is_empty() {} };
    let both = futures::future::join(moved, joined);
    tokio::time::timeout(WAIT_MAX, both).await.expect("the partitions are shared in time");
    one.close().await;
    other.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_topic_is_made_once_and_differences_are_told() {
    let Some(broker) = Broker::shared() else { return };
    let mut config = broker.config("made-once");
    let topic = KafkaTopic::new(config.clone()).unwrap();
    assert_eq!(topic.check().await.unwrap_err().fault().code, "GLY0253");
    let plan = admin::plan(&config).await.unwrap();
    let lines: Vec<String> = plan.iter().map(ToString::to_string).collect();
    assert_eq!(lines, ["+ topic made-once: 3 partitions, each on 1 brokers"]);
    admin::apply(&config, &plan).await.unwrap();
    assert_eq!(admin::plan(&config).await.unwrap(), []);
    // Made again by somebody who saw it missing too: no harm.
    admin::apply(&config, &plan).await.unwrap();

    (config.retention_days, config.partitions) = (7, 9);
    let plan = admin::plan(&config).await.unwrap();
    assert_eq!(plan.iter().map(|d| d.is_applied()).collect::<Vec<_>>(), [false, true], "{plan:?}");
    admin::apply(&config, &plan).await.unwrap();
    let plan = admin::plan(&config).await.unwrap();
    assert_eq!(plan.len(), 1, "partitions are left as they are: {plan:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_set_on_the_topic_stays() {
    let Some(broker) = Broker::shared() else { return };
    let of = ["TopicCommand", "--topic", "theirs"];
    let theirs = ["--create", "--partitions", "3", "--config", "segment.bytes=2000000"];
    let made = tokio::task::block_in_place(|| broker.tool(&[&of[..], &theirs].concat()));
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let config = broker.config("theirs");
    let plan = admin::plan(&config).await.unwrap();
    assert!(plan.iter().any(|difference| difference.is_applied()), "{plan:?}");
    admin::apply(&config, &plan).await.unwrap();
    assert_eq!(admin::plan(&config).await.unwrap(), []);
    let described =
        tokio::task::block_in_place(|| broker.tool(&[&of[..], &["--describe"]].concat()));
    let text = String::from_utf8_lossy(&described.stdout);
    assert!(text.contains("segment.bytes=2000000") && text.contains("retention.ms="), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topic_takes_no_parcel_that_is_too_large_and_says_which() {
    let Some(broker) = Broker::shared() else { return };
    let config = broker.topic("large").await;
    let topic = KafkaTopic::new(config.clone()).unwrap();
    let parcels = some_parcels(1).await;
    let mut large = parcels[0].clone();
    large.id = MessageId::new("large");
    // More than any client may send at once; the relay itself sends none of more than 64 KiB.
    large.payload = Bytes::from(vec![b' '; 32 * FACT_BYTES_MAX]);
    match topic.deliver(&[parcels[0].clone(), large, parcels[1].clone()]).await {
        Err(DeliverError::Refused { id, .. }) => assert_eq!(id.as_str(), "large"),
        other => panic!("{other:?}"),
    }
    topic.deliver(&parcels).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ordinary_client_reads_the_feedback() {
    let Some(broker) = Broker::shared() else { return };
    let config = broker.topic("ordinary").await;
    let parcels = some_parcels(3).await;
    KafkaTopic::new(config).unwrap().deliver(&parcels).await.unwrap();
    let number = parcels.len().to_string();
    let args = [
        "consumer.ConsoleConsumer",
        "--topic",
        "ordinary",
        "--from-beginning",
        "--max-messages",
        &number,
        "--timeout-ms",
        "30000",
        "--formatter-property",
        "print.key=true",
    ];
    let output = tokio::task::block_in_place(|| broker.tool(&args));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<(&str, &str)> = text.lines().filter_map(|line| line.split_once('\t')).collect();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(lines.len(), parcels.len(), "{text}\n{error}");
    for (key, value) in &lines {
        let event: serde_json::Value = serde_json::from_str(value).unwrap();
        assert_eq!(event["subject"], *key);
    }
    let payloads: Vec<Bytes> = lines.iter().map(|(_, v)| Bytes::from((*v).to_owned())).collect();
    let seen: BTreeSet<String> = by_id(&payloads).0.into_keys().collect();
    assert_eq!(seen, ids(&parcels));
}
