//! A coordinator's place on the bus: hands out offers of one kind, answers what is reported on them,
//! and hears what is settled. It decides nothing and records nothing.
//!
//! On NATS a settlement is a message to a subject below `$JS.ACK`, which whoever may listen there hears
//! beside the server. So the order of verdict and acknowledgement is seen, and every sign of life.

mod company;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use galley_bus_core::calls::Call;
use galley_bus_core::clock::{Chance, Clock};
use galley_bus_core::message::Message;
use galley_bus_core::queue::PublishError;
use galley_bus_core::{Bus, Unreachable, topology};
use galley_schemas::amount::Limits;
use galley_schemas::envelope::{CloudEvent, SPEC_VERSION, kind};
use galley_schemas::id::{AgentKind, Epoch, InstanceId, MessageId, StepName, TaskId};
use galley_schemas::input::{Fence, Order, Scope};
use galley_schemas::report::{Report, Verdict};
use galley_schemas::subject;
use galley_schemas::task::Offer;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

pub(crate) use company::NO_OFFER;

use super::course::{Course, Desk, Said, Settled, Settling};
use super::ledger::{Ledger, unfit};

/// How much may be heard and wait.
const UNHEARD_MAX: usize = 1_024;
/// How long an offer counts.
const OFFERED_MINUTES: i64 = 30;
/// Who speaks, and what it hands out: so that what an earlier check left behind is known.
const SOURCE: &str = "/galley/conformance";
const TASK: &str = "conformance";
/// Where settlements are said.
const SETTLEMENTS: &str = "$JS.ACK.>";

/// Why nothing can be checked here.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Occupied {
    /// Somebody else answers reports.
    #[error("a coordinator, or another check of this kind, answers on {subject}")]
    Coordinator { subject: String },
    /// Tasks of somebody else wait for agents of the kind.
    #[error("{waiting} tasks of kind {kind} are waiting or in hand on this bus")]
    Tasks { kind: AgentKind, waiting: u64 },
    /// The bus did not take an offer.
    #[error("an offer could not be published")]
    Publish(#[from] PublishError),
    /// Try again later.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
}

/// What an agent is tried with.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    /// A task's input.
    pub(crate) input: Value,
    /// The schema of an input, if the kind has a card.
    pub(crate) takes: Option<Value>,
    /// The schema of an output, if the kind has a card.
    pub(crate) gives: Option<Value>,
    /// How long anything that must come is waited for.
    pub(crate) wait: Duration,
    /// How long a task may be in hand without a sign of life.
    pub(crate) loan: Duration,
}

/// What is answered to a report.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// What a coordinator would say.
    AsACoordinator,
    /// This.
    Say(Verdict),
    /// Nothing: the verdict is lost.
    Nothing,
}

/// Something that was heard.
#[derive(Debug)]
pub(crate) enum Heard {
    Asked(Asked),
    Settled { seq: u64, how: Settled },
}

/// A report that wants its verdict.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) desk: Desk,
    pub(crate) report: Result<Box<Report>, String>,
    enveloped: bool,
    reply: oneshot::Sender<Bytes>,
}

/// A coordinator's place on the bus.
pub(crate) struct StandIn {
    bus: Bus,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    kind: AgentKind,
    instance: InstanceId,
    epoch: Epoch,
    heard: mpsc::Receiver<Heard>,
    /// Numbers of the offers that were followed before.
    over: BTreeSet<u64>,
    /// Its parts end with it.
    _parts: JoinSet<()>,
}

impl StandIn {
    /// Takes the place for a kind, if nobody has it. What an earlier check left behind is waited for so
    /// long.
    pub(crate) async fn start(
        bus: Bus,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
        (kind, wait): (AgentKind, Duration),
    ) -> Result<Self, Occupied> {
        company::refuse(&bus, &kind).await?;
        let instance = chance.instance_id(clock.now());
        // Above all that an agent heard of in earlier checks, which also count from the clock.
        let epoch = Epoch(u64::try_from(clock.now().timestamp()).unwrap_or_default());
        let (to, heard) = mpsc::channel(UNHEARD_MAX);
        let mut parts = JoinSet::new();
        for (desk, on) in [
            (Desk::Named, subject::report_to(&kind, &instance)),
            (Desk::Shared, subject::report(&kind)),
        ] {
            let mut calls = bus.calls.serve(&on).await?;
            let to = to.clone();
            parts.spawn(async move {
                while let Some(call) = calls.next().await {
                    let Some(call) = company::greet(call) else { continue };
                    if to.send(Heard::Asked(Asked::read(desk, call))).await.is_err() {
                        return;
                    }
                }
            });
        }
        let mut settlements = bus.broadcast.listen(SETTLEMENTS).await?;
        let consumer = topology::tasks(&kind);
        parts.spawn(async move {
            while let Some(said) = settlements.next().await {
                let of = settled_of(&said.subject, consumer.stream, &consumer.name);
                let (Some(seq), Some(how)) = (of, Settled::read(&said.payload)) else { continue };
                if to.send(Heard::Settled { seq, how }).await.is_err() {
                    return;
                }
            }
        });
        let over = BTreeSet::new();
        let mut stand_in =
            Self { bus, clock, chance, kind, instance, epoch, heard, over, _parts: parts };
        stand_in.clear(wait).await?;
        Ok(stand_in)
    }

    /// A fresh offer.
    pub(crate) fn offer(&self, input: Value) -> Offer {
        let now = self.clock.now();
        Offer {
            goal: self.chance.goal_id(now),
            task: TaskId::new(TASK),
            step: StepName::new("conformance").expect("it is a name"),
            kind: self.kind.clone(),
            attempt: 1,
            lease: self.chance.lease_token(),
            epoch: self.epoch,
            input,
            allowance: Limits::default(),
            deadline: now + chrono::Duration::minutes(OFFERED_MINUTES),
            report_to: self.instance,
            revision: None,
            undoes: None,
        }
    }

    /// The id of a coordinator that is not there.
    pub(crate) fn nobody(&self) -> InstanceId {
        self.chance.instance_id(self.clock.now())
    }

    /// An offer in its envelope.
    pub(crate) fn envelope(&self, offer: &Offer) -> Value {
        let event = CloudEvent {
            specversion: SPEC_VERSION.to_owned(),
            id: self.message_id(),
            source: SOURCE.to_owned(),
            kind: kind::OFFER.to_owned(),
            subject: Some(offer.goal.to_string()),
            time: self.clock.now(),
            datacontenttype: "application/json".to_owned(),
            traceparent: None,
            data: offer,
        };
        serde_json::to_value(event).expect("wire types have string keys")
    }

    /// Puts a message on the kind's queue.
    pub(crate) async fn publish(&self, payload: impl Into<Bytes>) -> Result<(), Occupied> {
        let message = Message::new(subject::task(&self.kind), self.message_id(), payload);
        Ok(self.bus.queue.publish(message).await?)
    }

    /// Hands an offer out and follows what comes of it, until it is settled and `linger` is over, or
    /// the wait is.
    pub(crate) async fn carry(
        &mut self,
        offer: &Offer,
        terms: Terms,
        rule: impl FnMut(&Course, &Report) -> Answer,
    ) -> Result<Course, Occupied> {
        self.publish(self.envelope(offer).to_string()).await?;
        Ok(self.follow(offer, terms, rule).await)
    }

    /// Follows what comes of an offer that is out.
    pub(crate) async fn follow(
        &mut self,
        offer: &Offer,
        terms: Terms,
        mut rule: impl FnMut(&Course, &Report) -> Answer,
    ) -> Course {
        let began = Instant::now();
        let mut until = began + terms.wait;
        let (mut course, mut ledger) = (Course::default(), Ledger::default());
        let mut numbers = BTreeSet::new();
        while let Some(heard) = self.next(until).await {
            let after = began.elapsed();
            match heard {
                Heard::Settled { seq, .. } if self.over.contains(&seq) => {}
                Heard::Settled { seq, how } => {
                    numbers.insert(seq);
                    course.settled.push(Settling { after, how });
                    if how.is_final() {
                        until = until.min(Instant::now() + terms.linger);
                    }
                }
                Heard::Asked(asked) => match &asked.report {
                    Ok(report) if report.goal == offer.goal => {
                        let report = Report::clone(report);
                        let answer = match rule(&course, &report) {
                            Answer::AsACoordinator => Some(ledger.answer(&report.body)),
                            Answer::Say(verdict) => Some(verdict),
                            Answer::Nothing => {
                                // What is announced is on record, whether it was heard or not.
                                ledger.answer(&report.body);
                                None
                            }
                        };
                        let desk = asked.desk;
                        self.answer(asked, answer.clone());
                        course.said.push(Said { after, desk, report, answer });
                    }
                    Ok(_) => self.answer(asked, Some(over())),
                    Err(why) => {
                        course.unreadable.push(why.clone());
                        let verdict = unfit(why);
                        self.answer(asked, Some(verdict));
                    }
                },
            }
        }
        self.over.extend(numbers);
        course.took = began.elapsed();
        course
    }

    /// What is heard next; none when the time is over.
    pub(crate) async fn next(&mut self, until: Instant) -> Option<Heard> {
        timeout_at(until, self.heard.recv()).await.ok().flatten()
    }

    /// Whether a settlement is of an offer that was followed before.
    pub(crate) fn is_over(&self, seq: u64) -> bool {
        self.over.contains(&seq)
    }

    /// Nothing of this offer is looked at any more.
    pub(crate) fn leave(&mut self, seq: u64) {
        self.over.insert(seq);
    }

    /// Answers a report, or loses the answer.
    pub(crate) fn answer(&self, asked: Asked, verdict: Option<Verdict>) {
        let Some(verdict) = verdict else { return };
        let answer = match asked.enveloped {
            true => serde_json::to_vec(&CloudEvent {
                specversion: SPEC_VERSION.to_owned(),
                id: self.message_id(),
                source: SOURCE.to_owned(),
                kind: kind::VERDICT.to_owned(),
                subject: asked.report.as_ref().ok().map(|report| report.goal.to_string()),
                time: self.clock.now(),
                datacontenttype: "application/json".to_owned(),
                traceparent: None,
                data: verdict,
            }),
            false => serde_json::to_vec(&verdict),
        };
        let answer = answer.expect("wire types have string keys");
        // Whoever stopped waiting asks again.
        drop(asked.reply.send(answer.into()));
    }

    /// Stops the kind: raises the fence, and tells all agents.
    pub(crate) async fn stop(&mut self) -> Result<(), Occupied> {
        self.epoch = Epoch(self.epoch.0.saturating_add(1));
        let scope = Scope::Kind { kind: self.kind.clone() };
        let fence = Fence { scope, epoch: self.epoch, order: Order::Stop };
        let payload = serde_json::to_vec(&fence).expect("wire types have string keys");
        Ok(self.bus.broadcast.send(subject::EPOCH, payload.into()).await?)
    }

    fn message_id(&self) -> MessageId {
        self.chance.message_id(self.clock.now())
    }
}

/// How long an offer is followed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    /// At most.
    pub(crate) wait: Duration,
    /// After it was settled.
    pub(crate) linger: Duration,
}

/// The answer to a report on an offer that was followed before.
pub(crate) fn over() -> Verdict {
    Verdict::Stale { reason: "the check of this offer is over".to_owned() }
}

impl Asked {
    fn read(desk: Desk, call: Call) -> Self {
        let Call { payload, reply, .. } = call;
        let value = serde_json::from_slice::<Value>(&payload)
            .map_err(|error| format!("the report is no JSON: {error}"));
        let enveloped = value.as_ref().is_ok_and(|value| value.get("specversion").is_some());
        let report = value.and_then(|value| {
            let read = match enveloped {
                true => serde_json::from_value::<CloudEvent<Report>>(value).map(|event| event.data),
                false => serde_json::from_value::<Report>(value),
            };
            read.map(Box::new)
                .map_err(|error| format!("the report does not meet its schema: {error}"))
        });
        Self { desk, report, enveloped, reply }
    }
}

/// The number of the message that is settled on a subject, if it is of this consumer.
///
/// ```text
///   $JS.ACK.<stream>.<consumer>.<deliveries>.<number>.<…>
///   $JS.ACK.<domain>.<account>.<stream>.<consumer>.<deliveries>.<number>.<…>
/// ```
fn settled_of(subject: &str, stream: &str, consumer: &str) -> Option<u64> {
    let parts: Vec<&str> = subject.strip_prefix("$JS.ACK.")?.split('.').collect();
    let first = if parts.len() >= 9 { 2 } else { 0 };
    let of = parts.get(first) == Some(&stream) && parts.get(first + 1) == Some(&consumer);
    of.then(|| parts.get(first + 3)?.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settlements_of_the_kind_are_told_apart() {
        let check = |subject: &str, want| {
            assert_eq!(settled_of(subject, "GALLEY_TASK", "agent_seo"), want, "{subject}");
        };
        check("$JS.ACK.GALLEY_TASK.agent_seo.1.17.3.1700000000000000000.0", Some(17));
        check("$JS.ACK.hub.acc.GALLEY_TASK.agent_seo.1.17.3.1700000000000000000.0", Some(17));
        check("$JS.ACK.GALLEY_TASK.agent_review.1.17.3.1700000000000000000.0", None);
        check("$JS.ACK.GALLEY_IN.agent_seo.1.17.3.1700000000000000000.0", None);
    }
}
