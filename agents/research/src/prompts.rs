//! What a model is asked. The templates are versioned files beside this one.

use galley_agents_model::{Chat, Prompt, Tool};
use galley_schemas::content::{Evidence, OutlineSection};
use minijinja::Environment;
use serde_json::{Value, json};

use crate::config::Looking;
use crate::rules::asked::QUESTIONS_MAX;

const SYSTEM: &str = include_str!("prompts/system.md.j2");
const QUESTIONS: &str = include_str!("prompts/questions.md.j2");
const LOOK: &str = include_str!("prompts/look.md.j2");
const LOOK_SYSTEM: &str = include_str!("prompts/look_system.md.j2");
const STATEMENTS: &str = include_str!("prompts/statements.md.j2");

/// Most tokens of a reply with questions, and for each restated quote.
const QUESTIONS_TOKENS_MAX: u32 = 900;
const STATEMENT_TOKENS_MAX: u32 = 90;
/// Most tokens of a turn of looking.
const TURN_TOKENS_MAX: u32 = 1_200;

/// Asks what several readers want to know of a section.
pub(crate) fn questions(section: &OutlineSection, temperature: f32) -> Prompt {
    let schema = json!({
        "type": "object",
        "required": ["questions"],
        "additionalProperties": false,
        "properties": { "questions": {
            "type": "array", "minItems": 1, "maxItems": QUESTIONS_MAX,
            "items": {
                "type": "object",
                "required": ["perspective", "question", "terms"],
                "additionalProperties": false,
                "properties": {
                    "perspective": { "type": "string", "maxLength": 80 },
                    "question": { "type": "string", "maxLength": 200 },
                    "terms": { "type": "array", "maxItems": 4, "items": { "type": "string", "maxLength": 60 } }
                }
            }
        } }
    });
    let context = json!({
        "heading": section.heading,
        "questions": section.questions,
        "terms": section.terms,
        "most": QUESTIONS_MAX,
    });
    prompt("questions", render(QUESTIONS, &context), (schema, QUESTIONS_TOKENS_MAX), temperature)
}

/// Asks to choose among quotes and to restate them.
pub(crate) fn statements(
    section: &OutlineSection,
    candidates: &Evidence,
    temperature: f32,
) -> Prompt {
    let shown: Vec<Value> = candidates
        .claims
        .iter()
        .map(|claim| {
            let source = candidates.sources.iter().find(|source| source.id == claim.quote.source);
            let source = source.map_or("", |source| source.title.as_str());
            json!({ "id": claim.id, "text": claim.quote.text, "source": source })
        })
        .collect();
    let ids: Vec<&str> = candidates.claims.iter().map(|claim| claim.id.as_str()).collect();
    let schema = json!({
        "type": "object",
        "required": ["claims"],
        "additionalProperties": false,
        "properties": { "claims": {
            "type": "array", "maxItems": ids.len(),
            "items": {
                "type": "object",
                "required": ["quote", "statement"],
                "additionalProperties": false,
                "properties": {
                    "quote": { "type": "string", "enum": ids },
                    "statement": { "type": "string", "maxLength": 400 }
                }
            }
        } }
    });
    let context = json!({
        "heading": section.heading,
        "questions": section.questions,
        "quotes": shown,
    });
    let quotes = u32::try_from(candidates.claims.len()).unwrap_or(u32::MAX);
    let tokens = STATEMENT_TOKENS_MAX.saturating_mul(quotes.saturating_add(2));
    prompt("statements", render(STATEMENTS, &context), (schema, tokens), temperature)
}

/// Begins a conversation in which a model looks for evidence with tools.
pub(crate) fn look(section: &OutlineSection, config: &Looking) -> Chat {
    let context = json!({
        "heading": section.heading,
        "questions": section.questions,
        "turns": config.turns_max,
    });
    let first = Prompt {
        purpose: "look".to_owned(),
        system: render(LOOK_SYSTEM, &Value::Null),
        user: render(LOOK, &context),
        schema: None,
        tokens_max: TURN_TOKENS_MAX,
        temperature: Some(config.temperature),
    };
    Chat { tools: tools(), ..Chat::from(&first) }
}

fn tools() -> Vec<Tool> {
    let tool = |name: &str, about: &str, fields: &[(&str, &str, usize)]| {
        let names: Vec<&str> = fields.iter().map(|(name, ..)| *name).collect();
        let properties: serde_json::Map<String, Value> = fields
            .iter()
            .map(|(name, about, most)| {
                let field = json!({ "type": "string", "description": about, "maxLength": most });
                ((*name).to_owned(), field)
            })
            .collect();
        let input = json!({
            "type": "object",
            "required": names,
            "additionalProperties": false,
            "properties": properties,
        });
        Tool { name: name.to_owned(), about: about.to_owned(), input }
    };
    let page = ("page", "The number that a search gave the page.", 8);
    vec![
        tool(
            "search",
            "Searches. Gives numbered pages with titles and snippets; a snippet is no evidence.",
            &[("query", "Two to seven plain words about the section.", 120)],
        ),
        tool("open_page", "Opens a page that a search found, by its number.", &[page]),
        tool(
            "note_claim",
            "Notes a claim of an opened page.",
            &[
                page,
                ("quote", "One or two whole sentences of the page, copied exactly.", 600),
                ("statement", "What they state, in one plain sentence of your own.", 400),
            ],
        ),
    ]
}

fn prompt(
    purpose: &str,
    user: String,
    (schema, tokens_max): (Value, u32),
    temperature: f32,
) -> Prompt {
    Prompt {
        purpose: purpose.to_owned(),
        system: SYSTEM.trim().to_owned(),
        user,
        schema: Some(schema),
        tokens_max,
        temperature: Some(temperature),
    }
}

fn render(template: &str, context: &Value) -> String {
    Environment::new()
        .render_str(template, minijinja::value::Serde(context))
        .expect("the templates are part of the program, and a test renders each of them")
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::fixtures::{section, shelf};
    use crate::rules::{evidence::evidence, select::Bounds, select::select};

    #[test]
    fn every_template_renders_with_all_that_it_shows() {
        let section = section();
        let asked = questions(&section, 0.2);
        assert!(
            asked.user.contains(&section.heading) && asked.user.contains(&section.questions[0])
        );
        let shelf = shelf();
        let bounds = Bounds { claims_max: 5, per_source_max: 2, relevance_min: 0.1 };
        let found = evidence(&shelf, &section, &select(&shelf, &section, bounds));
        assert!(!found.claims.is_empty());
        let restated = statements(&section, &found, 0.2);
        for claim in &found.claims {
            assert!(restated.user.contains(&claim.id) && restated.user.contains(&claim.quote.text));
        }
    }
}
