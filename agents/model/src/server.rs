//! A model server: sends, bounds, tries again.
//!
//! 1. A call waits for one of `parallel_max` places.
//! 2. A try ends when the stream ends, when the server is silent for `idle_ms`, or when the call's
//!    time is over.
//! 3. What may pass (429, 5xx, a broken stream, a lost connection) is tried again, up to `tries_max`
//!    tries, after the server's `Retry-After` or a doubled delay.
//! 4. A reply that does not meet its schema gets one repair turn.

mod client;

use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::config::{Config, Protocol};
use crate::port::{Completion, Finish, Model, ModelCard, ModelError, Prompt, Usage};
use crate::price;
use crate::protocol::{self, Collected, Repair};
use crate::structured;

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
    /// The HTTP client cannot be made.
    #[error("the HTTP client cannot be made")]
    Client(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A model server, ready to be asked.
#[derive(Debug)]
pub struct Server {
    config: Config,
    card: ModelCard,
    client: client::Client,
    places: Semaphore,
}

impl Server {
    /// Gets ready; nothing is sent yet. A key file wins over `key`.
    ///
    /// # Errors
    /// A [`ConnectError`] when the configuration cannot be used.
    pub fn connect(config: Config, key: Option<SecretString>) -> Result<Self, ConnectError> {
        if config.model.is_empty() {
            return Err(ConnectError::NoModel { url: config.url });
        }
        let key = read_key(&config)?.or(key);
        let card = ModelCard {
            name: config.model.clone(),
            protocol: match config.protocol {
                Protocol::Openai => "openai".to_owned(),
                Protocol::Anthropic => "anthropic".to_owned(),
            },
            embeds: config.protocol == Protocol::Openai && !config.embedding_model.is_empty(),
        };
        let client = client::Client::new(&config, key)?;
        let places = Semaphore::new(config.parallel_max.clamp(1, 1_024));
        Ok(Self { config, card, client, places })
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
            let keyed = read_key(&config)?.or_else(|| key.clone());
            let client = client::Client::new(&config, keyed)?;
            let listed = client.get("models").await.map_err(|error| ConnectError::Unlisted {
                url: config.url.clone(),
                cause: error,
            })?;
            let first = listed.pointer("/data/0/id").and_then(Value::as_str);
            config.model = first.unwrap_or_default().to_owned();
        }
        Self::connect(config, key)
    }

    /// One prompt, one turn, as many tries as are allowed.
    async fn turn(
        &self,
        prompt: &Prompt,
        repair: Option<&Repair>,
    ) -> Result<Collected, ModelError> {
        let wire = protocol::request(self.config.protocol, &self.config.model, prompt, repair);
        let mut delay = Duration::from_millis(self.config.retry_first_ms);
        let most = Duration::from_millis(self.config.retry_most_ms);
        let mut tries = 1;
        loop {
            let error = match self.client.stream(self.config.protocol, &wire).await {
                Ok(collected) => return Ok(collected),
                Err(error) => error,
            };
            let wait = match &error {
                ModelError::Busy { after, .. } => after.unwrap_or(delay),
                ModelError::Unavailable { .. } | ModelError::Timeout { .. } => delay,
                ModelError::Refused { .. }
                | ModelError::Invalid { .. }
                | ModelError::Rejected { .. } => return Err(error),
            };
            if tries >= self.config.tries_max {
                return Err(error);
            }
            tracing::debug!(purpose = %prompt.purpose, tries, %error, "model call is tried again");
            tokio::time::sleep(wait.min(most)).await;
            delay = (delay * 2).min(most);
            tries += 1;
        }
    }

    async fn checked(&self, prompt: &Prompt) -> Result<Completion, ModelError> {
        let mut collected = self.turn(prompt, None).await?;
        let mut usage = collected.usage;
        let mut value = None;
        if let Some(schema) = &prompt.schema {
            value = match structured::read(schema, &collected.text) {
                Ok(value) => Some(value),
                Err(reason) => {
                    let said = std::mem::take(&mut collected.text);
                    let repair = Repair { said, reason: structured::complaint(&reason) };
                    collected = self.turn(prompt, Some(&repair)).await?;
                    usage = plus(usage, collected.usage);
                    let again = structured::read(schema, &collected.text);
                    Some(again.map_err(|reason| ModelError::Invalid { reason, usage })?)
                }
            };
        }
        Ok(Completion {
            usd_micros: price::usd_micros(&self.config.prices, &self.config.model, &usage),
            finish: collected.finish.unwrap_or(Finish::Stop),
            model: if collected.model.is_empty() {
                self.config.model.clone()
            } else {
                collected.model
            },
            text: collected.text,
            value,
            usage,
        })
    }
}

/// The key in the key file, when one is named.
fn read_key(config: &Config) -> Result<Option<SecretString>, ConnectError> {
    let Some(path) = &config.key_file else { return Ok(None) };
    let text = std::fs::read_to_string(path)
        .map_err(|cause| ConnectError::KeyFile { path: path.clone(), cause })?;
    Ok(Some(SecretString::from(text.trim().to_owned())))
}

const fn plus(a: Usage, b: Usage) -> Usage {
    Usage {
        input_tokens: a.input_tokens.saturating_add(b.input_tokens),
        output_tokens: a.output_tokens.saturating_add(b.output_tokens),
    }
}

#[async_trait]
impl Model for Server {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn price(&self, usage: Usage) -> u64 {
        price::usd_micros(&self.config.prices, &self.config.model, &usage)
    }

    async fn complete(&self, prompt: &Prompt) -> Result<Completion, ModelError> {
        let wait = Duration::from_millis(self.config.call_ms);
        let call = async {
            let _place = self.places.acquire().await.expect("the semaphore is never closed");
            self.checked(prompt).await
        };
        let started = Instant::now();
        let done = tokio::time::timeout(wait, call).await;
        tracing::debug!(
            purpose = %prompt.purpose, elapsed = ?started.elapsed(), "model call ended"
        );
        done.unwrap_or(Err(ModelError::Timeout { wait }))
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        if texts.len() > TEXTS_MAX {
            let message = format!("{} texts are more than {TEXTS_MAX}", texts.len());
            return Err(ModelError::Rejected { status: 413, message });
        }
        let _place = self.places.acquire().await.expect("the semaphore is never closed");
        let body = json!({ "model": self.config.embedding_model, "input": texts });
        let reply = self.client.post("embeddings", &body).await?;
        let vectors = vectors(&reply).unwrap_or_default();
        let even =
            vectors.first().is_none_or(|first| vectors.iter().all(|v| v.len() == first.len()));
        if vectors.len() != texts.len() || !even {
            return Err(ModelError::Invalid {
                reason: "it is not one vector for each text, all of one length".to_owned(),
                usage: Usage::default(),
            });
        }
        Ok(vectors)
    }
}

fn vectors(reply: &Value) -> Option<Vec<Vec<f32>>> {
    let data = reply.get("data")?.as_array()?;
    data.iter().map(|entry| serde_json::from_value(entry.get("embedding")?.clone()).ok()).collect()
}
