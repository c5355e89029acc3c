//! Ollama's chat. Source: <https://docs.ollama.com/api/chat>.
//!
//! A line of JSON for each piece; the last one says `done`. The server cuts a prompt that is longer
//! than its context without a word, so the context is asked for: the next power of two that holds
//! prompt and reply, so that a model is not loaded anew for each length.

use serde_json::{Value, json};

use super::{Ask, Collected, Quirk, Wire, count, openai, put, text};
use crate::chat::{Call, Chat, Outcome, ToolUse};
use crate::port::Finish;

/// Shortest context that is asked for, in tokens.
const CONTEXT_MIN: u32 = 8_192;
/// Bytes of text to a token, on the low side.
const BYTES_PER_TOKEN: usize = 3;

pub(super) fn request(ask: &Ask<'_>) -> Wire {
    let chat = ask.chat;
    let messages = openai::messages(ask, call, outcome);
    // This protocol cannot forbid tools; what is not offered is not called.
    let offered = !chat.tools.is_empty() && chat.tool_use != ToolUse::MustNot;
    let tools: Vec<Value> = chat.tools.iter().filter(|_| offered).map(openai::tool).collect();
    let bytes = json!([messages, tools, chat.schema]).to_string().len();
    let mut options = json!({
        "num_predict": chat.tokens_max,
        "num_ctx": context(bytes, chat, ask.context_max),
    });
    if let Some(temperature) = chat.temperature.filter(|_| !ask.quirks.has(Quirk::NoTemperature)) {
        put(&mut options, "temperature", json!(temperature));
    }
    let mut body =
        json!({ "model": ask.model, "messages": messages, "stream": true, "options": options });
    // A model that is held to a schema cannot call a tool.
    let formatted = chat.schema.as_ref().filter(|_| !ask.quirks.has(Quirk::NoFormat) && !offered);
    if let Some(schema) = formatted {
        put(&mut body, "format", schema.clone());
    }
    if offered {
        put(&mut body, "tools", json!(tools));
    }
    Wire { path: "chat", body }
}

/// The context to ask for, in tokens.
fn context(bytes: usize, chat: &Chat, context_max: u32) -> u32 {
    let read = u32::try_from(bytes.div_ceil(BYTES_PER_TOKEN)).unwrap_or(u32::MAX);
    let needed = read.saturating_add(chat.tokens_max);
    let asked = needed.max(CONTEXT_MIN).checked_next_power_of_two().unwrap_or(u32::MAX);
    if needed > context_max {
        tracing::warn!(purpose = %chat.purpose, needed, context_max, "the prompt may be cut by the server");
    }
    asked.min(context_max)
}

fn outcome(Outcome { name, text, .. }: &Outcome) -> Value {
    json!({ "role": "tool", "tool_name": name, "content": text })
}

fn call(call: &Call) -> Value {
    json!({ "function": { "name": call.name, "arguments": call.input } })
}

/// A line of the stream, or the whole reply: they have one form.
pub(super) fn collect(into: &mut Collected, line: &Value) {
    into.note_error(line);
    into.note_model(text(line, "/model"));
    if let Some(piece) = text(line, "/message/content") {
        into.text.push_str(piece);
    }
    let calls = line.pointer("/message/tool_calls").and_then(Value::as_array);
    for called in calls.into_iter().flatten() {
        let place = into.next_place();
        let call = into.call(place);
        // The protocol has no ids; within a turn, the place is one.
        call.id = format!("call_{place}");
        text(called, "/function/name").unwrap_or_default().clone_into(&mut call.name);
        call.input =
            called.pointer("/function/arguments").map(Value::to_string).unwrap_or_default();
    }
    if line.get("done").and_then(Value::as_bool) == Some(true) {
        into.tokens.read = count(line, "/prompt_eval_count").unwrap_or(0);
        into.tokens.written = count(line, "/eval_count").unwrap_or(0);
        let cut = text(line, "/done_reason") == Some("length");
        into.finish = Some(if cut { Finish::Length } else { Finish::Stop });
        into.ended = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Failure;

    #[test]
    fn lines_add_up() {
        let mut got = Collected::default();
        for line in [
            json!({ "model": "m", "message": { "content": "He", "thinking": "hm" }, "done": false }),
            json!({ "message": { "content": "llo", "tool_calls": [
                { "function": { "name": "find", "arguments": { "q": 1 } } } ] }, "done": false }),
            json!({ "done": true, "done_reason": "length", "prompt_eval_count": 3, "eval_count": 2 }),
        ] {
            collect(&mut got, &line);
        }
        assert_eq!((got.text.as_str(), got.finish), ("Hello", Some(Finish::Length)));
        assert_eq!((got.tokens.read, got.tokens.written), (3, 2));
        assert_eq!(got.calls[&0].input, "{\"q\":1}");
        collect(&mut got, &json!({ "error": "out of memory" }));
        assert_eq!(got.failure, Some(Failure::Broken("out of memory".to_owned())));
    }

    #[test]
    fn the_context_holds_prompt_and_reply() {
        let chat = |tokens_max| Chat {
            purpose: String::new(),
            system: String::new(),
            messages: Vec::new(),
            tools: Vec::new(),
            tool_use: ToolUse::May,
            schema: None,
            tokens_max,
            temperature: None,
        };
        for (bytes, tokens_max, want) in [
            (300, 100, 8_192),
            (30_000, 100, 16_384),
            (30_000, 8_000, 32_768),
            (3_000_000, 1, 32_768),
        ] {
            assert_eq!(context(bytes, &chat(tokens_max), 32_768), want, "{bytes} {tokens_max}");
        }
    }
}
