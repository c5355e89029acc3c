//! What an agent kind says about itself: its card and who is there, kept in the bucket `agents`.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{AgentKind, InstanceId};

/// The card of an agent kind: the value under the kind's name in the bucket
/// [`crate::subject::bucket::AGENTS`]. The workflow checker types references by its schemas; a planner
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

/// One process that works on a kind's tasks: the value under `<kind>/<instance>` in the bucket
/// [`crate::subject::bucket::AGENTS`]. It is refreshed while the process lives, and runs out soon
/// after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Presence {
    /// The kind.
    pub kind: AgentKind,
    /// The process.
    pub instance: InstanceId,
    /// The version of the implementation.
    pub version: String,
    /// How many tasks it works on at once; 1 or more.
    pub slots: u32,
    /// When it began.
    pub since: DateTime<Utc>,
}
