//! The floor: the operations that steps need, straight by NATS's own client, and nothing else.
//!
//! ```text
//!   a goal    publish · pull · append with expected sequence · publish its first task · ack
//!   a step    pull a task · request ─▶ append with expected sequence · publish the next task ─▶ reply · ack
//! ```
//!
//! Same payload sizes, same order, same concurrency as Galley's; the streams are made with the settings
//! of Galley's own. What one goal appends is appended one after the other, as its log demands.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use async_nats::jetstream::stream::{Config as StreamConfig, DiscardPolicy};
use async_nats::jetstream::{self, Context};
use async_nats::{Client, HeaderMap};
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream;
use galley_bus_core::BoxError;
use galley_schemas::id::GoalId;
use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::agents::SLOTS;
use crate::meter::{Load, Meter};
use crate::shape::Shape;
use crate::stats::{Figures, Spread};

/// How long the last reports may take to arrive.
const LAST_REPORTS: Duration = Duration::from_millis(200);

const LOG: &str = "FLOOR_LOG";
const TASKS: &str = "FLOOR_TASK";
const INPUTS: &str = "FLOOR_IN";
/// How many acts of one record are carried out at once, as in the driver.
const ACTS: usize = 16;

/// How large messages are, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Sizes {
    /// A goal that is handed in.
    pub goal: usize,
    /// A record.
    pub record: usize,
    /// A task.
    pub task: usize,
    /// A report.
    pub report: usize,
    /// A verdict.
    pub verdict: usize,
}

/// The operations one by one, nothing else going on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Bare {
    /// Append with the expected last sequence of the subject.
    pub append: Spread,
    /// Publish a task.
    pub publish: Spread,
    /// Pull one.
    pub pull: Spread,
    /// Request and reply.
    pub request: Spread,
    /// Acknowledge, with the server's answer awaited.
    pub ack: Spread,
}

impl Bare {
    /// All that one step needs, one after the other, in milliseconds.
    #[must_use]
    pub fn sum_ms(&self) -> f64 {
        [self.append, self.publish, self.pull, self.request, self.ack]
            .iter()
            .map(|s| s.p50_ms)
            .sum()
    }
}

/// One role's connection.
#[derive(Debug, Clone)]
struct Side {
    client: Client,
    stream: Context,
}

impl Side {
    async fn connect(url: &str) -> Result<Self, BoxError> {
        let client = async_nats::connect(url).await?;
        Ok(Self { stream: jetstream::new(client.clone()), client })
    }

    async fn append(&self, goal: GoalId, last: u64, bytes: usize) -> Result<u64, BoxError> {
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Expected-Last-Subject-Sequence", last.to_string());
        let subject = format!("floor.goal.{goal}");
        let sent = self.stream.publish_with_headers(subject, headers, padded("", bytes));
        Ok(sent.await?.await?.sequence)
    }

    async fn publish(&self, on: &'static str, text: &str, bytes: usize) -> Result<(), BoxError> {
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Msg-Id", text);
        self.stream.publish_with_headers(on, headers, padded(text, bytes)).await?.await?;
        Ok(())
    }

    async fn consumer(&self, of: &str) -> Result<PullConsumer, BoxError> {
        let config = pull::Config {
            durable_name: Some("floor".to_owned()),
            ack_policy: AckPolicy::Explicit,
            ack_wait: Duration::from_secs(60),
            max_ack_pending: 4_096,
            ..pull::Config::default()
        };
        Ok(self.stream.get_stream(of).await?.get_or_create_consumer("floor", config).await?)
    }
}

/// Text of a size, beginning with something.
fn padded(text: &str, bytes: usize) -> Bytes {
    // Not by a format: that pads one character at a time, and would make the floor slower than it is.
    let mut padded = text.as_bytes().to_vec();
    padded.resize(bytes.max(text.len()), b' ');
    padded.into()
}

/// The goal and the task that a message is about.
fn about(payload: &[u8]) -> Option<(GoalId, u32)> {
    let text = std::str::from_utf8(payload).ok()?;
    let (goal, task) = text.trim_end().split_once(' ')?;
    Some((goal.parse().ok()?, task.parse().ok()?))
}

/// A goal as the floor's coordinator knows it.
#[derive(Debug, Default)]
struct Known {
    last: u64,
    reported: u32,
    handed_out: u32,
}

type Goals = Mutex<BTreeMap<GoalId, Arc<tokio::sync::Mutex<Known>>>>;

/// What takes inputs and reports.
#[derive(Debug)]
struct Coordinator {
    side: Side,
    goals: Goals,
    shape: Shape,
    sizes: Sizes,
}

impl Coordinator {
    fn known(&self, goal: GoalId) -> Arc<tokio::sync::Mutex<Known>> {
        let mut goals = self.goals.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(goals.entry(goal).or_default())
    }

    /// One decision: a record, and the tasks that it hands out.
    async fn decide(&self, goal: GoalId, reported: u32) -> Result<(), BoxError> {
        let known = self.known(goal);
        let mut known = known.lock().await;
        known.last = self.side.append(goal, known.last, self.sizes.record).await?;
        known.reported += reported;
        let more = self.shape.handed_out_after(known.reported);
        let first = known.handed_out;
        known.handed_out += more;
        let tasks = (first..first + more).map(async |task| {
            self.side.publish("floor.task", &format!("{goal} {task}"), self.sizes.task).await
        });
        let sent: Vec<_> = stream::iter(tasks).buffer_unordered(ACTS).collect().await;
        sent.into_iter().collect()
    }

    async fn take_inputs(self: Arc<Self>) -> Result<(), BoxError> {
        let consumer = self.side.consumer(INPUTS).await?;
        let mut inputs = consumer.stream().max_messages_per_batch(64).messages().await?;
        let mut at_work = JoinSet::new();
        while let Some(input) = inputs.next().await {
            let (input, own) = (input?, Arc::clone(&self));
            while at_work.try_join_next().is_some() {}
            at_work.spawn(async move {
                let Some((goal, _)) = about(&input.payload) else { return Ok(()) };
                own.decide(goal, 0).await?;
                input.double_ack().await
            });
        }
        Ok(())
    }

    async fn take_reports(self: Arc<Self>) -> Result<(), BoxError> {
        let mut reports = self.side.client.queue_subscribe("floor.report", "floor".into()).await?;
        let slots = Arc::new(Semaphore::new(256));
        let mut at_work = JoinSet::new();
        while let Some(report) = reports.next().await {
            let slot = Arc::clone(&slots).acquire_owned().await?;
            let own = Arc::clone(&self);
            while at_work.try_join_next().is_some() {}
            at_work.spawn(async move {
                let (Some((goal, _)), Some(reply)) = (about(&report.payload), report.reply) else {
                    return Ok::<(), BoxError>(());
                };
                own.decide(goal, 1).await?;
                own.side.client.publish(reply, padded("", own.sizes.verdict)).await?;
                drop(slot);
                Ok(())
            });
        }
        Ok(())
    }
}

async fn take_tasks(side: Side, sizes: Sizes, meter: Arc<Meter>) -> Result<(), BoxError> {
    let batch = usize::try_from(SLOTS)?;
    let consumer = side.consumer(TASKS).await?;
    let mut tasks = consumer.stream().max_messages_per_batch(batch).messages().await?;
    let mut at_work = JoinSet::new();
    while let Some(task) = tasks.next().await {
        let (task, meter, client) = (task?, Arc::clone(&meter), side.client.clone());
        while at_work.try_join_next().is_some() {}
        at_work.spawn(async move {
            let Some((goal, number)) = about(&task.payload) else { return Ok(()) };
            meter.begins(goal);
            let report = padded(&format!("{goal} {number}"), sizes.report);
            client.request("floor.report", report).await?;
            task.double_ack().await
        });
    }
    Ok(())
}

/// Makes the floor's streams, as Galley's are.
async fn make(side: &Side) -> Result<(), BoxError> {
    let window = Duration::from_secs(120);
    for (name, subjects) in [(LOG, "floor.goal.>"), (TASKS, "floor.task"), (INPUTS, "floor.in")] {
        let config = StreamConfig {
            name: name.to_owned(),
            subjects: vec![subjects.to_owned()],
            discard: DiscardPolicy::New,
            duplicate_window: window,
            allow_direct: true,
            ..StreamConfig::default()
        };
        side.stream.get_or_create_stream(config).await?;
    }
    Ok(())
}

/// Runs goals on the bare operations.
///
/// # Errors
/// The server refuses something, or a goal does not end.
pub async fn run(url: &str, shape: Shape, load: Load, sizes: Sizes) -> Result<Figures, BoxError> {
    let (coordinator, agent) = (Side::connect(url).await?, Side::connect(url).await?);
    make(&agent).await?;
    let meter = Arc::new(Meter::new(shape));
    let goals = Goals::default();
    let own = Arc::new(Coordinator { side: coordinator, goals, shape, sizes });
    let mut parts = JoinSet::new();
    parts.spawn(Arc::clone(&own).take_inputs());
    parts.spawn(own.take_reports());
    parts.spawn(take_tasks(agent.clone(), sizes, Arc::clone(&meter)));
    let submit =
        async |goal: GoalId| agent.publish("floor.in", &format!("{goal} 0"), sizes.goal).await;
    let figures = tokio::select! {
        figures = meter.run(load, submit) => figures?,
        Some(ended) = parts.join_next() => return Err(format!("the floor broke: {ended:?}").into()),
    };
    // The last reports are still on their way. No part ends by itself: this waits as long as it says.
    drop(tokio::time::timeout(LAST_REPORTS, parts.join_next()).await);
    parts.shutdown().await;
    Ok(figures)
}

/// Measures each operation alone, one at a time.
///
/// # Errors
/// The server refuses something.
pub async fn bare(url: &str, times: usize, sizes: Sizes) -> Result<Bare, BoxError> {
    use galley_bus_core::clock::{Chance as _, Clock as _, SystemChance, SystemClock};
    let (side, other) = (Side::connect(url).await?, Side::connect(url).await?);
    make(&side).await?;
    let mut parts = JoinSet::new();
    let mut asked = other.client.subscribe("floor.echo").await?;
    other.client.flush().await?;
    let verdict = padded("", sizes.verdict);
    parts.spawn(async move {
        while let Some(reply) = asked.next().await.and_then(|request| request.reply) {
            drop(other.client.publish(reply, verdict.clone()).await);
        }
    });
    let consumer = side.consumer(TASKS).await?;
    let goal = SystemChance.goal_id(SystemClock.now());
    let mut last = 0;
    let [mut append, mut publish, mut pull, mut request, mut ack] = [const { Vec::new() }; 5];
    let timed = |into: &mut Vec<Duration>, from: Instant| into.push(from.elapsed());
    for number in 0..times {
        let from = Instant::now();
        last = side.append(goal, last, sizes.record).await?;
        timed(&mut append, from);
        let from = Instant::now();
        side.publish("floor.task", &format!("{goal} {number}"), sizes.task).await?;
        timed(&mut publish, from);
        let from = Instant::now();
        let wait = Duration::from_secs(5);
        let mut pulled = consumer.batch().max_messages(1).expires(wait).messages().await?;
        let task = pulled.next().await.ok_or("a task was just published")??;
        timed(&mut pull, from);
        let from = Instant::now();
        side.client.request("floor.echo", padded("", sizes.report)).await?;
        timed(&mut request, from);
        let from = Instant::now();
        task.double_ack().await?;
        timed(&mut ack, from);
    }
    parts.shutdown().await;
    let [append, publish, pull, request, ack] =
        [append, publish, pull, request, ack].map(Spread::of);
    Ok(Bare { append, publish, pull, request, ack })
}
