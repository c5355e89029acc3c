//! What a stream added up to so far.

use std::collections::BTreeMap;

use serde_json::Value;

use super::text;
use crate::port::Finish;
use crate::price::Tokens;

/// Most tool calls of one turn.
const CALLS_MAX: usize = 64;

/// What a stream added up to so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Collected {
    pub(crate) text: String,
    /// By their place in the reply.
    pub(crate) calls: BTreeMap<u64, RawCall>,
    /// What the server wants back unread.
    pub(crate) kept: BTreeMap<u64, Value>,
    /// The block whose input is the reply, where a schema is asked for as a tool.
    pub(crate) reply_block: Option<u64>,
    pub(crate) model: String,
    pub(crate) tokens: Tokens,
    pub(crate) finish: Option<Finish>,
    pub(crate) refusal: Option<String>,
    /// The server said that it failed, in the middle of the stream.
    pub(crate) failure: Option<Failure>,
    /// Nothing more comes, whether the connection stays open or not.
    pub(crate) ended: bool,
    /// For texts to embed.
    pub(crate) vectors: Vec<Vec<f32>>,
}

/// A tool call as the server tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RawCall {
    pub(crate) id: String,
    pub(crate) name: String,
    /// JSON, as far as the model can write it.
    pub(crate) input: String,
}

/// What a server says of its own failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It has too much to do.
    Busy,
    /// Something else.
    Broken(String),
}

impl Collected {
    /// Whether the model came to an end.
    pub(crate) const fn is_complete(&self) -> bool {
        self.finish.is_some() || self.refusal.is_some()
    }

    /// The call at a place, begun now if it was not there.
    pub(crate) fn call(&mut self, place: u64) -> &mut RawCall {
        if self.calls.len() >= CALLS_MAX && !self.calls.contains_key(&place) {
            let what = format!("the model calls more than {CALLS_MAX} tools at once");
            self.failure.get_or_insert(Failure::Broken(what));
        }
        self.calls.entry(place).or_default()
    }

    /// Where the next call stands that has no place of its own.
    pub(crate) fn next_place(&self) -> u64 {
        self.calls.keys().next_back().map_or(0, |last| last.saturating_add(1))
    }

    pub(crate) fn note_model(&mut self, name: Option<&str>) {
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            name.clone_into(&mut self.model);
        }
    }

    /// Notes the error in a message, if it is one: `error`, as an object or as a text.
    pub(crate) fn note_error(&mut self, value: &Value) {
        let Some(error) = value.get("error").filter(|error| !error.is_null()) else { return };
        let message = text(error, "/message").or_else(|| error.as_str()).unwrap_or("error");
        // An error of one text says its sort in it.
        let sort = text(error, "/type").or_else(|| text(error, "/code")).or_else(|| error.as_str());
        let sort = sort.unwrap_or_default();
        let busy =
            ["overloaded", "rate_limit", "server_busy", "server busy", "service_unavailable"];
        self.failure = Some(if busy.iter().any(|busy| sort.contains(busy)) {
            Failure::Busy
        } else {
            Failure::Broken(message.chars().take(500).collect())
        });
    }
}
