//! What inputs, outputs and receipts say, in a few words: by a small table of field names, and by a
//! general rule for what is not in it.

use galley_schemas::artifact::ArtifactRef;
use serde_json::Value;

use super::words;

/// Most characters of a text in a digest.
const TEXT_MAX: usize = 80;
/// Most fields of a value that are told.
const FIELDS_MAX: usize = 6;
/// Most items of a list that are told one by one.
const ITEMS_MAX: usize = 3;

/// One thing that an output says; each names a field by its path (RFC 6901).
#[derive(Debug, Clone, Copy)]
enum Part {
    /// A count with its noun, for one and for many. Over a list of outputs, counts add up.
    Count(&'static str, [&'static str; 2]),
    /// The same, left out when it is none.
    Some(&'static str, [&'static str; 2]),
    /// How many items a list has.
    Items(&'static str, [&'static str; 2]),
    /// A text in quotation marks.
    Title(&'static str),
    /// A number between 0 and 1.
    Score(&'static str),
    /// A word as it is.
    Word(&'static str),
    /// Where posts stand.
    Posts(&'static str),
    /// Whether people said yes, and who.
    Approved(&'static str, &'static str),
}

/// What outputs say. The first row whose field is there is the one that tells.
const ROWS: &[(&str, &[Part])] = &[
    (
        "/corpus",
        &[
            Part::Count("/sources", ["document read", "documents read"]),
            Part::Some("/skipped", ["skipped", "skipped"]),
        ],
    ),
    (
        "/outline",
        &[Part::Items("/outline/sections", ["section", "sections"]), Part::Title("/outline/title")],
    ),
    (
        "/evidence",
        &[
            Part::Count("/claims", ["claim", "claims"]),
            Part::Count("/sources", ["source", "sources"]),
        ],
    ),
    ("/words", &[Part::Count("/words", ["word", "words"])]),
    (
        "/verdict",
        &[
            Part::Score("/score"),
            Part::Word("/verdict"),
            Part::Some("/findings", ["finding", "findings"]),
        ],
    ),
    ("/score", &[Part::Score("/score")]),
    ("/posts", &[Part::Posts("/posts")]),
    ("/approved", &[Part::Approved("/approved", "/by")]),
];

/// What a step or a task gave.
pub(crate) fn output(value: &Value) -> String {
    let first = value.as_array().map_or(Some(value), |list| list.first());
    let row = first.and_then(|first| ROWS.iter().find(|(field, _)| first.pointer(field).is_some()));
    match (value.as_array(), row) {
        (Some(list), Some((_, parts))) if !list.is_empty() => told(parts, list),
        (Some(list), _) => words::count(list.len() as u64, "result", "results"),
        (None, Some((_, parts))) => told(parts, std::slice::from_ref(value)),
        (None, None) => any(value),
    }
}

fn told(parts: &[Part], values: &[Value]) -> String {
    let said: Vec<String> = parts.iter().filter_map(|part| tell(*part, values)).collect();
    said.join(", ")
}

fn tell(part: Part, values: &[Value]) -> Option<String> {
    let first = values.first()?;
    let sum = |field: &str| {
        let numbers = values.iter().filter_map(|value| value.pointer(field)?.as_u64());
        numbers.fold(0, u64::saturating_add)
    };
    let text = |field: &str| first.pointer(field)?.as_str();
    match part {
        Part::Count(field, [one, many]) => Some(words::count(sum(field), one, many)),
        Part::Some(field, [one, many]) => {
            Some(sum(field)).filter(|sum| *sum > 0).map(|sum| words::count(sum, one, many))
        }
        Part::Items(field, [one, many]) => {
            let items = first.pointer(field)?.as_array()?.len();
            Some(words::count(items as u64, one, many))
        }
        Part::Title(field) => text(field).map(quoted),
        Part::Score(field) => Some(format!("score {:.2}", first.pointer(field)?.as_f64()?)),
        Part::Word(field) => text(field).map(|word| words::cut(word, TEXT_MAX)),
        Part::Posts(field) => {
            let posts = first.pointer(field)?.as_array()?;
            let places: Vec<String> = posts.iter().take(ITEMS_MAX).filter_map(post).collect();
            let shown =
                first.get("previews").and_then(Value::as_array).is_some_and(|all| !all.is_empty());
            Some(match (places.is_empty(), shown) {
                (true, true) => "shown, nothing written".to_owned(),
                (true, false) => "taken back".to_owned(),
                (false, _) => places.join(", "),
            })
        }
        Part::Approved(approved, by) => {
            let said =
                if first.pointer(approved)?.as_bool()? { "approved" } else { "not approved" };
            let by = first.pointer(by).map(any).filter(|by| !by.is_empty());
            Some(by.map_or_else(|| said.to_owned(), |by| format!("{said} by {by}")))
        }
    }
}

/// Where a post stands: its file in a site, or its address elsewhere.
pub(crate) fn post(post: &Value) -> Option<String> {
    let text = |field: &str| post.get(field).and_then(Value::as_str);
    match (text("target")?, text("id")?, text("url")?) {
        ("site", id, _) => Some(format!("{id}/index.html")),
        (_, _, url) => Some(url.to_owned()),
    }
}

/// Any value: its fields with their values, what is nested only counted.
pub(crate) fn any(value: &Value) -> String {
    match value {
        Value::Object(fields) if artifact(value).is_none() => {
            let told = fields.iter().filter(|(_, value)| !value.is_null());
            let mut said: Vec<String> = told
                .clone()
                .take(FIELDS_MAX)
                .map(|(name, value)| format!("{name} {}", nested(value)))
                .collect();
            let more = told.count().saturating_sub(FIELDS_MAX);
            if more > 0 {
                said.push(format!("{more} more"));
            }
            said.join(", ")
        }
        Value::Array(_)
        | Value::Object(_)
        | Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_) => nested(value),
    }
}

fn nested(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::Number(number) => number.as_u64().map_or_else(|| number.to_string(), words::number),
        Value::String(text) => words::cut(text, TEXT_MAX),
        Value::Array(items) if items.len() <= ITEMS_MAX && items.iter().all(is_flat) => {
            let said: Vec<String> = items.iter().map(flat).collect();
            said.join(" and ")
        }
        Value::Array(items) => words::count(items.len() as u64, "item", "items"),
        Value::Object(fields) => artifact(value).map_or_else(
            || words::count(fields.len() as u64, "field", "fields"),
            |it| format!("of {}", words::bytes(it.bytes)),
        ),
    }
}

fn artifact(value: &Value) -> Option<ArtifactRef> {
    serde_json::from_value(value.clone()).ok()
}

/// Whether nothing is nested in it but texts and numbers.
fn is_flat(value: &Value) -> bool {
    value.as_object().is_none_or(|fields| fields.values().all(|v| !v.is_object() && !v.is_array()))
        && !value.is_array()
}

fn flat(value: &Value) -> String {
    let Some(fields) = value.as_object() else { return nested(value) };
    let said: Vec<String> = fields.values().map(nested).filter(|said| !said.is_empty()).collect();
    said.join(" ")
}

/// A text in quotation marks.
pub(crate) fn quoted(text: &str) -> String {
    format!("“{}”", words::cut(text, TEXT_MAX))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(value: &Value, want: &str) {
        assert_eq!(output(value), want, "{value}");
    }

    #[test]
    fn each_agent_says_what_it_gave() {
        let artifact = json!({ "sha256": "a".repeat(64), "bytes": 39_747, "media_type": "x/y" });
        let brief = json!({ "topic": "Bees", "words": 900, "corpus": artifact, "sources": 68, "skipped": 3 });
        check(&brief, "68 documents read, 3 skipped");
        let clean = json!({ "corpus": artifact, "sources": 1, "skipped": 0, "words": 900 });
        check(&clean, "1 document read");
        check(
            &json!({ "angles": [], "outline": { "title": "On Bees", "sections": [{}, {}] } }),
            "2 sections, “On Bees”",
        );
        let found = |claims, sources| json!({ "section": 0, "evidence": artifact, "claims": claims, "sources": sources });
        check(&json!([found(14, 10), found(5, 3)]), "19 claims, 13 sources");
        check(
            &json!({ "article": artifact, "words": 1_939, "claims": 30, "sources": 16 }),
            "1,939 words",
        );
        check(&json!({ "article": artifact, "report": artifact, "score": 0.914 }), "score 0.91");
        let review = json!({ "verdict": "pass", "score": 0.957, "article": artifact, "findings": 2, "claims": 30 });
        check(&review, "score 0.96, pass, 2 findings");
        let post = json!({ "target": "site", "url": "http://localhost:8000/bees/", "id": "bees" });
        check(&json!({ "posts": [post], "url": "http://localhost:8000/bees/" }), "bees/index.html");
        check(
            &json!({ "approved": true, "value": {}, "by": ["ed"], "note": "" }),
            "approved by ed",
        );
    }

    #[test]
    fn anything_else_is_told_by_its_fields() {
        check(&json!([1, 2, 3]), "3 results");
        check(
            &json!({ "a": "b", "n": 1_000, "deep": { "x": {} }, "none": null }),
            "a b, n 1,000, deep 1 field",
        );
        let input = json!({ "topic": "Bees", "sources": [{ "from": "folder", "path": "/docs" }], "words": 900 });
        assert_eq!(any(&input), "topic Bees, sources folder /docs, words 900");
        assert_eq!(any(&json!(null)), "");
    }

    #[test]
    fn a_field_of_another_type_is_passed_over() {
        check(&json!({ "corpus": 1, "sources": "many" }), "0 documents read");
        check(&json!({ "outline": 7 }), "");
        check(&json!({ "posts": 7 }), "");
        check(&json!([]), "0 results");
    }
}
