//! What a process says of itself over HTTP: alive, ready, and its meters.
//!
//! | path | answer |
//! |---|---|
//! | `/healthz` | 200 while the process can answer at all; never depends on the bus, or an outage would restart everything |
//! | `/readyz` | 200 when connected, pulling from its queues or busy, its memory there, and not draining; else 503; a JSON object says which |
//! | `/metrics` | the meters, in the Prometheus text format |

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use galley_agents_knowledge::PostgresKnowledge;
use galley_bus_nats::Nats;
use galley_schemas::fault::Fault;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::assemble::Answers;
use crate::failure::Failure;
use crate::observe::Meters;

/// How old the last successful pull may be: six waits of a pull.
const PULLED_WITHIN: Duration = Duration::from_secs(30);
/// How often the memory on Postgres is asked whether it is there.
const ASKED_EVERY: Duration = Duration::from_secs(2);

/// What readiness is judged by.
#[derive(Clone)]
pub(crate) struct Watched {
    /// The meters.
    pub(crate) meters: Arc<Meters>,
    /// The consumers that this process pulls from.
    pub(crate) consumers: Vec<String>,
    /// The bus, once it is open.
    pub(crate) bus: Arc<OnceLock<Connection>>,
    /// Whether it was asked to end.
    pub(crate) draining: CancellationToken,
    /// Whether the memory on Postgres answered when it was asked last; none where there is none.
    pub(crate) memory: Answers,
}

/// The connection to the bus, where there is one that can be lost.
type Connection = Option<Nats>;

#[derive(Debug, Serialize)]
struct Readiness {
    connected: bool,
    bound: bool,
    draining: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory: Option<bool>,
}

impl Readiness {
    /// What is so and what is not, by name.
    fn states(&self) -> impl Iterator<Item = (&'static str, bool)> {
        let always =
            [("connected", self.connected), ("bound", self.bound), ("draining", self.draining)];
        always.into_iter().chain(self.memory.map(|answers| ("memory", answers)))
    }

    fn is_ready(&self) -> bool {
        self.connected && self.bound && !self.draining && self.memory != Some(false)
    }
}

impl Watched {
    /// Asks the memory on Postgres, every few seconds, whether it is there: probes must be answered at
    /// once, and a server that is away may take its time. Never ends.
    pub(crate) async fn ask(&self, memory: Option<&PostgresKnowledge>) -> Infallible {
        let Some(memory) = memory else { return std::future::pending().await };
        let mut tick = tokio::time::interval(ASKED_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            let answers = memory.answers().await;
            if self.memory.send_replace(Some(answers)) != Some(answers) {
                tracing::info!(answers, "the memory on Postgres");
            }
        }
    }

    /// The bus is open from now on.
    pub(crate) fn opened(&self, connection: Connection) {
        self.bus.get_or_init(|| connection);
    }

    fn readiness(&self) -> Readiness {
        let is_connected = |bus: &Connection| bus.as_ref().is_none_or(Nats::is_connected);
        Readiness {
            connected: self.bus.get().is_some_and(is_connected),
            bound: self.meters.pulls(&self.consumers, PULLED_WITHIN),
            draining: self.draining.is_cancelled(),
            memory: *self.memory.borrow(),
        }
    }
}

/// Serves the probes until the parts are shut down, and returns the address that was bound.
///
/// # Errors
/// The address cannot be bound.
pub(crate) async fn serve(
    parts: &mut JoinSet<()>,
    listen: SocketAddr,
    watched: Watched,
) -> Result<SocketAddr, Failure> {
    let unusable = |error: std::io::Error| {
        let message = format!("{listen} cannot be listened on");
        let hint = "name another address with --listen, or port 0 for any free one";
        Failure::from(Fault::permanent("GLY0015", message).hint(hint).because(&error))
    };
    let listener = TcpListener::bind(listen).await.map_err(unusable)?;
    let bound = listener.local_addr().map_err(unusable)?;
    let router = Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(watched);
    parts.spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "probes are no longer answered");
        }
    });
    Ok(bound)
}

async fn ready(State(watched): State<Watched>) -> Response {
    let readiness = watched.readiness();
    let status =
        if readiness.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness)).into_response()
}

async fn metrics(State(watched): State<Watched>) -> Response {
    for (state, holds) in watched.readiness().states() {
        watched.meters.state(state, holds);
    }
    match watched.meters.text() {
        Ok(text) => {
            let media_type = "text/plain; version=0.0.4; charset=utf-8";
            ([(header::CONTENT_TYPE, media_type)], text).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
