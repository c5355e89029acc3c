//! Replies by schema: taken out of the text, checked, and repaired once.

use serde_json::Value;

use crate::port::Finish;

/// Most places in a text at which a value is looked for.
const STARTS_MAX: usize = 16;
/// Most faults that the model is told at once.
const FAULTS_MAX: usize = 5;
/// Longest fault that the model is told, in characters.
const FAULT_CHARS_MAX: usize = 300;

/// A schema, ready to check.
#[derive(Debug)]
pub(crate) struct Shape {
    schema: Value,
    validator: jsonschema::Validator,
}

impl Shape {
    /// Reads a schema, or says why it is none.
    pub(crate) fn new(schema: &Value) -> Result<Self, String> {
        let validator = jsonschema::validator_for(schema)
            .map_err(|error| format!("the schema cannot be used: {error}"))?;
        Ok(Self { schema: schema.clone(), validator })
    }

    /// The value in a reply that meets the schema, or what is wrong with it.
    pub(crate) fn read(&self, text: &str, finish: Finish) -> Result<Value, String> {
        let mut first = None;
        for value in values_in(text) {
            match self.check(&value) {
                Ok(()) => return Ok(value),
                Err(faults) => _ = first.get_or_insert(faults),
            }
        }
        Err(match (finish, first) {
            (Finish::Length, _) => "it was cut off because it was too long".to_owned(),
            (Finish::Stop, None) => "it is not JSON".to_owned(),
            (Finish::Stop, Some(faults)) => faults,
        })
    }

    /// Whether a value meets the schema.
    pub(crate) fn check(&self, value: &Value) -> Result<(), String> {
        let faults: Vec<String> = self
            .validator
            .iter_errors(value)
            .take(FAULTS_MAX)
            .map(|error| format!("{} at '{}'", error, error.instance_path()))
            .map(|fault| fault.chars().take(FAULT_CHARS_MAX).collect())
            .collect();
        if faults.is_empty() { Ok(()) } else { Err(faults.join("; ")) }
    }

    /// What the model is told when its reply will not do.
    pub(crate) fn complaint(&self, reason: &str) -> String {
        format!(
            "Your reply does not meet the schema: {reason}. Reply again with one JSON value that \
             meets this JSON Schema, and with nothing else: {}",
            self.schema
        )
    }
}

/// What a model is told when its server takes no schema.
pub(crate) fn instruction(schema: &Value) -> String {
    format!(
        "Reply with one JSON value that meets this JSON Schema, and with nothing else: {schema}"
    )
}

/// The reply without the thoughts that some models write before it.
pub(crate) fn without_thoughts(text: &str) -> &str {
    let Some(thought) = text.trim_start().strip_prefix("<think>") else { return text };
    thought.split_once("</think>").map_or("", |(_, reply)| reply.trim_start())
}

/// JSON values in a reply, the likeliest first: the whole of it, from the first brace to the last,
/// and what begins at each brace.
fn values_in(text: &str) -> impl Iterator<Item = Value> {
    let trimmed = text.trim();
    let whole = serde_json::from_str(trimmed).ok();
    let (start, end) = (trimmed.find(['{', '[']), trimmed.rfind(['}', ']']));
    let outer = start.zip(end).and_then(|(start, end)| trimmed.get(start..=end));
    let outer = outer.and_then(|text| serde_json::from_str(text).ok());
    let starts = trimmed.match_indices(['{', '[']).take(STARTS_MAX);
    let inner = starts.filter_map(|(at, _)| {
        let rest = trimmed.get(at..).unwrap_or_default();
        serde_json::Deserializer::from_str(rest).into_iter().next()?.ok()
    });
    whole.into_iter().chain(outer).chain(inner)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Result<Value, String> {
        let schema = json!({ "type": "object", "required": ["a"] });
        Shape::new(&schema).unwrap().read(text, Finish::Stop)
    }

    #[test]
    fn the_value_is_found_and_checked() {
        for good in [
            "{\"a\":1}",
            "```json\n{\"a\":1}\n```",
            "Here you are: {\"a\":1} - done",
            "Not {this}, but {\"a\":1} [1]",
            "{\"b\":0}\n{\"a\":1}",
        ] {
            assert_eq!(read(good), Ok(json!({ "a": 1 })), "{good}");
        }
        assert_eq!(read("no"), Err("it is not JSON".to_owned()));
        assert!(read("{\"b\":1}").unwrap_err().contains("\"a\" is a required property"));
    }

    #[test]
    fn a_reply_that_was_cut_off_is_told_so() {
        let shape = Shape::new(&json!({ "type": "object" })).unwrap();
        assert!(shape.read("{\"a\": [1, 2", Finish::Length).unwrap_err().contains("cut off"));
    }

    #[test]
    fn a_schema_that_is_none_is_told_before_the_call() {
        assert!(Shape::new(&json!({ "type": 3 })).unwrap_err().contains("schema cannot be used"));
    }

    #[test]
    fn thoughts_are_not_the_reply() {
        for (text, want) in [
            ("<think>\nhm\n</think>\n\n{\"a\":1}", "{\"a\":1}"),
            ("plain <think>", "plain <think>"),
            ("<think>never ends", ""),
        ] {
            assert_eq!(without_thoughts(text), want);
        }
    }
}
