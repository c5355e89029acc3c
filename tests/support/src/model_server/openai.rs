//! OpenAI chat completions and embeddings.

use axum::response::Response;
use serde_json::{Value, json};

use super::wire::{self, End, Said, Used, pieces};

pub(super) fn schema(body: &Value) -> Option<&Value> {
    body.pointer("/response_format/json_schema/schema")
}

fn usage(used: Used) -> Value {
    let Used { input, cached, output } = used;
    json!({
        "prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output,
        "prompt_tokens_details": { "cached_tokens": cached },
    })
}

fn finish(said: &Said) -> &'static str {
    match (said.cut, said.calls.is_empty()) {
        (true, _) => "length",
        (false, false) => "tool_calls",
        (false, true) => "stop",
    }
}

pub(super) fn reply(said: &Said, body: &Value) -> Response {
    if said.end == End::Whole {
        return wire::plain(200, whole(said).to_string());
    }
    let chunk = |choices: Value| {
        json!({
            "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "scripted",
            "choices": choices,
        })
    };
    let delta = |delta: Value| {
        chunk(json!([{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": null }]))
    };
    let mut events = vec![delta(json!({ "role": "assistant", "content": "", "refusal": null }))];
    events.extend(said.refusal.iter().map(|reason| delta(json!({ "refusal": reason }))));
    events.extend(pieces(&said.text).into_iter().map(|piece| delta(json!({ "content": piece }))));
    for (index, (name, input)) in said.calls.iter().enumerate() {
        let head = json!({ "index": index, "id": format!("call_{index}"), "type": "function",
            "function": { "name": name, "arguments": "" } });
        events.push(delta(json!({ "tool_calls": [head] })));
        for piece in pieces(&input.to_string()) {
            let more = json!({ "index": index, "function": { "arguments": piece } });
            events.push(delta(json!({ "tool_calls": [more] })));
        }
    }
    if said.end == End::Overloaded {
        let message = "The server is overloaded";
        events.push(json!({ "error": { "type": "server_overloaded", "message": message } }));
    }
    if !said.ends() {
        return wire::events(&events, None, said.end);
    }
    events.push(chunk(json!([{ "index": 0, "delta": {}, "finish_reason": finish(said) }])));
    let told = body.pointer("/stream_options/include_usage") == Some(&json!(true));
    if let Some(used) = said.used.filter(|_| told) {
        let mut last = chunk(json!([]));
        last["usage"] = usage(used);
        events.push(last);
    }
    wire::events(&events, Some("[DONE]"), said.end)
}

fn whole(said: &Said) -> Value {
    let message = json!({ "role": "assistant", "content": said.text, "refusal": said.refusal });
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "scripted",
        "usage": said.used.map(usage),
        "choices": [{ "index": 0, "message": message, "finish_reason": finish(said) }],
    })
}

/// A vector for each text: 1, and the text's length.
pub(super) fn vectors(body: &Value) -> Response {
    let texts = body.get("input").and_then(Value::as_array).cloned().unwrap_or_default();
    let vector = |(index, text): (usize, &Value)| {
        let length = text.as_str().unwrap_or_default().len();
        json!({ "object": "embedding", "index": index, "embedding": [1.0, length] })
    };
    // The order is told by the index alone.
    let data: Vec<Value> = texts.iter().enumerate().map(vector).rev().collect();
    let usage = json!({ "prompt_tokens": 10, "total_tokens": 10 });
    let reply = json!({ "object": "list", "data": data, "model": "vectors", "usage": usage });
    wire::plain(200, reply.to_string())
}
