//! What servers do wrong, and what becomes of it: tries, waits, the breaker, other models.

use std::time::Duration;

use galley_agents_model::{Breaker, Config, Elsewhere, Model, ModelError, Protocol};
use galley_tests_support::model_server::{Answer, ModelServer};
use galley_tests_support::wait::until_async;
use serde_json::json;

use crate::bench::{ALL, config, connect, model, prompt, url};

/// How long a server may be silent: only one that is silent for ever is given up soon.
fn idle(answer: &Answer) -> u64 {
    if matches!(answer, Answer::Never | Answer::Silent(_)) { 200 } else { 30_000 }
}

fn done() -> Answer {
    Answer::Text("done".to_owned())
}

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    let faults = [
        Answer::Status(429, Some(0)),
        Answer::Status(500, None),
        Answer::HalfStream("half".to_owned()),
        Answer::Overloaded("half".to_owned()),
        Answer::Text(String::new()),
    ];
    for protocol in ALL {
        let server = ModelServer::start(faults.clone(), done()).await;
        let tenacious = Config { tries_max: 6, ..config(protocol, &server) };
        let done = connect(tenacious).complete(&prompt()).await.unwrap();
        assert_eq!((done.text.as_str(), server.asked().len()), ("done", 6), "{protocol:?}");
    }
}

#[tokio::test]
async fn tries_are_bounded_and_the_last_error_is_told() {
    for (answer, want) in [
        (Answer::Status(429, Some(0)), "busy (429)"),
        (Answer::Status(503, None), "busy (503)"),
        (Answer::Status(500, None), "scripted 500"),
        (Answer::HalfStream("half".to_owned()), "broke off"),
        (Answer::Overloaded("half".to_owned()), "busy (529)"),
        (Answer::Garbage, "not JSON"),
        (Answer::Never, "did not answer within 200ms"),
        (Answer::Silent("half".to_owned()), "did not answer within 200ms"),
    ] {
        for protocol in ALL {
            let server = ModelServer::start([], answer.clone()).await;
            let twice =
                Config { tries_max: 2, idle_ms: idle(&answer), ..config(protocol, &server) };
            let error = connect(twice).complete(&prompt()).await.unwrap_err();
            assert!(error.to_string().contains(want), "{protocol:?} {answer:?}: {error}");
            assert_eq!(server.asked().len(), 2, "{protocol:?} {answer:?}");
        }
    }
}

#[tokio::test]
async fn what_a_repeat_cannot_mend_is_told_at_once() {
    for protocol in ALL {
        let wrong = ModelServer::start([], Answer::Status(401, None)).await;
        let error = model(protocol, &wrong).complete(&prompt()).await.unwrap_err();
        assert!(matches!(error, ModelError::Rejected { status: 401, .. }), "{error}");
        assert_eq!(wrong.asked().len(), 1, "{protocol:?}");
        // Out of money is told as too many requests.
        let body = json!({ "error": { "type": "insufficient_quota", "message": "pay first" } });
        let poor = ModelServer::start([], Answer::Fault(429, Vec::new(), body)).await;
        let error = model(protocol, &poor).complete(&prompt()).await.unwrap_err();
        assert!(matches!(error, ModelError::Rejected { status: 429, .. }), "{error}");
        assert_eq!(poor.asked().len(), 1, "{protocol:?}");
    }
}

#[tokio::test]
async fn a_refusal_is_told_at_once_with_its_cost_and_asked_of_no_other_model() {
    for protocol in [Protocol::Openai, Protocol::OpenaiResponses, Protocol::Anthropic] {
        let server = ModelServer::start([], Answer::Refusal("no".to_owned())).await;
        let error = connect(chained(protocol, &server)).complete(&prompt()).await.unwrap_err();
        let ModelError::Refused { usage, .. } = error else { panic!("{error}") };
        assert_eq!((usage.input_tokens, server.asked().len()), (100, 1), "{protocol:?}");
    }
}

#[tokio::test]
async fn a_server_that_asks_for_a_long_wait_is_left_alone_by_everybody() {
    let server = ModelServer::start([], Answer::Status(429, Some(3_600))).await;
    let model = model(Protocol::Openai, &server);
    for _ in 0..3 {
        let error = model.complete(&prompt()).await.unwrap_err();
        let ModelError::Busy { after: Some(after), .. } = error else { panic!("{error}") };
        assert!(after > Duration::from_secs(3_500), "{after:?}");
    }
    assert_eq!(server.asked().len(), 1, "it was asked once, by all calls together");
}

#[tokio::test]
async fn a_dated_wait_is_understood() {
    let headers = vec![
        ("date", "Sun, 22 Nov 2026 15:00:00 GMT".to_owned()),
        ("retry-after", "Sun, 22 Nov 2026 16:00:00 GMT".to_owned()),
    ];
    let server = ModelServer::start([], Answer::Fault(503, headers, json!({}))).await;
    let error = model(Protocol::Openai, &server).complete(&prompt()).await.unwrap_err();
    let ModelError::Busy { after, .. } = error else { panic!("{error}") };
    assert_eq!((after, server.asked().len()), (Some(Duration::from_secs(3_600)), 1));
}

fn breaking(pause_ms: u64, server: &ModelServer) -> Config {
    let breaker = Breaker { failures_max: 3, pause_ms, pause_most_ms: pause_ms };
    Config { breaker, tries_max: 2, ..config(Protocol::Openai, server) }
}

#[tokio::test]
async fn a_model_that_fails_again_and_again_is_left_alone() {
    let server = ModelServer::start([], Answer::Status(500, None)).await;
    let model = connect(breaking(3_600_000, &server));
    for asked in [2, 3, 3, 3] {
        let error = model.complete(&prompt()).await.unwrap_err();
        assert!(error.to_string().contains("scripted 500"), "the cause stays told: {error}");
        assert_eq!(server.asked().len(), asked);
    }
}

#[tokio::test]
async fn after_a_pause_one_call_tries_and_all_go_on() {
    let server = ModelServer::start(vec![Answer::Status(500, None); 3], done()).await;
    let model = connect(Config { tries_max: 1, ..breaking(1, &server) });
    for _ in 0..3 {
        model.complete(&prompt()).await.unwrap_err();
    }
    // It is open now, for so short a pause that a call waits for its end.
    for _ in 0..3 {
        assert_eq!(model.complete(&prompt()).await.unwrap().text, "done");
    }
    assert_eq!(server.asked().len(), 6);
}

#[tokio::test]
async fn of_all_calls_that_wait_for_a_model_to_come_back_none_is_lost() {
    let server = ModelServer::start(vec![Answer::Status(500, None); 3], done()).await;
    let model = connect(Config { tries_max: 1, retry_most_ms: 1_000, ..breaking(20, &server) });
    for _ in 0..3 {
        model.complete(&prompt()).await.unwrap_err();
    }
    let asked = prompt();
    let calls = (0..8).map(|_| model.complete(&asked));
    let ended = futures::future::join_all(calls).await;
    assert!(ended.iter().all(Result::is_ok), "{ended:?}");
}

#[tokio::test]
async fn a_probe_whose_caller_goes_away_does_not_shut_the_model_for_ever() {
    let script = [Answer::Status(500, None), Answer::Never];
    let server = ModelServer::start(script, done()).await;
    let breaker = Breaker { failures_max: 1, pause_ms: 1, pause_most_ms: 1 };
    let config = Config { breaker, tries_max: 1, ..config(Protocol::Openai, &server) };
    let model = connect(config);
    model.complete(&prompt()).await.unwrap_err();
    let asked = prompt();
    // The probe is dropped while the server has it.
    tokio::select! {
        biased;
        ended = model.complete(&asked) => panic!("{ended:?}"),
        () = until_async("the probe at the server", || async {
            (server.answered() == 2).then_some(())
        }) => {}
    }
    assert_eq!(model.complete(&prompt()).await.unwrap().text, "done");
}

fn chained(protocol: Protocol, second: &ModelServer) -> Config {
    let at = Elsewhere {
        model: "second".to_owned(),
        url: url(protocol, second),
        ..Elsewhere::default()
    };
    Config { fallbacks: vec![at], tries_max: 1, ..config(protocol, second) }
}

#[tokio::test]
async fn another_model_is_asked_when_one_gives_no_reply() {
    for (answer, asked) in [
        (Answer::Status(429, Some(3_600)), 1),
        (Answer::Status(500, None), 2),
        (Answer::Status(401, None), 2),
        (Answer::Never, 2),
    ] {
        let first = ModelServer::start([], answer.clone()).await;
        for fallback in ALL {
            let second = ModelServer::start([], done()).await;
            let mut config = chained(Protocol::Openai, &second);
            config.url = first.url().to_owned();
            config.idle_ms = idle(&answer);
            config.fallbacks[0].url = url(fallback, &second);
            config.fallbacks[0].protocol = Some(fallback);
            let model = connect(config);
            let before = first.asked().len();
            for _ in 0..2 {
                assert_eq!(model.complete(&prompt()).await.unwrap().text, "done", "{answer:?}");
            }
            assert_eq!(first.asked().len() - before, asked, "{answer:?}");
            assert_eq!(second.asked()[0].body["model"], "second");
        }
    }
}

#[tokio::test]
async fn what_may_pass_is_told_before_what_may_not() {
    let busy = ModelServer::start([], Answer::Status(503, None)).await;
    let closed = ModelServer::start([], Answer::Status(401, None)).await;
    for (first, second) in [(&busy, &closed), (&closed, &busy)] {
        let mut config = chained(Protocol::Openai, second);
        config.url = first.url().to_owned();
        let error = connect(config).complete(&prompt()).await.unwrap_err();
        assert!(matches!(error, ModelError::Busy { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_repair_turn_goes_to_the_model_that_gave_the_reply() {
    let first = ModelServer::start([], Answer::Status(500, None)).await;
    let script = [Answer::Text("no value".to_owned())];
    let second = ModelServer::start(script, Answer::Json(json!({ "n": 1 }))).await;
    let mut config = chained(Protocol::Openai, &second);
    config.url = first.url().to_owned();
    let done = connect(config).complete(&crate::bench::shaped()).await.unwrap();
    assert_eq!(done.value, Some(json!({ "n": 1 })));
    assert_eq!((first.asked().len(), second.asked().len()), (1, 2));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_so() {
    let gone = ModelServer::start([], done()).await.url().to_owned();
    let server = ModelServer::start([], done()).await;
    let config = Config { url: gone, tries_max: 2, ..config(Protocol::Openai, &server) };
    let error = connect(config).complete(&prompt()).await.unwrap_err();
    assert!(matches!(error, ModelError::Unavailable { .. }), "{error}");
}
