//! What a model is asked. The templates are versioned files beside this one.

use galley_agents_model::Prompt;
use galley_schemas::content::Brief;
use minijinja::Environment;
use serde_json::{Value, json};

use crate::rules::facets::Facet;
use crate::rules::outline::Plan;
use crate::rules::phrases;
use crate::rules::reading::Reading;

const SYSTEM: &str = include_str!("prompts/system.md.j2");
const OUTLINE: &str = include_str!("prompts/outline.md.j2");

const TOKENS_MAX: u32 = 2_400;
/// Most titles, headings and phrases that a model is shown, and how long each may be.
const TITLES_MAX: usize = 40;
const HEADINGS_MAX: usize = 60;
const PHRASES_MAX: usize = 40;
const CHARS_MAX: usize = 120;

/// What the rules drafted: a model may do better, in the style that was chosen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Draft<'a> {
    pub plans: &'a [Plan],
    pub title: &'a str,
    /// What the article dwells on.
    pub leaning: Option<Facet>,
}

/// Asks for angles and an outline, from what the documents offer.
pub(crate) fn outline(
    brief: &Brief,
    reading: &Reading,
    draft: Draft<'_>,
    most: usize,
    temperature: f32,
) -> Prompt {
    let relevant = reading.relevant();
    let mut numbers: Vec<usize> = Vec::new();
    for passage in &relevant {
        if !numbers.contains(&passage.document) {
            numbers.push(passage.document);
        }
    }
    let near: Vec<_> = numbers.iter().filter_map(|number| reading.documents.get(*number)).collect();
    let titles = near.iter().map(|document| short(&document.title)).take(TITLES_MAX);
    let headings =
        near.iter().flat_map(|document| &document.headings).map(|heading| short(&heading.text));
    let phrases = phrases::harvest(reading, &relevant).into_iter().map(|phrase| phrase.text);
    let drafted: Vec<&str> = draft.plans.iter().map(|plan| plan.heading.as_str()).collect();
    let similar: Vec<&str> = brief.similar.iter().map(|similar| similar.title.as_str()).collect();
    let context = json!({
        "topic": brief.topic,
        "keyphrase": brief.keyphrase,
        "language": brief.language,
        "audience": brief.audience,
        "words": brief.words,
        "most": most,
        "titles": titles.collect::<Vec<_>>(),
        "headings": headings.take(HEADINGS_MAX).collect::<Vec<_>>(),
        "phrases": phrases.take(PHRASES_MAX).collect::<Vec<_>>(),
        "drafted": drafted,
        "title": short(draft.title),
        "leaning": draft.leaning.map(Facet::name),
        "similar": similar,
    });
    Prompt {
        purpose: "outline".to_owned(),
        system: SYSTEM.trim().to_owned(),
        user: render(OUTLINE, &context),
        schema: Some(schema(most)),
        tokens_max: TOKENS_MAX,
        temperature: Some(temperature),
    }
}

fn schema(most: usize) -> Value {
    let texts = |most: usize, chars: usize| json!({ "type": "array", "maxItems": most, "items": { "type": "string", "maxLength": chars } });
    json!({
        "type": "object",
        "required": ["title", "angles", "sections"],
        "additionalProperties": false,
        "properties": {
            "title": { "type": "string", "maxLength": 90 },
            "angles": { "type": "array", "maxItems": 5, "items": {
                "type": "object",
                "required": ["title", "summary"],
                "additionalProperties": false,
                "properties": {
                    "title": { "type": "string", "maxLength": 90 },
                    "summary": { "type": "string", "maxLength": 300 }
                }
            } },
            "sections": { "type": "array", "minItems": 1, "maxItems": most, "items": {
                "type": "object",
                "required": ["heading", "questions", "terms"],
                "additionalProperties": false,
                "properties": {
                    "heading": { "type": "string", "maxLength": 72 },
                    "questions": texts(4, 200),
                    "terms": texts(12, 60)
                }
            } }
        }
    })
}

fn short(text: &str) -> String {
    text.chars().take(CHARS_MAX).collect()
}

fn render(template: &str, context: &Value) -> String {
    Environment::new()
        .render_str(template, minijinja::value::Serde(context))
        .expect("the templates are part of the program, and a test renders each of them")
        .trim()
        .to_owned()
}
