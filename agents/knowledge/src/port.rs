//! What agents need from a memory.

use async_trait::async_trait;
use serde_json::Value;

/// Something to be remembered.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Unique in its space; remembering it again replaces it.
    pub key: String,
    /// What sort of thing: `articles`, `ideas`.
    pub space: String,
    /// A line for people.
    pub title: String,
    /// What is searched.
    pub text: String,
    /// Whatever the caller wants back: a URL, a goal id.
    pub meta: Value,
}

impl Entry {
    /// What its vector stands for.
    pub(crate) fn searched(&self) -> String {
        format!("{}\n{}", self.title, self.text)
    }
}

/// Most hits of one recall.
pub(crate) const LIMIT_MAX: usize = 100;

/// What is looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// Where.
    pub space: String,
    /// By these words and their meaning.
    pub text: String,
    /// How many at most; 1 to 100.
    pub limit: usize,
}

/// Something found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// What was remembered.
    pub entry: Entry,
    /// Cosine similarity of meaning, -1 to 1.
    pub similarity: f64,
    /// Rank score over words and meaning; higher is better.
    pub score: f64,
}

/// Why the memory failed.
#[derive(Debug, thiserror::Error)]
#[error("knowledge store failed: {what}")]
pub struct KnowledgeError {
    /// What was tried.
    pub what: String,
    /// Why it failed.
    #[source]
    pub cause: Box<dyn std::error::Error + Send + Sync>,
}

/// A memory across goals.
///
/// Laws: after `remember` returned `Ok`, `recall` finds the entry, also after a crash; remembering
/// the same key twice keeps one entry; `recall` returns at most `limit` hits, best first, and the
/// same hits for the same state.
#[async_trait]
pub trait Knowledge: Send + Sync + std::fmt::Debug {
    /// Keeps entries, all or none.
    async fn remember(&self, entries: &[Entry]) -> Result<(), KnowledgeError>;

    /// Finds entries.
    async fn recall(&self, query: &Query) -> Result<Vec<Hit>, KnowledgeError>;

    /// Drops an entry; nothing happens when there is none.
    async fn forget(&self, space: &str, key: &str) -> Result<(), KnowledgeError>;
}
