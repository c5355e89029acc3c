//! From a configuration to models that can be asked.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use secrecy::SecretString;
use url::Url;

use super::ConnectError;
use super::chain::Chain;
use super::client::{self, Client};
use super::endpoint::Endpoint;
use super::health::Health;
use super::key::Key;
use super::provider::Provider;
use super::retry::Retry;
use crate::config::{Config, Elsewhere, Price, Protocol, millis};
use crate::protocol::Quirks;

/// Most models to fall back to.
const FALLBACKS_MAX: usize = 8;

/// What models share while they are made ready.
pub(super) struct Builder<'a> {
    config: &'a Config,
    http: reqwest::Client,
    key: Arc<Key>,
    prices: Arc<BTreeMap<String, Price>>,
    /// One for each server and key: its bounds hold for all models there.
    providers: BTreeMap<(String, Option<PathBuf>), Arc<Provider>>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(config: &'a Config, key: Option<SecretString>) -> Result<Self, ConnectError> {
        let fallbacks = config.fallbacks.len();
        if fallbacks > FALLBACKS_MAX {
            return Err(ConnectError::Fallbacks { count: fallbacks, count_max: FALLBACKS_MAX });
        }
        Ok(Self {
            config,
            http: client::http()?,
            key: Arc::new(Key::new(config.key_file.as_deref(), key)?),
            prices: Arc::new(config.prices.clone()),
            providers: BTreeMap::new(),
        })
    }

    /// The first model and those to fall back to.
    pub(super) fn chain(&mut self) -> Result<Chain, ConnectError> {
        let first = Elsewhere { model: self.config.model.clone(), ..Elsewhere::default() };
        let all = std::iter::once(&first).chain(&self.config.fallbacks);
        let endpoints = all.map(|at| self.endpoint(at)).collect::<Result<_, _>>()?;
        Ok(self.chained(endpoints))
    }

    /// The model that turns texts into vectors, if there is one.
    pub(super) fn embedder(&mut self) -> Result<Option<Chain>, ConnectError> {
        let here = Elsewhere { model: self.config.embedding_model.clone(), ..Elsewhere::default() };
        let at = self.config.embedding.as_ref().unwrap_or(&here);
        let is_anthropic = at.protocol.unwrap_or(self.config.protocol) == Protocol::Anthropic;
        match &self.config.embedding {
            Some(at) if is_anthropic => {
                let url = if at.url.is_empty() { &self.config.url } else { &at.url };
                return Err(ConnectError::NoEmbedding { url: url.clone() });
            }
            None if is_anthropic || at.model.is_empty() => return Ok(None),
            Some(_) | None => {}
        }
        let endpoint = self.endpoint(at)?;
        Ok(Some(self.chained(vec![endpoint])))
    }

    /// The first model's server.
    pub(super) fn client(&self) -> Result<Client, ConnectError> {
        let Config { url, protocol, .. } = self.config;
        Ok(self.client_at(client::base(url, *protocol)?, *protocol, Arc::clone(&self.key)))
    }

    fn chained(&self, endpoints: Vec<Endpoint>) -> Chain {
        Chain { endpoints, wait_most: millis(self.config.retry_most_ms) }
    }

    fn client_at(&self, base: Url, protocol: Protocol, key: Arc<Key>) -> Client {
        let idle = millis(self.config.idle_ms);
        Client { http: self.http.clone(), protocol, base, idle, key }
    }

    fn endpoint(&mut self, at: &Elsewhere) -> Result<Endpoint, ConnectError> {
        let config = self.config;
        let is_here = at.url.is_empty();
        let url = if is_here { &config.url } else { &at.url };
        if at.model.is_empty() {
            return Err(ConnectError::NoModel { url: url.clone() });
        }
        let protocol = at.protocol.unwrap_or(config.protocol);
        let base = client::base(url, protocol)?;
        // Another server never gets this one's key.
        let (key, key_file) = if is_here && at.key_file.is_none() {
            (Arc::clone(&self.key), config.key_file.clone())
        } else {
            (Arc::new(Key::new(at.key_file.as_deref(), None)?), at.key_file.clone())
        };
        key.header(protocol)?;
        let quirks = Quirks::of_host(protocol, base.host_str().unwrap_or_default());
        let provider = self.provider(at, &base, key_file);
        Ok(Endpoint {
            model: at.model.clone(),
            client: self.client_at(base, protocol, key),
            provider,
            retry: Retry::new(config),
            context_max: config.context_max,
            prices: Arc::clone(&self.prices),
            health: Mutex::new(Health::new(config.breaker)),
            quirks: Mutex::new(quirks),
        })
    }

    /// The first model that names a provider sets its bounds.
    fn provider(&mut self, at: &Elsewhere, base: &Url, key: Option<PathBuf>) -> Arc<Provider> {
        let parallel_max = at.parallel_max.unwrap_or(self.config.parallel_max);
        let pace = at.pace.unwrap_or(self.config.pace);
        let origin = base.origin().ascii_serialization();
        let provider = self.providers.entry((origin, key));
        Arc::clone(provider.or_insert_with(|| Arc::new(Provider::new(parallel_max, pace))))
    }
}
