//! A coordinator's desk for one task: it knows the current lease and the task's effects.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::DateTime;
use futures::stream::BoxStream;
use galley_bus_core::Unreachable;
use galley_bus_core::calls::{Call, CallError, Calls};
use galley_schemas::envelope::{CloudEvent, SPEC_VERSION, kind};
use galley_schemas::fault::Fault;
use galley_schemas::id::{EffectKey, LeaseToken, MessageId};
use galley_schemas::report::{Body, Intent, Report, Settlement, Verdict};
use galley_schemas::task::Offer;

use crate::harness::Recorded;

/// A coordinator's desk for one task.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    lease: Option<LeaseToken>,
    effects: Vec<Recorded>,
}

impl Desk {
    /// Makes an attempt the current one.
    pub(crate) fn hand_out(&self, offer: &Offer) {
        self.state().lease = Some(offer.lease.clone());
    }

    /// Makes no attempt the current one.
    pub(crate) fn fence(&self) {
        self.state().lease = None;
    }

    /// Settles an effect as a person says.
    pub(crate) fn answer(&self, key: &EffectKey, settlement: Settlement) {
        if let Some(recorded) = self.state().recorded(key) {
            recorded.settlement = Some(settlement);
        }
    }

    pub(crate) fn effects(&self) -> Vec<Recorded> {
        self.state().effects.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn decide(&self, report: Report) -> Verdict {
        let mut state = self.state();
        if state.lease.as_ref() != Some(&report.lease) {
            return Verdict::Stale { reason: "the attempt is not the current one".to_owned() };
        }
        match report.body {
            Body::Done { .. } | Body::Failed { .. } | Body::Progress { .. } => Verdict::Accepted,
            Body::EffectIntent { intent } => state.intend(intent),
            Body::EffectSettled { key, settlement } => state.settle(&key, settlement),
        }
    }
}

impl State {
    fn recorded(&mut self, key: &EffectKey) -> Option<&mut Recorded> {
        self.effects.iter_mut().find(|recorded| recorded.intent.key == *key)
    }

    fn intend(&mut self, intent: Intent) -> Verdict {
        let Some(recorded) = self.recorded(&intent.key) else {
            self.effects.push(Recorded { intent, settlement: None });
            return Verdict::Accepted;
        };
        match &recorded.settlement {
            Some(Settlement::Done { receipt }) => Verdict::AlreadyDone { receipt: receipt.clone() },
            Some(Settlement::NotDone { .. }) => {
                *recorded = Recorded { intent, settlement: None };
                Verdict::Accepted
            }
            // Also for the same attempt: a process that worked on it before may have written.
            None | Some(Settlement::Unknown { .. }) => {
                Verdict::Reconcile { intent: recorded.intent.clone() }
            }
        }
    }

    fn settle(&mut self, key: &EffectKey, settlement: Settlement) -> Verdict {
        let ends = matches!(settlement, Settlement::Unknown { .. });
        let Some(recorded) = self.recorded(key) else {
            let fault = Fault::permanent("GLY0312", format!("there is no intent '{key}'"));
            return Verdict::Malformed { fault };
        };
        recorded.settlement = Some(settlement);
        if ends {
            self.lease = None;
        }
        Verdict::Accepted
    }
}

#[async_trait]
impl Calls for Desk {
    async fn call(
        &self,
        subject: &str,
        payload: Bytes,
        wait: Duration,
    ) -> Result<Bytes, CallError> {
        let Ok(report) = serde_json::from_slice::<CloudEvent<Report>>(&payload) else {
            return Err(CallError::Timeout { subject: subject.to_owned(), wait });
        };
        let verdict = CloudEvent {
            specversion: SPEC_VERSION.to_owned(),
            id: MessageId::new("verdict"),
            source: "/galley/coordinator".to_owned(),
            kind: kind::VERDICT.to_owned(),
            subject: report.subject,
            time: DateTime::UNIX_EPOCH,
            datacontenttype: "application/json".to_owned(),
            traceparent: None,
            data: self.decide(report.data),
        };
        Ok(serde_json::to_vec(&verdict).expect("a verdict has string keys only").into())
    }

    async fn serve(&self, _subject: &str) -> Result<BoxStream<'static, Call>, Unreachable> {
        Ok(Box::pin(futures::stream::pending()))
    }
}
