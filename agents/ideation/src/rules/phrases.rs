//! The phrases that documents share: runs of words between stop words and punctuation, as in RAKE
//! (Rose et al., 2010), that stand in at least two documents, weighed by tf-idf.

use std::collections::{BTreeMap, BTreeSet};

use galley_agents_knowledge::words::{Language, fold, words};

use crate::rules::reading::{Passage, Reading};

/// Most words of a phrase.
const WORDS_MAX: usize = 3;

/// Words that only count or measure.
const NUMBERS: &[&str] = &[
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "twelve",
    "hundred",
    "hundreds",
    "thousand",
    "thousands",
    "million",
    "billion",
    "percent",
    "second",
    "third",
    "zwei",
    "drei",
    "vier",
    "fünf",
    "deux",
    "trois",
    "quatre",
    "cinq",
    "dos",
    "tres",
    "cuatro",
    "cinco",
    "kilogram",
    "kilograms",
    "kilogramm",
    "kilogrammes",
    "kilogramos",
    "gramm",
    "liter",
    "litres",
    "litros",
    "tonnen",
    "prozent",
];

/// A phrase of the documents.
#[derive(Debug, Clone, PartialEq)]
pub struct Phrase {
    /// As it is written most often.
    pub text: String,
    /// The stems of its words.
    pub stems: Vec<String>,
    /// How telling it is for the passages it was taken from; higher is better.
    pub weight: f64,
    /// In how many documents it stands, among those passages.
    pub documents: usize,
}

#[derive(Debug, Default)]
struct Tally {
    count: f64,
    documents: BTreeSet<usize>,
    written: BTreeMap<String, usize>,
}

/// The phrases that at least two documents share, most telling first.
#[must_use]
pub fn harvest(reading: &Reading, passages: &[&Passage]) -> Vec<Phrase> {
    let mut tallies: BTreeMap<Vec<String>, Tally> = BTreeMap::new();
    for passage in passages {
        for run in runs(reading, &passage.text) {
            for length in 1..=WORDS_MAX {
                for window in run.windows(length) {
                    let stems = window.iter().map(|(_, stem)| stem.clone()).collect();
                    let tally = tallies.entry(stems).or_default();
                    tally.count += 0.3 + passage.relevance;
                    tally.documents.insert(passage.document);
                    let written =
                        window.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(" ");
                    *tally.written.entry(written).or_default() += 1;
                }
            }
        }
    }
    let mut phrases: Vec<Phrase> = tallies
        .into_iter()
        .filter(|(stems, tally)| tally.documents.len() >= 2 && is_phrase(stems))
        .map(|(stems, tally)| phrase(reading, stems, &tally))
        .collect();
    phrases.sort_by(|one, other| {
        other.weight.total_cmp(&one.weight).then(one.stems.cmp(&other.stems))
    });
    without_fragments(phrases)
}

fn phrase(reading: &Reading, stems: Vec<String>, tally: &Tally) -> Phrase {
    let rarity = stems.iter().map(|stem| reading.rarity(stem)).sum::<f64>() / stems.len() as f64;
    let spread = (tally.documents.len() as f64).ln_1p();
    let weight =
        (1.0 + tally.count.ln_1p()) * (0.2 + rarity) * spread * (stems.len() as f64).powf(0.7);
    let mut written: Vec<(&String, &usize)> = tally.written.iter().collect();
    written.sort_by(|one, other| other.1.cmp(one.1).then(one.0.cmp(other.0)));
    let text = written.first().map_or_else(String::new, |(text, _)| plain(text, reading.language));
    Phrase { text, stems, weight, documents: tally.documents.len() }
}

/// In small letters, save acronyms. German writes its nouns large, so there a phrase stays as it is
/// written most often; French and Spanish keep the names inside it. In English a large letter may as
/// well come from a title.
fn plain(text: &str, language: Language) -> String {
    let word = |(place, word): (usize, &str)| {
        let acronym = word.chars().filter(|c| c.is_uppercase()).count() > 1;
        let is_kept = match language {
            Language::German => true,
            Language::French | Language::Spanish => place > 0,
            Language::English | Language::Other => false,
        };
        if acronym || is_kept { word.to_owned() } else { fold(word) }
    };
    text.split(' ').enumerate().map(word).collect::<Vec<_>>().join(" ")
}

fn is_phrase(stems: &[String]) -> bool {
    let distinct: BTreeSet<&String> = stems.iter().collect();
    let long_enough = stems.len() > 1 || stems.iter().all(|stem| stem.chars().count() > 1);
    distinct.len() == stems.len() && long_enough
}

impl Phrase {
    /// Whether it can name a thing: a single adjective cannot.
    #[must_use]
    pub fn is_name(&self) -> bool {
        let adjective = ["al", "ive", "ic", "ous", "ful", "able", "less", "ated"]
            .iter()
            .any(|end| self.text.ends_with(end));
        self.stems.len() > 1 || !adjective
    }
}

/// Leaves out a phrase that hardly ever stands without a longer one that was kept.
fn without_fragments(phrases: Vec<Phrase>) -> Vec<Phrase> {
    let mut kept: Vec<Phrase> = Vec::new();
    for phrase in phrases {
        let inside = kept.iter().any(|longer| {
            longer.stems.len() > phrase.stems.len()
                && longer.documents * 2 >= phrase.documents
                && longer.stems.windows(phrase.stems.len()).any(|window| window == phrase.stems)
        });
        if !inside {
            kept.push(phrase);
        }
    }
    kept
}

/// The runs of words of a text that carry a subject, with their stems. Punctuation, stop words and
/// numbers end a run.
fn runs<'t>(reading: &Reading, text: &'t str) -> Vec<Vec<(&'t str, String)>> {
    let language = reading.language;
    let mut runs = Vec::new();
    let mut run: Vec<(&str, String)> = Vec::new();
    let mut end = 0;
    for (at, word) in words(text) {
        let gap = text.get(end..at).unwrap_or_default();
        end = at + word.len();
        if !matches!(gap, " " | "-" | "") {
            runs.push(std::mem::take(&mut run));
        }
        let folded = fold(word);
        let carries = !language.is_stop(&folded)
            && !NUMBERS.contains(&folded.as_str())
            && word.chars().all(|c| c.is_alphabetic() || c == '\'' || c == '’');
        if carries {
            run.push((word, language.stem(&folded)));
        } else {
            runs.push(std::mem::take(&mut run));
        }
    }
    runs.push(run);
    runs.retain(|run| !run.is_empty());
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nouns_and_names_keep_their_capital_where_the_language_has_them() {
        for (language, want) in [
            (Language::English, "kilogramm honig"),
            (Language::German, "Kilogramm Honig"),
            (Language::French, "kilogramm Honig"),
        ] {
            assert_eq!(plain("Kilogramm Honig", language), want);
        }
        assert_eq!(plain("AI Chatbots", Language::English), "AI chatbots");
    }
}
