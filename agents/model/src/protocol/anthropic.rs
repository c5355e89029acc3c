//! Anthropic messages. Source: <https://docs.anthropic.com/en/api/messages-streaming>.
//!
//! A schema is asked for as the input of one tool that the model is made to use.

use serde_json::{Value, json};

use super::{Collected, Repair, Wire, count, text};
use crate::port::{Finish, Prompt};

/// The tool whose input is the reply.
const TOOL: &str = "reply";

pub(super) fn request(model: &str, prompt: &Prompt, repair: Option<&Repair>) -> Wire {
    let mut messages = vec![json!({ "role": "user", "content": prompt.user })];
    if let Some(repair) = repair {
        messages.push(json!({ "role": "assistant", "content": repair.said }));
        messages.push(json!({ "role": "user", "content": repair.reason }));
    }
    let mut body = json!({
        "model": model,
        "system": prompt.system,
        "messages": messages,
        "max_tokens": prompt.tokens_max,
        "stream": true,
    });
    if let Some(fields) = body.as_object_mut() {
        if let Some(temperature) = prompt.temperature {
            // This protocol knows 0 to 1.
            fields.insert("temperature".to_owned(), json!(temperature.min(1.0)));
        }
        if let Some(schema) = &prompt.schema {
            let tool = json!({
                "name": TOOL, "description": "Give the reply.", "input_schema": schema,
            });
            fields.insert("tools".to_owned(), json!([tool]));
            fields.insert("tool_choice".to_owned(), json!({ "type": "tool", "name": TOOL }));
        }
    }
    Wire { path: "messages", body }
}

fn note_end(into: &mut Collected, reason: Option<&str>) {
    match reason {
        Some("refusal") => {
            into.refusal = Some("the model declined to answer".to_owned());
        }
        Some("max_tokens") => into.finish = Some(Finish::Length),
        Some(_) => into.finish = Some(Finish::Stop),
        None => {}
    }
}

pub(super) fn collect(into: &mut Collected, event: &Value) {
    match text(event, "/type") {
        Some("message_start") => {
            into.model = text(event, "/message/model").unwrap_or_default().to_owned();
            into.usage.input_tokens = count(event, "/message/usage/input_tokens").unwrap_or(0);
        }
        Some("content_block_delta") => {
            let piece = text(event, "/delta/text").or_else(|| text(event, "/delta/partial_json"));
            into.text.push_str(piece.unwrap_or_default());
        }
        Some("message_delta") => {
            if let Some(tokens) = count(event, "/usage/output_tokens") {
                into.usage.output_tokens = tokens;
            }
            note_end(into, text(event, "/delta/stop_reason"));
        }
        Some("error") => {
            into.failure = Some(text(event, "/error/message").unwrap_or("error").to_owned());
        }
        Some(_) | None => {}
    }
}

pub(super) fn whole(value: &Value) -> Collected {
    let mut collected = Collected {
        model: text(value, "/model").unwrap_or_default().to_owned(),
        ..Collected::default()
    };
    collected.usage.input_tokens = count(value, "/usage/input_tokens").unwrap_or(0);
    collected.usage.output_tokens = count(value, "/usage/output_tokens").unwrap_or(0);
    for block in value.get("content").and_then(Value::as_array).into_iter().flatten() {
        if let Some(piece) = text(block, "/text") {
            collected.text.push_str(piece);
        }
        if let Some(input) = block.get("input") {
            collected.text.push_str(&input.to_string());
        }
    }
    note_end(&mut collected, text(value, "/stop_reason"));
    collected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_adds_up() {
        let mut got = Collected::default();
        for event in [
            json!({ "type": "message_start", "message": { "model": "m", "usage": { "input_tokens": 7 } } }),
            json!({ "type": "ping" }),
            json!({ "type": "content_block_delta", "delta": { "partial_json": "{\"a\":" } }),
            json!({ "type": "content_block_delta", "delta": { "partial_json": "1}" } }),
            json!({ "type": "message_delta", "delta": { "stop_reason": "tool_use" }, "usage": { "output_tokens": 4 } }),
        ] {
            collect(&mut got, &event);
        }
        assert_eq!((got.text.as_str(), got.finish), ("{\"a\":1}", Some(Finish::Stop)));
        assert_eq!((got.usage.input_tokens, got.usage.output_tokens), (7, 4));
    }

    #[test]
    fn a_schema_is_asked_for_as_a_tool() {
        let prompt = Prompt {
            purpose: "outline".to_owned(),
            system: String::new(),
            user: String::new(),
            schema: Some(json!({ "type": "object" })),
            tokens_max: 10,
            temperature: Some(1.5),
        };
        let body = request("m", &prompt, None).body;
        assert_eq!(body["tool_choice"]["name"], body["tools"][0]["name"]);
        assert_eq!(body["temperature"], json!(1.0));
    }
}
