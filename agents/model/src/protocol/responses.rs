//! OpenAI responses. Source: <https://platform.openai.com/docs/api-reference/responses-streaming>.
//!
//! Nothing is kept at the server (`store` is false): each turn carries the whole conversation.

use serde_json::{Value, json};

use super::openai::tool_choice;
use super::strict::strict;
use super::{Ask, Collected, Failure, Quirk, Wire, count, format_name, put, text, told};
use crate::chat::{Call, Message, Outcome, Tool};
use crate::port::Finish;
use crate::price::Tokens;

pub(super) fn request(ask: &Ask<'_>) -> Wire {
    let chat = ask.chat;
    let mut body = json!({
        "model": ask.model,
        "input": chat.messages.iter().flat_map(items).collect::<Vec<Value>>(),
        "max_output_tokens": chat.tokens_max,
        "store": false,
        "stream": true,
    });
    let instructions = told(ask);
    if !instructions.is_empty() {
        put(&mut body, "instructions", json!(instructions));
    }
    if let Some(temperature) = chat.temperature.filter(|_| !ask.quirks.has(Quirk::NoTemperature)) {
        put(&mut body, "temperature", json!(temperature));
    }
    if let Some(schema) = chat.schema.as_ref().filter(|_| !ask.quirks.has(Quirk::NoFormat)) {
        let strict = strict(schema).filter(|_| ask.quirks.has(Quirk::Strict));
        let format = json!({
            "type": "json_schema",
            "name": format_name(&chat.purpose),
            "strict": strict.is_some(),
            "schema": strict.as_ref().unwrap_or(schema),
        });
        put(&mut body, "text", json!({ "format": format }));
    }
    if !chat.tools.is_empty() {
        put(&mut body, "tools", chat.tools.iter().map(tool).collect());
        put(&mut body, "tool_choice", json!(tool_choice(chat.tool_use)));
    }
    if ask.quirks.has(Quirk::CacheKey) {
        put(&mut body, "prompt_cache_key", json!(format_name(&chat.purpose)));
    }
    Wire { path: "responses", body }
}

fn tool(tool: &Tool) -> Value {
    let Tool { name, about, input } = tool;
    json!({
        "type": "function", "name": name, "description": about, "parameters": input,
        "strict": false,
    })
}

fn items(message: &Message) -> Vec<Value> {
    match message {
        Message::User { text } => vec![json!({ "role": "user", "content": text })],
        Message::Model { text, calls, kept: _ } => {
            let said = Some(json!({ "role": "assistant", "content": text }));
            said.filter(|_| !text.is_empty()).into_iter().chain(calls.iter().map(call)).collect()
        }
        Message::Tools { outcomes } => outcomes
            .iter()
            .map(|Outcome { id, text, .. }| {
                json!({ "type": "function_call_output", "call_id": id, "output": text })
            })
            .collect(),
    }
}

fn call(call: &Call) -> Value {
    let Call { id, name, input, fault: _ } = call;
    json!({ "type": "function_call", "call_id": id, "name": name, "arguments": input.to_string() })
}

pub(super) fn collect(into: &mut Collected, event: &Value) {
    match text(event, "/type") {
        Some("response.created") => into.note_model(text(event, "/response/model")),
        Some("response.output_text.delta") => {
            into.text.push_str(text(event, "/delta").unwrap_or_default());
        }
        Some("response.refusal.delta") => {
            let piece = text(event, "/delta").unwrap_or_default();
            into.refusal.get_or_insert_default().push_str(piece);
        }
        Some("response.output_item.added" | "response.output_item.done") => {
            if let Some(item) = event.get("item") {
                note_call(into, count(event, "/output_index").unwrap_or(0), item);
            }
        }
        Some("response.function_call_arguments.delta") => {
            let piece = text(event, "/delta").unwrap_or_default();
            into.call(count(event, "/output_index").unwrap_or(0)).input.push_str(piece);
        }
        Some("response.completed" | "response.incomplete" | "response.failed") => {
            if let Some(response) = event.get("response") {
                note_response(into, response);
            }
            into.ended = true;
        }
        Some("error") => {
            let message = text(event, "/message").or_else(|| text(event, "/error/message"));
            let message = message.unwrap_or("error").to_owned();
            into.failure = Some(Failure::Broken(message));
            into.note_error(event);
        }
        Some(_) | None => {}
    }
}

/// A tool call, as far as it is there.
fn note_call(into: &mut Collected, place: u64, item: &Value) {
    if text(item, "/type") != Some("function_call") {
        return;
    }
    let call = into.call(place);
    text(item, "/call_id").unwrap_or_default().clone_into(&mut call.id);
    text(item, "/name").unwrap_or_default().clone_into(&mut call.name);
    if let Some(input) = text(item, "/arguments").filter(|input| !input.is_empty()) {
        input.clone_into(&mut call.input);
    }
}

/// How it ended and what it used; and all that was said, if the stream told nothing of it.
fn note_response(into: &mut Collected, response: &Value) {
    into.note_model(text(response, "/model"));
    into.tokens = Tokens::with_cached(
        count(response, "/usage/input_tokens").unwrap_or(0),
        count(response, "/usage/input_tokens_details/cached_tokens").unwrap_or(0),
        count(response, "/usage/output_tokens").unwrap_or(0),
    );
    into.note_error(response);
    if into.text.is_empty() && into.calls.is_empty() && into.refusal.is_none() {
        note_output(into, response);
    }
    match (text(response, "/status"), text(response, "/incomplete_details/reason")) {
        (Some("incomplete"), Some("content_filter")) => {
            into.refusal.get_or_insert_with(|| "the server's content filter stopped it".to_owned());
        }
        (Some("incomplete"), _) => into.finish = Some(Finish::Length),
        (Some("completed"), _) => into.finish = Some(Finish::Stop),
        (Some(status), _) => {
            let what = format!("the response ended as {status}");
            into.failure.get_or_insert(Failure::Broken(what));
        }
        (None, _) => {}
    }
}

fn note_output(into: &mut Collected, response: &Value) {
    let items = response.get("output").and_then(Value::as_array).into_iter().flatten();
    for (place, item) in (0..).zip(items) {
        note_call(into, place, item);
        for part in item.get("content").and_then(Value::as_array).into_iter().flatten() {
            match text(part, "/type") {
                Some("output_text") => into.text.push_str(text(part, "/text").unwrap_or_default()),
                Some("refusal") => {
                    let refusal = text(part, "/refusal").unwrap_or_default();
                    into.refusal.get_or_insert_default().push_str(refusal);
                }
                Some(_) | None => {}
            }
        }
    }
}

pub(super) fn whole(into: &mut Collected, value: &Value) {
    note_response(into, value);
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

    fn completed(status: &str, reason: Option<&str>) -> Value {
        json!({ "type": format!("response.{status}"), "response": {
            "status": status, "model": "m", "incomplete_details": { "reason": reason },
            "usage": { "input_tokens": 30, "input_tokens_details": { "cached_tokens": 20 }, "output_tokens": 2 },
            "output": [{ "type": "message", "content": [{ "type": "output_text", "text": "Hello" }] }],
        } })
    }

    #[test]
    fn a_stream_adds_up() {
        let got = streamed(&[
            json!({ "type": "response.output_text.delta", "output_index": 0, "delta": "Hel" }),
            json!({ "type": "response.output_text.delta", "output_index": 0, "delta": "lo" }),
            completed("completed", None),
        ]);
        assert_eq!((got.text.as_str(), got.finish, got.ended), ("Hello", Some(Finish::Stop), true));
        assert_eq!(got.tokens, Tokens { read: 10, cached: 20, stored: 0, written: 2 });
        assert_eq!(streamed(&[completed("completed", None)]).text, "Hello", "it is said once");
    }

    #[test]
    fn an_incomplete_response_says_why() {
        let cut = streamed(&[completed("incomplete", Some("max_output_tokens"))]);
        assert_eq!(cut.finish, Some(Finish::Length));
        let filtered = streamed(&[completed("incomplete", Some("content_filter"))]);
        assert!(filtered.refusal.is_some());
        let failed = streamed(&[json!({ "type": "response.failed", "response": {
            "status": "failed", "error": { "code": "server_error", "message": "it broke" } } })]);
        assert_eq!(failed.failure, Some(Failure::Broken("it broke".to_owned())));
    }

    #[test]
    fn calls_come_in_pieces() {
        let item =
            json!({ "type": "function_call", "call_id": "c", "name": "find", "arguments": "" });
        let got = streamed(&[
            json!({ "type": "response.output_item.added", "output_index": 1, "item": item }),
            json!({ "type": "response.function_call_arguments.delta", "output_index": 1, "delta": "{\"q\"" }),
            json!({ "type": "response.function_call_arguments.delta", "output_index": 1, "delta": ":1}" }),
        ]);
        let (id, name, input) = ("c".to_owned(), "find".to_owned(), "{\"q\":1}".to_owned());
        assert_eq!(got.calls.get(&1), Some(&RawCall { id, name, input }));
    }
}
