//! What a model is asked. The templates are versioned files beside this one.

use galley_agents_model::Prompt;
use galley_schemas::content::Article;
use minijinja::Environment;
use minijinja::value::Serde;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::rules::text::paragraphs;

const SYSTEM: &str = include_str!("prompts/system.md.j2");
const META: &str = include_str!("prompts/meta.md.j2");
const TOKENS_MAX: u32 = 400;
/// So much of the article tells what it is about.
const CHARS_MAX: usize = 12_000;

/// A title and a description.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Suggestion {
    /// The title.
    pub(crate) title: String,
    /// The description.
    pub(crate) description: String,
}

/// Asks for a title and a description.
pub(crate) fn meta(article: &Article, temperature: f32) -> Prompt {
    let text: Vec<String> = article.sections.iter().flat_map(paragraphs).collect();
    let text: String = text.join("\n\n").chars().take(CHARS_MAX).collect();
    let context = json!({
        "title": article.title,
        "keyphrase": article.keyphrase,
        "language": article.language,
        "text": text,
    });
    Prompt {
        purpose: "search_result".to_owned(),
        system: render(SYSTEM, &json!({})),
        user: render(META, &context),
        schema: Some(schema()),
        tokens_max: TOKENS_MAX,
        temperature: Some(temperature),
    }
}

/// The suggestion of a reply; none when it is not what was asked for.
pub(crate) fn suggestion(value: &Value) -> Option<Suggestion> {
    serde_json::from_value(value.clone()).ok()
}

fn schema() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["title", "description"],
        "properties": { "title": { "type": "string" }, "description": { "type": "string" } }
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
    fn every_template_renders_with_the_article_as_data() {
        let prompt = meta(&crate::rules::sample::article(), 0.3);
        assert!(prompt.user.contains("opening hours of the library"));
        assert!(!prompt.user.contains("version") && !prompt.system.is_empty());
    }
}
