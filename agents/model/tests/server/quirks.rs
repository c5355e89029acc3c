//! Servers of one protocol that differ: what they refuse is learned, once.

use futures::future::join_all;
use galley_agents_model::{Model, Protocol};
use galley_tests_support::model_server::{Answer, ModelServer};
use galley_tests_support::wait::until_async;
use serde_json::{Value, json};

use crate::bench::{model, shaped};

fn refuses(message: &str) -> Answer {
    let error = json!({ "error": { "message": message, "type": "invalid_request_error" } });
    Answer::Fault(400, Vec::new(), error)
}

/// A server refuses requests with these words: what the last request looks like after that, and every
/// later one.
async fn check(protocol: Protocol, refusals: &[&str], accepts: fn(&Value) -> bool) {
    let script: Vec<Answer> = refusals.iter().map(|message| refuses(message)).collect();
    let server = ModelServer::start(script, Answer::Json(json!({ "n": 1 }))).await;
    let model = model(protocol, &server);
    for _ in 0..2 {
        let done = model.complete(&shaped()).await.unwrap();
        assert_eq!(done.value, Some(json!({ "n": 1 })), "{refusals:?}");
    }
    let asked = server.asked();
    assert_eq!(asked.len(), refusals.len() + 2, "it is learned once: {refusals:?}");
    for later in asked.iter().skip(refusals.len()) {
        assert!(accepts(&later.body), "{refusals:?}: {}", later.body);
    }
}

#[tokio::test]
async fn a_parameter_that_a_server_refuses_is_left_out_from_then_on() {
    check(
        Protocol::Openai,
        &[
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use \
             'max_completion_tokens' instead.",
            "Unsupported value: 'temperature' does not support 0.5 with this model.",
            "Unrecognized request argument supplied: stream_options",
        ],
        |body| {
            body["max_completion_tokens"] == 100
                && ["max_tokens", "temperature", "stream_options"]
                    .iter()
                    .all(|name| body.get(name).is_none())
        },
    )
    .await;
}

#[tokio::test]
async fn a_server_that_takes_no_schema_is_told_it_in_words() {
    check(Protocol::Openai, &["response_format is not supported by this model"], |body| {
        body.get("response_format").is_none()
            && body["messages"][0]["content"].as_str().unwrap().contains("JSON Schema")
    })
    .await;
    check(Protocol::Ollama, &["failed to parse grammar"], |body| body.get("format").is_none())
        .await;
}

#[tokio::test]
async fn a_model_that_cannot_be_made_to_use_a_tool_gets_the_schema_as_such() {
    check(
        Protocol::Anthropic,
        &[
            "`temperature` is deprecated for this model",
            "tool_choice forces tool use is not compatible with thinking",
        ],
        |body| {
            body["output_config"]["format"]["type"] == "json_schema"
                && body.get("tools").is_none()
                && body.get("temperature").is_none()
        },
    )
    .await;
    check(
        Protocol::Anthropic,
        &["tool_choice is not supported", "output_config: Extra inputs are not permitted"],
        |body| {
            body.get("output_config").is_none()
                && body["system"].to_string().contains("JSON Schema")
        },
    )
    .await;
}

#[tokio::test]
async fn a_schema_is_strict_where_it_can_be_and_the_server_holds_to_it() {
    check(Protocol::OpenaiResponses, &[], |body| {
        body["text"]["format"]["strict"] == true && body["prompt_cache_key"] == "outline"
    })
    .await;
    check(
        Protocol::OpenaiResponses,
        &["Invalid schema for response_format 'outline'", "Unknown parameter: 'prompt_cache_key'"],
        |body| body["text"]["format"]["strict"] == false && body.get("prompt_cache_key").is_none(),
    )
    .await;
}

#[tokio::test]
async fn what_teaches_nothing_is_told_at_once() {
    let server = ModelServer::start([], refuses("The model `scripted` does not exist")).await;
    let error = model(Protocol::Openai, &server).complete(&shaped()).await.unwrap_err();
    assert!(error.to_string().contains("does not exist"), "{error}");
    let stubborn = ModelServer::start([], refuses("'temperature' is wrong")).await;
    model(Protocol::Openai, &stubborn).complete(&shaped()).await.unwrap_err();
    assert_eq!((server.asked().len(), stubborn.asked().len()), (1, 2));
}

#[tokio::test]
async fn what_one_call_learns_helps_all_that_are_out() {
    let picky = Answer::Picky("temperature", "{\"n\": 1}".to_owned());
    let server = ModelServer::gated(picky).await;
    let model = model(Protocol::Openai, &server);
    let asked = shaped();
    let calls = join_all((0..4).map(|_| model.complete(&asked)));
    let watch = async {
        until_async("all at the gate", || async { (server.held() == 4).then_some(()) }).await;
        server.allow(8);
    };
    let (ended, ()) = futures::future::join(calls, watch).await;
    assert!(ended.iter().all(Result::is_ok), "{ended:?}");
    assert_eq!(server.asked().len(), 8, "each was refused once");
}
