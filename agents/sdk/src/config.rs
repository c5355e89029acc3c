//! How an agent process works.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How an agent process works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// How many tasks it works on at once; 1 to 256.
    #[schemars(range(min = 1, max = 256))]
    pub slots: u32,
    /// How many seconds running tasks may take to end when the process stops. What has not ended
    /// then is dropped, and comes again elsewhere.
    pub grace_secs: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self { slots: 4, grace_secs: 25 }
    }
}

impl Config {
    pub(crate) fn slots(&self) -> usize {
        usize::try_from(self.slots.clamp(1, 256)).unwrap_or(1)
    }

    pub(crate) const fn grace(&self) -> Duration {
        Duration::from_secs(self.grace_secs)
    }
}
