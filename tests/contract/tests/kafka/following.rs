//! The relay on a real log, with a topic that fails.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use galley_agents_learning::{Config, Relay};
use galley_bus_core::clock::SystemClock;
use galley_bus_core::feedback::cursor::{CursorKeeper, carried_up_to};
use galley_bus_core::feedback::{DeliverError, FeedbackTopic, Follower, Parcel};
use galley_bus_core::log::{AppendError, Entry, GoalLog, ReadError, Seq};
use galley_bus_core::{Bus, Unreachable};
use galley_bus_embedded::Embedded;
use galley_schemas::id::GoalId;
use galley_schemas::record::Record;
use galley_schemas::subject::RELAY_KEY;
use galley_tests_support::wait::until_async;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::stories::{Story, by_id, happen, ids, told};

const STORY: Story = Story { option: 0, score: 0.5 };

pub(crate) async fn bus() -> (TempDir, Embedded) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("galley.db");
    let embedded = Embedded::open(&file, Arc::new(SystemClock)).await.unwrap();
    (folder, embedded)
}

/// A topic that keeps what it is given, but fails every `n`th time after keeping a part, and refuses
/// what bears a mark.
#[derive(Default)]
struct Flaky {
    kept: Mutex<Vec<Bytes>>,
    calls: AtomicU64,
    every: u64,
    refused: Option<&'static str>,
}

#[async_trait]
impl FeedbackTopic for Flaky {
    async fn deliver(&self, parcels: &[Parcel]) -> Result<(), DeliverError> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        let fails = self.every > 0 && call.is_multiple_of(self.every);
        if let Some(mark) = self.refused
            && let Some(parcel) = parcels.iter().find(|p| p.id.as_str().ends_with(mark))
        {
            let (id, cause) = (parcel.id.clone(), Box::from("too large"));
            return Err(DeliverError::Refused { id, cause });
        }
        let taken = if fails { parcels.len() / 2 } else { parcels.len() };
        let payloads = parcels.iter().take(taken).map(|parcel| parcel.payload.clone());
        self.kept.lock().unwrap().extend(payloads);
        if fails {
            let (what, cause) = ("deliver".to_owned(), Box::from("no broker"));
            return Err(Unreachable { what, cause }.into());
        }
        Ok(())
    }
}

/// A log in which one record cannot be read.
struct Damaged {
    log: Arc<dyn GoalLog>,
    bad: Seq,
}

#[async_trait]
impl GoalLog for Damaged {
    async fn append(&self, goal: &GoalId, at: Seq, record: &Record) -> Result<Seq, AppendError> {
        self.log.append(goal, at, record).await
    }

    async fn read(&self, goal: &GoalId, after: Seq) -> Result<Vec<Entry>, ReadError> {
        self.log.read(goal, after).await
    }

    async fn tail(&self, after: Seq, max: usize) -> Result<Vec<Entry>, ReadError> {
        let entries = self.log.tail(after, max).await?;
        match entries.iter().any(|entry| entry.seq == self.bad) {
            true => Err(ReadError::Undecodable { seq: self.bad, cause: Box::from("damaged") }),
            false => Ok(entries),
        }
    }

    async fn changed(&self, after: Seq, wait: Duration) -> Result<Seq, Unreachable> {
        self.log.changed(after, wait).await
    }

    async fn purge(&self, goal: &GoalId, up_to: Seq) -> Result<(), Unreachable> {
        self.log.purge(goal, up_to).await
    }
}

fn relay(bus: &Bus, topic: &Arc<Flaky>, records_max: usize) -> Relay {
    let mut config = Config::default().relay;
    config.records_max = records_max;
    Relay::new(bus.clone(), topic.clone(), Arc::new(SystemClock), config)
}

async fn end(log: &dyn GoalLog) -> Seq {
    log.changed(Seq::START, Duration::ZERO).await.unwrap()
}

async fn carried(bus: &Bus) {
    let end = end(&*bus.log).await;
    until_async("the log to be carried", || async {
        let at = carried_up_to(&*bus.kv).await.unwrap();
        (at == Some(end)).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topic_that_fails_every_other_time_gets_every_fact_at_least_once() {
    let (_folder, embedded) = bus().await;
    let bus = embedded.bus();
    for _ in 0..9 {
        happen(&*bus.log, STORY).await;
    }
    let topic = Arc::new(Flaky { every: 2, ..Flaky::default() });
    let relay = relay(&bus, &topic, 16);
    let (stop, gauges) = (CancellationToken::new(), relay.gauges());
    let mut running = JoinSet::new();
    running.spawn(relay.run(stop.clone()));
    carried(&bus).await;
    // One that comes while it runs is carried too.
    happen(&*bus.log, STORY).await;
    carried(&bus).await;
    stop.cancel();
    running.join_all().await;
    let kept = topic.kept.lock().unwrap().clone();
    let (seen, again) = by_id(&kept);
    let told = told(&*bus.log).await;
    assert_eq!(seen.into_keys().collect::<BTreeSet<_>>(), ids(&told));
    assert!(again > 0, "the topic did fail");
    assert_eq!(gauges.read()[1], ("facts_total", u64::try_from(told.len()).unwrap()));
    assert_eq!(gauges.read()[0], ("lag", 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_topic_refuses_is_counted_and_the_rest_is_carried() {
    let (_folder, embedded) = bus().await;
    let bus = embedded.bus();
    for _ in 0..3 {
        happen(&*bus.log, STORY).await;
    }
    let topic = Arc::new(Flaky { refused: Some("/chose.0"), ..Flaky::default() });
    let stop = CancellationToken::new();
    let mut running = JoinSet::new();
    running.spawn(relay(&bus, &topic, 100).run(stop.clone()));
    carried(&bus).await;
    stop.cancel();
    running.join_all().await;
    let now = chrono::DateTime::UNIX_EPOCH;
    let keeper = CursorKeeper::load(bus.kv.clone(), RELAY_KEY, now).await.unwrap();
    assert_eq!(keeper.cursor().skipped, 3);
    let told = told(&*bus.log).await.len();
    assert_eq!(topic.kept.lock().unwrap().len(), told - 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_nothing_can_be_delivered_the_lag_rises_and_the_cursor_stands() {
    let (_folder, embedded) = bus().await;
    let bus = embedded.bus();
    happen(&*bus.log, STORY).await;
    let topic = Arc::new(Flaky { every: 1, ..Flaky::default() });
    let relay = relay(&bus, &topic, 2);
    let (stop, gauges) = (CancellationToken::new(), relay.gauges());
    let mut running = JoinSet::new();
    running.spawn(relay.run(stop.clone()));
    for goals in 1..4_u64 {
        happen(&*bus.log, STORY).await;
        until_async("the lag to rise", || async {
            (gauges.read()[0] == ("lag", 4 * (goals + 1))).then_some(())
        })
        .await;
    }
    assert_eq!(carried_up_to(&*bus.kv).await.unwrap(), None);
    stop.cancel();
    running.join_all().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_relays_at_once_do_no_harm() {
    let (_folder, embedded) = bus().await;
    let bus = embedded.bus();
    for _ in 0..20 {
        happen(&*bus.log, STORY).await;
    }
    let topic = Arc::new(Flaky::default());
    let stop = CancellationToken::new();
    let mut running = JoinSet::new();
    for _ in 0..2 {
        running.spawn(relay(&bus, &topic, 3).run(stop.clone()));
    }
    carried(&bus).await;
    stop.cancel();
    running.join_all().await;
    let kept = topic.kept.lock().unwrap().clone();
    let (seen, _) = by_id(&kept);
    assert_eq!(seen.into_keys().collect::<BTreeSet<_>>(), ids(&told(&*bus.log).await));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gaps_and_damage_do_not_stop_the_following() {
    let (_folder, embedded) = bus().await;
    let log = embedded.bus().log;
    let mut goals = Vec::new();
    for _ in 0..4 {
        goals.push(happen(&*log, STORY).await);
    }
    let all = told(&*log).await;
    let end = end(&*log).await;
    log.purge(&goals[1], end).await.unwrap();
    // The third record of the first goal.
    let damaged: Arc<dyn GoalLog> = Arc::new(Damaged { log: log.clone(), bad: Seq(3) });
    let mut follower = Follower::new(damaged, Seq::START);
    let (mut seen, mut skipped, mut at) = (BTreeSet::new(), 0, Seq::START);
    while at < end {
        let stretch = follower.next(5, Duration::from_secs(1)).await.unwrap();
        assert!(stretch.up_to > at, "it stands still at {at}");
        at = stretch.up_to;
        skipped += stretch.skipped;
        seen.extend(stretch.parcels.into_iter().map(|(_, parcel)| parcel.id.as_str().to_owned()));
    }
    let damaged = format!("{}/3/", goals[0]);
    let want = all.into_iter().filter(|p| p.goal != goals[1]).map(|p| p.id.as_str().to_owned());
    let want: BTreeSet<String> = want.filter(|id| !id.starts_with(&damaged)).collect();
    assert_eq!((seen, skipped), (want, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_whose_end_was_purged_is_waited_for_and_not_spun_on() {
    let (_folder, embedded) = bus().await;
    let log = embedded.bus().log;
    let goal = happen(&*log, STORY).await;
    let end = end(&*log).await;
    let mut follower = Follower::new(log.clone(), Seq::START);
    log.purge(&goal, end).await.unwrap();
    // Two looks: the first finds the log to have grown, the second waits for more.
    for _ in 0..2 {
        let stretch = follower.next(5, Duration::from_millis(50)).await.unwrap();
        assert_eq!((stretch.up_to, stretch.parcels.len()), (Seq::START, 0));
    }
    let next = happen(&*log, STORY).await;
    let stretch = follower.next(5, Duration::from_secs(5)).await.unwrap();
    assert!(stretch.parcels.iter().all(|(_, parcel)| parcel.goal == next));
    assert!(!stretch.parcels.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cursor_never_goes_back_and_holds_back_purging() {
    let (_folder, embedded) = bus().await;
    let bus = embedded.bus();
    assert_eq!(carried_up_to(&*bus.kv).await.unwrap(), None);
    let now = chrono::DateTime::UNIX_EPOCH;
    let load = || CursorKeeper::load(bus.kv.clone(), RELAY_KEY, now);
    let (mut one, mut other) = (load().await.unwrap(), load().await.unwrap());
    let to = |up_to| galley_bus_core::feedback::cursor::Carried { up_to, facts: 1, skipped: 0 };
    use galley_bus_core::feedback::cursor::Moved;
    assert_eq!(one.advance(to(Seq(7)), now).await.unwrap(), Moved::Here);
    assert_eq!(other.advance(to(Seq(5)), now).await.unwrap(), Moved::Elsewhere(Seq(7)));
    assert_eq!(other.advance(to(Seq(5)), now).await.unwrap(), Moved::Here);
    assert_eq!(carried_up_to(&*bus.kv).await.unwrap(), Some(Seq(7)));
}
