//! While it runs: connections that are lost, ids that somebody took, messages from anybody, and what is
//! settled goes.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use galley_bus_core::kv::Put;
use galley_bus_core::log::Seq;
use galley_bus_core::message::Message;
use galley_bus_core::queue::PublishError;
use galley_bus_core::topology::{self, Topology};
use galley_bus_core::{BoxError, Bus};
use galley_bus_nats::{Config, Missing, Nats, Wanted};
use galley_schemas::id::MessageId;
use galley_schemas::subject;
use galley_tests_contract::crash::consumer;
use galley_tests_contract::nats_server::{NatsServer, WriteDisk};
use galley_tests_contract::{Outcome, SOON, pass_over};
use galley_tests_support::wait::{until, until_async};
use tokio::task::JoinSet;

use super::{config, init};

fn message(id: &str, payload: &str) -> Message {
    Message::new(consumer("a").filter, MessageId::new(id), payload.to_owned())
}

/// A server on which consumers are made when they are used.
async fn own(server: &NatsServer) -> Result<Nats, BoxError> {
    init(&Config { missing: Missing::Create, request_timeout_secs: 1, ..config(server) }).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_connection_is_made_again_under_whoever_works() -> Outcome {
    pass_over(lose_the_connection().await)
}

async fn lose_the_connection() -> Outcome {
    let mut server = NatsServer::start(WriteDisk::Always).await?;
    let nats = own(&server).await?;
    let bus = nats.bus();
    bus.kv.put("agents", "k", Put::any("kept")).await?;
    assert!(bus.queue.pull(&consumer("a"), 1, Duration::ZERO).await?.is_empty());
    let waiting = bus.clone();
    let mut pulls = JoinSet::new();
    pulls.spawn(async move { waiting.queue.pull(&consumer("a"), 1, SOON).await });
    server.kill()?;
    until("the loss to be seen", || (!nats.is_connected()).then_some(()));
    assert!(bus.kv.put("agents", "k", Put::any("lost")).await.is_err());
    server.start_again().await?;
    until("another connection", || nats.is_connected().then_some(()));
    // The pull that the server has forgotten is over long before its time.
    let pulled = tokio::time::timeout(SOON / 2, pulls.join_next()).await?.ok_or("it pulls")??;
    assert!(pulled?.is_empty());
    until_async("the bus to work again", async || bus.queue.publish(message("1", "1")).await.ok())
        .await;
    assert_eq!(bus.queue.pull(&consumer("a"), 1, SOON).await?.len(), 1);
    assert!(bus.kv.get("agents", "k").await?.is_some());
    assert_eq!(bus.log.tail(Seq::START, 10).await?, []);
    assert_eq!(nats.counts().reconnects, 1);
    Ok(())
}

#[tokio::test]
async fn an_id_that_somebody_took_suppresses_nothing() -> Outcome {
    pass_over(take_an_id().await)
}

async fn take_an_id() -> Outcome {
    let server = NatsServer::start(WriteDisk::Always).await?;
    let bus = own(&server).await?.bus();
    bus.queue.publish(message("guessed", "theirs")).await?;
    bus.queue.publish(message("guessed", "ours")).await?;
    bus.queue.publish(message("guessed", "theirs")).await?;
    let pulled = bus.queue.pull(&consumer("a"), 10, SOON).await?;
    let seen: Vec<_> =
        pulled.iter().map(|one| (&one.message.id, &one.message.payload[..])).collect();
    let id = MessageId::new("guessed");
    assert_eq!(seen, [(&id, &b"theirs"[..]), (&id, &b"ours"[..])]);
    Ok(())
}

/// Everybody who may publish may use the ordinary client: no id, no header.
#[tokio::test]
async fn anybody_may_publish_a_bare_message() -> Outcome {
    pass_over(publish_bare().await)
}

async fn publish_bare() -> Outcome {
    let server = NatsServer::start(WriteDisk::Always).await?;
    let bus = own(&server).await?.bus();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/services/nats-cli");
    let found = Command::new(script).output()?;
    if !found.status.success() {
        let why = String::from_utf8_lossy(&found.stderr).into_owned();
        return Err(galley_tests_contract::Absent { why }.into());
    }
    let client = String::from_utf8(found.stdout)?;
    for _ in 0..2 {
        let published = Command::new(client.trim())
            .args(["--server", server.url(), "pub", subject::IN_GOAL, r#"{"topic":"x"}"#])
            .output()?;
        assert!(published.status.success(), "{published:?}");
    }
    let pulled = bus.queue.pull(&topology::inputs(), 10, SOON).await?;
    let seen: Vec<_> = pulled.iter().map(|one| one.message.id.as_str()).collect();
    assert_eq!(seen, ["GALLEY_IN.1", "GALLEY_IN.2"]);
    assert!(pulled.iter().all(|one| one.message.payload == r#"{"topic":"x"}"#));
    assert!(pulled.iter().all(|one| one.place.stream > 0 && one.message.headers.is_empty()));
    Ok(())
}

/// How many messages the task stream keeps, by the server's own account.
fn kept(server: &NatsServer) -> Option<u64> {
    let host = server.monitor().strip_prefix("http://")?;
    let mut stream = TcpStream::connect(host).ok()?;
    write!(stream, "GET /jsz?streams=true HTTP/1.0\r\nHost: {host}\r\n\r\n").ok()?;
    let mut page = String::new();
    stream.read_to_string(&mut page).ok()?;
    let (_, of_stream) = page.split_once(r#""name": "GALLEY_TASK""#)?;
    let (_, number) = of_stream.split_once(r#""messages": "#)?;
    number.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

async fn publish(bus: &Bus, from: u64, to: u64) -> Outcome {
    let mut publishers = JoinSet::new();
    for worker in 0..64 {
        let bus = bus.clone();
        publishers.spawn(async move {
            for number in (from..to).filter(|number| number % 64 == worker) {
                bus.queue.publish(message(&number.to_string(), "x")).await?;
            }
            Ok::<_, PublishError>(())
        });
    }
    while let Some(ended) = publishers.join_next().await {
        ended??;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_everybody_has_settled_goes_by_itself() -> Outcome {
    pass_over(settle_and_trim().await)
}

async fn settle_and_trim() -> Outcome {
    const EVERY: u64 = 4_096;
    let server = NatsServer::start(WriteDisk::Seldom).await?;
    let config = Config { missing: Missing::Create, ..config(&server) };
    let nats = Nats::connect(&config).await?;
    let topology = Topology { streams: topology::streams(), consumers: vec![], buckets: vec![] };
    nats.apply(&nats.plan(&Wanted { topology, replicas: 1 }).await?).await?;
    let bus = nats.bus();
    publish(&bus, 0, EVERY - 1).await?;
    let mut left = EVERY - 1;
    while left > 10 {
        let pulled = bus.queue.pull(&consumer("a"), 500, SOON).await?;
        left -= u64::try_from(pulled.len())?;
        let acks = pulled.iter().map(|delivery| delivery.loan.ack());
        futures::future::try_join_all(acks).await?;
    }
    assert_eq!(kept(&server), Some(EVERY - 1));
    bus.queue.publish(message("last", "x")).await?;
    // What is not settled stays, also what another consumer is for and nobody has pulled yet.
    until("the settled to go", || kept(&server).filter(|kept| *kept == left + 1));
    assert_eq!(bus.queue.depth(&consumer("a")).await?.pending, left + 1);
    Ok(())
}
