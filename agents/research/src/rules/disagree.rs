//! Where two claims do not agree: the same matter with other numbers, or said and denied.
//!
//! This finds few, and means to: a disagreement that is none would embarrass more than one missed.

use std::collections::BTreeSet;

use galley_agents_knowledge::words::{Language, fold, words};

use crate::rules::numbers::{Number, figures};

/// Two claims are about the same matter when they share at least this share of the shorter one's terms …
const SHARED_MIN: f64 = 0.6;
/// … and at least so many terms.
const TERMS_MIN: usize = 4;

/// What two statements disagree on, if they do.
#[must_use]
pub fn disagreement(language: Language, one: &str, other: &str) -> Option<String> {
    let (left, right) = (matter(language, one), matter(language, other));
    let common: BTreeSet<&String> = left.intersection(&right).collect();
    let shorter = left.len().min(right.len());
    if common.len() < TERMS_MIN || (common.len() as f64) < SHARED_MIN * shorter as f64 {
        return None;
    }
    let numbers = differing_number(&figures(one), &figures(other));
    let denied = denials(one).min(1) != denials(other).min(1);
    numbers.or_else(|| denied.then(|| about(one, language, &common)))
}

/// What a statement is about: its terms without numbers.
fn matter(language: Language, text: &str) -> BTreeSet<String> {
    let terms = language.terms(text).into_iter();
    terms.filter(|term| !term.starts_with(|c: char| c.is_ascii_digit())).collect()
}

/// The unit that both count, when they count it differently.
fn differing_number(one: &[Number], other: &[Number]) -> Option<String> {
    let ([first], [second]) = (one, other) else { return None };
    let same_unit = first.unit == second.unit && !first.unit.is_empty();
    (same_unit && first.text != second.text)
        .then(|| format!("{} or {} {}", first.text, second.text, first.unit).replace(" %", "%"))
}

/// How many words of a text deny something.
#[must_use]
pub fn denials(text: &str) -> usize {
    let is_denial = |word: &str| NEGATIONS.contains(&word) || word.ends_with("n't");
    words(text).filter(|(_, word)| is_denial(&fold(word))).count()
}

const NEGATIONS: [&str; 16] = [
    "not", "never", "no", "cannot", "without", "nicht", "kein", "keine", "keinen", "nie", "pas",
    "jamais", "aucun", "nunca", "ningún", "sin",
];

/// The first three words that both share, as the first statement writes them.
fn about(text: &str, language: Language, common: &BTreeSet<&String>) -> String {
    let shared = words(text)
        .map(|(_, word)| fold(word))
        .filter(|word| common.contains(&language.stem(word)) && !language.is_stop(word));
    shared.take(3).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(one: &str, other: &str, want: Option<&str>) {
        assert_eq!(disagreement(Language::English, one, other).as_deref(), want, "{one} / {other}");
        assert_eq!(disagreement(Language::English, other, one).is_some(), want.is_some());
    }

    #[test]
    fn the_same_matter_with_another_number_disagrees() {
        check(
            "Roasted coffee beans lose about 15 percent of their weight.",
            "Coffee beans lose 20% of their weight when roasted.",
            Some("15 or 20%"),
        );
    }

    #[test]
    fn what_one_says_and_the_other_denies_disagrees() {
        check(
            "Dark roasted beans contain more caffeine than light roasted beans.",
            "Dark roasted beans do not contain more caffeine than light roasted beans.",
            Some("dark roasted beans"),
        );
    }

    #[test]
    fn other_matters_and_other_units_do_not() {
        check("The office answered 20 calls.", "The bot answered 30 emails in a week.", None);
        check(
            "Roasted coffee beans lose 15% of their weight.",
            "Roasted coffee beans lose 15% of their weight.",
            None,
        );
        check(
            "Roasted coffee beans lose 15 percent of their weight.",
            "Roasted coffee beans lose weight in 12 minutes.",
            None,
        );
    }
}
