//! Plain paths: `name(.name | [number])*`.

use super::{Reference, Segment};

/// Words that CEL reads as something else than a name.
const NOT_NAMES: [&str; 4] = ["true", "false", "null", "in"];

/// The path that a text is, if it is nothing more than that.
pub(super) fn parse(text: &str) -> Option<Reference> {
    let (root, mut rest) = name(text)?;
    if NOT_NAMES.contains(&root) {
        return None;
    }
    let mut way = Vec::new();
    while !rest.is_empty() {
        let (segment, after) = segment(rest)?;
        way.push(segment);
        rest = after;
    }
    Some(Reference { root: root.to_owned(), way, offset: 0 })
}

fn segment(text: &str) -> Option<(Segment, &str)> {
    if let Some(rest) = text.strip_prefix('.') {
        let (key, rest) = name(rest)?;
        if NOT_NAMES.contains(&key) {
            return None;
        }
        return Some((Segment::Key(key.to_owned()), rest));
    }
    let (digits, rest) = text.strip_prefix('[')?.split_once(']')?;
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    Some((Segment::Index(plain.then(|| digits.parse().ok())??), rest))
}

fn name(text: &str) -> Option<(&str, &str)> {
    let end =
        text.bytes().position(|b| !(b.is_ascii_alphanumeric() || b == b'_')).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    begins.then_some((name, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, want: Option<&str>) {
        let got = parse(text).map(|path| {
            let way = path.way.iter().map(|segment| match segment {
                Segment::Key(key) => format!("/{key}"),
                Segment::Index(index) => format!("#{index}"),
            });
            path.root.clone() + &way.collect::<String>()
        });
        assert_eq!(got.as_deref(), want, "{text}");
    }

    #[test]
    fn only_plain_paths_are_walked() {
        check("input", Some("input"));
        check("ideas.outline.sections", Some("ideas/outline/sections"));
        check("posts[0].url", Some("posts#0/url"));
        check("a[1][2]", Some("a#1#2"));
        for text in ["", ".a", "a.", "a..b", "a[", "a[]", "a[x]", "a[-1]", "a b", "a+b", "1a"] {
            check(text, None);
        }
        for text in
            ["true", "null", "a.in", "size(a)", "a[0", "a-b", "ä", "a[99999999999999999999]"]
        {
            check(text, None);
        }
    }
}
