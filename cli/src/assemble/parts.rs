//! The parts that carry goals: which of them run in this process, and how they end.

use std::sync::Arc;

use anyhow::Context as _;
use bytes::Bytes;
use galley_agents_drafting::Drafting;
use galley_agents_ideation::Ideation;
use galley_agents_ingestion::Ingestion;
use galley_agents_publishing::Publishing;
use galley_agents_research::Research;
use galley_agents_review::Review;
use galley_agents_sdk::{Agent, Ports, Runner, Tools};
use galley_agents_seo::Seo;
use galley_agents_web::Sample;
use galley_coordinator_driver::{Coordinator, RegisterError};
use galley_schemas::fault::Fault;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::memory::gated;
use super::{House, VERSION, cards};
use crate::failure::{Exit, Failure};
use crate::role::Role;

impl House {
    /// Starts the coordinator and every agent in this process.
    pub(crate) async fn start(&self) -> anyhow::Result<Running> {
        let mut running = Running::default();
        self.coordinator(&mut running).await?;
        let tools = self.tools().await?;
        for kind in cards().keys() {
            self.agent(kind.as_str(), &tools, &mut running)?;
        }
        Ok(running)
    }

    /// Starts what a role consists of.
    pub(crate) async fn start_role(&self, role: &Role) -> anyhow::Result<Running> {
        let mut running = Running::default();
        match role {
            Role::All => {
                running = self.start().await?;
                self.learner(&mut running);
                if self.has_kafka() {
                    self.relay(&mut running)?;
                }
            }
            Role::Coordinator => self.coordinator(&mut running).await?,
            Role::Agent(kind) => {
                let tools = self.tools().await?;
                self.agent(kind.as_str(), &tools, &mut running)?;
            }
            Role::Relay => self.relay(&mut running)?,
            Role::Learner => self.learner(&mut running),
        }
        Ok(running)
    }

    async fn coordinator(&self, running: &mut Running) -> anyhow::Result<()> {
        match self.register().await {
            Ok(()) => {}
            Err(RegisterError::Unreachable(error)) => return Err(self.carrier.judge(error).await),
            Err(error @ RegisterError::Faulty(_)) => {
                return Err(error).context("a built-in workflow is not usable");
            }
        }
        let coordinator = Coordinator::new(
            self.bus.clone(),
            Arc::clone(&self.clock),
            Arc::clone(&self.chance),
            self.loaded.config.coordinator.clone(),
        );
        running.coordinator.spawn("coordinator", |stop| coordinator.run(stop));
        Ok(())
    }

    fn agent(&self, kind: &str, tools: &Tools, running: &mut Running) -> Result<(), Failure> {
        let agents = &self.loaded.config.agents;
        let mut start = Start { house: self, tools, running };
        match kind {
            "ingestion" => start.agent(Ingestion::new(agents.ingestion.clone(), samples())),
            "ideation" => start.agent(Ideation::new(agents.ideation.clone())),
            "research" => start.agent(Research::new(agents.research.clone())),
            "drafting" => start.agent(Drafting::new(agents.drafting.clone())),
            "seo" => start.agent(Seo::new(agents.seo.clone())),
            "review" => start.agent(Review::new(agents.review.clone())),
            "publishing" => start.agent(publishing(&agents.publishing)?),
            other => {
                let message = format!("no agent of kind {other} comes with Galley");
                let hint =
                    "galley agent list shows the kinds; your own kinds run as their own programs";
                return Err(Failure::usage("GLY0003", message, hint));
            }
        }
        Ok(())
    }
}

fn publishing(config: &galley_agents_publishing::Config) -> Result<Publishing, Failure> {
    Publishing::new(config).map_err(|fault| Failure::new(Exit::Usage, fault))
}

/// The sample documents, as the ingestion agent reads them.
fn samples() -> Vec<Sample> {
    galley_agents_research::samples()
        .iter()
        .map(|(name, bytes)| Sample { name: (*name).to_owned(), bytes: Bytes::from_static(bytes) })
        .collect()
}

/// What the agents of this process are started with.
struct Start<'a> {
    house: &'a House,
    tools: &'a Tools,
    running: &'a mut Running,
}

impl Start<'_> {
    fn agent<A: Agent>(&mut self, agent: A) {
        let House { bus, clock, chance, loaded, .. } = self.house;
        let bus = match (self.house.memory(), &self.house.answers) {
            (Some(_), Some(answers)) => gated(bus, answers),
            (None, _) | (_, None) => bus.clone(),
        };
        let ports = Ports::new(&bus, Arc::clone(clock), Arc::clone(chance), self.tools.clone());
        let slots = loaded.config.agents.slots(A::KIND);
        let mut config =
            galley_agents_sdk::Config { slots, ..galley_agents_sdk::Config::default() };
        if let Some(grace) = loaded.config.agents.grace_secs {
            config.grace_secs = grace;
        }
        let runner = Runner::new(agent, ports, config, VERSION);
        self.running.agents.spawn(A::KIND, |stop| runner.run(stop));
    }
}

/// The parts that run in this process, in the order in which they end.
#[derive(Debug, Default)]
pub(crate) struct Running {
    agents: Crew,
    coordinator: Crew,
    pub(super) learning: Crew,
}

/// Parts that end together.
#[derive(Debug, Default)]
pub(super) struct Crew {
    parts: JoinSet<&'static str>,
    stop: CancellationToken,
}

impl Crew {
    pub(super) fn spawn<F>(&mut self, name: &'static str, part: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let part = part(self.stop.clone());
        self.parts.spawn(async move {
            part.await;
            name
        });
    }

    async fn drain(mut self) {
        self.stop.cancel();
        while self.parts.join_next().await.is_some() {}
    }
}

impl Running {
    /// Waits for a part to end by itself, which none should.
    pub(crate) async fn broken(&mut self) -> Fault {
        let ended = tokio::select! {
            biased;
            Some(ended) = self.coordinator.parts.join_next() => ended,
            Some(ended) = self.agents.parts.join_next() => ended,
            Some(ended) = self.learning.parts.join_next() => ended,
            else => return std::future::pending().await,
        };
        let fault = match ended {
            Ok(part) => Fault::permanent("GLY0009", format!("the part '{part}' ended by itself")),
            Err(error) => Fault::permanent("GLY0009", "a part broke down").because(&error),
        };
        fault.hint("nothing is lost: start again with galley up; please report it with the log")
    }

    /// Ends all parts: agents first, so that they can still report what they finish.
    pub(crate) async fn drain(self) {
        self.agents.drain().await;
        self.coordinator.drain().await;
        self.learning.drain().await;
    }
}
