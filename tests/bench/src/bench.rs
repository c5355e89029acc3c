//! What is run, in which order, and what comes of it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use galley_bus_core::BoxError;
use serde::Serialize;

use crate::floor::{self, Bare, Sizes};
use crate::live::{self, Live};
use crate::machine;
use crate::meter::{Load, Meter};
use crate::server::{Server, Sync};
use crate::shape::Shape;
use crate::stats::{Figures, number, ratio};
use crate::world::{At, Roles, Run, Tally, World};

/// What is wanted.
#[derive(Debug, Clone)]
pub struct Options {
    /// For how long each line is measured.
    pub time: Duration,
    /// How many goals are under way at once, where many are.
    pub at_once: usize,
    /// How many steps one after the other.
    pub chain: u32,
    /// How many side by side.
    pub fan: u32,
    /// How many live goals a coordinator is started with; none to leave that out.
    pub live: u64,
    /// Which buses.
    pub buses: Vec<Bus>,
    /// This program, to start coordinators from.
    pub program: PathBuf,
}

/// A bus that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bus {
    /// A NATS server.
    Nats(Sync),
    /// A file.
    Embedded,
}

impl Bus {
    /// What it is called in the table.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Nats(sync) => sync.to_string(),
            Self::Embedded => "embedded (SQLite)".to_owned(),
        }
    }
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    /// The bus.
    pub bus: String,
    /// What the goals look like.
    pub shape: String,
    /// How many coordinators, and where.
    pub coordinators: String,
    /// How many goals at once.
    pub at_once: usize,
    /// The machine's load over the last minute, at the end.
    pub load: f64,
    /// The bare operations; none for a bus that is in the process.
    pub floor: Option<Figures>,
    /// Galley.
    pub galley: Figures,
    /// Galley's steps a second over the floor's.
    pub throughput: Option<f64>,
    /// Galley's p50 over the floor's.
    pub latency: Option<f64>,
    /// Processor time of coordinators and agents in this process for a step, in microseconds.
    pub own_cpu_us: f64,
    /// The same of the server.
    pub server_cpu_us: Option<f64>,
}

/// What one step asks of the bus, by role.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Calls {
    /// Coordinators.
    pub coordinators: BTreeMap<String, f64>,
    /// Agents.
    pub agents: BTreeMap<String, f64>,
}

/// Everything that was measured on one bus.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measured {
    /// The bus.
    pub bus: String,
    /// How large messages are.
    pub sizes: Sizes,
    /// What a step asks of the bus, one goal at a time.
    pub calls_alone: Calls,
    /// The same, with many goals at once.
    pub calls_many: Calls,
    /// The bare operations one by one.
    pub bare: Option<Bare>,
    /// A step of a chain, one goal at a time, over the bare round trips that it needs.
    pub round_trips: Option<f64>,
    /// The table.
    pub lines: Vec<Line>,
    /// Very many live goals.
    pub live: Option<Live>,
}

/// One bus, under measurement.
struct Bench<'a> {
    options: &'a Options,
    bus: Bus,
    at: At,
    server: Option<&'a Server>,
    sizes: Sizes,
}

/// Measures a bus.
///
/// # Errors
/// Something did not work, or counts do not add up.
pub async fn measure(options: &Options, bus: Bus) -> Result<Measured, BoxError> {
    let folder = tempfile::tempdir()?;
    let server = match bus {
        Bus::Nats(sync) => Some(Server::start(sync)?),
        Bus::Embedded => None,
    };
    let at = match &server {
        Some(server) => At::Nats(server.url().to_owned()),
        None => At::File(folder.path().join("galley.db")),
    };
    let sizes = Sizes { goal: 0, record: 0, task: 0, report: 0, verdict: 0 };
    let mut bench = Bench { options, bus, at, server: server.as_ref(), sizes };
    let shape = Shape::Chain(options.chain);
    let (calls_alone, sizes) = bench.calls(shape, 1).await?;
    let (calls_many, _) = bench.calls(shape, options.at_once).await?;
    bench.sizes = sizes;
    let bare = match &server {
        Some(server) => {
            let times = usize::try_from(options.time.as_millis() / 10)?.max(10);
            Some(floor::bare(server.url(), times, sizes).await?)
        }
        None => None,
    };
    let lines = bench.lines().await?;
    let alone = lines.first().map_or(0.0, |line| line.galley.step.p50_ms);
    let round_trips = bare.and_then(|bare| ratio(alone, bare.sum_ms()));
    let live = match options.live {
        0 => None,
        goals => Some(live::run(&options.program, (&bus.name(), &bench.at), goals).await?),
    };
    let bus = bus.name();
    Ok(Measured { bus, sizes, calls_alone, calls_many, bare, round_trips, lines, live })
}

impl Bench<'_> {
    /// Counts what steps ask of the bus.
    async fn calls(&self, shape: Shape, at_once: usize) -> Result<(Calls, Sizes), BoxError> {
        let roles = Roles::default();
        let load = Load { at_once, time: self.options.time / 3 };
        let one = (1, &Run::Here);
        let figures = self.galley(shape, one, load, Some(&roles)).await?;
        let of_step = |times: BTreeMap<String, u64>| {
            let each = |(what, times)| (what, number(times) / number(figures.steps.max(1)));
            times.into_iter().map(each).collect()
        };
        let calls = Calls {
            coordinators: of_step(roles.coordinators.times()),
            agents: of_step(roles.agents.times()),
        };
        let sizes = Sizes {
            goal: 640,
            record: roles.coordinators.bytes("append"),
            task: roles.coordinators.bytes("publish a task"),
            report: roles.agents.bytes("report"),
            verdict: roles.agents.bytes("verdict"),
        };
        Ok((calls, sizes))
    }

    async fn lines(&self) -> Result<Vec<Line>, BoxError> {
        let Options { at_once, chain, fan, .. } = *self.options;
        let (chain, fan) = (Shape::Chain(chain), Shape::Fan(fan));
        let fans = (at_once / 16).max(2);
        let mut lines = Vec::new();
        for (shape, at_once) in [(chain, 1), (chain, at_once), (fan, 1), (fan, fans)] {
            let load = Load { at_once, time: self.options.time };
            let mut ways = vec![(1, Run::Here)];
            if at_once > 1 {
                ways.push((2, Run::Here));
                if self.server.is_some() {
                    ways.push((2, Run::Apart(self.options.program.clone())));
                }
            }
            for (coordinators, run) in ways {
                // Right before each line: what else the machine does is alike for both.
                let floor = match self.server {
                    Some(server) => Some(floor::run(server.url(), shape, load, self.sizes).await?),
                    None => None,
                };
                lines.push(self.line(shape, (coordinators, &run), load, floor).await?);
            }
        }
        Ok(lines)
    }

    async fn line(
        &self,
        shape: Shape,
        coordinators: (usize, &Run),
        load: Load,
        floor: Option<Figures>,
    ) -> Result<Line, BoxError> {
        let server = || self.server.map(|server| machine::worked_ms(server.process()));
        let (own_before, server_before) = (machine::worked_ms(std::process::id()), server());
        let galley = self.galley(shape, coordinators, load, None).await?;
        let a_step = |ms: u64| number(ms) * 1e3 / number(galley.steps.max(1));
        let own_cpu_us = a_step(machine::worked_ms(std::process::id()) - own_before);
        let server_cpu_us = server().zip(server_before).map(|(now, before)| a_step(now - before));
        Ok(Line {
            bus: self.bus.name(),
            shape: shape.to_string(),
            coordinators: match coordinators {
                (count, Run::Here) => count.to_string(),
                (count, Run::Apart(_)) => format!("{count} apart"),
            },
            at_once: load.at_once,
            load: machine::load(),
            floor,
            galley,
            throughput: floor.and_then(|f| ratio(galley.steps_a_second, f.steps_a_second)),
            latency: floor.and_then(|f| ratio(galley.step.p50_ms, f.step.p50_ms)),
            own_cpu_us,
            server_cpu_us,
        })
    }

    /// Runs goals, and holds what was counted against what the log says.
    async fn galley(
        &self,
        shape: Shape,
        coordinators: (usize, &Run),
        load: Load,
        counting: Option<&Roles>,
    ) -> Result<Figures, BoxError> {
        let meter = Arc::new(Meter::new(shape));
        let world = World::start(&self.at, coordinators, &meter, shape, counting).await?;
        let figures = meter.run(load, |goal| world.submit(goal)).await?;
        let tally = world.end(figures.goals).await?;
        let steps = figures.goals * u64::from(shape.steps());
        let expected = Tally { submitted: figures.goals, done: steps, ended: figures.goals };
        if tally != expected || figures.steps != steps {
            let was =
                format!("{} steps were carried out, and the log says {tally:?}", figures.steps);
            return Err(format!("counts do not add up: {was}, not {expected:?}").into());
        }
        Ok(figures)
    }
}
