//! Inputs that wait on the bus while no coordinator runs take effect in the order in which they were
//! given.

use chrono::{DateTime, Utc};
use galley_bus_core::Bus;
use galley_bus_core::kv::Put;
use galley_bus_core::topology;
use galley_schemas::envelope::kind;
use galley_schemas::id::{AgentKind, Epoch, GoalId, Principal, WorkflowName};
use galley_schemas::input::{AnswerVerdict, Control, Feedback, Order, Place, Scope, Standing};
use galley_schemas::record::{Ending, Event};
use galley_schemas::subject::{self, bucket, fence_key};
use galley_schemas::view::Phase;

use crate::bad_bus::{Plan, bad};
use crate::inputs::{answer, open_question};
use crate::world::{World, submission};

/// Every sequence of stops and resumes up to this length.
const LONGEST: u32 = 5;

fn sequences(length: u32) -> impl Iterator<Item = Vec<Order>> {
    (0..1_u32 << length).map(move |bits| {
        let order = |place| if bits >> place & 1 == 0 { Order::Stop } else { Order::Resume };
        (0..length).map(order).collect()
    })
}

async fn order(world: &World, scope: Scope, order: Order) {
    let control = Control { scope, order, by: Principal::new("ops"), reason: String::new() };
    world.say(subject::IN_CONTROL, kind::CONTROL, &control).await;
}

/// Goals that wait for a person, all of them begun, and nobody at work on them.
async fn waiting(count: usize) -> (World, Vec<GoalId>) {
    let mut world = World::new().await;
    world.coordinators(1);
    world.agents();
    let mut goals = Vec::new();
    for number in 0..count {
        goals.push(world.submit("asking", &format!("goal {number}")).await);
    }
    for goal in &goals {
        open_question(&world, goal).await;
        world.settled(goal).await;
    }
    (world.crash().await, goals)
}

/// Waits until a goal stands as it was told last, with nothing left to tell it.
async fn stands(world: &World, goal: &GoalId, orders: &[Order]) {
    let want = orders.last() == Some(&Order::Stop);
    world
        .until("the goal to stand as the last order says", || async {
            let status = world.status(goal).await?;
            ((status.view.phase == Phase::Stopped) == want).then_some(())
        })
        .await;
}

/// Waits until every input is settled.
async fn idle(world: &World) {
    world
        .until("all inputs to be settled", || async {
            let inputs = topology::inputs();
            let depth = world.bus.queue.depth(&inputs).await.unwrap();
            (depth.pending == 0 && depth.in_flight == 0).then_some(())
        })
        .await;
}

async fn every_sequence_for_one_goal(coordinators: usize) {
    let all: Vec<Vec<Order>> = (1..=LONGEST).flat_map(sequences).collect();
    let (mut world, goals) = waiting(all.len()).await;
    for (goal, orders) in goals.iter().zip(&all) {
        for one in orders {
            order(&world, Scope::Goal { goal: *goal }, *one).await;
        }
    }
    world.coordinators(coordinators);
    idle(&world).await;
    for (goal, orders) in goals.iter().zip(&all) {
        stands(&world, goal, orders).await;
    }
    if coordinators == 1 {
        for (goal, orders) in goals.iter().zip(&all) {
            let refused = world.events(goal).await.iter().any(is_refusal);
            assert!(!refused, "one coordinator takes all of {orders:?} in their order");
        }
    }
    world.end().await;
}

fn is_refusal(event: &Event) -> bool {
    matches!(event, Event::InputRejected { .. })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_goal_stands_as_the_last_of_its_queued_orders_says() {
    every_sequence_for_one_goal(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_goal_stands_as_the_last_order_says_among_three_coordinators() {
    every_sequence_for_one_goal(3).await;
}

async fn every_sequence_for_many(scope: Scope) {
    let mut before = waiting(3).await;
    for coordinators in [1, 3] {
        for orders in (1..=LONGEST).flat_map(sequences).step_by(coordinators) {
            let (mut world, goals) = before;
            for one in &orders {
                order(&world, scope.clone(), *one).await;
            }
            world.coordinators(coordinators);
            idle(&world).await;
            let entry = world.bus.kv.get(bucket::EPOCHS, &fence_key(&scope)).await.unwrap();
            let standing: Standing = serde_json::from_slice(&entry.unwrap().value).unwrap();
            assert_eq!(Some(&standing.control.order), orders.last());
            for goal in &goals {
                let stopped = match scope {
                    Scope::Kind { .. } => is_held(&world, goal).await,
                    _ => world.settled(goal).await.view.phase == Phase::Stopped,
                };
                assert_eq!(stopped, orders.last() == Some(&Order::Stop), "{scope:?} {orders:?}");
            }
            before = (world.crash().await, goals);
        }
    }
    before.0.end().await;
}

/// Whether the last that a goal's log says of its fences is a stop.
async fn is_held(world: &World, goal: &GoalId) -> bool {
    let events = world.events(goal).await.into_iter().rev();
    let mut fences = events.filter_map(|event| match event {
        Event::Stopped { .. } => Some(true),
        Event::Resumed { .. } => Some(false),
        _ => None,
    });
    fences.next().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_goals_stand_as_the_last_queued_order_says() {
    every_sequence_for_many(Scope::All).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_goals_of_a_workflow_stand_as_the_last_queued_order_says() {
    let workflow = WorkflowName::new("asking").unwrap();
    every_sequence_for_many(Scope::Workflow { workflow }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_goals_with_a_kind_stand_as_the_last_queued_order_says() {
    every_sequence_for_many(Scope::Kind { kind: AgentKind::new("poster").unwrap() }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_of_all_outlasts_a_resume_of_one_goal_in_either_order() {
    let (mut world, goals) = waiting(2).await;
    let (all, one) = (Scope::All, |at: usize| Scope::Goal { goal: goals[at] });
    order(&world, one(0), Order::Resume).await;
    order(&world, all.clone(), Order::Stop).await;
    order(&world, one(1), Order::Resume).await;
    world.coordinators(3);
    idle(&world).await;
    for goal in &goals {
        assert_eq!(world.settled(goal).await.view.phase, Phase::Stopped);
    }
    order(&world, all, Order::Resume).await;
    for goal in &goals {
        stands(&world, goal, &[Order::Resume]).await;
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancel_counts_whatever_was_ordered_after_it() {
    let (mut world, goals) = waiting(6).await;
    for goal in &goals {
        let scope = Scope::Goal { goal: *goal };
        for one in [Order::Stop, Order::Cancel, Order::Stop, Order::Resume] {
            order(&world, scope.clone(), one).await;
        }
    }
    world.coordinators(3);
    for goal in &goals {
        let ending = world.ended(goal).await;
        assert!(matches!(ending, Ending::Cancelled { .. }), "{ending:?}");
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_was_overtaken_is_told_in_the_goals_log() {
    let (mut world, goals) = waiting(1).await;
    let scope = Scope::Goal { goal: goals[0] };
    // As another coordinator leaves it that was faster with a later order.
    let control = Control {
        scope: scope.clone(),
        order: Order::Resume,
        by: Principal::new("ops"),
        reason: String::new(),
    };
    let place = Place { stream: 0, seq: 1_000_000 };
    let standing = Standing { control, epoch: Epoch(7), place: Some(place) };
    let value = serde_json::to_vec(&standing).unwrap();
    let put = Put::any(value);
    world.bus.kv.put(bucket::EPOCHS, &fence_key(&scope), put).await.unwrap();
    order(&world, scope, Order::Stop).await;
    world.coordinators(1);
    let told = world.event(&goals[0], is_refusal).await;
    let Event::InputRejected { fault } = told else { panic!("{told:?}") };
    assert_eq!(
        (fault.code.as_str(), fault.message.as_str()),
        ("GLY0188", "ops has ordered to resume since")
    );
    idle(&world).await;
    stands(&world, &goals[0], &[Order::Resume]).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_comes_again_after_a_crash_has_goals_told_what_stands() {
    let (mut world, goals) = waiting(1).await;
    world.coordinators(1);
    order(&world, Scope::All, Order::Stop).await;
    stands(&world, &goals[0], &[Order::Stop]).await;
    idle(&world).await;
    let mut world = world.crash().await;
    // A later order stands, and the goal heard it before the stop: it was not stopped then.
    let control = Control {
        scope: Scope::All,
        order: Order::Resume,
        by: Principal::new("ops"),
        reason: String::new(),
    };
    let place = Place { stream: 0, seq: 1_000_000 };
    let standing = Standing { control, epoch: Epoch(7), place: Some(place) };
    let put = Put::any(serde_json::to_vec(&standing).unwrap());
    world.bus.kv.put(bucket::EPOCHS, &fence_key(&Scope::All), put).await.unwrap();
    order(&world, Scope::All, Order::Stop).await;
    world.coordinator_on(bad(&world.bus, Plan::Repeat).0);
    stands(&world, &goals[0], &[Order::Resume]).await;
    world.end().await;
}

/// Two answers wait: the first one counts, since one is enough.
async fn first_answer_counts(
    first: AnswerVerdict,
    second: AnswerVerdict,
    bus: impl Fn(&Bus) -> Bus,
) {
    let mut world = World::new().await;
    world.coordinators(1);
    world.agents();
    let mut goals = Vec::new();
    for number in 0..8 {
        goals.push(world.submit("asking", &format!("goal {number}")).await);
    }
    let mut questions = Vec::new();
    for goal in &goals {
        questions.push(open_question(&world, goal).await);
    }
    let mut world = world.crash().await;
    for (goal, (task, content)) in goals.iter().zip(questions) {
        for verdict in [&first, &second] {
            answer(&world, *goal, (task.clone(), content.clone()), verdict.clone()).await;
        }
    }
    let bus = bus(&world.bus);
    world.coordinator_on(bus);
    world.agents();
    for goal in &goals {
        match (&first, world.ended(goal).await) {
            (AnswerVerdict::Approve, Ending::Succeeded { .. })
            | (AnswerVerdict::Reject, Ending::Cancelled { .. }) => {}
            (first, ending) => panic!("{first:?} came first: {ending:?}"),
        }
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_queued_answers_the_first_counts() {
    let (approve, reject) = (AnswerVerdict::Approve, AnswerVerdict::Reject);
    first_answer_counts(approve.clone(), reject.clone(), Bus::clone).await;
    first_answer_counts(reject, approve, Bus::clone).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_queued_answers_the_first_counts_also_when_each_is_delivered_twice() {
    let (approve, reject) = (AnswerVerdict::Approve, AnswerVerdict::Reject);
    let repeat = |bus: &Bus| bad(bus, Plan::Repeat).0;
    first_answer_counts(approve.clone(), reject.clone(), repeat).await;
    first_answer_counts(reject, approve, repeat).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_said_of_a_goal_before_it_was_submitted_waits_for_it_in_its_order() {
    let mut world = World::new().await;
    let submission = submission("small", "late");
    let scope = Scope::Goal { goal: submission.goal };
    for one in [Order::Stop, Order::Resume, Order::Stop] {
        order(&world, scope.clone(), one).await;
    }
    world.say(subject::IN_GOAL, kind::SUBMISSION, &submission).await;
    world.coordinators(1);
    stands(&world, &submission.goal, &[Order::Stop]).await;
    idle(&world).await;
    stands(&world, &submission.goal, &[Order::Stop]).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_outcomes_of_one_goal_are_noted_in_their_order_and_hold_up_nobody() {
    const MANY: u32 = 150;
    let (mut world, goals) = waiting(2).await;
    for value in 0..MANY {
        let feedback = Feedback {
            goal: goals[0],
            outcome: "views".to_owned(),
            value: value.into(),
            by: Principal::new("site"),
            at: DateTime::<Utc>::UNIX_EPOCH,
        };
        world.say(subject::IN_FEEDBACK, kind::FEEDBACK, &feedback).await;
    }
    order(&world, Scope::Goal { goal: goals[1] }, Order::Stop).await;
    world.coordinators(1);
    stands(&world, &goals[1], &[Order::Stop]).await;
    idle(&world).await;
    let noted = world.events(&goals[0]).await.into_iter().filter_map(|event| match event {
        Event::OutcomeNoted { feedback } => Some(feedback.value),
        _ => None,
    });
    assert!(noted.eq((0..MANY).map(f64::from)));
    world.end().await;
}
