//! What agents need from a language model.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;

use crate::chat::{Chat, Ear, Message, Turn};

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

/// Tokens read and written; those read from a server's cache are among those read.
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
    /// Tokens used, over all tries; an estimate on the safe side where the server does not tell.
    pub usage: Usage,
    /// What that costs, in millionths of a US dollar, by the price of each model that was asked.
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
    /// `openai`, `anthropic` or `ollama`: who made the protocol that is spoken.
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

    /// The models among which a task may choose the one that is asked first, by name; at least one, the
    /// preferred one first.
    fn names(&self) -> Vec<String> {
        vec![self.card().name.clone()]
    }

    /// The same, with this one of [`Model::names`] asked first; none when it is no other than this.
    fn preferring(&self, name: &str) -> Option<Arc<dyn Model>> {
        let _only = name;
        None
    }

    /// The most that so many tokens may cost, in millionths of a US dollar; 0 for a model without a
    /// price.
    fn price(&self, usage: Usage) -> u64 {
        let _free = usage;
        0
    }

    /// Asks once. Retries what may pass (429, 5xx, broken streams) within the configured bounds.
    async fn complete(&self, prompt: &Prompt) -> Result<Completion, ModelError>;

    /// Asks for the next turn of a conversation, and lets `ear` hear it while it is spoken. Bounded
    /// and retried as [`Model::complete`]. A model that only completes takes conversations of one
    /// message without tools.
    async fn converse(&self, chat: &Chat, ear: &dyn Ear) -> Result<Turn, ModelError> {
        let _unheard = ear;
        let said = self.complete(&single(chat)?).await?;
        Ok(Turn { said, calls: Vec::new(), kept: Vec::new() })
    }

    /// Turns texts into vectors of one length, in the same order; at most 256 texts.
    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError>;
}

/// A conversation as a prompt, if it is no more than that.
fn single(chat: &Chat) -> Result<Prompt, ModelError> {
    let [Message::User { text }] = chat.messages.as_slice() else { return Err(too_much()) };
    if !chat.tools.is_empty() {
        return Err(too_much());
    }
    Ok(Prompt {
        purpose: chat.purpose.clone(),
        system: chat.system.clone(),
        user: text.clone(),
        schema: chat.schema.clone(),
        tokens_max: chat.tokens_max,
        temperature: chat.temperature,
    })
}

fn too_much() -> ModelError {
    let message = "this model takes neither tools nor several messages".to_owned();
    ModelError::Rejected { status: 501, message }
}
