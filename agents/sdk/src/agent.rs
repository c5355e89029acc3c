//! What an agent is.

use async_trait::async_trait;
use galley_schemas::fault::Fault;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::context::Context;

/// One agent kind.
///
/// Law: `run` may be called again for the same task, after a crash or a retry, with the same
/// journal: what it did through the context is not done again.
#[async_trait]
pub trait Agent: Send + Sync + 'static {
    /// A task's input; its JSON Schema types the step's `with`.
    type Input: DeserializeOwned + JsonSchema + Send;
    /// A task's output; its JSON Schema types references to the step.
    type Output: Serialize + JsonSchema + Send;

    /// The kind's name.
    const KIND: &'static str;
    /// What it does, in one sentence.
    const SUMMARY: &'static str;
    /// Whether its tasks write to the outside world.
    const EFFECTS: bool = false;

    /// Carries out one attempt of a task.
    ///
    /// # Errors
    /// A [`Fault`]: retryable when another attempt may end differently.
    async fn run(&self, ctx: &Context, input: Self::Input) -> Result<Self::Output, Fault>;
}
