//! Any number of coordinators on one bus.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::StreamExt as _;
use galley_coordinator_driver::Registry;
use galley_schemas::amount::Amount;
use galley_schemas::envelope::kind;
use galley_schemas::input::AnswerVerdict;
use galley_schemas::record::Event;
use galley_schemas::report::{Body, Doing, Verdict};
use galley_schemas::subject;
use galley_schemas::view::Phase;

use crate::agents::take;
use crate::bad_bus::{Plan, bad};
use crate::inputs::{answer, open_question};
use crate::world::{ASKING, World, submission};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_coordinators_carry_fifty_goals_and_accept_each_task_once() {
    let mut world = World::new().await;
    let (bus, trouble) = bad(&world.bus, Plan::Fine);
    for _ in 0..4 {
        world.coordinator_on(bus.clone());
    }
    world.agents();
    let mut goals = Vec::new();
    for number in 0..50 {
        goals.push(world.submit("small", &format!("topic {number}")).await);
    }
    for goal in &goals {
        world.succeeded(goal).await;
        let done = world.events(goal).await.into_iter().filter_map(|event| match event {
            Event::Done { task, .. } => Some(task.to_string()),
            _ => None,
        });
        let want = ["plan", "post", "work.0", "work.1", "work.2"].map(str::to_owned);
        assert_eq!(done.collect::<BTreeSet<_>>(), BTreeSet::from(want));
        assert_eq!(world.outside.written_for(goal).len(), 1);
    }
    let conflicts = trouble.conflicts.load(Ordering::SeqCst);
    assert!(conflicts > 0, "the coordinators never met: this test shows nothing");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_status_follows_the_log() {
    let mut world = World::new().await;
    world.coordinators(2);
    world.agents();
    let goal = world.submit("small", "status").await;
    world.succeeded(&goal).await;
    let status = world.settled(&goal).await;
    assert!(matches!(status.view.phase, Phase::Ended { .. }));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sub_goals_end_and_tell_their_parent() {
    let mut world = World::new().await;
    world.coordinators(2);
    world.agents();
    let goal = world.submit("nested", "parent").await;
    world.succeeded(&goal).await;
    let children: Vec<_> = world
        .events(&goal)
        .await
        .into_iter()
        .filter_map(|event| match event {
            Event::ChildSubmitted { child, .. } => Some(child),
            _ => None,
        })
        .collect();
    assert_eq!(children.len(), 3);
    for child in children {
        world.succeeded(&child).await;
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_task_says_that_it_is_doing_is_heard_and_shown() {
    let mut world = World::new().await;
    world.coordinators(1);
    let goal = world.submit("posting", "progress").await;
    let mut heard = world.bus.broadcast.listen(&subject::progress(&goal)).await.unwrap();
    let (agent, offer, delivery) = take(&world, "poster", &goal).await;
    let spent = Amount { tokens: 7, ..Amount::default() };
    let body = Body::Progress { note: "writing".to_owned(), spent };
    assert_eq!(agent.report(&offer, body).await, Verdict::Accepted);
    let said: Doing = serde_json::from_slice(&heard.next().await.unwrap().payload).unwrap();
    assert_eq!((said.task.clone(), said.note.as_str(), said.spent), (offer.task, "writing", spent));
    world
        .until("the note in the status", || async {
            world
                .status(&goal)
                .await?
                .progress
                .get(&said.task)
                .filter(|note| *note == "writing")
                .cloned()
        })
        .await;
    delivery.loan.retry_later(Duration::ZERO).await.unwrap();
    world.agents();
    world.succeeded(&goal).await;
    assert!(world.settled(&goal).await.progress.is_empty());
    world.end().await;
}

/// A coordinator that does not know a goal does not look for it when it is submitted: it finds it there
/// when it appends, and takes it as it began, not as it would begin now.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_goal_that_is_submitted_again_goes_on_upon_the_version_that_it_began_on() {
    let mut world = World::new().await;
    world.coordinators(1);
    world.agents();
    let submission = submission("asking", "x");
    let goal = submission.goal;
    world.say(subject::IN_GOAL, kind::SUBMISSION, &submission).await;
    let question = open_question(&world, &goal).await;
    let before = world.log(&goal).await;

    let mut world = world.crash().await;
    let longer = "steps:\n  first: { agent: nobody, with: { topic: \"${input.topic}\" } }\n";
    let text = ASKING.replace("steps:\n", longer);
    Registry::new(Arc::clone(&world.bus.kv)).register(&text).await.unwrap();
    world.coordinators(1);
    world.agents();
    world.say(subject::IN_GOAL, kind::SUBMISSION, &submission).await;
    answer(&world, goal, question, AnswerVerdict::Approve).await;
    world.succeeded(&goal).await;
    let after = world.log(&goal).await;
    assert_eq!(after.get(..before.len()), Some(before.as_slice()));
    let begun = world.events(&goal).await.into_iter();
    assert_eq!(begun.filter(|event| matches!(event, Event::Submitted { .. })).count(), 1);
    world.end().await;
}
