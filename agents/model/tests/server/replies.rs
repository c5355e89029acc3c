//! Replies as servers send them, byte for byte, with everything in them that is not read: written down
//! after each protocol's reference, and replayed over HTTP in pieces of seven bytes.

use galley_agents_model::{Finish, Model, Protocol};
use galley_tests_support::model_server::{Answer, ModelServer};
use serde_json::json;

use crate::bench::{chat, model, prompt};

const EVENTS: &str = "text/event-stream; charset=utf-8";
const LINES: &str = "application/x-ndjson";

async fn says(protocol: Protocol, media_type: &'static str, reply: &str, cached: u64) {
    let server = ModelServer::start([], Answer::Recorded(media_type, reply.to_owned())).await;
    let done = model(protocol, &server).complete(&prompt()).await.unwrap();
    assert_eq!(
        (done.text.as_str(), done.finish),
        ("Moss grows in \"shade\" – slowly.", Finish::Stop)
    );
    assert_eq!((done.usage.input_tokens, done.usage.output_tokens), (1_200, 90), "{protocol:?}");
    // A dollar for a million tokens read, half for those from the cache, ten for those written.
    let stored = if protocol == Protocol::Anthropic { 25 } else { 0 };
    assert_eq!(done.usd_micros, 1_200 - cached / 2 + stored + 900, "{protocol:?}");
}

#[tokio::test]
async fn a_text_as_each_server_sends_it() {
    says(Protocol::Openai, EVENTS, include_str!("replies/openai.sse"), 1_024).await;
    says(Protocol::Openai, EVENTS, include_str!("replies/router.sse"), 1_024).await;
    says(Protocol::OpenaiResponses, EVENTS, include_str!("replies/responses.sse"), 1_024).await;
    says(Protocol::Anthropic, EVENTS, include_str!("replies/anthropic.sse"), 1_024).await;
    says(Protocol::Ollama, LINES, include_str!("replies/ollama.ndjson"), 0).await;
}

async fn calls(protocol: Protocol, media_type: &'static str, reply: &str) {
    let server = ModelServer::start([], Answer::Recorded(media_type, reply.to_owned())).await;
    let turn = model(protocol, &server).converse(&chat(), &()).await.unwrap();
    let called: Vec<_> = turn.calls.iter().map(|call| (call.name.as_str(), &call.input)).collect();
    let (moss, fern) = (json!({ "query": "moss" }), json!({ "query": "fern" }));
    assert_eq!(called, [("find", &moss), ("find", &fern)], "{protocol:?}");
    assert!(turn.calls.iter().all(|call| call.fault.is_none()), "{protocol:?}");
    assert_eq!((turn.said.usage.input_tokens, turn.said.usage.output_tokens), (300, 40));
}

#[tokio::test]
async fn tool_calls_as_each_server_sends_them() {
    calls(Protocol::Openai, EVENTS, include_str!("replies/openai_tools.sse")).await;
    calls(Protocol::OpenaiResponses, EVENTS, include_str!("replies/responses_tools.sse")).await;
    calls(Protocol::Anthropic, EVENTS, include_str!("replies/anthropic_tools.sse")).await;
    calls(Protocol::Ollama, LINES, include_str!("replies/ollama_tools.ndjson")).await;
}

#[tokio::test]
async fn a_stream_that_is_cut_anywhere_is_never_taken_for_a_reply() {
    let whole = include_str!("replies/anthropic.sse");
    // Before the event that says why the model stopped, nothing is a reply.
    let end = whole.find("event: message_delta").unwrap();
    for at in (0..end).step_by(61) {
        let cut: String = whole.chars().take(at).collect();
        let server = ModelServer::start([], Answer::Recorded(EVENTS, cut)).await;
        let error = model(Protocol::Anthropic, &server).complete(&prompt()).await.unwrap_err();
        assert!(error.to_string().contains("broke off"), "{at}: {error}");
    }
}
