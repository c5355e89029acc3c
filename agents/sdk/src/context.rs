//! What an agent sees of Galley while it carries out one attempt of a task.

use std::future::Future;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use galley_agents_knowledge::Knowledge;
use galley_agents_model::{Completion, ModelCard, Prompt};
use galley_agents_web::Fetch;
use galley_schemas::artifact::ArtifactRef;
use galley_schemas::fault::Fault;
use galley_schemas::task::Offer;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::effect::{Effect, Effector};

/// What an agent sees of Galley while it carries out one attempt of a task. Every way to touch the
/// world goes through here, so that it is journaled, charged, fenced and traced.
#[derive(Debug)]
pub struct Context {}

impl Context {
    /// The attempt that is carried out: ids, allowance, revision.
    #[must_use]
    pub fn offer(&self) -> &Offer {
        todo!()
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        todo!()
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
        let _ = (name, work);
        todo!()
    }

    /// The model; none when Galley runs without one.
    #[must_use]
    pub fn model(&self) -> Option<Modeller<'_>> {
        todo!()
    }

    /// Turns texts into vectors: by the model when it can, else offline. At most 256 texts.
    ///
    /// # Errors
    /// A [`Fault`] when the model's server fails.
    pub async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, Fault> {
        let _ = texts;
        todo!()
    }

    /// Writes to the outside world, once: see [`crate::effect`]. Returns the receipt.
    ///
    /// # Errors
    /// A [`Fault`] when the write was fenced off, failed, or its outcome is unknown.
    pub async fn effect(&self, effect: Effect, effector: &dyn Effector) -> Result<Value, Fault> {
        let _ = (effect, effector);
        todo!()
    }

    /// Chooses among options by the learned policy, or evenly when there is none; returns the index.
    /// The choice and its probabilities are recorded. The same task chooses the same again.
    ///
    /// # Errors
    /// A [`Fault`] when there is no option, or the journal cannot be reached.
    pub async fn choose(&self, decision: &str, options: &[&str]) -> Result<usize, Fault> {
        let _ = (decision, options);
        todo!()
    }

    /// Stores a value as a JSON artifact.
    ///
    /// # Errors
    /// A [`Fault`] when it is too large or the store cannot be reached.
    pub async fn put<T: Serialize + Sync>(&self, value: &T) -> Result<ArtifactRef, Fault> {
        let _ = value;
        todo!()
    }

    /// Stores bytes as an artifact.
    ///
    /// # Errors
    /// A [`Fault`] when they are too many or the store cannot be reached.
    pub async fn put_bytes(&self, bytes: Bytes, media_type: &str) -> Result<ArtifactRef, Fault> {
        let _ = (bytes, media_type);
        todo!()
    }

    /// Reads a JSON artifact; its hash is checked.
    ///
    /// # Errors
    /// A [`Fault`] when it is missing, damaged, or not what is expected.
    pub async fn get<T: DeserializeOwned>(&self, artifact: &ArtifactRef) -> Result<T, Fault> {
        let _ = artifact;
        todo!()
    }

    /// Reads an artifact's bytes; their hash is checked.
    ///
    /// # Errors
    /// A [`Fault`] when it is missing or damaged.
    pub async fn get_bytes(&self, artifact: &ArtifactRef) -> Result<Bytes, Fault> {
        let _ = artifact;
        todo!()
    }

    /// The memory across goals.
    #[must_use]
    pub fn knowledge(&self) -> &dyn Knowledge {
        todo!()
    }

    /// The guarded fetcher.
    #[must_use]
    pub fn web(&self) -> &dyn Fetch {
        todo!()
    }

    /// Says what is being done now, in one line of at most 200 characters, to people who watch.
    pub fn progress(&self, note: impl Into<String>) {
        let _ = note.into();
        todo!()
    }
}

/// The model as a task sees it: every call is journaled under its name, charged to the allowance,
/// and cancelled when the task is fenced off.
#[derive(Debug)]
pub struct Modeller<'a> {
    _context: &'a Context,
}

impl Modeller<'_> {
    /// What the model is.
    #[must_use]
    pub fn card(&self) -> &ModelCard {
        todo!()
    }

    /// Asks once: a later attempt of the task gets the same reply back without a call.
    ///
    /// # Errors
    /// A [`Fault`] when the call failed or the allowance does not admit it.
    pub async fn complete(&self, name: &str, prompt: &Prompt) -> Result<Completion, Fault> {
        let _ = (name, prompt);
        todo!()
    }
}
