//! OpenAI responses.

use axum::response::Response;
use serde_json::{Value, json};

use super::wire::{self, End, Said, Used, pieces};

pub(super) fn schema(body: &Value) -> Option<&Value> {
    body.pointer("/text/format/schema")
}

pub(super) fn reply(said: &Said, _body: &Value) -> Response {
    if said.end == End::Whole {
        return wire::plain(200, response(said, status(said)).to_string());
    }
    let mut events = Vec::new();
    let mut open = response(said, "in_progress");
    open["output"] = json!([]);
    events.push(json!({ "type": "response.created", "response": open }));
    for (place, item) in output(said).into_iter().enumerate() {
        item_events(&mut events, place, &item);
    }
    if said.end == End::Overloaded {
        events.push(json!({
            "type": "error", "code": "server_overloaded", "message": "The server is overloaded", "param": null,
            "error": { "type": "server_overloaded", "message": "The server is overloaded" },
        }));
    }
    if said.ends() {
        let name = if said.cut { "response.incomplete" } else { "response.completed" };
        events.push(json!({ "type": name, "response": response(said, status(said)) }));
    }
    for (number, event) in events.iter_mut().enumerate() {
        event["sequence_number"] = json!(number);
    }
    wire::events(&events, None, said.end)
}

const fn status(said: &Said) -> &'static str {
    if said.cut { "incomplete" } else { "completed" }
}

fn response(said: &Said, status: &str) -> Value {
    let usage = said.used.map(|Used { input, cached, output }| {
        json!({
            "input_tokens": input, "input_tokens_details": { "cached_tokens": cached },
            "output_tokens": output, "output_tokens_details": { "reasoning_tokens": 0 },
            "total_tokens": input + output,
        })
    });
    let incomplete = (status == "incomplete").then(|| json!({ "reason": "max_output_tokens" }));
    json!({
        "id": "resp_1", "object": "response", "created_at": 1, "model": "scripted", "status": status,
        "output": output(said), "usage": usage, "error": null, "incomplete_details": incomplete,
        "parallel_tool_calls": true, "tool_choice": "auto", "tools": [], "metadata": {},
        "instructions": null, "temperature": 1.0, "top_p": 1.0,
    })
}

fn output(said: &Said) -> Vec<Value> {
    let mut items = Vec::new();
    let part = match &said.refusal {
        Some(reason) => Some(json!({ "type": "refusal", "refusal": reason })),
        None if said.text.is_empty() => None,
        None => Some(json!({ "type": "output_text", "text": said.text, "annotations": [] })),
    };
    items.extend(part.map(|part| {
        json!({ "type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [part] })
    }));
    for (index, (name, input)) in said.calls.iter().enumerate() {
        items.push(json!({
            "type": "function_call", "id": format!("fc_{index}"), "call_id": format!("call_{index}"),
            "name": name, "arguments": input.to_string(), "status": "completed",
        }));
    }
    items
}

fn item_events(events: &mut Vec<Value>, place: usize, item: &Value) {
    let id = &item["id"];
    let mut begun = item.clone();
    begun["status"] = json!("in_progress");
    let is_call = item["type"] == "function_call";
    begun[if is_call { "arguments" } else { "content" }] =
        if is_call { json!("") } else { json!([]) };
    let added = "response.output_item.added";
    events.push(json!({ "type": added, "output_index": place, "item": begun }));
    let part = &item["content"][0];
    let (name, text) = if is_call {
        ("response.function_call_arguments", &item["arguments"])
    } else if part["type"] == "refusal" {
        ("response.refusal", &part["refusal"])
    } else {
        ("response.output_text", &part["text"])
    };
    if !is_call {
        let mut empty = part.clone();
        empty[if part["type"] == "refusal" { "refusal" } else { "text" }] = json!("");
        events.push(json!({
            "type": "response.content_part.added", "item_id": id, "output_index": place,
            "content_index": 0, "part": empty,
        }));
    }
    for piece in pieces(text.as_str().unwrap_or_default()) {
        events.push(json!({
            "type": format!("{name}.delta"), "item_id": id, "output_index": place,
            "content_index": 0, "delta": piece, "logprobs": [],
        }));
    }
    let done = "response.output_item.done";
    events.push(json!({ "type": done, "output_index": place, "item": item }));
}
