//! What agents need from a language model.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

/// What is asked of a model, in one turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    /// What it is for: `outline`, `section`; for traces and bills.
    pub purpose: String,
    /// How the model should behave.
    pub system: String,
    /// The request.
    pub user: String,
    /// JSON Schema that the reply must meet; none for plain text.
    pub schema: Option<Value>,
    /// Most tokens to be written.
    pub tokens_max: u32,
    /// 0 to 2; none for the server's default.
    pub temperature: Option<f32>,
}

/// Tokens read and written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Usage {
    /// Read.
    pub input_tokens: u64,
    /// Written.
    pub output_tokens: u64,
}

/// Why a model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// It had said all.
    Stop,
    /// It reached `tokens_max`.
    Length,
}

/// A model's reply.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Completion {
    /// The text.
    pub text: String,
    /// The value, when a schema was asked for; it meets the schema.
    pub value: Option<Value>,
    /// The model that answered, as the server names it.
    pub model: String,
    /// Tokens used, over all tries.
    pub usage: Usage,
    /// What that costs, in millionths of a US dollar.
    pub usd_micros: u64,
    /// Why it stopped.
    pub finish: Finish,
}

/// Why there is no reply.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The server is busy; not before `after`.
    #[error("model server is busy ({status})")]
    Busy {
        /// The HTTP status.
        status: u16,
        /// When it asks to be tried again.
        after: Option<Duration>,
    },
    /// The server failed, broke off, or cannot be reached. Another try may end differently.
    #[error("model server failed: {what}")]
    Unavailable {
        /// What happened.
        what: String,
        /// Why.
        #[source]
        cause: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The server did not answer in time.
    #[error("model server did not answer within {wait:?}")]
    Timeout {
        /// How long was waited.
        wait: Duration,
    },
    /// The model declined.
    #[error("model refused: {reason}")]
    Refused {
        /// What it said.
        reason: String,
        /// What it cost all the same.
        usage: Usage,
    },
    /// The reply does not meet the schema, also after one repair turn.
    #[error("model reply does not meet the schema: {reason}")]
    Invalid {
        /// Why.
        reason: String,
        /// What it cost all the same.
        usage: Usage,
    },
    /// The request is wrong (key, model name, size): trying again only repeats it.
    #[error("model server refused the request ({status}): {message}")]
    Rejected {
        /// The HTTP status.
        status: u16,
        /// What the server said, shortened to 500 characters.
        message: String,
    },
}

/// What a model is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelCard {
    /// Its name, as sent to the server.
    pub name: String,
    /// `openai` or `anthropic`: the protocol spoken.
    pub protocol: String,
    /// Whether it can turn texts into vectors.
    pub embeds: bool,
}

/// A language model.
///
/// Laws: a call ends within the configured bounds on time and tries; a key never appears in an
/// error, a log line or a `Debug` text.
#[async_trait]
pub trait Model: Send + Sync + std::fmt::Debug {
    /// What it is.
    fn card(&self) -> &ModelCard;

    /// What so many tokens cost, in millionths of a US dollar; 0 for a model without a price.
    fn price(&self, usage: Usage) -> u64 {
        let _free = usage;
        0
    }

    /// Asks once. Retries what may pass (429, 5xx, broken streams) within the configured bounds.
    async fn complete(&self, prompt: &Prompt) -> Result<Completion, ModelError>;

    /// Turns texts into vectors of one length, in the same order; at most 256 texts.
    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError>;
}
