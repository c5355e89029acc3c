//! Scaling while goals are under way, on a real nats-server, by the signals and probes that Kubernetes uses: a process is
//! started and waited for by `/readyz`; it is asked to end by SIGTERM, and has its grace period. Nothing is lost, nothing
//! is done twice, and no answer of the model is paid for twice.

#![expect(clippy::unwrap_used, reason = "in tests, a panic is the report")]

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use galley_tests_e2e::nats::{KINDS, OnNats, Role};
use galley_tests_e2e::{Running, done, events};
use galley_tests_support::model_server::{Answer, ModelServer};
use galley_tests_support::wait::{until, until_async};
use serde_json::Value;

/// Where the tasks of the kind that is scaled wait.
const DRAFTS: &str = "GALLEY_TASK.agent_drafting";
/// How many processes it is scaled to.
const MOST: usize = 20;
/// How many of them have no time to end when it is scaled down.
const HASTY: usize = 10;
const GOALS: usize = 24;
/// Longest time for what was given back to be there again: long before a loan of a minute runs out.
const GIVEN_BACK_WITHIN: Duration = Duration::from_secs(35);

/// The drafting agent with a model; no call is given up because it is held for long.
fn drafting(on: &OnNats, model: &ModelServer, grace: &str) -> Command {
    let config = on.path("drafting.yaml");
    fs::write(&config, "model: { idle_ms: 120000, call_ms: 120000 }\n").unwrap();
    let mut command = on.command(&["agent", "drafting", "--slots", "1", "--grace", grace]);
    command.arg("--config").arg(config);
    command.env("GALLEY_MODEL_URL", model.url()).env("GALLEY_MODEL", "m");
    command
}

/// Starts processes side by side, and waits until all are ready.
fn start(commands: impl Iterator<Item = Command>) -> Vec<Role> {
    let begun: Vec<Running> = commands.map(Running::start_with_notes).collect();
    begun.into_iter().map(Role::ready).collect()
}

/// Asks all of them to end, side by side, and waits.
#[track_caller]
fn end(roles: Vec<Role>) {
    roles.iter().for_each(|role| role.process.ask_to_end());
    ended(roles);
}

/// Waits for all of them to end; each must have ended in order.
#[track_caller]
fn ended(roles: Vec<Role>) {
    for role in roles {
        assert_eq!(role.process.wait(), Some(0), "{}", role.said);
    }
}

/// Hands in goals, a few at a time.
fn submit(on: &OnNats, goals: usize) -> Vec<String> {
    let ids = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for part in 0..4 {
            let ids = &ids;
            scope.spawn(move || {
                for number in (part..goals).step_by(4) {
                    ids.lock().unwrap().push(submit_one(on, number));
                }
            });
        }
    });
    ids.into_inner().unwrap()
}

fn submit_one(on: &OnNats, number: usize) -> String {
    let topic = format!("How coffee of sort {number} is roasted");
    on.submit(&[&topic, "--words", "300", "--autonomous"])
}

/// Fails unless every goal ended well with each task done once and one write, there is one article each, and each answer
/// of the model is charged once.
#[track_caller]
fn assert_nothing_lost_and_nothing_twice(on: &OnNats, goals: &[String], model: &ModelServer) {
    let mut charged = 0;
    for goal in goals {
        on.succeeds(goal);
        let records = on.records(Some(goal));
        let done = done(&records);
        assert!(done.len() >= KINDS.len(), "{done:?}");
        assert!(done.values().all(|times| *times == 1), "{goal}: done twice: {done:?}");
        let of = |name: &'static str| {
            events(&records).filter(move |event| event.get("is").is_some_and(|is| is == name))
        };
        assert_eq!(of("effect_intended").count(), 1, "{goal}: one write was announced");
        let spent = |event: &Value| event.pointer("/spent/calls").and_then(Value::as_u64).unwrap();
        charged += of("ended").map(spent).sum::<u64>();
    }
    assert_eq!(on.posts().len(), goals.len(), "one article each");
    assert_eq!(u64::try_from(model.answered()).unwrap(), charged, "each answer is charged once");
    assert!(on.run(&["doctor"]).success().out().contains("nothing is stuck"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kind_goes_from_none_to_twenty_to_none_under_load() {
    let Some(on) = OnNats::start() else { return };
    let model = ModelServer::gated(Answer::BySchema).await;
    let _coordinators = [on.role(&["coordinator"]), on.role(&["coordinator"])];
    let _others = on.agents_but(&["drafting"]);
    let goals = submit(&on, GOALS);
    let counted = |what: &str, number| (on.counted(DRAFTS, what) == number).then_some(());
    until("every goal to come to its draft", || counted("num_pending", GOALS));

    // From none to twenty: each has a call of the model in its journal, and another one under way.
    let commands = (0..MOST).map(|n| drafting(&on, &model, if n < HASTY { "0" } else { "60" }));
    let mut hasty = start(commands);
    let patient = hasty.split_off(HASTY);
    until_async("each to ask the model", || async { (model.held() >= MOST).then_some(()) }).await;
    model.allow(MOST);
    until_async("each to ask it again", || async {
        (model.answered() == MOST && model.held() >= MOST).then_some(())
    })
    .await;

    // To none, and to twenty again before the last has gone: who has no time gives back what it has, for others to go on
    // with at once; who has time ends its long calls.
    let began = now();
    end(hasty);
    let gone = began.elapsed();
    patient.iter().for_each(|role| role.process.ask_to_end());
    patient.iter().for_each(|role| role.is_soon("readyz", 503));
    let again = start((0..MOST).map(|_| drafting(&on, &model, "60")));
    until("what was given back to be in hand again", || counted("num_redelivered", HASTY));
    let took = began.elapsed();
    println!(
        "{HASTY} processes ended in {gone:.1?}; what they had was in hand again after {took:.1?}"
    );
    assert!(took < GIVEN_BACK_WITHIN, "loans ran out instead: {took:?}");
    model.allow(100_000);
    ended(patient);
    assert_nothing_lost_and_nothing_twice(&on, &goals, &model);
    end(again);
    assert_eq!(on.counted(DRAFTS, "num_ack_pending"), 0);
}

#[expect(clippy::disallowed_methods, reason = "how long processes take is real time")]
fn now() -> Instant {
    Instant::now()
}

/// Starts a new process in place of one, as a rolling upgrade does: the old one is asked to end when the new one is ready.
/// Says how long the old one took.
#[track_caller]
fn replace(role: &mut Role, command: Command) -> Duration {
    let old = std::mem::replace(role, Role::start(command));
    let began = now();
    old.process.ask_to_end();
    assert_eq!(old.process.wait(), Some(0), "{} did not end in order", old.said);
    began.elapsed()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_role_is_upgraded_one_after_the_other_under_load() {
    let Some(on) = OnNats::start() else { return };
    let model = ModelServer::gated(Answer::BySchema).await;
    let command = |kind: &str| match kind {
        "drafting" => drafting(&on, &model, "60"),
        _ => on.agent_command(kind),
    };
    let mut coordinators = [on.role(&["coordinator"]), on.role(&["coordinator"])];
    let mut learner = on.role(&["agent", "learning"]);
    let roles = start(KINDS.into_iter().map(command));
    let mut agents: BTreeMap<&str, Role> = KINDS.into_iter().zip(roles).collect();
    let (is_over, goals) = (AtomicBool::new(false), Mutex::new(Vec::new()));
    let mut upgrade = || {
        until("goals to be under way", || (goals.lock().unwrap().len() > 2).then_some(()));
        let mut slowest = (Duration::ZERO, "");
        for role in &mut coordinators {
            slowest = slowest.max((replace(role, on.command(&["coordinator"])), "coordinator"));
            model.allow(5);
        }
        for kind in KINDS {
            let role = agents.get_mut(kind).unwrap();
            if kind == "drafting" {
                // A call is under way when it is asked to end, and is answered after that.
                until("a call to be under way", || (model.held() > 0).then_some(()));
                role.process.ask_to_end();
                role.is_soon("readyz", 503);
                model.allow(100_000);
            }
            slowest = slowest.max((replace(role, command(kind)), kind));
        }
        slowest =
            slowest.max((replace(&mut learner, on.command(&["agent", "learning"])), "learner"));
        is_over.store(true, Ordering::SeqCst);
        slowest
    };
    let slowest = std::thread::scope(|scope| {
        let load = || {
            let mut number = 0;
            while !is_over.load(Ordering::SeqCst) {
                // One that is handed in while coordinators change is taken too.
                goals.lock().unwrap().push(submit_one(&on, number));
                number += 1;
            }
        };
        scope.spawn(load);
        upgrade()
    });
    let goals = goals.into_inner().unwrap();
    println!("{} goals under ten upgrades; the slowest end took {slowest:.1?}", goals.len());
    assert_nothing_lost_and_nothing_twice(&on, &goals, &model);
}
