//! What an agent sees of Galley while it carries out one attempt of a task.

pub(crate) mod attempt;
mod choose;
pub(crate) mod fate;
pub(crate) mod journal;
pub(crate) mod ledger;
mod modeller;
pub(crate) mod store;

use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use galley_agents_knowledge::Knowledge;
use galley_agents_web::Fetch;
use galley_agents_web::search::Engines;
use galley_schemas::amount::Amount;
use galley_schemas::artifact::ArtifactRef;
use galley_schemas::fault::Fault;
use galley_schemas::task::Offer;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::context::attempt::Attempt;
use crate::context::journal::Slot;
use crate::effect::{Effect, Effector, protocol};
use crate::faults;

pub use modeller::Modeller;

/// What an agent sees of Galley while it carries out one attempt of a task. Every way to touch the
/// world goes through here, so that it is journaled, charged, fenced and traced.
///
/// When the attempt no longer counts (a stop, a newer attempt, a lost loan), the agent's work is
/// dropped at its next `await`; a call on the context may then never return.
pub struct Context {
    attempt: Arc<Attempt>,
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Offer { goal, task, attempt, .. } = &self.attempt.offer;
        f.debug_struct("Context")
            .field("goal", goal)
            .field("task", task)
            .field("attempt", attempt)
            .finish_non_exhaustive()
    }
}

impl Context {
    pub(crate) fn new(attempt: Arc<Attempt>) -> Self {
        Self { attempt }
    }

    /// The attempt that is carried out: ids, allowance, revision.
    #[must_use]
    pub fn offer(&self) -> &Offer {
        &self.attempt.offer
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.attempt.ports.clock.now()
    }

    /// Does a piece of work once: its result is kept in the task's journal, and a later attempt gets
    /// it back instead of doing the work again. Names are unique within a task. A failure is not
    /// kept.
    ///
    /// # Errors
    /// The work's own [`Fault`], or one that says that the journal cannot be reached.
    pub async fn step<T, F>(&self, name: &str, work: F) -> Result<T, Fault>
    where
        T: Serialize + DeserializeOwned + Send,
        F: Future<Output = Result<T, Fault>> + Send,
    {
        self.attempt.claim("step", name)?;
        let slot = Slot::new("step", name, &[]);
        let journal = self.attempt.journal().await?;
        if let Some(result) = journal.recall(&slot).await? {
            return Ok(result);
        }
        let result = work.await?;
        journal.keep(&slot, &result, Amount::default()).await
    }

    /// The model; none when Galley runs without one.
    #[must_use]
    pub fn model(&self) -> Option<Modeller<'_>> {
        let model = self.attempt.ports.tools.model.as_deref();
        model.map(|model| Modeller::new(&self.attempt, model))
    }

    /// The model, where several are configured to be learned from the one that the choice `model` has; none
    /// when Galley runs without one.
    ///
    /// # Errors
    /// A [`Fault`] when the choice cannot be kept.
    pub async fn chosen_model(&self) -> Result<Option<Modeller<'_>>, Fault> {
        let Some(preferred) = self.attempt.ports.tools.model.as_ref() else { return Ok(None) };
        let chosen = self.attempt.chosen_model.get_or_try_init(async || {
            let names = preferred.names();
            if names.len() < 2 {
                return Ok(None);
            }
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let at = self.choose("model", &names).await?;
            Ok(names.get(at).and_then(|name| preferred.preferring(name)))
        });
        let model = chosen.await?.as_ref().unwrap_or(preferred);
        Ok(Some(Modeller::new(&self.attempt, model.as_ref())))
    }

    /// Turns texts into vectors: by the model when it can, else offline. At most 256 texts.
    ///
    /// # Errors
    /// A [`Fault`] when the model's server fails.
    pub async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, Fault> {
        match self.model().filter(|model| model.card().embeds) {
            Some(model) => model.embed(texts).await,
            None => Ok(texts.iter().map(|text| galley_agents_knowledge::embed(text)).collect()),
        }
    }

    /// Writes to the outside world, once: see [`crate::effect`]. Returns the receipt.
    ///
    /// When the write is fenced off, or nobody can tell whether it happened, the attempt ends here
    /// and this does not return.
    ///
    /// # Errors
    /// A [`Fault`] when the write did not happen, or the target could not be asked.
    pub async fn effect(&self, effect: Effect, effector: &dyn Effector) -> Result<Value, Fault> {
        protocol::carry_out(&self.attempt, effect, effector).await
    }

    /// Chooses among 1 to 32 options by the learned policy, or evenly when there is none; returns
    /// the index. The choice and its probabilities are recorded. The same task chooses the same
    /// again.
    ///
    /// # Errors
    /// A [`Fault`] when there is no option, or the journal cannot be reached.
    pub async fn choose(&self, decision: &str, options: &[&str]) -> Result<usize, Fault> {
        choose::choose(&self.attempt, decision, options).await
    }

    /// Stores a value as a JSON artifact.
    ///
    /// # Errors
    /// A [`Fault`] when it is too large or the store cannot be reached.
    pub async fn put<T: Serialize + Sync>(&self, value: &T) -> Result<ArtifactRef, Fault> {
        let bytes = serde_json::to_vec(value).map_err(|e| faults::artifact_not_stored(&e))?;
        self.put_bytes(bytes.into(), "application/json").await
    }

    /// Stores bytes as an artifact.
    ///
    /// # Errors
    /// A [`Fault`] when they are too many or the store cannot be reached.
    pub async fn put_bytes(&self, bytes: Bytes, media_type: &str) -> Result<ArtifactRef, Fault> {
        store::put_bytes(&*self.attempt.ports.artifacts, bytes, media_type).await
    }

    /// Reads a JSON artifact; its hash is checked.
    ///
    /// # Errors
    /// A [`Fault`] when it is missing, damaged, or not what is expected.
    pub async fn get<T: DeserializeOwned>(&self, artifact: &ArtifactRef) -> Result<T, Fault> {
        store::get(&*self.attempt.ports.artifacts, artifact).await
    }

    /// Reads an artifact's bytes; their hash is checked.
    ///
    /// # Errors
    /// A [`Fault`] when it is missing or damaged.
    pub async fn get_bytes(&self, artifact: &ArtifactRef) -> Result<Bytes, Fault> {
        store::get_bytes(&*self.attempt.ports.artifacts, artifact).await
    }

    /// The memory across goals.
    #[must_use]
    pub fn knowledge(&self) -> &dyn Knowledge {
        &*self.attempt.ports.tools.knowledge
    }

    /// The guarded fetcher.
    #[must_use]
    pub fn web(&self) -> &dyn Fetch {
        &*self.attempt.ports.tools.web
    }

    /// The search engines; empty when none is configured. Hits are read through [`Self::web`].
    #[must_use]
    pub fn search(&self) -> &Engines {
        &self.attempt.ports.tools.search
    }

    /// Says what is being done now, in one line of at most 200 characters, to people who watch.
    pub fn progress(&self, note: impl Into<String>) {
        self.attempt.note(&note.into());
    }
}
