//! Reports to the coordinators, and their verdicts.
//!
//! A report goes to the instance that handed the task out, whose cache knows the goal; when nobody
//! answers there, to whichever coordinator is free.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use galley_bus_core::calls::{CallError, Calls};
use galley_bus_core::clock::{Chance, Clock};
use galley_bus_core::trace;
use galley_schemas::envelope::{CloudEvent, SPEC_VERSION, kind};
use galley_schemas::report::{Body, Report, Verdict};
use galley_schemas::subject;
use galley_schemas::task::Offer;
use serde::Deserialize as _;
use serde_json::Value;

use crate::backoff::Backoff;
use crate::faults;
use crate::ports::Ports;

/// How long one try waits for its verdict.
const WAIT: Duration = Duration::from_secs(5);

/// Reports on one attempt.
pub(crate) struct Reporter {
    calls: Arc<dyn Calls>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    offer: Offer,
}

impl Reporter {
    pub(crate) fn new(ports: &Ports, offer: &Offer) -> Self {
        // The input is the bulk of an offer and never part of a report.
        let offer = Offer { input: Value::Null, revision: None, ..offer.clone() };
        Self {
            calls: Arc::clone(&ports.calls),
            clock: Arc::clone(&ports.clock),
            chance: Arc::clone(&ports.chance),
            offer,
        }
    }

    /// Reports, again and again until there is a verdict. Whoever calls this bounds it by dropping
    /// it: when the loan is lost, or the attempt is fenced off.
    pub(crate) async fn report(&self, body: Body) -> Verdict {
        let payload = self.encode(body);
        let mut backoff = Backoff::new();
        loop {
            match self.ask(payload.clone(), WAIT).await {
                Some(verdict) => return verdict,
                None => backoff.pause(&*self.clock, &*self.chance).await,
            }
        }
    }

    /// Reports once, without caring much: for progress.
    pub(crate) async fn mention(&self, body: Body, wait: Duration) -> Option<Verdict> {
        self.ask(self.encode(body), wait).await
    }

    async fn ask(&self, payload: Bytes, wait: Duration) -> Option<Verdict> {
        let Offer { kind, report_to, task, .. } = &self.offer;
        let nearest = subject::report_to(kind, report_to);
        let reply = match self.calls.call(&nearest, payload.clone(), wait).await {
            Ok(reply) => Ok(reply),
            // A coordinator that is gone, or that hangs: any other one will do.
            Err(CallError::NoResponder { .. } | CallError::Timeout { .. }) => {
                self.calls.call(&subject::report(kind), payload, wait).await
            }
            Err(error @ CallError::Unreachable(_)) => Err(error),
        };
        match reply.map(|reply| decode(&reply)) {
            Ok(Ok(verdict)) => Some(verdict),
            Ok(Err(error)) => {
                tracing::error!(%task, %error, "verdict cannot be read; asking again");
                None
            }
            Err(error) => {
                tracing::debug!(%task, %error, "no verdict; asking again");
                None
            }
        }
    }

    fn encode(&self, body: Body) -> Bytes {
        let now = self.clock.now();
        let offer = &self.offer;
        let event = CloudEvent {
            specversion: SPEC_VERSION.to_owned(),
            id: self.chance.message_id(now),
            source: format!("/galley/agent/{}", offer.kind),
            kind: kind::REPORT.to_owned(),
            subject: Some(offer.goal.to_string()),
            time: now,
            datacontenttype: "application/json".to_owned(),
            traceparent: trace::current(),
            data: Report {
                goal: offer.goal,
                task: offer.task.clone(),
                kind: offer.kind.clone(),
                attempt: offer.attempt,
                lease: offer.lease.clone(),
                epoch: offer.epoch,
                body,
            },
        };
        serde_json::to_vec(&event).expect("a report has string keys only").into()
    }
}

/// Reads a verdict. One of a sort that this version does not know is malformed to it: asked again,
/// the coordinator would say the same for ever.
fn decode(reply: &[u8]) -> Result<Verdict, serde_json::Error> {
    let event = serde_json::from_slice::<CloudEvent<Value>>(reply)?;
    let unknown = event.data.get("is").and_then(Value::as_str).map(str::to_owned);
    match (Verdict::deserialize(&event.data), unknown) {
        (Ok(verdict), _) => Ok(verdict),
        (Err(error), Some(is)) if event.kind == kind::VERDICT => {
            tracing::error!(is, %error, "a verdict that this version does not know");
            Ok(Verdict::Malformed { fault: faults::verdict_unknown(&is) })
        }
        (Err(error), _) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(data: &str, want: &str) {
        let envelope = r#""specversion":"1.0","id":"1","source":"/galley/coordinator","time":"2026-01-01T00:00:00Z""#;
        let reply = format!(r#"{{{envelope},"type":"{}","data":{data}}}"#, kind::VERDICT);
        let got = match decode(reply.as_bytes()) {
            Ok(Verdict::Malformed { fault }) => fault.code,
            Ok(verdict) => format!("{verdict:?}"),
            Err(_) => "asked again".to_owned(),
        };
        assert_eq!(got, want, "{data}");
    }

    #[test]
    fn a_verdict_of_a_later_version_is_malformed_and_not_asked_for_again() {
        check(r#"{"is":"accepted"}"#, "Accepted");
        check(r#"{"is":"accepted","more":1}"#, "Accepted");
        check(r#"{"is":"postponed","until":7}"#, "GLY0312");
        check(r#"{"is":"stale"}"#, "GLY0312");
        check("7", "asked again");
    }
}
