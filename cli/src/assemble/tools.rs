//! What agents work with, beside the bus: the model, the memory, the web, the search engines.

use std::sync::Arc;

use anyhow::Context as _;
use async_trait::async_trait;
use galley_agents_knowledge::{
    EmbedError, Embedder, Knowledge, Offline, PostgresKnowledge, SqliteKnowledge,
};
use galley_agents_model::{Model, Server};
use galley_agents_sdk::Tools;
use galley_agents_web::search::Engines;
use galley_agents_web::{Fetcher, FolderCache};
use galley_schemas::fault::Fault;

use super::House;
use super::carrier::{make, memory};
use super::memory::Heeded;
use crate::config::Config;
use crate::failure::Failure;
use crate::observe;

impl House {
    /// What agents work with, beside the bus.
    pub(super) async fn tools(&self) -> anyhow::Result<Tools> {
        let Config { fetch, search, .. } = &self.loaded.config;
        let model = self.model().await?;
        let embedder: Arc<dyn Embedder> = match &model {
            Some(model) if model.card().embeds => Arc::new(ModelEmbedder::new(Arc::clone(model))),
            Some(_) | None => Arc::new(Offline),
        };
        let knowledge = self.knowledge(embedder).await?;
        let web = Fetcher::new(fetch.clone()).context("the web fetcher cannot be made")?;
        let web = match fetch.cache_bytes_max {
            0 => web,
            most => {
                web.with_cache(Arc::new(FolderCache::new(self.common.state.join("pages"), most)))
            }
        };
        let search = Engines::new(search, fetch).map_err(|error| Failure::from(error.fault()))?;
        Ok(Tools { model, knowledge, web: Arc::new(web), search: Arc::new(search) })
    }

    /// The memory across goals: one on Postgres for every machine, or a file.
    async fn knowledge(&self, embedder: Arc<dyn Embedder>) -> anyhow::Result<Arc<dyn Knowledge>> {
        if let Some(postgres) = &self.loaded.config.knowledge.postgres {
            let connected = PostgresKnowledge::connect(postgres, embedder).await;
            let connected = connected.map_err(|error| Failure::from(error.fault()))?;
            let memory = self.memory.get_or_init(|| connected).clone();
            return Ok(match &self.answers {
                Some(answers) => Arc::new(Heeded { inner: memory, answers: answers.clone() }),
                None => Arc::new(memory),
            });
        }
        make(&self.common.state)?;
        let file = memory(&self.common.state, &self.carrier);
        let opened = SqliteKnowledge::open(&file, embedder);
        Ok(Arc::new(opened.context("the memory across goals cannot be opened")?))
    }

    async fn model(&self) -> anyhow::Result<Option<Arc<dyn Model>>> {
        let config = self.loaded.config.model.clone();
        if config.url.is_empty() {
            return Ok(None);
        }
        let unusable = |error| {
            let fault = Fault::permanent("GLY0006", "the model cannot be used")
                .hint("check GALLEY_MODEL_URL, GALLEY_MODEL and the key; unset them to run without a model")
                .because(&error);
            Failure::from(fault)
        };
        let server = Server::discover(config, self.loaded.key.clone()).await.map_err(unusable)?;
        let server: Arc<dyn Model> = Arc::new(server);
        Ok(Some(match &self.meters {
            Some(meters) => observe::model(server, meters),
            None => server,
        }))
    }
}

/// A model that turns texts into vectors, as the memory sees it.
#[derive(Debug)]
struct ModelEmbedder {
    model: Arc<dyn Model>,
    name: String,
}

impl ModelEmbedder {
    fn new(model: Arc<dyn Model>) -> Self {
        let name = format!("model-{}", model.card().name);
        Self { model, name }
    }
}

#[async_trait]
impl Embedder for ModelEmbedder {
    fn name(&self) -> &str {
        &self.name
    }

    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        self.model
            .embed(texts)
            .await
            .map_err(|error| EmbedError { embedder: self.name.clone(), cause: Box::new(error) })
    }
}
