//! JSON Schemas of every kind of object that the chart makes, from the sources of those who define them: the OpenAPI document of
//! Kubernetes, and the definitions that KEDA and the Prometheus operator install.
//!
//! They are closed: a field that nobody knows is a fault. A file is named `<group>_<kind>_<version>.json`, in small letters.

#![expect(clippy::indexing_slicing, reason = "a document of another shape fails the test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

/// Writes the schemas of a version of Kubernetes, from its sources, into a folder.
pub fn kubernetes(sources: &Path, into: &Path) {
    let text = fs::read_to_string(sources.join("api/openapi-spec/swagger.json"))
        .expect("the sources of Kubernetes have an OpenAPI document");
    let document: Value = serde_json::from_str(&text).expect("it is JSON");
    let definitions = document["definitions"].as_object().expect("it has definitions");
    for (name, definition) in definitions {
        let Some(kinds) = definition["x-kubernetes-group-version-kind"].as_array() else {
            continue;
        };
        for kind in kinds {
            let part = |name: &str| kind[name].as_str().unwrap_or_default().to_owned();
            let schema = json!({
                "$ref": format!("#/definitions/{name}"),
                "definitions": needed(name, definitions),
            });
            write(into, [part("group"), part("kind"), part("version")], &schema);
        }
    }
}

/// A definition and all that it refers to, closed.
fn needed(name: &str, definitions: &Map<String, Value>) -> BTreeMap<String, Value> {
    let mut needed = BTreeMap::new();
    let mut open = vec![name.to_owned()];
    while let Some(name) = open.pop() {
        if needed.contains_key(&name) {
            continue;
        }
        let mut definition = definitions[&name].clone();
        close(&mut definition);
        // Numbers are taken for these two, whatever the document says.
        if name.ends_with(".api.resource.Quantity") {
            definition = json!({ "type": ["string", "number"] });
        }
        refer(&definition, &mut open);
        needed.insert(name, definition);
    }
    needed
}

fn refer(schema: &Value, open: &mut Vec<String>) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::String(to)) = map.get("$ref") {
                open.extend(to.strip_prefix("#/definitions/").map(str::to_owned));
            }
            map.values().for_each(|value| refer(value, open));
        }
        Value::Array(values) => values.iter().for_each(|value| refer(value, open)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Writes the schemas of every definition below a folder of custom resource definitions.
pub fn custom(definitions: &Path, into: &Path) {
    for file in definition_files(definitions) {
        let text = fs::read_to_string(&file).expect("it is readable");
        for document in
            text.split("\n---\n").filter(|text| text.contains("kind: CustomResourceDefinition"))
        {
            let definition: Value = serde_saphyr::from_str(document).expect("it is YAML");
            let spec = &definition["spec"];
            let part = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            for version in spec["versions"].as_array().expect("a definition has versions") {
                let mut schema = version["schema"]["openAPIV3Schema"].clone();
                close(&mut schema);
                // Every object has these, whether its definition says so or not.
                schema["properties"]["metadata"] = json!({ "type": "object" });
                let named =
                    [part(&spec["group"]), part(&spec["names"]["kind"]), part(&version["name"])];
                write(into, named, &schema);
            }
        }
    }
}

/// The files of a folder of definitions, sorted.
#[must_use]
pub fn definition_files(folder: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).expect("the folder of definitions is there");
    let files = files.map(|file| file.expect("it is readable").path());
    let is_one = |file: &PathBuf| {
        let text = fs::read_to_string(file).unwrap_or_default();
        text.contains("kind: CustomResourceDefinition")
    };
    let mut files: Vec<PathBuf> = files.filter(is_one).collect();
    files.sort();
    files
}

/// Allows no fields but those that are named, all the way down; and numbers where a number or a text may stand.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            let is_open = map.contains_key("additionalProperties")
                || map.get("x-kubernetes-preserve-unknown-fields") == Some(&Value::Bool(true))
                || !map.get("properties").is_some_and(Value::is_object);
            if !is_open {
                map.insert("additionalProperties".to_owned(), Value::Bool(false));
            }
            let is_either = map.get("format").is_some_and(|format| format == "int-or-string")
                || map.contains_key("x-kubernetes-int-or-string");
            if is_either {
                map.insert("type".to_owned(), json!(["string", "integer"]));
            }
            map.remove("format");
            map.remove("description");
            map.values_mut().for_each(close);
        }
        Value::Array(values) => values.iter_mut().for_each(close),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn write(into: &Path, [group, kind, version]: [String; 3], schema: &Value) {
    fs::create_dir_all(into).expect("the folder of schemas can be made");
    // What has no group, kubeconform looks for under its version.
    let group = if group.is_empty() { version.clone() } else { group };
    let name = format!("{group}_{}_{version}.json", kind.to_lowercase());
    fs::write(into.join(name), schema.to_string()).expect("a schema can be written");
}
