//! A coordinator starts among thousands of live goals: it is ready at once, and what it does for each
//! of them is small.

use futures::stream::{self, StreamExt as _};
use galley_bus_core::kv::Put;
use galley_bus_core::log::Seq;
use galley_schemas::id::GoalId;
use galley_schemas::record::Record;
use galley_schemas::subject::bucket;
use galley_schemas::view::Status;

use crate::bad_bus::{Plan, bad};
use crate::inputs::open_question;
use crate::world::World;

/// How many goals are live.
const LIVE: u64 = 3_000;

/// Makes goals that wait for a person, each with the records and the status of one that does.
async fn populate(world: &World, like: GoalId) {
    let log = world.log(&like).await;
    let status = world.settled(&like).await;
    let copies = (0..LIVE).map(|number| copy(world, like, &log, &status, number));
    stream::iter(copies).for_each_concurrent(256, |copying| copying).await;
}

async fn copy(
    world: &World,
    like: GoalId,
    log: &[galley_bus_core::log::Entry],
    status: &Status,
    number: u64,
) {
    let goal: GoalId =
        format!("{:032x}", (7_u128 << 76) | (8_u128 << 60) | u128::from(number)).parse().unwrap();
    let renamed = |text: String| text.replace(&like.to_string(), &goal.to_string());
    let mut seq = Seq::START;
    for entry in log {
        let text = renamed(serde_json::to_string(&entry.record).unwrap());
        let record: Record = serde_json::from_str(&text).unwrap();
        seq = world.bus.log.append(&goal, seq, &record).await.unwrap();
    }
    let status = Status { seq: seq.0, acted: seq.0, ..status.clone() };
    let value = renamed(serde_json::to_string(&status).unwrap());
    world.bus.kv.put(bucket::GOALS, &goal.to_string(), Put::any(value)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_among_many_live_goals_writes_nothing_and_loads_none() {
    let mut world = World::new().await;
    world.coordinators(1);
    world.agents();
    let like = world.submit("asking", "one of many").await;
    open_question(&world, &like).await;
    populate(&world, like).await;
    let mut world = world.crash().await;
    let (bus, trouble) = bad(&world.bus, Plan::Fine);
    world.coordinator_on(bus);
    let goals = LIVE + 1;
    world
        .until("the first sweep", || async { (trouble.seen().statuses >= goals).then_some(()) })
        .await;
    let seen = trouble.seen();
    assert_eq!(seen.changes, 0, "{seen:?}");
    assert!(seen.looks <= goals, "one small read of the log for each: {seen:?}");
    // A few for what is not about a goal: workflows, cards, fences.
    assert!(seen.reads <= goals + 100, "one read of the status for each: {seen:?}");
    assert_eq!(seen.records, 0, "no goal is loaded: {seen:?}");

    // It is ready while it looks around, and loads what it needs.
    let mut world = world.crash().await;
    let (bus, trouble) = bad(&world.bus, Plan::Fine);
    let goal = world.submit("small", "at once").await;
    world.coordinator_on(bus);
    world.agents();
    world.succeeded(&goal).await;
    let seen = trouble.seen();
    assert!(seen.records <= 20, "{seen:?}");
    world.end().await;
}
