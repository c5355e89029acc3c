//! Schemas for servers that hold to them without fail, but know only a part of JSON Schema.
//!
//! Source: <https://platform.openai.com/docs/guides/structured-outputs#supported-schemas>. What is
//! taken out here is checked when the reply is read.

use serde_json::{Map, Value};

/// Deepest schema that is looked at.
const DEPTH_MAX: usize = 10;
/// What stays; everything else only narrows and is checked afterwards.
const KEPT: [&str; 17] = [
    "type",
    "description",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "enum",
    "const",
    "anyOf",
    "$ref",
    "$defs",
    "minItems",
    "maxItems",
    "minimum",
    "maximum",
    "pattern",
    "title",
];
/// What cannot be taken out without changing what is meant.
const BARRED: [&str; 8] = [
    "oneOf",
    "allOf",
    "not",
    "if",
    "patternProperties",
    "prefixItems",
    "dependentSchemas",
    "contains",
];

/// The schema as such a server takes it; none when it cannot be said so.
pub(super) fn strict(schema: &Value) -> Option<Value> {
    narrowed(schema, 0)
}

fn narrowed(schema: &Value, depth: usize) -> Option<Value> {
    let fields = schema.as_object()?;
    if depth > DEPTH_MAX || BARRED.iter().any(|barred| fields.contains_key(*barred)) {
        return None;
    }
    if fields.get("type").and_then(Value::as_str) == Some("object") && !is_closed(fields) {
        return None;
    }
    let mut kept = Map::new();
    for (name, value) in fields {
        let value = match name.as_str() {
            "properties" | "$defs" => each(value, depth)?,
            "items" => narrowed(value, depth + 1)?,
            "anyOf" => {
                let options = value.as_array()?.iter().map(|option| narrowed(option, depth + 1));
                Value::Array(options.collect::<Option<_>>()?)
            }
            other if KEPT.contains(&other) => value.clone(),
            _ => continue,
        };
        kept.insert(name.clone(), value);
    }
    Some(Value::Object(kept))
}

fn each(schemas: &Value, depth: usize) -> Option<Value> {
    let narrow = |(name, schema): (&String, &Value)| {
        narrowed(schema, depth + 1).map(|schema| (name.clone(), schema))
    };
    schemas.as_object()?.iter().map(narrow).collect::<Option<Map<_, _>>>().map(Value::Object)
}

/// Whether an object says of every property that it is there, and that there is no other.
fn is_closed(fields: &Map<String, Value>) -> bool {
    let required = fields.get("required").and_then(Value::as_array);
    let is_required =
        |name: &String| required.is_some_and(|list| list.iter().any(|entry| entry == name));
    let properties = fields.get("properties").and_then(Value::as_object);
    fields.get("additionalProperties") == Some(&Value::Bool(false))
        && properties.is_some_and(|properties| properties.keys().all(is_required))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_only_narrows_is_taken_out() {
        let schema = json!({
            "type": "object", "additionalProperties": false, "required": ["a"],
            "properties": { "a": { "type": "array", "maxItems": 3, "uniqueItems": true,
                "items": { "type": "string", "maxLength": 9 } } },
        });
        let want = json!({
            "type": "object", "additionalProperties": false, "required": ["a"],
            "properties": { "a": { "type": "array", "maxItems": 3, "items": { "type": "string" } } },
        });
        assert_eq!(strict(&schema), Some(want));
    }

    #[test]
    fn what_would_change_its_meaning_is_not_strict() {
        for schema in [
            json!({ "type": "object", "properties": {}, "required": [] }),
            json!({ "type": "object", "additionalProperties": false, "required": [],
                "properties": { "a": { "type": "string" } } }),
            json!({ "oneOf": [{ "type": "string" }] }),
            json!(true),
        ] {
            assert_eq!(strict(&schema), None, "{schema}");
        }
    }
}
