//! What a payload on the topic says. Anybody may produce to it who has the right to: what is not as
//! it must be is told apart and passed over.

use chrono::{DateTime, Utc};
use galley_bus_core::feedback::SOURCE;
use galley_schemas::envelope::{CloudEvent, kind};
use galley_schemas::feedback::{Fact, What};
use galley_schemas::input::Feedback;
use serde_json::Value;

/// What a payload says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Heard {
    /// A fact.
    Fact(Told),
    /// Something of a kind that is not known here: a newer writer, or another program's.
    Unknown(String),
}

/// A fact as it was told.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Told {
    /// What.
    pub fact: Fact,
    /// When.
    pub at: DateTime<Utc>,
    /// In which trace.
    pub traceparent: Option<String>,
}

/// Reads a payload.
///
/// A fact counts only with the log as its source. Whoever else produces says a [`Feedback`], as on the
/// bus. Facts are keyed by goal and not signed, and the source is the producer's own word: it keeps
/// apart, it does not hold anybody off. Who may write to the topic is for the broker's lists to say; where
/// outsiders may not be trusted with that, their outcomes go by the bus (`galley feedback`).
pub(crate) fn hear(payload: &[u8]) -> Result<Heard, serde_json::Error> {
    let event: CloudEvent<Value> = serde_json::from_slice(payload)?;
    let fact = match event.kind.as_str() {
        kind::FACT if event.source == SOURCE => serde_json::from_value(event.data)?,
        kind::FEEDBACK => {
            let Feedback { goal, outcome, value, by, at } = serde_json::from_value(event.data)?;
            Fact { goal, seq: 0, what: What::Measured { outcome, value, by, at } }
        }
        _ => return Ok(Heard::Unknown(event.kind)),
    };
    Ok(Heard::Fact(Told { fact, at: event.time, traceparent: event.traceparent }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const GOAL: &str = "01a2027b-d680-7f34-a36f-50b2f7f1613a";

    fn check(kind: &str, source: &str, data: Value) -> Result<Heard, serde_json::Error> {
        let mut event = json!({
            "specversion": "1.0", "id": "x", "source": source, "type": kind,
            "time": "2026-11-22T09:00:00Z",
        });
        event["data"] = data;
        hear(event.to_string().as_bytes())
    }

    #[test]
    fn facts_count_from_the_log_and_outcomes_from_anybody() {
        let began = || {
            json!({
                "goal": GOAL, "seq": 1,
                "what": { "is": "ended", "how": "succeeded", "spent": {} },
            })
        };
        let outcome = || {
            json!({
                "goal": GOAL, "outcome": "views", "value": 3, "by": "web",
                "at": "2026-11-22T09:00:00Z",
            })
        };
        assert!(matches!(check(kind::FACT, SOURCE, began()), Ok(Heard::Fact(_))));
        assert!(matches!(check(kind::FACT, "/somebody", began()), Ok(Heard::Unknown(_))));
        assert!(matches!(check(kind::FEEDBACK, "/somebody", outcome()), Ok(Heard::Fact(_))));
        assert!(matches!(check("other", "/somebody", json!(1)), Ok(Heard::Unknown(_))));
        assert!(check(kind::FACT, SOURCE, json!({ "goal": GOAL })).is_err());
        assert!(hear(b"\xff{").is_err());
    }
}
