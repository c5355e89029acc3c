//! The AsyncAPI document names every subject, and nothing that is not there.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::goldens::{generated, root};

fn document() -> Value {
    serde_json::from_str(&generated()["asyncapi.json"]).unwrap()
}

/// The texts in a part of `subject.rs`: constants, and formats with the names of their parts in
/// braces.
fn spelled(part: &str) -> Vec<String> {
    part.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The code of `subject.rs`: the subjects, and the buckets.
fn subjects_and_buckets() -> (String, String) {
    let code = fs::read_to_string(root().join("src/subject.rs")).unwrap();
    let (subjects, buckets) = code.split_once("pub mod bucket").unwrap();
    (subjects.to_owned(), buckets.to_owned())
}

#[test]
fn every_subject_is_a_channel() {
    let document = document();
    let channels = document["channels"].as_object().unwrap().values();
    let addresses = channels.filter_map(|channel| channel["address"].as_str());
    let (subjects, _) = subjects_and_buckets();
    let subjects = spelled(&subjects).into_iter().filter(|text| text.starts_with("galley."));
    let addresses: BTreeSet<_> = addresses.map(str::to_owned).collect();
    assert_eq!(addresses, subjects.collect::<BTreeSet<_>>());
}

#[test]
fn every_bucket_is_named() {
    let document = document();
    let entries = document["x-buckets"].as_array().unwrap();
    let named = entries.iter().map(|entry| entry["bucket"].as_str().unwrap().to_owned());
    let (_, buckets) = subjects_and_buckets();
    assert_eq!(named.collect::<BTreeSet<_>>(), spelled(&buckets).into_iter().collect());
}

#[test]
fn every_reference_leads_somewhere() {
    let (document, files) = (document(), generated());
    let mut open = vec![&document];
    let mut seen = 0;
    while let Some(value) = open.pop() {
        match value {
            Value::Object(members) => open.extend(members.values()),
            Value::Array(items) => open.extend(items),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
        let Some(reference) = value.get("$ref").and_then(Value::as_str) else { continue };
        seen += 1;
        let found = match reference.strip_prefix('#') {
            Some(pointer) => document.pointer(pointer).is_some(),
            None => files.contains_key(reference.trim_start_matches("./")),
        };
        assert!(found, "{reference} leads nowhere");
    }
    assert!(seen > 50);
}

#[test]
fn what_is_asked_is_answered() {
    let document = document();
    for (name, operation) in document["operations"].as_object().unwrap() {
        let asks = ["submit", "reports", "reports-to-one"]
            .iter()
            .any(|channel| operation["channel"]["$ref"] == format!("#/channels/{channel}"));
        assert_eq!(asks, operation.get("reply").is_some(), "{name}");
        let receives = operation["action"] == "receive";
        assert!(!(asks && receives), "{name} asks by listening");
    }
}
