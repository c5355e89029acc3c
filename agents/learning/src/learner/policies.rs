//! Policies: read what all learners learned, rule, publish.

use std::sync::Arc;

use galley_bus_core::Unreachable;
use galley_bus_core::clock::Clock;
use galley_bus_core::kv::{Entry, Expect, KeyValue, Put, PutError};
use galley_schemas::choice::Policy;
use galley_schemas::feedback::{Ruling, Verdict};
use galley_schemas::subject::bucket::{FEEDBACK, POLICY};
use galley_schemas::subject::{key_part, ruling_key};
use serde::de::DeserializeOwned;

use super::keeping::LEARNED;
use crate::config::Config;
use crate::gauges::Gauges;
use crate::learn::{Ruled, Stands, State, decisions, rule};

/// Where policies are looked at.
pub(super) struct PolicyDesk<'a> {
    kv: Arc<dyn KeyValue>,
    clock: Arc<dyn Clock>,
    config: &'a Config,
}

/// One decision as it stands in the buckets.
struct Docket {
    decision: String,
    stands: Stands,
    /// The policy's revision.
    revision: Option<u64>,
    last: Option<Ruling>,
}

impl<'a> PolicyDesk<'a> {
    pub(super) fn new(kv: Arc<dyn KeyValue>, clock: Arc<dyn Clock>, config: &'a Config) -> Self {
        Self { kv, clock, config }
    }

    /// Rules on every decision, over what all partitions of all sources taught.
    pub(super) async fn rule(&self, gauges: &Gauges) -> Result<(), Unreachable> {
        let mut states = Vec::new();
        for key in self.kv.keys(FEEDBACK, LEARNED).await? {
            if let Some(entry) = self.kv.get(FEEDBACK, &key).await? {
                states.extend(decode::<State>(&entry));
            }
        }
        let mut dockets = Vec::new();
        for decision in decisions(&states) {
            dockets.push(self.docket(decision).await?);
        }
        let stands = |name: &str| {
            let docket = dockets.iter().find(|docket| docket.decision == name);
            docket.map(|docket| docket.stands.clone()).unwrap_or_default()
        };
        for ruled in rule(&states, stands, self.clock.now(), self.config) {
            let docket = dockets.iter().find(|docket| docket.decision == ruled.ruling.decision);
            if let Some(docket) = docket {
                self.enforce(docket, ruled, gauges).await?;
            }
        }
        Ok(())
    }

    async fn docket(&self, decision: String) -> Result<Docket, Unreachable> {
        let policy = self.kv.get(POLICY, &key_part(&decision)).await?;
        let ruling = self.kv.get(FEEDBACK, &ruling_key(&decision)).await?;
        let last = ruling.as_ref().and_then(decode::<Ruling>);
        let stands = Stands {
            policy: policy.as_ref().and_then(decode::<Policy>),
            before: last.as_ref().and_then(|ruling| ruling.before.clone()),
        };
        let revision = policy.map(|entry| entry.revision);
        Ok(Docket { decision, stands, revision, last })
    }

    async fn enforce(
        &self,
        docket: &Docket,
        ruled: Ruled,
        gauges: &Gauges,
    ) -> Result<(), Unreachable> {
        let Ruled { ruling, publish } = ruled;
        if let Some(policy) = publish {
            let expect = docket.revision.map_or(Expect::Absent, Expect::Revision);
            let value = serde_json::to_vec(&policy).expect("a policy is plain");
            let put = Put { value: value.into(), expect, ttl: None };
            // Somebody else was faster: what they published stands.
            if !put_or_conflict(self.kv.put(POLICY, &key_part(&docket.decision), put).await)? {
                return Ok(());
            }
            gauges.published();
            let decision = &docket.decision;
            let (version, why) = (&policy.version, &ruling.why);
            match ruling.verdict {
                Verdict::RolledBack => tracing::warn!(decision, version, why, "policy taken back"),
                Verdict::Published | Verdict::Kept => {
                    tracing::info!(decision, version, why, "policy published");
                }
            }
        }
        let same = docket
            .last
            .as_ref()
            .is_some_and(|last| last.verdict == ruling.verdict && last.why == ruling.why);
        if !same {
            let value = serde_json::to_vec(&ruling).expect("a ruling is plain");
            let put = Put::any(value);
            put_or_conflict(self.kv.put(FEEDBACK, &ruling_key(&docket.decision), put).await)?;
        }
        Ok(())
    }
}

fn put_or_conflict(put: Result<u64, PutError>) -> Result<bool, Unreachable> {
    match put {
        Ok(_) => Ok(true),
        Err(PutError::Conflict { .. }) => Ok(false),
        Err(PutError::Unreachable(error)) => Err(error),
        Err(error @ (PutError::InvalidKey { .. } | PutError::TooLarge { .. })) => {
            tracing::error!(%error, "a policy cannot be kept");
            Ok(false)
        }
    }
}

fn decode<T: DeserializeOwned>(entry: &Entry) -> Option<T> {
    serde_json::from_slice(&entry.value)
        .inspect_err(|error| tracing::error!(key = %entry.key, %error, "unreadable; passed over"))
        .ok()
}
