//! Where things are joined: which bus, which tools, which agents. No other code knows.
//!
//! ```text
//!   carrier   which bus: a file, or NATS
//!   tools     what agents work with: model, memory, web
//!   memory    nothing is taken up while the memory is away
//!   parts     what runs in this process, and how it ends
//!   learning  the relay and the learner, and where facts come from
//! ```

mod carrier;
mod learning;
mod memory;
mod parts;
mod tools;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use galley_agents_knowledge::PostgresKnowledge;
use galley_agents_sdk::card;
use galley_bus_core::clock::{Chance, Clock, SystemChance, SystemClock};
use galley_bus_core::topology::Topology;
use galley_bus_core::{Bus, Unreachable};
use galley_bus_nats::Wanted;
use galley_coordinator_driver::{RegisterError, Registry};
use galley_schemas::agent::Card;
use galley_schemas::id::AgentKind;
use galley_schemas::subject::bucket;

use crate::args::Common;
use crate::config::{Config, Loaded, Process, load};
use crate::failure::Failure;
use crate::lock::{self, Lock, Share};
use crate::observe::{self, Meters};
use crate::out;
use crate::render::{At, ended};

pub(crate) use carrier::Carrier;
pub(crate) use learning::check;
pub(crate) use memory::Answers;

use carrier::database;

/// The workflows that come with Galley, by name.
pub(crate) const WORKFLOWS: [(&str, &str); 2] = [
    ("article", include_str!("../workflows/article.yaml")),
    ("dry", include_str!("../workflows/dry.yaml")),
];

/// The text of a workflow that comes with Galley.
pub(crate) fn built_in(name: &str) -> Option<&'static str> {
    WORKFLOWS.iter().find_map(|(known, text)| (*known == name).then_some(*text))
}

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
    carrier: Carrier,
    /// The memory on Postgres, once it is open.
    memory: OnceLock<PostgresKnowledge>,
    /// Where it is told whether the memory answers, when anybody asks it.
    answers: Option<Answers>,
    /// What this process counts, when anybody asks.
    meters: Option<Arc<Meters>>,
    /// The right to carry goals. It goes last, when the state is closed.
    lock: Option<Lock>,
}

impl House {
    /// Reads the configuration and opens the bus, which is made if it is a file that is not there: to
    /// look or to hand in.
    pub(crate) async fn open(common: &Common) -> anyhow::Result<Self> {
        Self::open_with(common, &loaded(common)?, None).await
    }

    /// Opens the bus that a configuration names, which is made if it is a file that is not there: to
    /// carry goals. Nothing is opened before it is known that this process may.
    pub(crate) async fn open_to_work(
        common: &Common,
        loaded: &Loaded,
        share: Share,
    ) -> anyhow::Result<Self> {
        let lock = match (&loaded.config.nats, share) {
            (None, share) => {
                carrier::make(&common.state)?;
                Some(Lock::take(&common.state, share).await?)
            }
            (Some(_), Share::Together) => None,
            (Some(_), Share::Alone) => return Err(not_alone().into()),
        };
        Self::open_with(common, loaded, lock).await
    }

    async fn open_with(
        common: &Common,
        loaded: &Loaded,
        lock: Option<Lock>,
    ) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let carrier = Carrier::open(common, loaded, &clock).await?;
        Ok(Self {
            common: common.clone(),
            loaded: loaded.clone(),
            bus: carrier.bus(),
            clock,
            chance: Arc::new(SystemChance),
            carrier,
            memory: OnceLock::new(),
            answers: None,
            meters: None,
            lock,
        })
    }

    /// Opens a bus that is there already: for commands that only look.
    pub(crate) async fn look(common: &Common) -> anyhow::Result<Self> {
        let loaded = loaded(common)?;
        if loaded.config.nats.is_none() && !database(&common.state).exists() {
            return Err(Failure::not_found(
                format!("there is nothing in {}", common.state.display()),
                "begin with galley run \"a topic\", or name another folder with --state",
            )
            .into());
        }
        Self::open_with(common, &loaded, None).await
    }

    /// Measures everything from now on.
    pub(crate) fn measure(&mut self, meters: &Arc<Meters>) {
        self.bus = observe::bus(self.carrier.bus(), meters);
        if let Some(durability) = self.carrier.durability() {
            meters.durability(durability);
        }
        self.meters = Some(Arc::clone(meters));
    }

    /// Heeds from now on whether the memory answers, as whoever asks it every few seconds tells.
    pub(crate) fn heed(&mut self, answers: &Answers) {
        self.answers = Some(answers.clone());
    }

    /// The bus, as it was opened.
    pub(crate) fn carrier(&self) -> &Carrier {
        &self.carrier
    }

    /// The memory on Postgres, once it is open.
    pub(crate) fn memory(&self) -> Option<&PostgresKnowledge> {
        self.memory.get()
    }

    /// The registered workflows.
    pub(crate) fn registry(&self) -> Registry {
        Registry::new(Arc::clone(&self.bus.kv))
    }

    /// Registers the workflows that come with Galley.
    pub(crate) async fn register(&self) -> Result<(), RegisterError> {
        let registry = self.registry();
        for (_, text) in WORKFLOWS {
            registry.register(text).await?;
        }
        Ok(())
    }

    /// The card of a kind, as its agents show it, or as it comes with Galley.
    pub(crate) async fn card(&self, kind: &AgentKind) -> Result<Option<Card>, Unreachable> {
        let entry = self.bus.kv.get(bucket::AGENTS, kind.as_str()).await?;
        let shown = entry.and_then(|entry| serde_json::from_slice(&entry.value).ok());
        Ok(shown.or_else(|| cards().remove(kind)))
    }

    /// What a server must have for agents of these kinds.
    pub(crate) fn wanted(&self, kinds: &[AgentKind]) -> Wanted {
        let replicas = self.loaded.config.nats.as_ref().map_or(1, |config| config.replicas);
        Wanted { topology: Topology::of(kinds), replicas }
    }

    /// Now, on the screen that there is.
    pub(crate) fn at(&self) -> At {
        At { now: self.clock.now(), columns: out::columns(), prose: out::prose() }
    }

    /// Where what is published goes, and who writes it.
    pub(crate) fn site(&self) -> ended::House<'_> {
        let Config { agents, model, .. } = &self.loaded.config;
        let site = agents.publishing.has_site().then_some(agents.publishing.out.as_path());
        ended::House { site, has_model: !model.url.is_empty() }
    }

    /// Whether anybody carries goals in this state folder now.
    pub(crate) fn is_worked(&self) -> bool {
        // Whoever works on NATS may be on another machine: nobody is told to start what may run.
        self.loaded.config.nats.is_some() || lock::is_held(&self.common.state)
    }

    /// Flushes and closes the bus.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        let closed = self.carrier.close().await;
        drop(self.lock);
        closed
    }
}

/// The configuration, with the bus that the command line names.
pub(crate) fn loaded(common: &Common) -> Result<Loaded, Failure> {
    let mut loaded = load(common.config.as_deref(), &Process)?;
    if !common.bus.is_empty() {
        let nats = loaded.config.nats.get_or_insert_default();
        nats.servers.clone_from(&common.bus);
    }
    Ok(loaded)
}

fn not_alone() -> Failure {
    Failure::usage(
        "GLY0016",
        "galley run works alone, and a bus on NATS is shared",
        "hand the goal in with galley submit --watch, or leave --bus out to work on a file",
    )
}
