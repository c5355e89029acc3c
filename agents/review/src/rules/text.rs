//! Small things about words, numbers and quotation marks.

use std::collections::BTreeSet;

use galley_agents_knowledge::words::{Language, fold, words};

use super::lexicon::Lexicon;

/// A stretch of a sentence, inside or outside of quotation marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stretch<'a> {
    /// The article's own words.
    Own(&'a str),
    /// What stands between curly quotation marks at the outermost level, without the marks.
    Quoted(&'a str),
}

/// Cuts a sentence at its quotation marks. A mark that never closes quotes to the end.
pub(crate) fn stretches(text: &str) -> Vec<Stretch<'_>> {
    let (mut cut, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    for (at, c) in text.char_indices() {
        match c {
            '\u{201c}' => {
                if depth == 0 {
                    cut.push(Stretch::Own(text.get(start..at).unwrap_or_default()));
                    start = at + c.len_utf8();
                }
                depth += 1;
            }
            '\u{201d}' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    cut.push(Stretch::Quoted(text.get(start..at).unwrap_or_default()));
                    start = at + c.len_utf8();
                }
            }
            _ => {}
        }
    }
    let rest = text.get(start..).unwrap_or_default();
    cut.push(if depth > 0 { Stretch::Quoted(rest) } else { Stretch::Own(rest) });
    cut.retain(|stretch| !matches!(stretch, Stretch::Own("") | Stretch::Quoted("")));
    cut
}

/// The quoted stretches.
pub(crate) fn quoted(text: &str) -> Vec<&str> {
    let only = |stretch| match stretch {
        Stretch::Quoted(text) => Some(text),
        Stretch::Own(_) => None,
    };
    stretches(text).into_iter().filter_map(only).collect()
}

/// The article's own words in a sentence, in one piece.
pub(crate) fn own(text: &str) -> String {
    let only = |stretch| match stretch {
        Stretch::Own(text) => Some(text),
        Stretch::Quoted(_) => None,
    };
    stretches(text).into_iter().filter_map(only).collect::<Vec<_>>().join(" ")
}

/// How many words a text has, as a reader counts them.
pub(crate) fn count_words(text: &str) -> usize {
    text.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count()
}

/// The folded words of a text, in order.
pub(crate) fn folded(text: &str) -> Vec<String> {
    words(text).map(|(_, word)| fold(word)).collect()
}

/// The numbers of a text in digits, without separators of thousands.
pub(crate) fn numbers(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_ascii_digit() && c != '.' && c != ',')
        .map(|number| number.trim_matches(['.', ',']).replace(',', ""))
        .filter(|number| !number.is_empty())
        .collect()
}

/// A single word as a number in digits, when it is written in digits.
pub(crate) fn number(word: &str) -> Option<String> {
    let plain = word.trim_matches(['.', ',']).replace(',', "");
    let is_number = plain.starts_with(|c: char| c.is_ascii_digit())
        && plain.chars().all(|c| c.is_ascii_digit() || c == '.');
    is_number.then_some(plain)
}

/// The numbers of a text, those in words of its language with them.
pub(crate) fn numbers_and_words(text: &str, language: Language) -> BTreeSet<String> {
    let mut found = numbers(text);
    if let Some(lexicon) = Lexicon::of(language) {
        found.extend(folded(text).iter().filter_map(|word| lexicon.number(word)));
    }
    found
}

/// Whether brackets and curly quotation marks open and close in order, and straight ones in pairs.
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

/// Whether a phrase stands in a text as whole words; both folded.
pub(crate) fn holds_phrase(text: &str, phrase: &str) -> bool {
    text.match_indices(phrase).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + phrase.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

/// One count as a share of another; of nothing, it is 0.
pub(crate) fn share(part: usize, whole: usize) -> f64 {
    let count = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    count(part) / count(whole.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_cut_at_its_outermost_marks() {
        let text = "A: \u{201c}b \u{201c}c\u{201d} d\u{201d} e.";
        assert_eq!(
            stretches(text),
            [Stretch::Own("A: "), Stretch::Quoted("b \u{201c}c\u{201d} d"), Stretch::Own(" e.")]
        );
        assert_eq!(quoted("\u{201c}never closed"), ["never closed"]);
        assert_eq!(own(text), "A:   e.");
    }

    #[test]
    fn numbers_lose_their_separators_and_words_become_digits() {
        let found = numbers_and_words("Two of 1,500 (3.5 %) in 2016.", Language::English);
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["1500", "2", "2016", "3.5"]);
    }

    #[test]
    fn a_phrase_is_found_as_whole_words() {
        assert!(holds_phrase("so, the poor pay", "the poor"));
        assert!(!holds_phrase("the poorest", "the poor"));
    }
}
