//! A crash between any two steps ends in repeated acts and never in lost ones.

use galley_coordinator_driver::Config;
use galley_schemas::id::GoalId;
use galley_schemas::record::{Ending, Event, Record};
use galley_schemas::subject::bucket;
use galley_schemas::view::Archived;

use crate::bad_bus::{Plan, bad};
use crate::world::{World, config};

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
    // Without any agent: what the crash left owed is made good by the restart alone.
    world.settled(&goal).await;
    world.agents();
    world.succeeded(&goal).await;
    assert_eq!(world.outside.written_for(&goal).len(), 1, "{plan:?}");
    world.end().await;
    is_over
}

/// The goal ended, and its status says that nothing is owed.
async fn over(world: &World, goal: &GoalId) {
    world.ended(goal).await;
    world.settled(goal).await;
}

/// At every call that a goal takes, until it is over before the plan strikes. How many calls that is
/// differs by a few from run to run, since views are written by time.
async fn dies_at_each(plan: fn(u64) -> Plan) {
    let mut over_in_a_row = 0;
    for call in 1..500 {
        over_in_a_row = if dies(plan(call)).await { over_in_a_row + 1 } else { 0 };
        if over_in_a_row == 3 {
            assert!(call > 15, "a goal takes more calls than {call}");
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
    for every in [7, 11, 13] {
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_coordinator_is_stood_in_for_at_once() {
    // The submission is settled after 8 calls at most; from then on only reports come.
    for call in 9..=16 {
        let mut world = World::new().await;
        let goal = world.submit("small", "fail over").await;
        let (bus, trouble) = bad(&world.bus, Plan::DieAfter(call));
        let first = world.coordinator_on(bus);
        world.agents();
        tokio::select! {
            biased;
            () = trouble.died.cancelled() => {}
            () = over(&world, &goal) => {}
        }
        first.abort();
        world.coordinators(1);
        world.succeeded(&goal).await;
        world.settled(&goal).await;
        world.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadline_passes_also_while_nobody_is_up() {
    let mut world = World::new().await;
    world.coordinators(1);
    let goal = world.submit("late", "x").await;
    world.event(&goal, |event| matches!(event, Event::Offered { .. })).await;
    let mut world = world.crash().await;
    world.coordinators(2);
    let ending = world.ended(&goal).await;
    let Ending::Failed { fault } = ending else { panic!("{ending:?}") };
    assert_eq!(fault.code, "GLY0160", "{fault}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ended_long_ago_is_archived_whole() {
    let mut world = World::new().await;
    world.coordinators(1);
    world.agents();
    let goal = world.submit("small", "old").await;
    world.succeeded(&goal).await;
    world.settled(&goal).await;
    let records: Vec<_> = world.log(&goal).await.into_iter().map(|entry| entry.record).collect();
    let config = Config { retention_secs: 0, sweep_period_secs: 1, ..config() };
    let bus = world.bus.clone();
    world.coordinator_with(bus, config);
    let key = goal.to_string();
    world
        .until("the goal to leave the status view", || async {
            let is_there = world.bus.kv.get(bucket::GOALS, &key).await.unwrap().is_some();
            (!is_there).then_some(())
        })
        .await;
    assert_eq!(world.log(&goal).await, []);
    let entry = world.bus.kv.get(bucket::ARCHIVED, &key).await.unwrap().expect("it is archived");
    let archived: Archived = serde_json::from_slice(&entry.value).unwrap();
    let bytes = world.bus.artifacts.get(&archived.records.sha256).await.unwrap();
    let lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let kept: Vec<Record> = lines
        .map(|line| serde_json::from_slice::<serde_json::Value>(line).unwrap()["record"].take())
        .map(|record| serde_json::from_value(record).unwrap())
        .collect();
    assert_eq!(kept, records);
    world.end().await;
}
