//! How hard the text is to read.

use galley_agents_knowledge::words::{Language, words};
use galley_schemas::content::{Finding, Severity};

use super::material::{Case, at};
use super::text::{count_words, share};
use crate::config::Config;

/// What was measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Measure {
    /// Words of a sentence on average.
    pub(crate) sentence_words: f64,
    /// Flesch reading ease; none where there is no formula for the language.
    pub(crate) reading_ease: Option<f64>,
}

/// Measures the text, quotations with it: the reader reads them too.
pub(crate) fn measure(case: &Case<'_>) -> Measure {
    let (mut sentences, mut all_words, mut syllables) = (0, 0, 0);
    for placed in case.sentences() {
        let text = &placed.sentence.text;
        sentences += ends(text).max(1);
        all_words += count_words(text);
        syllables += words(text).map(|(_, word)| syllables_of(word)).sum::<usize>();
    }
    let sentence_words = share(all_words, sentences);
    let syllables = share(syllables, all_words);
    // Flesch (1948) for English; Amstad (1978) for German.
    let reading_ease = match case.language {
        Language::English => Some(206.835 - 1.015 * sentence_words - 84.6 * syllables),
        Language::German => Some(180.0 - sentence_words - 58.5 * syllables),
        Language::French | Language::Spanish | Language::Other => None,
    };
    Measure { sentence_words, reading_ease }
}

/// A text that is too hard.
pub(crate) fn check(measure: Measure, config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    if measure.sentence_words > config.sentence_words_max {
        let advice =
            format!("sentences have {:.0} words on average; shorten them", measure.sentence_words);
        findings.push(at(None, "long_sentences", Severity::Note, advice));
    }
    if let Some(ease) = measure.reading_ease.filter(|ease| *ease < config.reading_ease_min) {
        let advice = format!("reading ease is {ease:.0}; use shorter words and sentences");
        findings.push(at(None, "hard_to_read", Severity::Note, advice));
    }
    findings
}

/// How many sentences a text holds: a quotation may bring several.
fn ends(text: &str) -> usize {
    let mut count = 0;
    let mut chars = text.chars().peekable();
    let mut last_word = 0;
    while let Some(c) = chars.next() {
        if c.is_alphanumeric() {
            last_word += 1;
        } else if matches!(c, '.' | '!' | '?') {
            let next = chars.peek().copied();
            // A single letter before the stop is an initial.
            let closes = next
                .is_none_or(|next| next.is_whitespace() || matches!(next, '\u{201d}' | '"' | ')'));
            count += usize::from(closes && last_word > 1);
        } else {
            last_word = 0;
        }
    }
    count
}

/// Groups of vowels, without a silent e at the end: near enough for an average.
fn syllables_of(word: &str) -> usize {
    let is_vowel =
        |c: char| "aeiouy\u{e4}\u{f6}\u{fc}\u{e9}\u{e8}\u{ea}\u{e1}\u{ed}\u{f3}\u{fa}".contains(c);
    let folded = word.to_lowercase();
    let mut groups = 0;
    let mut was_vowel = false;
    for c in folded.chars() {
        groups += usize::from(is_vowel(c) && !was_vowel);
        was_vowel = is_vowel(c);
    }
    let is_silent = folded.ends_with('e') && !folded.ends_with("le") && groups > 1;
    (groups - usize::from(is_silent)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syllables_are_near_enough() {
        for (word, want) in
            [("cat", 1), ("table", 2), ("make", 1), ("customer", 3), ("the", 1), ("b", 1)]
        {
            assert_eq!(syllables_of(word), want, "{word}");
        }
    }

    #[test]
    fn a_quotation_may_bring_several_sentences() {
        assert_eq!(ends("It says: \u{201c}One is. Two are.\u{201d}"), 2);
        assert_eq!(ends("J. Doe paid 3.5 dollars."), 1);
    }
}
