//! Three servers, everything kept on each: any one may be killed, and whoever is connected to it goes on
//! with another. Nothing that was acknowledged is lost, and what was appended is read at once.

use std::net::TcpListener;
use std::time::Duration;

use galley_bus_core::clock::{Chance as _, Clock as _, SystemChance, SystemClock};
use galley_bus_core::kv::Put;
use galley_bus_core::log::{AppendError, Seq};
use galley_bus_core::message::Message;
use galley_bus_core::topology::Topology;
use galley_bus_core::{BoxError, Bus};
use galley_bus_nats::{Config, Missing, Nats, Wanted};
use galley_schemas::id::{GoalId, MessageId};
use galley_schemas::record::Record;
use galley_tests_contract::crash::consumer;
use galley_tests_contract::nats_server::{NatsServer, WriteDisk};
use galley_tests_contract::{Outcome, SOON, pass_over};
use galley_tests_support::wait::until_async;

const NODES: usize = 3;

/// Ports that were free a moment ago, for the servers to know each other by.
fn ports() -> Result<Vec<u16>, BoxError> {
    let held = (0..NODES).map(|_| TcpListener::bind("127.0.0.1:0"));
    let held = held.collect::<Result<Vec<_>, _>>()?;
    Ok(held.iter().map(|port| port.local_addr().map(|at| at.port())).collect::<Result<_, _>>()?)
}

async fn cluster() -> Result<Vec<NatsServer>, BoxError> {
    let ports = ports()?;
    let routes: Vec<_> = ports.iter().map(|port| format!("\"nats://127.0.0.1:{port}\"")).collect();
    let mut nodes = Vec::new();
    for (number, port) in ports.iter().enumerate() {
        let settings = format!(
            "server_name: n{number}\ncluster {{ name: c, listen: \"127.0.0.1:{port}\", routes: [{}] }}",
            routes.join(",")
        );
        nodes.push(NatsServer::start_with(WriteDisk::Seldom, settings).await?);
    }
    Ok(nodes)
}

fn record(goal: GoalId, cause: &str) -> Record {
    let (at, cause) = (SystemClock.now(), MessageId::new(cause));
    Record { goal, at, cause, events: Vec::new(), acts: Vec::new() }
}

/// Appends until it is acknowledged; a conflict means that it was stored, and only the answer lost.
async fn append(bus: &Bus, goal: GoalId, last: Seq, cause: &str) -> Seq {
    until_async("a record to be appended", async || {
        match bus.log.append(&goal, last, &record(goal, cause)).await {
            Ok(seq) => Some(seq),
            Err(AppendError::Conflict { .. }) => {
                let entries = bus.log.read(&goal, last).await.ok()?;
                entries.first().filter(|entry| entry.record.cause.as_str() == cause).map(|e| e.seq)
            }
            Err(AppendError::Unreachable(_) | AppendError::TooLarge { .. }) => None,
        }
    })
    .await
}

/// Everything is made, on each server. A cluster that has just met has no leader at first.
async fn init(config: &Config) -> Result<Nats, BoxError> {
    let nats = Nats::connect(config).await?;
    let wanted = Wanted { topology: Topology::of(&[]), replicas: NODES };
    until_async("the cluster to take everything", async || {
        nats.apply(&nats.plan(&wanted).await.ok()?).await.ok()
    })
    .await;
    assert!(nats.plan(&wanted).await?.is_empty());
    Ok(nats)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_one_server_may_be_lost() -> Outcome {
    pass_over(lose_each().await)
}

async fn lose_each() -> Outcome {
    let mut nodes = cluster().await?;
    let config = Config {
        servers: nodes.iter().map(|node| node.url().to_owned()).collect(),
        replicas: NODES,
        request_timeout_secs: 2,
        missing: Missing::Create,
        ..Config::default()
    };
    let nats = init(&config).await?;
    assert_eq!(Nats::connect(&config).await?.durability().replicas, Some(NODES));
    // Asked of the leader, what is not there is made as on one server.
    assert_eq!(nats.bus().kv.get("used_first_here", "k").await?, None);
    let mut work = Work::new(nats.bus());
    for (round, node) in nodes.iter_mut().enumerate() {
        work.round(round).await;
        node.kill()?;
        // With one gone, two go on.
        work.append(format!("{round}.down")).await;
        node.start_again().await?;
        // It has caught up before the next one is lost.
        until_async("all three to be there", async || {
            nats.lagging().await.is_ok_and(|lagging| lagging == 0).then_some(())
        })
        .await;
    }
    work.check().await
}

/// What is done, and what of it was acknowledged.
struct Work {
    bus: Bus,
    goal: GoalId,
    last: Seq,
    causes: Vec<String>,
}

impl Work {
    fn new(bus: Bus) -> Self {
        let goal = SystemChance.goal_id(SystemClock.now());
        Self { bus, goal, last: Seq::START, causes: Vec::new() }
    }

    async fn append(&mut self, cause: String) {
        self.last = append(&self.bus, self.goal, self.last, &cause).await;
        self.causes.push(cause);
        if let Ok(entries) = self.bus.log.read(&self.goal, Seq::START).await {
            assert_eq!(entries.last().map(|entry| entry.seq), Some(self.last), "a stale read");
        }
    }

    async fn round(&mut self, round: usize) {
        for number in 0..20 {
            self.append(format!("{round}.{number}")).await;
        }
        let id = round.to_string();
        until_async("a message to be taken", async || {
            let message = Message::new(consumer("a").filter, MessageId::new(&id), id.clone());
            self.bus.queue.publish(message).await.ok()
        })
        .await;
        until_async("a value to be put", async || {
            self.bus.kv.put("agents", &id, Put::any(id.clone())).await.ok()
        })
        .await;
    }

    async fn check(&self) -> Outcome {
        let entries = until_async("the log to be read", async || {
            self.bus.log.read(&self.goal, Seq::START).await.ok()
        });
        let entries = entries.await;
        let causes: Vec<_> = entries.iter().map(|entry| entry.record.cause.as_str()).collect();
        assert_eq!(causes, self.causes);
        let mut seen = Vec::new();
        while seen.len() < NODES {
            let pulled = self.bus.queue.pull(&consumer("a"), 10, Duration::from_secs(1)).await;
            for delivery in pulled.unwrap_or_default() {
                delivery.loan.ack().await?;
                seen.push(delivery.message.id.to_string());
            }
        }
        assert_eq!(seen, ["0", "1", "2"]);
        for round in 0..NODES {
            let key = round.to_string();
            until_async("a value to be read", async || {
                self.bus.kv.get("agents", &key).await.ok().flatten()
            })
            .await;
        }
        assert_eq!(self.bus.log.changed(Seq::START, SOON).await?, self.last);
        Ok(())
    }
}
