//! Text as a reader sees it: no invisible characters, one space between words.

/// One line: invisible characters gone, every run of white space one space, trimmed.
pub(crate) fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_whitespace() {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        } else if !is_invisible(c) {
            out.push(c);
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Keeps a paragraph when it says something.
pub(crate) fn push(out: &mut Vec<String>, text: &str) {
    let text = line(text);
    if text.chars().any(char::is_alphanumeric) {
        out.push(text);
    }
}

/// Whether a reader cannot see a character although it is there: controls, zero-width characters,
/// bidirectional controls, variation selectors and tags. Text can be smuggled in them. The arrow
/// back from a footnote is seen, but says nothing where there is nothing to go back to.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || c == '\u{21A9}'
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
            | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFD}' | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{E0000}'..='\u{E0FFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, want: &str) {
        assert_eq!(line(text), want, "{text:?}");
    }

    #[test]
    fn what_cannot_be_seen_is_gone() {
        check("zero\u{200B}width\u{FEFF}", "zerowidth");
        check("soft\u{AD}hyphen", "softhyphen");
        check("\u{202E}abc\u{202C}", "abc");
        check("tag\u{E0041}\u{E0042}s", "tags");
        check("bell\u{7}", "bell");
        check("broken \u{FFFD}byte", "broken byte");
        check("join\u{2060}er", "joiner");
        check("A note. \u{21A9}\u{FE0E}", "A note.");
    }

    #[test]
    fn white_space_is_one_space() {
        check("  a\u{A0}\t b\n\nc \u{3000}", "a b c");
        check(" \u{200B} ", "");
        check("a \u{200B} b", "a b");
    }
}
