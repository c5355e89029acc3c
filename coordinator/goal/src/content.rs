//! What an approval binds to.

use galley_schemas::artifact::Digest;
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

/// The size of a value's JSON in bytes.
pub(crate) fn bytes(value: &Value) -> usize {
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
    serde_json::to_writer(&mut count, value).expect("a JSON value has a JSON text");
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
    fn bytes_are_those_of_the_json_text() {
        for value in [json!(null), json!({"a": [1, "ü"]}), json!("\n")] {
            assert_eq!(bytes(&value), value.to_string().len());
        }
    }
}
