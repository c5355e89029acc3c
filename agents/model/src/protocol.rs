//! What goes over the wire, as pure functions: a request's body, and what its stream adds up to.

mod anthropic;
mod collected;
mod ollama;
mod openai;
mod quirks;
mod responses;
mod strict;

use serde_json::{Value, json};

use crate::chat::Chat;
use crate::config::Protocol;
use crate::price::Tokens;

pub(crate) use collected::{Collected, Failure, RawCall};
pub(crate) use quirks::{Quirk, Quirks};

/// What is asked, of whom.
#[derive(Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) model: &'a str,
    pub(crate) chat: &'a Chat,
    pub(crate) quirks: &'a Quirks,
    /// Longest context in tokens, where the protocol asks for one.
    pub(crate) context_max: u32,
}

/// A request without its address.
#[derive(Debug)]
pub(crate) struct Wire {
    /// Below the server's address.
    pub(crate) path: &'static str,
    pub(crate) body: Value,
}

/// The request for the next turn of a conversation.
pub(crate) fn request(protocol: Protocol, ask: &Ask<'_>) -> Wire {
    match protocol {
        Protocol::Openai => openai::request(ask),
        Protocol::OpenaiResponses => responses::request(ask),
        Protocol::Anthropic => anthropic::request(ask),
        Protocol::Ollama => ollama::request(ask),
    }
}

/// Adds one frame of a stream; what cannot be read is skipped, as all protocols ask for.
pub(crate) fn collect(protocol: Protocol, into: &mut Collected, frame: &str) {
    if frame.trim() == "[DONE]" {
        into.ended = true;
        return;
    }
    let Ok(value) = serde_json::from_str::<Value>(frame) else { return };
    match protocol {
        Protocol::Openai => openai::collect(into, &value),
        Protocol::OpenaiResponses => responses::collect(into, &value),
        Protocol::Anthropic => anthropic::collect(into, &value),
        Protocol::Ollama => ollama::collect(into, &value),
    }
}

/// Reads a whole reply, from a server that does not stream.
pub(crate) fn whole(protocol: Protocol, value: &Value) -> Collected {
    let mut collected = Collected::default();
    collected.note_error(value);
    match protocol {
        Protocol::Openai => openai::whole(&mut collected, value),
        Protocol::OpenaiResponses => responses::whole(&mut collected, value),
        Protocol::Anthropic => anthropic::whole(&mut collected, value),
        Protocol::Ollama => ollama::collect(&mut collected, value),
    }
    collected
}

/// The request that turns texts into vectors. A text without words still gets one.
pub(crate) fn embedding(protocol: Protocol, model: &str, texts: &[String]) -> Wire {
    let input: Vec<&str> =
        texts.iter().map(|text| if text.is_empty() { " " } else { text.as_str() }).collect();
    let path = if protocol == Protocol::Ollama { "embed" } else { "embeddings" };
    Wire { path, body: json!({ "model": model, "input": input }) }
}

/// The vectors of a reply, in the order of their texts, and what was read; none when it holds
/// something else.
pub(crate) fn vectors(protocol: Protocol, reply: &Value) -> Option<(Vec<Vec<f32>>, Tokens)> {
    if protocol == Protocol::Ollama {
        let vectors = serde_json::from_value(reply.get("embeddings")?.clone()).ok()?;
        let read = count(reply, "/prompt_eval_count").unwrap_or(0);
        return Some((vectors, Tokens { read, ..Tokens::default() }));
    }
    let mut entries: Vec<(u64, Vec<f32>)> = Vec::new();
    for (at, entry) in (0..).zip(reply.get("data")?.as_array()?) {
        let vector = serde_json::from_value(entry.get("embedding")?.clone()).ok()?;
        entries.push((count(entry, "/index").unwrap_or(at), vector));
    }
    entries.sort_by_key(|(index, _)| *index);
    let read = count(reply, "/usage/prompt_tokens").unwrap_or(0);
    let vectors = entries.into_iter().map(|(_, vector)| vector).collect();
    Some((vectors, Tokens { read, ..Tokens::default() }))
}

/// Where a server lists its models, and where the first one's name stands in the list.
pub(crate) const fn listing(protocol: Protocol) -> (&'static str, &'static str) {
    match protocol {
        Protocol::Openai | Protocol::OpenaiResponses | Protocol::Anthropic => {
            ("models", "/data/0/id")
        }
        Protocol::Ollama => ("tags", "/models/0/name"),
    }
}

/// What a server says of its own error, shortened.
pub(crate) fn error_message(body: &str) -> String {
    // Some servers tell an error as the first event of a stream.
    let first = body.strip_prefix("data:").and_then(|event| event.lines().next());
    let message = serde_json::from_str::<Value>(first.unwrap_or(body)).ok().and_then(|value| {
        let error = value.get("error").or_else(|| value.get("detail")).unwrap_or(&value);
        let text = error.get("message").unwrap_or(error);
        text.as_str().map(str::to_owned)
    });
    message.unwrap_or_else(|| body.to_owned()).chars().take(500).collect()
}

/// The reply's schema in words, for a server that takes none, behind how the model should behave.
fn told(ask: &Ask<'_>) -> String {
    let Chat { system, schema, .. } = ask.chat;
    match schema.as_ref().filter(|_| ask.quirks.has(Quirk::NoFormat)) {
        Some(schema) => {
            format!("{system}\n\n{}", crate::structured::instruction(schema)).trim().to_owned()
        }
        None => system.clone(),
    }
}

/// The name of a reply's format: letters, digits, `_` and `-`, at most 64.
fn format_name(purpose: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let name: String = purpose.chars().take(64).map(plain).collect();
    if name.is_empty() { "reply".to_owned() } else { name }
}

/// What a body has for a name, put there if there is something.
fn put(body: &mut Value, name: &str, value: Value) {
    if let Some(fields) = body.as_object_mut() {
        fields.insert(name.to_owned(), value);
    }
}

fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

fn count(value: &Value, pointer: &str) -> Option<u64> {
    value.pointer(pointer).and_then(Value::as_u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPLIES: [(Protocol, &str); 9] = [
        (Protocol::Openai, include_str!("../tests/server/replies/openai.sse")),
        (Protocol::Openai, include_str!("../tests/server/replies/openai_tools.sse")),
        (Protocol::Openai, include_str!("../tests/server/replies/router.sse")),
        (Protocol::OpenaiResponses, include_str!("../tests/server/replies/responses.sse")),
        (Protocol::OpenaiResponses, include_str!("../tests/server/replies/responses_tools.sse")),
        (Protocol::Anthropic, include_str!("../tests/server/replies/anthropic.sse")),
        (Protocol::Anthropic, include_str!("../tests/server/replies/anthropic_tools.sse")),
        (Protocol::Ollama, include_str!("../tests/server/replies/ollama.ndjson")),
        (Protocol::Ollama, include_str!("../tests/server/replies/ollama_tools.ndjson")),
    ];

    /// Every place in a value.
    fn places(value: &Value, at: &str, into: &mut Vec<String>) {
        into.push(at.to_owned());
        let fields = value.as_object().into_iter().flatten();
        fields.for_each(|(name, field)| places(field, &format!("{at}/{name}"), into));
        let entries = value.as_array().into_iter().flatten().enumerate();
        entries.for_each(|(index, entry)| places(entry, &format!("{at}/{index}"), into));
    }

    #[test]
    fn whatever_stands_in_a_stream_is_read_without_harm() {
        let wrong = [json!(null), json!(-1), json!(u64::MAX), json!("x"), json!([1]), json!({})];
        let mut read = 0;
        for (protocol, reply) in REPLIES {
            let lines = reply.lines().map(|line| line.strip_prefix("data: ").unwrap_or(line));
            let frames: Vec<Value> = lines.filter_map(|f| serde_json::from_str(f).ok()).collect();
            for at in 0..frames.len() {
                let mut pointers = Vec::new();
                places(&frames[at], "", &mut pointers);
                for (pointer, value) in
                    pointers.iter().flat_map(|p| wrong.iter().map(move |value| (p, value)))
                {
                    let mut mangled = frames.clone();
                    *mangled[at].pointer_mut(pointer).unwrap() = value.clone();
                    let mut got = Collected::default();
                    mangled.iter().for_each(|f| collect(protocol, &mut got, &f.to_string()));
                    let _whole = whole(protocol, &mangled[at]);
                    assert!(got.calls.len() <= 3 && got.kept.len() <= 1, "{protocol:?} {pointer}");
                    read += 1;
                }
            }
        }
        assert!(read > 4_000, "{read}");
    }

    #[test]
    fn a_refusal_of_anything_teaches_no_more_than_there_is_to_learn() {
        let chat = Chat {
            purpose: "p".to_owned(),
            system: String::new(),
            messages: Vec::new(),
            tools: Vec::new(),
            tool_use: crate::chat::ToolUse::May,
            schema: Some(json!({ "type": "object" })),
            tokens_max: 1,
            temperature: Some(1.0),
        };
        let everything = "max_completion_tokens temperature stream_options prompt_cache_key \
                          cache_control tool_choice thinking response_format schema grammar";
        for protocol in
            [Protocol::Openai, Protocol::OpenaiResponses, Protocol::Anthropic, Protocol::Ollama]
        {
            let mut quirks = Quirks::of_host(protocol, "api.openai.com");
            let body = |quirks: &Quirks| {
                request(protocol, &Ask { model: "m", chat: &chat, quirks, context_max: 8_192 }).body
            };
            let mut lessons = 0;
            while let Some(more) = quirks.learn(everything, &body(&quirks)) {
                quirks = more;
                lessons += 1;
                assert!(lessons <= 8, "{protocol:?} learns for ever: {quirks:?}");
            }
            let plain = body(&quirks);
            assert!(plain.to_string().contains("JSON Schema"), "{protocol:?}: {plain}");
            assert_eq!(plain.get("temperature"), None, "{protocol:?}");
        }
    }

    #[test]
    fn vectors_stand_in_the_order_of_their_texts() {
        let reply = json!({ "usage": { "prompt_tokens": 4 }, "data": [
            { "index": 1, "embedding": [2.0] }, { "index": 0, "embedding": [1.0] },
        ] });
        let (got, tokens) = vectors(Protocol::Openai, &reply).unwrap();
        assert_eq!((got, tokens.read), (vec![vec![1.0], vec![2.0]], 4));
        assert_eq!(vectors(Protocol::Openai, &json!({ "data": [{ "embedding": "x" }] })), None);
        assert_eq!(
            vectors(Protocol::Ollama, &json!({ "embeddings": [[1.0]] })).unwrap().0,
            [[1.0]]
        );
    }

    #[test]
    fn an_error_is_found_in_any_of_its_forms() {
        for (body, want) in [
            ("{\"error\":{\"message\":\"no such model\"}}", "no such model"),
            ("{\"error\":\"no such model\"}", "no such model"),
            ("{\"detail\":\"no such model\"}", "no such model"),
            ("{\"message\":\"no such model\"}", "no such model"),
            (
                "data: {\"error\":{\"message\":\"no such model\"}}\n\ndata: [DONE]\n\n",
                "no such model",
            ),
            ("plain words", "plain words"),
        ] {
            assert_eq!(error_message(body), want);
        }
        assert_eq!(error_message(&"x".repeat(9_999)).len(), 500);
    }

    #[test]
    fn a_format_has_a_name_that_every_server_takes() {
        assert_eq!(format_name("outline"), "outline");
        assert_eq!(format_name("Gliederung: zwei"), "Gliederung__zwei");
        assert_eq!(format_name(""), "reply");
    }
}
