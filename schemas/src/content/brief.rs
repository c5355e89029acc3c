//! From a topic to an outline: what ingestion and ideation produce.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::artifact::{ArtifactRef, Digest};
use crate::id::GoalId;

/// Where documents come from, as a submitter names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum SourceSpec {
    /// A folder of Markdown, HTML, text and PDF files, read with its subfolders.
    Folder {
        /// Its path on the machine of the ingestion agent; must lie under an allowed root.
        path: String,
    },
    /// One page or file over HTTP.
    Url {
        /// Its address.
        url: String,
    },
    /// An RSS or Atom feed; its entries are fetched.
    Feed {
        /// Its address.
        url: String,
    },
    /// The sample documents that come with Galley.
    Samples,
}

/// How far a goal may search beyond the sources that it names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Search {
    /// Whether nothing at all is searched, although engines are configured.
    pub off: bool,
    /// Domains that pages may come from, with everything below them; any, when none is named. At most
    /// 100.
    pub allow: Vec<String>,
    /// Domains that no page may come from, with everything below them; this decides before `allow`. At
    /// most 100.
    pub block: Vec<String>,
}

/// What the topic asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Intention {
    /// To understand something.
    #[default]
    Explain,
    /// To do something.
    Guide,
    /// To choose between things.
    Compare,
    /// To know what is new.
    News,
}

/// A document that was read: its bytes and its text are artifacts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Source {
    /// The hash of the original bytes; the source's identity in every claim.
    pub id: Digest,
    /// The original bytes.
    pub original: ArtifactRef,
    /// The main text, UTF-8, paragraphs separated by a blank line, headings without marks. Quote
    /// spans are byte offsets into it.
    pub text: ArtifactRef,
    /// Where it was found: a URL, or a path relative to its folder.
    pub locator: String,
    /// The address to link to; absent for a local file that names none.
    pub url: Option<String>,
    /// Its title.
    pub title: String,
    /// Who wrote it.
    pub author: Option<String>,
    /// Who published it: a site name or host.
    pub publisher: Option<String>,
    /// When it was published.
    pub published: Option<NaiveDate>,
    /// ISO 639-1 code of its language.
    pub language: Option<String>,
    /// How many words its text has.
    pub words: u32,
    /// Its headings, in order.
    pub headings: Vec<Heading>,
}

/// A heading of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Heading {
    /// 1 to 6.
    pub level: u8,
    /// Its text.
    pub text: String,
}

/// A source that could not be used, and why. Kept, so that nothing is lost silently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Skipped {
    /// Where it was looked for.
    pub locator: String,
    /// A stable code: `GLY` and four digits.
    pub code: String,
    /// Why, in one sentence.
    pub reason: String,
}

/// What was read for a goal. An artifact.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Corpus {
    /// The documents, near-duplicates collapsed, in a stable order.
    pub sources: Vec<Source>,
    /// What could not be used.
    pub skipped: Vec<Skipped>,
}

/// An earlier goal that is close to this one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Similar {
    /// The goal.
    pub goal: GoalId,
    /// Its title.
    pub title: String,
    /// Where it was published.
    pub url: Option<String>,
    /// Cosine similarity, 0 to 1.
    pub similarity: f64,
}

/// What the goal is about: ingestion's output.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Brief {
    /// The topic, normalised: one line, no markup, at most 300 characters.
    pub topic: String,
    /// The search phrase that the article should be found by; 1 to 4 content words.
    pub keyphrase: String,
    /// ISO 639-1 code of the language to write in.
    pub language: String,
    /// What the topic asks for.
    pub intention: Intention,
    /// Who reads it.
    pub audience: Option<String>,
    /// How it should be written: tone, terms, what to avoid. For whoever writes; rules do not read it.
    #[serde(default)]
    pub style: Option<String>,
    /// How long it should be, in words.
    pub words: u32,
    /// The [`Corpus`].
    pub corpus: ArtifactRef,
    /// How many documents were read.
    pub sources: u32,
    /// How many could not be used.
    pub skipped: u32,
    /// Earlier goals that are close to this one, nearest first; at most 5.
    pub similar: Vec<Similar>,
}

/// One way to tell the story.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Angle {
    /// The title it would have.
    pub title: String,
    /// What it would say, in one sentence.
    pub summary: String,
    /// How well the documents support it, 0 to 1.
    pub support: f64,
    /// How different it is from what was published before, 0 to 1.
    pub novelty: f64,
}

/// What the article will cover, in order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Outline {
    /// The title.
    pub title: String,
    /// The search phrase.
    pub keyphrase: String,
    /// The sections; 1 to 12.
    pub sections: Vec<OutlineSection>,
}

/// One section to be researched and written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OutlineSection {
    /// Its place in the outline, from 0.
    pub index: u32,
    /// Its heading.
    pub heading: String,
    /// What the reader wants to know here; 1 to 6 questions.
    pub questions: Vec<String>,
    /// Words and phrases to search by, weightiest first; 1 to 24.
    pub terms: Vec<String>,
    /// How long it should be, in words.
    pub words: u32,
    /// The [`Corpus`] to search in.
    pub corpus: ArtifactRef,
}
