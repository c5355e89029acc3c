//! What an agent is.

use async_trait::async_trait;
use galley_schemas::agent::Card;
use galley_schemas::fault::Fault;
use galley_schemas::id::AgentKind;
use galley_schemas::task::VALUE_BYTES_MAX;
use schemars::{JsonSchema, schema_for};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::context::Context;
use crate::faults;

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

/// The kind of an agent, as a name.
#[must_use]
pub fn kind<A: Agent>() -> AgentKind {
    AgentKind::new(A::KIND).expect("an agent's kind is a name")
}

/// The card of an agent kind: what the workflow checker and a planner see of it.
#[must_use]
pub fn card<A: Agent>(version: &str) -> Card {
    Card {
        kind: kind::<A>(),
        version: version.to_owned(),
        summary: A::SUMMARY.to_owned(),
        input: schema_for!(A::Input).to_value(),
        output: schema_for!(A::Output).to_value(),
        effects: A::EFFECTS,
    }
}

/// An output as it goes over the wire.
pub(crate) fn encode<T: Serialize>(output: &T) -> Result<Value, Fault> {
    let text = serde_json::to_vec(output).map_err(|error| faults::output_not_json(&error))?;
    if text.len() > VALUE_BYTES_MAX {
        return Err(faults::output_too_large(text.len()));
    }
    serde_json::from_slice(&text).map_err(|error| faults::output_not_json(&error))
}
