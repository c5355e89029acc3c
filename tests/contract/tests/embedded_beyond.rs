//! What the embedded bus promises beyond the contract: loans of the dead, closing, and time that a
//! test can move.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use galley_bus_core::Bus;
use galley_bus_core::alarms::Recurrence;
use galley_bus_core::clock::{Clock, SystemClock};
use galley_bus_core::log::Seq;
use galley_bus_core::message::Message;
use galley_bus_core::queue::Depth;
use galley_bus_core::topology::Consumer;
use galley_bus_embedded::{Embedded, OpenError};
use galley_schemas::id::MessageId;
use galley_tests_contract::crash::consumer;
use galley_tests_contract::manual_clock::ManualClock;
use galley_tests_contract::{Outcome, SOON};
use tempfile::TempDir;

fn file() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("galley.db");
    (folder, path)
}

async fn open(path: &Path) -> Embedded {
    Embedded::open(path, Arc::new(SystemClock)).await.expect("it can be opened")
}

fn message(id: &str) -> Message {
    Message::new(consumer("a").filter, MessageId::new(id), id.to_owned())
}

/// The ids and delivery numbers of what comes.
async fn pull(bus: &Bus, wait: Duration) -> Vec<(String, u64)> {
    let deliveries = bus.queue.pull(&consumer("a"), 10, wait).await.expect("it is open");
    let seen = |d: galley_bus_core::queue::Delivery| (d.message.id.to_string(), d.delivery);
    deliveries.into_iter().map(seen).collect()
}

#[tokio::test]
async fn loans_of_a_process_that_died_come_back_when_the_file_is_opened() {
    let (_folder, path) = file();
    let died = open(&path).await;
    died.bus().queue.publish(message("1")).await.unwrap();
    assert_eq!(pull(&died.bus(), SOON).await, [("1".to_owned(), 1)]);
    drop(died);
    let next = open(&path).await;
    assert_eq!(pull(&next.bus(), Duration::ZERO).await, [("1".to_owned(), 2)]);
}

#[tokio::test]
async fn loans_of_a_process_that_died_come_back_to_one_that_lives() {
    let (_folder, path) = file();
    let (lives, died) = (open(&path).await, open(&path).await);
    died.bus().queue.publish(message("1")).await.unwrap();
    assert_eq!(pull(&died.bus(), SOON).await, [("1".to_owned(), 1)]);
    drop(died);
    assert_eq!(pull(&lives.bus(), SOON).await, [("1".to_owned(), 2)]);
}

#[tokio::test]
async fn loans_of_a_process_that_lives_stay_with_it() {
    let (_folder, path) = file();
    let lives = open(&path).await;
    lives.bus().queue.publish(message("1")).await.unwrap();
    let held = lives.bus().queue.pull(&consumer("a"), 1, SOON).await.unwrap();
    let visitor = open(&path).await;
    assert!(pull(&visitor.bus(), Duration::ZERO).await.is_empty());
    visitor.close().await.unwrap();
    drop(open(&path).await);
    held[0].loan.ack().await.unwrap();
    assert_eq!(lives.bus().queue.depth(&consumer("a")).await.unwrap(), Depth::default());
}

#[tokio::test]
async fn closing_gives_loans_back_and_leaves_one_file() {
    let (folder, path) = file();
    let embedded = open(&path).await;
    embedded.bus().queue.publish(message("1")).await.unwrap();
    assert_eq!(pull(&embedded.bus(), SOON).await, [("1".to_owned(), 1)]);
    embedded.close().await.unwrap();
    let left: Vec<_> = folder.path().read_dir().unwrap().map(|f| f.unwrap().file_name()).collect();
    assert_eq!(left, ["galley.db"]);
    assert_eq!(pull(&open(&path).await.bus(), Duration::ZERO).await, [("1".to_owned(), 2)]);
}

#[tokio::test]
async fn a_closed_bus_is_out_of_reach_and_lets_go_of_who_waits() {
    let (_folder, path) = file();
    let embedded = open(&path).await;
    let bus = embedded.bus();
    let wanted = consumer("a");
    let waiting = (bus.queue.pull(&wanted, 1, SOON), bus.log.changed(Seq::START, SOON));
    let (pulled, changed, closed) = tokio::join!(waiting.0, waiting.1, embedded.close());
    closed.unwrap();
    assert!(pulled.is_err() && changed.is_err());
    assert!(bus.queue.publish(message("1")).await.is_err());
    assert!(bus.kv.get("agents", "k").await.is_err());
    assert!(bus.calls.serve("galley.report.a").await.is_err());
    assert!(bus.broadcast.listen("galley.epoch").await.is_err());
}

#[tokio::test]
async fn what_cannot_be_opened_says_why() {
    let (folder, path) = file();
    std::fs::write(&path, "this is no folder").unwrap();
    let below = path.join("galley.db");
    for (path, code) in [(folder.path(), "GLY0203"), (&below, "GLY0203"), (&path, "GLY0201")] {
        let error = Embedded::open(path, Arc::new(SystemClock)).await.unwrap_err();
        let fault = error.fault();
        assert_eq!(fault.code, code, "{}: {error:?}", path.display());
        assert!(fault.message.contains(&path.display().to_string()) && !fault.hint.is_empty());
    }
}

#[tokio::test]
async fn folders_on_the_way_are_made() {
    let (folder, _) = file();
    let path = folder.path().join("data/of/galley.db");
    open(&path).await.close().await.unwrap();
    assert!(path.exists());
}

#[tokio::test]
async fn two_processes_may_make_the_file_together() {
    let (_folder, path) = file();
    let opened = futures::future::join_all((0..6).map(|_| open(&path))).await;
    for (number, embedded) in opened.iter().enumerate() {
        embedded.bus().queue.publish(message(&number.to_string())).await.unwrap();
    }
    assert_eq!(pull(&opened[5].bus(), SOON).await.len(), 6);
}

fn at(time: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(&format!("2026-03-01T{time}Z")).expect("a time of day").to_utc()
}

async fn open_at(path: &Path, clock: &Arc<ManualClock>) -> Embedded {
    Embedded::open(path, Arc::clone(clock) as Arc<dyn Clock>).await.expect("it can be opened")
}

fn every(cron: &str) -> Recurrence {
    Recurrence { cron: cron.to_owned(), time_zone: "Europe/Berlin".to_owned() }
}

fn fired(time: &str) -> String {
    format!("daily@{}", at(time).timestamp_millis())
}

/// Settles what comes; waits for as long as it takes.
async fn take(bus: &Bus) -> Vec<String> {
    let deliveries = bus.queue.pull(&consumer("a"), 10, SOON).await.expect("it is open");
    for delivery in &deliveries {
        delivery.loan.ack().await.expect("it is open");
    }
    deliveries.iter().map(|delivery| delivery.message.id.to_string()).collect()
}

#[tokio::test]
async fn a_recurring_message_comes_each_time_with_an_id_of_its_own() {
    let (_folder, path) = file();
    let clock = ManualClock::at(at("08:00:30"));
    let embedded = open_at(&path, &clock).await;
    let bus = embedded.bus();
    bus.alarms.recur("news", every("*/10 * * * *"), message("daily")).await.unwrap();
    for time in ["08:10:00", "08:20:00", "08:30:00"] {
        clock.set(at(time));
        assert_eq!(take(&bus).await, [fired(time)]);
    }
}

#[tokio::test]
async fn times_missed_are_made_up_by_one_message() {
    let (_folder, path) = file();
    let clock = ManualClock::at(at("08:00:30"));
    let embedded = open_at(&path, &clock).await;
    let recurrence = || every("*/10 * * * *");
    embedded.bus().alarms.recur("news", recurrence(), message("daily")).await.unwrap();
    embedded.close().await.unwrap();
    clock.set(at("09:05:00"));
    let embedded = open_at(&path, &clock).await;
    let bus = embedded.bus();
    // Whoever starts says again what recurs; that must not forget what was missed.
    bus.alarms.recur("news", recurrence(), message("daily")).await.unwrap();
    assert_eq!(take(&bus).await, [fired("08:10:00")]);
    clock.set(at("09:10:00"));
    assert_eq!(take(&bus).await, [fired("09:10:00")]);
}

#[tokio::test]
async fn a_recurrence_takes_the_place_of_the_one_before_until_it_is_forgotten() {
    let (_folder, path) = file();
    let clock = ManualClock::at(at("08:00:30"));
    let embedded = open_at(&path, &clock).await;
    let bus = embedded.bus();
    bus.alarms.recur("news", every("*/10 * * * *"), message("old")).await.unwrap();
    bus.alarms.recur("news", every("30 9 * * *"), message("daily")).await.unwrap();
    // An alarm of the same key is another thing.
    bus.alarms.arm("news", at("08:30:00"), message("alarm")).await.unwrap();
    clock.set(at("08:30:00"));
    // 9:30 in Berlin.
    let mut seen = take(&bus).await;
    if seen.len() < 2 {
        seen.extend(take(&bus).await);
    }
    seen.sort();
    assert_eq!(seen, ["alarm".to_owned(), fired("08:30:00")]);
    bus.alarms.forget("news").await.unwrap();
    bus.alarms
        .arm("later", at("08:30:00") + Duration::from_secs(172_800), message("end"))
        .await
        .unwrap();
    clock.set(at("08:30:00") + Duration::from_secs(172_800));
    assert_eq!(take(&bus).await, ["end"]);
    assert_eq!(bus.queue.depth(&consumer("a")).await.unwrap(), Depth::default());
}

#[tokio::test]
async fn a_loan_lasts_as_long_as_the_clock_says() {
    let (_folder, path) = file();
    let clock = ManualClock::at(at("08:00:00"));
    let embedded = open_at(&path, &clock).await;
    let bus = embedded.bus();
    bus.queue.publish(message("1")).await.unwrap();
    let minute = Consumer { ack_wait: Duration::from_secs(60), ..consumer("a") };
    let first = bus.queue.pull(&minute, 1, SOON).await.unwrap();
    clock.set(at("08:00:59"));
    assert!(bus.queue.pull(&minute, 1, Duration::ZERO).await.unwrap().is_empty());
    first[0].loan.in_progress().await.unwrap();
    clock.set(at("08:01:58"));
    assert!(bus.queue.pull(&minute, 1, Duration::ZERO).await.unwrap().is_empty());
    clock.set(at("08:01:59"));
    assert_eq!(bus.queue.pull(&minute, 1, Duration::ZERO).await.unwrap()[0].delivery, 2);
}

#[tokio::test]
async fn an_error_of_opening_has_its_causes() -> Outcome {
    let (_folder, path) = file();
    std::fs::write(&path, "x")?;
    let error = Embedded::open(path.join("sub/galley.db"), Arc::new(SystemClock)).await;
    let Err(error @ OpenError::NotWritable { .. }) = error else {
        return Err("a file cannot have files in it".into());
    };
    assert!(!error.fault().causes.is_empty());
    Ok(())
}
