//! The least that a model may say to a schema.

use serde_json::{Value, json};

/// The smallest value that meets a schema, as far as our prompts use schemas.
#[must_use]
pub fn smallest(schema: &Value, root: &Value) -> Value {
    if let Some(path) = schema.get("$ref").and_then(Value::as_str) {
        let target = root.pointer(path.trim_start_matches('#')).unwrap_or(&Value::Null);
        return smallest(target, root);
    }
    for one_of in ["anyOf", "oneOf"] {
        if let Some(first) = schema.get(one_of).and_then(|list| list.get(0)) {
            return smallest(first, root);
        }
    }
    if let Some(value) = schema.get("const") {
        return value.clone();
    }
    if let Some(value) = schema.get("enum").and_then(|list| list.get(0)) {
        return value.clone();
    }
    let kind = schema.get("type").and_then(|kind| kind.as_str().or_else(|| kind.get(0)?.as_str()));
    match kind {
        Some("object") => {
            let properties = schema.get("properties").and_then(Value::as_object);
            let fields = properties.into_iter().flatten();
            Value::Object(fields.map(|(k, v)| (k.clone(), smallest(v, root))).collect())
        }
        Some("array") => {
            let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0).min(8);
            let item = schema.get("items").unwrap_or(&Value::Null);
            Value::Array((0..least).map(|_| smallest(item, root)).collect())
        }
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(0)),
        Some("boolean") => json!(false),
        Some(_) | None => json!("text"),
    }
}
