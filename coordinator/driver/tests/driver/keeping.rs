//! Records are kept until everybody who needs them has them.

use chrono::{DateTime, Utc};
use galley_bus_core::kv::Put;
use galley_coordinator_driver::Config;
use galley_schemas::feedback::Cursor;
use galley_schemas::id::GoalId;
use galley_schemas::input::AnswerVerdict;
use galley_schemas::subject::{RELAY_KEY, bucket};

use crate::inputs::{answer, open_question};
use crate::world::{World, config};

/// Says that the relay carried the log up to a place.
async fn carry(world: &World, seq: u64) {
    let cursor = Cursor { seq, carried: 0, skipped: 0, at: DateTime::<Utc>::UNIX_EPOCH };
    let value = serde_json::to_vec(&cursor).unwrap();
    world.bus.kv.put(bucket::FEEDBACK, RELAY_KEY, Put::any(value)).await.unwrap();
}

async fn leaves(world: &World, goal: &GoalId) {
    world
        .until("the goal to leave the status view", || async {
            world.status(goal).await.is_none().then_some(())
        })
        .await;
    assert_eq!(world.log(goal).await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_relay_has_not_carried_is_not_archived() {
    let mut world = World::new().await;
    carry(&world, 0).await;
    world.coordinators(1);
    world.agents();
    // The sweep comes to this one first: its id is the older one.
    let behind = world.submit("asking", "behind the cursor").await;
    let question = open_question(&world, &behind).await;
    let carried = world.submit("small", "carried").await;
    world.succeeded(&carried).await;
    let last = world.settled(&carried).await.seq;
    answer(&world, behind, question, AnswerVerdict::Approve).await;
    world.succeeded(&behind).await;
    let end = world.settled(&behind).await.seq;
    assert!(end > last);
    carry(&world, last).await;
    let config = Config { retention_secs: 0, sweep_period_secs: 1, ..config() };
    world.coordinator_with(world.bus.clone(), config);
    leaves(&world, &carried).await;
    let kept = world.log(&behind).await;
    assert_eq!(kept.last().map(|entry| entry.seq.0), Some(end), "it is all there");
    carry(&world, end).await;
    leaves(&world, &behind).await;
    world.end().await;
}
