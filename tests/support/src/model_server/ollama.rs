//! Ollama's chat and embeddings.

use axum::response::Response;
use serde_json::{Value, json};

use super::wire::{self, End, Said, pieces};

pub(super) fn reply(said: &Said, _body: &Value) -> Response {
    let line = |message: Value| {
        json!({
            "model": "scripted", "created_at": "2026-01-01T00:00:00Z", "message": message, "done": false,
        })
    };
    let calls: Vec<Value> = said
        .calls
        .iter()
        .map(|(name, input)| json!({ "function": { "name": name, "arguments": input } }))
        .collect();
    let whole = said.end == End::Whole;
    let texts = if whole { vec![said.text.clone()] } else { pieces(&said.text) };
    // The protocol has no refusal: it is a text as any other.
    let texts = texts.into_iter().chain(said.refusal.clone());
    let mut lines: Vec<Value> =
        texts.map(|text| line(json!({ "role": "assistant", "content": text }))).collect();
    if !calls.is_empty() {
        lines.push(line(json!({ "role": "assistant", "content": "", "tool_calls": calls })));
    }
    if said.end == End::Overloaded {
        lines.push(json!({ "error": "server busy, please try again" }));
    }
    if said.ends() {
        let mut last = if whole {
            lines.pop().unwrap_or_default()
        } else {
            line(json!({ "role": "assistant", "content": "" }))
        };
        last["done"] = json!(true);
        last["done_reason"] = json!(if said.cut { "length" } else { "stop" });
        if let Some(used) = said.used {
            last["prompt_eval_count"] = json!(used.input);
            last["eval_count"] = json!(used.output);
        }
        lines.push(last);
    }
    match lines.last() {
        Some(last) if whole => wire::plain(200, last.to_string()),
        Some(_) | None => wire::lines(&lines, said.end),
    }
}

/// A vector for each text: 1, and the text's length.
pub(super) fn vectors(body: &Value) -> Response {
    let texts = body.get("input").and_then(Value::as_array).cloned().unwrap_or_default();
    let length = |text: &Value| text.as_str().unwrap_or_default().len();
    let vectors: Vec<Value> = texts.iter().map(|text| json!([1.0, length(text)])).collect();
    let reply = json!({ "model": "vectors", "embeddings": vectors, "prompt_eval_count": 10 });
    wire::plain(200, reply.to_string())
}
