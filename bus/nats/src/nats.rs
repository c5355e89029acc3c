//! Connecting, and handing out the ports.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use async_nats::connection::State;
use galley_bus_core::Bus;
use galley_bus_core::topology::{self, Stream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::alarms::ScheduledAlarms;
use crate::artifacts::KvArtifacts;
use crate::broadcast::SubjectBroadcast;
use crate::calls::SubjectCalls;
use crate::config::Config;
use crate::connect;
use crate::error::{ConnectError, NatsError};
use crate::init::{Plan, Wanted};
use crate::kv::StreamKv;
use crate::log::StreamLog;
use crate::queue::StreamQueue;
use crate::server::{self, Durability};
use crate::wire::{Happenings, Wire};

/// A connection to NATS, and the ports on it. Clones share the connection; it is closed when the last
/// clone and the last port are dropped.
#[derive(Clone)]
pub struct Nats {
    wire: Wire,
    bus: Bus,
    durability: Durability,
}

impl std::fmt::Debug for Nats {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Nats").field("durability", &self.durability).finish_non_exhaustive()
    }
}

/// What happened on a connection since it was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// How often it was lost and made again.
    pub reconnects: u64,
    /// Errors that the server told of, such as something that this user may not send.
    pub errors: u64,
    /// Messages that were lost because this process did not take them in time.
    pub slow: u64,
}

/// What runs behind the ports: it ends with the last of them.
#[derive(Debug, Default)]
pub(crate) struct Tasks(Mutex<JoinSet<()>>);

impl Tasks {
    /// Runs a future until it ends or the last port is dropped. It must not hold a port.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }
}

impl Nats {
    /// Connects, looks at the server, and refuses one that Galley cannot work with. Makes nothing
    /// and asks for nothing that needs a right to change anything.
    ///
    /// # Errors
    /// See [`ConnectError`].
    pub async fn connect(config: &Config) -> Result<Self, ConnectError> {
        Self::connect_with(config, topology::streams()).await
    }

    /// Connects for other streams than Galley's own: for tests of what a stream's bounds do.
    ///
    /// # Errors
    /// See [`ConnectError`].
    pub async fn connect_with(config: &Config, streams: Vec<Stream>) -> Result<Self, ConnectError> {
        let happenings = Arc::new(Happenings::default());
        let (told, mut connections) = watch::channel(0);
        let client = connect::connect(config, Arc::clone(&happenings), told).await?;
        // Told of by another task; from here on, a change means a new connection.
        let first = connections.wait_for(|number| *number > 0);
        drop(tokio::time::timeout(config.connect_timeout(), first).await);
        let wire = Wire {
            client,
            timeout: config.request_timeout(),
            missing: config.missing,
            replicas: config.replicas,
            connections,
            happenings,
        };
        let durability = server::look(&wire, config).await?;
        let bus = ports(&wire, streams);
        Ok(Self { wire, bus, durability })
    }

    /// The ports.
    #[must_use]
    pub fn bus(&self) -> Bus {
        self.bus.clone()
    }

    /// How durable the server is, as far as it tells.
    #[must_use]
    pub fn durability(&self) -> &Durability {
        &self.durability
    }

    /// What happened on the connection since it was made.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let happenings = &self.wire.happenings;
        Counts {
            reconnects: happenings.reconnects.load(Ordering::Relaxed),
            errors: happenings.errors.load(Ordering::Relaxed),
            slow: happenings.slow.load(Ordering::Relaxed),
        }
    }

    /// Whether there is a connection now.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        match self.wire.client.connection_state() {
            State::Connected => true,
            State::Pending | State::Disconnected => false,
        }
    }

    /// How many replicas of the log are gone or behind the leader; 0 when it is as safe as it can be.
    ///
    /// # Errors
    /// The server does not answer, or does not let this user look.
    pub async fn lagging(&self) -> Result<usize, NatsError> {
        server::lagging(&self.wire).await
    }

    /// What has to be made or changed on the server until it is as wanted. Changes nothing.
    ///
    /// # Errors
    /// The server does not answer, or does not let this user look.
    pub async fn plan(&self, wanted: &Wanted) -> Result<Plan, NatsError> {
        Plan::make(&self.wire, wanted).await
    }

    /// Makes and changes what a plan says, in its order. Done twice, it changes nothing the second
    /// time.
    ///
    /// # Errors
    /// The server refuses a step; those before it are done. A plan with something unfit in it is
    /// refused before its first step.
    pub async fn apply(&self, plan: &Plan) -> Result<(), NatsError> {
        plan.apply(&self.wire).await
    }

    /// Sends what is still to be sent, and closes the connection.
    ///
    /// # Errors
    /// The connection was closed before.
    pub async fn close(&self) -> Result<(), NatsError> {
        let closed = self.wire.client.drain().await;
        closed.map_err(|error| NatsError::Closed(Box::new(error)))
    }
}

fn ports(wire: &Wire, streams: Vec<Stream>) -> Bus {
    let tasks = Arc::new(Tasks::default());
    let streams: Arc<[Stream]> = streams.into();
    let kv = Arc::new(StreamKv::new(wire.clone()));
    Bus {
        log: Arc::new(StreamLog::new(wire.clone(), Arc::clone(&tasks))),
        queue: Arc::new(StreamQueue::new(wire.clone(), Arc::clone(&tasks), Arc::clone(&streams))),
        calls: Arc::new(SubjectCalls::new(wire.clone(), Arc::clone(&tasks))),
        broadcast: Arc::new(SubjectBroadcast::new(wire.clone())),
        alarms: Arc::new(ScheduledAlarms::new(wire.clone(), Arc::clone(&tasks), streams)),
        artifacts: Arc::new(KvArtifacts::new(Arc::clone(&kv))),
        kv,
    }
}
