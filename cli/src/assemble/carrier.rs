//! Which bus carries it all: a file in the state folder, or NATS.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use galley_bus_core::clock::Clock;
use galley_bus_core::{Bus, Unreachable};
use galley_bus_embedded::Embedded;
use galley_bus_nats::{Durability, Nats, NatsError};
use galley_schemas::fault::Fault;

use crate::args::Common;
use crate::config::Loaded;
use crate::failure::Failure;

/// The bus of this process.
#[derive(Debug)]
pub(crate) enum Carrier {
    /// A file in the state folder.
    File { embedded: Embedded, path: PathBuf },
    /// NATS.
    Nats { nats: Box<Nats>, servers: String },
}

impl Carrier {
    /// Opens the bus that command line and configuration name.
    pub(crate) async fn open(
        common: &Common,
        loaded: &Loaded,
        clock: &Arc<dyn Clock>,
    ) -> Result<Self, Failure> {
        if let Some(config) = &loaded.config.nats {
            let nats = Nats::connect(config).await;
            let nats = nats.map_err(|error| Failure::from(error.fault()))?;
            return Ok(Self::Nats { nats: Box::new(nats), servers: config.servers.join(",") });
        }
        make(&common.state)?;
        let path = database(&common.state);
        let embedded = Embedded::open(path.clone(), Arc::clone(clock)).await;
        let embedded = embedded.map_err(|error| Failure::from(error.fault()))?;
        Ok(Self::File { embedded, path })
    }

    /// The ports.
    pub(crate) fn bus(&self) -> Bus {
        match self {
            Self::File { embedded, .. } => embedded.bus(),
            Self::Nats { nats, .. } => nats.bus(),
        }
    }

    /// The connection, where there is one that can be lost.
    pub(crate) fn connection(&self) -> Option<Nats> {
        match self {
            Self::File { .. } => None,
            Self::Nats { nats, .. } => Some(Nats::clone(nats)),
        }
    }

    /// Who carries goals there, as people know it.
    pub(crate) const fn worker(&self) -> &'static str {
        match self {
            Self::File { .. } => "a running galley up",
            Self::Nats { .. } => "a running coordinator",
        }
    }

    /// How durable it is, as far as it tells.
    pub(crate) fn durability(&self) -> Option<&Durability> {
        match self {
            Self::File { .. } => None,
            Self::Nats { nats, .. } => Some(nats.durability()),
        }
    }

    /// What it means that a bus which was just opened is out of reach: nothing was ever made on it, or
    /// there is no answer for the moment, such as while a cluster elects who leads.
    pub(super) async fn judge(&self, error: Unreachable) -> anyhow::Error {
        let Self::Nats { nats, .. } = self else { return error.into() };
        let Some(cause) = error.cause.downcast_ref::<NatsError>() else { return error.into() };
        let NatsError::NotThere { what } = cause else { return cause.fault().into() };
        if is_unmade(nats).await {
            return Fault { retryable: false, ..cause.fault() }.into();
        }
        let message = format!("nobody answers for {what} at this moment");
        let hint = "galley bus init --dry-run shows whether it is missing";
        Fault::transient("GLY0231", message).hint(hint).into()
    }

    /// Flushes and closes it.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        match self {
            Self::File { embedded, .. } => {
                embedded.close().await.context("the state could not be closed cleanly")
            }
            Self::Nats { nats, .. } => {
                nats.close().await.context("the connection could not be closed cleanly")
            }
        }
    }
}

impl std::fmt::Display for Carrier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File { path, .. } => path.display().fmt(f),
            Self::Nats { servers, .. } => f.write_str(servers),
        }
    }
}

/// Whether the server says that it has no log: `galley bus init` was never run there. One that does not
/// answer, or where nobody leads for the moment, does not say so.
async fn is_unmade(nats: &Nats) -> bool {
    /// JetStream's own code for a stream that is not there.
    const NO_STREAM: u64 = 10_059;
    matches!(nats.lagging().await, Err(NatsError::Refused { code: NO_STREAM, .. }))
}

/// The file that holds everything when the bus is a file.
pub(crate) fn database(state: &Path) -> PathBuf {
    state.join("galley.db")
}

/// The file of the memory across goals. On NATS it is this machine's alone, and no bus.
pub(super) fn memory(state: &Path, carrier: &Carrier) -> PathBuf {
    match carrier {
        Carrier::File { path, .. } => path.clone(),
        Carrier::Nats { .. } => state.join("memory.db"),
    }
}

pub(super) fn make(state: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(state).map_err(|error| unusable(state, &error))
}

fn unusable(state: &Path, error: &std::io::Error) -> Failure {
    let message = format!("the state folder {} cannot be used", state.display());
    let hint = "name another folder with --state, or make this one writable";
    Fault::permanent("GLY0005", message).hint(hint).because(error).into()
}
