//! Keys as subjects.
//!
//! A key's `/` becomes a `.`, so that the server can find what lies below a prefix; what no token of a
//! subject may be is written as `=` and two digits, and an empty part as `=`. Each key has one subject,
//! and no two keys have the same.

use std::fmt::Write as _;

/// A key as the end of a subject.
pub(crate) fn encode(key: &str) -> String {
    let parts = key.split('/').map(token);
    parts.collect::<Vec<_>>().join(".")
}

/// Any text as one token of a subject.
pub(crate) fn token(text: &str) -> String {
    if text.is_empty() {
        return "=".to_owned();
    }
    text.bytes().fold(String::with_capacity(text.len()), |mut token, byte| {
        if byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' {
            token.push(char::from(byte));
        } else {
            write!(token, "={byte:02X}").expect("a String takes everything");
        }
        token
    })
}

/// The key of the end of a subject; none when it is not one that [`encode`] writes.
pub(crate) fn decode(subject: &str) -> Option<String> {
    let parts: Option<Vec<String>> = subject.split('.').map(part).collect();
    parts.map(|parts| parts.join("/"))
}

fn part(token: &str) -> Option<String> {
    if token == "=" {
        return Some(String::new());
    }
    let mut pieces = token.split('=');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let (digits, rest) = piece.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

/// The end of a subject with a wildcard that means every key with a prefix, and perhaps more.
pub(crate) fn below(prefix: &str) -> String {
    match prefix.rsplit_once('/') {
        Some((folder, _)) => format!("{}.>", encode(folder)),
        None => ">".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(key: &str, subject: &str) {
        assert_eq!(encode(key), subject);
        assert_eq!(decode(subject).as_deref(), Some(key));
    }

    #[test]
    fn each_key_has_a_subject_and_each_subject_its_key() {
        check("a", "a");
        check("goal/task/step", "goal.task.step");
        check("goal.0199", "goal=2E0199");
        check("a=b", "a=3Db");
        check("/", "=.=");
        check("a//b/", "a.=.b.=");
        check(".", "=2E");
        check("ä b", "=C3=A4=20b");
    }

    #[test]
    fn what_lies_below_a_prefix_is_meant_by_its_pattern() {
        for (prefix, pattern) in [("", ">"), ("a", ">"), ("a/", "a.>"), ("a/b/c", "a.b.>")] {
            assert_eq!(below(prefix), pattern);
        }
    }
}
