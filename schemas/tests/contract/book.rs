//! The published schemas, and what they say about each place of a value.

use std::collections::BTreeMap;

use galley_schemas::generate::{BASE, json_schema, published};
use jsonschema::{Registry, Validator};
use serde_json::Value;

/// Every published schema by its file's name.
pub(crate) struct Book {
    schemas: BTreeMap<String, Value>,
    registry: Registry<'static>,
}

/// A place of a value, with the schema that holds there.
#[derive(Debug, Clone)]
pub(crate) struct Place<'a> {
    /// Where in the value.
    pub pointer: String,
    /// The name of the type.
    pub part: String,
    /// The schema; of an enum, the one of the variant.
    pub schema: &'a Value,
}

/// A schema with the names that references from it start at.
#[derive(Clone, Copy)]
struct At<'a> {
    file: &'a str,
    part: &'a str,
    schema: &'a Value,
}

impl Book {
    pub(crate) fn read() -> Self {
        let schemas: BTreeMap<String, Value> = published()
            .iter()
            .map(|published| (format!("{}.schema.json", published.name), json_schema(published)))
            .collect();
        let registry = schemas.iter().fold(Registry::new(), |registry, (file, schema)| {
            registry.add(format!("{BASE}{file}"), schema.clone()).unwrap()
        });
        let registry = registry.prepare().unwrap();
        Self { schemas, registry }
    }

    pub(crate) fn schemas(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.schemas.iter().map(|(file, schema)| (file.as_str(), schema))
    }

    /// Judges values by the schema of a published type.
    pub(crate) fn judge(&self, name: &str) -> Validator {
        jsonschema::options()
            .with_registry(&self.registry)
            .should_validate_formats(true)
            .build(&self.schemas[&format!("{name}.schema.json")])
            .unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Every place of a value that the schema of a published type knows.
    pub(crate) fn places<'a>(&'a self, name: &str, value: &Value) -> Vec<Place<'a>> {
        let mut found = Vec::new();
        self.descend(self.file(&format!("{name}.schema.json")), value, "", &mut found);
        found
    }

    fn file<'a>(&'a self, file: &str) -> At<'a> {
        let (file, schema) = self.schemas.get_key_value(file).unwrap();
        At { file, part: schema["title"].as_str().unwrap(), schema }
    }

    fn follow<'a>(&'a self, from: At<'a>, reference: &'a str) -> At<'a> {
        match reference.strip_prefix("#/$defs/") {
            Some(part) => {
                let schema = &self.schemas[from.file]["$defs"][part];
                At { part, schema, ..from }
            }
            None => self.file(reference),
        }
    }

    fn descend<'a>(&'a self, at: At<'a>, value: &Value, pointer: &str, found: &mut Vec<Place<'a>>) {
        let schema = at.schema;
        found.push(Place { pointer: pointer.to_owned(), part: at.part.to_owned(), schema });
        if let Some(reference) = schema["$ref"].as_str() {
            self.descend(self.follow(at, reference), value, pointer, found);
        }
        for branch in branches(schema, value) {
            self.descend(At { schema: branch, ..at }, value, pointer, found);
        }
        let Value::Object(members) = value else {
            for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                let below = At { schema: &schema["items"], ..at };
                self.descend(below, item, &format!("{pointer}/{index}"), found);
            }
            return;
        };
        for (key, member) in members {
            let known = schema["properties"].get(key);
            let schema = known.unwrap_or(&schema["additionalProperties"]);
            self.descend(At { schema, ..at }, member, &format!("{pointer}/{key}"), found);
        }
    }
}

/// The parts of a composed schema that hold for a value.
fn branches<'a>(schema: &'a Value, value: &Value) -> Vec<&'a Value> {
    let list = |key: &str| schema[key].as_array().into_iter().flatten();
    let optional = list("anyOf").filter(|branch| (branch["type"] == "null") == value.is_null());
    let variant = list("oneOf").filter(|branch| names_of(branch).iter().any(|n| n.fits(value)));
    list("allOf").chain(optional).chain(variant).collect()
}

/// What tells a variant of an enum from the others.
pub(crate) struct VariantName<'a> {
    /// The member that holds the name; None when the value is the name.
    pub tag: Option<&'a str>,
    /// Its name.
    pub name: &'a Value,
}

impl VariantName<'_> {
    fn fits(&self, value: &Value) -> bool {
        self.tag.map_or(value, |tag| &value[tag]) == self.name
    }
}

/// The names that a branch of a `oneOf` stands for.
pub(crate) fn names_of(branch: &Value) -> Vec<VariantName<'_>> {
    let whole =
        branch.get("const").into_iter().chain(branch["enum"].as_array().into_iter().flatten());
    let tags =
        branch["properties"].as_object().into_iter().flatten().filter_map(|(tag, schema)| {
            Some(VariantName { tag: Some(tag.as_str()), name: schema.get("const")? })
        });
    whole.map(|name| VariantName { tag: None, name }).chain(tags).collect()
}
