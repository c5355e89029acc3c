//! A bus in memory, a coordinator that says what a test wants, and a runner between the two.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use galley_agents_model::Model;
use galley_agents_sdk::harness::memory::{
    MemoryArtifacts, MemoryBroadcast, MemoryCalls, MemoryKeyValue, MemoryQueue, TestClock,
};
use galley_agents_sdk::harness::{Pages, WordKnowledge};
use galley_agents_sdk::{Agent, Config, Ports, Runner, Tools};
use galley_bus_core::Unreachable;
use galley_bus_core::clock::{Chance as _, Clock as _, SystemChance};
use galley_bus_core::kv::{Change, Entry, KeyValue, Put, PutError};
use galley_bus_core::message::Message;
use galley_bus_core::queue::Depth;
use galley_bus_core::topology;
use galley_schemas::amount::Limits;
use galley_schemas::envelope::{CloudEvent, SPEC_VERSION};
use galley_schemas::id::{Epoch, GoalId, InstanceId, MessageId, TaskId};
use galley_schemas::report::{Body, Report, Verdict};
use galley_schemas::subject;
use galley_schemas::task::Offer;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// A bus in memory with a coordinator on it.
pub(crate) struct Bench {
    pub(crate) ports: Ports,
    pub(crate) offer: Offer,
    /// Reports other than progress, with the subject they came on.
    pub(crate) reports: mpsc::Receiver<(String, Body)>,
    _coordinator: JoinSet<()>,
}

/// What the coordinator answers; none for no answer at all.
pub(crate) type Answer = dyn FnMut(&Body) -> Option<Verdict> + Send;

impl Bench {
    /// With a coordinator that answers on the kind's own subject, at both ends.
    pub(crate) async fn new(
        kind: &str,
        answer: impl FnMut(&Body) -> Option<Verdict> + Send + 'static,
    ) -> Self {
        let mut bench = Self::deaf(kind);
        let nearest = subject::report_to(&bench.offer.kind, &bench.offer.report_to);
        let group = subject::report(&bench.offer.kind);
        bench.listen(&[nearest, group], Box::new(answer)).await;
        bench
    }

    /// With nobody who answers.
    pub(crate) fn deaf(kind: &str) -> Self {
        let clock = TestClock::default();
        let now = clock.now();
        let chance = SystemChance;
        let tools = Tools {
            model: None,
            knowledge: Arc::new(WordKnowledge::default()),
            web: Arc::new(Pages::default()),
            search: Arc::default(),
        };
        let offer = Offer {
            goal: GoalId::new(chance.uuid(now)),
            task: TaskId::new("step"),
            step: "step".parse().unwrap(),
            kind: kind.parse().unwrap(),
            attempt: 1,
            lease: chance.lease_token(),
            epoch: Epoch(3),
            input: Value::Null,
            allowance: Limits::default(),
            deadline: now + chrono::TimeDelta::minutes(10),
            report_to: InstanceId::new(chance.uuid(now)),
            revision: None,
            undoes: None,
        };
        let ports = Ports {
            queue: Arc::new(MemoryQueue::default()),
            calls: Arc::new(MemoryCalls::default()),
            broadcast: Arc::new(MemoryBroadcast::default()),
            kv: Arc::new(MemoryKeyValue::default()),
            artifacts: Arc::new(MemoryArtifacts::default()),
            clock: Arc::new(clock),
            chance: Arc::new(chance),
            tools,
        };
        let reports = mpsc::channel(1).1;
        Self { ports, offer, reports, _coordinator: JoinSet::new() }
    }

    /// Answers on these subjects.
    pub(crate) async fn listen(&mut self, subjects: &[String], answer: Box<Answer>) {
        let answer = Arc::new(Mutex::new(answer));
        let (told, reports) = mpsc::channel(64);
        for subject in subjects {
            let mut calls = self.ports.calls.serve(subject).await.unwrap();
            let (answer, told) = (Arc::clone(&answer), told.clone());
            self._coordinator.spawn(async move {
                while let Some(call) = calls.next().await {
                    let event: CloudEvent<Report> = serde_json::from_slice(&call.payload).unwrap();
                    let verdict = (answer.lock().unwrap())(&event.data.body);
                    if !matches!(event.data.body, Body::Progress { .. }) {
                        told.send((call.subject, event.data.body)).await.unwrap();
                    }
                    if let Some(verdict) = verdict {
                        call.reply.send(envelope("verdict", &verdict).into()).unwrap();
                    }
                }
            });
        }
        self.reports = reports;
    }

    pub(crate) fn model(&mut self, model: Arc<dyn Model>) {
        self.ports.tools.model = Some(model);
    }

    /// Puts the offer on the queue, in a message of its own.
    pub(crate) async fn publish(&self) {
        let id = self.ports.chance.message_id(self.ports.clock.now());
        self.publish_raw(id, envelope("offer", &self.offer)).await;
    }

    pub(crate) async fn publish_raw(&self, id: MessageId, payload: Vec<u8>) {
        let message = Message::new(subject::task(&self.offer.kind), id, payload);
        self.ports.queue.publish(message).await.unwrap();
    }

    /// Runs the agent until something holds; then drains it.
    pub(crate) async fn work<A: Agent, T>(&self, agent: A, until: impl Future<Output = T>) -> T {
        let stop = CancellationToken::new();
        let config = Config::default();
        let mut runner = JoinSet::new();
        runner.spawn(Runner::new(agent, self.ports.clone(), config, "1").run(stop.clone()));
        let held = until.await;
        stop.cancel();
        runner.join_next().await.unwrap().unwrap();
        held
    }

    /// Runs the agent until the first report.
    pub(crate) async fn first_report<A: Agent>(&mut self, agent: A) -> (String, Body) {
        let (_, idle) = mpsc::channel(1);
        let mut reports = std::mem::replace(&mut self.reports, idle);
        let report = self.work(agent, async { reports.recv().await.unwrap() }).await;
        self.reports = reports;
        report
    }

    /// What is left on the queue.
    pub(crate) async fn left(&self) -> Depth {
        self.ports.queue.depth(&topology::tasks(&self.offer.kind)).await.unwrap()
    }
}

fn envelope<T: Serialize>(kind: &str, data: &T) -> Vec<u8> {
    let event = CloudEvent {
        specversion: SPEC_VERSION.to_owned(),
        id: MessageId::new("1"),
        source: "/galley/coordinator".to_owned(),
        kind: kind.to_owned(),
        subject: None,
        time: chrono::DateTime::UNIX_EPOCH,
        datacontenttype: "application/json".to_owned(),
        traceparent: None,
        data,
    };
    serde_json::to_vec(&event).unwrap()
}

pub(crate) fn accept(_: &Body) -> Option<Verdict> {
    Some(Verdict::Accepted)
}

/// Buckets that are out of reach for the first few calls of each sort.
pub(crate) struct Flaky {
    inner: Arc<dyn KeyValue>,
    puts: AtomicU32,
    keys: AtomicU32,
}

impl Flaky {
    pub(crate) fn new(inner: Arc<dyn KeyValue>, puts: u32, keys: u32) -> Self {
        Self { inner, puts: AtomicU32::new(puts), keys: AtomicU32::new(keys) }
    }
}

fn fail(left: &AtomicU32) -> Result<(), Unreachable> {
    let take = |left: u32| left.checked_sub(1);
    match left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take) {
        Ok(_) => Err(Unreachable { what: "test".to_owned(), cause: "out of reach".into() }),
        Err(_) => Ok(()),
    }
}

#[async_trait]
impl KeyValue for Flaky {
    async fn get(&self, bucket: &str, key: &str) -> Result<Option<Entry>, Unreachable> {
        self.inner.get(bucket, key).await
    }

    async fn put(&self, bucket: &str, key: &str, put: Put) -> Result<u64, PutError> {
        if bucket.starts_with("journal_") {
            fail(&self.puts)?;
        }
        self.inner.put(bucket, key, put).await
    }

    async fn delete(&self, bucket: &str, key: &str) -> Result<(), Unreachable> {
        self.inner.delete(bucket, key).await
    }

    async fn keys(&self, bucket: &str, prefix: &str) -> Result<Vec<String>, Unreachable> {
        fail(&self.keys)?;
        self.inner.keys(bucket, prefix).await
    }

    async fn watch(
        &self,
        bucket: &str,
        prefix: &str,
    ) -> Result<BoxStream<'static, Change>, Unreachable> {
        self.inner.watch(bucket, prefix).await
    }
}
