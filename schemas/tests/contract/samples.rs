//! Old messages: written down once, readable for ever.
//!
//! A sample's file is named after its published type, with a case after a dot. A sample is never
//! changed: when a type grows, another one is added.

use std::collections::BTreeSet;
use std::fs;

use galley_schemas::generate::{Payload, Published, Unknown, published};
use serde_json::{Value, json};

use crate::book::{Book, Place, names_of};
use crate::goldens::root;

/// A message that was written down.
struct Sample {
    file: String,
    published: Published,
    value: Value,
}

fn samples() -> Vec<Sample> {
    let types = published();
    let folder = fs::read_dir(root().join("samples/v1")).unwrap();
    let mut samples: Vec<Sample> = folder
        .map(|entry| {
            let path = entry.unwrap().path();
            let file = path.file_name().unwrap().to_string_lossy().into_owned();
            let name = file.split('.').next().unwrap_or_default();
            let published = types.iter().find(|published| published.name == name);
            let published = *published.unwrap_or_else(|| panic!("{file}: nothing has this name"));
            let value = serde_json::from_slice(&fs::read(&path).unwrap())
                .unwrap_or_else(|error| panic!("{file}: {error}"));
            Sample { file, published, value }
        })
        .collect();
    samples.sort_by(|a, b| a.file.cmp(&b.file));
    samples
}

/// The sample with a change at one place.
fn changed(sample: &Sample, pointer: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut value = sample.value.clone();
    change(value.pointer_mut(pointer).unwrap());
    value
}

/// The objects of a sample whose members the schema names.
fn objects<'a>(book: &'a Book, sample: &Sample) -> Vec<Place<'a>> {
    let places = book.places(sample.published.name, &sample.value);
    places.into_iter().filter(|place| place.schema["properties"].is_object()).collect()
}

fn is_closed(place: &Place<'_>) -> bool {
    place.schema["additionalProperties"] == json!(false)
}

#[test]
fn every_published_type_has_a_sample() {
    let sampled: BTreeSet<&str> = samples().iter().map(|sample| sample.published.name).collect();
    let mut wanted: BTreeSet<&str> = published().iter().map(|published| published.name).collect();
    // The common envelope, and what was seen inside of its own.
    wanted.remove("cloudevent");
    for published in published() {
        if let Payload::Enveloped { data, .. } = published.payload {
            wanted.remove(data);
        }
    }
    let missing: Vec<_> = wanted.difference(&sampled).collect();
    assert!(missing.is_empty(), "no sample in schemas/samples/v1 of: {missing:?}");
}

#[test]
fn every_variant_of_every_enum_has_a_sample() {
    let book = Book::read();
    let mut missing = BTreeSet::new();
    for (_, schema) in book.schemas() {
        let parts = schema["$defs"].as_object().into_iter().flatten();
        let parts = parts.map(|(name, part)| (name.as_str(), part));
        for (part, schema) in parts.chain([(schema["title"].as_str().unwrap(), schema)]) {
            let branches = schema["oneOf"].as_array().into_iter().flatten();
            let names = branches.flat_map(names_of).map(|variant| variant.name);
            missing.extend(names.map(|name| format!("{part} {name}")));
        }
    }
    assert!(missing.len() > 90, "the variants are found: {missing:?}");
    for sample in samples() {
        for place in book.places(sample.published.name, &sample.value) {
            for variant in names_of(place.schema) {
                missing.remove(&format!("{} {}", place.part, variant.name));
            }
        }
    }
    assert!(missing.is_empty(), "no sample in schemas/samples/v1 shows: {missing:#?}");
}

#[test]
fn published_schemas_are_schemas() {
    for (file, schema) in Book::read().schemas() {
        jsonschema::draft202012::meta::validate(schema)
            .unwrap_or_else(|error| panic!("{file}: {error}"));
    }
}

#[test]
fn old_messages_are_read_and_meet_their_schema() {
    let book = Book::read();
    for Sample { file, published, value } in samples() {
        let judge = book.judge(published.name);
        let again = (published.reread)(&value).unwrap_or_else(|error| panic!("{file}: {error}"));
        for (what, value) in [("as written", &value), ("written again", &again)] {
            let faults: Vec<_> = judge.iter_errors(value).map(|e| e.to_string()).collect();
            assert!(faults.is_empty(), "{file}, {what}: {faults:#?}");
        }
        match published.unknown {
            Unknown::Refused => assert_eq!(again, value, "{file}: the log would change"),
            Unknown::Tolerated => assert_eq!((published.reread)(&again).unwrap(), again, "{file}"),
        }
    }
}

#[test]
fn wire_messages_pass_over_unknown_fields() {
    let book = Book::read();
    for sample in samples() {
        let judge = book.judge(sample.published.name);
        for place in objects(&book, &sample).iter().filter(|place| !is_closed(place)) {
            let value = changed(&sample, &place.pointer, |object| {
                object["added_later"] = json!({ "of": ["any", "shape"] });
            });
            let (file, pointer) = (&sample.file, &place.pointer);
            let read = (sample.published.reread)(&value);
            assert!(read.is_ok(), "{file} {pointer}: {:?}", read.err());
            assert!(judge.is_valid(&value), "{file} {pointer}: the schema refuses what is read");
        }
    }
}

#[test]
fn log_messages_refuse_unknown_fields() {
    let book = Book::read();
    let mut refused = 0;
    for sample in samples() {
        let judge = book.judge(sample.published.name);
        for place in objects(&book, &sample).iter().filter(|place| is_closed(place)) {
            let value = changed(&sample, &place.pointer, |object| object["added_later"] = json!(1));
            let (file, pointer) = (&sample.file, &place.pointer);
            assert!(!judge.is_valid(&value), "{file} {pointer}: the schema admits it");
            // Decoding passes over whatever stands beside the name of a variant without fields.
            if place.schema["properties"].as_object().unwrap().len() > 1 {
                assert!((sample.published.reread)(&value).is_err(), "{file} {pointer}: read");
                refused += 1;
            }
        }
    }
    assert!(refused > 50, "the log types are found");
}

#[test]
fn schema_and_code_agree_on_what_must_be_there() {
    let book = Book::read();
    for sample in samples() {
        let judge = book.judge(sample.published.name);
        for place in objects(&book, &sample) {
            for key in place.schema["required"].as_array().into_iter().flatten() {
                let value = changed(&sample, &place.pointer, |object| {
                    object.as_object_mut().unwrap().remove(key.as_str().unwrap());
                });
                let (file, pointer) = (&sample.file, &place.pointer);
                assert!(!judge.is_valid(&value), "{file} {pointer}: the schema misses no {key}");
                assert!((sample.published.reread)(&value).is_err(), "{file} {pointer}: no {key}");
            }
        }
    }
}
