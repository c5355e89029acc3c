//! Cards of agent kinds as agents would publish them, to check workflows against.

use std::collections::BTreeMap;

use galley_schemas::agent::Card;
use galley_schemas::artifact::ArtifactRef;
use galley_schemas::content::{Angle, Brief, Outline, OutlineSection, ReviewVerdict, SourceSpec};
use galley_schemas::id::AgentKind;
use schemars::{JsonSchema, schema_for};
use serde::Deserialize;

#[derive(JsonSchema, Deserialize)]
#[expect(dead_code, reason = "only its schema is used")]
struct IngestionInput {
    topic: String,
    #[serde(default)]
    sources: Vec<SourceSpec>,
    audience: Option<String>,
    #[serde(default)]
    words: u32,
    language: Option<String>,
}

#[derive(JsonSchema, Deserialize)]
#[expect(dead_code, reason = "only its schema is used")]
struct IdeationInput {
    brief: Brief,
}

#[derive(JsonSchema, Deserialize)]
#[expect(dead_code, reason = "only its schema is used")]
struct IdeationOutput {
    angles: Vec<Angle>,
    outline: Outline,
}

#[derive(JsonSchema, Deserialize)]
#[expect(dead_code, reason = "only its schema is used")]
struct ResearchInput {
    section: OutlineSection,
}

#[derive(JsonSchema, Deserialize)]
#[expect(dead_code, reason = "only its schema is used")]
struct ResearchOutput {
    section: u32,
    evidence: ArtifactRef,
    claims: u32,
    sources: u32,
}

#[derive(JsonSchema, Deserialize)]
#[expect(dead_code, reason = "only its schema is used")]
struct DraftingInput {
    brief: Brief,
    outline: Outline,
    evidence: Vec<ResearchOutput>,
    tone: Option<Tone>,
}

#[derive(JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Tone {
    /// As it is.
    Plain,
    /// With feeling.
    Warm,
}

#[derive(JsonSchema, Deserialize)]
#[expect(dead_code, reason = "only its schema is used")]
struct DraftingOutput {
    article: ArtifactRef,
    words: u32,
    claims: u32,
    sources: u32,
}

#[derive(JsonSchema, Deserialize)]
#[expect(dead_code, reason = "only its schema is used")]
struct SeoInput {
    article: ArtifactRef,
}

#[derive(JsonSchema, Deserialize)]
#[expect(dead_code, reason = "only its schema is used")]
struct SeoOutput {
    article: ArtifactRef,
    report: ArtifactRef,
    score: f64,
}

#[derive(JsonSchema, Deserialize)]
#[expect(dead_code, reason = "only its schema is used")]
struct ReviewInput {
    article: ArtifactRef,
    evidence: Vec<ResearchOutput>,
}

#[derive(JsonSchema, Deserialize)]
#[expect(dead_code, reason = "only its schema is used")]
struct ReviewOutput {
    verdict: ReviewVerdict,
    score: f64,
    article: ArtifactRef,
    report: ArtifactRef,
    findings: u32,
}

#[derive(JsonSchema, Deserialize)]
#[expect(dead_code, reason = "only its schema is used")]
struct PublishingInput {
    article: Option<ArtifactRef>,
    retract: Option<PublishingOutput>,
}

#[derive(JsonSchema, Deserialize)]
#[expect(dead_code, reason = "only its schema is used")]
struct PublishingOutput {
    posts: Vec<String>,
    url: String,
}

fn card<Input: JsonSchema, Output: JsonSchema>(kind: &str) -> (AgentKind, Card) {
    let kind = AgentKind::new(kind).expect("this is a name");
    let card = Card {
        kind: kind.clone(),
        version: "1".to_owned(),
        summary: "for tests".to_owned(),
        input: schema_for!(Input).to_value(),
        output: schema_for!(Output).to_value(),
        effects: false,
    };
    (kind, card)
}

/// The cards of the agents that make an article.
pub(crate) fn cards() -> BTreeMap<AgentKind, Card> {
    BTreeMap::from([
        card::<IngestionInput, Brief>("ingestion"),
        card::<IdeationInput, IdeationOutput>("ideation"),
        card::<ResearchInput, ResearchOutput>("research"),
        card::<DraftingInput, DraftingOutput>("drafting"),
        card::<SeoInput, SeoOutput>("seo"),
        card::<ReviewInput, ReviewOutput>("review"),
        card::<PublishingInput, PublishingOutput>("publishing"),
    ])
}
