//! Holds a model's sentences to the evidence.
//!
//! A sentence stays only when every claim it cites is known, every quotation is verbatim in one of
//! them, every number and name occurs there, and it does not repeat the source without marks. What
//! fails is put right by quoting the claim instead, or left out. Nothing here trusts the model.

use std::collections::{BTreeMap, BTreeSet};

use galley_agents_knowledge::words::{Language, fold, words};
use galley_schemas::content::{Claim, Role, Sentence, Source};

use super::attribution::year;
use super::text::{outside_quotes, quoted_spans};

/// So many words in a row taken from a source need quotation marks.
pub(crate) const RUN_WORDS: usize = 8;

/// What a model was shown, by claim id.
#[derive(Debug, Default)]
pub(crate) struct Shown<'a> {
    /// The claims with their sources.
    pub(crate) claims: BTreeMap<&'a str, (&'a Claim, &'a Source)>,
    /// Names that may be used without evidence: the topic, the headings.
    pub(crate) names: BTreeSet<String>,
    /// Decides whether a capital marks a name.
    pub(crate) language: Language,
}

/// What becomes of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It stays.
    Keep(Sentence),
    /// It repeats a source without marks; it may be worded anew.
    Reword(Sentence),
    /// The claim is quoted in its place.
    Quote(String),
    /// It is left out.
    Drop,
}

/// Judges one sentence.
pub(crate) fn judge(mut sentence: Sentence, shown: &Shown<'_>) -> Fate {
    sentence.text = sentence.text.split_whitespace().collect::<Vec<_>>().join(" ");
    sentence.claims.retain(|id| shown.claims.contains_key(id.as_str()));
    let mut seen = BTreeSet::new();
    sentence.claims.retain(|id| seen.insert(id.clone()));
    if sentence.text.is_empty() {
        return Fate::Drop;
    }
    let spans = quoted_spans(&sentence.text).len();
    if spans > 0 && !sentence.claims.is_empty() {
        sentence.role = Role::Quote;
    }
    match (sentence.role, sentence.claims.first().cloned()) {
        (Role::Fact | Role::Quote, None) => Fate::Drop,
        (Role::Link | Role::Comment, None) => {
            let states = spans > 0 || !numbers(&sentence.text).is_empty();
            if states { Fate::Drop } else { Fate::Keep(sentence) }
        }
        (Role::Fact | Role::Quote | Role::Link | Role::Comment, Some(first)) => {
            if sentence.role == Role::Link {
                sentence.role = Role::Fact;
            }
            if !is_borne_out(&sentence, shown) {
                Fate::Quote(first)
            } else if copies(&sentence, shown) {
                Fate::Reword(sentence)
            } else {
                Fate::Keep(sentence)
            }
        }
    }
}

fn is_borne_out(sentence: &Sentence, shown: &Shown<'_>) -> bool {
    let cited: Vec<&(&Claim, &Source)> =
        sentence.claims.iter().filter_map(|id| shown.claims.get(id.as_str())).collect();
    let verbatim = quoted_spans(&sentence.text).iter().all(|span| {
        let span = span.trim_end_matches([',', '.']);
        cited.iter().any(|(claim, _)| claim.quote.text.contains(span))
    });
    let mut known_numbers = BTreeSet::new();
    let mut known_words = shown.names.clone();
    for (claim, source) in cited {
        known_numbers.extend(numbers(&claim.quote.text));
        known_numbers.extend(year(source).map(|year| year.to_string()));
        known_numbers.extend(numbers(&source.title));
        let about =
            [Some(source.title.as_str()), source.author.as_deref(), source.publisher.as_deref()];
        for text in about.into_iter().flatten().chain([claim.quote.text.as_str()]) {
            known_words.extend(words(text).map(|(_, word)| fold(word)));
        }
    }
    verbatim
        && numbers(&sentence.text).is_subset(&known_numbers)
        && names(&sentence.text, shown.language).is_subset(&known_words)
}

/// The numbers of a text in digits, without separators of thousands; small ones in words count too.
pub(crate) fn numbers(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut current = String::new();
    let mut push = |number: &mut String| {
        let trimmed = number.trim_matches(['.', ',']).replace(',', "");
        if !trimmed.is_empty() {
            found.insert(trimmed);
        }
        number.clear();
    };
    for c in text.chars() {
        let inside = c.is_ascii_digit() || (!current.is_empty() && (c == '.' || c == ','));
        if inside {
            current.push(c);
        } else {
            push(&mut current);
        }
    }
    push(&mut current);
    found
}

/// The words with a capital that do not begin a sentence, folded. German writes every noun with
/// one, so it has none.
fn names(text: &str, language: Language) -> BTreeSet<String> {
    if language == Language::German {
        return BTreeSet::new();
    }
    let outside = outside_quotes(text);
    let mut found = BTreeSet::new();
    let mut end = 0;
    for (at, word) in words(&outside) {
        let gap = outside.get(end..at).unwrap_or_default();
        let begins = end == 0 || gap.contains(['.', '!', '?', ':', '\u{2018}', '\u{2026}']);
        if !begins && word.starts_with(char::is_uppercase) && word.chars().count() > 1 {
            found.insert(fold(word));
        }
        end = at + word.len();
    }
    found
}

/// Whether a long run of words outside quotation marks stands in a cited quote.
fn copies(sentence: &Sentence, shown: &Shown<'_>) -> bool {
    let own = runs(&outside_quotes(&sentence.text));
    sentence
        .claims
        .iter()
        .filter_map(|id| shown.claims.get(id.as_str()))
        .any(|(claim, _)| !runs(&claim.quote.text).is_disjoint(&own))
}

fn runs(text: &str) -> BTreeSet<Vec<String>> {
    let words: Vec<String> = words(text).map(|(_, word)| fold(word)).collect();
    words.windows(RUN_WORDS).map(<[String]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::sample::{claim, source};

    fn check(text: &str, role: Role, claims: &[&str], want: &str) {
        let known =
            claim("a", "Call volume at the Reno office fell by 14 percent within two years.");
        let place = source("a", "Quiet Phones", 2019);
        let shown = Shown { claims: BTreeMap::from([("a", (&known, &place))]), ..Shown::default() };
        let claims = claims.iter().map(|id| (*id).to_owned()).collect();
        let fate = judge(Sentence { text: text.to_owned(), role, claims }, &shown);
        let got = match fate {
            Fate::Keep(sentence) => {
                format!("keep {:?} {}", sentence.role, sentence.claims.join(","))
            }
            Fate::Reword(_) => "reword".to_owned(),
            Fate::Quote(id) => format!("quote {id}"),
            Fate::Drop => "drop".to_owned(),
        };
        assert_eq!(got, want, "{text}");
    }

    #[test]
    fn a_sentence_stays_only_with_its_proof() {
        check("Phones at Reno rang 14 percent less.", Role::Fact, &["a"], "keep Fact a");
        check("Phones at Reno rang 14 percent less.", Role::Fact, &["a", "gone"], "keep Fact a");
        check("Phones rang less.", Role::Fact, &["gone"], "drop");
        check("Phones rang less.", Role::Fact, &[], "drop");
        check("Phones rang 40 percent less.", Role::Fact, &["a"], "quote a");
        check("Phones at Boston rang less.", Role::Fact, &["a"], "quote a");
        check("It said volume \u{201c}rose\u{201d} there.", Role::Fact, &["a"], "quote a");
        check("Volume \u{201c}fell by 14 percent\u{201d}.", Role::Fact, &["a"], "keep Quote a");
        check(
            "In 2019, \u{2018}Quiet Phones\u{2019} told of it.",
            Role::Fact,
            &["a"],
            "keep Fact a",
        );
        check(
            "We know that call volume at the Reno office fell by 14 percent.",
            Role::Fact,
            &["a"],
            "reword",
        );
    }

    #[test]
    fn a_link_states_nothing() {
        check("That leads to the next point.", Role::Link, &[], "keep Link ");
        check("Eighty of 100 agree.", Role::Link, &[], "drop");
        check("Phones rang less.", Role::Link, &["a"], "keep Fact a");
    }

    #[test]
    fn numbers_are_seen_without_their_separators() {
        let found = numbers("From 2.2 million to 1,500 in 2016.");
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["1500", "2.2", "2016"]);
    }
}
