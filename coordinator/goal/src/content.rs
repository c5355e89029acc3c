//! What an approval binds to.

use galley_schemas::artifact::Digest;
use serde::Serialize;
use serde_json::Value;

/// The hash of a value: SHA-256 of its JSON with sorted keys and no spaces. Two values that differ
/// only in the order of keys have the same hash.
#[must_use]
pub fn content_hash(value: &Value) -> Digest {
    Digest::of(canonical(value).to_string().as_bytes())
}

fn canonical(value: &Value) -> Value {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
        Value::Array(items) => items.iter().map(canonical).collect(),
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().map(|(k, v)| (k.clone(), canonical(v))).collect();
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(entries.into_iter().collect())
        }
    }
}

/// How deeply a value may be nested. A record carries values within others and is read back by a
/// parser that stops at 128 levels.
const DEPTH_MAX: usize = 48;

/// What is wrong with a value that a goal is to keep, for people: too large, or nested too deeply.
pub(crate) fn excess(value: &Value, bytes_max: usize) -> Option<String> {
    let bytes = bytes(value);
    if bytes > bytes_max {
        return Some(format!("has {bytes} bytes, more than {bytes_max}"));
    }
    is_deeper(value, DEPTH_MAX).then(|| format!("is nested more than {DEPTH_MAX} levels deep"))
}

fn is_deeper(value: &Value, most: usize) -> bool {
    let below = |part: &Value| most == 0 || is_deeper(part, most - 1);
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        Value::Array(items) => items.iter().any(below),
        Value::Object(map) => map.values().any(below),
    }
}

/// The size of something's JSON in bytes.
pub(crate) fn bytes(value: &(impl Serialize + ?Sized)) -> usize {
    /// Counts what is written and keeps nothing.
    struct Count(usize);
    impl std::io::Write for Count {
        fn write(&mut self, written: &[u8]) -> std::io::Result<usize> {
            self.0 += written.len();
            Ok(written.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    serde_json::to_writer(&mut count, value).expect("what is counted has a JSON text");
    count.0
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_hash_does_not_depend_on_the_order_of_keys() {
        let one = json!({"b": [1, {"y": 2, "x": 3}], "a": null});
        let two = json!({"a": null, "b": [1, {"x": 3, "y": 2}]});
        assert_eq!(content_hash(&one), content_hash(&two));
        assert_ne!(content_hash(&one), content_hash(&json!({"a": null, "b": [1]})));
    }

    #[test]
    fn what_is_too_large_or_too_deep_is_told() {
        let nested = |levels| (0..levels).fold(json!(1), |value, _| json!([value]));
        assert_eq!(excess(&nested(DEPTH_MAX), 1_000), None);
        assert!(excess(&nested(DEPTH_MAX + 1), 1_000).is_some_and(|told| told.contains("deep")));
        assert!(excess(&json!("four"), 5).is_some_and(|told| told.contains("6 bytes")));
    }

    #[test]
    fn bytes_are_those_of_the_json_text() {
        for value in [json!(null), json!({"a": [1, "ü"]}), json!("\n")] {
            assert_eq!(bytes(&value), value.to_string().len());
        }
    }
}
