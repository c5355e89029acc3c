//! The same job with a language model behind the real wire protocols, and with one that fails.

#![expect(clippy::unwrap_used, reason = "in tests, a panic is the report")]

use std::fs;
use std::process::Command;

use galley_tests_e2e::{Place, Running, events};
use galley_tests_support::model_server::{Answer, ModelServer};
use galley_tests_support::wait::until_async;

const TOPIC: &str = "How coffee is roasted";

/// Bounds that a failing server reaches soon, and one task of a kind at a time, so that a crash has
/// one call in hand at most.
const CONFIG: &str = "
model: { tries_max: 2, retry_first_ms: 1, retry_most_ms: 5, idle_ms: 500, call_ms: 5000 }
agents:
  slots: { ingestion: 1, ideation: 1, research: 1, drafting: 1, seo: 1, review: 1, publishing: 1 }
";

fn command(place: &Place, server: &ModelServer, args: &[&str]) -> Command {
    configured(place, server, CONFIG, args)
}

fn configured(place: &Place, server: &ModelServer, config: &str, args: &[&str]) -> Command {
    fs::write(place.path("galley.yaml"), config).unwrap();
    let config = place.path("galley.yaml");
    let site = place.site();
    let mut all = vec!["--config", config.to_str().unwrap(), "run", "--json", "--out"];
    all.push(site.to_str().unwrap());
    all.extend(args);
    let mut command = place.command(&all);
    command.env("GALLEY_MODEL_URL", server.url());
    command
}

/// Runs without holding up the server that it talks to.
async fn run(command: Command) -> Option<i32> {
    tokio::task::spawn_blocking(|| Running::start(command).wait()).await.unwrap()
}

#[tokio::test]
async fn with_a_model_the_same_workflow_writes_prose() {
    let server = ModelServer::start([], Answer::BySchema).await;
    let place = Place::new();
    let code = run(command(&place, &server, &[TOPIC, "--words", "300"])).await;
    // What this model says is meaningless, so the gate may hold it back; it never hangs or crashes.
    assert!(matches!(code, Some(0 | 1 | 3)), "{code:?}");
    assert!(server.answered() > 0, "the model was asked");
    let records = place.records(None);
    let spent = events(&records).filter_map(|event| event["spent"]["calls"].as_u64()).max();
    assert!(spent > Some(0), "calls are charged");
}

#[tokio::test]
async fn a_failing_model_ends_the_goal_with_its_reason() {
    for (answer, says) in [
        (Answer::Status(429, Some(0)), "busy"),
        (Answer::Status(500, None), "500"),
        (Answer::HalfStream("half".to_owned()), "broke off"),
        (Answer::Text("not JSON".to_owned()), "schema"),
        (Answer::Refusal("I will not".to_owned()), "refus"),
        (Answer::Never, "did not answer"),
    ] {
        let server = ModelServer::start([], answer.clone()).await;
        let place = Place::new();
        let code = run(command(&place, &server, &[TOPIC, "--words", "300"])).await;
        assert_eq!(code, Some(1), "{answer:?}");
        let shown = place.run(&["show"]).success().out();
        assert!(shown.contains("GLY05") && shown.contains(says), "{answer:?}: {shown}");
        assert!(place.posts().is_empty(), "{answer:?}");
        assert!(place.run(&["doctor"]).success().out().contains("nothing is stuck"));
    }
}

#[tokio::test]
async fn a_model_that_recovers_is_waited_for() {
    let faults = [Answer::Status(503, Some(0)), Answer::HalfStream("ha".to_owned())];
    let server = ModelServer::start(faults, Answer::BySchema).await;
    let place = Place::new();
    let code = run(command(&place, &server, &[TOPIC, "--words", "300"])).await;
    assert!(matches!(code, Some(0 | 3)) || server.answered() > 4, "{code:?}");
}

/// Kills the process each time a call is held, so exactly behind a call that was answered and kept.
#[tokio::test]
async fn no_call_is_paid_for_twice_however_often_the_process_is_killed() {
    let server = ModelServer::gated(Answer::BySchema).await;
    let place = Place::new();
    // A call that is held must not be given up and asked again.
    let patient = CONFIG.replace("idle_ms: 500, call_ms: 5000", "idle_ms: 120000, call_ms: 120000");
    let mut answered = 0;
    loop {
        let args = if answered == 0 { &[TOPIC, "--words", "300"][..] } else { &["--resume"][..] };
        let mut running = Running::start(configured(&place, &server, &patient, args));
        // The call that is asked anew is answered; the next one is held, and then it is killed. How many
        // there are is chance: the headline's style is drawn.
        server.allow(1);
        answered += 1;
        let is_over = until_async("the next call, or the end", || {
            let is_held = server.answered() == answered && server.held() == 1;
            let is_over = running.has_ended();
            async move { (is_held || is_over).then_some(is_over) }
        })
        .await;
        running.kill();
        if is_over {
            break;
        }
        until_async("the killed caller to be gone", || async {
            (server.held() == 0).then_some(())
        })
        .await;
    }
    assert!(answered >= 5, "a goal with only {answered} calls proves little");
    assert_eq!(server.answered(), answered, "every call was answered, and so paid for, once");
    let shown = place.run(&["show", "--json"]);
    let spent = shown.json_lines()[0]["spent"]["calls"].as_u64();
    assert_eq!(spent, u64::try_from(answered).ok(), "and the goal was charged for each");
}
