//! What is known and where it stands: what research produces.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::artifact::Digest;
use crate::content::brief::{Skipped, Source};

/// A verbatim piece of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Quote {
    /// The source's id: the hash of its original bytes.
    pub source: Digest,
    /// The hash of the source's text, which the span counts in.
    pub text_sha256: Digest,
    /// First byte of the span in the source's text.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
    /// The bytes of the span, exactly.
    pub text: String,
}

/// What sort of statement a claim is.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ClaimKind {
    /// It says how something is or was.
    #[default]
    Fact,
    /// It carries a number.
    Figure,
    /// It says what something is called or means.
    Definition,
    /// It recommends something.
    Advice,
    /// It reports what somebody thinks.
    Opinion,
    /// It tells of one case.
    Example,
}

/// A statement with the place where it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Claim {
    /// Unique in the goal: the first 12 characters of the hash of source id and span.
    pub id: String,
    /// What it says. Without a model: the quote itself.
    pub statement: String,
    /// Where it says so.
    pub quote: Quote,
    /// What sort of statement it is.
    pub kind: ClaimKind,
    /// How well it answers its section, 0 to 1.
    pub relevance: f64,
    /// Where other sources say nearly the same; folded into this claim as independent support.
    #[serde(default)]
    pub also_in: Vec<Quote>,
}

/// Two claims that do not agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Contradiction {
    /// One claim's id.
    pub one: String,
    /// The other's.
    pub other: String,
    /// What they disagree on.
    pub about: String,
}

/// What research found for one section. An artifact.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// The section's index in the outline, from 0.
    pub section: u32,
    /// The section's heading.
    pub heading: String,
    /// The claims, best first.
    pub claims: Vec<Claim>,
    /// The documents that the claims stand in.
    pub sources: Vec<Source>,
    /// What they disagree on.
    #[serde(default)]
    pub contradictions: Vec<Contradiction>,
    /// How it came about, and what is to be thought of it.
    #[serde(default)]
    pub dossier: Dossier,
}

/// How an evidence set came about, and what is to be thought of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Dossier {
    /// One for each source of the evidence, and for each that was set aside because it is suspicious.
    #[serde(default)]
    pub notes: Vec<SourceNote>,
    /// Ids of the claims that should stand on two independent origins (figures and definitions) and
    /// stand on one.
    #[serde(default)]
    pub lone: Vec<String>,
    /// The searches that were made, in order.
    #[serde(default)]
    pub searches: Vec<Searched>,
    /// What searches found and could not be used, and why.
    #[serde(default)]
    pub skipped: Vec<Skipped>,
}

/// What is to be thought of a source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SourceNote {
    /// The source's id.
    pub source: Digest,
    /// Where it was found.
    pub locator: String,
    /// Who vouches for it: the domain that it was registered under, or the publisher of a file. Two
    /// sources of one origin are not independent.
    pub origin: String,
    /// How far it is relied on, 0 to 1: a rule of thumb from `because`.
    pub reliability: f64,
    /// What speaks for it and against it, each in a few words.
    pub because: Vec<String>,
    /// What in it is written for machines and not for readers (orders to a model, hidden messages),
    /// shortened. None of it is a claim.
    #[serde(default)]
    pub suspicious: Vec<String>,
    /// Near-duplicates that were folded into it.
    #[serde(default)]
    pub folded: Vec<Folded>,
}

/// A source that says the same as another one, and was left out for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Folded {
    /// Where it was found.
    pub locator: String,
    /// Why the other one was kept.
    pub because: String,
}

/// A search that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Searched {
    /// What the engines were asked.
    pub query: String,
    /// In which round, from 1.
    pub round: u32,
    /// How many results they gave.
    pub found: u32,
    /// How many of them became sources.
    pub added: u32,
    /// Why engines failed, one line each.
    #[serde(default)]
    pub failed: Vec<String>,
}
