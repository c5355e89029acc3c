//! Agents as plain pull loops: they take a task, report until there is a verdict, and acknowledge.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use galley_bus_core::Bus;
use galley_bus_core::queue::Delivery;
use galley_bus_core::topology;
use galley_schemas::amount::Amount;
use galley_schemas::artifact::Digest;
use galley_schemas::envelope::kind;
use galley_schemas::id::{AgentKind, EffectKey, GoalId, MessageId};
use galley_schemas::report::{Body, Intent, Report, Settlement, Verdict};
use galley_schemas::subject;
use galley_schemas::task::Offer;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::world::{World, data, event};

/// The outside world: what was written to it, and how often. It outlives every crash.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outside {
    written: Arc<Mutex<BTreeMap<(GoalId, String), u32>>>,
}

impl Outside {
    fn write(&self, goal: GoalId, what: &str) {
        *self.written.lock().unwrap().entry((goal, what.to_owned())).or_default() += 1;
    }

    fn has(&self, goal: GoalId, what: &str) -> bool {
        self.written.lock().unwrap().contains_key(&(goal, what.to_owned()))
    }

    pub(crate) fn written_for(&self, goal: &GoalId) -> Vec<(String, u32)> {
        let written = self.written.lock().unwrap();
        let own = written.iter().filter(|((of, _), _)| of == goal);
        own.map(|((_, what), count)| (what.clone(), *count)).collect()
    }
}

/// The agents of every kind.
pub(crate) struct Agents {
    bus: Bus,
    outside: Outside,
}

impl Agents {
    pub(crate) fn new(bus: &Bus, outside: &Outside) -> Self {
        Self { bus: bus.clone(), outside: outside.clone() }
    }

    pub(crate) fn start(&self, running: &mut JoinSet<()>, stop: &CancellationToken) {
        for kind in ["planner", "worker", "poster"] {
            for _ in 0..2 {
                let agent = Agent {
                    kind: AgentKind::new(kind).unwrap(),
                    bus: self.bus.clone(),
                    outside: self.outside.clone(),
                };
                running.spawn(agent.run(stop.clone()));
            }
        }
    }
}

/// One worker slot of a kind.
pub(crate) struct Agent {
    kind: AgentKind,
    bus: Bus,
    outside: Outside,
}

impl Agent {
    async fn run(self, stop: CancellationToken) {
        let consumer = topology::tasks(&self.kind);
        while !stop.is_cancelled() {
            let pulled = self.bus.queue.pull(&consumer, 1, Duration::from_millis(100)).await;
            for delivery in pulled.unwrap_or_default() {
                tokio::select! {
                    biased;
                    () = stop.cancelled() => return,
                    () = self.work(&delivery) => {}
                }
            }
        }
    }

    async fn work(&self, delivery: &Delivery) {
        let offer = read_offer(delivery);
        match self.kind.as_str() {
            "planner" => self.done(&offer, json!({ "items": ["x", "y", "z"] })).await,
            "worker" => self.done(&offer, json!({ "made": offer.input["item"] })).await,
            "poster" => self.post(&offer).await,
            other => panic!("nobody plays {other}"),
        }
        // The loan may be gone when the bus was closed under it.
        drop(delivery.loan.ack().await);
    }

    async fn done(&self, offer: &Offer, output: Value) {
        let spent = Amount { tokens: 1, ..Amount::default() };
        self.report(offer, Body::Done { output, spent, choices: Vec::new() }).await;
    }

    /// Writes to the outside world, as the contract of effects asks.
    async fn post(&self, offer: &Offer) {
        let key = EffectKey::new("post");
        let what = format!("{}/{key}", offer.task);
        let intent = || Intent {
            key: key.clone(),
            target: "test".to_owned(),
            content: Digest::of(b"content"),
            summary: "post it".to_owned(),
        };
        loop {
            match self.report(offer, Body::EffectIntent { intent: intent() }).await {
                Verdict::Accepted => self.outside.write(offer.goal, &what),
                Verdict::AlreadyDone { .. } => break,
                Verdict::Reconcile { .. } => {}
                Verdict::Stale { .. } | Verdict::Malformed { .. } => return,
            }
            let settlement = if self.outside.has(offer.goal, &what) {
                Settlement::Done { receipt: json!("post-1") }
            } else {
                Settlement::NotDone { reason: "the target has it not".to_owned() }
            };
            let is_done = matches!(settlement, Settlement::Done { .. });
            self.report(offer, Body::EffectSettled { key: key.clone(), settlement }).await;
            if is_done {
                break;
            }
        }
        self.done(offer, json!({ "url": "https://example.org/1" })).await;
    }

    /// Reports in an envelope with this id.
    pub(crate) async fn report_as(&self, id: &str, offer: &Offer, body: Body) -> Verdict {
        let id = MessageId::new(id);
        let payload = event(kind::REPORT, &id, &report_on(offer, body));
        let subject = subject::report(&offer.kind);
        let wait = Duration::from_secs(30);
        let verdict = self.bus.calls.call(&subject, payload, wait).await.unwrap();
        serde_json::from_value(data(&verdict)).unwrap()
    }

    /// Reports until there is a verdict: each time to whichever coordinator is free, so that
    /// coordinators meet over goals.
    pub(crate) async fn report(&self, offer: &Offer, body: Body) -> Verdict {
        let report = report_on(offer, body);
        let payload = serde_json::to_vec(&report).unwrap();
        let subject = subject::report(&offer.kind);
        loop {
            let wait = Duration::from_millis(250);
            match self.bus.calls.call(&subject, payload.clone().into(), wait).await {
                Ok(verdict) => return serde_json::from_slice(&verdict).unwrap(),
                Err(_) => tokio::task::yield_now().await,
            }
        }
    }
}

/// Takes a goal's task by hand, with an agent to report on it; tasks of other goals are given back.
pub(crate) async fn take(world: &World, kind: &str, goal: &GoalId) -> (Agent, Offer, Delivery) {
    let kind = AgentKind::new(kind).unwrap();
    let consumer = topology::tasks(&kind);
    let agent = Agent { kind, bus: world.bus.clone(), outside: world.outside.clone() };
    let mut others = Vec::new();
    loop {
        let wait = Duration::from_secs(30);
        let mut pulled = world.bus.queue.pull(&consumer, 1, wait).await.unwrap();
        let delivery = pulled.pop().expect("the task is handed out in time");
        let offer = read_offer(&delivery);
        if offer.goal == *goal {
            for other in others {
                let Delivery { loan, .. } = other;
                loan.retry_later(Duration::ZERO).await.unwrap();
            }
            return (agent, offer, delivery);
        }
        others.push(delivery);
    }
}

fn read_offer(delivery: &Delivery) -> Offer {
    serde_json::from_value(data(&delivery.message.payload)).unwrap()
}

fn report_on(offer: &Offer, body: Body) -> Report {
    Report {
        goal: offer.goal,
        task: offer.task.clone(),
        kind: offer.kind.clone(),
        attempt: offer.attempt,
        lease: offer.lease.clone(),
        epoch: offer.epoch,
        body,
    }
}
