//! Stop means stop: an attempt that no longer counts is dropped, and says nothing.

use std::sync::Arc;

use async_trait::async_trait;
use galley_agents_sdk::{Agent, Context, Effect, Effector, Observed};
use galley_bus_core::kv::Put;
use galley_bus_core::queue::Depth;
use galley_schemas::artifact::Digest;
use galley_schemas::fault::Fault;
use galley_schemas::id::{Epoch, GoalId, Principal};
use galley_schemas::input::{Control, Fence, Order, Scope, Standing};
use galley_schemas::report::{Body, Settlement, Verdict};
use galley_schemas::subject::{self, bucket, fence_key};
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::bench::{Bench, accept};
use crate::fake::does;

/// Hangs, and tells when it began and when it was dropped.
struct Hangs {
    began: Arc<Semaphore>,
    dropped: Arc<Semaphore>,
}

struct TellsDrop(Arc<Semaphore>);
impl Drop for TellsDrop {
    fn drop(&mut self) {
        self.0.add_permits(1);
    }
}

#[async_trait]
impl Agent for Hangs {
    type Input = Value;
    type Output = Value;
    const KIND: &'static str = "hangs";
    const SUMMARY: &'static str = "Never ends.";

    async fn run(&self, _: &Context, _: Value) -> Result<Value, Fault> {
        let _told = TellsDrop(Arc::clone(&self.dropped));
        self.began.add_permits(1);
        std::future::pending().await
    }
}

impl Hangs {
    fn new() -> Self {
        Self { began: Arc::new(Semaphore::new(0)), dropped: Arc::new(Semaphore::new(0)) }
    }
}

async fn once(semaphore: &Semaphore) {
    semaphore.acquire().await.unwrap().forget();
}

/// Whether a fence ends an attempt that was handed out under epoch 3.
async fn check(scope: impl FnOnce(&Bench) -> Scope, epoch: u64, ends: bool) {
    let mut bench = Bench::new("hangs", accept).await;
    let fence = Fence { scope: scope(&bench), epoch: Epoch(epoch), order: Order::Stop };
    let all = Fence { scope: Scope::All, epoch: Epoch(9), order: Order::Stop };
    let agent = Hangs::new();
    let (began, dropped) = (Arc::clone(&agent.began), Arc::clone(&agent.dropped));
    bench.publish().await;
    let broadcast = Arc::clone(&bench.ports.broadcast);
    let told = async {
        once(&began).await;
        let said = serde_json::to_vec(&fence).unwrap();
        broadcast.send(subject::EPOCH, said.into()).await.unwrap();
        if !ends {
            // A second fence that surely ends it: the first one, heard before, did not.
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            assert_eq!(dropped.available_permits(), 0, "{fence:?} ended the attempt");
            let said = serde_json::to_vec(&all).unwrap();
            broadcast.send(subject::EPOCH, said.into()).await.unwrap();
        }
        once(&dropped).await;
    };
    bench.work(agent, told).await;
    assert!(bench.reports.try_recv().is_err(), "a dropped attempt reports nothing");
    assert_eq!(bench.left().await, Depth::default(), "its task is acknowledged");
}

#[tokio::test(start_paused = true)]
async fn a_fence_ends_what_lies_in_its_scope_under_a_lower_epoch() {
    check(|_| Scope::All, 4, true).await;
    check(|_| Scope::All, 3, false).await;
    check(|bench| Scope::Kind { kind: bench.offer.kind.clone() }, 4, true).await;
    check(|_| Scope::Kind { kind: "other".parse().unwrap() }, 4, false).await;
    check(|bench| Scope::Goal { goal: bench.offer.goal }, 4, true).await;
    let other = "01900000-0000-7000-8000-000000000001".parse::<GoalId>().unwrap();
    check(|_| Scope::Goal { goal: other }, 4, false).await;
}

#[tokio::test(start_paused = true)]
async fn a_stale_verdict_on_progress_ends_the_attempt() {
    let bench = Bench::new("hangs", |body| {
        assert!(matches!(body, Body::Progress { .. }), "{body:?}");
        Some(Verdict::Stale { reason: "superseded".to_owned() })
    })
    .await;
    let agent = Hangs::new();
    let dropped = Arc::clone(&agent.dropped);
    bench.publish().await;
    bench.work(agent, once(&dropped)).await;
    assert_eq!(bench.left().await, Depth::default());
}

#[tokio::test(start_paused = true)]
async fn what_was_stopped_before_the_agent_came_up_is_not_begun() {
    static ASKED: Semaphore = Semaphore::const_new(0);
    let bench = Bench::new("hangs", |body| {
        assert!(matches!(body, Body::Progress { .. }), "{body:?}");
        ASKED.add_permits(1);
        Some(Verdict::Stale { reason: "stopped".to_owned() })
    })
    .await;
    let control = Control {
        scope: Scope::All,
        order: Order::Stop,
        by: Principal::new("test"),
        reason: String::new(),
    };
    let standing = Standing { control, epoch: Epoch(4), place: None };
    let put = Put::any(serde_json::to_vec(&standing).unwrap());
    bench.ports.kv.put(bucket::EPOCHS, &fence_key(&Scope::All), put).await.unwrap();
    let agent = Hangs::new();
    bench.publish().await;
    bench.work(agent, once(&ASKED)).await;
    assert_eq!(bench.left().await, Depth::default());
}

#[tokio::test(start_paused = true)]
async fn a_stop_in_force_before_that_the_coordinator_does_not_know_of_stops_nothing() {
    let mut bench = Bench::new("does", accept).await;
    let fence = Fence { scope: Scope::All, epoch: Epoch(9), order: Order::Resume };
    let said = serde_json::to_vec(&fence).unwrap();
    bench.ports.broadcast.send(subject::EPOCH, said.into()).await.unwrap();
    bench.publish().await;
    let (_, body) = bench.first_report(does!(|_ctx, input| Ok(input))).await;
    assert!(matches!(body, Body::Done { .. }), "{body:?}");
}

/// A target that knows nothing.
struct Shrugs;

#[async_trait]
impl Effector for Shrugs {
    async fn observe(&self) -> Result<Observed, Fault> {
        Ok(Observed::CannotTell("no listing".to_owned()))
    }

    async fn write(&self) -> Result<Value, Fault> {
        Err(Fault::transient("GLY0396", "no answer"))
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_waits_for_a_person_says_so_and_nothing_more() {
    let mut bench = Bench::new("does", accept).await;
    bench.publish().await;
    let agent = does!(|ctx, _| {
        let effect = Effect {
            key: "post".to_owned(),
            target: "world".to_owned(),
            content: Digest::of(b"text"),
            summary: "post the text".to_owned(),
        };
        ctx.effect(effect, &Shrugs).await
    });
    let (_, idle) = tokio::sync::mpsc::channel(1);
    let mut reports = std::mem::replace(&mut bench.reports, idle);
    let both = async { (reports.recv().await.unwrap().1, reports.recv().await.unwrap().1) };
    let (intent, settled) = bench.work(agent, both).await;
    assert!(matches!(intent, Body::EffectIntent { .. }), "{intent:?}");
    let unknown =
        matches!(&settled, Body::EffectSettled { settlement: Settlement::Unknown { .. }, .. });
    assert!(unknown, "{settled:?}");
    assert!(reports.try_recv().is_err());
    assert_eq!(bench.left().await, Depth::default());
}
