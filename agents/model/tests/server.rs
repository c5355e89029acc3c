//! The wire adapters against a server that speaks the real protocols and fails in the real ways.

use std::collections::BTreeMap;

use galley_agents_model::{Config, Finish, Model, ModelError, Price, Prompt, Protocol, Server};
use galley_tests_support::model_server::{Answer, ModelServer};
use secrecy::SecretString;
use serde_json::json;

const BOTH: [Protocol; 2] = [Protocol::Openai, Protocol::Anthropic];

fn config(protocol: Protocol, server: &ModelServer) -> Config {
    Config {
        protocol,
        url: server.url().to_owned(),
        model: "scripted".to_owned(),
        embedding_model: "vectors".to_owned(),
        retry_first_ms: 1,
        retry_most_ms: 5,
        idle_ms: 200,
        call_ms: 20_000,
        prices: BTreeMap::from([(
            "scripted".to_owned(),
            Price { input_usd: 1.0, output_usd: 10.0 },
        )]),
        ..Config::default()
    }
}

fn prompt(schema: bool) -> Prompt {
    Prompt {
        purpose: "outline".to_owned(),
        system: "You plan.".to_owned(),
        user: "Plan this.".to_owned(),
        schema: schema.then(|| {
            json!({ "type": "object", "required": ["n"], "properties": { "n": { "type": "integer" } } })
        }),
        tokens_max: 100,
        temperature: Some(0.0),
    }
}

#[expect(clippy::unwrap_used, reason = "in a test, a panic is the report")]
async fn connect(protocol: Protocol, server: &ModelServer) -> Server {
    Server::connect(config(protocol, server), Some(SecretString::from("s3cret"))).unwrap()
}

#[tokio::test]
async fn a_streamed_text_comes_whole_with_its_cost() {
    for protocol in BOTH {
        let server = ModelServer::start([], Answer::Text("Ein grünes Blatt.".to_owned())).await;
        let model = connect(protocol, &server).await;
        let done = model.complete(&prompt(false)).await.unwrap();
        assert_eq!((done.text.as_str(), done.finish), ("Ein grünes Blatt.", Finish::Stop));
        assert_eq!((done.usage.input_tokens, done.usage.output_tokens), (100, 20));
        assert_eq!(done.usd_micros, 300);
        assert!(server.asked()[0].key.as_ref().unwrap().ends_with("s3cret"));
    }
}

#[tokio::test]
async fn a_server_that_does_not_stream_is_understood() {
    let server = ModelServer::start([], Answer::Plain("whole".to_owned())).await;
    let done = connect(Protocol::Openai, &server).await.complete(&prompt(false)).await.unwrap();
    assert_eq!(done.text, "whole");
}

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    let faults = [
        Answer::Status(429, Some(0)),
        Answer::Status(500, None),
        Answer::HalfStream("half".to_owned()),
    ];
    for protocol in BOTH {
        let server = ModelServer::start(faults.clone(), Answer::Text("done".to_owned())).await;
        let done = connect(protocol, &server).await.complete(&prompt(false)).await.unwrap();
        assert_eq!((done.text.as_str(), server.asked().len()), ("done", 4));
    }
}

#[tokio::test]
async fn tries_are_bounded_and_the_last_error_is_told() {
    for (answer, want) in [
        (Answer::Status(429, Some(0)), "busy (429)"),
        (Answer::Status(503, None), "busy (503)"),
        (Answer::Status(500, None), "scripted 500"),
        (Answer::HalfStream("half".to_owned()), "broke off"),
        (Answer::Garbage, "not JSON"),
        (Answer::Never, "did not answer within 200ms"),
    ] {
        for protocol in BOTH {
            let server = ModelServer::start([], answer.clone()).await;
            let error =
                connect(protocol, &server).await.complete(&prompt(false)).await.unwrap_err();
            assert!(error.to_string().contains(want), "{answer:?}: {error}");
            assert_eq!(server.asked().len(), 4, "{answer:?}");
        }
    }
}

#[tokio::test]
async fn what_a_repeat_cannot_mend_is_told_at_once() {
    for protocol in BOTH {
        let refusing = ModelServer::start([], Answer::Refusal("no".to_owned())).await;
        let error = connect(protocol, &refusing).await.complete(&prompt(false)).await.unwrap_err();
        assert!(matches!(error, ModelError::Refused { .. }), "{error}");
        let wrong = ModelServer::start([], Answer::Status(401, None)).await;
        let error = connect(protocol, &wrong).await.complete(&prompt(false)).await.unwrap_err();
        assert!(matches!(error, ModelError::Rejected { status: 401, .. }), "{error}");
        assert_eq!((refusing.asked().len(), wrong.asked().len()), (1, 1));
    }
}

#[tokio::test]
async fn a_reply_that_misses_the_schema_gets_one_repair_turn() {
    for protocol in BOTH {
        let script = [Answer::Text("{\"n\": \"one\"}".to_owned())];
        let server = ModelServer::start(script, Answer::Json(json!({ "n": 1 }))).await;
        let done = connect(protocol, &server).await.complete(&prompt(true)).await.unwrap();
        assert_eq!(done.value, Some(json!({ "n": 1 })));
        assert_eq!(done.usage.input_tokens, 200, "both turns are paid for");
        let repair = server.asked()[1].body["messages"].to_string();
        assert!(repair.contains("does not meet the schema"), "{repair}");
    }
}

#[tokio::test]
async fn a_reply_that_misses_it_twice_is_invalid_and_its_cost_is_known() {
    let server = ModelServer::start([], Answer::Text("no value here".to_owned())).await;
    let error = connect(Protocol::Openai, &server).await.complete(&prompt(true)).await.unwrap_err();
    let ModelError::Invalid { usage, .. } = error else { panic!("{error}") };
    assert_eq!(usage.output_tokens, 40);
}

#[tokio::test]
async fn texts_become_vectors_in_order() {
    let server = ModelServer::start([], Answer::BySchema).await;
    let model = connect(Protocol::Openai, &server).await;
    let vectors = model.embed(&["a".to_owned(), "bcd".to_owned()]).await.unwrap();
    assert_eq!(vectors, [[1.0, 1.0], [1.0, 3.0]]);
}

#[tokio::test]
async fn a_server_is_asked_for_its_model_when_none_is_named() {
    let server = ModelServer::start([], Answer::Text("done".to_owned())).await;
    let unnamed = Config { model: String::new(), ..config(Protocol::Openai, &server) };
    let model = Server::discover(unnamed, None).await.unwrap();
    assert_eq!(model.card().name, "scripted");
}

#[tokio::test]
async fn no_text_shows_the_key() {
    let server = ModelServer::start([], Answer::Status(401, None)).await;
    let model = connect(Protocol::Openai, &server).await;
    let error = model.complete(&prompt(false)).await.unwrap_err();
    assert!(!format!("{model:?} {error:?} {error}").contains("s3cret"));
}

#[tokio::test]
async fn a_wrong_configuration_is_told_before_the_first_call() {
    let connect = |url: &str, model: &str| {
        let config = Config { url: url.to_owned(), model: model.to_owned(), ..Config::default() };
        Server::connect(config, None).unwrap_err().to_string()
    };
    assert!(connect("not an address", "m").contains("'not an address'"));
    assert!(connect("ftp://example.org", "m").contains("http://"));
    assert!(connect("http://localhost:1/v1", "").contains("no model is named"));
}
