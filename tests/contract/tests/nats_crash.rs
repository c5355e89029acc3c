//! `kill -9` of the server at random moments, 100 times on the same files, while everything is done at
//! once: what was acknowledged is there.
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
use galley_bus_core::queue::SETTLE_LAG_MAX;
use galley_bus_core::topology::{self, Consumer, Topology};
use galley_bus_core::{BoxError, Bus};
use galley_bus_nats::{Config, Missing, Nats, Wanted};
use galley_schemas::id::{GoalId, MessageId};
use galley_schemas::record::Record;
use galley_tests_contract::crash::{BUCKET, consumer};
use galley_tests_contract::nats_server::{NatsServer, WriteDisk};
use galley_tests_contract::{Outcome, SOON, pass_over};
use tokio::task::JoinSet;

const ROUNDS: u64 = 100;
const SEED: u64 = 0x9E37_79B9_7F4A_7C15;

/// Numbers that look random, the same ones each time (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// What the bus acknowledged.
#[derive(Debug, Default)]
struct Said {
    appended: Vec<(GoalId, Seq, String)>,
    published: BTreeSet<String>,
    /// About to be settled: they may be, or not.
    settling: BTreeSet<String>,
    settled: Vec<(Instant, String)>,
    put: BTreeMap<String, u64>,
    stored: Vec<galley_schemas::artifact::Digest>,
    armed: BTreeSet<String>,
    count: u64,
}

#[derive(Debug, Clone, Default)]
struct Diary(Arc<Mutex<Said>>);

impl Diary {
    fn note(&self, note: impl FnOnce(&mut Said)) {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        said.count += 1;
        note(&mut said);
    }

    fn count(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).count
    }
}

/// The tasks of this test; their loans do not last beyond a round.
fn tasks(kind: &str) -> Consumer {
    Consumer { ack_wait: Duration::from_millis(400), ..consumer(kind) }
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
        // One in four is left on loan, for whoever comes after the crash.
        for delivery in deliveries.into_iter().take(3) {
            let id = delivery.message.id.to_string();
            diary.note(|said| said.settling.extend([id.clone()]));
            delivery.loan.ack().await?;
            #[expect(clippy::disallowed_methods, reason = "how long ago, in real time")]
            diary.note(|said| said.settled.push((Instant::now(), id)));
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
    round: u64,
    count: u64,
) -> Result<(Said, Instant), BoxError> {
    let nats = connect(server).await?;
    let (bus, diary) = (nats.bus(), Diary::default());
    let mut workers = JoinSet::new();
    for worker in 0..2 {
        workers.spawn(append(bus.clone(), diary.clone(), format!("{round}.{worker}")));
        workers.spawn(publish(bus.clone(), diary.clone(), format!("{round}.{worker}")));
    }
    workers.spawn(settle(bus.clone(), diary.clone()));
    workers.spawn(put(bus.clone(), diary.clone(), round));
    workers.spawn(store(bus.clone(), diary.clone(), round));
    workers.spawn(arm(bus, diary.clone(), round));
    while diary.count() < count {
        tokio::select! {
            biased;
            Some(ended) = workers.join_next() => return Err(format!("one ended: {ended:?}").into()),
            () = tokio::task::yield_now() => {}
        }
    }
    server.kill()?;
    #[expect(clippy::disallowed_methods, reason = "how long ago, in real time")]
    let killed = Instant::now();
    workers.shutdown().await;
    let said = std::mem::take(&mut *diary.0.lock().unwrap_or_else(PoisonError::into_inner));
    Ok((said, killed))
}

/// What must hold over all rounds.
#[derive(Default)]
struct Whole {
    settled: BTreeSet<String>,
    seqs: Vec<Seq>,
    stored: u64,
    again: u64,
}

async fn check(bus: &Bus, said: Said, killed: Instant, whole: &mut Whole) -> Outcome {
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
    check_queue(bus, &said, killed, whole).await?;
    check_alarms(bus, said.armed).await?;
    whole.seqs.extend(said.appended.iter().map(|(_, seq, _)| *seq));
    whole.stored += u64::try_from(said.stored.len())?;
    Ok(())
}

/// Every message that was published and is not settled comes; of those that were settled, only what was
/// settled just before the server was killed.
async fn check_queue(bus: &Bus, said: &Said, killed: Instant, whole: &mut Whole) -> Outcome {
    let just_before = |at: Instant| killed.saturating_duration_since(at) < SETTLE_LAG_MAX;
    let (late, early): (Vec<_>, Vec<_>) = said.settled.iter().partition(|(at, _)| just_before(*at));
    whole.settled.extend(early.into_iter().map(|(_, id)| id.clone()));
    let late: BTreeSet<&str> = late.into_iter().map(|(_, id)| id.as_str()).collect();
    let mut seen = BTreeSet::new();
    loop {
        let deliveries = bus.queue.pull(&tasks("a"), 500, SOON / 20).await?;
        if deliveries.is_empty() && bus.queue.depth(&tasks("a")).await?.in_flight == 0 {
            break;
        }
        for delivery in &deliveries {
            let id = delivery.message.id.to_string();
            assert!(!whole.settled.contains(&id), "{id} came after it was settled");
            assert_eq!(delivery.message.payload, id);
            whole.again += u64::from(late.contains(id.as_str()));
            seen.insert(id);
        }
        let acks = deliveries.iter().map(|delivery| delivery.loan.ack());
        futures::future::try_join_all(acks).await?;
    }
    for id in &said.published {
        assert!(seen.contains(id) || said.settling.contains(id), "{id} is lost");
    }
    // Acknowledged a while ago by the time of the next kill, which is at least one pull away.
    whole.settled.extend(seen);
    Ok(())
}

/// Every alarm goes off.
async fn check_alarms(bus: &Bus, mut armed: BTreeSet<String>) -> Outcome {
    while !armed.is_empty() {
        let deliveries = bus.queue.pull(&tasks("b"), 500, SOON).await?;
        assert!(!deliveries.is_empty(), "{armed:?} did not go off");
        let acks = deliveries.iter().map(|delivery| delivery.loan.ack());
        futures::future::try_join_all(acks).await?;
        for delivery in deliveries {
            armed.remove(delivery.message.id.as_str());
        }
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
    let nats = connect(&server).await?;
    let topology = Topology { streams: topology::streams(), consumers: vec![], buckets: vec![] };
    nats.apply(&nats.plan(&Wanted { topology, replicas: 1 }).await?).await?;
    drop(nats);
    let (mut numbers, mut whole) = (Numbers(SEED), Whole::default());
    for round in 0..ROUNDS {
        let count = numbers.below(300);
        let (said, killed) = work_and_kill(&mut server, round, count).await?;
        server.start_again().await?;
        let nats = connect(&server).await?;
        let checked = check(&nats.bus(), said, killed, &mut whole).await;
        checked.map_err(|error| format!("round {round}, killed after {count}: {error}"))?;
    }
    let bus = connect(&server).await?.bus();
    let (mut kept, mut after) = (BTreeSet::new(), Seq::START);
    loop {
        let page = bus.log.tail(after, 1_000).await?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        kept.extend(page.iter().map(|entry| entry.seq));
    }
    assert!(whole.seqs.iter().all(|seq| kept.contains(seq)));
    let (seqs, settled) = (whole.seqs.len(), whole.settled.len());
    let Whole { stored, again, .. } = whole;
    println!(
        "{ROUNDS} kills: {seqs} records, {settled} messages ({again} settled twice), {stored} artifacts"
    );
    assert!(seqs > 200 && settled > 200 && stored > 200);
    Ok(())
}
