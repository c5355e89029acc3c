//! A process of one role: it runs until it is asked to end, answers probes, and drains.
//!
//! Steps:
//! 1. Catch signals, before anything is opened; connect; start the role's parts.
//! 2. Answer probes: ready as soon as the parts pull from their queues.
//! 3. At the first SIGTERM or Ctrl-C: not ready any more, no further pull; what is in hand has the
//!    grace period to end, then goes back. At the second: end at once; loans run out.

use std::net::SocketAddr;

use galley_bus_core::topology;
use galley_schemas::id::AgentKind;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::args;
use crate::assemble::{House, cards};
use crate::failure::Exit;
use crate::out;
use crate::probe::{self, Watched};
use crate::signals::Signals;

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

/// Runs a role until this process is asked to end, with the house's configuration as the command line
/// left it.
pub(crate) async fn serve(
    signals: Signals,
    mut house: House,
    manner: Manner,
    role: Role,
) -> anyhow::Result<Exit> {
    let meters = house.measure(&role.to_string())?;
    if let Some(grace) = manner.grace {
        house.loaded.config.coordinator.grace_secs = grace;
        house.loaded.config.agents.grace_secs = Some(u64::from(grace));
    }
    let stop = CancellationToken::new();
    let mut parts = JoinSet::new();
    signals.watch(&mut parts, &stop);
    let mut running = house.start_role(&role).await?;
    let watched = Watched {
        meters,
        consumers: role.consumers(),
        connection: house.carrier().connection(),
        draining: stop.clone(),
    };
    let mut told = match role {
        Role::All => format!("up: state in {}, site in {}", house.carrier(), site(&house)),
        Role::Coordinator | Role::Agent(_) | Role::Relay | Role::Learner => {
            format!("{role}: on {}", house.carrier())
        }
    };
    if let Some(listen) = manner.listen {
        let probes = probe::serve(&mut parts, listen, watched).await?;
        told.push_str(&format!(", probes on http://{probes}"));
    }
    if role == Role::All {
        told.push_str("; hand goals in with galley submit");
    }
    out::note(told);
    let broken = tokio::select! {
        biased;
        () = stop.cancelled() => None,
        fault = running.broken() => Some(fault),
    };
    running.drain().await;
    parts.shutdown().await;
    house.close().await?;
    if let Some(fault) = broken {
        return Err(fault.into());
    }
    let name = if role == Role::All { "down".to_owned() } else { role.to_string() };
    out::note(format!("{name}: everything in hand was finished or given back"));
    Ok(Exit::Done)
}

fn site(house: &House) -> std::path::Display<'_> {
    house.loaded.config.agents.publishing.out.display()
}
