//! OpenAI chat completions. Source: <https://platform.openai.com/docs/api-reference/chat>.

use serde_json::{Value, json};

use super::{Collected, Repair, Wire, count, text};
use crate::port::{Finish, Prompt};

pub(super) fn request(model: &str, prompt: &Prompt, repair: Option<&Repair>) -> Wire {
    let mut messages = vec![
        json!({ "role": "system", "content": prompt.system }),
        json!({ "role": "user", "content": prompt.user }),
    ];
    if let Some(repair) = repair {
        messages.push(json!({ "role": "assistant", "content": repair.said }));
        messages.push(json!({ "role": "user", "content": repair.reason }));
    }
    let mut body = json!({
        "model": model,
        "messages": messages,
        "max_tokens": prompt.tokens_max,
        "stream": true,
        "stream_options": { "include_usage": true },
    });
    if let Some(fields) = body.as_object_mut() {
        if let Some(temperature) = prompt.temperature {
            fields.insert("temperature".to_owned(), json!(temperature));
        }
        if let Some(schema) = &prompt.schema {
            let format = json!({
                "type": "json_schema",
                "json_schema": { "name": prompt.purpose, "schema": schema },
            });
            fields.insert("response_format".to_owned(), format);
        }
    }
    Wire { path: "chat/completions", body }
}

fn finish(reason: Option<&str>) -> Option<Finish> {
    reason.map(|reason| if reason == "length" { Finish::Length } else { Finish::Stop })
}

fn note_usage(into: &mut Collected, value: &Value) {
    if let Some(tokens) = count(value, "/usage/prompt_tokens") {
        into.usage.input_tokens = tokens;
    }
    if let Some(tokens) = count(value, "/usage/completion_tokens") {
        into.usage.output_tokens = tokens;
    }
    if let Some(model) = text(value, "/model") {
        model.clone_into(&mut into.model);
    }
}

fn note_end(into: &mut Collected, reason: Option<&str>) {
    if reason == Some("content_filter") {
        into.refusal.get_or_insert_with(|| "the server's content filter stopped it".to_owned());
    }
    into.finish = finish(reason).or(into.finish);
}

pub(super) fn collect(into: &mut Collected, event: &Value) {
    note_usage(into, event);
    if let Some(message) = text(event, "/error/message") {
        into.failure = Some(message.to_owned());
    }
    if let Some(piece) = text(event, "/choices/0/delta/content") {
        into.text.push_str(piece);
    }
    if let Some(piece) = text(event, "/choices/0/delta/refusal") {
        into.refusal.get_or_insert_default().push_str(piece);
    }
    note_end(into, text(event, "/choices/0/finish_reason"));
}

pub(super) fn whole(value: &Value) -> Collected {
    let mut collected = Collected::default();
    note_usage(&mut collected, value);
    collected.text = text(value, "/choices/0/message/content").unwrap_or_default().to_owned();
    collected.refusal = text(value, "/choices/0/message/refusal").map(str::to_owned);
    note_end(&mut collected, text(value, "/choices/0/finish_reason"));
    collected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_adds_up() {
        let mut got = Collected::default();
        for event in [
            json!({ "model": "m", "choices": [{ "delta": { "content": "He" } }] }),
            json!({ "choices": [{ "delta": { "content": "llo" }, "finish_reason": "length" }] }),
            json!({ "choices": [], "usage": { "prompt_tokens": 3, "completion_tokens": 2 } }),
        ] {
            collect(&mut got, &event);
        }
        assert_eq!((got.text.as_str(), got.finish), ("Hello", Some(Finish::Length)));
        assert_eq!((got.usage.input_tokens, got.usage.output_tokens), (3, 2));
    }

    #[test]
    fn a_refusal_is_not_a_text() {
        let mut got = Collected::default();
        collect(&mut got, &json!({ "choices": [{ "delta": { "refusal": "I will not" } }] }));
        assert_eq!(got.refusal.as_deref(), Some("I will not"));
        let filtered = whole(&json!({ "choices": [{ "finish_reason": "content_filter" }] }));
        assert!(filtered.refusal.is_some());
    }
}
