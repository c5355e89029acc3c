//! The small agents of the simulator, each kind as a process of its own. What they do is decided by
//! goal, task and attempt, so that a seed decides it.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use galley_agents_sdk::harness::{Pages, WordKnowledge};
use galley_agents_sdk::{Agent, Config, Context, Effect, Effector, Observed, Ports, Runner, Tools};
use galley_bus_core::clock::{SystemChance, SystemClock};
use galley_bus_nats::Nats;
use galley_schemas::artifact::Digest;
use galley_schemas::fault::Fault;
use galley_tests_sim::agents::{Desk, Eraser, Judge, Maker, Press};
use galley_tests_support::dice::Dice;
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::target::{self, Answer, Key};

/// What a piece of work takes as a rule.
const THOUGHT: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(120));
/// What one in thirty takes.
const LONG_THOUGHT: Duration = Duration::from_millis(2_500);
/// How many tasks a process works on at once.
const SLOTS: u32 = 4;
/// How long they have to end after a SIGTERM, in seconds.
const GRACE_SECS: u64 = 3;

/// An agent process.
#[derive(Debug, Clone, clap::Args)]
pub struct Process {
    /// The kind.
    pub kind: String,
    /// The bus.
    #[arg(long, value_delimiter = ',')]
    pub bus: Vec<String>,
    /// The target of writes, host:port.
    #[arg(long)]
    pub target: String,
}

/// Runs an agent process until SIGTERM.
///
/// # Errors
/// The bus is out of reach at start, or no agent has this name.
pub async fn serve(process: Process) -> anyhow::Result<()> {
    let warnings = tracing_subscriber::filter::LevelFilter::WARN;
    tracing_subscriber::fmt().with_max_level(warnings).with_writer(std::io::stderr).init();
    let stop = CancellationToken::new();
    let mut asked = signal(SignalKind::terminate())?;
    let config = galley_bus_nats::Config {
        servers: process.bus,
        name: format!("chaos {}", process.kind),
        ..galley_bus_nats::Config::default()
    };
    let nats = Nats::connect(&config).await.context("the bus is out of reach")?;
    let desk = ChaosDesk { target: process.target };
    let running = async {
        match process.kind.as_str() {
            "maker" => run(Maker(desk), &nats, stop.clone()).await,
            "judge" => run(Judge(desk), &nats, stop.clone()).await,
            "press" => run(Press(desk), &nats, stop.clone()).await,
            "eraser" => run(Eraser(desk), &nats, stop.clone()).await,
            other => anyhow::bail!("there is no agent of kind {other}"),
        }
        Ok(())
    };
    let asking = async {
        asked.recv().await;
        stop.cancel();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        biased;
        ended = running => ended,
        () = asking => Ok(()),
    }
}

async fn run<A: Agent>(agent: A, nats: &Nats, stop: CancellationToken) {
    let tools = Tools {
        model: None,
        knowledge: Arc::new(WordKnowledge::default()),
        web: Arc::new(Pages::default()),
        search: Arc::default(),
    };
    let ports = Ports::new(&nats.bus(), Arc::new(SystemClock), Arc::new(SystemChance), tools);
    let config = Config { slots: SLOTS, grace_secs: GRACE_SECS };
    Runner::new(agent, ports, config, "1").run(stop).await;
}

/// Where they work.
#[derive(Debug)]
struct ChaosDesk {
    target: String,
}

#[async_trait]
impl Desk for ChaosDesk {
    fn dice(&self, ctx: &Context, purpose: &str) -> Dice {
        let offer = ctx.offer();
        Dice::new(seed(&format!("{}/{}/{}/{purpose}", offer.goal, offer.task, offer.attempt)))
    }

    async fn think(&self, ctx: &Context) -> Result<(), Fault> {
        let mut dice = self.dice(ctx, "think");
        ctx.progress("thinking");
        let thought = dice.between(THOUGHT.0, THOUGHT.1);
        let long = dice.permille(33);
        tokio::time::sleep(if long { LONG_THOUGHT } else { thought }).await;
        if dice.permille(10) {
            // As a panic, but for the message on standard error.
            std::panic::resume_unwind(Box::new("the agent's panic"));
        }
        if dice.permille(40) {
            return Err(Fault::transient("GLY0399", "the agent stumbled"));
        }
        Ok(())
    }

    async fn write(&self, ctx: &Context, effect: &str) -> Result<Value, Fault> {
        let offer = ctx.offer();
        let key = Key::new(&offer.goal, &offer.task, effect);
        let write = Write { host: self.target.clone(), key };
        let effect = Effect {
            key: effect.to_owned(),
            target: target::NAME.to_owned(),
            content: Digest::of(write.key.path().as_bytes()),
            summary: format!("{effect} for {}", offer.task),
        };
        ctx.effect(effect, &write).await
    }
}

/// A number that a text decides.
pub(crate) fn seed(text: &str) -> u64 {
    let hash = Digest::of(text.as_bytes());
    let head = hash.as_str().get(..16).unwrap_or_default();
    u64::from_str_radix(head, 16).unwrap_or_default()
}

/// One write to the target.
#[derive(Debug)]
struct Write {
    host: String,
    key: Key,
}

#[async_trait]
impl Effector for Write {
    async fn observe(&self) -> Result<Observed, Fault> {
        match target::look(&self.host, &self.key).await {
            Ok(Answer::Has) => Ok(Observed::Happened(self.receipt())),
            Ok(Answer::HasNot) => Ok(Observed::DidNotHappen),
            Ok(Answer::CannotTell) => Ok(Observed::CannotTell("the target shrugs".to_owned())),
            Ok(Answer::Refuses | Answer::Silent) | Err(_) => {
                Err(Fault::transient("GLY0397", "the target does not answer"))
            }
        }
    }

    async fn write(&self) -> Result<Value, Fault> {
        match target::write(&self.host, &self.key).await {
            Ok(Answer::Has) => Ok(self.receipt()),
            Ok(Answer::Refuses) => Err(Fault::permanent("GLY0395", "the target refuses")),
            Ok(Answer::HasNot | Answer::CannotTell | Answer::Silent) | Err(_) => {
                Err(Fault::transient("GLY0396", "no answer to the write"))
            }
        }
    }
}

impl Write {
    fn receipt(&self) -> Value {
        json!({ "url": format!("https://site.example/{}", self.key.path()) })
    }
}
