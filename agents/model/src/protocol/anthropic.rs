//! Anthropic messages. Source: <https://docs.anthropic.com/en/api/messages-streaming>.
//!
//! A schema is asked for as the input of one tool that the model is made to use: every model and
//! every server of this protocol knows that. A model that cannot be made to (it always thinks) gets
//! the schema as such, which only newer ones know.
//!
//! What is alike in the next request is marked for the server's cache: the tools and how the model
//! should behave, and all that was said so far in a conversation.

use serde_json::{Value, json};

use super::strict::strict;
use super::{Ask, Collected, Quirk, Wire, count, put, text, told};
use crate::chat::{Call, Chat, Message, Outcome, Tool, ToolUse};
use crate::port::Finish;

/// The tool whose input is the reply.
const TOOL: &str = "give_reply";

pub(super) fn request(ask: &Ask<'_>) -> Wire {
    let chat = ask.chat;
    let mut messages: Vec<Value> = chat.messages.iter().map(message).collect();
    let goes_on = messages.len() > 1 || !chat.tools.is_empty();
    if let Some(last) = messages.last_mut().filter(|_| goes_on) {
        mark_last(ask, last.get_mut("content"));
    }
    let mut body = json!({
        "model": ask.model,
        "messages": messages,
        "max_tokens": chat.tokens_max,
        "stream": true,
    });
    let system = told(ask);
    if !system.is_empty() {
        let mut blocks = json!([{ "type": "text", "text": system }]);
        mark_last(ask, Some(&mut blocks));
        put(&mut body, "system", blocks);
    }
    if let Some(temperature) = chat.temperature.filter(|_| !ask.quirks.has(Quirk::NoTemperature)) {
        // This protocol knows 0 to 1.
        put(&mut body, "temperature", json!(temperature.min(1.0)));
    }
    put_tools(&mut body, ask);
    Wire { path: "messages", body }
}

fn put_tools(body: &mut Value, ask: &Ask<'_>) {
    let Chat { tools, tool_use, schema, .. } = ask.chat;
    let mut offered: Vec<Value> = tools.iter().map(tool).collect();
    // What cannot be made to use a tool may still use one.
    let free = *tool_use == ToolUse::Must && ask.quirks.has(Quirk::NoForcedTool);
    let mut choice = tool_choice(if free { ToolUse::May } else { *tool_use });
    let formatted = schema.as_ref().filter(|_| !ask.quirks.has(Quirk::NoFormat));
    if let Some(schema) = formatted {
        if ask.quirks.has(Quirk::NoForcedTool) {
            let format = strict(schema).unwrap_or_else(|| schema.clone());
            let format = json!({ "type": "json_schema", "schema": format });
            put(body, "output_config", json!({ "format": format }));
        } else if *tool_use != ToolUse::Must {
            let about = "Give the reply.";
            offered.push(json!({ "name": TOOL, "description": about, "input_schema": schema }));
            let alone = tools.is_empty() || *tool_use == ToolUse::MustNot;
            choice = if alone {
                json!({ "type": "tool", "name": TOOL })
            } else {
                json!({ "type": "any" })
            };
        }
    }
    if !offered.is_empty() {
        put(body, "tools", json!(offered));
        put(body, "tool_choice", choice);
    }
}

fn tool_choice(tool_use: ToolUse) -> Value {
    let sort = match tool_use {
        ToolUse::May => "auto",
        ToolUse::Must => "any",
        ToolUse::MustNot => "none",
    };
    json!({ "type": sort })
}

fn tool(tool: &Tool) -> Value {
    let Tool { name, about, input } = tool;
    json!({ "name": name, "description": about, "input_schema": input })
}

/// Marks the last block: everything up to it goes into the server's cache.
fn mark_last(ask: &Ask<'_>, blocks: Option<&mut Value>) {
    let last = blocks.and_then(Value::as_array_mut).and_then(|blocks| blocks.last_mut());
    if let Some(last) = last.filter(|_| !ask.quirks.has(Quirk::NoCacheMarks)) {
        put(last, "cache_control", json!({ "type": "ephemeral" }));
    }
}

fn message(message: &Message) -> Value {
    let words = |text: &str| json!({ "type": "text", "text": text });
    match message {
        Message::User { text } => json!({ "role": "user", "content": [words(text)] }),
        Message::Model { text, calls, kept } => {
            let mut blocks = kept.clone();
            if !text.is_empty() {
                blocks.push(words(text));
            }
            blocks.extend(calls.iter().map(call));
            if blocks.is_empty() {
                // This protocol takes no message without content.
                blocks.push(words("(nothing)"));
            }
            json!({ "role": "assistant", "content": blocks })
        }
        Message::Tools { outcomes } => {
            let results: Vec<Value> = outcomes.iter().map(outcome).collect();
            json!({ "role": "user", "content": results })
        }
    }
}

fn call(call: &Call) -> Value {
    let Call { id, name, input, fault: _ } = call;
    let input = if input.is_object() { input.clone() } else { json!({}) };
    json!({ "type": "tool_use", "id": id, "name": name, "input": input })
}

fn outcome(outcome: &Outcome) -> Value {
    let Outcome { id, text, failed, name: _ } = outcome;
    json!({ "type": "tool_result", "tool_use_id": id, "content": text, "is_error": failed })
}

fn note_end(into: &mut Collected, reason: Option<&str>) {
    match reason {
        Some("refusal") => into.refusal = Some("the model declined to answer".to_owned()),
        Some("max_tokens" | "model_context_window_exceeded") => into.finish = Some(Finish::Length),
        Some(_) => into.finish = Some(Finish::Stop),
        None => {}
    }
}

fn note_tokens(into: &mut Collected, usage: Option<&Value>) {
    let Some(usage) = usage else { return };
    let tokens = &mut into.tokens;
    for (name, into) in [
        ("/input_tokens", &mut tokens.read),
        ("/cache_read_input_tokens", &mut tokens.cached),
        ("/cache_creation_input_tokens", &mut tokens.stored),
        ("/output_tokens", &mut tokens.written),
    ] {
        *into = count(usage, name).unwrap_or(*into);
    }
}

pub(super) fn collect(into: &mut Collected, event: &Value) {
    let place = count(event, "/index").unwrap_or(0);
    match text(event, "/type") {
        Some("message_start") => {
            into.note_model(text(event, "/message/model"));
            note_tokens(into, event.pointer("/message/usage"));
        }
        Some("content_block_start") => {
            if let Some(block) = event.get("content_block") {
                note_block(into, place, block);
            }
        }
        Some("content_block_delta") => {
            if let Some(delta) = event.get("delta") {
                note_delta(into, place, delta);
            }
        }
        Some("message_delta") => {
            note_tokens(into, event.get("usage"));
            note_end(into, text(event, "/delta/stop_reason"));
        }
        Some("message_stop") => into.ended = true,
        Some("error") => into.note_error(event),
        Some(_) | None => {}
    }
}

/// A block, as far as it is there when it begins, or all of it.
fn note_block(into: &mut Collected, place: u64, block: &Value) {
    match text(block, "/type") {
        Some("text") if into.reply_block.is_none() => {
            into.text.push_str(text(block, "/text").unwrap_or_default());
        }
        Some("tool_use") if text(block, "/name") == Some(TOOL) => {
            // What was said before the reply is not part of it.
            into.text.clear();
            into.reply_block = Some(place);
            into.text.push_str(&input(block));
        }
        Some("tool_use") => {
            let input = input(block);
            let call = into.call(place);
            text(block, "/id").unwrap_or_default().clone_into(&mut call.id);
            text(block, "/name").unwrap_or_default().clone_into(&mut call.name);
            call.input = input;
        }
        Some("thinking" | "redacted_thinking") => {
            into.kept.insert(place, block.clone());
        }
        Some(_) | None => {}
    }
}

/// A call's input; a stream begins with an empty one and sends it in pieces.
fn input(block: &Value) -> String {
    let input = block.get("input").filter(|input| input.as_object().is_some_and(|o| !o.is_empty()));
    input.map(Value::to_string).unwrap_or_default()
}

fn note_delta(into: &mut Collected, place: u64, delta: &Value) {
    if let Some(piece) = text(delta, "/text").filter(|_| into.reply_block.is_none()) {
        into.text.push_str(piece);
    }
    if let Some(piece) = text(delta, "/partial_json") {
        if into.reply_block == Some(place) {
            into.text.push_str(piece);
        } else {
            into.call(place).input.push_str(piece);
        }
    }
    if let Some(block) = into.kept.get_mut(&place) {
        for name in ["thinking", "signature"] {
            if let Some(piece) = delta.get(name).and_then(Value::as_str) {
                let so_far = block.get(name).and_then(Value::as_str).unwrap_or_default();
                let longer = format!("{so_far}{piece}");
                put(block, name, json!(longer));
            }
        }
    }
}

pub(super) fn whole(into: &mut Collected, value: &Value) {
    into.note_model(text(value, "/model"));
    note_tokens(into, value.get("usage"));
    let blocks = value.get("content").and_then(Value::as_array).into_iter().flatten();
    for (place, block) in (0..).zip(blocks) {
        note_block(into, place, block);
    }
    note_end(into, text(value, "/stop_reason"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::Prompt;
    use crate::price::Tokens;
    use crate::protocol::{Quirks, RawCall};

    fn streamed(events: &[Value]) -> Collected {
        let mut got = Collected::default();
        for event in events {
            collect(&mut got, event);
        }
        got
    }

    #[test]
    fn a_stream_adds_up() {
        let got = streamed(&[
            json!({ "type": "message_start", "message": { "model": "m", "usage": {
                "input_tokens": 7, "cache_read_input_tokens": 5, "cache_creation_input_tokens": 3 } } }),
            json!({ "type": "ping" }),
            json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "text", "text": "" } }),
            json!({ "type": "content_block_delta", "index": 0, "delta": { "text": "Here: " } }),
            json!({ "type": "content_block_start", "index": 1, "content_block": { "type": "tool_use", "name": "give_reply", "id": "t", "input": {} } }),
            json!({ "type": "content_block_delta", "index": 1, "delta": { "partial_json": "{\"a\":" } }),
            json!({ "type": "content_block_delta", "index": 1, "delta": { "partial_json": "1}" } }),
            json!({ "type": "message_delta", "delta": { "stop_reason": "tool_use" }, "usage": { "output_tokens": 4 } }),
            json!({ "type": "message_stop" }),
        ]);
        assert_eq!((got.text.as_str(), got.finish), ("{\"a\":1}", Some(Finish::Stop)));
        assert_eq!(got.tokens, Tokens { read: 7, cached: 5, stored: 3, written: 4 });
        assert!(got.calls.is_empty() && got.ended);
    }

    #[test]
    fn thoughts_are_kept_as_they_were_signed() {
        let got = streamed(&[
            json!({ "type": "content_block_start", "index": 0, "content_block": { "type": "thinking", "thinking": "", "signature": "" } }),
            json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "thinking_delta", "thinking": "Let " } }),
            json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "thinking_delta", "thinking": "me." } }),
            json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "signature_delta", "signature": "s1" } }),
            json!({ "type": "content_block_start", "index": 1, "content_block": { "type": "tool_use", "name": "find", "id": "t", "input": {} } }),
            json!({ "type": "content_block_delta", "index": 1, "delta": { "partial_json": "{}" } }),
        ]);
        let thought = json!({ "type": "thinking", "thinking": "Let me.", "signature": "s1" });
        assert_eq!(got.kept.into_values().collect::<Vec<_>>(), [thought]);
        let (id, name, input) = ("t".to_owned(), "find".to_owned(), "{}".to_owned());
        assert_eq!(got.calls.get(&1), Some(&RawCall { id, name, input }));
    }

    fn body(chat: &Chat, quirks: &Quirks) -> Value {
        request(&Ask { model: "m", chat, quirks, context_max: 0 }).body
    }

    fn chat(schema: Option<Value>) -> Chat {
        Chat::from(&Prompt {
            purpose: "outline".to_owned(),
            system: "You plan.".to_owned(),
            user: "Plan.".to_owned(),
            schema,
            tokens_max: 10,
            temperature: Some(1.5),
        })
    }

    #[test]
    fn a_schema_is_asked_for_as_a_tool_or_as_such() {
        let chat = chat(Some(json!({ "type": "object" })));
        let forced = body(&chat, &Quirks::default());
        assert_eq!(
            forced["tool_choice"],
            json!({ "type": "tool", "name": forced["tools"][0]["name"] })
        );
        assert_eq!(forced["temperature"], json!(1.0));
        let free = Quirks::default().learn("thinking and tool_choice", &forced).unwrap();
        let free = body(&chat, &free);
        assert_eq!(free["output_config"]["format"]["type"], "json_schema");
        assert_eq!(free.get("tools"), None);
    }

    #[test]
    fn what_is_alike_next_time_is_marked_for_the_cache() {
        let mut talk = chat(None);
        let mark = json!({ "type": "ephemeral" });
        let single = body(&talk, &Quirks::default());
        assert_eq!(single["system"][0]["cache_control"], mark);
        assert_eq!(single["messages"][0]["content"][0].get("cache_control"), None);
        let text = "And?".to_owned();
        talk.messages.push(Message::Model { text: String::new(), calls: vec![], kept: vec![] });
        talk.messages.push(Message::User { text });
        let longer = body(&talk, &Quirks::default());
        assert_eq!(longer["messages"][2]["content"][0]["cache_control"], mark);
        assert_eq!(longer["messages"][1]["content"][0]["text"], "(nothing)");
        let unmarked = Quirks::default().learn("cache_control: extra inputs", &longer).unwrap();
        assert!(!body(&talk, &unmarked).to_string().contains("cache_control"));
    }
}
