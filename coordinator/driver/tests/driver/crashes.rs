//! A crash between any two steps ends in repeated acts and never in lost ones.

use galley_schemas::id::GoalId;

use crate::bad_bus::{Plan, bad};
use crate::world::World;

/// Runs one goal on a coordinator with this plan; whether it got to the end before the plan struck.
/// If it did not, everything dies, and a second coordinator has to bring the goal to its end.
async fn dies(plan: Plan) -> bool {
    let mut world = World::new().await;
    let goal = world.submit("small", "crash").await;
    let (bus, trouble) = bad(&world.bus, plan);
    world.coordinator_on(bus);
    world.agents();
    let is_over = tokio::select! {
        biased;
        () = trouble.died.cancelled() => false,
        () = over(&world, &goal) => true,
    };
    let mut world = world.crash().await;
    world.coordinators(1);
    world.agents();
    world.succeeded(&goal).await;
    assert_eq!(world.outside.written_for(&goal).len(), 1, "{plan:?}");
    world.end().await;
    is_over
}

/// The goal ended, and its status says that nothing is owed.
async fn over(world: &World, goal: &GoalId) {
    world.ended(goal).await;
    let last = world.log(goal).await.last().unwrap().seq;
    world
        .until("the last acts", || async {
            world.status(goal).await.filter(|status| status.acted == last.0)
        })
        .await;
}

async fn dies_at_each(plan: fn(u64) -> Plan) {
    for call in 1..500 {
        if dies(plan(call)).await {
            assert!(call > 20, "a goal takes more calls than {call}");
            return;
        }
    }
    panic!("a small goal takes less than 500 calls");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_before_any_call_loses_nothing() {
    dies_at_each(Plan::DieBefore).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_after_any_call_loses_nothing() {
    dies_at_each(Plan::DieAfter).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bus_that_stumbles_delays_goals_and_loses_nothing() {
    for every in [3, 5, 7] {
        let mut world = World::new().await;
        let (bus, _) = bad(&world.bus, Plan::Stumble(every));
        world.coordinator_on(bus.clone());
        world.coordinator_on(bus);
        world.agents();
        let mut goals = Vec::new();
        for number in 0..5 {
            goals.push(world.submit("small", &format!("topic {number}")).await);
        }
        for goal in &goals {
            world.succeeded(goal).await;
        }
        drop(world.crash().await);
    }
}
