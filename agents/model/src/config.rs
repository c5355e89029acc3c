//! What can be set.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a server is spoken to.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// OpenAI chat completions, as spoken by OpenAI, vLLM, llama.cpp and many others.
    Openai,
    /// OpenAI responses.
    OpenaiResponses,
    /// Anthropic messages.
    Anthropic,
    /// Ollama's own: the context's length is asked for, so that no prompt is cut in silence.
    Ollama,
}

impl Protocol {
    /// Who made it.
    pub(crate) const fn maker(self) -> &'static str {
        match self {
            Self::Openai | Self::OpenaiResponses => "openai",
            Self::Anthropic => "anthropic",
            Self::Ollama => "ollama",
        }
    }

    /// Where it lies on a server whose address says nothing more.
    pub(crate) const fn folder(self) -> &'static str {
        match self {
            Self::Openai | Self::OpenaiResponses | Self::Anthropic => "v1",
            Self::Ollama => "api",
        }
    }
}

/// What a model's tokens cost.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// US dollars for a million tokens read.
    pub input_usd: f64,
    /// US dollars for a million tokens written.
    pub output_usd: f64,
    /// US dollars for a million tokens read from the server's cache; as any others where nothing is
    /// said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_usd: Option<f64>,
    /// US dollars for a million tokens read and put into the server's cache; where nothing is said, as
    /// any others, and a quarter more with Anthropic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored_usd: Option<f64>,
}

/// How much a provider may be asked, by all workers of the process together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Pace {
    /// Requests a minute; 0: as many as there are. A tenth of them may come at once.
    pub requests: u32,
    /// Tokens a minute, read and written; 0: as many as there are. A tenth of them may come at once.
    pub tokens: u32,
}

/// When a model that fails is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Breaker {
    /// How many failures in a row, of all workers together, open it; 0: never.
    pub failures_max: u32,
    /// How long the model is left alone then, in milliseconds; after that, one call tries. Doubled
    /// each time that one fails.
    pub pause_ms: u64,
    /// Longest pause, in milliseconds.
    pub pause_most_ms: u64,
}

impl Default for Breaker {
    fn default() -> Self {
        Self { failures_max: 10, pause_ms: 10_000, pause_most_ms: 120_000 }
    }
}

/// Another model, or another server.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Elsewhere {
    /// The model's name, as its server knows it.
    pub model: String,
    /// Its server's address; empty: the same server, with the same key.
    pub url: String,
    /// How that server is spoken to; as the first one where nothing is said.
    pub protocol: Option<Protocol>,
    /// File with that server's key. Another server never gets the first one's key.
    pub key_file: Option<PathBuf>,
    /// How many calls may be out there at once; as for the first one where nothing is said.
    pub parallel_max: Option<usize>,
    /// How much it may be asked; as the first one where nothing is said.
    pub pace: Option<Pace>,
}

/// Which model, where, and within which bounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How the server is spoken to.
    pub protocol: Protocol,
    /// The server's address, up to and with its version: `http://localhost:8000/v1`; for Ollama,
    /// `http://localhost:11434`. Empty: no model.
    pub url: String,
    /// The model's name, as the server knows it.
    pub model: String,
    /// Models to ask, in this order, when the first one is busy, out of reach or refuses the request
    /// as such; at most 8. What a model declines to say is not asked of another one.
    pub fallbacks: Vec<Elsewhere>,
    /// Whether a task that asks for it chooses which of all these models is asked first: the choice
    /// `model`, which is learned from. Otherwise it is always the one that is named first.
    pub learned: bool,
    /// The model that turns texts into vectors; empty: texts are compared offline.
    pub embedding_model: String,
    /// Where texts are turned into vectors, when that is another server; its `model` counts instead
    /// of `embedding_model`.
    pub embedding: Option<Elsewhere>,
    /// File that holds the key; never logged. It is read at start, and again when the server no
    /// longer takes the key.
    pub key_file: Option<PathBuf>,
    /// Prices by model name, before those that Galley knows; the longest name that the model's begins
    /// with counts. A model without a price costs nothing as far as the budget in money can tell; its
    /// tokens are counted always.
    pub prices: BTreeMap<String, Price>,
    /// How many calls may be out at once, of all workers of the process; further ones wait.
    pub parallel_max: usize,
    /// How much the server may be asked a minute.
    pub pace: Pace,
    /// How many times a model is tried in one call when it is busy or fails.
    pub tries_max: u32,
    /// Delay before the second try, in milliseconds; doubled each time. A server's `Retry-After`
    /// counts instead, for all workers of the process.
    pub retry_first_ms: u64,
    /// Longest delay between tries, in milliseconds. A model whose server asks for more is not asked
    /// again before that: the next of `fallbacks` is, or the call fails.
    pub retry_most_ms: u64,
    /// When a model that fails is left alone.
    pub breaker: Breaker,
    /// How long the server may be silent, in milliseconds, before a try is given up.
    pub idle_ms: u64,
    /// How long one call may take in all, in milliseconds, with every wait, try and model.
    pub call_ms: u64,
    /// Tokens that a model may think before its reply, beyond the most that a prompt admits for the reply:
    /// servers count thoughts among what is written. A model that thinks and gets no room for it gives no
    /// reply at all.
    pub thought_tokens: u32,
    /// Longest context that Ollama is asked to hold, in tokens; memory grows with it.
    pub context_max: u32,
}

/// Longest time that can be set, in milliseconds: 30 days.
const MILLIS_MAX: u64 = 30 * 24 * 60 * 60 * 1_000;

/// A time that was set; more than 30 days are 30 days, so that no sum of times passes what a clock can
/// tell.
pub(crate) fn millis(set: u64) -> Duration {
    Duration::from_millis(set.min(MILLIS_MAX))
}

impl Default for Config {
    fn default() -> Self {
        Self {
            protocol: Protocol::Openai,
            url: String::new(),
            model: String::new(),
            fallbacks: Vec::new(),
            learned: false,
            embedding_model: String::new(),
            embedding: None,
            key_file: None,
            prices: BTreeMap::new(),
            parallel_max: 8,
            pace: Pace::default(),
            tries_max: 4,
            retry_first_ms: 500,
            retry_most_ms: 30_000,
            breaker: Breaker::default(),
            idle_ms: 60_000,
            call_ms: 600_000,
            thought_tokens: 0,
            context_max: 32_768,
        }
    }
}
