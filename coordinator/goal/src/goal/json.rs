//! JSON values kept as text.

use std::sync::Arc;

use serde_json::Value;

/// A JSON value kept as text, shared between copies. A goal reads its outputs seldom and holds them
/// for long; as text they take a fraction of the memory, and a fan-out's list is put together without
/// reading its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Json(Arc<str>);

impl Json {
    pub(crate) fn of(value: &Value) -> Self {
        Self(value.to_string().into())
    }

    /// The list of some values.
    pub(crate) fn list<'j>(items: impl Iterator<Item = &'j Json>) -> Self {
        let items: Vec<&str> = items.map(|item| &*item.0).collect();
        Self(format!("[{}]", items.join(",")).into())
    }

    pub(crate) fn value(&self) -> Value {
        serde_json::from_str(&self.0).expect("it was written from values of a bounded depth")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_reads_back_as_it_was_written() {
        for value in [json!(null), json!({"b": [1, 2.5, "ü\n"], "a": {}}), json!(-0.1)] {
            assert_eq!(Json::of(&value).value(), value);
        }
    }

    #[test]
    fn a_list_is_put_together_in_order() {
        let items = [Json::of(&json!({"n": 1})), Json::of(&json!("two"))];
        assert_eq!(Json::list(items.iter()).value(), json!([{"n": 1}, "two"]));
        assert_eq!(Json::list([].iter()).value(), json!([]));
    }
}
