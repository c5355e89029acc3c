//! Stop, resume and cancel, over every scope.

use std::sync::Arc;

use galley_bus_core::kv::Put;
use galley_bus_core::queue::Depth;
use galley_bus_core::topology;
use galley_coordinator_driver::Registry;
use galley_schemas::amount::Amount;
use galley_schemas::artifact::Digest;
use galley_schemas::envelope::kind;
use galley_schemas::id::{AgentKind, EffectKey, Epoch, GoalId, Principal, WorkflowName};
use galley_schemas::input::{Control, Order, Scope, Standing};
use galley_schemas::record::{Ending, Event};
use galley_schemas::report::{Body, Intent, Verdict};
use galley_schemas::subject;
use serde_json::json;

use crate::agents::take;
use crate::bad_bus::{Plan, bad};
use crate::world::{POSTING, World};

fn order(scope: Scope, order: Order) -> Control {
    Control { scope, order, by: Principal::new("ops"), reason: "a test".to_owned() }
}

async fn say(world: &World, control: &Control) {
    world.say(subject::IN_CONTROL, kind::CONTROL, control).await;
}

/// Raises a fence, as a coordinator leaves it behind that told nobody: it died before, or found nobody.
async fn raise(world: &World, control: Control) {
    let key = subject::fence_key(&control.scope);
    let standing = Standing { control, epoch: Epoch(9), place: None };
    let value = serde_json::to_vec(&standing).unwrap();
    world.bus.kv.put(subject::bucket::EPOCHS, &key, Put::any(value)).await.unwrap();
}

fn result() -> Body {
    let output = json!({ "items": ["x"] });
    Body::Done { output, spent: Amount::default(), choices: Vec::new() }
}

async fn stops_and_goes_on(scope: impl Fn(GoalId) -> Scope) {
    let mut world = World::new().await;
    world.coordinators(2);
    let goal = world.submit("small", "stop me").await;
    let (agent, offer, delivery) = take(&world, "planner", &goal).await;
    let scope = scope(goal);
    say(&world, &order(scope.clone(), Order::Stop)).await;
    world.event(&goal, |event| matches!(event, Event::Stopped { .. })).await;
    let verdict = agent.report(&offer, result()).await;
    assert!(matches!(verdict, Verdict::Stale { .. }), "{scope:?}: {verdict:?}");
    delivery.loan.ack().await.unwrap();
    world.agents();
    say(&world, &order(scope, Order::Resume)).await;
    world.succeeded(&goal).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_of_all_fences_off_and_a_resume_goes_on() {
    stops_and_goes_on(|_| Scope::All).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_of_a_workflow_fences_off_and_a_resume_goes_on() {
    stops_and_goes_on(|_| Scope::Workflow { workflow: WorkflowName::new("small").unwrap() }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_of_a_kind_fences_off_and_a_resume_goes_on() {
    stops_and_goes_on(|_| Scope::Kind { kind: AgentKind::new("planner").unwrap() }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_of_a_goal_fences_off_and_a_resume_goes_on() {
    stops_and_goes_on(|goal| Scope::Goal { goal }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_goal_that_comes_under_a_stop_begins_stopped() {
    let mut world = World::new().await;
    world.coordinators(2);
    world.agents();
    let first = world.submit("small", "before").await;
    world.succeeded(&first).await;
    let stop = order(Scope::All, Order::Stop);
    say(&world, &stop).await;
    // The fence is up when it is in the bucket.
    let key = subject::fence_key(&Scope::All);
    world
        .until("the fence", || async {
            world.bus.kv.get(subject::bucket::EPOCHS, &key).await.unwrap()
        })
        .await;
    let goal = world.submit("small", "under the stop").await;
    world.event(&goal, |event| matches!(event, Event::Stopped { .. })).await;
    let offered = world.events(&goal).await.iter().any(|e| matches!(e, Event::Offered { .. }));
    assert!(!offered, "a task was handed out under a stop");
    say(&world, &order(Scope::All, Order::Resume)).await;
    world.succeeded(&goal).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_given_between_a_goals_first_record_and_its_status_is_heard_after_a_crash() {
    let mut world = World::new().await;
    world.coordinators(1);
    let scope = Scope::Kind { kind: AgentKind::new("planner").unwrap() };
    say(&world, &order(scope.clone(), Order::Stop)).await;
    world
        .until("the stop to be worked on", || async {
            let left = world.bus.queue.depth(&topology::inputs()).await.unwrap();
            (left == Depth::default()).then_some(())
        })
        .await;
    let mut world = world.crash().await;
    let goal = world.submit("small", "lifted").await;
    let (bus, trouble) = bad(&world.bus, Plan::DieAfter(1));
    world.coordinator_on(bus);
    trouble.died.cancelled().await;
    let stopped = world.events(&goal).await.iter().any(|e| matches!(e, Event::Stopped { .. }));
    assert!(stopped && world.status(&goal).await.is_none(), "it began under the stop, unseen");
    raise(&world, order(scope, Order::Resume)).await;
    let mut world = world.crash().await;
    world.coordinators(1);
    world.agents();
    world.succeeded(&goal).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_of_the_kind_of_an_undo_is_told_before_anything_is_undone() {
    let mut world = World::new().await;
    let text = POSTING.replace("posting", "undoing").replace(
        "\"${input.topic}\" }",
        "\"${input.topic}\" }, undo: { agent: eraser, with: { was: \"${post}\" } }",
    );
    Registry::new(Arc::clone(&world.bus.kv)).register(&text).await.unwrap();
    world.coordinators(1);
    let goal = world.submit("undoing", "x").await;
    world.settled(&goal).await;
    let scope = Scope::Kind { kind: AgentKind::new("eraser").unwrap() };
    say(&world, &order(scope.clone(), Order::Stop)).await;
    let stopped = world.event(&goal, |event| matches!(event, Event::Stopped { .. })).await;
    assert!(matches!(&stopped, Event::Stopped { scope: of, .. } if *of == scope), "{stopped:?}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_of_another_kind_does_not_touch_a_goal() {
    let mut world = World::new().await;
    world.coordinators(1);
    let other = Scope::Kind { kind: AgentKind::new("somebody").unwrap() };
    say(&world, &order(other, Order::Stop)).await;
    world.agents();
    let goal = world.submit("small", "untouched").await;
    world.succeeded(&goal).await;
    let stopped = world.events(&goal).await.iter().any(|e| matches!(e, Event::Stopped { .. }));
    assert!(!stopped);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancel_ends_one_goal_and_leaves_the_others() {
    let mut world = World::new().await;
    world.coordinators(2);
    let (cancelled, other) = (world.submit("small", "a").await, world.submit("small", "b").await);
    let (agent, offer, delivery) = take(&world, "planner", &cancelled).await;
    say(&world, &order(Scope::Goal { goal: cancelled }, Order::Cancel)).await;
    let ending = world.ended(&cancelled).await;
    assert!(matches!(ending, Ending::Cancelled { .. }), "{ending:?}");
    let verdict = agent.report(&offer, result()).await;
    assert!(matches!(verdict, Verdict::Stale { .. }), "{verdict:?}");
    delivery.loan.ack().await.unwrap();
    world.agents();
    world.succeeded(&other).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_effect_is_not_let_through_a_fence_that_the_goal_was_not_told_of() {
    let mut world = World::new().await;
    world.coordinators(2);
    let goal = world.submit("posting", "late effect").await;
    let (agent, offer, delivery) = take(&world, "poster", &goal).await;
    raise(&world, order(Scope::All, Order::Stop)).await;
    let intent = Intent {
        key: EffectKey::new("post"),
        target: "test".to_owned(),
        content: Digest::of(b"content"),
        summary: "post it".to_owned(),
    };
    let verdict = agent.report(&offer, Body::EffectIntent { intent }).await;
    assert!(matches!(verdict, Verdict::Stale { .. }), "{verdict:?}");
    let stopped = world.event(&goal, |event| matches!(event, Event::Stopped { .. })).await;
    assert!(matches!(stopped, Event::Stopped { epoch: Epoch(9), .. }), "{stopped:?}");
    delivery.loan.ack().await.unwrap();
    world.end().await;
}
