//! Models behind servers: asks, bounds, tries again.
//!
//! 1. A call is bounded by `call_ms`, whatever it waits for.
//! 2. Each model of the chain is asked in turn: not while its server asked to wait or its breaker is
//!    open, not faster than its provider's pace, and from one of its provider's places.
//! 3. A try ends when the reply is complete, or when the server is silent for `idle_ms`.
//! 4. What may pass (429, 5xx, a broken stream, a lost connection) is tried again, up to `tries_max`
//!    tries, after what the server asks for or a doubled delay.
//! 5. What a server refuses as such (a parameter that it does not know, an old key) is asked in
//!    another way, at once.
//! 6. A reply that does not meet its schema gets one repair turn, by the model that gave it.

mod build;
mod chain;
mod client;
mod endpoint;
mod health;
mod key;
mod provider;
mod retry;
mod shapes;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;
use serde_json::Value;
use tokio::time::Instant;

use crate::chat::{Chat, Ear, Heard, Message, ToolUse, Turn};
use crate::config::{Config, millis};
use crate::port::{Completion, Finish, Model, ModelCard, ModelError, Prompt, Usage};
use crate::protocol::{self, Collected};
use crate::structured;
use build::Builder;
use chain::Chain;
use endpoint::{Bill, Errand, Job};
use shapes::Shapes;

/// Most texts in one embedding call.
const TEXTS_MAX: usize = 256;

/// Why a server cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The address cannot be read.
    #[error("the model server's address '{url}' cannot be used: {reason}")]
    Address {
        /// The address.
        url: String,
        /// Why.
        reason: String,
    },
    /// No model is named.
    #[error("no model is named for the server {url}")]
    NoModel {
        /// The address.
        url: String,
    },
    /// No model is named, and the server does not list any.
    #[error("the server {url} does not tell which models it has")]
    Unlisted {
        /// The address.
        url: String,
        /// Why.
        #[source]
        cause: ModelError,
    },
    /// The key's file cannot be read.
    #[error("the key file {} cannot be read", path.display())]
    KeyFile {
        /// The file.
        path: std::path::PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// Too many models to fall back to.
    #[error("{count} models to fall back to are more than {count_max}")]
    Fallbacks {
        /// How many are named.
        count: usize,
        /// How many may be.
        count_max: usize,
    },
    /// The server that should turn texts into vectors cannot.
    #[error("the server {url} speaks a protocol that does not turn texts into vectors")]
    NoEmbedding {
        /// The address.
        url: String,
    },
    /// The HTTP client cannot be made.
    #[error("the HTTP client cannot be made")]
    Client(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Models behind servers, ready to be asked: the configured one, and those to fall back to.
#[derive(Debug, Clone)]
pub struct Server {
    card: ModelCard,
    chain: Arc<Chain>,
    /// The place in the chain of the one that is asked first.
    first: usize,
    is_learned: bool,
    embedder: Option<Arc<Chain>>,
    call: Duration,
    thought_tokens: u32,
}

impl Server {
    /// Gets ready; nothing is sent yet. A key file wins over `key`.
    ///
    /// # Errors
    /// A [`ConnectError`] when the configuration cannot be used.
    pub fn connect(config: Config, key: Option<SecretString>) -> Result<Self, ConnectError> {
        let mut builder = Builder::new(&config, key)?;
        let (chain, embedder) = (builder.chain()?, builder.embedder()?);
        let unpriced = chain.endpoints.iter().filter(|endpoint| endpoint.price("").is_none());
        for endpoint in unpriced {
            tracing::info!(model = %endpoint.model, "no price is known: its calls count as free in money");
        }
        let card = ModelCard {
            name: config.model,
            protocol: config.protocol.maker().to_owned(),
            embeds: embedder.is_some(),
        };
        let (call, thought_tokens) = (millis(config.call_ms), config.thought_tokens);
        Ok(Self {
            card,
            chain: Arc::new(chain),
            first: 0,
            is_learned: config.learned,
            embedder: embedder.map(Arc::new),
            call,
            thought_tokens,
        })
    }

    /// As [`Server::connect`], but asks the server for its first model when none is named.
    ///
    /// # Errors
    /// A [`ConnectError`] when the configuration cannot be used or the server names no model.
    pub async fn discover(
        mut config: Config,
        key: Option<SecretString>,
    ) -> Result<Self, ConnectError> {
        if config.model.is_empty() {
            let (path, first) = protocol::listing(config.protocol);
            let client = Builder::new(&config, key.clone())?.client()?;
            let listed = client.get(path).await.map_err(|error| ConnectError::Unlisted {
                url: config.url.clone(),
                cause: error,
            })?;
            let first = listed.pointer(first).and_then(Value::as_str);
            config.model = first.unwrap_or_default().to_owned();
        }
        Self::connect(config, key)
    }

    async fn turn(&self, chat: &Chat, ear: &dyn Ear, until: Instant) -> Result<Turn, ModelError> {
        let shapes = Shapes::of(chat)?;
        let tokens_max = chat.tokens_max.saturating_add(self.thought_tokens);
        let chat = &Chat { tokens_max, ..chat.clone() };
        let mut bill = Bill::default();
        let errand = Errand { job: Job::Converse(chat), ear, until };
        let (at, mut said) = self.chain.ask(self.first, &errand, &mut bill).await?;
        clean(&mut said);
        let value = match shapes.value(&said) {
            Ok(value) => value,
            Err(reason) => {
                ear.hear(Heard::Anew);
                let again = repair(chat, &said, shapes.complaint(&reason));
                let errand = Errand { job: Job::Converse(&again), ear, until };
                (_, said) = self.chain.ask(at, &errand, &mut bill).await?;
                clean(&mut said);
                let invalid = |reason| ModelError::Invalid { reason, usage: bill.usage };
                shapes.value(&said).map_err(invalid)?
            }
        };
        let calls = shapes.calls(&said);
        let asked = self.chain.endpoints.get(at).map_or("", |endpoint| endpoint.model.as_str());
        let said_by = if said.model.is_empty() { asked.to_owned() } else { said.model };
        let completion = Completion {
            text: said.text,
            value,
            model: said_by,
            usage: bill.usage,
            usd_micros: bill.usd_micros,
            finish: said.finish.unwrap_or(Finish::Stop),
        };
        Ok(Turn { said: completion, calls, kept: said.kept.into_values().collect() })
    }

    async fn in_time<T>(
        &self,
        until: Instant,
        work: impl Future<Output = Result<T, ModelError>>,
    ) -> Result<T, ModelError> {
        let done = tokio::time::timeout_at(until, work).await;
        done.unwrap_or(Err(ModelError::Timeout { wait: self.call }))
    }
}

/// Takes out what is not part of the reply.
fn clean(said: &mut Collected) {
    said.text = structured::without_thoughts(&said.text).to_owned();
}

/// The conversation with what the model said, and what is wrong with it.
fn repair(chat: &Chat, said: &Collected, complaint: String) -> Chat {
    let mut again = chat.clone();
    let (text, kept) = (said.text.clone(), said.kept.values().cloned().collect());
    again.messages.push(Message::Model { text, calls: Vec::new(), kept });
    again.messages.push(Message::User { text: complaint });
    again.tool_use = ToolUse::MustNot;
    again
}

#[async_trait]
impl Model for Server {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn names(&self) -> Vec<String> {
        if !self.is_learned {
            return vec![self.card.name.clone()];
        }
        let mut known = BTreeSet::new();
        let names = self.chain.endpoints.iter().map(|endpoint| endpoint.model.clone());
        names.filter(|name| known.insert(name.clone())).collect()
    }

    fn preferring(&self, name: &str) -> Option<Arc<dyn Model>> {
        let at = self.chain.endpoints.iter().position(|endpoint| endpoint.model == name)?;
        if at == self.first {
            return None;
        }
        let endpoint = self.chain.endpoints.get(at)?;
        let protocol = endpoint.client.protocol.maker().to_owned();
        let card = ModelCard { name: name.to_owned(), protocol, embeds: self.card.embeds };
        Some(Arc::new(Self { card, first: at, ..self.clone() }))
    }

    fn price(&self, mut usage: Usage) -> u64 {
        if usage.output_tokens > 0 {
            usage.output_tokens = usage.output_tokens.saturating_add(self.thought_tokens.into());
        }
        let prices = self.chain.endpoints.iter().filter_map(|endpoint| endpoint.price(""));
        prices.map(|price| price.usd_micros_most(usage)).max().unwrap_or(0)
    }

    async fn complete(&self, prompt: &Prompt) -> Result<Completion, ModelError> {
        Ok(self.converse(&Chat::from(prompt), &()).await?.said)
    }

    async fn converse(&self, chat: &Chat, ear: &dyn Ear) -> Result<Turn, ModelError> {
        let started = Instant::now();
        let until = started + self.call;
        let done = self.in_time(until, self.turn(chat, ear, until)).await;
        tracing::debug!(
            purpose = %chat.purpose, elapsed = ?started.elapsed(), ok = done.is_ok(), "model call ended"
        );
        done
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        let rejected = |status, message| Err(ModelError::Rejected { status, message });
        if texts.len() > TEXTS_MAX {
            return rejected(413, format!("{} texts are more than {TEXTS_MAX}", texts.len()));
        }
        let Some(embedder) = &self.embedder else {
            return rejected(501, "no model is named that turns texts into vectors".to_owned());
        };
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let until = Instant::now() + self.call;
        let errand = Errand { job: Job::Embed(texts), ear: &(), until };
        let mut bill = Bill::default();
        let asked = self.in_time(until, embedder.ask(0, &errand, &mut bill)).await;
        Ok(asked?.1.vectors)
    }
}
