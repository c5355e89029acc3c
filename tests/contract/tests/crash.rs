//! `kill -9` at random moments, 200 times on the same file: what was acknowledged is there.
//!
//! The moments are drawn from a seed, which is printed; what the killed process was doing at that
//! moment is up to the machine.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use galley_bus_core::clock::SystemClock;
use galley_bus_core::log::Seq;
use galley_bus_core::queue::Delivery;
use galley_bus_core::{BoxError, Bus};
use galley_bus_embedded::Embedded;
use galley_tests_contract::crash::{Acknowledged, BUCKET, consumer};
use galley_tests_contract::{Outcome, SOON};
use galley_tests_support::dice::Dice;

const ROUNDS: u64 = 200;
const SEED: u64 = 0x9E37_79B9_7F4A_7C15;

/// What must hold over all rounds.
#[derive(Default)]
struct Whole {
    settled: BTreeSet<String>,
    seqs: Vec<u64>,
    stored: Vec<String>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_at_any_moment_loses_nothing_that_was_acknowledged() -> Outcome {
    println!("seed {SEED:#x}");
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("galley.db");
    let (mut dice, mut whole) = (Dice::new(SEED), Whole::default());
    for round in 0..ROUNDS {
        let lines = dice.below(60);
        let said = tokio::task::block_in_place(|| write_and_kill(&file, round, lines))?;
        let embedded = Embedded::open(&file, Arc::new(SystemClock)).await?;
        let checked = check(&embedded.bus(), said, &mut whole).await;
        checked.map_err(|error| format!("round {round}, killed after line {lines}: {error}"))?;
        // Now and then this process leaves the file as a crash would, too.
        if round % 3 == 0 { drop(embedded) } else { embedded.close().await? }
    }
    check_whole(&file, &whole).await?;
    let (seqs, settled, stored) = (whole.seqs.len(), whole.settled.len(), whole.stored.len());
    println!("{ROUNDS} rounds: {seqs} records, {settled} messages, {stored} artifacts");
    let left = std::fs::read_dir(folder.path())?.count();
    assert!(left <= 3, "{left} files are left: signs of life of processes that died");
    Ok(())
}

/// Starts the process, kills it when it has said that many lines, and returns all that it said.
fn write_and_kill(file: &Path, round: u64, lines: u64) -> Result<Acknowledged, BoxError> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_crash_writer"))
        .arg(file)
        .arg(round.to_string())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut out = BufReader::new(child.stdout.take().ok_or("standard output is piped")?);
    let mut said = Acknowledged::default();
    let mut line = String::new();
    let mut count = 0;
    loop {
        if count == lines {
            child.kill()?;
        }
        line.clear();
        // What it said until it was killed counts, but for a line that it did not end.
        if out.read_line(&mut line)? == 0 || !line.ends_with('\n') {
            break;
        }
        said.read(line.trim_end())?;
        count += 1;
    }
    let status = child.wait()?;
    if count < lines {
        return Err(format!("it ended by itself after {count} lines: {status}").into());
    }
    Ok(said)
}

async fn check(bus: &Bus, said: Acknowledged, whole: &mut Whole) -> Outcome {
    check_log(bus, &said).await?;
    for (key, number) in &said.put {
        let entry = bus.kv.get(BUCKET, key).await?.ok_or_else(|| format!("{key} is gone"))?;
        let found: u64 = std::str::from_utf8(&entry.value)?.parse()?;
        assert!(found >= *number, "{key} went back from {number} to {found}");
    }
    for sha256 in &said.stored {
        bus.artifacts.get(&sha256.parse()?).await?;
    }
    check_queue(bus, &said, whole).await?;
    check_alarms(bus, said.armed).await?;
    whole.seqs.extend(said.appended.into_iter().map(|(_, seq, _)| seq));
    whole.stored.extend(said.stored);
    Ok(())
}

async fn check_log(bus: &Bus, said: &Acknowledged) -> Outcome {
    let goals: BTreeSet<&str> = said.appended.iter().map(|(goal, ..)| goal.as_str()).collect();
    for goal in goals {
        let entries = bus.log.read(&goal.parse()?, Seq::START).await?;
        for (_, seq, cause) in said.appended.iter().filter(|(of, ..)| of == goal) {
            let found = entries.iter().find(|entry| entry.seq.0 == *seq);
            let found = found.map(|entry| entry.record.cause.as_str());
            assert_eq!(found, Some(cause.as_str()), "goal {goal} at {seq}");
        }
    }
    Ok(())
}

/// Every message that was published and is not settled comes at once, also those that the killed
/// process had on loan; none that was settled comes.
async fn check_queue(bus: &Bus, said: &Acknowledged, whole: &mut Whole) -> Outcome {
    whole.settled.extend(said.settled.iter().cloned());
    let mut seen = BTreeSet::new();
    loop {
        let deliveries = bus.queue.pull(&consumer("a"), 500, Duration::ZERO).await?;
        if deliveries.is_empty() {
            break;
        }
        ack(&deliveries).await?;
        for delivery in deliveries {
            let id = delivery.message.id.to_string();
            assert!(!whole.settled.contains(&id), "{id} came after it was settled");
            assert_eq!(delivery.message.payload, id);
            seen.insert(id);
        }
    }
    for id in &said.published {
        assert!(seen.contains(id) || said.settling.contains(id), "{id} is lost");
    }
    whole.settled.extend(seen);
    Ok(())
}

/// Settles all at once, so that they share a commit.
async fn ack(deliveries: &[Delivery]) -> Outcome {
    let acks = deliveries.iter().map(|delivery| delivery.loan.ack());
    Ok(futures::future::try_join_all(acks).await.map(drop)?)
}

/// Every alarm goes off, once.
async fn check_alarms(bus: &Bus, mut armed: BTreeSet<String>) -> Outcome {
    while !armed.is_empty() {
        let deliveries = bus.queue.pull(&consumer("b"), 500, SOON).await?;
        assert!(!deliveries.is_empty(), "{armed:?} did not go off");
        ack(&deliveries).await?;
        for delivery in deliveries {
            armed.remove(delivery.message.id.as_str());
            assert_eq!(delivery.delivery, 1);
        }
    }
    Ok(())
}

/// All rounds together, when they are over.
async fn check_whole(file: &Path, whole: &Whole) -> Outcome {
    let embedded = Embedded::open(file, Arc::new(SystemClock)).await?;
    let bus = embedded.bus();
    let mut kept = BTreeSet::new();
    let mut after = Seq::START;
    loop {
        let page = bus.log.tail(after, 1_000).await?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        kept.extend(page.iter().map(|entry| entry.seq.0));
    }
    assert!(whole.seqs.iter().all(|seq| kept.contains(seq)));
    for sha256 in &whole.stored {
        bus.artifacts.get(&sha256.parse()?).await?;
    }
    assert!(whole.seqs.len() > 200 && whole.settled.len() > 200 && whole.stored.len() > 200);
    embedded.close().await?;
    Ok(())
}
