//! The kind's card, and the sign that this process is there.

use std::sync::Arc;
use std::time::Duration;

use galley_bus_core::clock::Clock;
use galley_bus_core::kv::{Expect, KeyValue, Put, PutError};
use galley_schemas::agent;
use galley_schemas::subject::bucket;
use tokio_util::sync::CancellationToken;

use crate::agent::{Agent, card, kind};
use crate::config::Config;
use crate::ports::Ports;

/// How often the sign is renewed; it runs out after three renewals that failed.
const PERIOD: Duration = Duration::from_secs(15);
const TTL: Duration = Duration::from_secs(50);
/// How long a leaving process tries to take its sign away.
const FAREWELL: Duration = Duration::from_secs(2);

/// The kind's card, and the sign that this process is there.
pub(crate) struct Presence {
    kv: Arc<dyn KeyValue>,
    clock: Arc<dyn Clock>,
    card: agent::Card,
    sign: agent::Presence,
}

impl Presence {
    pub(crate) fn new<A: Agent>(ports: &Ports, config: &Config, version: &str) -> Self {
        let since = ports.clock.now();
        let sign = agent::Presence {
            kind: kind::<A>(),
            instance: ports.chance.instance_id(since),
            version: version.to_owned(),
            slots: config.slots,
            since,
        };
        let (kv, clock) = (Arc::clone(&ports.kv), Arc::clone(&ports.clock));
        Self { kv, clock, card: card::<A>(version), sign }
    }

    /// Shows card and sign until stopped, then takes the sign away.
    pub(crate) async fn run(self, stop: CancellationToken) {
        loop {
            let shown = async {
                if let Err(error) = self.show().await {
                    tracing::warn!(kind = %self.sign.kind, %error, "presence not shown");
                }
                self.clock.sleep(PERIOD).await;
            };
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                () = shown => {}
            }
        }
        let key = self.key();
        let farewell = self.kv.delete(bucket::AGENTS, &key);
        if !matches!(tokio::time::timeout(FAREWELL, farewell).await, Ok(Ok(()))) {
            tracing::debug!(kind = %self.sign.kind, "presence not taken away; it will run out");
        }
    }

    /// Looks at what is there, so that a card that was lost comes back, and one that stands is not
    /// written again.
    async fn show(&self) -> Result<(), PutError> {
        let name = self.sign.kind.as_str();
        let card = serde_json::to_vec(&self.card).expect("a card has string keys only");
        let there = self.kv.get(bucket::AGENTS, name).await?;
        if there.is_none_or(|entry| entry.value != card) {
            self.kv.put(bucket::AGENTS, name, Put::any(card)).await?;
        }
        let value = serde_json::to_vec(&self.sign).expect("a sign has string keys only");
        let put = Put { value: value.into(), expect: Expect::Any, ttl: Some(TTL) };
        self.kv.put(bucket::AGENTS, &self.key(), put).await.map(drop)
    }

    fn key(&self) -> String {
        format!("{}/{}", self.sign.kind, self.sign.instance)
    }
}
