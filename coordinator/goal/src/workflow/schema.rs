//! The JSON Schema of a goal's input, compiled once.

use std::fmt;
use std::sync::Arc;

use jsonschema::{PatternOptions, ValidationError, Validator};
use serde_json::{Value, json};

/// A JSON Schema with its compiled form. Two are equal when their sources are.
#[derive(Clone)]
pub struct Schema {
    source: Value,
    validator: Arc<Validator>,
}

/// Why a value is not a JSON Schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SchemaError {
    /// Where in the schema, as a JSON pointer.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
}

impl Schema {
    /// Compiles a schema. References lead only into the schema itself; patterns run on an engine
    /// whose time is linear.
    ///
    /// # Errors
    /// [`SchemaError`].
    pub fn new(source: Value) -> Result<Self, SchemaError> {
        let validator = jsonschema::options()
            .with_pattern_options(PatternOptions::regex())
            .build(&source)
            .map_err(|error| SchemaError {
                pointer: error.instance_path().to_string(),
                message: error.to_string(),
            })?;
        Ok(Self { source, validator: Arc::new(validator) })
    }

    /// The schema of any object.
    #[must_use]
    pub fn any() -> Self {
        Self::new(json!({ "type": "object" })).expect("this is a JSON Schema")
    }

    /// The schema as it was written.
    #[must_use]
    pub fn source(&self) -> &Value {
        &self.source
    }

    /// Where a value does not fit.
    pub(super) fn misfits<'v>(
        &'v self,
        value: &'v Value,
    ) -> impl Iterator<Item = ValidationError<'v>> {
        self.validator.iter_errors(value)
    }
}

impl PartialEq for Schema {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Schema").field(&self.source).finish()
    }
}

/// Follows `$ref` into the schema that holds it, and through what has nothing but one. `None` for
/// one that leads nowhere, outside, or round in a cycle.
pub(super) fn resolved<'s>(schema: &'s Value, root: &'s Value) -> Option<&'s Value> {
    /// Most references in a row.
    const HOPS_MAX: usize = 16;
    let mut at = schema;
    for _ in 0..HOPS_MAX {
        let Some(reference) = at.get("$ref").and_then(Value::as_str) else { return Some(at) };
        at = root.pointer(reference.strip_prefix('#')?)?;
    }
    None
}
