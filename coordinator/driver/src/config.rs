//! How a coordinator runs: bounds, periods, names. Every field has a default that works.

use std::time::Duration;

use galley_schemas::fault::Fault;
use galley_schemas::id::{AgentKind, WorkflowName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a coordinator runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The workflow of a goal that names none: a bare JSON object on `galley.in.goal`.
    pub default_workflow: WorkflowName,
    /// Agent kinds whose reports are served from the start. Those of registered workflows, of cards
    /// in the bucket `agents` and of tasks handed out are found without being listed.
    pub kinds: Vec<AgentKind>,
    /// How many inputs are worked on at once; 1 to 4096. More helps a bus with slow writes. Inputs of
    /// one goal take turns, and up to four times as many are in hand for that.
    pub inputs_in_flight: u32,
    /// How many reports are worked on at once; 1 to 4096. Reports about one goal take turns.
    pub reports_in_flight: u32,
    /// How many goals are kept in memory, each with about 4 KiB; 1 to 1000000. One that was dropped is
    /// read again when it is next needed, so any number of goals may be live.
    pub goals_cached_max: u32,
    /// How often one input is decided again after another coordinator decided first; 1 to 1000.
    pub conflicts_max: u32,
    /// How long one call to the bus may take, in milliseconds; 10 to 600000. A longer one counts as
    /// failed and is made again.
    pub bus_timeout_ms: u32,
    /// How long inputs and reports in hand may take to end after a stop, in seconds; 0 to 600.
    pub grace_secs: u32,
    /// The status view is written at most once in this many milliseconds; 10 to 60000.
    pub view_period_ms: u32,
    /// A note of progress alone is written to the view at most once in this many milliseconds for
    /// each goal; 10 to 600000.
    pub progress_period_ms: u32,
    /// Stop fences, agent cards and workflows are read anew in this many seconds; 1 to 3600. Changes
    /// are seen at once as a rule: this is for those that a watch missed.
    pub refresh_period_secs: u32,
    /// Live goals are looked after in this many seconds; 1 to 86400. It finds acts that a crash left
    /// owed and alarms that did not go off.
    pub sweep_period_secs: u32,
    /// A goal that ended so many seconds ago is archived as one artifact and its records are
    /// removed; 0 to 31536000 (a year).
    pub retention_secs: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            default_workflow: WorkflowName::new("article").expect("it is a name"),
            kinds: Vec::new(),
            inputs_in_flight: 64,
            reports_in_flight: 256,
            goals_cached_max: 4_096,
            conflicts_max: 64,
            bus_timeout_ms: 10_000,
            grace_secs: 20,
            view_period_ms: 100,
            progress_period_ms: 1_000,
            refresh_period_secs: 5,
            sweep_period_secs: 300,
            retention_secs: 7 * 24 * 60 * 60,
        }
    }
}

/// A number of a [`Config`] that is out of its bounds.
const OUT_OF_BOUNDS: &str = "GLY0190";

impl Config {
    /// Every number that is out of its bounds, all at once.
    #[must_use]
    pub fn check(&self) -> Vec<Fault> {
        let bounds = [
            ("inputs_in_flight", self.inputs_in_flight, 1, 4_096),
            ("reports_in_flight", self.reports_in_flight, 1, 4_096),
            ("goals_cached_max", self.goals_cached_max, 1, 1_000_000),
            ("conflicts_max", self.conflicts_max, 1, 1_000),
            ("bus_timeout_ms", self.bus_timeout_ms, 10, 600_000),
            ("grace_secs", self.grace_secs, 0, 600),
            ("view_period_ms", self.view_period_ms, 10, 60_000),
            ("progress_period_ms", self.progress_period_ms, 10, 600_000),
            ("refresh_period_secs", self.refresh_period_secs, 1, 3_600),
            ("sweep_period_secs", self.sweep_period_secs, 1, 86_400),
            ("retention_secs", self.retention_secs, 0, 31_536_000),
        ];
        let outside =
            bounds.into_iter().filter(|(_, value, least, most)| !(least..=most).contains(&value));
        outside
            .map(|(name, value, least, most)| {
                Fault::permanent(
                    OUT_OF_BOUNDS,
                    format!("coordinator.{name} is {value}, outside of {least} to {most}"),
                )
            })
            .collect()
    }

    pub(crate) fn bus_timeout(&self) -> Duration {
        Duration::from_millis(u64::from(self.bus_timeout_ms))
    }

    pub(crate) fn grace(&self) -> Duration {
        Duration::from_secs(u64::from(self.grace_secs))
    }

    pub(crate) fn view_period(&self) -> Duration {
        Duration::from_millis(u64::from(self.view_period_ms))
    }

    pub(crate) fn progress_period(&self) -> Duration {
        Duration::from_millis(u64::from(self.progress_period_ms))
    }

    pub(crate) fn refresh_period(&self) -> Duration {
        Duration::from_secs(u64::from(self.refresh_period_secs))
    }

    pub(crate) fn sweep_period(&self) -> Duration {
        Duration::from_secs(u64::from(self.sweep_period_secs))
    }

    pub(crate) fn retention(&self) -> Duration {
        Duration::from_secs(u64::from(self.retention_secs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_within_their_bounds() {
        assert_eq!(Config::default().check(), Vec::new());
    }

    #[test]
    fn every_fault_is_reported_at_once() {
        let config = Config { inputs_in_flight: 0, sweep_period_secs: 0, ..Config::default() };
        let messages: Vec<_> = config.check().into_iter().map(|fault| fault.message).collect();
        assert_eq!(
            messages,
            [
                "coordinator.inputs_in_flight is 0, outside of 1 to 4096",
                "coordinator.sweep_period_secs is 0, outside of 1 to 86400"
            ]
        );
    }

    #[test]
    fn an_unknown_field_is_refused() {
        assert!(serde_json::from_str::<Config>(r#"{"sweep_period_secs": 60}"#).is_ok());
        assert!(serde_json::from_str::<Config>(r#"{"sweep_secs": 60}"#).is_err());
    }
}
