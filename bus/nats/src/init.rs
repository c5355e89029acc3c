//! Making the server as Galley needs it: look, say what would change, change it.
//!
//! Only `galley bus init` does this, with a user that may. Whatever an operator set beside what Galley
//! needs (placement, a bound in bytes, compression) is left as it is. Nothing is ever deleted.

use std::fmt;

use galley_bus_core::topology::{STREAM_ALARM, STREAM_LOG, Topology};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::NatsError;
use crate::kv;
use crate::wire::{Wire, code};

pub(crate) mod wanted;

/// What the server should have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Streams, consumers and buckets.
    pub topology: Topology,
    /// On how many servers each is kept: 1, or 3 in a cluster.
    pub replicas: usize,
}

/// What would be done, in this order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// The steps; none when the server is as wanted.
    pub steps: Vec<Step>,
    /// How many things are as wanted.
    pub unchanged: usize,
}

/// One thing to be done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// What kind of thing.
    pub thing: Thing,
    /// Its name; a consumer's has its stream before it.
    pub name: String,
    /// What is done.
    #[serde(flatten)]
    pub change: Change,
}

/// What kind of thing is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Thing {
    /// A stream.
    Stream,
    /// A key-value bucket.
    Bucket,
    /// Who reads a stream.
    Consumer,
}

/// What is done about a thing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum Change {
    /// It is made.
    Make {
        /// Its settings.
        config: Value,
    },
    /// It gets other settings.
    Set {
        /// Those that change.
        settings: Vec<Setting>,
        /// All of them, as they will be.
        config: Value,
    },
    /// It cannot be used and cannot be changed: a person has to look at it.
    Unfit {
        /// What is wrong.
        why: String,
    },
}

/// A setting that changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// What it is.
    pub found: Value,
    /// What it will be.
    pub wanted: Value,
}

impl Plan {
    /// Whether the server is as wanted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Looks at everything.
    pub(crate) async fn make(wire: &Wire, wanted: &Wanted) -> Result<Self, NatsError> {
        let Wanted { topology, replicas } = wanted;
        let mut plan = Self::default();
        let log = (STREAM_LOG.to_owned(), wanted::log(*replicas));
        let alarms = (STREAM_ALARM.to_owned(), wanted::alarms(*replicas));
        let queues = topology.streams.iter();
        let queues = queues.map(|queue| (queue.name.to_owned(), wanted::queue(queue, *replicas)));
        for (name, config) in [log, alarms].into_iter().chain(queues) {
            plan.compare(wire, Thing::Stream, name, config).await?;
        }
        for bucket in wanted::buckets(topology) {
            let config = wanted::bucket(&bucket, *replicas);
            plan.compare(wire, Thing::Bucket, bucket, config).await?;
        }
        for consumer in &topology.consumers {
            let name = format!("{}.{}", consumer.stream, consumer.name);
            plan.compare(wire, Thing::Consumer, name, wanted::consumer(consumer)).await?;
        }
        Ok(plan)
    }

    async fn compare(
        &mut self,
        wire: &Wire,
        thing: Thing,
        name: String,
        wanted: Value,
    ) -> Result<(), NatsError> {
        let change = match found(wire, thing, &name).await? {
            None => Some(Change::Make { config: wanted }),
            Some(found) => change(found, &wanted),
        };
        match change {
            Some(change) => self.steps.push(Step { thing, name, change }),
            None => self.unchanged += 1,
        }
        Ok(())
    }

    /// Does all of it.
    pub(crate) async fn apply(&self, wire: &Wire) -> Result<(), NatsError> {
        for step in &self.steps {
            if let Change::Unfit { why } = &step.change {
                return Err(NatsError::Unfit { what: step.title(), why: why.clone() });
            }
        }
        for step in &self.steps {
            step.apply(wire).await?;
        }
        Ok(())
    }
}

impl Step {
    fn title(&self) -> String {
        let thing = match self.thing {
            Thing::Stream => "stream",
            Thing::Bucket => "bucket",
            Thing::Consumer => "consumer",
        };
        format!("{thing} {}", self.name)
    }

    async fn apply(&self, wire: &Wire) -> Result<(), NatsError> {
        let (verb, config) = match &self.change {
            Change::Make { config } => ("CREATE", config),
            Change::Set { config, .. } => ("UPDATE", config),
            Change::Unfit { .. } => return Ok(()),
        };
        let (ask, body) = match self.thing {
            Thing::Stream => (format!("STREAM.{verb}.{}", self.name), config.clone()),
            Thing::Bucket => (format!("STREAM.{verb}.{}", kv::stream(&self.name)), config.clone()),
            Thing::Consumer => {
                let (stream, _) = self.name.split_once('.').unwrap_or((&self.name, ""));
                wanted::ask_consumer(stream, config, &verb.to_ascii_lowercase())
            }
        };
        match wire.api(&ask, &self.title(), &body).await {
            // Somebody else made the very same meanwhile.
            Err(error) if error.refusal() == Some(code::CONSUMER_EXISTS) => Ok(()),
            done => done.map(drop),
        }
    }
}

/// The settings of what is there.
async fn found(wire: &Wire, thing: Thing, name: &str) -> Result<Option<Value>, NatsError> {
    let ask = match thing {
        Thing::Stream => format!("STREAM.INFO.{name}"),
        Thing::Bucket => format!("STREAM.INFO.{}", kv::stream(name)),
        Thing::Consumer => format!("CONSUMER.INFO.{name}"),
    };
    match wire.api(&ask, "JetStream", &Value::Null).await {
        Ok(mut info) => Ok(info.get_mut("config").map(Value::take)),
        Err(error) if matches!(error.refusal(), Some(code::NO_STREAM | code::NO_CONSUMER)) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// What has to change.
fn change(found: Value, wanted: &Value) -> Option<Change> {
    if found.get("persist_mode").and_then(Value::as_str) == Some("async") {
        let why = "with `persist_mode: async` an answer does not mean that anything was written";
        return Some(Change::Unfit { why: why.to_owned() });
    }
    for name in ["storage", "retention", "deliver_policy", "ack_policy"] {
        let (is, should) = (found.get(name), wanted.get(name));
        if should.is_some() && is != should {
            let why = format!("{name} is {}, and cannot be changed to {}", text(is), text(should));
            return Some(Change::Unfit { why });
        }
    }
    let (Value::Object(mut config), Value::Object(wanted)) = (found, wanted) else { return None };
    let settings = settings(&config, wanted);
    if settings.is_empty() {
        return None;
    }
    config.extend(wanted.clone());
    Some(Change::Set { settings, config: Value::Object(config) })
}

fn settings(found: &Map<String, Value>, wanted: &Map<String, Value>) -> Vec<Setting> {
    let is = |name: &String| found.get(name).cloned().unwrap_or(Value::Null);
    let differing = wanted.iter().filter(|(name, should)| !covers(&is(name), should));
    differing
        .map(|(name, should)| Setting {
            name: name.clone(),
            found: is(name),
            wanted: should.clone(),
        })
        .collect()
}

/// Whether what is there says all that is wanted. The server leaves out what is as it comes, and adds
/// what it knows.
fn covers(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => wanted
            .iter()
            .all(|(name, should)| covers(found.get(name).unwrap_or(&Value::Null), should)),
        (Value::Array(found), Value::Array(wanted)) => {
            found.len() == wanted.len()
                && found.iter().zip(wanted).all(|(is, should)| covers(is, should))
        }
        (Value::Null, Value::Bool(should)) => !should,
        (Value::Null, Value::Number(should)) => should.as_i64() == Some(0),
        (Value::Null, Value::String(should)) => should.is_empty(),
        (Value::Null, Value::Array(should)) => should.is_empty(),
        // Nothing is wanted of it.
        (_, Value::Null) => found.is_null(),
        (found, wanted) => found == wanted,
    }
}

fn text(value: Option<&Value>) -> String {
    value.map_or_else(|| "not set".to_owned(), |value| value.to_string().replace('"', ""))
}

impl fmt::Display for Plan {
    /// A line for each step: `+` is made, `~` changes, `!` needs a person.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            let title = step.title();
            match &step.change {
                Change::Make { .. } => writeln!(f, "+ {title}")?,
                Change::Set { settings, .. } => {
                    writeln!(f, "~ {title}")?;
                    for Setting { name, found, wanted } in settings {
                        let (found, wanted) = (text(Some(found)), text(Some(wanted)));
                        writeln!(f, "    {name}: {found} -> {wanted}")?;
                    }
                }
                Change::Unfit { why } => writeln!(f, "! {title}: {why}")?,
            }
        }
        write!(f, "{} to make or change, {} as wanted", self.steps.len(), self.unchanged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(found: Value, wanted: &Value, want: &str) {
        let change = change(found, wanted);
        let step = |change| Step { thing: Thing::Stream, name: "S".to_owned(), change };
        let plan = Plan { steps: change.map(step).into_iter().collect(), unchanged: 0 };
        let text = plan.to_string();
        let lines = text.lines().filter(|line| !line.contains("as wanted"));
        assert_eq!(lines.collect::<Vec<_>>().join("|"), want);
    }

    #[test]
    fn what_the_server_leaves_out_or_adds_is_no_change() {
        let found =
            json!({ "name": "S", "max_bytes": -1, "sources": [{ "name": "A", "more": 1 }] });
        let wanted = json!({ "name": "S", "deny": false, "age": 0, "sources": [{ "name": "A" }] });
        check(found, &wanted, "");
    }

    #[test]
    fn what_differs_is_set_and_the_rest_is_kept() {
        let (found, wanted) = (json!({ "max": 1, "placement": "x" }), json!({ "max": 2 }));
        check(found.clone(), &wanted, "~ stream S|    max: 1 -> 2");
        let Some(Change::Set { config, .. }) = change(found, &wanted) else { unreachable!() };
        assert_eq!(config, json!({ "max": 2, "placement": "x" }));
    }

    #[test]
    fn what_cannot_be_used_needs_a_person() {
        let async_mode = "! stream S: with `persist_mode: async` an answer does not mean that anything was written";
        check(json!({ "persist_mode": "async" }), &json!({}), async_mode);
        let memory = "! stream S: storage is memory, and cannot be changed to file";
        check(json!({ "storage": "memory" }), &json!({ "storage": "file" }), memory);
    }
}
