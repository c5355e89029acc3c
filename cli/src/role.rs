//! A process of one role: it runs until it is asked to end, answers probes, and drains.
//!
//! Steps:
//! 1. Catch signals, before anything is opened; answer probes.
//! 2. Open the bus and the memory on Postgres, and wait while either is away; start the role's parts. Ready as soon as they pull from
//!    their queues.
//! 3. At the first SIGTERM or Ctrl-C: not ready any more, no further pull; what is in hand has the
//!    grace period to end, then goes back. At the second: end at once; loans run out.

mod patience;

use std::net::SocketAddr;
use std::sync::Arc;

use galley_bus_core::topology;
use galley_schemas::id::AgentKind;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::args::{self, Common};
use crate::assemble::{self, House, cards};
use crate::config::{Config, Loaded};
use crate::failure::Exit;
use crate::lock::Share;
use crate::observe::Meters;
use crate::out;
use crate::probe::{self, Watched};
use crate::signals::Signals;

use patience::Patience;

/// How a process ends that was asked to before its bus was there.
const NOTHING_BEGUN: &str = "nothing was begun";

/// How a process runs.
#[derive(Debug, Clone)]
pub(crate) struct Manner {
    /// Where probes are answered; none for nowhere.
    pub(crate) listen: Option<SocketAddr>,
    /// How many seconds what is in hand may take to end; none for what is configured.
    pub(crate) grace: Option<u32>,
}

impl From<args::Role> for Manner {
    fn from(args: args::Role) -> Self {
        Self { listen: Some(args.listen), grace: args.grace }
    }
}

/// What a process is there for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Role {
    /// Everything, in one process.
    All,
    /// Decides.
    Coordinator,
    /// Works on the tasks of one kind.
    Agent(AgentKind),
    /// Carries facts from the log to the feedback topic.
    Relay,
    /// Turns facts into policy.
    Learner,
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::All => f.write_str("up"),
            Self::Coordinator => f.write_str("coordinator"),
            Self::Agent(kind) => write!(f, "agent {kind}"),
            Self::Relay => f.write_str("relay"),
            Self::Learner => f.write_str("learner"),
        }
    }
}

impl Role {
    /// Whether it works with a memory on Postgres.
    fn remembers(&self, config: &Config) -> bool {
        match self {
            Self::All | Self::Agent(_) => config.knowledge.postgres.is_some(),
            Self::Coordinator | Self::Relay | Self::Learner => false,
        }
    }

    /// The queues that it pulls from.
    fn consumers(&self) -> Vec<String> {
        match self {
            Self::All => {
                let kinds = cards().into_keys();
                let tasks = kinds.map(|kind| topology::tasks(&kind).name);
                std::iter::once(topology::inputs().name).chain(tasks).collect()
            }
            Self::Coordinator => vec![topology::inputs().name],
            Self::Agent(kind) => vec![topology::tasks(kind).name],
            // They follow the log and the topic, where nothing is taken on loan.
            Self::Relay | Self::Learner => Vec::new(),
        }
    }
}

/// Runs a role until this process is asked to end, with the configuration as the command line left it.
pub(crate) async fn serve(
    signals: Signals,
    common: &Common,
    mut loaded: Loaded,
    manner: Manner,
    role: Role,
) -> anyhow::Result<Exit> {
    if let Some(grace) = manner.grace {
        loaded.config.coordinator.grace_secs = grace;
        loaded.config.agents.grace_secs = Some(u64::from(grace));
        loaded.config.learning.relay.grace_secs = grace;
    }
    assemble::check(&loaded.config, &role)?;
    let stop = CancellationToken::new();
    let mut parts = JoinSet::new();
    signals.watch(&mut parts, &stop);
    let watched = Watched {
        meters: Arc::new(Meters::new(&role.to_string())?),
        consumers: role.consumers(),
        bus: Arc::default(),
        draining: stop.clone(),
        memory: watch::Sender::new(role.remembers(&loaded.config).then_some(false)),
    };
    let probes = match manner.listen {
        Some(listen) => Some(probe::serve(&mut parts, listen, watched.clone()).await?),
        None => None,
    };
    let mut patience = Patience::new(&role, probes, &stop);
    let open = async || Box::pin(House::open_to_work(common, &loaded, Share::Together)).await;
    let ended = match patience.until(open).await? {
        Some(house) => Box::pin(work(house, &watched, patience)).await?,
        None => NOTHING_BEGUN,
    };
    parts.shutdown().await;
    let name = if role == Role::All { "down".to_owned() } else { role.to_string() };
    out::note(format!("{name}: {ended}"));
    Ok(Exit::Done)
}

/// Works on an open bus until this process is asked to end, and closes it. Says how it ended.
async fn work(
    mut house: House,
    watched: &Watched,
    mut patience: Patience<'_>,
) -> anyhow::Result<&'static str> {
    let (role, probes) = (patience.role, patience.probes);
    house.measure(&watched.meters);
    house.heed(&watched.memory);
    watched.opened(house.carrier().connection());
    let Some(mut running) = patience.until(async || house.start_role(role).await).await? else {
        house.close().await?;
        return Ok(NOTHING_BEGUN);
    };
    out::note(begun(&house, role, probes));
    let broken = tokio::select! {
        biased;
        () = watched.draining.cancelled() => None,
        fault = running.broken() => Some(fault),
        never = watched.ask(house.memory()) => match never {},
    };
    running.drain().await;
    house.close().await?;
    match broken {
        Some(fault) => Err(fault.into()),
        None => Ok("everything in hand was finished or given back"),
    }
}

/// What is said when a role has begun.
fn begun(house: &House, role: &Role, probes: Option<SocketAddr>) -> String {
    let (bus, probes) = (house.carrier(), probed(probes));
    match role {
        Role::All => {
            let site = house.loaded.config.agents.publishing.out.display();
            format!("up: state in {bus}, site in {site}{probes}; hand goals in with galley submit")
        }
        Role::Coordinator | Role::Agent(_) | Role::Relay | Role::Learner => {
            format!("{role}: on {bus}{probes}")
        }
    }
}

/// Where probes are answered, for the end of a line.
fn probed(probes: Option<SocketAddr>) -> String {
    probes.map(|at| format!(", probes on http://{at}")).unwrap_or_default()
}
