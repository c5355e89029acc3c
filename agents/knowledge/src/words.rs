//! Words as the ranking sees them: cut, folded, without the ones that carry no subject, stemmed.
//!
//! Cutting follows Unicode (UAX 29). The stemmers are light on purpose: they fold plurals and the
//! commonest endings, in the spirit of Harman's "S" stemmer (1991) and Savoy's light stemmers for
//! German, French and Spanish (2006). A light stemmer seldom joins words that have nothing in common,
//! which matters more here than finding every form.

mod stem;
mod stop;

use unicode_segmentation::UnicodeSegmentation;

/// A language, as far as the rules know it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// German.
    German,
    /// French.
    French,
    /// Spanish.
    Spanish,
    /// Any other: no stop words, no stemming.
    Other,
}

impl Language {
    /// The language of an ISO 639-1 code, with or without a region: `en`, `de-AT`.
    #[must_use]
    pub fn of(code: &str) -> Self {
        match code.get(..2).unwrap_or_default().to_ascii_lowercase().as_str() {
            "en" => Self::English,
            "de" => Self::German,
            "fr" => Self::French,
            "es" => Self::Spanish,
            _ => Self::Other,
        }
    }

    /// Whether a folded word carries no subject.
    #[must_use]
    pub fn is_stop(self, folded: &str) -> bool {
        let list = match self {
            Self::English => stop::EN,
            Self::German => stop::DE,
            Self::French => stop::FR,
            Self::Spanish => stop::ES,
            Self::Other => &[],
        };
        list.binary_search(&folded).is_ok()
    }

    /// The stem of a folded word.
    #[must_use]
    pub fn stem(self, folded: &str) -> String {
        match self {
            Self::English => stem::english(folded),
            Self::German => stem::german(folded),
            Self::French => stem::french(folded),
            Self::Spanish => stem::spanish(folded),
            Self::Other => folded.to_owned(),
        }
    }

    /// The stems of a text's words, in order, without those that carry no subject.
    #[must_use]
    pub fn terms(self, text: &str) -> Vec<String> {
        words(text)
            .map(|(_, word)| fold(word))
            .filter(|folded| !self.is_stop(folded))
            .map(|folded| self.stem(&folded))
            .collect()
    }
}

/// Whether a folded word carries no subject in any language that the rules know.
#[must_use]
pub fn is_stop_anywhere(folded: &str) -> bool {
    [stop::EN, stop::DE, stop::FR, stop::ES].iter().any(|list| list.binary_search(&folded).is_ok())
}

/// The words of a text with the byte each starts at; numbers are words, punctuation is none.
pub fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.unicode_word_indices()
}

/// A word in lower case with one sort of apostrophe.
#[must_use]
pub fn fold(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase();
    }
    word.chars()
        .flat_map(char::to_lowercase)
        .map(|c| if c == '\u{2019}' { '\'' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stop_lists_are_sorted_so_that_binary_search_holds() {
        for list in [stop::EN, stop::DE, stop::FR, stop::ES] {
            assert!(list.is_sorted());
        }
    }

    #[test]
    fn terms_are_the_stems_of_the_words_that_carry_a_subject() {
        let terms = Language::English
            .terms("The chatbots that don\u{2019}t answer customers' 3.5 questions");
        assert_eq!(terms, ["chatbot", "answer", "customer", "3.5", "question"]);
    }

    #[test]
    fn a_code_may_carry_a_region() {
        assert_eq!(Language::of("de-AT"), Language::German);
        assert_eq!(Language::of("EN"), Language::English);
        assert_eq!(Language::of("pt"), Language::Other);
        assert_eq!(Language::of(""), Language::Other);
    }
}
