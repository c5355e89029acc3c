//! A coordinator with very many live goals: how much memory they take, and how soon it works again
//! after a restart.
//!
//! Steps:
//! 1. Write goals in the middle of their course straight to the log, as the brain decides them, and
//!    their statuses as a crash leaves them: the acts of the last record not known to be carried out.
//! 2. Start a coordinator that may keep them all in memory: after a crash, it looks after each of them.
//! 3. Stop it in order, and start one as it is by default: all is as it should be, nothing is loaded.
//!
//! Ready means: a goal that is handed in has its first task at work. Swept means: every live goal was
//! looked at.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use galley_bus_core::clock::{Chance as _, Clock as _, SystemChance, SystemClock};
use galley_bus_core::kv::Put;
use galley_bus_core::log::Seq;
use galley_bus_core::{BoxError, Bus};
use galley_coordinator_driver::Registry;
use galley_coordinator_goal::workflow::Workflow;
use galley_coordinator_goal::{Command, Decision, Goal, Ids, decide, view};
use galley_schemas::amount::Amount;
use galley_schemas::id::{Epoch, GoalId, InstanceId, LeaseToken, MessageId};
use galley_schemas::record::{Act, Record};
use galley_schemas::report::{Body, Report};
use galley_schemas::subject::bucket;
use galley_schemas::view::Status;
use serde::Serialize;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::meter::{Load, Meter};
use crate::shape::{NOOP, Shape, TEXT};
use crate::stats::number;
use crate::world::{Alone, At, apart, submission, submit};
use crate::{agents, machine};

/// How many goals are written at once.
const AT_ONCE: usize = 256;
/// The kind that the live goals wait for; nobody plays it.
const IDLE: &str = "idle";
/// How many steps of its seven a live goal has behind it.
const DONE: usize = 3;
/// Longest time that anything here may take.
const PATIENCE: Duration = Duration::from_secs(600);
/// What a coordinator says when it has looked after everything.
const SWEPT: &str = "swept";
/// What its process says when a goal is at work.
pub const READY: &str = "ready";

/// One start of a coordinator with live goals on the bus.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Start {
    /// The bus.
    pub bus: String,
    /// Live goals.
    pub goals: u64,
    /// What went before.
    pub after: String,
    /// How many goals may be in memory.
    pub cached_max: u32,
    /// From its start until a goal that is handed in has its first task at work.
    pub ready_ms: f64,
    /// From its start until every live goal was looked at.
    pub swept_ms: f64,
    /// Its memory then, in bytes.
    pub resident: u64,
}

/// What there is to be known about many live goals.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Live {
    /// How long it took to write them.
    pub written_ms: f64,
    /// The starts.
    pub starts: Vec<Start>,
    /// What a goal in memory takes: what the coordinator that keeps all has more than the one that
    /// keeps none, by goal.
    pub bytes_a_goal: f64,
}

struct Drawn(DateTime<Utc>, InstanceId);

impl Ids for Drawn {
    fn lease(&mut self) -> LeaseToken {
        SystemChance.lease_token()
    }

    fn goal(&mut self) -> GoalId {
        SystemChance.goal_id(self.0)
    }

    fn instance(&self) -> InstanceId {
        self.1
    }
}

/// Writes a goal that has some steps behind it, and its status.
async fn write(bus: &Bus, workflow: &Arc<Workflow>, from: InstanceId) -> Result<(), BoxError> {
    let now = SystemClock.now();
    let id = SystemChance.goal_id(now);
    let mut drawn = Drawn(now, from);
    let submission = submission(id, workflow.name.as_str())?;
    let mut command = Command::Submit { submission, epoch: Epoch(0), standing: Vec::new() };
    let mut goal = Goal::new(id, Arc::clone(workflow));
    let (mut last, mut before) = (Seq::START, Seq::START);
    for number in 0..=DONE {
        let decision = decide(&goal, command, now, &mut drawn);
        let Decision { events, acts, after, .. } = decision;
        goal = after.ok_or("a goal goes on")?;
        let offer = acts.iter().find_map(|act| match act {
            Act::Offer { offer } => Some(offer.clone()),
            Act::Arm { .. }
            | Act::Disarm
            | Act::Submit { .. }
            | Act::Steer { .. }
            | Act::TellParent { .. } => None,
        });
        let offer = offer.ok_or("each step hands out the next")?;
        let cause = MessageId::new(format!("live-{id}-{number}"));
        before = last;
        last =
            bus.log.append(&id, last, &Record { goal: id, at: now, cause, events, acts }).await?;
        let output = serde_json::json!({ "text": TEXT });
        command = Command::Report(Report {
            goal: id,
            task: offer.task.clone(),
            kind: offer.kind.clone(),
            attempt: offer.attempt,
            lease: offer.lease.clone(),
            epoch: offer.epoch,
            body: Body::Done { output, spent: Amount::default(), choices: Vec::new() },
        });
    }
    let status =
        Status { view: view(&goal), seq: last.0, acted: before.0, progress: Default::default() };
    let value = serde_json::to_vec(&status)?;
    bus.kv.put(bucket::GOALS, &id.to_string(), Put::any(value)).await?;
    Ok(())
}

async fn write_all(at: &At, goals: u64) -> Result<Duration, BoxError> {
    let from = Instant::now();
    let open = at.open().await?;
    let text = Shape::Chain(7).text().replace(NOOP, IDLE).replace("bench-chain", "bench-live");
    let bus = open.bus();
    let registry = Registry::new(Arc::clone(&bus.kv));
    registry.register(&text).await?;
    registry.register(&Shape::Chain(1).text()).await?;
    let workflow = Workflow::parse(&text).map_err(|faults| format!("{faults:?}"))?;
    let (workflow, by) = (Arc::new(workflow), SystemChance.instance_id(SystemClock.now()));
    let (to, workflow) = (&bus, &workflow);
    stream::iter(0..goals)
        .map(|_| write(to, workflow, by))
        .buffer_unordered(AT_ONCE)
        .try_collect::<()>()
        .await?;
    drop(bus);
    open.close().await?;
    Ok(from.elapsed())
}

/// In a process that is all there is: agents, and a goal whose first task says that all is ready.
///
/// # Errors
/// The goal cannot be handed in, or is not at work in two minutes.
pub async fn work(
    bus: &Bus,
    stop: CancellationToken,
    ready: impl FnOnce() -> Result<(), BoxError>,
) -> Result<(), BoxError> {
    let shape = Shape::Chain(1);
    let meter = Arc::new(Meter::new(shape));
    let mut running = JoinSet::new();
    agents::start(bus, &meter, &mut running, &stop);
    let once = Load { at_once: 1, time: Duration::from_millis(1) };
    meter.run(once, |goal| submit(bus, goal, shape)).await?;
    ready()?;
    while running.join_next().await.is_some() {}
    Ok(())
}

/// Starts a coordinator, and waits until a goal is at work and everything was looked after.
async fn start(
    program: &Path,
    (name, at): (&str, &At),
    (goals, cached_max): (u64, u32),
    after: &str,
) -> Result<Start, BoxError> {
    let from = Instant::now();
    let mut child = apart(program, at, Alone::Yes, cached_max)?;
    let output = child.stdout.take().ok_or("it was started with a pipe")?;
    let mut lines = BufReader::new(output).lines();
    let (mut ready, mut swept) = (None, None);
    while ready.is_none() || swept.is_none() {
        let line = timeout(PATIENCE, lines.next_line()).await??;
        let line = line.ok_or("the coordinator ended before it was ready")?;
        if line.contains(SWEPT) {
            swept = swept.or(Some(from.elapsed()));
        } else if line == READY {
            ready = Some(from.elapsed());
        }
    }
    let id = child.id().ok_or("it runs")?;
    let resident = machine::resident(id).unwrap_or(0);
    drop(child.stdin.take());
    // What it still says is read, so that it can end.
    let rest = async { while let Ok(Some(_)) = lines.next_line().await {} };
    timeout(PATIENCE, rest).await?;
    child.wait().await?;
    let ms = |time: Option<Duration>| time.unwrap_or_default().as_secs_f64() * 1e3;
    Ok(Start {
        bus: name.to_owned(),
        goals,
        after: after.to_owned(),
        cached_max,
        ready_ms: ms(ready),
        swept_ms: ms(swept),
        resident,
    })
}

/// Writes live goals and starts coordinators with them.
///
/// # Errors
/// The bus refuses something, or a coordinator does not get ready.
pub async fn run(program: &Path, bus: (&str, &At), goals: u64) -> Result<Live, BoxError> {
    let written = write_all(bus.1, goals).await?;
    let all = u32::try_from(goals)?.max(1);
    let first = start(program, bus, (goals, all), "a crash").await?;
    let second = start(program, bus, (goals, 4_096), "an orderly stop").await?;
    let more = first.resident.saturating_sub(second.resident);
    let bytes_a_goal = number(more) / number(goals.max(1));
    let written_ms = written.as_secs_f64() * 1e3;
    Ok(Live { written_ms, starts: vec![first, second], bytes_a_goal })
}
