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
    /// Reading ease by the formula of the language, 100 for very easy; none where there is no formula.
    pub(crate) reading_ease: Option<f64>,
    /// The upper ends of the formula's bands, hardest first.
    bands: [f64; 5],
}

/// Flesch's own bands, which Amstad and Kandel took over.
const FLESCH: [f64; 5] = [30.0, 50.0, 60.0, 70.0, 90.0];
/// The INFLESZ scale (Barrio-Cantalejo and others, 2008).
const INFLESZ: [f64; 5] = [15.0, 40.0, 55.0, 65.0, 80.0];

impl Measure {
    /// What its readers need, in words.
    pub(crate) fn band(&self) -> &'static str {
        const NAMES: [&str; 6] =
            ["very difficult", "difficult", "fairly difficult", "standard", "easy", "very easy"];
        let ease = self.reading_ease.unwrap_or_default();
        let place = self.bands.iter().position(|end| ease < *end).unwrap_or(self.bands.len());
        NAMES.get(place).copied().unwrap_or_default()
    }
}

/// Measures the text, quotations with it: the reader reads them too.
pub(crate) fn measure(case: &Case<'_>) -> Measure {
    let (mut sentences, mut all_words, mut syllables) = (0, 0, 0);
    for placed in case.sentences() {
        let text = &placed.sentence.text;
        sentences += ends(text).max(1);
        all_words += count_words(text);
        syllables += words(text).map(|(_, word)| syllables_of(word, case.language)).sum::<usize>();
    }
    let sentence_words = share(all_words, sentences);
    let syllables = share(syllables, all_words);
    // Flesch (1948) for English; Amstad (1978) for German; Kandel and Moles (1958) for French;
    // Szigriszt-Pazos (1993) for Spanish.
    let reading_ease = match case.language {
        Language::English => Some(206.835 - 1.015 * sentence_words - 84.6 * syllables),
        Language::German => Some(180.0 - sentence_words - 58.5 * syllables),
        Language::French => Some(207.0 - 1.015 * sentence_words - 73.6 * syllables),
        Language::Spanish => Some(206.835 - sentence_words - 62.3 * syllables),
        Language::Other => None,
    };
    let bands = if case.language == Language::Spanish { INFLESZ } else { FLESCH };
    Measure { sentence_words, reading_ease, bands }
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

/// Groups of vowels: near enough for an average. English and French do not speak an e at the end;
/// Spanish parts two open vowels.
fn syllables_of(word: &str, language: Language) -> usize {
    const OPEN: &str = "aeo\u{e1}\u{e9}\u{ed}\u{f3}\u{fa}";
    let is_vowel = |c: char| {
        "aeiouy\u{e4}\u{f6}\u{fc}\u{e9}\u{e8}\u{ea}\u{eb}\u{e0}\u{e2}\u{ee}\u{ef}\u{f4}\u{f9}\u{fb}\u{e1}\u{ed}\u{f3}\u{fa}\u{153}\u{e6}".contains(c)
    };
    let folded = word.to_lowercase();
    let mut groups = 0;
    let mut before: Option<char> = None;
    for c in folded.chars() {
        let joins = before.is_some_and(|before| {
            let parts = language == Language::Spanish && OPEN.contains(before) && OPEN.contains(c);
            is_vowel(before) && !parts
        });
        groups += usize::from(is_vowel(c) && !joins);
        before = Some(c);
    }
    let is_silent = match language {
        Language::English | Language::Other => folded.ends_with('e') && !folded.ends_with("le"),
        Language::French => folded.ends_with('e') || folded.ends_with("es"),
        Language::German | Language::Spanish => false,
    };
    (groups - usize::from(is_silent && groups > 1)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syllables_are_near_enough() {
        let (en, de, fr, es) =
            (Language::English, Language::German, Language::French, Language::Spanish);
        for (language, word, want) in [
            (en, "cat", 1),
            (en, "table", 2),
            (en, "make", 1),
            (en, "customer", 3),
            (en, "the", 1),
            (en, "b", 1),
            (de, "Biene", 2),
            (fr, "fromage", 2),
            (fr, "caves", 1),
            (es, "aceite", 3),
            (es, "teatro", 3),
            (es, "cosecha", 3),
        ] {
            assert_eq!(syllables_of(word, language), want, "{word}");
        }
    }

    #[test]
    fn the_bands_are_those_of_the_language() {
        let band = |ease: f64, bands| {
            Measure { sentence_words: 10.0, reading_ease: Some(ease), bands }.band()
        };
        assert_eq!(band(65.0, FLESCH), "standard");
        assert_eq!(band(65.0, INFLESZ), "easy");
        assert_eq!((band(-5.0, FLESCH), band(120.0, FLESCH)), ("very difficult", "very easy"));
    }

    #[test]
    fn a_quotation_may_bring_several_sentences() {
        assert_eq!(ends("It says: \u{201c}One is. Two are.\u{201d}"), 2);
        assert_eq!(ends("J. Doe paid 3.5 dollars."), 1);
    }
}
