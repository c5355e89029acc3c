//! The published wire contract, written down from the types: JSON Schemas and the AsyncAPI document.
//!
//! Pure: it gives texts and touches no file. The tests of this crate compare them with what is
//! checked in, and `UPDATE_GOLDEN=1 cargo test -p galley-schemas` writes that anew.

mod address;
mod asyncapi;
mod json_schema;
mod plain;
mod published;

pub use json_schema::json_schema;
pub use published::{Payload, Published, Unknown, published};

use serde_json::Value;

/// Where the schemas are published; a file's name follows.
pub const BASE: &str = "https://galley.dev/schemas/v1/";

/// A generated file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path below `schemas/`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// Every generated file: a JSON Schema for each published type, and the AsyncAPI document.
#[must_use]
pub fn files() -> Vec<File> {
    let schemas = published().into_iter().map(|published| File {
        path: format!("json/{}", file_name(published.name)),
        text: pretty(&json_schema(&published)),
    });
    schemas.chain([asyncapi_file()]).collect()
}

fn asyncapi_file() -> File {
    File { path: "asyncapi.json".to_owned(), text: pretty(&asyncapi::document()) }
}

/// The file of a published type; the last part of its `$id`.
fn file_name(name: &str) -> String {
    format!("{name}.schema.json")
}

fn pretty(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("a value has text keys");
    text.push('\n');
    text
}
