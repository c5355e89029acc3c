//! What a model is asked. The templates are versioned files beside this one.

use galley_agents_model::Prompt;
use minijinja::Environment;
use minijinja::value::Serde;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const SYSTEM: &str = include_str!("prompts/system.md.j2");
const GROUNDED: &str = include_str!("prompts/grounded.md.j2");
const TOKENS_PER_SENTENCE: u32 = 60;
const TOKENS_MIN: u32 = 400;

/// A sentence as a model is shown it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Exhibit<'a> {
    /// Its number in this request, from 0.
    pub(crate) number: usize,
    /// What it says.
    pub(crate) text: &'a str,
    /// What it cites.
    pub(crate) quotes: Vec<&'a str>,
}

/// What a model thinks of one sentence.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Opinion {
    /// Its number in the request.
    pub(crate) number: usize,
    /// Whether its quotes bear it out.
    pub(crate) supported: bool,
    /// What goes beyond them.
    pub(crate) reason: String,
}

/// Asks whether sentences are borne out by their quotes.
pub(crate) fn grounded(sentences: &[Exhibit<'_>], language: &str) -> Prompt {
    let context = json!({ "sentences": sentences, "language": language });
    let count = u32::try_from(sentences.len()).unwrap_or(u32::MAX);
    Prompt {
        purpose: "groundedness".to_owned(),
        system: render(SYSTEM, &json!({})),
        user: render(GROUNDED, &context),
        schema: Some(schema()),
        tokens_max: count.saturating_mul(TOKENS_PER_SENTENCE).max(TOKENS_MIN),
        temperature: Some(0.0),
    }
}

/// The opinions of a reply; none when it is not what was asked for.
pub(crate) fn opinions(value: &Value) -> Option<Vec<Opinion>> {
    #[derive(Deserialize)]
    struct Reply {
        sentences: Vec<Opinion>,
    }
    serde_json::from_value::<Reply>(value.clone()).ok().map(|reply| reply.sentences)
}

fn schema() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["sentences"],
        "properties": { "sentences": { "type": "array", "items": {
            "type": "object",
            "additionalProperties": false,
            "required": ["number", "supported", "reason"],
            "properties": {
                "number": { "type": "integer", "minimum": 0 },
                "supported": { "type": "boolean" },
                "reason": { "type": "string" }
            }
        } } }
    })
}

fn render(template: &str, context: &Value) -> String {
    Environment::new()
        .render_str(template, Serde(context))
        .expect("the templates are part of the program, and a test renders each of them")
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_renders_with_the_sentences_as_data() {
        let sentences = [Exhibit { number: 0, text: "It \"works\".", quotes: vec!["It works."] }];
        let prompt = grounded(&sentences, "en");
        assert!(prompt.user.contains("It works.") && !prompt.user.contains("version"));
        assert!(!prompt.system.is_empty());
    }

    #[test]
    fn a_reply_is_read_and_anything_else_is_not() {
        let reply = json!({ "sentences": [{ "number": 0, "supported": false, "reason": "more" }] });
        assert_eq!(opinions(&reply).map(|all| all.len()), Some(1));
        assert_eq!(opinions(&json!([])), None);
    }
}
