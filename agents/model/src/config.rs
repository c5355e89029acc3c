//! What can be set.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// OpenAI chat completions, as spoken by OpenAI, vLLM, Ollama, llama.cpp and many others.
    Openai,
    /// Anthropic messages.
    Anthropic,
}

/// What a model's tokens cost.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// US dollars for a million tokens read.
    pub input_usd: f64,
    /// US dollars for a million tokens written.
    pub output_usd: f64,
}

/// Which model, where, and within which bounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How the server is spoken to.
    pub protocol: Protocol,
    /// The server's address, up to and with its version: `http://localhost:11434/v1`. Empty: no
    /// model.
    pub url: String,
    /// The model's name, as the server knows it.
    pub model: String,
    /// The model that turns texts into vectors; empty: texts are compared offline.
    pub embedding_model: String,
    /// File that holds the key; read at start, never logged.
    pub key_file: Option<std::path::PathBuf>,
    /// Prices by model name; the longest name that the model's begins with counts. A model without
    /// a price costs nothing as far as the budget in money can tell; its tokens are counted always.
    pub prices: BTreeMap<String, Price>,
    /// How many calls may be out at once; further ones wait.
    pub parallel_max: usize,
    /// How many times a call is tried in all when the server is busy or fails.
    pub tries_max: u32,
    /// Delay before the second try, in milliseconds; doubled each time. A server's `Retry-After`
    /// counts instead.
    pub retry_first_ms: u64,
    /// Longest delay between tries, in milliseconds, whatever the server asks for.
    pub retry_most_ms: u64,
    /// How long the server may be silent, in milliseconds, before a try is given up.
    pub idle_ms: u64,
    /// How long one call may take in all, in milliseconds, with every try.
    pub call_ms: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            protocol: Protocol::Openai,
            url: String::new(),
            model: String::new(),
            embedding_model: String::new(),
            key_file: None,
            prices: BTreeMap::new(),
            parallel_max: 8,
            tries_max: 4,
            retry_first_ms: 500,
            retry_most_ms: 30_000,
            idle_ms: 60_000,
            call_ms: 600_000,
        }
    }
}
