//! Judgements and results: what seo, review and publishing say.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One measured check with its threshold and what to change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Check {
    /// A stable name: `title_width`, `passive_voice`.
    pub name: String,
    /// What was measured, for people: `612 px`.
    pub value: String,
    /// What is wanted: `1-600 px`.
    pub wanted: String,
    /// 0 (bad) to 9 (good).
    pub score: u8,
    /// What to change; empty when it is good.
    pub fix: String,
}

/// How much a finding weighs.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Should be mended.
    Minor,
    /// Must be mended before publishing.
    Major,
    /// Must never be published.
    Blocking,
}

/// Something that a review found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// A stable name: `quote_not_in_source`, `uncited_fact`.
    pub rule: String,
    /// How much it weighs.
    pub severity: Severity,
    /// The section's index in the article, 0 for the lead; absent for the whole.
    pub section: Option<u32>,
    /// The sentence it is about.
    pub sentence: Option<String>,
    /// What is wrong and what to change.
    pub advice: String,
}

/// A change that a review made or proposes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Edit {
    /// The section's index in the article, 0 for the lead.
    pub section: u32,
    /// The sentence as it was.
    pub before: String,
    /// As it should be; empty to take it out.
    pub after: String,
    /// Why.
    pub because: String,
}

/// What a review decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReviewVerdict {
    /// May be published.
    Pass,
    /// Another round.
    Revise,
    /// Must not be published.
    Reject,
}

/// How a post stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PostState {
    /// Readers see it.
    #[default]
    Live,
    /// Only those who may edit it see it.
    Draft,
    /// It becomes live at a time that was set.
    Scheduled,
}

impl PostState {
    /// Whether readers see it.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        matches!(self, Self::Live)
    }
}

/// Where something was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Post {
    /// The target, by its name in the configuration: `site`, `wordpress`.
    pub target: String,
    /// The public address, or the path of a local file.
    pub url: String,
    /// The target's own id for it.
    pub id: String,
    /// How it stands; live where nothing is said.
    #[serde(default)]
    pub state: PostState,
}
