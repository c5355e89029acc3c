//! Replies by schema: taken out of the text, checked, and repaired once.

use serde_json::Value;

/// Takes the JSON value out of a reply: the whole of it, a fenced block, or from the first brace to
/// the last.
fn value_in(text: &str) -> Option<Value> {
    let trimmed = text.trim();
    if let Ok(value) = serde_json::from_str(trimmed) {
        return Some(value);
    }
    let start = trimmed.find(['{', '['])?;
    let end = trimmed.rfind(['}', ']'])?;
    serde_json::from_str(trimmed.get(start..=end)?).ok()
}

/// The value in a reply that meets the schema, or what is wrong with it.
pub(crate) fn read(schema: &Value, text: &str) -> Result<Value, String> {
    let value = value_in(text).ok_or_else(|| "it is not JSON".to_owned())?;
    let validator = jsonschema::validator_for(schema)
        .map_err(|error| format!("the schema itself cannot be used: {error}"))?;
    let faults: Vec<String> = validator
        .iter_errors(&value)
        .take(5)
        .map(|error| format!("{} at '{}'", error, error.instance_path()))
        .collect();
    if faults.is_empty() { Ok(value) } else { Err(faults.join("; ")) }
}

/// What the model is told when its reply will not do.
pub(crate) fn complaint(reason: &str) -> String {
    format!(
        "Your reply does not meet the schema: {reason}. \
         Reply again with the corrected JSON value and nothing else."
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_value_is_found_and_checked() {
        let schema = json!({ "type": "object", "required": ["a"] });
        for good in ["{\"a\":1}", "```json\n{\"a\":1}\n```", "Here you are: {\"a\":1} - done"] {
            assert_eq!(read(&schema, good), Ok(json!({ "a": 1 })), "{good}");
        }
        assert_eq!(read(&schema, "no"), Err("it is not JSON".to_owned()));
        assert!(read(&schema, "{\"b\":1}").unwrap_err().contains("\"a\" is a required property"));
    }
}
