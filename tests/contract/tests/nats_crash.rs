//! `kill -9` of the server at random moments, 100 times on the same files, while everything is done at
//! once: what was acknowledged is there.
//!
//! Records, values and artifacts are looked for after every kill. Messages and alarms take their time to
//! come back, so they are awaited after every fifth, and have lived through up to five kills by then; what
//! comes meanwhile is noted, and none of it may have been settled for good.
//!
//! The moments are drawn from a seed, which is printed; what the server was doing at that moment is up
//! to the machine.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use galley_bus_core::clock::{Chance as _, Clock as _, SystemChance, SystemClock};
use galley_bus_core::kv::Put;
use galley_bus_core::log::Seq;
use galley_bus_core::message::Message;
use galley_bus_core::queue::{Depth, SETTLE_LAG_MAX};
use galley_bus_core::topology::{self, Consumer, Topology};
use galley_bus_core::{BoxError, Bus};
use galley_bus_nats::{Config, Missing, Nats, Wanted};
use galley_schemas::id::{GoalId, MessageId};
use galley_schemas::record::Record;
use galley_tests_contract::crash::{BUCKET, consumer};
use galley_tests_contract::nats_server::{NatsServer, WriteDisk};
use galley_tests_contract::{Outcome, SOON, pass_over};
use galley_tests_support::dice::Dice;
use tokio::sync::watch;
use tokio::task::JoinSet;

const ROUNDS: u64 = 100;
/// After every so many kills everything is awaited that has yet to come.
const AWAIT_EVERY: u64 = 5;
const SEED: u64 = 0x9E37_79B9_7F4A_7C15;

/// What the bus acknowledged in a round, and what it delivered.
#[derive(Debug, Default)]
struct Said {
    appended: Vec<(GoalId, Seq, String)>,
    published: BTreeSet<String>,
    delivered: BTreeSet<String>,
    /// About to be settled: they may be, or not.
    settling: BTreeSet<String>,
    settled: Vec<(Instant, String)>,
    put: BTreeMap<String, u64>,
    stored: Vec<galley_schemas::artifact::Digest>,
    armed: BTreeSet<String>,
}

#[derive(Debug, Clone, Default)]
struct Diary {
    said: Arc<Mutex<Said>>,
    count: watch::Sender<u64>,
}

impl Diary {
    fn note(&self, note: impl FnOnce(&mut Said)) {
        note(&mut self.said.lock().unwrap_or_else(PoisonError::into_inner));
        self.count.send_modify(|count| *count += 1);
    }

    /// Waits until so much was noted.
    async fn reaches(&self, count: u64) {
        let mut noted = self.count.subscribe();
        // It cannot be closed: this is one of its senders.
        drop(noted.wait_for(|noted| *noted >= count).await);
    }
}

/// The tasks of this test; their loans do not last beyond a round.
fn tasks(kind: &str) -> Consumer {
    Consumer { ack_wait: Duration::from_millis(400), ..consumer(kind) }
}

#[expect(clippy::disallowed_methods, reason = "how long ago, in real time")]
fn now() -> Instant {
    Instant::now()
}

async fn append(bus: Bus, diary: Diary, name: String) -> Outcome {
    let (goal, mut last) = (SystemChance.goal_id(SystemClock.now()), Seq::START);
    for number in 0_u64.. {
        let cause = format!("{name}.{number}");
        let (at, cause) = (SystemClock.now(), MessageId::new(&cause));
        let record = Record { goal, at, cause, events: Vec::new(), acts: Vec::new() };
        last = bus.log.append(&goal, last, &record).await?;
        diary.note(|said| said.appended.push((goal, last, record.cause.to_string())));
    }
    Ok(())
}

async fn publish(bus: Bus, diary: Diary, name: String) -> Outcome {
    for number in 0_u64.. {
        let id = format!("{name}.{number}");
        let message = Message::new(tasks("a").filter, MessageId::new(&id), id.clone());
        bus.queue.publish(message).await?;
        diary.note(|said| said.published.extend([id]));
    }
    Ok(())
}

async fn settle(bus: Bus, diary: Diary) -> Outcome {
    loop {
        let deliveries = bus.queue.pull(&tasks("a"), 4, Duration::from_secs(1)).await?;
        let ids = deliveries.iter().map(|delivery| delivery.message.id.to_string());
        diary.note(|said| said.delivered.extend(ids));
        // One in four is left on loan, for whoever comes after the crash.
        for delivery in deliveries.into_iter().take(3) {
            let id = delivery.message.id.to_string();
            diary.note(|said| said.settling.extend([id.clone()]));
            delivery.loan.ack().await?;
            diary.note(|said| said.settled.push((now(), id)));
        }
    }
}

async fn put(bus: Bus, diary: Diary, round: u64) -> Outcome {
    for number in round * 1_000_000.. {
        let key = format!("k{}", number % 5);
        bus.kv.put(BUCKET, &key, Put::any(number.to_string())).await?;
        diary.note(|said| said.put.extend([(key, number)]));
    }
    Ok(())
}

async fn store(bus: Bus, diary: Diary, round: u64) -> Outcome {
    for number in 0_usize.. {
        let body = format!("{round}.{number} ").repeat(50 + number * 37 % 2_000);
        let stored = bus.artifacts.put(Bytes::from(body), "text/plain").await?;
        diary.note(|said| said.stored.push(stored.sha256));
    }
    Ok(())
}

async fn arm(bus: Bus, diary: Diary, round: u64) -> Outcome {
    for number in 0_u64.. {
        let id = format!("{round}.{number}");
        let at = SystemClock.now() + Duration::from_millis(number % 3 * 10);
        let message = Message::new(tasks("b").filter, MessageId::new(&id), id.clone());
        bus.alarms.arm(&id, at, message).await?;
        diary.note(|said| said.armed.extend([id]));
    }
    Ok(())
}

async fn connect(server: &NatsServer) -> Result<Nats, BoxError> {
    let servers = vec![server.url().to_owned()];
    let config = Config { servers, missing: Missing::Create, ..Config::default() };
    Ok(Nats::connect(&config).await?)
}

/// Does everything at once until so much was acknowledged, kills the server, and returns what was.
async fn work_and_kill(
    server: &mut NatsServer,
    bus: &Bus,
    round: u64,
    count: u64,
) -> Result<(Said, Instant), BoxError> {
    let diary = Diary::default();
    let mut workers = JoinSet::new();
    for worker in 0..2 {
        workers.spawn(append(bus.clone(), diary.clone(), format!("{round}.{worker}")));
        workers.spawn(publish(bus.clone(), diary.clone(), format!("{round}.{worker}")));
    }
    workers.spawn(settle(bus.clone(), diary.clone()));
    workers.spawn(put(bus.clone(), diary.clone(), round));
    workers.spawn(store(bus.clone(), diary.clone(), round));
    workers.spawn(arm(bus.clone(), diary.clone(), round));
    tokio::select! {
        biased;
        () = diary.reaches(count) => {}
        Some(ended) = workers.join_next() => return Err(format!("one ended: {ended:?}").into()),
    }
    server.kill()?;
    let killed = now();
    workers.shutdown().await;
    let said = std::mem::take(&mut *diary.said.lock().unwrap_or_else(PoisonError::into_inner));
    Ok((said, killed))
}

/// What must hold over all rounds.
#[derive(Default)]
struct Whole {
    /// Settled for good.
    settled: BTreeSet<String>,
    /// Settled just before a kill, which may have been forgotten.
    late: BTreeSet<String>,
    /// Settled since the last kill.
    fresh: Vec<(Instant, String)>,
    /// Still to come, unless it is among those that were being settled.
    published: BTreeSet<String>,
    settling: BTreeSet<String>,
    /// Still to go off.
    armed: BTreeSet<String>,
    seqs: Vec<Seq>,
    stored: u64,
    again: u64,
}

impl Whole {
    /// Takes note of a delivery: of those that were settled, only what was settled just before the
    /// server was killed may come.
    fn came(&mut self, id: &str) {
        assert!(!self.settled.contains(id), "{id} came after it was settled");
        self.again += u64::from(self.late.contains(id));
    }

    /// Takes over what a round said.
    fn take(&mut self, said: &mut Said, killed: Instant) {
        for id in &said.delivered {
            self.came(id);
        }
        self.fresh.append(&mut said.settled);
        for (at, id) in self.fresh.drain(..) {
            let is_late = killed.saturating_duration_since(at) < SETTLE_LAG_MAX;
            if is_late {
                self.late.insert(id)
            } else {
                self.settled.insert(id)
            };
        }
        self.published.append(&mut said.published);
        self.settling.append(&mut said.settling);
        self.armed.append(&mut said.armed);
        self.seqs.extend(said.appended.iter().map(|(_, seq, _)| *seq));
        self.stored += u64::try_from(said.stored.len()).unwrap_or(u64::MAX);
    }

    /// Every message that was published and is not settled comes.
    async fn await_messages(&mut self, bus: &Bus) -> Outcome {
        let mut seen = BTreeSet::new();
        loop {
            // Whatever was settled before it comes back empty is settled for good by the next kill.
            let deliveries = bus.queue.pull(&tasks("a"), 500, SETTLE_LAG_MAX).await?;
            if deliveries.is_empty() && bus.queue.depth(&tasks("a")).await? == Depth::default() {
                break;
            }
            for delivery in &deliveries {
                let id = delivery.message.id.as_str();
                self.came(id);
                assert_eq!(delivery.message.payload, id);
            }
            let acks = deliveries.iter().map(|delivery| delivery.loan.ack());
            futures::future::try_join_all(acks).await?;
            let ids = deliveries.iter().map(|delivery| delivery.message.id.to_string());
            seen.extend(ids.clone());
            self.fresh.extend(ids.map(|id| (now(), id)));
        }
        for id in std::mem::take(&mut self.published) {
            assert!(seen.contains(&id) || self.settling.contains(&id), "{id} is lost");
        }
        self.settling.clear();
        Ok(())
    }

    /// Every alarm goes off.
    async fn await_alarms(&mut self, bus: &Bus) -> Outcome {
        while !self.armed.is_empty() {
            let deliveries = bus.queue.pull(&tasks("b"), 500, SOON).await?;
            assert!(!deliveries.is_empty(), "{:?} did not go off", self.armed);
            let acks = deliveries.iter().map(|delivery| delivery.loan.ack());
            futures::future::try_join_all(acks).await?;
            for delivery in deliveries {
                self.armed.remove(delivery.message.id.as_str());
            }
        }
        Ok(())
    }
}

/// What was kept is there.
async fn check(bus: &Bus, said: &Said) -> Outcome {
    for (goal, seq, cause) in &said.appended {
        let after = Seq(seq.0 - 1);
        let entries = bus.log.read(goal, after).await?;
        let found = entries.first().map(|entry| (entry.seq, entry.record.cause.as_str()));
        assert_eq!(found, Some((*seq, cause.as_str())), "goal {goal}");
    }
    for (key, number) in &said.put {
        let entry = bus.kv.get(BUCKET, key).await?.ok_or_else(|| format!("{key} is gone"))?;
        let found: u64 = std::str::from_utf8(&entry.value)?.parse()?;
        assert!(found >= *number, "{key} went back from {number} to {found}");
    }
    for sha256 in &said.stored {
        bus.artifacts.get(sha256).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_at_any_moment_loses_nothing_that_was_acknowledged() -> Outcome {
    pass_over(kill_again_and_again().await)
}

#[expect(clippy::print_stdout, reason = "the seed, and how much was done")]
async fn kill_again_and_again() -> Outcome {
    println!("seed {SEED:#x}");
    let mut server = NatsServer::start(WriteDisk::Always).await?;
    let mut nats = connect(&server).await?;
    let topology = Topology { streams: topology::streams(), consumers: vec![], buckets: vec![] };
    nats.apply(&nats.plan(&Wanted { topology, replicas: 1 }).await?).await?;
    let (mut dice, mut whole) = (Dice::new(SEED), Whole::default());
    for round in 1..=ROUNDS {
        let count = dice.below(300);
        let (mut said, killed) = work_and_kill(&mut server, &nats.bus(), round, count).await?;
        server.start_again().await?;
        nats = connect(&server).await?;
        let bus = nats.bus();
        whole.take(&mut said, killed);
        let checked = async {
            check(&bus, &said).await?;
            if round.is_multiple_of(AWAIT_EVERY) {
                whole.await_messages(&bus).await?;
                whole.await_alarms(&bus).await?;
            }
            Ok::<_, BoxError>(())
        };
        checked.await.map_err(|error| format!("round {round}, killed after {count}: {error}"))?;
    }
    check_whole(&nats.bus(), &whole).await?;
    let (seqs, settled) = (whole.seqs.len(), whole.settled.len() + whole.fresh.len());
    let Whole { stored, again, .. } = whole;
    println!(
        "{ROUNDS} kills: {seqs} records, {settled} messages ({again} settled twice), {stored} artifacts"
    );
    assert!(seqs > 200 && settled > 200 && stored > 200);
    Ok(())
}

/// All rounds together, when they are over: every record is in the log, and nothing comes any more.
async fn check_whole(bus: &Bus, whole: &Whole) -> Outcome {
    let (mut kept, mut after) = (BTreeSet::new(), Seq::START);
    loop {
        let page = bus.log.tail(after, 1_000).await?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        kept.extend(page.iter().map(|entry| entry.seq));
    }
    assert!(whole.seqs.iter().all(|seq| kept.contains(seq)));
    let more = bus.queue.pull(&tasks("a"), 500, SOON / 20).await?;
    assert!(more.is_empty(), "{more:?} came again");
    Ok(())
}
