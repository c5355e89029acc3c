//! Galley as it is measured: the real coordinators and agent loops on a bus, in this process or with
//! coordinators in processes of their own.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use galley_bus_core::clock::{Clock as _, SystemChance, SystemClock};
use galley_bus_core::log::Seq;
use galley_bus_core::message::Message;
use galley_bus_core::topology::Topology;
use galley_bus_core::{BoxError, Bus};
use galley_bus_embedded::Embedded;
use galley_bus_nats::{Config as NatsConfig, Nats, Wanted};
use galley_coordinator_driver::{Config, Coordinator, Registry};
use galley_schemas::amount::Limits;
use galley_schemas::envelope::{CloudEvent, SPEC_VERSION, kind};
use galley_schemas::id::{AgentKind, GoalId, MessageId, Principal, WorkflowName};
use galley_schemas::input::{Autonomy, Submission};
use galley_schemas::record::Event;
use galley_schemas::subject;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::agents;
use crate::counted::{Counts, counted};
use crate::meter::Meter;
use crate::shape::{LISTER, NOOP, Shape, TEXT};

/// Longest time in which what was begun must have come to its end.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked whether it has.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How many records are read at once.
const PAGE: usize = 1_024;

/// Where a bus is.
#[derive(Debug, Clone)]
pub enum At {
    /// On a NATS server.
    Nats(String),
    /// In a file.
    File(PathBuf),
}

/// A bus, and what keeps it open.
#[derive(Debug)]
pub struct Open {
    bus: Bus,
    keep: Keep,
}

#[derive(Debug)]
enum Keep {
    Nats(Box<Nats>),
    Embedded(Embedded),
}

impl At {
    /// Opens it. What was not there is made.
    ///
    /// # Errors
    /// It cannot be reached or made.
    pub async fn open(&self) -> Result<Open, BoxError> {
        match self {
            Self::Nats(url) => {
                let config = NatsConfig { servers: vec![url.clone()], ..NatsConfig::default() };
                let nats = Nats::connect(&config).await?;
                let kinds = [NOOP, LISTER, "idle"].map(AgentKind::new);
                let kinds: Vec<_> = kinds.into_iter().collect::<Result<_, _>>()?;
                let wanted = Wanted { topology: Topology::of(&kinds), replicas: 1 };
                nats.apply(&nats.plan(&wanted).await?).await?;
                Ok(Open { bus: nats.bus(), keep: Keep::Nats(Box::new(nats)) })
            }
            Self::File(path) => {
                let embedded = Embedded::open(path, Arc::new(SystemClock)).await?;
                Ok(Open { bus: embedded.bus(), keep: Keep::Embedded(embedded) })
            }
        }
    }
}

impl Open {
    /// The ports.
    #[must_use]
    pub fn bus(&self) -> Bus {
        self.bus.clone()
    }

    /// Closes it.
    ///
    /// # Errors
    /// What was to be written could not be.
    pub async fn close(self) -> Result<(), BoxError> {
        drop(self.bus);
        match self.keep {
            Keep::Nats(nats) => nats.close().await?,
            Keep::Embedded(embedded) => embedded.close().await?,
        }
        Ok(())
    }
}

/// Where coordinators run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Run {
    /// In this process.
    Here,
    /// Each in a process of its own, from this program.
    Apart(PathBuf),
}

/// Who counts what is asked of the bus.
#[derive(Debug, Clone, Default)]
pub struct Roles {
    /// Of coordinators.
    pub coordinators: Arc<Counts>,
    /// Of agents.
    pub agents: Arc<Counts>,
}

/// Coordinators and agents at work.
#[derive(Debug)]
pub struct World {
    bench: Open,
    others: Vec<Open>,
    running: JoinSet<()>,
    stop: CancellationToken,
    processes: Vec<Child>,
    shape: Shape,
    from: Seq,
}

impl World {
    /// Starts coordinators, agents, and registers the workflow.
    ///
    /// # Errors
    /// The bus cannot be reached, or a process not be started.
    pub async fn start(
        at: &At,
        (coordinators, run): (usize, &Run),
        meter: &Arc<Meter>,
        shape: Shape,
        counting: Option<&Roles>,
    ) -> Result<Self, BoxError> {
        let bench = at.open().await?;
        Registry::new(Arc::clone(&bench.bus.kv)).register(&shape.text()).await?;
        let from = end_of_log(&bench.bus).await?;
        let (others, running, stop) = (Vec::new(), JoinSet::new(), CancellationToken::new());
        let processes = Vec::new();
        let mut world = Self { bench, others, running, stop, processes, shape, from };
        for _ in 0..coordinators {
            match run {
                Run::Here => {
                    let bus = world.connect(at).await?;
                    let bus =
                        counting.map_or(bus.clone(), |roles| counted(&bus, &roles.coordinators));
                    let coordinator = coordinator(bus, Config::default());
                    world.running.spawn(coordinator.run(world.stop.clone()));
                }
                Run::Apart(program) => world.processes.push(apart(program, at, Alone::No, 0)?),
            }
        }
        let bus = world.connect(at).await?;
        let bus = counting.map_or(bus.clone(), |roles| counted(&bus, &roles.agents));
        agents::start(&bus, meter, &mut world.running, &world.stop);
        Ok(world)
    }

    /// A process's own connection; a file is opened once in a process.
    async fn connect(&mut self, at: &At) -> Result<Bus, BoxError> {
        match at {
            At::Nats(_) => {
                let open = at.open().await?;
                let bus = open.bus.clone();
                self.others.push(open);
                Ok(bus)
            }
            At::File(_) => Ok(self.bench.bus.clone()),
        }
    }

    /// Hands in a goal.
    ///
    /// # Errors
    /// The queue does not take it.
    pub async fn submit(&self, goal: GoalId) -> Result<(), BoxError> {
        submit(&self.bench.bus, goal, self.shape).await
    }

    /// Ends everything once all goals have ended; gives what the log says of them.
    ///
    /// # Errors
    /// Not all of them ended within a minute, or the log cannot be read.
    pub async fn end(mut self, goals: u64) -> Result<Tally, BoxError> {
        let mut tally = Tally::default();
        let until = tokio::time::Instant::now() + PATIENCE;
        while tally.ended < goals {
            self.from = tally.count(&self.bench.bus, self.from).await?;
            if tokio::time::Instant::now() > until {
                return Err(format!("{} of {goals} goals have ended", tally.ended).into());
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        self.stop.cancel();
        while self.running.join_next().await.is_some() {}
        for mut process in self.processes {
            // It ends when nobody speaks to it any more.
            drop(process.stdin.take());
            process.wait().await?;
        }
        for open in self.others {
            open.close().await?;
        }
        self.bench.close().await?;
        Ok(tally)
    }
}

/// What the log says of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Goals that were handed in.
    pub submitted: u64,
    /// Tasks that were done.
    pub done: u64,
    /// Goals that ended.
    pub ended: u64,
}

impl Tally {
    #[expect(clippy::wildcard_enum_match_arm, reason = "three of many events are counted")]
    async fn count(&mut self, bus: &Bus, mut from: Seq) -> Result<Seq, BoxError> {
        loop {
            let entries = bus.log.tail(from, PAGE).await?;
            let Some(last) = entries.last() else { return Ok(from) };
            from = last.seq;
            for event in entries.iter().flat_map(|entry| &entry.record.events) {
                match event {
                    Event::Submitted { .. } => self.submitted += 1,
                    Event::Done { .. } => self.done += 1,
                    Event::Ended { .. } => self.ended += 1,
                    _ => {}
                }
            }
        }
    }
}

async fn end_of_log(bus: &Bus) -> Result<Seq, BoxError> {
    Ok(bus.log.changed(Seq(u64::MAX), Duration::ZERO).await?)
}

/// A coordinator on a bus.
#[must_use]
pub fn coordinator(bus: Bus, config: Config) -> Coordinator {
    Coordinator::new(bus, Arc::new(SystemClock), Arc::new(SystemChance), config)
}

/// Whether a coordinator's process is all there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alone {
    /// It has agents in it, hands itself a goal, and says when that is at work.
    Yes,
    /// Others do that.
    No,
}

/// Starts a coordinator in a process of its own; 0 goals in memory mean as many as by default.
///
/// # Errors
/// It cannot be started.
pub fn apart(program: &Path, at: &At, alone: Alone, cached: u32) -> Result<Child, BoxError> {
    let mut command = Command::new(program);
    command.arg(match alone {
        Alone::Yes => "alone",
        Alone::No => "coordinator",
    });
    match at {
        At::Nats(url) => command.args(["nats", url]),
        At::File(path) => command.arg("file").arg(path),
    };
    command.arg(cached.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
    Ok(command.kill_on_drop(true).spawn()?)
}

/// Hands in a goal.
///
/// # Errors
/// The queue does not take it.
pub async fn submit(bus: &Bus, goal: GoalId, shape: Shape) -> Result<(), BoxError> {
    let id = MessageId::new(format!("submit-{goal}"));
    let data = submission(goal, &shape.workflow())?;
    let event = CloudEvent {
        specversion: SPEC_VERSION.to_owned(),
        id: id.clone(),
        source: "/galley/bench".to_owned(),
        kind: kind::SUBMISSION.to_owned(),
        subject: None,
        time: SystemClock.now(),
        datacontenttype: "application/json".to_owned(),
        traceparent: None,
        data,
    };
    bus.queue.publish(Message::new(subject::IN_GOAL, id, serde_json::to_vec(&event)?)).await?;
    Ok(())
}

/// What is handed in.
///
/// # Errors
/// The workflow's name is none.
pub fn submission(goal: GoalId, workflow: &str) -> Result<Submission, BoxError> {
    Ok(Submission {
        goal,
        workflow: WorkflowName::new(workflow)?,
        input: serde_json::json!({ "text": TEXT }),
        budget: Limits::default(),
        autonomy: Autonomy::default(),
        by: Principal::new("bench"),
        parent: None,
    })
}
