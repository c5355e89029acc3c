//! Revision: the rounds of a step that sends earlier steps back to work.

use serde_json::Value;

use super::{Json, Over};

/// What a step that revises remembers of its rounds.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Rounds {
    /// How many revisions it has asked for.
    pub(crate) made: u32,
    /// Whether it may ask for another.
    pub(crate) closed: bool,
    /// The round that scored best so far, of those that are over.
    pub(crate) best: Option<Best>,
}

/// A round, and how its steps ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Best {
    pub(crate) round: u32,
    pub(crate) score: f64,
    /// By the index of the step.
    pub(crate) steps: Vec<(usize, Over)>,
}

/// What a step in a further round has to revise.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Revisit {
    /// The output of the step that asked for it.
    pub(crate) review: Json,
    /// This step's own output in the round before.
    pub(crate) previous: Over,
}

impl Rounds {
    /// Whether a score is above that of every round before.
    pub(crate) fn rises(&self, score: f64) -> bool {
        self.best.as_ref().is_none_or(|best| score > best.score)
    }
}

impl Revisit {
    /// What a task of the step gave in the round before; null when there was no such task.
    pub(crate) fn previous(&self, item: Option<u32>) -> Value {
        let mut output = self.previous.output();
        match item.map(usize::try_from) {
            None => output,
            Some(item) => {
                item.ok().and_then(|item| output.get_mut(item)).map(Value::take).unwrap_or_default()
            }
        }
    }
}

/// The score in a review's output, if it gives one.
pub(crate) fn score(output: &Value) -> Option<f64> {
    output.get("score").and_then(Value::as_f64)
}
