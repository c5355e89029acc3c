//! Small things about words and sentences.

use galley_agents_knowledge::words::fold;

/// How many words a text has, as a reader counts them: runs of letters and digits between spaces.
pub(crate) fn count_words(text: &str) -> usize {
    text.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count()
}

/// The text with its first letter as a capital.
pub(crate) fn upper_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// The first word, folded, without the quotation mark before it.
pub(crate) fn first_word(text: &str) -> String {
    let word = text.split_whitespace().next().unwrap_or_default();
    fold(word.trim_matches(|c: char| !c.is_alphanumeric()))
}

/// FNV-1a, 64 bits: spreads choices evenly, the same on every machine.
pub(crate) fn hash(parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Whether round and curly brackets and quotation marks open and close in order.
pub(crate) fn is_balanced(text: &str) -> bool {
    let mut open = Vec::new();
    for c in text.chars() {
        match c {
            '(' | '[' | '\u{201c}' => open.push(c),
            ')' if open.pop() != Some('(') => return false,
            ']' if open.pop() != Some('[') => return false,
            '\u{201d}' if open.pop() != Some('\u{201c}') => return false,
            _ => {}
        }
    }
    open.is_empty() && text.matches('"').count().is_multiple_of(2)
}

/// What stands between curly quotation marks at the outermost level, without the marks.
pub(crate) fn quoted_spans(text: &str) -> Vec<&str> {
    let (mut spans, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    for (at, c) in text.char_indices() {
        match c {
            '\u{201c}' => {
                if depth == 0 {
                    start = at + c.len_utf8();
                }
                depth += 1;
            }
            '\u{201d}' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    spans.extend(text.get(start..at));
                }
            }
            _ => {}
        }
    }
    spans
}

/// The text without what stands between curly quotation marks.
pub(crate) fn outside_quotes(text: &str) -> String {
    let mut depth = 0_usize;
    let mut outside = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{201c}' => depth += 1,
            '\u{201d}' => depth = depth.saturating_sub(1),
            c if depth == 0 => outside.push(c),
            _ => {}
        }
    }
    outside
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_counted_as_a_reader_counts_them() {
        assert_eq!(count_words("In 2016 \u{2013} or so \u{2013} it\u{2019}s 3.5 %."), 6);
        assert_eq!(count_words(""), 0);
    }

    #[test]
    fn brackets_and_quotes_balance_in_order() {
        for (text, want) in [
            ("a (b) \u{201c}c\u{201d}", true),
            ("a (b", false),
            ("b) a (", false),
            ("\u{201d}", false),
            ("say \"x\"", true),
            ("6\" wide", false),
        ] {
            assert_eq!(is_balanced(text), want, "{text}");
        }
    }

    #[test]
    fn spans_are_cut_at_the_outermost_marks() {
        let text = "A: \u{201c}b \u{201c}c\u{201d} d\u{201d} e \u{201c}f\u{201d}";
        assert_eq!(quoted_spans(text), ["b \u{201c}c\u{201d} d", "f"]);
        assert_eq!(outside_quotes(text), "A:  e ");
    }

    #[test]
    fn the_first_word_is_seen_through_its_quotation_mark() {
        assert_eq!(first_word("\u{201c}The end\u{201d}"), "the");
        assert_eq!(upper_first("\u{e9}t\u{e9}"), "\u{c9}t\u{e9}");
    }
}
