//! Plain text: paragraphs parted by blank lines, lines joined, list items on their own.

use super::{Draft, clean};

/// A line that could be a title is not longer.
const TITLE_CHARS_MAX: usize = 120;
/// Lines that are longer than this on average are paragraphs, not wrapped lines.
const WRAPPED_CHARS_MAX: usize = 120;

/// Takes the text out of a plain text file.
pub(crate) fn extract(text: &str) -> Draft {
    let paragraphs = paragraphs(text);
    let title = paragraphs.first().filter(|first| is_title(first)).cloned();
    Draft { title, paragraphs, ..Draft::default() }
}

/// Whether a line reads like a title and not like a sentence.
pub(crate) fn is_title(line: &str) -> bool {
    line.chars().count() <= TITLE_CHARS_MAX && !line.ends_with(['.', '!', '?', ':', ';', ','])
}

/// Paragraphs of text as people type it or as a page of a PDF gives it.
pub(crate) fn paragraphs(text: &str) -> Vec<String> {
    let text = text.replace("\r\n", "\n");
    let rows: Vec<&str> = text.split(['\n', '\r', '\u{C}', '\u{2029}']).map(str::trim).collect();
    let full = rows.iter().filter(|row| !row.is_empty()).count();
    let chars: usize = rows.iter().map(|row| row.chars().count()).sum();
    let is_wrapped = full > 0 && chars / full <= WRAPPED_CHARS_MAX;
    let mut out = Vec::new();
    let mut open = String::new();
    for row in rows {
        if row.is_empty() || !is_wrapped || starts_item(row) {
            clean::push(&mut out, &open);
            open.clear();
        }
        join(&mut open, without_mark(row));
    }
    clean::push(&mut out, &open);
    out
}

/// Adds a line to a paragraph; a word that was parted at the end of the line is made whole.
fn join(open: &mut String, row: &str) {
    let parted = open.ends_with('-')
        && open.chars().rev().nth(1).is_some_and(char::is_lowercase)
        && row.starts_with(char::is_lowercase);
    if parted {
        open.pop();
    } else if !open.is_empty() {
        open.push(' ');
    }
    open.push_str(row);
}

const MARKS: [&str; 9] = ["- ", "* ", "+ ", "• ", "– ", "▪ ", "◦ ", "‣ ", "● "];

/// Whether a line starts an item of a list: `- item`, `2. item`, `b) item`.
fn starts_item(row: &str) -> bool {
    let numbered = row.split_once(['.', ')']).is_some_and(|(number, rest)| {
        rest.starts_with(' ')
            && (1..=2).contains(&number.len())
            && (number.bytes().all(|b| b.is_ascii_digit())
                || (number.len() == 1 && number.bytes().all(|b| b.is_ascii_lowercase())))
    });
    numbered || MARKS.iter().any(|mark| row.starts_with(mark))
}

fn without_mark(row: &str) -> &str {
    MARKS.iter().find_map(|mark| row.strip_prefix(mark)).unwrap_or(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, want: &[&str]) {
        assert_eq!(paragraphs(text), want, "{text:?}");
    }

    #[test]
    fn wrapped_lines_are_joined() {
        check("one\ntwo\r\nthree\r\n\r\nfour", &["one two three", "four"]);
        check("a custo-\nmer and a well-\nKnown one", &["a customer and a well- Known one"]);
        check("page one\u{C}page two", &["page one page two"]);
    }

    #[test]
    fn long_lines_are_paragraphs() {
        let line = "word ".repeat(40);
        check(&format!("{line}\n{line}"), &[line.trim(), line.trim()]);
    }

    #[test]
    fn items_stand_alone() {
        check(
            "To do:\n- one\n  more\n* two\n1. three\nb) four",
            &["To do:", "one more", "two", "1. three", "b) four"],
        );
        check("In\n1999. It was", &["In 1999. It was"]);
    }

    #[test]
    fn a_first_line_that_is_no_sentence_is_the_title() {
        assert_eq!(extract("My notes\n\nText.").title.as_deref(), Some("My notes"));
        assert_eq!(extract("This is a sentence.\n\nText.").title, None);
    }
}
