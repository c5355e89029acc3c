//! Anthropic messages.

use axum::response::Response;
use serde_json::{Value, json};

use super::wire::{self, End, Said, Used, pieces};

/// The schema of the reply: as such, or of the tool that must be used.
pub(super) fn schema(body: &Value) -> Option<&Value> {
    body.pointer("/output_config/format/schema")
        .or_else(|| body.pointer(&format!("{}/input_schema", forced(body)?)))
}

/// Where the tool stands that must be used.
fn forced(body: &Value) -> Option<String> {
    let name = body.pointer("/tool_choice/name")?;
    let tools = body.get("tools")?.as_array()?;
    let at = tools.iter().position(|tool| tool.get("name") == Some(name))?;
    Some(format!("/tools/{at}"))
}

fn usage(said: &Said) -> Value {
    let used = said.used.unwrap_or(Used { input: 0, cached: 0, output: 0 });
    let Used { input, cached, output } = used;
    json!({
        "input_tokens": input - cached, "cache_read_input_tokens": cached,
        "cache_creation_input_tokens": 0, "output_tokens": output,
    })
}

/// The blocks of a reply: a text, or the tool that must be used, and the tools that are called.
fn blocks(said: &Said, body: &Value) -> Vec<Value> {
    let mut blocks = Vec::new();
    let forced = forced(body).and_then(|at| body.pointer(&format!("{at}/name")));
    match (forced, serde_json::from_str::<Value>(&said.text)) {
        (Some(name), Ok(input)) if said.calls.is_empty() => {
            blocks
                .push(json!({ "type": "tool_use", "id": "toolu_r", "name": name, "input": input }));
        }
        _ if said.text.is_empty() => {}
        _ => blocks.push(json!({ "type": "text", "text": said.text })),
    }
    for (index, (name, input)) in said.calls.iter().enumerate() {
        let id = format!("toolu_{index}");
        blocks.push(json!({ "type": "tool_use", "id": id, "name": name, "input": input }));
    }
    blocks
}

fn stop(said: &Said, blocks: &[Value]) -> &'static str {
    if said.refusal.is_some() {
        "refusal"
    } else if said.cut {
        "max_tokens"
    } else if blocks.iter().any(|block| block["type"] == "tool_use") {
        "tool_use"
    } else {
        "end_turn"
    }
}

fn message(content: &[Value], stop: Option<&str>, usage: &Value) -> Value {
    json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "scripted",
        "content": content, "stop_reason": stop, "stop_sequence": null, "usage": usage,
    })
}

pub(super) fn reply(said: &Said, body: &Value) -> Response {
    let blocks = blocks(said, body);
    let stop = stop(said, &blocks);
    if said.end == End::Whole {
        return wire::plain(200, message(&blocks, Some(stop), &usage(said)).to_string());
    }
    let mut begun = usage(said);
    begun["output_tokens"] = json!(u8::from(said.used.is_some()));
    let mut events = vec![
        json!({ "type": "message_start", "message": message(&[], None, &begun) }),
        json!({ "type": "ping" }),
    ];
    for (index, block) in blocks.iter().enumerate() {
        block_events(&mut events, index, block);
    }
    if said.end == End::Overloaded {
        let error = json!({ "type": "overloaded_error", "message": "Overloaded" });
        events.push(json!({ "type": "error", "error": error }));
    }
    if said.ends() {
        let delta = json!({ "stop_reason": stop, "stop_sequence": null });
        let output = usage(said)["output_tokens"].clone();
        let usage = json!({ "output_tokens": output });
        events.push(json!({ "type": "message_delta", "delta": delta, "usage": usage }));
        events.push(json!({ "type": "message_stop" }));
    }
    wire::events(&events, None, said.end)
}

fn block_events(events: &mut Vec<Value>, index: usize, block: &Value) {
    let is_text = block["type"] == "text";
    let mut begun = block.clone();
    begun[if is_text { "text" } else { "input" }] = if is_text { json!("") } else { json!({}) };
    events.push(json!({ "type": "content_block_start", "index": index, "content_block": begun }));
    let text = if is_text {
        block["text"].as_str().unwrap_or_default().to_owned()
    } else {
        block["input"].to_string()
    };
    for piece in pieces(&text) {
        let delta = if is_text {
            json!({ "type": "text_delta", "text": piece })
        } else {
            json!({ "type": "input_json_delta", "partial_json": piece })
        };
        events.push(json!({ "type": "content_block_delta", "index": index, "delta": delta }));
    }
    events.push(json!({ "type": "content_block_stop", "index": index }));
}
