//! Who else is on the bus: nothing is checked beside coordinators or tasks of others; what earlier
//! checks left behind is taken away.

use std::time::Duration;

use bytes::Bytes;
use galley_bus_core::calls::{Call, CallError};
use galley_bus_core::{Bus, topology};
use galley_schemas::id::AgentKind;
use galley_schemas::report::Verdict;
use galley_schemas::subject;
use serde_json::Value;
use tokio::time::Instant;

use super::{Heard, Occupied, SOURCE, StandIn, TASK, over};
use crate::conformance::ledger::{UNFIT, unfit};

/// The kind that every coordinator serves.
const SERVED_BY_ALL: &str = "ingestion";
/// What is asked of whoever serves reports: to a coordinator, a report that cannot be read.
const WHO_IS_THERE: &[u8] = br#"{"conformance":"who is there?"}"#;
/// How long whoever serves a subject has to say so.
const ANYBODY: Duration = Duration::from_secs(2);
/// A message that is no offer.
pub(crate) const NO_OFFER: &str = "galley conformance: this is no offer";
/// How long agents have at most to come back with what an earlier check left them.
const CLEARED_WITHIN: Duration = Duration::from_secs(15);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How many offers are taken away at once.
const PULLED_MAX: usize = 64;

impl StandIn {
    /// Takes away what earlier checks left behind: offers that nobody took, and those in the hands of
    /// agents that wait for their verdict. Tasks of others are left alone, and nothing is checked
    /// beside them.
    pub(super) async fn clear(&mut self, wait: Duration) -> Result<(), Occupied> {
        let consumer = topology::tasks(&self.kind);
        let until = Instant::now() + wait.min(CLEARED_WITHIN);
        loop {
            for delivery in self.bus.queue.pull(&consumer, PULLED_MAX, Duration::ZERO).await? {
                match is_left_behind(&delivery.message.payload) {
                    true => delivery.loan.discard().await?,
                    false => delivery.loan.retry_later(Duration::ZERO).await?,
                }
            }
            let depth = self.bus.queue.depth(&consumer).await?;
            let waiting = depth.pending + depth.in_flight;
            if waiting == 0 {
                return Ok(());
            }
            if Instant::now() >= until {
                return Err(Occupied::Tasks { kind: self.kind.clone(), waiting });
            }
            while let Some(heard) = self.next(Instant::now() + LOOK_EVERY).await {
                match heard {
                    Heard::Settled { seq, .. } => self.leave(seq),
                    Heard::Asked(asked) => {
                        let ours = asked.report.as_ref().is_ok_and(|it| it.task.as_str() == TASK);
                        self.answer(asked, ours.then(over));
                    }
                }
            }
        }
    }
}

/// Refuses a bus on which somebody works: what is checked would meet answers and tasks of others.
pub(super) async fn refuse(bus: &Bus, kind: &AgentKind) -> Result<(), Occupied> {
    let served_by_all = AgentKind::new(SERVED_BY_ALL).expect("it is a name");
    for asked in [kind, &served_by_all] {
        let on = subject::report(asked);
        match bus.calls.call(&on, Bytes::from_static(WHO_IS_THERE), ANYBODY).await {
            Err(CallError::NoResponder { .. }) => {}
            Err(CallError::Unreachable(error)) => return Err(error.into()),
            // The check of another kind is no company: their subjects differ.
            Ok(reply) if asked != kind && is_of_a_check(&reply) => {}
            Ok(_) | Err(CallError::Timeout { .. }) => {
                return Err(Occupied::Coordinator { subject: on });
            }
        }
    }
    Ok(())
}

/// Whether an earlier check put this message on the queue.
fn is_left_behind(payload: &[u8]) -> bool {
    let event = serde_json::from_slice::<Value>(payload);
    let source = event.as_ref().ok().and_then(|event| event.get("source")?.as_str());
    payload == NO_OFFER.as_bytes() || source == Some(SOURCE)
}

/// Answers the question of another check, and hands on every other call.
pub(super) fn greet(call: Call) -> Option<Call> {
    if call.payload != WHO_IS_THERE {
        return Some(call);
    }
    let answer = serde_json::to_vec(&unfit("a check")).expect("wire types have string keys");
    // Whoever asked is gone: then nobody wants to know.
    drop(call.reply.send(answer.into()));
    None
}

/// Whether it is what [`greet`] answers.
fn is_of_a_check(reply: &[u8]) -> bool {
    let of = |verdict: &Verdict| match verdict {
        Verdict::Malformed { fault } => fault.code == UNFIT,
        Verdict::Accepted
        | Verdict::Reconcile { .. }
        | Verdict::AlreadyDone { .. }
        | Verdict::Stale { .. } => false,
    };
    serde_json::from_slice::<Verdict>(reply).is_ok_and(|verdict| of(&verdict))
}
