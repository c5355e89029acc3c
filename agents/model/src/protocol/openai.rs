//! OpenAI chat completions. Source: <https://platform.openai.com/docs/api-reference/chat>.

use serde_json::{Value, json};

use super::strict::strict;
use super::{Ask, Collected, Quirk, Wire, count, format_name, put, text, told};
use crate::chat::{Call, Message, Outcome, Tool, ToolUse};
use crate::port::Finish;
use crate::price::Tokens;

pub(super) fn request(ask: &Ask<'_>) -> Wire {
    let chat = ask.chat;
    let messages = messages(ask, call, outcome);
    let mut body = json!({ "model": ask.model, "messages": messages, "stream": true });
    let renamed = ask.quirks.has(Quirk::CompletionTokens);
    let limit = if renamed && !ask.quirks.has(Quirk::NoCompletionTokens) {
        "max_completion_tokens"
    } else {
        "max_tokens"
    };
    put(&mut body, limit, json!(chat.tokens_max));
    if !ask.quirks.has(Quirk::NoStreamOptions) {
        put(&mut body, "stream_options", json!({ "include_usage": true }));
    }
    if let Some(temperature) = chat.temperature.filter(|_| !ask.quirks.has(Quirk::NoTemperature)) {
        put(&mut body, "temperature", json!(temperature));
    }
    if let Some(schema) = chat.schema.as_ref().filter(|_| !ask.quirks.has(Quirk::NoFormat)) {
        let mut format = json!({ "name": format_name(&chat.purpose), "schema": schema });
        if let Some(strict) = strict(schema).filter(|_| ask.quirks.has(Quirk::Strict)) {
            put(&mut format, "schema", strict);
            put(&mut format, "strict", json!(true));
        }
        let format = json!({ "type": "json_schema", "json_schema": format });
        put(&mut body, "response_format", format);
    }
    if !chat.tools.is_empty() {
        put(&mut body, "tools", chat.tools.iter().map(tool).collect());
        put(&mut body, "tool_choice", json!(tool_choice(chat.tool_use)));
    }
    if ask.quirks.has(Quirk::CacheKey) {
        put(&mut body, "prompt_cache_key", json!(format_name(&chat.purpose)));
    }
    Wire { path: "chat/completions", body }
}

pub(super) const fn tool_choice(tool_use: ToolUse) -> &'static str {
    match tool_use {
        ToolUse::May => "auto",
        ToolUse::Must => "required",
        ToolUse::MustNot => "none",
    }
}

/// A tool, as this protocol and Ollama's are told of it.
pub(super) fn tool(tool: &Tool) -> Value {
    let Tool { name, about, input } = tool;
    json!({
        "type": "function",
        "function": { "name": name, "description": about, "parameters": input },
    })
}

/// What was said so far, as this protocol and Ollama's are told it: they differ in how calls and their
/// outcomes look.
pub(super) fn messages(
    ask: &Ask<'_>,
    call: fn(&Call) -> Value,
    outcome: fn(&Outcome) -> Value,
) -> Vec<Value> {
    let system = told(ask);
    let first = (!system.is_empty()).then(|| json!({ "role": "system", "content": system }));
    let rest = ask.chat.messages.iter().flat_map(|one| message(one, call, outcome));
    first.into_iter().chain(rest).collect()
}

fn message(
    message: &Message,
    call: fn(&Call) -> Value,
    outcome: fn(&Outcome) -> Value,
) -> Vec<Value> {
    match message {
        Message::User { text } => vec![json!({ "role": "user", "content": text })],
        Message::Model { text, calls, kept: _ } => {
            let mut said = json!({ "role": "assistant", "content": text });
            if !calls.is_empty() {
                put(&mut said, "tool_calls", calls.iter().map(call).collect());
            }
            vec![said]
        }
        Message::Tools { outcomes } => outcomes.iter().map(outcome).collect(),
    }
}

fn outcome(Outcome { id, text, .. }: &Outcome) -> Value {
    json!({ "role": "tool", "tool_call_id": id, "content": text })
}

fn call(call: &Call) -> Value {
    let Call { id, name, input, fault: _ } = call;
    json!({
        "id": id,
        "type": "function",
        "function": { "name": name, "arguments": input.to_string() },
    })
}

/// Tokens as this protocol and those beside it tell them.
fn note_tokens(into: &mut Collected, value: &Value) {
    let Some(usage) = value.get("usage").filter(|usage| usage.is_object()) else { return };
    let cached = count(usage, "/prompt_tokens_details/cached_tokens")
        .or_else(|| count(usage, "/prompt_cache_hit_tokens"));
    into.tokens = Tokens::with_cached(
        count(usage, "/prompt_tokens").unwrap_or(0),
        cached.unwrap_or(0),
        count(usage, "/completion_tokens").unwrap_or(0),
    );
}

fn note_end(into: &mut Collected, reason: Option<&str>) {
    match reason {
        Some("content_filter") => {
            into.refusal.get_or_insert_with(|| "the server's content filter stopped it".to_owned());
        }
        Some("length") => into.finish = Some(Finish::Length),
        Some(_) => into.finish = Some(Finish::Stop),
        None => {}
    }
}

/// A piece of a tool call, or all of it.
fn note_call(into: &mut Collected, piece: &Value) {
    // Some servers number every call 0, or none: one with another id is another call.
    let id = text(piece, "/id").filter(|id| !id.is_empty());
    let place = count(piece, "/index");
    let is_new = |place: u64| {
        let there = into.calls.get(&place);
        id.is_some_and(|id| there.is_some_and(|call| !call.id.is_empty() && call.id != id))
    };
    let place = match place {
        Some(place) if !is_new(place) => place,
        None if id.is_none() => into.next_place().saturating_sub(1),
        Some(_) | None => into.next_place(),
    };
    let call = into.call(place);
    if let Some(id) = id {
        id.clone_into(&mut call.id);
    }
    if let Some(name) = text(piece, "/function/name") {
        call.name.push_str(name);
    }
    match piece.pointer("/function/arguments") {
        Some(Value::String(json)) => call.input.push_str(json),
        Some(Value::Null) | None => {}
        Some(value) => call.input = value.to_string(),
    }
}

pub(super) fn collect(into: &mut Collected, event: &Value) {
    into.note_error(event);
    into.note_model(text(event, "/model"));
    note_tokens(into, event);
    if let Some(delta) = event.pointer("/choices/0/delta") {
        note_said(into, delta);
    }
    note_end(into, text(event, "/choices/0/finish_reason"));
}

fn note_said(into: &mut Collected, said: &Value) {
    if let Some(piece) = text(said, "/content") {
        into.text.push_str(piece);
    }
    if let Some(piece) = text(said, "/refusal") {
        into.refusal.get_or_insert_default().push_str(piece);
    }
    for piece in said.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
        note_call(into, piece);
    }
}

pub(super) fn whole(into: &mut Collected, value: &Value) {
    into.note_model(text(value, "/model"));
    note_tokens(into, value);
    if let Some(message) = value.pointer("/choices/0/message") {
        note_said(into, message);
    }
    note_end(into, text(value, "/choices/0/finish_reason"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::RawCall;

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
            json!({ "model": "m", "choices": [{ "delta": { "content": "He" } }] }),
            json!({ "choices": [{ "delta": { "content": "llo" }, "finish_reason": "length" }] }),
            json!({ "choices": [], "usage": { "prompt_tokens": 30, "completion_tokens": 2,
                "prompt_tokens_details": { "cached_tokens": 20 } } }),
        ]);
        assert_eq!((got.text.as_str(), got.finish), ("Hello", Some(Finish::Length)));
        assert_eq!(got.tokens, Tokens { read: 10, cached: 20, stored: 0, written: 2 });
    }

    #[test]
    fn a_refusal_is_not_a_text() {
        let got = streamed(&[json!({ "choices": [{ "delta": { "refusal": "I will not" } }] })]);
        assert_eq!(got.refusal.as_deref(), Some("I will not"));
        let mut filtered = Collected::default();
        whole(&mut filtered, &json!({ "choices": [{ "finish_reason": "content_filter" }] }));
        assert!(filtered.refusal.is_some());
    }

    fn piece(index: Option<u64>, id: &str, name: &str, input: &str) -> Value {
        let mut piece = json!({ "function": { "name": name, "arguments": input } });
        if !id.is_empty() {
            put(&mut piece, "id", json!(id));
        }
        if let Some(index) = index {
            put(&mut piece, "index", json!(index));
        }
        json!({ "choices": [{ "delta": { "tool_calls": [piece] } }] })
    }

    fn check(events: &[Value]) {
        let calls: Vec<RawCall> = streamed(events).calls.into_values().collect();
        let call = |id: &str, input: &str| RawCall {
            id: id.to_owned(),
            name: "find".to_owned(),
            input: input.to_owned(),
        };
        assert_eq!(calls, [call("a", "{\"q\":1}"), call("b", "{}")], "{events:?}");
    }

    #[test]
    fn calls_come_in_pieces_numbered_well_or_badly() {
        let (a, b) = ("a", "b");
        check(&[
            piece(Some(0), a, "find", ""),
            piece(Some(0), "", "", "{\"q\":"),
            piece(Some(0), "", "", "1}"),
            piece(Some(1), b, "find", "{}"),
        ]);
        check(&[piece(Some(0), a, "find", "{\"q\":1}"), piece(Some(0), b, "find", "{}")]);
        check(&[
            piece(None, a, "find", "{\"q\""),
            piece(None, "", "", ":1}"),
            piece(None, b, "find", "{}"),
        ]);
    }
}
