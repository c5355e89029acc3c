//! The AsyncAPI document names every subject, and nothing that is not there.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::goldens::root;

fn document() -> Value {
    serde_json::from_str(&fs::read_to_string(root().join("asyncapi.json")).unwrap()).unwrap()
}

/// Every text in `subject.rs` that begins with `galley.`: constants, and formats with the names of
/// their parts in braces.
fn spelled() -> BTreeSet<String> {
    let code = fs::read_to_string(root().join("src/subject.rs")).unwrap();
    let texts = code.split('"').skip(1).step_by(2);
    texts.filter(|text| text.starts_with("galley.")).map(str::to_owned).collect()
}

#[test]
fn every_subject_is_a_channel() {
    let document = document();
    let channels = document["channels"].as_object().unwrap().values();
    let addresses = channels.filter_map(|channel| channel["address"].as_str());
    assert_eq!(addresses.map(str::to_owned).collect::<BTreeSet<_>>(), spelled());
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
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
            None => root().join(reference).is_file(),
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
