//! Bounds that all callers of a process share.

use std::sync::Arc;

use futures::future::join_all;
use galley_agents_model::{Config, Elsewhere, Model, ModelError, Pace, Protocol};
use galley_tests_support::model_server::{Answer, ModelServer};
use galley_tests_support::wait::until_async;

use crate::bench::{config, connect, prompt};

#[tokio::test]
async fn no_more_calls_are_out_at_once_than_the_provider_has_places() {
    let server = ModelServer::gated(Answer::Text("done".to_owned())).await;
    // Both models of the chain are at one provider; nobody is silent while the gate is shut.
    let second = Elsewhere { model: "second".to_owned(), ..Elsewhere::default() };
    let model = Arc::new(connect(Config {
        parallel_max: 2,
        idle_ms: 60_000,
        fallbacks: vec![second],
        ..config(Protocol::Openai, &server)
    }));
    let asked = prompt();
    let calls = join_all((0..6).map(|_| model.complete(&asked)));
    let watch = async {
        for round in 1..=3 {
            until_async("two calls at the gate", || async { (server.held() == 2).then_some(()) })
                .await;
            assert_eq!(server.asked().len(), round * 2, "the others wait outside");
            server.allow(2);
            until_async("two answers", || async { (server.answered() == round * 2).then_some(()) })
                .await;
        }
    };
    let (done, ()) = futures::future::join(calls, watch).await;
    assert!(done.iter().all(Result::is_ok));
}

#[tokio::test]
async fn a_pace_holds_and_a_call_that_it_does_not_admit_in_time_is_told_at_once() {
    let server = ModelServer::start([], Answer::Text("done".to_owned())).await;
    for pace in [Pace { requests: 1, tokens: 0 }, Pace { requests: 0, tokens: 60 }] {
        let before = server.asked().len();
        let model = connect(Config { pace, call_ms: 20_000, ..config(Protocol::Openai, &server) });
        model.complete(&prompt()).await.unwrap();
        let error = model.complete(&prompt()).await.unwrap_err();
        let ModelError::Busy { after: Some(after), .. } = error else { panic!("{error}") };
        assert!(after.as_secs() > 20, "{after:?}");
        assert_eq!(server.asked().len() - before, 1, "nothing was sent");
    }
}

#[tokio::test]
async fn a_call_ends_within_its_time_whatever_it_waits_for() {
    let server = ModelServer::gated(Answer::Text("done".to_owned())).await;
    let config = Config {
        parallel_max: 1,
        idle_ms: 60_000,
        call_ms: 1_000,
        ..config(Protocol::Openai, &server)
    };
    let model = connect(config);
    let asked = prompt();
    // The first one waits for the server, the second one for the first one's place.
    for ended in join_all((0..2).map(|_| model.complete(&asked))).await {
        assert!(matches!(ended, Err(ModelError::Timeout { .. })), "{ended:?}");
    }
    let before = server.asked().len();
    let ended = model.complete(&asked).await;
    assert!(matches!(ended, Err(ModelError::Timeout { .. })), "{ended:?}");
    assert_eq!(
        server.asked().len(),
        before + 1,
        "a call that ran out of time gives its place back"
    );
}
