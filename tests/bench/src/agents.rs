//! Agents that do nothing: all that is left of a step is what Galley does for it.

use std::sync::Arc;

use async_trait::async_trait;
use galley_agents_sdk::harness::{Pages, WordKnowledge};
use galley_agents_sdk::{Agent, Config, Context, Ports, Runner, Tools};
use galley_bus_core::Bus;
use galley_bus_core::clock::{SystemChance, SystemClock};
use galley_schemas::fault::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::meter::Meter;
use crate::shape::{LISTER, NOOP, TEXT};

/// Most tasks that a kind works on at once: as many as a runner takes.
pub const SLOTS: u32 = 256;

/// Some text.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Text {
    text: String,
}

/// Gives back what it is given.
#[derive(Debug)]
pub struct Noop(Arc<Meter>);

#[async_trait]
impl Agent for Noop {
    type Input = Text;
    type Output = Text;
    const KIND: &'static str = NOOP;
    const SUMMARY: &'static str = "Gives back what it is given.";

    async fn run(&self, ctx: &Context, input: Text) -> Result<Text, Fault> {
        self.0.begins(ctx.offer().goal);
        Ok(input)
    }
}

/// How many items are wanted.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Wanted {
    count: usize,
}

/// Items for others.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Items {
    items: Vec<String>,
}

/// Makes a list.
#[derive(Debug)]
pub struct Lister(Arc<Meter>);

#[async_trait]
impl Agent for Lister {
    type Input = Wanted;
    type Output = Items;
    const KIND: &'static str = LISTER;
    const SUMMARY: &'static str = "Makes a list.";

    async fn run(&self, ctx: &Context, input: Wanted) -> Result<Items, Fault> {
        self.0.begins(ctx.offer().goal);
        Ok(Items { items: vec![TEXT.to_owned(); input.count] })
    }
}

/// Starts one process's worth of each kind.
pub fn start(bus: &Bus, meter: &Arc<Meter>, running: &mut JoinSet<()>, stop: &CancellationToken) {
    let tools = Tools {
        model: None,
        knowledge: Arc::new(WordKnowledge::default()),
        web: Arc::new(Pages::default()),
        search: Arc::default(),
    };
    let ports = Ports::new(bus, Arc::new(SystemClock), Arc::new(SystemChance), tools);
    let config = Config { slots: SLOTS, ..Config::default() };
    let noop = Runner::new(Noop(Arc::clone(meter)), ports.clone(), config.clone(), "1");
    let lister = Runner::new(Lister(Arc::clone(meter)), ports, config, "1");
    running.spawn(noop.run(stop.clone()));
    running.spawn(lister.run(stop.clone()));
}
