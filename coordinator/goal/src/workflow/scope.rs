//! What an expression can see.

use std::collections::BTreeMap;
use std::fmt;

use galley_schemas::id::StepName;
use serde_json::Value;

use super::expr::Segment;

/// The names that are not steps: the goal's input, the goal itself, and in a fan-out the item and
/// its index.
pub const NAMES: [&str; 4] = ["input", "goal", "item", "index"];

/// The outputs of steps, by name.
///
/// Law: a step that is over has an output; one that was left out has `null`.
pub trait Outputs: Sync {
    /// The output of a step; of a fan-out, the list of its outputs. `None` for a step that is not
    /// over.
    fn output(&self, step: &str) -> Option<&Value>;
}

impl Outputs for BTreeMap<StepName, Value> {
    fn output(&self, step: &str) -> Option<&Value> {
        self.get(step)
    }
}

impl Outputs for BTreeMap<StepName, &Value> {
    fn output(&self, step: &str) -> Option<&Value> {
        self.get(step).copied()
    }
}

/// What an expression can see. Only references: it costs nothing to make one.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// The goal's input.
    pub input: &'a Value,
    /// The goal itself: `id`, `autonomy`, `workflow`, `by`.
    pub goal: &'a Value,
    /// The outputs of the steps that are over.
    pub outputs: &'a dyn Outputs,
    /// In a fan-out: the item.
    pub item: Option<&'a Value>,
    /// In a fan-out: the index of the item, from 0.
    pub index: Option<&'a Value>,
}

impl fmt::Debug for Scope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("input", self.input)
            .field("goal", self.goal)
            .field("item", &self.item)
            .field("index", &self.index)
            .finish_non_exhaustive()
    }
}

impl<'a> Scope<'a> {
    /// A scope without an item.
    #[must_use]
    pub fn new(input: &'a Value, goal: &'a Value, outputs: &'a dyn Outputs) -> Self {
        Self { input, goal, outputs, item: None, index: None }
    }

    /// The scope of one item of a fan-out; `index` is a JSON number.
    #[must_use]
    pub fn of_item(self, item: &'a Value, index: &'a Value) -> Self {
        Self { item: Some(item), index: Some(index), ..self }
    }

    /// What a name stands for.
    pub(super) fn root(&self, name: &str) -> Option<&'a Value> {
        match name {
            "input" => Some(self.input),
            "goal" => Some(self.goal),
            "item" => self.item,
            "index" => self.index,
            step => self.outputs.output(step),
        }
    }
}

/// `null`, for what is absent.
static ABSENT: Value = Value::Null;

/// Walks into a value. What is absent is `null`, as is everything in it: an optional field reads
/// the same whether its producer writes `null` or leaves it out. `None` when the way leads into a
/// text, a number or a boolean, or by index into an object.
pub(super) fn walk<'v>(value: &'v Value, segments: &[Segment]) -> Option<&'v Value> {
    let mut at = value;
    for segment in segments {
        at = match (at, segment) {
            (Value::Object(map), Segment::Key(key)) => map.get(key).unwrap_or(&ABSENT),
            (Value::Array(list), Segment::Index(index)) => list.get(*index).unwrap_or(&ABSENT),
            (Value::Null, Segment::Key(_) | Segment::Index(_)) => return Some(&ABSENT),
            (
                Value::Object(_)
                | Value::Array(_)
                | Value::Bool(_)
                | Value::Number(_)
                | Value::String(_),
                Segment::Key(_) | Segment::Index(_),
            ) => return None,
        };
    }
    Some(at)
}
