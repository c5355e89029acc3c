//! What a model is asked. The templates are versioned files beside this one.

use galley_agents_model::Prompt;
use galley_schemas::content::{Claim, Paragraph, Role, Sentence, Source, Style};
use minijinja::Environment;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const SYSTEM: &str = include_str!("prompts/system.md.j2");
const SECTION: &str = include_str!("prompts/section.md.j2");
const LEAD: &str = include_str!("prompts/lead.md.j2");
const REWORD: &str = include_str!("prompts/reword.md.j2");

/// Most tokens for each word that is wanted: words, JSON around them, ids.
const TOKENS_PER_WORD: u32 = 4;
const TOKENS_MIN: u32 = 600;
/// As the template says.
const LEAD_WORDS: u32 = 90;

/// A claim as a model is shown it.
#[derive(Debug, Serialize)]
pub(crate) struct Exhibit<'a> {
    id: &'a str,
    text: &'a str,
    source: &'a str,
    publisher: Option<&'a str>,
    published: Option<String>,
}

impl<'a> Exhibit<'a> {
    /// Shows a claim with its source.
    pub(crate) fn new(claim: &'a Claim, source: &'a Source) -> Self {
        Self {
            id: &claim.id,
            text: &claim.quote.text,
            source: &source.title,
            publisher: source.publisher.as_deref(),
            published: source.published.map(|day| day.to_string()),
        }
    }
}

/// What a section is written from.
#[derive(Debug, Serialize)]
pub(crate) struct SectionAsk<'a> {
    /// The topic of the article.
    pub(crate) topic: &'a str,
    /// Who reads it.
    pub(crate) audience: Option<&'a str>,
    /// How it should be written.
    pub(crate) style: Option<&'a str>,
    /// ISO 639-1 code.
    pub(crate) language: &'a str,
    /// The section's heading.
    pub(crate) heading: &'a str,
    /// How long it should be.
    pub(crate) words: u32,
    /// What the reader wants to know.
    pub(crate) questions: &'a [String],
    /// The evidence.
    pub(crate) claims: Vec<Exhibit<'a>>,
    /// What the sources disagree on.
    pub(crate) disputes: Vec<&'a str>,
    /// What a review wants changed.
    pub(crate) findings: Vec<&'a str>,
}

/// What the lead is written from.
#[derive(Debug, Serialize)]
pub(crate) struct LeadAsk<'a> {
    /// The title of the article.
    pub(crate) title: &'a str,
    /// The search phrase.
    pub(crate) keyphrase: &'a str,
    /// Who reads it.
    pub(crate) audience: Option<&'a str>,
    /// How it should be written.
    pub(crate) style: Option<&'a str>,
    /// ISO 639-1 code.
    pub(crate) language: &'a str,
    /// The text below the lead.
    pub(crate) text: String,
    /// The evidence that the text cites.
    pub(crate) claims: Vec<Exhibit<'a>>,
}

/// Asks for a section.
pub(crate) fn section(ask: &SectionAsk<'_>, temperature: f32) -> Prompt {
    prompt("section", render(SECTION, ask), ask.words, temperature)
}

/// Asks for the lead.
pub(crate) fn lead(ask: &LeadAsk<'_>, temperature: f32) -> Prompt {
    prompt("lead", render(LEAD, ask), LEAD_WORDS, temperature)
}

/// Asks for other words.
pub(crate) fn reword(
    sentences: &[Sentence],
    claims: &[Exhibit<'_>],
    language: &str,
    temperature: f32,
) -> Prompt {
    let shown: Vec<Value> =
        sentences.iter().map(|s| json!({ "text": s.text, "claims": s.claims })).collect();
    let context = json!({ "sentences": shown, "claims": claims, "language": language });
    let words = u32::try_from(sentences.len()).unwrap_or(u32::MAX).saturating_mul(30);
    prompt("reword", render(REWORD, &context), words, temperature)
}

/// The paragraphs of a reply; none when it is not what was asked for.
pub(crate) fn paragraphs(value: &Value) -> Option<Vec<Paragraph>> {
    let reply: Reply = serde_json::from_value(value.clone()).ok()?;
    let paragraphs = reply.paragraphs.into_iter().map(|paragraph| Paragraph {
        style: Style::Body,
        sentences: paragraph.sentences.into_iter().map(Into::into).collect(),
    });
    Some(paragraphs.collect())
}

#[derive(Debug, Deserialize)]
struct Reply {
    paragraphs: Vec<ReplyParagraph>,
}

#[derive(Debug, Deserialize)]
struct ReplyParagraph {
    sentences: Vec<ReplySentence>,
}

#[derive(Debug, Deserialize)]
struct ReplySentence {
    text: String,
    role: Role,
    #[serde(default)]
    claims: Vec<String>,
}

impl From<ReplySentence> for Sentence {
    fn from(sentence: ReplySentence) -> Self {
        Self { text: sentence.text, role: sentence.role, claims: sentence.claims }
    }
}

fn prompt(purpose: &str, user: String, words: u32, temperature: f32) -> Prompt {
    Prompt {
        purpose: purpose.to_owned(),
        system: render(SYSTEM, &()),
        user,
        schema: Some(schema()),
        tokens_max: words.saturating_mul(TOKENS_PER_WORD).max(TOKENS_MIN),
        temperature: Some(temperature),
    }
}

/// Closed objects with every property required: what servers with strict schemas ask for.
fn schema() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["paragraphs"],
        "properties": { "paragraphs": { "type": "array", "items": {
            "type": "object",
            "additionalProperties": false,
            "required": ["sentences"],
            "properties": { "sentences": { "type": "array", "items": {
                "type": "object",
                "additionalProperties": false,
                "required": ["text", "role", "claims"],
                "properties": {
                    "text": { "type": "string" },
                    "role": { "type": "string", "enum": ["fact", "quote", "link"] },
                    "claims": { "type": "array", "items": { "type": "string" } }
                }
            } } }
        } } }
    })
}

fn render(template: &str, context: &impl Serialize) -> String {
    Environment::new()
        .render_str(template, minijinja::value::Serde(context))
        .expect("the templates are part of the program, and a test renders each of them")
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::sample::{claim, source};

    #[test]
    fn every_template_renders_with_the_evidence_as_data() {
        let claim = claim("a1", "Bots said \"hello\" to <everyone> at the desk.");
        let source = source("s", "Hello", 2020);
        let ask = SectionAsk {
            topic: "Bots",
            audience: Some("clerks"),
            style: Some("short words"),
            language: "en",
            heading: "The desk",
            words: 120,
            questions: &["What did they say?".to_owned()],
            claims: vec![Exhibit::new(&claim, &source)],
            disputes: vec!["the hour"],
            findings: vec!["shorter"],
        };
        let prompt = section(&ask, 0.4);
        for part in [
            "a1",
            "clerks",
            "short words",
            "The desk",
            "What did they say?",
            "the hour",
            "shorter",
            "2020",
        ] {
            assert!(prompt.user.contains(part), "{part} is not in\n{}", prompt.user);
        }
        assert!(!prompt.user.contains("version 2") && prompt.tokens_max == 600);
        let ask = LeadAsk {
            title: "Bots at the desk",
            keyphrase: "bots desk",
            audience: None,
            style: None,
            language: "en",
            text: "The text.".to_owned(),
            claims: vec![Exhibit::new(&claim, &source)],
        };
        assert!(lead(&ask, 0.4).user.contains("at most 90 words"));
        let sentences = [Sentence { text: "S.".to_owned(), role: Role::Fact, claims: vec![] }];
        assert!(reword(&sentences, &ask.claims, "en", 0.4).user.contains("\"S.\""));
    }

    #[test]
    fn a_reply_is_read_and_anything_else_is_not() {
        let reply = json!({ "paragraphs": [{ "sentences": [
            { "text": "A.", "role": "fact", "claims": ["x"] }, { "text": "B.", "role": "link", "claims": [] }
        ] }] });
        assert_eq!(paragraphs(&reply).map(|p| p[0].sentences.len()), Some(2));
        assert_eq!(paragraphs(&json!({ "text": "no" })), None);
    }
}
