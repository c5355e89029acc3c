//! JSON Schemas (draft 2020-12), one for each published type.
//!
//! A schema holds what decoding holds: a message that meets it is read, apart from bounds in bytes,
//! which a schema cannot say. Other bounds stand in the descriptions.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::plain::make_plain;
use super::{BASE, Payload, Published, file_name};
use crate::envelope::SPEC_VERSION;

/// The published schema of a type.
#[must_use]
pub fn json_schema(published: &Published) -> Value {
    match published.payload {
        Payload::Type(root) => {
            let generator = SchemaSettings::draft2020_12().into_generator();
            let mut schema = root(generator).to_value();
            make_plain(&mut schema);
            with_id(published.name, schema)
        }
        Payload::Enveloped { kind, data } => with_id(published.name, enveloped(kind, data)),
    }
}

/// An envelope: the common one, with its type and its payload nailed down.
fn enveloped(kind: &str, data: &str) -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": kind,
        "description": format!("A CloudEvent that carries a `{data}`."),
        "allOf": [{ "$ref": file_name("cloudevent") }],
        "properties": {
            "specversion": { "const": SPEC_VERSION },
            "type": { "const": kind },
            "data": { "$ref": file_name(data) },
        },
    })
}

/// The schema with its `$id`, what it is first and its parts last, in the order of their names.
fn with_id(name: &str, mut schema: Value) -> Value {
    let Some(members) = schema.as_object_mut() else { return schema };
    let id = format!("{BASE}{}", file_name(name));
    members.insert("$id".to_owned(), id.into());
    let mut ordered = Map::new();
    for key in ["$schema", "$id", "title", "description"] {
        ordered.extend(members.shift_remove_entry(key));
    }
    let parts = members.shift_remove("$defs");
    ordered.append(members);
    if let Some(Value::Object(mut parts)) = parts {
        parts.sort_keys();
        ordered.insert("$defs".to_owned(), parts.into());
    }
    Value::Object(ordered)
}
