//! Inputs of every sort: good, bad, repeated.

use std::time::Duration;

use chrono::{DateTime, Utc};
use galley_schemas::amount::Amount;
use galley_schemas::artifact::Digest;
use galley_schemas::envelope::kind;
use galley_schemas::id::{GoalId, Principal, TaskId};
use galley_schemas::input::{Answer, AnswerVerdict, Feedback, SubmitReply};
use galley_schemas::record::{Ending, Event};
use galley_schemas::report::{Body, Verdict};
use galley_schemas::subject;
use galley_schemas::view::Question;
use serde_json::json;

use crate::agents::take;
use crate::bad_bus::{Plan, bad};
use crate::world::{World, event, submission};

const NOBODY: &str = "01890000-0000-7000-8000-000000000009";

async fn world() -> World {
    let mut world = World::new().await;
    world.coordinators(2);
    world.agents();
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn poison_is_kept_with_its_fault_and_the_loop_goes_on() {
    let world = world().await;
    let unknown_workflow = submission("no_such", "x");
    let id = galley_schemas::id::MessageId::new("any");
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        (subject::IN_GOAL, b"no json \xff".to_vec(), "GLY0191"),
        (subject::IN_GOAL, b"".to_vec(), "GLY0191"),
        (subject::IN_GOAL, b"[1,2]".to_vec(), "GLY0191"),
        (subject::IN_GOAL, vec![b'['; 200_000], "GLY0191"),
        (subject::IN_GOAL, vec![b'x'; 1_000_000], "GLY0192"),
        (subject::IN_GOAL, event(kind::ANSWER, &id, &json!({})).to_vec(), "GLY0191"),
        (subject::IN_GOAL, event(kind::SUBMISSION, &id, &unknown_workflow).to_vec(), "GLY0195"),
        (subject::IN_GOAL, br#"{"topic": 7}"#.to_vec(), "GLY0150"),
        (subject::IN_GOAL, b"{}".to_vec(), "GLY0150"),
        (subject::IN_ANSWER, br#"{"hello": "world"}"#.to_vec(), "GLY0191"),
        (
            subject::IN_CONTROL,
            br#"{"scope":{"of":"all"},"order":"cancel","by":"x"}"#.to_vec(),
            "GLY0194",
        ),
        (subject::FIRED, b"{}".to_vec(), "GLY0191"),
        (
            subject::IN_SIGNAL,
            format!(r#"{{"goal":"{NOBODY}","step":"hold"}}"#).into_bytes(),
            "GLY0193",
        ),
    ];
    let mut thrown = Vec::new();
    for (subject, payload, code) in cases {
        let id = world.throw(subject, payload.clone()).await;
        thrown.push((id, subject, payload, code));
    }
    for (id, subject, payload, code) in thrown {
        let kept = world.rejection(&id).await;
        let start = String::from_utf8_lossy(&payload[..payload.len().min(60)]).into_owned();
        assert_eq!(kept.fault.code, code, "{subject} {start}: {}", kept.fault);
        assert_eq!(kept.subject, subject);
        let bytes = match (&kept.payload, &kept.artifact) {
            (Some(text), None) => text.clone().into_bytes(),
            (None, Some(artifact)) => {
                world.bus.artifacts.get(&artifact.sha256).await.unwrap().to_vec()
            }
            other => panic!("{start}: kept as {other:?}"),
        };
        assert_eq!(bytes, payload, "{start}: kept whole");
    }
    let goal = world.submit("small", "after the poison").await;
    world.succeeded(&goal).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_input_for_a_known_goal_is_in_its_log() {
    let world = world().await;
    let goal = world.submit("asking", "x").await;
    open_question(&world, &goal).await;
    let answer = Answer {
        goal,
        task: TaskId::new("plan"),
        by: Principal::new("editors"),
        verdict: AnswerVerdict::Approve,
        content: None,
        note: String::new(),
    };
    let to_nothing = world.say(subject::IN_ANSWER, kind::ANSWER, &answer).await;
    let malformed = world.throw(subject::IN_ANSWER, format!(r#"{{"goal":"{goal}"}}"#)).await;
    for id in [to_nothing, malformed] {
        world.rejection(&id).await;
        world
            .until("the rejection in the log", || async {
                let log = world.log(&goal).await;
                let record = log.into_iter().map(|entry| entry.record).find(|r| r.cause == id)?;
                assert!(matches!(record.events[..], [Event::InputRejected { .. }]), "{record:?}");
                Some(())
            })
            .await;
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bare_object_is_a_goal_of_the_default_workflow() {
    let world = world().await;
    let id = world.throw(subject::IN_GOAL, r#"{"topic":"typed by hand"}"#).await;
    let goal = world
        .until("the goal", || async {
            let log = world.bus.log.tail(galley_bus_core::log::Seq::START, 100).await.unwrap();
            let first = log.into_iter().find(|entry| entry.record.cause == id)?;
            Some(first.record.goal)
        })
        .await;
    world.succeeded(&goal).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_answered_with_the_goal_or_with_what_is_wrong() {
    let world = world().await;
    let ask = |payload: bytes::Bytes| {
        let calls = std::sync::Arc::clone(&world.bus.calls);
        async move {
            loop {
                let wait = Duration::from_secs(5);
                match calls.call(subject::SUBMIT, payload.clone(), wait).await {
                    Ok(reply) => return serde_json::from_slice::<SubmitReply>(&reply).unwrap(),
                    // The coordinators are still starting.
                    Err(_) => tokio::task::yield_now().await,
                }
            }
        }
    };
    let SubmitReply::Accepted { goal } = ask(r#"{"topic":"asked"}"#.into()).await else {
        panic!("refused")
    };
    world.succeeded(&goal).await;
    for (payload, code) in [("{}", "GLY0150"), ("x", "GLY0191")] {
        let SubmitReply::Refused { fault } = ask(payload.into()).await else { panic!("{payload}") };
        assert_eq!(fault.code, code);
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_waits_for_its_answer_through_a_crash() {
    let world = world().await;
    let goal = world.submit("asking", "x").await;
    let (task, content) = open_question(&world, &goal).await;
    let mut world = world.crash().await;
    world.coordinators(2);
    world.agents();
    answer(&world, goal, (task, content), AnswerVerdict::Approve).await;
    world.succeeded(&goal).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_cancels_the_goal() {
    let world = world().await;
    let goal = world.submit("asking", "x").await;
    let (task, content) = open_question(&world, &goal).await;
    answer(&world, goal, (task, content), AnswerVerdict::Reject).await;
    let ending = world.ended(&goal).await;
    assert!(matches!(ending, Ending::Cancelled { .. }), "{ending:?}");
    assert_eq!(world.outside.written_for(&goal), []);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_delivered_twice_is_decided_once() {
    let mut world = World::new().await;
    for _ in 0..2 {
        let (bus, _) = bad(&world.bus, Plan::Repeat);
        world.coordinator_on(bus);
    }
    world.agents();
    let goal = world.submit("asking", "x").await;
    let (task, content) = open_question(&world, &goal).await;
    answer(&world, goal, (task, content), AnswerVerdict::Approve).await;
    for value in [1.0, 2.0, 3.0] {
        let feedback = Feedback {
            goal,
            outcome: "rating".to_owned(),
            value,
            by: Principal::new("reader"),
            at: DateTime::<Utc>::UNIX_EPOCH,
        };
        world.say(subject::IN_FEEDBACK, kind::FEEDBACK, &feedback).await;
    }
    world.succeeded(&goal).await;
    let noted = world
        .until("three outcomes", || async {
            let noted = world.events(&goal).await.into_iter().filter(is_outcome).count();
            (noted >= 3).then_some(noted)
        })
        .await;
    assert_eq!(noted, 3);
    let log = world.log(&goal).await;
    let mut causes: Vec<_> = log.iter().map(|entry| &entry.record.cause).collect();
    causes.retain(|cause| !cause.as_str().starts_with("report-"));
    let all = causes.len();
    causes.sort();
    causes.dedup();
    assert_eq!(causes.len(), all, "an input was decided twice");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_result_whose_record_would_be_too_large_fails_its_attempt() {
    let mut world = World::new().await;
    let (bus, _) = bad(&world.bus, Plan::Narrow(20_000));
    world.coordinator_on(bus);
    let goal = world.submit("small", "x").await;
    let (agent, offer, delivery) = take(&world, "planner", &goal).await;
    let output = json!({ "items": ["x"], "pad": "x".repeat(20_000) });
    let body = Body::Done { output, spent: Amount::default(), choices: Vec::new() };
    let verdict = agent.report(&offer, body).await;
    let Verdict::Malformed { fault } = verdict else { panic!("{verdict:?}") };
    assert_eq!(fault.code, "GLY0197", "{fault}");
    delivery.loan.ack().await.unwrap();
    let ending = world.ended(&goal).await;
    assert_eq!(ending, Ending::Failed { fault });
    world.end().await;
}

fn is_outcome(event: &Event) -> bool {
    matches!(event, Event::OutcomeNoted { .. })
}

pub(crate) async fn open_question(world: &World, goal: &GoalId) -> (TaskId, Digest) {
    world
        .until("a question", || async {
            let status = world.status(goal).await?;
            status.view.questions.into_iter().find_map(|question| match question {
                Question::Approval { task, content, .. } => Some((task, content)),
                Question::Effect { .. } => None,
            })
        })
        .await
}

/// Answers a question.
pub(crate) async fn answer(
    world: &World,
    goal: GoalId,
    (task, content): (TaskId, Digest),
    verdict: AnswerVerdict,
) {
    let answer = Answer {
        goal,
        task,
        by: Principal::new("editors"),
        verdict,
        content: Some(content),
        note: String::new(),
    };
    world.say(subject::IN_ANSWER, kind::ANSWER, &answer).await;
}
