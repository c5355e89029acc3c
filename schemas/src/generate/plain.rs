//! Doc comments made readable outside of Rust: links to constants become their values, other links
//! become words, and wrapped lines become one.

use serde_json::Value;

use super::address;
use crate::subject::{self, bucket};
use crate::{envelope, task};

/// Makes every description of a schema plain.
pub(super) fn make_plain(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            for (key, value) in members {
                if key == "description"
                    && let Value::String(text) = value
                {
                    *text = plain(text);
                } else {
                    make_plain(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(make_plain),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn plain(doc: &str) -> String {
    let paragraphs: Vec<String> = doc
        .split("\n\n")
        .map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    let mut rest = paragraphs.join("\n\n");
    let mut text = String::with_capacity(rest.len());
    while let Some((before, path, after)) = next_link(&rest) {
        text.push_str(before);
        text.push_str(&word(path));
        rest = after.to_owned();
    }
    text + &rest
}

/// What stands before a link, the path that it names, and what stands after it.
fn next_link(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("[`")?;
    let (path, after) = rest.split_once("`]")?;
    Some((before, path, after))
}

/// What a path means to a reader who does not know the code.
fn word(path: &str) -> String {
    let known = match path.strip_prefix("crate::").unwrap_or(path) {
        "SPEC_VERSION" => envelope::SPEC_VERSION.to_owned(),
        "subject::EPOCH" => subject::EPOCH.to_owned(),
        "subject::SUBMIT" => subject::SUBMIT.to_owned(),
        "subject::REJECTED" => subject::REJECTED.to_owned(),
        "subject::progress" => address::progress(),
        "subject::FEEDBACK_TOPIC" => subject::FEEDBACK_TOPIC.to_owned(),
        "subject::LEARNER_KEY" => subject::LEARNER_KEY.to_owned(),
        "subject::RELAY_KEY" => subject::RELAY_KEY.to_owned(),
        "subject::ruling_key" => address::ruling_key(),
        "subject::fence_key" => return address::fence_keys(),
        "subject::bucket::AGENTS" => bucket::AGENTS.to_owned(),
        "subject::bucket::ARCHIVED" => bucket::ARCHIVED.to_owned(),
        "subject::bucket::EPOCHS" => bucket::EPOCHS.to_owned(),
        "subject::bucket::FEEDBACK" => bucket::FEEDBACK.to_owned(),
        "subject::bucket::GOALS" => bucket::GOALS.to_owned(),
        "subject::bucket::POLICY" => bucket::POLICY.to_owned(),
        "VALUE_BYTES_MAX" | "task::VALUE_BYTES_MAX" => {
            return format!("{} bytes", task::VALUE_BYTES_MAX);
        }
        other => spoken(other),
    };
    format!("`{known}`")
}

/// The last part of a path; a variant (`Order::Stop`) as it stands in JSON (`stop`).
fn spoken(path: &str) -> String {
    let mut parts = path.rsplit("::");
    let last = parts.next().unwrap_or(path);
    let capital = |text: &str| text.starts_with(|c: char| c.is_ascii_uppercase());
    if parts.next().is_some_and(capital) && capital(last) { snake(last) } else { last.to_owned() }
}

fn snake(camel: &str) -> String {
    camel.char_indices().fold(String::new(), |mut text, (at, c)| {
        if at > 0 && c.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(c.to_ascii_lowercase());
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docs_are_readable_outside_of_rust() {
        for (doc, want) in [
            ("one\ntwo\n\nthree", "one two\n\nthree"),
            ("under [`crate::subject::EPOCH`].", "under `galley.epoch`."),
            ("at most [`VALUE_BYTES_MAX`].", "at most 65536 bytes."),
            ("[`Order::DidNotHappen`] or [`Status`]", "`did_not_happen` or `Status`"),
            ("see [`crate::subject::progress`]", "see `galley.progress.{goal}`"),
            ("see [`crate::subject::bucket::journal`]", "see `journal`"),
            ("an [`unclosed", "an [`unclosed"),
        ] {
            assert_eq!(plain(doc), want);
        }
    }
}
