//! The serve loop on paused time, over a queue that follows a script and writes down what it is told.

use std::collections::VecDeque;
use std::sync::Mutex;

use galley_schemas::id::MessageId;

use super::*;
use crate::Unreachable;
use crate::message::Message;
use crate::queue::{Depth, Place, PublishError};
use crate::topology::STREAM_TASK;

/// What happened, each with the milliseconds since the start.
#[derive(Debug)]
struct Diary {
    start: Instant,
    entries: Mutex<Vec<(u128, String)>>,
}

impl Diary {
    fn new() -> Arc<Self> {
        Arc::new(Self { start: Instant::now(), entries: Mutex::default() })
    }

    fn write(&self, entry: impl Into<String>) {
        let at = self.start.elapsed().as_millis();
        self.entries.lock().unwrap().push((at, entry.into()));
    }

    /// Those that start with a word.
    fn of(&self, word: &str) -> Vec<(u128, String)> {
        let entries = self.entries.lock().unwrap();
        entries.iter().filter(|(_, entry)| entry.starts_with(word)).cloned().collect()
    }

    fn texts(&self, word: &str) -> Vec<String> {
        self.of(word).into_iter().map(|(_, text)| text).collect()
    }

    fn times(&self, word: &str) -> Vec<u128> {
        self.of(word).into_iter().map(|(at, _)| at).collect()
    }
}

/// How a sign of life goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beat {
    Heard,
    Fails,
    Hangs,
}

struct Told {
    id: String,
    diary: Arc<Diary>,
    /// One for each sign of life; heard when there is none left.
    beats: Mutex<VecDeque<Beat>>,
}

fn unreachable() -> Unreachable {
    Unreachable { what: "a test".to_owned(), cause: "as written".into() }
}

#[async_trait]
impl Loan for Told {
    async fn ack(&self) -> Result<(), Unreachable> {
        self.diary.write(format!("ack {}", self.id));
        Ok(())
    }
    async fn retry_later(&self, delay: Duration) -> Result<(), Unreachable> {
        self.diary.write(format!("retry {} in {delay:?}", self.id));
        Ok(())
    }
    async fn in_progress(&self) -> Result<(), Unreachable> {
        self.diary.write(format!("beat {}", self.id));
        let beat = self.beats.lock().unwrap().pop_front().unwrap_or(Beat::Heard);
        match beat {
            Beat::Heard => Ok(()),
            Beat::Fails => Err(unreachable()),
            Beat::Hangs => std::future::pending().await,
        }
    }
    async fn discard(&self) -> Result<(), Unreachable> {
        self.diary.write(format!("discard {}", self.id));
        Ok(())
    }
}

/// A queue that gives what it was filled with, then nothing.
struct Script {
    diary: Arc<Diary>,
    deliveries: Mutex<VecDeque<Delivery>>,
    /// How many pulls fail first.
    failures: Mutex<u32>,
}

#[async_trait]
impl Queue for Script {
    async fn publish(&self, message: Message) -> Result<(), PublishError> {
        Err(PublishError::NoQueue { subject: message.subject })
    }
    async fn pull(
        &self,
        _: &Consumer,
        max: usize,
        wait: Duration,
    ) -> Result<Vec<Delivery>, Unreachable> {
        self.diary.write(format!("pull {max}"));
        {
            let mut failures = self.failures.lock().unwrap();
            if *failures > 0 {
                *failures -= 1;
                return Err(unreachable());
            }
        }
        let taken: Vec<Delivery> = {
            let mut deliveries = self.deliveries.lock().unwrap();
            let count = deliveries.len().min(max);
            deliveries.drain(..count).collect()
        };
        if taken.is_empty() {
            tokio::time::sleep(wait).await;
        }
        Ok(taken)
    }
    async fn depth(&self, _: &Consumer) -> Result<Depth, Unreachable> {
        Ok(Depth::default())
    }
}

/// Works on a delivery for as long as its id says, and settles as its subject says. The deaf one does not
/// hear that it must end.
struct Worker {
    diary: Arc<Diary>,
}

#[async_trait]
impl Handler for Worker {
    fn arrived(&self, delivery: &Delivery) {
        self.diary.write(format!("arrived {}", delivery.message.id));
    }

    async fn handle(&self, delivery: Delivery, lost: CancellationToken) -> Settle {
        let id = delivery.message.id.to_string();
        self.diary.write(format!("start {id}"));
        let secs = id.split_once('-').unwrap().1.parse().unwrap();
        tokio::select! {
            () = lost.cancelled(), if delivery.message.subject != "deaf" => {
                self.diary.write(format!("lost {id}"));
                return Settle::Leave;
            }
            () = tokio::time::sleep(Duration::from_secs(secs)) => {}
        }
        self.diary.write(format!("end {id}"));
        match delivery.message.subject.as_str() {
            "ack" => Settle::Ack,
            "retry" => Settle::RetryLater(Duration::from_secs(7)),
            "discard" => Settle::Discard,
            "leave" => Settle::Leave,
            other => panic!("as written: {other}"),
        }
    }
}

/// A serve loop at work, with loans that last 30 seconds.
struct Bench {
    diary: Arc<Diary>,
    script: Arc<Script>,
    stop: CancellationToken,
    served: JoinSet<()>,
}

impl Bench {
    /// Deliveries as `subject name-seconds`.
    fn new(slots: usize, deliveries: &[&str]) -> Self {
        Self::with(slots, deliveries, &[], 0)
    }

    fn with(slots: usize, deliveries: &[&str], beats: &[Beat], failures: u32) -> Self {
        let diary = Diary::new();
        let deliver = |text: &&str| {
            let (subject, id) = text.split_once(' ').unwrap();
            let (diary, beats) = (Arc::clone(&diary), Mutex::new(beats.iter().copied().collect()));
            Delivery {
                message: Message::new(subject, MessageId::new(id), Vec::new()),
                place: Place { stream: 0, seq: 1 },
                delivery: 1,
                loan: Arc::new(Told { id: id.to_owned(), diary, beats }),
            }
        };
        let script = Arc::new(Script {
            diary: Arc::clone(&diary),
            deliveries: Mutex::new(deliveries.iter().map(deliver).collect()),
            failures: Mutex::new(failures),
        });
        let consumer = Consumer {
            name: "test".to_owned(),
            stream: STREAM_TASK,
            filter: String::new(),
            ack_wait: Duration::from_secs(30),
            in_flight_max: 100,
        };
        let serve = Serve { consumer, slots, grace: Duration::from_secs(20) };
        let (stop, worker) = (CancellationToken::new(), Worker { diary: Arc::clone(&diary) });
        let queue = Arc::clone(&script) as Arc<dyn Queue>;
        let mut served = JoinSet::new();
        served.spawn(serve.run(queue, Arc::new(worker), stop.clone()));
        Self { diary, script, stop, served }
    }

    /// Lets it run for a time, stops it, and gives its diary when it has ended.
    async fn run(mut self, secs: u64) -> Arc<Diary> {
        tokio::time::sleep(Duration::from_secs(secs)).await;
        self.stop.cancel();
        while let Some(ended) = self.served.join_next().await {
            ended.unwrap();
        }
        assert_eq!(*self.script.failures.lock().unwrap(), 0);
        self.diary.write("over");
        self.diary
    }
}

#[tokio::test(start_paused = true)]
async fn a_delivery_is_settled_as_its_handler_decided() {
    let diary = Bench::new(9, &["ack a-1", "retry b-1", "discard c-1", "leave d-1"]).run(60).await;
    assert_eq!(diary.texts("start").len(), 4);
    assert_eq!(diary.texts("ack"), ["ack a-1"]);
    assert_eq!(diary.texts("retry"), ["retry b-1 in 7s"]);
    assert_eq!(diary.texts("discard"), ["discard c-1"]);
}

#[tokio::test(start_paused = true)]
async fn deliveries_arrive_in_their_order_before_any_is_worked_on() {
    let diary = Bench::new(3, &["ack a-1", "ack b-1", "ack c-1", "ack d-1"]).run(60).await;
    assert_eq!(
        diary.texts("arrived"),
        ["arrived a-1", "arrived b-1", "arrived c-1", "arrived d-1"]
    );
    let entries = diary.entries.lock().unwrap();
    let first = entries.iter().position(|(_, entry)| entry.starts_with("start")).unwrap();
    let before = entries.iter().take(first).filter(|(_, entry)| entry.starts_with("arrived"));
    assert_eq!(before.count(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_panics_has_its_delivery_retried_later() {
    let diary = Bench::new(2, &["panic a-1", "ack b-2"]).run(60).await;
    assert_eq!(diary.texts("retry"), ["retry a-1 in 5s"]);
    assert_eq!(diary.texts("ack"), ["ack b-2"]);
}

#[tokio::test(start_paused = true)]
async fn no_more_is_pulled_than_there_are_free_slots() {
    let diary =
        Bench::new(2, &["ack a-10", "ack b-20", "ack c-10", "ack d-10", "ack e-10"]).run(60).await;
    // Both slots; nothing while both are at work; then one whenever one is free.
    assert_eq!(diary.texts("pull")[..4], ["pull 2", "pull 1", "pull 1", "pull 1"]);
    assert_eq!(diary.times("start"), [0, 0, 10_000, 20_000, 20_000]);
    assert_eq!(diary.texts("ack").len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_loan_is_kept_alive_every_third_of_its_time_until_it_is_settled() {
    let diary = Bench::new(1, &["ack a-35"]).run(60).await;
    assert_eq!(diary.times("beat"), [10_000, 20_000, 30_000]);
    assert_eq!(diary.times("ack"), [35_000]);
}

#[tokio::test(start_paused = true)]
async fn one_sign_of_life_that_fails_is_no_loss() {
    let beats = [Beat::Fails, Beat::Heard, Beat::Hangs, Beat::Heard, Beat::Fails];
    let diary = Bench::with(1, &["ack a-58"], &beats, 0).run(60).await;
    assert!(diary.texts("lost").is_empty());
    assert_eq!(diary.times("ack"), [58_000]);
}

#[tokio::test(start_paused = true)]
async fn two_in_a_row_are_a_loss_that_is_told_before_the_loan_runs_out() {
    for (beats, want) in [
        ([Beat::Fails, Beat::Fails], 20_000),
        ([Beat::Hangs, Beat::Hangs], 30_000),
        ([Beat::Hangs, Beat::Fails], 20_000),
    ] {
        let diary = Bench::with(1, &["ack a-100"], &beats, 0).run(60).await;
        assert_eq!(diary.times("lost"), [want], "{beats:?}");
        assert!(diary.texts("ack").is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn pulls_that_fail_come_slower_up_to_a_bound_and_then_go_on() {
    let diary = Bench::with(1, &["ack a-1"], &[], 10).run(120).await;
    let pulls = diary.times("pull");
    let waits: Vec<u128> = pulls.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let want = [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000, 10_000];
    assert_eq!(waits[..10], want);
    assert_eq!(diary.texts("ack"), ["ack a-1"]);
}

#[tokio::test(start_paused = true)]
async fn after_a_stop_nothing_is_pulled_and_what_runs_may_end() {
    let diary = Bench::new(1, &["ack a-15", "ack b-1"]).run(5).await;
    assert_eq!(diary.texts("pull"), ["pull 1"]);
    assert_eq!(diary.texts("start"), ["start a-15"]);
    assert_eq!(diary.times("ack"), [15_000]);
    assert_eq!(diary.times("over"), [15_000]);
}

#[tokio::test(start_paused = true)]
async fn after_the_grace_period_what_runs_is_dropped_and_goes_back_at_once() {
    let diary = Bench::new(3, &["ack a-100", "deaf b-100", "ack c-10"]).run(5).await;
    assert_eq!(diary.texts("ack"), ["ack c-10"], "the grace period was long enough for it");
    assert_eq!(diary.texts("retry"), ["retry a-100 in 0ns", "retry b-100 in 0ns"]);
    // Whoever does not hear that it is over is dropped first: nobody works on it any more by then.
    assert_eq!(diary.times("retry"), [25_000, 25_500]);
    assert_eq!(diary.times("over"), [25_500]);
    assert_eq!(diary.texts("end"), ["end c-10"]);
}

#[tokio::test(start_paused = true)]
async fn a_stop_while_nothing_comes_ends_it_at_once() {
    for failures in [0, 9] {
        let bench = Bench::with(1, &[], &[], failures);
        *bench.script.failures.lock().unwrap() = failures;
        tokio::time::sleep(Duration::from_secs(12)).await;
        *bench.script.failures.lock().unwrap() = 0;
        assert_eq!(bench.run(0).await.times("over"), [12_000]);
    }
}
