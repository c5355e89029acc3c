//! How work fails, in a form that a person can act on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Most causes that a fault carries.
const CAUSES_MAX: usize = 8;

/// A failure with a code: what went wrong, whether trying again can help, and what to do.
///
/// The codes and their help texts are listed in `schemas/src/fault/codes.md`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Fault {
    /// A stable code: `GLY` and four digits.
    pub code: String,
    /// What failed, with its ids; one sentence, lower case, no full stop.
    pub message: String,
    /// Whether another attempt may end differently.
    #[serde(default)]
    pub retryable: bool,
    /// What the reader can do about it; empty when there is nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hint: String,
    /// The causes beneath, outermost first, at most 8.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<String>,
}

impl Fault {
    /// A failure that another attempt would only repeat.
    pub fn permanent(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            retryable: false,
            hint: String::new(),
            causes: Vec::new(),
        }
    }

    /// A failure that may pass: a busy server, a lost connection.
    pub fn transient(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { retryable: true, ..Self::permanent(code, message) }
    }

    /// With what the reader can do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// With the chain of an error added to its causes; what goes beyond 8 is left out.
    #[must_use]
    pub fn because(mut self, error: &(dyn std::error::Error + 'static)) -> Self {
        let chain = std::iter::successors(Some(error), |e| e.source());
        let room = CAUSES_MAX.saturating_sub(self.causes.len());
        self.causes.extend(chain.take(room).map(ToString::to_string));
        self
    }
}
