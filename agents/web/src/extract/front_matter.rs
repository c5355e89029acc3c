//! What stands between `---` or `+++` at the top of a Markdown file: enough YAML and TOML to read
//! a document's title, date and address. Tolerant: what is not understood is passed over.

use std::collections::BTreeMap;

/// Lines of front matter that are looked at.
const LINES_MAX: usize = 500;

/// The fields at the top level, keys in lower case, each with its first value.
pub(crate) type Fields = BTreeMap<String, String>;

/// Parts a file into its fields and its body. Without front matter the whole file is body.
pub(crate) fn split(text: &str) -> (Fields, &str) {
    let text = text.trim_start_matches('\u{FEFF}');
    for (fence, between) in [("---", ':'), ("+++", '=')] {
        if let Some((head, body)) = fenced(text, fence)
            && (head.trim().is_empty() || head.contains(between))
        {
            return (fields(head, between), body);
        }
    }
    (Fields::new(), text)
}

fn fenced<'a>(text: &'a str, fence: &str) -> Option<(&'a str, &'a str)> {
    let (first, rest) = text.split_once('\n')?;
    if first.trim_end() != fence {
        return None;
    }
    let mut at = 0;
    for line in rest.split_inclusive('\n').take(LINES_MAX) {
        if line.trim_end() == fence || (fence == "---" && line.trim_end() == "...") {
            return Some((rest.get(..at)?, rest.get(at + line.len()..)?));
        }
        at += line.len();
    }
    None
}

fn fields(head: &str, between: char) -> Fields {
    let mut fields = Fields::new();
    let mut open: Option<String> = None;
    for line in head.lines() {
        let is_top = !line.starts_with([' ', '\t', '-', '#', '[']);
        match line.split_once(between).filter(|_| is_top) {
            Some((key, value)) => {
                let key = key.trim().trim_matches('"').to_ascii_lowercase();
                let value = value.trim();
                let continues = value.is_empty() || matches!(value, ">" | "|" | ">-" | "|-");
                open = continues.then(|| key.clone());
                if !continues {
                    fields.entry(key).or_insert_with(|| scalar(value));
                }
            }
            // A value of more than one line: text is joined, of a list the first item counts.
            None => {
                if let Some(key) = &open {
                    more(fields.entry(key.clone()).or_default(), line);
                }
            }
        }
    }
    fields
}

fn more(value: &mut String, line: &str) {
    let line = line.trim();
    match line.strip_prefix("- ") {
        Some(item) if value.is_empty() => {
            let name = item.strip_prefix("name:").unwrap_or(item);
            value.push_str(&scalar(name.trim()));
        }
        Some(_) => {}
        None if is_pair(line) => {}
        None => {
            if !value.is_empty() {
                value.push(' ');
            }
            value.push_str(line);
        }
    }
}

/// A nested field: `mail: a@b.c`.
fn is_pair(line: &str) -> bool {
    line.split_once(": ").is_some_and(|(key, _)| key.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// A value without its quotes or brackets.
fn scalar(value: &str) -> String {
    let list = value.strip_prefix('[').and_then(|inner| inner.strip_suffix(']'));
    let value = list.map_or(value, |inner| inner.split(',').next().unwrap_or_default()).trim();
    // A quoted value that a comment follows.
    let commented = |quote: char, end: &str| value.strip_prefix(quote)?.split_once(end);
    if let Some(inner) = value.strip_prefix('\'').and_then(|v| v.strip_suffix('\'')) {
        inner.replace("''", "'")
    } else if let Some(inner) = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')) {
        inner.replace("\\\"", "\"").replace("\\\\", "\\")
    } else if let Some((inner, _)) = commented('"', "\" #").or_else(|| commented('\'', "' #")) {
        inner.to_owned()
    } else {
        value.split(" #").next().unwrap_or_default().trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, want: &[(&str, &str)], body: &str) {
        let (fields, rest) = split(text);
        let got: Vec<_> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(got, want, "{text}");
        assert_eq!(rest, body, "{text}");
    }

    #[test]
    fn yaml_fields_are_read() {
        check(
            "---\ntitle: 'It''s \"here\"'\nDate: 2024-05-01\nsource: https://e.org/a # link\n---\nBody",
            &[("date", "2024-05-01"), ("source", "https://e.org/a"), ("title", "It's \"here\"")],
            "Body",
        );
        check("---\ntitle: \"A \\\"b\\\": c\"\r\n---\r\nBody", &[("title", "A \"b\": c")], "Body");
    }

    #[test]
    fn lists_give_their_first_item_and_folded_text_is_joined() {
        check("---\nauthors: [Ann, Ben]\n---\n", &[("authors", "Ann")], "");
        check("---\nauthor:\n  - name: Ann\n    mail: x\n  - Ben\n---\n", &[("author", "Ann")], "");
        check("---\nauthors:\n- Ann\n- Ben\n---\n", &[("authors", "Ann")], "");
        check("---\ntitle: >-\n  one\n  two\n---\n", &[("title", "one two")], "");
    }

    #[test]
    fn toml_fields_are_read() {
        check(
            "+++\ntitle = \"A\"\ndate = 2024-05-01\n[params]\nx = 1\n+++\nBody",
            &[("date", "2024-05-01"), ("title", "A"), ("x", "1")],
            "Body",
        );
    }

    #[test]
    fn a_file_without_front_matter_is_all_body() {
        check("# Title\n\n---\n\nBody", &[], "# Title\n\n---\n\nBody");
        check("---\nA line\n---\nBody", &[], "---\nA line\n---\nBody");
        check("---\ntitle: never closed\n", &[], "---\ntitle: never closed\n");
        check("", &[], "");
    }
}
