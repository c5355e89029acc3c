//! How servers of one protocol differ, learned from what they refuse.
//!
//! A server that does not know a parameter says so with an error that names it. The parameter is left
//! out from then on, or written in the other way, and the request is sent again at once. So any
//! server and any model can be named without saying what it is.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::config::Protocol;

/// A way to differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Quirk {
    /// The bound on what is written is called `max_completion_tokens`.
    CompletionTokens,
    /// It is not, whatever else is said.
    NoCompletionTokens,
    /// It takes no temperature.
    NoTemperature,
    /// It takes no schema: the schema is told in words.
    NoFormat,
    /// It holds to a schema without fail when the schema keeps to a part of JSON Schema.
    Strict,
    /// It does not tell what a stream used.
    NoStreamOptions,
    /// Prompts that begin alike find its cache by a key.
    CacheKey,
    /// It takes no marks for its cache.
    NoCacheMarks,
    /// It cannot be made to use a tool, but takes a schema as such.
    NoForcedTool,
}

/// The ways in which one server differs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Quirks(BTreeSet<Quirk>);

impl Quirks {
    /// What is known of a server by its name.
    pub(crate) fn of_host(protocol: Protocol, host: &str) -> Self {
        let is_openai = host == "api.openai.com" || host.ends_with(".api.openai.com");
        let quirks: &[Quirk] = match protocol {
            Protocol::Openai if is_openai => {
                &[Quirk::CompletionTokens, Quirk::Strict, Quirk::CacheKey]
            }
            Protocol::OpenaiResponses => &[Quirk::Strict, Quirk::CacheKey],
            Protocol::Openai | Protocol::Anthropic | Protocol::Ollama => &[],
        };
        Self(quirks.iter().copied().collect())
    }

    pub(crate) fn has(&self, quirk: Quirk) -> bool {
        self.0.contains(&quirk)
    }

    /// What a refusal of this body teaches; none when it teaches nothing.
    pub(crate) fn learn(&self, refusal: &str, body: &Value) -> Option<Self> {
        let says = |word: &str| refusal.contains(word);
        let sent = |pointer: &str| body.pointer(pointer).is_some();
        let forced = matches!(
            body.pointer("/tool_choice/type").and_then(Value::as_str),
            Some("tool" | "any")
        );
        let formats = ["/response_format", "/text/format", "/output_config/format", "/format"];
        let formatted = formats.iter().any(|pointer| sent(pointer));
        let of_format =
            ["response_format", "text.format", "output_config", "json_schema", "schema"]
                .iter()
                .any(|word| says(word));
        let renamed = says("max_completion_tokens");
        let bounded = sent("/max_tokens") && !self.has(Quirk::NoCompletionTokens);
        let heated = sent("/temperature") || sent("/options/temperature");
        let lessons = [
            (renamed && bounded, Change::Add(Quirk::CompletionTokens)),
            (renamed && sent("/max_completion_tokens"), Change::Add(Quirk::NoCompletionTokens)),
            (says("temperature") && heated, Change::Add(Quirk::NoTemperature)),
            (
                says("stream_options") && sent("/stream_options"),
                Change::Add(Quirk::NoStreamOptions),
            ),
            (says("prompt_cache_key"), Change::Drop(Quirk::CacheKey)),
            (says("cache_control"), Change::Add(Quirk::NoCacheMarks)),
            (forced && (says("tool_choice") || says("thinking")), Change::Add(Quirk::NoForcedTool)),
            (formatted && of_format, Change::Drop(Quirk::Strict)),
            (
                formatted && (of_format || says("grammar") || says("format")),
                Change::Add(Quirk::NoFormat),
            ),
        ];
        let mut fitting = lessons.into_iter().filter(|(fits, _)| *fits);
        fitting.find_map(|(_, change)| self.changed(change))
    }

    /// The quirks after a change; none when it changes nothing.
    fn changed(&self, change: Change) -> Option<Self> {
        let mut changed = self.clone();
        match change {
            Change::Add(quirk) => changed.0.insert(quirk),
            Change::Drop(quirk) => changed.0.remove(&quirk),
        }
        .then_some(changed)
    }
}

/// What a lesson changes.
#[derive(Debug, Clone, Copy)]
enum Change {
    Add(Quirk),
    Drop(Quirk),
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(refusal: &str, body: &Value, want: Option<&[Quirk]>) {
        let got = Quirks::default().learn(refusal, body);
        let want = want.map(|quirks| Quirks(quirks.iter().copied().collect()));
        assert_eq!(got, want, "{refusal}");
    }

    #[test]
    fn a_refusal_teaches_what_to_leave_out() {
        let body = json!({
            "max_tokens": 10, "temperature": 0.2, "stream_options": {}, "response_format": {},
            "tool_choice": { "type": "tool", "name": "reply" },
        });
        check(
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use \
             'max_completion_tokens' instead.",
            &body,
            Some(&[Quirk::CompletionTokens]),
        );
        check(
            "'temperature' does not support 0.2 with this model.",
            &body,
            Some(&[Quirk::NoTemperature]),
        );
        check(
            "Unrecognized request argument: stream_options",
            &body,
            Some(&[Quirk::NoStreamOptions]),
        );
        check("response_format is not supported", &body, Some(&[Quirk::NoFormat]));
        check(
            "Thinking may not be enabled when tool_choice forces tool use.",
            &body,
            Some(&[Quirk::NoForcedTool]),
        );
        check("cache_control: Extra inputs are not permitted", &body, Some(&[Quirk::NoCacheMarks]));
        check("The model `x` does not exist", &body, None);
        check("temperature must be lower", &json!({}), None);
    }

    #[test]
    fn strictness_is_given_up_before_the_schema() {
        let body = json!({ "response_format": {} });
        let first = Quirks::of_host(Protocol::Openai, "api.openai.com");
        let second = first.learn("Invalid schema for response_format", &body).unwrap();
        assert!(!second.has(Quirk::Strict) && !second.has(Quirk::NoFormat));
        let third = second.learn("Invalid schema for response_format", &body).unwrap();
        assert!(third.has(Quirk::NoFormat));
        assert_eq!(third.learn("Invalid schema for response_format", &body), None);
    }
}
