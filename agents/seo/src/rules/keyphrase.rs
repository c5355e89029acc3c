//! Where the keyphrase stands. Its content words match in any form and any order.

use std::collections::BTreeSet;

use galley_agents_knowledge::words::{Language, fold};

/// A keyphrase, ready to be looked for.
#[derive(Debug, Clone)]
pub(crate) struct Keyphrase {
    /// As it was given.
    pub(crate) text: String,
    /// The stems of its content words, each once.
    pub(crate) stems: BTreeSet<String>,
    language: Language,
}

impl Keyphrase {
    /// Reads a keyphrase.
    pub(crate) fn new(text: &str, language: Language) -> Self {
        let stems = language.terms(text).into_iter().collect();
        Self { text: text.trim().to_owned(), stems, language }
    }

    /// How often the whole phrase stands in a text: as often as its rarest word.
    pub(crate) fn count(&self, text: &str) -> usize {
        let terms = self.language.terms(text);
        let times = |stem: &String| terms.iter().filter(|term| *term == stem).count();
        self.stems.iter().map(times).min().unwrap_or(0)
    }

    /// Which share of its words a text has, in per cent.
    pub(crate) fn covered(&self, text: &str) -> f64 {
        let terms: BTreeSet<String> = self.language.terms(text).into_iter().collect();
        super::text::percent(self.stems.intersection(&terms).count(), self.stems.len())
    }

    /// Whether all its words stand in a text.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        self.count(text) > 0
    }

    /// Whether it stands in a text word for word.
    pub(crate) fn is_verbatim_in(&self, text: &str) -> bool {
        !self.text.is_empty() && fold(text).contains(&fold(&self.text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyphrase_matches_in_any_form_and_order() {
        let phrase = Keyphrase::new("customer service chatbots", Language::English);
        assert!(phrase.is_in("A chatbot serves? No: services to customers by a chatbot."));
        assert!(!phrase.is_in("A chatbot for customers."));
        assert!(phrase.covered("A chatbot for customers.") > 60.0);
        assert_eq!(
            phrase.count("chatbots, customer service; service by chatbot for a customer"),
            2
        );
        assert!(phrase.is_verbatim_in("On Customer Service Chatbots"));
        assert_eq!(Keyphrase::new("the of", Language::English).count("the of"), 0);
    }
}
