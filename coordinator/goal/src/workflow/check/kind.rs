//! The kinds of JSON values, as JSON Schema tells them apart.

use std::collections::BTreeSet;

use serde_json::Value;

/// The kinds of JSON values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Null,
    Boolean,
    Integer,
    Number,
    Text,
    List,
    Object,
}

impl Kind {
    /// Every kind.
    pub(super) const ALL: [Self; 7] = [
        Self::Null,
        Self::Boolean,
        Self::Integer,
        Self::Number,
        Self::Text,
        Self::List,
        Self::Object,
    ];

    /// The kind of a value.
    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(number) if number.is_f64() => Self::Number,
            Value::Number(_) => Self::Integer,
            Value::String(_) => Self::Text,
            Value::Array(_) => Self::List,
            Value::Object(_) => Self::Object,
        }
    }

    fn named(name: &str) -> Option<Self> {
        let of = |kind: &Self| kind.json_name() == name;
        Self::ALL.into_iter().find(of)
    }

    const fn json_name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Text => "string",
            Self::List => "array",
            Self::Object => "object",
        }
    }

    /// In words, with its article.
    const fn words(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::Text => "a text",
            Self::List => "a list",
            Self::Object => "an object",
        }
    }

    /// Whether a value can be of both kinds: every whole number is a number.
    pub(super) fn meets(self, other: Self) -> bool {
        let numbers = [Self::Integer, Self::Number];
        self == other || (numbers.contains(&self) && numbers.contains(&other))
    }
}

/// Kinds in words, without `null` where there are others.
pub(super) fn words(kinds: impl IntoIterator<Item = Kind>) -> String {
    let mut kinds: BTreeSet<_> = kinds.into_iter().collect();
    if kinds.len() > 1 {
        kinds.remove(&Kind::Null);
    }
    if kinds.contains(&Kind::Number) {
        kinds.remove(&Kind::Integer);
    }
    kinds.into_iter().map(Kind::words).collect::<Vec<_>>().join(" or ")
}

/// The kinds that the keywords of one schema leave, if they say.
pub(super) fn kinds_of(schema: &Value) -> Option<Vec<Kind>> {
    if schema == &Value::Bool(false) {
        return Some(Vec::new());
    }
    if let Some(value) = schema.get("const") {
        return Some(vec![Kind::of(value)]);
    }
    match (schema.get("type"), schema.get("enum")) {
        (Some(Value::String(name)), _) => Kind::named(name).map(|kind| vec![kind]),
        (Some(Value::Array(names)), _) => {
            Some(names.iter().filter_map(|name| Kind::named(name.as_str()?)).collect())
        }
        (_, Some(Value::Array(values))) => Some(values.iter().map(Kind::of).collect()),
        (_, _) => None,
    }
}
