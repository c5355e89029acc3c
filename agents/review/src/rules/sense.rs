//! A fact says the same as its quotes, and not the opposite in nearly the same words.
//!
//! Shared words cannot tell "calls fell" from "calls rose", nor "is" from "is not". So what denies and
//! what turns round is looked at by itself, in the part of the quotes that the sentence stands closest
//! to. What cannot be told is left to the other rules, and to a model.

use std::collections::BTreeSet;

use galley_agents_knowledge::words::{Language, fold, words};
use galley_schemas::content::{Finding, Role, Severity};

use super::lexicon::{Lexicon, is_on};
use super::material::{Case, Placed, about};
use super::text::{own, share};

/// A clause with this share of the sentence's words is the one that it reports.
const REPORTED: f64 = 0.6;

/// Facts that deny what their quotes say, affirm what they deny, or turn it round.
pub(crate) fn check(case: &Case<'_>) -> Vec<Finding> {
    let Some(lexicon) = Lexicon::of(case.language) else { return Vec::new() };
    case.sentences()
        .filter(|placed| placed.sentence.role == Role::Fact)
        .filter_map(|placed| contradicted(case, placed, lexicon))
        .collect()
}

fn contradicted(case: &Case<'_>, placed: Placed<'_>, lexicon: &Lexicon) -> Option<Finding> {
    let own = folded_words(&own(&placed.sentence.text));
    let quotes: Vec<&str> =
        case.cited(placed.sentence).map(|claim| claim.quote.text.as_str()).collect();
    if quotes.is_empty() || own.is_empty() {
        return None;
    }
    let clauses: Vec<&str> = quotes.iter().flat_map(|quote| clauses(quote)).collect();
    let theirs: Vec<String> = quotes.iter().flat_map(|quote| folded_words(quote)).collect();
    let turned = turned(&own, &theirs, lexicon);
    let denial = denial(&own, &theirs, &clauses, case.language, lexicon);
    let reason = match (turned, denial) {
        (Some((said, meant)), Denial::Alike) => {
            format!("it says '{said}' where its quotes say '{meant}'")
        }
        (None, Denial::Added) => "it denies what its quotes say".to_owned(),
        (None, Denial::Lost) => "it affirms what its quotes deny".to_owned(),
        // "Did not rise" and "fell" are the same.
        (Some(_), Denial::Added | Denial::Lost) | (None, Denial::Alike) => return None,
    };
    let advice = format!("{reason}; say what they say, or quote them");
    Some(about(placed, "contradicts_evidence", Severity::Major, advice))
}

/// How the denials of a sentence stand to those of its quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Denial {
    Alike,
    Added,
    Lost,
}

fn denial(
    own: &[String],
    theirs: &[String],
    clauses: &[&str],
    language: Language,
    lexicon: &Lexicon,
) -> Denial {
    let denies =
        |words: &[String]| words.iter().any(|word| lexicon.denials.contains(&word.as_str()));
    match (denies(own), denies(theirs)) {
        (true, false) => Denial::Added,
        (false, true) => {
            // Only the clause that it reports counts: a quote may deny one thing and state another.
            let terms: BTreeSet<String> =
                own.iter().filter(|w| !language.is_stop(w)).map(|w| language.stem(w)).collect();
            let reported = clauses.iter().filter(|clause| {
                let held: BTreeSet<String> = language.terms(clause).into_iter().collect();
                share(terms.intersection(&held).count(), terms.len()) >= REPORTED
            });
            let mut reported = reported.peekable();
            let is_denied =
                reported.peek().is_some() && reported.all(|clause| denies(&folded_words(clause)));
            if is_denied { Denial::Lost } else { Denial::Alike }
        }
        (true, true) | (false, false) => Denial::Alike,
    }
}

/// A word of the sentence whose opposite, and nothing of its own side, stands in the quotes.
fn turned<'w>(
    own: &'w [String],
    theirs: &'w [String],
    lexicon: &Lexicon,
) -> Option<(&'w str, &'w str)> {
    let on = |side: &[&str], words: &'w [String]| {
        words.iter().find(|word| is_on(side, word)).map(String::as_str)
    };
    let against = |here: &[&str], there: &[&str]| {
        let (said, meant) = (on(here, own)?, on(there, theirs)?);
        (on(there, own).is_none() && on(here, theirs).is_none()).then_some((said, meant))
    };
    lexicon
        .opposites
        .iter()
        .find_map(|(one, other)| against(one, other).or_else(|| against(other, one)))
}

fn folded_words(text: &str) -> Vec<String> {
    words(text).map(|(_, word)| fold(word)).collect()
}

/// The parts of a sentence between its commas and stops.
fn clauses(text: &str) -> impl Iterator<Item = &str> {
    let ends = [',', ';', ':', '.', '\u{2013}', '\u{2014}', '('];
    text.split(ends).map(str::trim).filter(|clause| !clause.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(language: Language, own: &str, quote: &str, want: (bool, Denial)) {
        let lexicon = Lexicon::of(language).unwrap();
        let (own, theirs) = (folded_words(own), folded_words(quote));
        let clauses: Vec<&str> = clauses(quote).collect();
        let found = (
            turned(&own, &theirs, lexicon).is_some(),
            denial(&own, &theirs, &clauses, language, lexicon),
        );
        assert_eq!(found, want, "{own:?} against {quote}");
    }

    #[test]
    fn the_opposite_is_not_the_same() {
        let (en, de) = (Language::English, Language::German);
        check(en, "Calls rose.", "The number of calls fell.", (true, Denial::Alike));
        check(en, "Calls fell.", "The number of calls declined.", (false, Denial::Alike));
        check(en, "Calls did not rise.", "The calls fell.", (true, Denial::Added));
        check(en, "Bots never tire.", "Bots answer all day.", (false, Denial::Added));
        check(en, "Bots answer taxes.", "Bots do not answer taxes.", (false, Denial::Lost));
        check(
            en,
            "Bots answer taxes.",
            "Bots answer taxes, and they never tire.",
            (false, Denial::Alike),
        );
        check(de, "Der Preis stieg.", "Der Preis ist gesunken.", (true, Denial::Alike));
        check(de, "Das Amt hilft nicht.", "Das Amt hilft.", (false, Denial::Added));
        check(
            Language::French,
            "Le prix a baiss\u{e9}.",
            "Le prix augmente.",
            (true, Denial::Alike),
        );
        check(
            Language::Spanish,
            "El precio subi\u{f3}.",
            "El precio baj\u{f3}.",
            (true, Denial::Alike),
        );
    }
}
