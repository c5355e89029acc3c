//! The article in the making: what drafting, seo and review pass on.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::artifact::ArtifactRef;
use crate::content::brief::Source;
use crate::content::evidence::Claim;

/// How the text came to be; shown to the reader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Writing {
    /// Written without a model: attributed quotes, joined by rules.
    Digest,
    /// Written by a language model from the evidence.
    Model {
        /// Its name.
        model: String,
    },
}

/// What a sentence is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// States something; must cite.
    Fact,
    /// Repeats a source in quotation marks, with attribution; must cite.
    Quote,
    /// Leads from one thing to the next and states nothing.
    Link,
    /// What the article says about its own material (how many sources, what they disagree on).
    Comment,
}

/// One sentence, with the claims that it rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sentence {
    /// Plain text; no markup.
    pub text: String,
    /// What it is there for.
    pub role: Role,
    /// Ids of the claims that it rests on; empty only for links and comments.
    #[serde(default)]
    pub claims: Vec<String>,
}

/// How a paragraph is set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// Running text.
    #[default]
    Body,
    /// One item of a list; neighbouring items form the list.
    Item,
    /// A block quotation.
    Quotation,
}

/// A paragraph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Paragraph {
    /// How it is set.
    #[serde(default)]
    pub style: Style,
    /// Its sentences.
    pub sentences: Vec<Sentence>,
}

/// A section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Section {
    /// Its heading; the lead has none.
    pub heading: Option<String>,
    /// Its paragraphs.
    pub paragraphs: Vec<Paragraph>,
}

/// How long the text is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Length {
    /// Words.
    pub words: u32,
    /// Minutes to read, at 230 words a minute, at least 1.
    pub minutes: u32,
}

/// What search engines and link previews are told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Meta {
    /// The title for search results.
    pub title: String,
    /// The description for search results.
    pub description: String,
    /// The last part of the address.
    pub slug: String,
    /// Topics, for tags; at most 8.
    pub tags: Vec<String>,
    /// Earlier articles to point to, as (title, URL).
    #[serde(default)]
    pub related: Vec<(String, String)>,
    /// The same article in other languages, as (ISO 639-1 code, URL).
    #[serde(default)]
    pub translations: Vec<(String, String)>,
    /// The picture that link previews show.
    #[serde(default)]
    pub card: Option<Card>,
}

/// A picture of the title, for link previews.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Card {
    /// The picture, a PNG.
    pub image: ArtifactRef,
    /// What it shows, in words.
    pub alt: String,
    /// Its width in pixels.
    pub width: u32,
    /// Its height in pixels.
    pub height: u32,
}

/// The article. An artifact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Article {
    /// The title.
    pub title: String,
    /// ISO 639-1 code of its language.
    pub language: String,
    /// The search phrase.
    pub keyphrase: String,
    /// How it came to be.
    pub writing: Writing,
    /// When it was drafted.
    pub drafted: DateTime<Utc>,
    /// The lead, then the sections.
    pub sections: Vec<Section>,
    /// The claims that its sentences cite, each once.
    pub claims: Vec<Claim>,
    /// The sources of those claims, in order of first citation: number 1 is the first.
    pub sources: Vec<Source>,
    /// How long it is.
    pub length: Length,
    /// Filled in by seo.
    #[serde(default)]
    pub meta: Meta,
}
