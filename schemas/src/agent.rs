//! What an agent kind says about itself: its card, kept in the bucket `agents`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::AgentKind;

/// The card of an agent kind. The workflow checker types references by its schemas; a planner
/// chooses kinds by its summary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Card {
    /// The kind this card describes.
    pub kind: AgentKind,
    /// The version of the implementation.
    pub version: String,
    /// What it does, in one sentence.
    pub summary: String,
    /// JSON Schema of a task's input.
    pub input: Value,
    /// JSON Schema of a task's output.
    pub output: Value,
    /// Whether its tasks write to the outside world.
    #[serde(default)]
    pub effects: bool,
}
