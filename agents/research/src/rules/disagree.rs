//! Where two claims do not agree: the same matter with other quantities or years, said and denied, or
//! said to go the other way.
//!
//! This finds few, and means to: a disagreement that is none would embarrass more than one missed. What
//! two statements say of different years is a development and no disagreement.

use std::collections::BTreeSet;

use galley_agents_knowledge::words::{Language, fold, words};

use crate::rules::measures::{Measure, measures, years};

/// Two claims are about the same matter when they share at least this share of the shorter one's terms …
const SHARED_MIN: f64 = 0.6;
/// … and at least so many terms.
const TERMS_MIN: usize = 4;
/// Years and directions are common: there, this share of the shorter one's terms.
const NEARLY_ALL: f64 = 0.75;

/// What two statements disagree on, if they do.
#[must_use]
pub fn disagreement(language: Language, one: &str, other: &str) -> Option<String> {
    let (left, right) = (matter(language, one), matter(language, other));
    let common: BTreeSet<&String> = left.intersection(&right).collect();
    let shorter = left.len().min(right.len());
    let share = common.len() as f64 / shorter.max(1) as f64;
    if common.len() < TERMS_MIN || share < SHARED_MIN {
        return None;
    }
    let (first, second) = (years(one), years(other));
    let is_later = !first.is_empty() && !second.is_empty() && first != second;
    let quantity = (!is_later).then(|| quantity(&measures(one), &measures(other))).flatten();
    let denied = denials(one).min(1) != denials(other).min(1);
    let nearly = share >= NEARLY_ALL;
    quantity
        .or_else(|| year(&first, &second).filter(|_| nearly && measures(one).is_empty()))
        .or_else(|| (!is_later && denied).then(|| about(one, language, &common)))
        .or_else(|| direction(language, one, other).filter(|_| !is_later && nearly))
}

/// What a statement is about: its terms without numbers, scales and hedges.
fn matter(language: Language, text: &str) -> BTreeSet<String> {
    let terms = language.terms(text).into_iter();
    terms.filter(|term| !term.starts_with(|c: char| c.is_ascii_digit())).collect()
}

/// A unit that both count and that no value fits for both; said with both numbers.
fn quantity(one: &[Measure], other: &[Measure]) -> Option<String> {
    one.iter().find_map(|first| {
        let of_unit = |all: &[Measure]| all.iter().filter(|m| m.unit == first.unit).count();
        // With several of a unit, nobody knows which is which.
        if of_unit(one) > 1 || of_unit(other) > 1 {
            return None;
        }
        let second = other.iter().find(|second| second.unit == first.unit)?;
        (!first.meets(second))
            .then(|| format!("{} or {} {}", first.text, second.text, first.unit).replace(" %", "%"))
    })
}

/// The year that each names, when each names one and they differ.
fn year(one: &[u16], other: &[u16]) -> Option<String> {
    let ([first], [second]) = (one, other) else { return None };
    (first != second).then(|| format!("{first} or {second}"))
}

/// Two words that say the opposite, one in each, where both say it of the same.
fn direction(language: Language, one: &str, other: &str) -> Option<String> {
    let (left, right) = (folded(one), folded(other));
    let has = |words: &[String], wanted: &str| words.iter().any(|word| word == wanted);
    let opposite = OPPOSITES.iter().find_map(|(first, second)| {
        let ways = [(first, second), (second, first)];
        ways.into_iter().find(|(mine, theirs)| {
            has(&left, mine) && !has(&left, theirs) && has(&right, theirs) && !has(&right, mine)
        })
    });
    let (mine, theirs) = opposite?;
    // "A costs more than B" and "B costs less than A" agree: both must begin with the same.
    let first_term = |text: &str| language.terms(text).into_iter().next();
    (first_term(one) == first_term(other)).then(|| format!("{mine} or {theirs}"))
}

fn folded(text: &str) -> Vec<String> {
    words(text).map(|(_, word)| fold(word)).collect()
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

/// Words of which a statement can use one and another its opposite.
#[rustfmt::skip]
const OPPOSITES: &[(&str, &str)] = &[
    ("increase", "decrease"), ("increases", "decreases"), ("increased", "decreased"), ("increase", "reduce"),
    ("increases", "reduces"), ("increased", "reduced"), ("rise", "fall"), ("rises", "falls"), ("rose", "fell"),
    ("grow", "shrink"), ("grows", "shrinks"), ("grew", "shrank"), ("more", "less"), ("more", "fewer"),
    ("higher", "lower"), ("raise", "lower"), ("raises", "lowers"), ("improve", "worsen"), ("improves", "worsens"),
    ("improved", "worsened"), ("better", "worse"), ("faster", "slower"), ("safe", "unsafe"), ("safe", "dangerous"),
    ("effective", "ineffective"), ("possible", "impossible"), ("always", "never"), ("gain", "lose"),
    ("gains", "loses"), ("cheaper", "dearer"), ("easier", "harder"), ("causes", "prevents"), ("strengthens", "weakens"),
    ("steigt", "sinkt"), ("steigen", "sinken"), ("mehr", "weniger"), ("höher", "niedriger"), ("besser", "schlechter"),
    ("sicher", "unsicher"), ("augmente", "diminue"), ("plus", "moins"), ("meilleur", "pire"),
    ("aumenta", "disminuye"), ("más", "menos"), ("sube", "baja"), ("mejor", "peor"),
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
    fn the_same_matter_with_another_quantity_disagrees() {
        check(
            "Roasted coffee beans lose about 15 percent of their weight.",
            "Coffee beans lose 20% of their weight when roasted.",
            Some("15 or 20%"),
        );
        check(
            "The assistant of the bank answered 2.2 million calls in its first year.",
            "In its first year the assistant of the bank answered 900,000 calls.",
            Some("2.2 million or 900,000 calls"),
        );
    }

    #[test]
    fn a_quantity_that_both_admit_is_no_disagreement() {
        for (one, other) in [
            ("about 15 percent", "14 percent"),
            ("more than 10 percent", "15 percent"),
            ("15 percent", "15%"),
        ] {
            let says =
                |quantity: &str| format!("Roasted coffee beans lose {quantity} of their weight.");
            check(&says(one), &says(other), None);
        }
    }

    #[test]
    fn another_year_is_a_development_and_another_founding_is_none() {
        check(
            "In 2015 the contact center answered 40 percent of customer calls by chatbot.",
            "In 2020 the contact center answered 60 percent of customer calls by chatbot.",
            None,
        );
        check(
            "The first coffee house in London opened its doors in 1650.",
            "The first coffee house in London opened its doors in 1652.",
            Some("1650 or 1652"),
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
    fn what_goes_the_other_way_disagrees_unless_it_is_said_the_other_way_round() {
        check(
            "Chatbots increase the satisfaction of customers in contact centers.",
            "Chatbots reduce the satisfaction of customers in contact centers.",
            Some("increase or reduce"),
        );
        check(
            "Dark roasted beans contain less caffeine than light roasted beans.",
            "Light roasted beans contain more caffeine than dark roasted beans.",
            None,
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
