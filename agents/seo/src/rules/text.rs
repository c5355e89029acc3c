//! The article as a reader meets it: sentences, words, stretches.

use galley_schemas::content::{Article, Role, Section};

/// Ends of words after which a full stop ends no sentence.
const ABBREVIATIONS: [&str; 20] = [
    "mr", "mrs", "ms", "dr", "prof", "st", "vs", "etc", "e.g", "i.e", "u.s", "no", "inc", "bzw",
    "z.b", "d.h", "nr", "p.ex", "m", "sr",
];

/// How many words a text has, as a reader counts them.
pub(crate) fn count_words(text: &str) -> usize {
    text.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count()
}

/// The sentences of a text as a reader sees them: a quotation may bring several.
pub(crate) fn split_sentences(text: &str) -> Vec<&str> {
    let (mut sentences, mut start) = (Vec::new(), 0);
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if !matches!(c, '.' | '!' | '?' | '\u{2026}') {
            continue;
        }
        let mut end = at + c.len_utf8();
        while let Some((_, mark)) = chars.next_if(|(_, c)| is_closing(*c)) {
            end += mark.len_utf8();
        }
        let rest = text.get(end..).unwrap_or_default();
        let next = rest.trim_start().chars().next();
        let is_end = rest.starts_with(char::is_whitespace)
            && next.is_some_and(|c| c.is_uppercase() || c.is_numeric() || is_opening(c))
            && !(c == '.' && ends_in_abbreviation(text.get(start..at).unwrap_or_default()));
        if is_end {
            sentences.extend(text.get(start..end).map(str::trim));
            start = end;
        }
    }
    sentences.extend(text.get(start..).map(str::trim));
    sentences.retain(|sentence| !sentence.is_empty());
    sentences
}

const fn is_closing(c: char) -> bool {
    matches!(c, '\u{201d}' | '\u{2019}' | '"' | ')' | '.' | '!' | '?' | '\u{2026}')
}

const fn is_opening(c: char) -> bool {
    matches!(c, '\u{201c}' | '\u{2018}' | '"' | '(' | '\u{bf}' | '\u{a1}')
}

fn ends_in_abbreviation(text: &str) -> bool {
    let last = text.rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or_default();
    let last = last.to_lowercase();
    ABBREVIATIONS.contains(&last.as_str())
        || (last.chars().count() == 1 && last.chars().all(char::is_alphabetic))
}

/// The text of a section, its paragraphs apart.
pub(crate) fn paragraphs(section: &Section) -> impl Iterator<Item = String> {
    section.paragraphs.iter().map(|paragraph| {
        let texts: Vec<&str> = paragraph.sentences.iter().map(|s| s.text.as_str()).collect();
        texts.join(" ")
    })
}

/// Every sentence of the article as a reader sees them.
pub(crate) fn sentences(article: &Article) -> Vec<String> {
    article
        .sections
        .iter()
        .flat_map(paragraphs)
        .flat_map(|text| split_sentences(&text).into_iter().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

/// How many words the article has; headings do not count.
pub(crate) fn words_of(article: &Article) -> usize {
    article.sections.iter().flat_map(paragraphs).map(|text| count_words(&text)).sum()
}

/// Whether the sentence is the article's own: it neither states nor quotes.
pub(crate) const fn is_own(role: Role) -> bool {
    matches!(role, Role::Link | Role::Comment)
}

/// The text with its first letter as a capital.
pub(crate) fn upper_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// One count as a share of another, in per cent; of nothing, it is 0.
pub(crate) fn percent(part: usize, whole: usize) -> f64 {
    let count = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    100.0 * count(part) / count(whole.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_seen_as_a_reader_sees_them() {
        let text = "It says: \u{201c}One is. Two are.\u{201d} Dr. Low paid 3.5 dollars. \u{201c}Why?\u{201d} The U.S. office";
        assert_eq!(
            split_sentences(text),
            [
                "It says: \u{201c}One is.",
                "Two are.\u{201d}",
                "Dr. Low paid 3.5 dollars.",
                "\u{201c}Why?\u{201d}",
                "The U.S. office"
            ]
        );
    }
}
