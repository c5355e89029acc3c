//! Whether a goal's input is what its workflow takes.

use galley_schemas::fault::Fault;
use galley_schemas::task::VALUE_BYTES_MAX;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{JsonType, ValidationError};
use serde_json::Value;

use super::Workflow;
use super::schema::resolved;

/// Most misfits that are told at once.
const MISFITS_MAX: usize = 20;
/// How deep defaults are filled in.
const DEPTH_MAX: usize = 16;

/// One thing about an input that does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Misfit {
    /// Where in the input, as a JSON pointer.
    pub pointer: String,
    /// What is wrong, with its place in words.
    pub message: String,
}

/// Why an input was not admitted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It does not fit the schema.
    #[error("the input does not fit the workflow: {}", listed(.0))]
    Misfits(Vec<Misfit>),
    /// It is too large to travel in a message.
    #[error("the input has {bytes} bytes, at most {VALUE_BYTES_MAX} are allowed")]
    TooLarge {
        /// How large it is, as JSON.
        bytes: usize,
    },
}

impl Refusal {
    /// The refusal as the submitter is told.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Misfits(misfits) => {
                let mut fault = Fault::permanent("GLY0150", self.to_string())
                    .hint("`galley workflow show` prints what the workflow takes");
                fault.causes = misfits.iter().take(8).map(ToString::to_string).collect();
                fault
            }
            Self::TooLarge { .. } => Fault::permanent("GLY0151", self.to_string())
                .hint("keep large things in files or URLs and name those in the input"),
        }
    }
}

fn listed(misfits: &[Misfit]) -> String {
    let first = misfits.first().map(ToString::to_string).unwrap_or_default();
    match misfits.len() {
        0 | 1 => first,
        more => format!("{first}, and {} more", more - 1),
    }
}

impl Workflow {
    /// Fills in the defaults of the workflow's input schema, also nested ones, and holds the result
    /// to the schema and to the bound on values.
    ///
    /// # Errors
    /// [`Refusal`], with every misfit.
    pub fn admit(&self, mut input: Value) -> Result<Value, Refusal> {
        let schema = self.input.source();
        fill_in(&mut input, schema, schema, DEPTH_MAX);
        let bytes = input.to_string().len();
        if bytes > VALUE_BYTES_MAX {
            return Err(Refusal::TooLarge { bytes });
        }
        let mut misfits: Vec<_> =
            self.input.misfits(&input).take(MISFITS_MAX).map(|error| misfit(&error)).collect();
        misfits.sort_by(|one, other| one.pointer.cmp(&other.pointer));
        if misfits.is_empty() { Ok(input) } else { Err(Refusal::Misfits(misfits)) }
    }
}

/// Fills in what is absent and has a default.
fn fill_in(value: &mut Value, schema: &Value, root: &Value, depth: usize) {
    let Some(schema) = resolved(schema, root) else { return };
    if depth == 0 {
        return;
    }
    match value {
        Value::Object(map) => {
            for (name, property) in properties(schema) {
                if !map.contains_key(name)
                    && let Some(default) = default_of(property, root)
                {
                    map.insert(name.clone(), default.clone());
                }
                if let Some(member) = map.get_mut(name) {
                    fill_in(member, property, root, depth - 1);
                }
            }
        }
        Value::Array(items) => {
            if let Some(schema) = schema.get("items") {
                items.iter_mut().for_each(|item| fill_in(item, schema, root, depth - 1));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema.get("properties").and_then(Value::as_object).into_iter().flatten()
}

/// A default beside a reference stands before one behind it.
fn default_of<'s>(schema: &'s Value, root: &'s Value) -> Option<&'s Value> {
    schema.get("default").or_else(|| resolved(schema, root)?.get("default"))
}

fn misfit(error: &ValidationError<'_>) -> Misfit {
    let pointer = error.instance_path().to_string();
    let place = place(&pointer);
    let message = match (error.kind(), error.instance().as_ref()) {
        (ValidationErrorKind::Required { property }, _) => {
            let name = property.as_str().unwrap_or_default();
            format!("{place}.{name} is missing")
        }
        (ValidationErrorKind::Type { kind }, found) => {
            format!("{place} is {}, not {}", super::expr::type_name(found), types(kind))
        }
        (ValidationErrorKind::MaxLength { limit }, Value::String(text)) => {
            format!("{place} has {} characters, at most {limit} are allowed", text.chars().count())
        }
        (ValidationErrorKind::MinLength { limit }, Value::String(text)) => {
            format!("{place} has {} characters, at least {limit} are needed", text.chars().count())
        }
        (ValidationErrorKind::MaxItems { limit }, Value::Array(items)) => {
            format!("{place} has {} items, at most {limit} are allowed", items.len())
        }
        (ValidationErrorKind::MinItems { limit }, Value::Array(items)) => {
            format!("{place} has {} items, at least {limit} are needed", items.len())
        }
        (ValidationErrorKind::Enum { options }, _) => format!("{place} must be one of {options}"),
        (ValidationErrorKind::AdditionalProperties { unexpected }, _) => {
            format!("{place} has no '{}'", shortened(&unexpected.join("', '")))
        }
        (ValidationErrorKind::Maximum { limit }, found) => {
            format!("{place} is {found}, at most {limit} is allowed")
        }
        (ValidationErrorKind::Minimum { limit }, found) => {
            format!("{place} is {found}, at least {limit} is needed")
        }
        (_, _) => format!("{place}: {}", shortened(&error.masked().to_string())),
    };
    Misfit { pointer, message }
}

/// `/sources/0/url` as `input.sources[0].url`.
fn place(pointer: &str) -> String {
    let mut place = "input".to_owned();
    for part in pointer.split('/').skip(1) {
        if part.bytes().all(|b| b.is_ascii_digit()) {
            place = format!("{place}[{part}]");
        } else {
            place = format!("{place}.{}", part.replace("~1", "/").replace("~0", "~"));
        }
    }
    shortened(&place)
}

fn types(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(of) => with_article(*of).to_owned(),
        TypeKind::Multiple(of) => of.iter().map(with_article).collect::<Vec<_>>().join(" or "),
    }
}

fn with_article(of: JsonType) -> &'static str {
    match of {
        JsonType::Array => "a list",
        JsonType::Boolean => "a boolean",
        JsonType::Integer => "a whole number",
        JsonType::Null => "null",
        JsonType::Number => "a number",
        JsonType::Object => "an object",
        JsonType::String => "a text",
    }
}

/// What comes from outside is told in part: at most 200 characters.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(200) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::workflow::Schema;

    fn article() -> Workflow {
        let schema = json!({
            "type": "object",
            "required": ["topic"],
            "additionalProperties": false,
            "properties": {
                "topic": { "type": "string", "minLength": 3, "maxLength": 300 },
                "words": { "type": "integer", "default": 900, "minimum": 100, "maximum": 5000 },
                "audience": { "type": ["string", "null"] },
                "tone": { "enum": ["plain", "warm"] },
                "site": { "$ref": "#/$defs/site", "default": {} },
                "sources": { "type": "array", "maxItems": 2, "items": { "$ref": "#/$defs/source" } },
            },
            "$defs": {
                "site": { "type": "object", "properties": { "lang": { "default": "en" } } },
                "source": {
                    "type": "object",
                    "properties": { "url": { "type": "string" }, "depth": { "default": 1 } },
                },
            },
        });
        Workflow { input: Schema::new(schema).unwrap(), ..Workflow::empty() }
    }

    fn check(input: &Value, want: Result<Value, &[&str]>) {
        match (article().admit(input.clone()), want) {
            (Ok(got), Ok(want)) => assert_eq!(got, want),
            (Err(Refusal::Misfits(got)), Err(want)) => {
                let got: Vec<_> = got.iter().map(|misfit| misfit.message.as_str()).collect();
                assert_eq!(got, want, "{input}");
            }
            (got, want) => panic!("{got:?} instead of {want:?}"),
        }
    }

    #[test]
    fn defaults_are_filled_in_also_nested_ones() {
        check(
            &json!({ "topic": "tea" }),
            Ok(json!({ "topic": "tea", "words": 900, "site": { "lang": "en" } })),
        );
        check(
            &json!({ "topic": "tea", "words": 300, "site": { "lang": "de" }, "sources": [{}] }),
            Ok(json!({
                "topic": "tea", "words": 300, "site": { "lang": "de" }, "sources": [{ "depth": 1 }],
            })),
        );
    }

    #[test]
    fn every_misfit_is_told_with_its_place() {
        check(&json!({}), Err(&["input.topic is missing"]));
        check(&json!([]), Err(&["input is a list, not an object"]));
        check(&json!("tea"), Err(&["input is a text, not an object"]));
        check(
            &json!({ "topic": "x".repeat(10_000) }),
            Err(&["input.topic has 10000 characters, at most 300 are allowed"]),
        );
        check(
            &json!({ "topic": 7, "words": "many", "audience": 1, "tone": "grim", "sources": [1] }),
            Err(&[
                "input.audience is a number, not null or a text",
                "input.sources[0] is a number, not an object",
                "input.tone must be one of [\"plain\",\"warm\"]",
                "input.topic is a number, not a text",
                "input.words is a text, not a whole number",
            ]),
        );
        check(
            &json!({ "topic": "te", "words": 7, "topci": 1, "sources": [{}, {}, { "url": 1 }] }),
            Err(&[
                "input has no 'topci'",
                "input.sources has 3 items, at most 2 are allowed",
                "input.sources[2].url is a number, not a text",
                "input.topic has 2 characters, at least 3 are needed",
                "input.words is 7, at least 100 is needed",
            ]),
        );
    }

    #[test]
    fn an_input_that_is_too_large_is_refused_before_anything_else() {
        let refusal = article().admit(json!({ "x": "y".repeat(VALUE_BYTES_MAX) })).unwrap_err();
        assert!(matches!(refusal, Refusal::TooLarge { .. }), "{refusal}");
        assert_eq!(refusal.fault().code, "GLY0151");
    }

    #[test]
    fn a_refusal_lists_its_misfits_as_causes() {
        let fault = article().admit(json!({ "words": 1 })).unwrap_err().fault();
        assert_eq!(
            fault.message,
            "the input does not fit the workflow: input.topic is missing, and 1 more"
        );
        assert_eq!(
            fault.causes,
            ["input.topic is missing", "input.words is 1, at least 100 is needed"]
        );
    }
}
