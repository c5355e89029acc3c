//! Where things are joined: which bus, which tools, which agents. No other code knows.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use async_trait::async_trait;
use bytes::Bytes;
use galley_agents_knowledge::{EmbedError, Embedder, Offline, SqliteKnowledge};
use galley_agents_model::{Model, Server};
use galley_agents_sdk::{Agent, Ports, Runner, Tools, card};
use galley_agents_web::{Fetcher, Sample};
use galley_bus_core::Bus;
use galley_bus_core::clock::{Chance, Clock, SystemChance, SystemClock};
use galley_bus_embedded::Embedded;
use galley_coordinator_driver::{Coordinator, Registry};
use galley_schemas::agent::Card;
use galley_schemas::fault::Fault;
use galley_schemas::id::AgentKind;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::args::Common;
use crate::config::{Config, Loaded, Process, load};
use crate::failure::{Exit, Failure};
use crate::lock::{self, Lock, Share};
use crate::out;
use crate::render::{At, ended};

/// The workflow that comes with Galley.
pub(crate) const ARTICLE: &str = include_str!("../workflows/article.yaml");

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The cards of the agent kinds that come with Galley.
pub(crate) fn cards() -> BTreeMap<AgentKind, Card> {
    [
        card::<galley_agents_ingestion::Ingestion>(VERSION),
        card::<galley_agents_ideation::Ideation>(VERSION),
        card::<galley_agents_research::Research>(VERSION),
        card::<galley_agents_drafting::Drafting>(VERSION),
        card::<galley_agents_seo::Seo>(VERSION),
        card::<galley_agents_review::Review>(VERSION),
        card::<galley_agents_publishing::Publishing>(VERSION),
    ]
    .into_iter()
    .map(|card| (card.kind.clone(), card))
    .collect()
}

/// Everything that a command works with.
#[derive(Debug)]
pub(crate) struct House {
    pub(crate) common: Common,
    pub(crate) loaded: Loaded,
    pub(crate) bus: Bus,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) chance: Arc<dyn Chance>,
    embedded: Embedded,
    /// The right to carry goals. It goes last, when the state is closed.
    lock: Option<Lock>,
}

impl House {
    /// Reads the configuration and opens the state folder, which is made if it is not there: to look
    /// or to hand in.
    pub(crate) async fn open(common: &Common) -> anyhow::Result<Self> {
        let loaded = load(common.config.as_deref(), &Process)?;
        make(&common.state)?;
        Self::open_with(common, loaded, None).await
    }

    /// Reads the configuration and opens the state folder, which is made if it is not there: to carry
    /// goals. Nothing is opened before it is known that this process may.
    pub(crate) async fn open_to_work(common: &Common, share: Share) -> anyhow::Result<Self> {
        let loaded = load(common.config.as_deref(), &Process)?;
        make(&common.state)?;
        let lock = Lock::take(&common.state, share).await?;
        Self::open_with(common, loaded, Some(lock)).await
    }

    async fn open_with(
        common: &Common,
        loaded: Loaded,
        lock: Option<Lock>,
    ) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let embedded = Embedded::open(database(&common.state), Arc::clone(&clock))
            .await
            .map_err(|error| Failure::from(error.fault()))?;
        Ok(Self {
            common: common.clone(),
            loaded,
            bus: embedded.bus(),
            clock,
            chance: Arc::new(SystemChance),
            embedded,
            lock,
        })
    }

    /// Opens a state folder that is there already: for commands that only look.
    pub(crate) async fn look(common: &Common) -> anyhow::Result<Self> {
        if !database(&common.state).exists() {
            return Err(Failure::not_found(
                format!("there is nothing in {}", common.state.display()),
                "begin with galley run \"a topic\", or name another folder with --state",
            )
            .into());
        }
        Self::open(common).await
    }

    /// The registered workflows.
    pub(crate) fn registry(&self) -> Registry {
        Registry::new(Arc::clone(&self.bus.kv))
    }

    /// Now, on the screen that there is.
    pub(crate) fn at(&self) -> At {
        At { now: self.clock.now(), columns: out::columns(), prose: out::prose() }
    }

    /// Where what is published goes, and who writes it.
    pub(crate) fn site(&self) -> ended::House<'_> {
        let Config { agents, model, .. } = &self.loaded.config;
        ended::House { site: Some(&agents.publishing.out), has_model: !model.url.is_empty() }
    }

    /// Whether anybody carries goals in this state folder now.
    pub(crate) fn is_worked(&self) -> bool {
        lock::is_held(&self.common.state)
    }

    /// Whether articles can be published where the site is to be.
    pub(crate) fn check_site(&self) -> Result<(), Failure> {
        let out = &self.loaded.config.agents.publishing.out;
        galley_agents_publishing::check(out).map_err(|fault| Failure::new(Exit::Usage, fault))
    }

    /// Flushes and closes the state.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        let closed = self.embedded.close().await;
        drop(self.lock);
        closed.context("the state could not be closed cleanly")
    }

    /// Starts the coordinator and every agent in this process.
    pub(crate) async fn start(&self) -> anyhow::Result<Running> {
        self.registry().register(ARTICLE).await.context("the built-in workflow is not usable")?;
        let tools = self.tools().await?;
        let mut running = Running::default();
        let coordinator = Coordinator::new(
            self.bus.clone(),
            Arc::clone(&self.clock),
            Arc::clone(&self.chance),
            self.loaded.config.coordinator.clone(),
        );
        let stop = running.coordinator_stop.clone();
        running.coordinator.spawn(async move {
            coordinator.run(stop).await;
            "coordinator"
        });
        let agents = &self.loaded.config.agents;
        let mut start = Start { house: self, tools: &tools, running: &mut running };
        start.agent(galley_agents_ingestion::Ingestion::new(agents.ingestion.clone(), samples()));
        start.agent(galley_agents_ideation::Ideation::new(agents.ideation.clone()));
        start.agent(galley_agents_research::Research::new(agents.research.clone()));
        start.agent(galley_agents_drafting::Drafting::new(agents.drafting.clone()));
        start.agent(galley_agents_seo::Seo::new(agents.seo.clone()));
        start.agent(galley_agents_review::Review::new(agents.review.clone()));
        start.agent(galley_agents_publishing::Publishing::new(agents.publishing.clone()));
        Ok(running)
    }

    async fn tools(&self) -> anyhow::Result<Tools> {
        let Config { fetch, .. } = &self.loaded.config;
        let model = self.model().await?;
        let embedder: Arc<dyn Embedder> = match &model {
            Some(model) if model.card().embeds => Arc::new(ModelEmbedder::new(Arc::clone(model))),
            Some(_) | None => Arc::new(Offline),
        };
        let knowledge = SqliteKnowledge::open(&database(&self.common.state), embedder)
            .context("the memory across goals cannot be opened")?;
        let web = Fetcher::new(fetch.clone()).context("the web fetcher cannot be made")?;
        Ok(Tools { model, knowledge: Arc::new(knowledge), web: Arc::new(web) })
    }

    async fn model(&self) -> anyhow::Result<Option<Arc<dyn Model>>> {
        let config = self.loaded.config.model.clone();
        if config.url.is_empty() {
            return Ok(None);
        }
        let unusable = |error| {
            let fault = Fault::permanent("GLY0006", "the model cannot be used")
                .hint("check GALLEY_MODEL_URL, GALLEY_MODEL and the key; unset them to run without a model")
                .because(&error);
            Failure::from(fault)
        };
        let server = Server::discover(config, self.loaded.key.clone()).await.map_err(unusable)?;
        Ok(Some(Arc::new(server)))
    }
}

/// The file that holds everything.
fn database(state: &Path) -> PathBuf {
    state.join("galley.db")
}

fn make(state: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(state).map_err(|error| unusable(state, &error))
}

fn unusable(state: &Path, error: &std::io::Error) -> Failure {
    let message = format!("the state folder {} cannot be used", state.display());
    let hint = "name another folder with --state, or make this one writable";
    Fault::permanent("GLY0005", message).hint(hint).because(error).into()
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
        let ports = Ports::new(bus, Arc::clone(clock), Arc::clone(chance), self.tools.clone());
        let slots = loaded.config.agents.slots(A::KIND);
        let config = galley_agents_sdk::Config { slots, ..galley_agents_sdk::Config::default() };
        let runner = Runner::new(agent, ports, config, VERSION);
        let stop = self.running.agents_stop.clone();
        self.running.agents.spawn(async move {
            runner.run(stop).await;
            A::KIND
        });
    }
}

/// The parts of this process that carry goals.
#[derive(Debug, Default)]
pub(crate) struct Running {
    agents: JoinSet<&'static str>,
    agents_stop: CancellationToken,
    coordinator: JoinSet<&'static str>,
    coordinator_stop: CancellationToken,
}

impl Running {
    /// Waits for a part to end by itself, which none should.
    pub(crate) async fn broken(&mut self) -> Fault {
        let ended = tokio::select! {
            biased;
            Some(ended) = self.coordinator.join_next() => ended,
            Some(ended) = self.agents.join_next() => ended,
            else => return std::future::pending().await,
        };
        let fault = match ended {
            Ok(part) => Fault::permanent("GLY0009", format!("the part '{part}' ended by itself")),
            Err(error) => Fault::permanent("GLY0009", "a part broke down").because(&error),
        };
        fault.hint("nothing is lost: start again with galley up; please report it with the log")
    }

    /// Ends all parts: agents first, so that they can still report what they finish.
    pub(crate) async fn drain(mut self) {
        self.agents_stop.cancel();
        while self.agents.join_next().await.is_some() {}
        self.coordinator_stop.cancel();
        while self.coordinator.join_next().await.is_some() {}
    }
}

/// A model that turns texts into vectors, as the memory sees it.
#[derive(Debug)]
struct ModelEmbedder {
    model: Arc<dyn Model>,
    name: String,
}

impl ModelEmbedder {
    fn new(model: Arc<dyn Model>) -> Self {
        let name = format!("model-{}", model.card().name);
        Self { model, name }
    }
}

#[async_trait]
impl Embedder for ModelEmbedder {
    fn name(&self) -> &str {
        &self.name
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        self.model
            .embed(texts)
            .await
            .map_err(|error| EmbedError { embedder: self.name.clone(), cause: Box::new(error) })
    }
}
