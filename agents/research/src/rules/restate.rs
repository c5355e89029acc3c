//! A model's choice among quotes, and its statements, held to the quotes.

use galley_agents_knowledge::words::{Language, fold, words};
use galley_agents_web::suspicion::is_plain;
use galley_schemas::content::{Claim, Evidence, Source};
use serde::Deserialize;
use serde_json::Value;

use crate::rules::disagree::denials;
use crate::rules::weigh::lone;

/// A longer statement is no statement.
const STATEMENT_CHARS_MAX: usize = 400;
/// A statement with a smaller share of its quote's terms says something else.
const OF_THE_QUOTE_MIN: f64 = 0.5;

#[derive(Debug, Deserialize)]
struct Reply {
    claims: Vec<Stated>,
}

#[derive(Debug, Deserialize)]
struct Stated {
    quote: String,
    statement: String,
}

/// The evidence with the quotes that a model chose, in its order, with its statements where they hold to
/// their quotes. An unknown id is dropped. Without a usable reply the best quotes stand as they are.
#[must_use]
pub fn restated(
    language: Language,
    candidates: Evidence,
    reply: Option<&Value>,
    claims_max: usize,
) -> Evidence {
    let reply: Option<Reply> = reply.and_then(|value| serde_json::from_value(value.clone()).ok());
    let mut claims: Vec<Claim> = Vec::new();
    for stated in reply.map_or_else(Vec::new, |reply| reply.claims) {
        let known = candidates.claims.iter().find(|claim| claim.id == stated.quote);
        let Some(claim) = known.filter(|claim| claims.iter().all(|other| other.id != claim.id))
        else {
            continue;
        };
        let mut claim = claim.clone();
        if let Some(statement) = faithful(language, &stated.statement, &claim.quote.text) {
            claim.statement = statement;
        }
        claims.push(claim);
    }
    if claims.is_empty() {
        claims.clone_from(&candidates.claims);
    }
    claims.truncate(claims_max);
    within(candidates, claims)
}

/// The evidence with some of its claims, and only what belongs to them.
fn within(candidates: Evidence, claims: Vec<Claim>) -> Evidence {
    let has = |id: &str| claims.iter().any(|claim| claim.id == id);
    let contradictions =
        candidates.contradictions.into_iter().filter(|c| has(&c.one) && has(&c.other)).collect();
    let cited = |id| {
        claims.iter().any(|claim| {
            claim.quote.source == id || claim.also_in.iter().any(|quote| quote.source == id)
        })
    };
    let sources: Vec<Source> =
        candidates.sources.into_iter().filter(|s| cited(s.id.clone())).collect();
    let mut dossier = candidates.dossier;
    dossier.lone = lone(&claims, &sources);
    dossier.notes.retain(|note| cited(note.source.clone()) || !note.suspicious.is_empty());
    Evidence { claims, sources, contradictions, dossier, ..candidates }
}

/// The statement as one line, when every number and every name in it stands in the quote, when it denies
/// no more and no less, and when it is made of plain words, half of them the quote's.
#[must_use]
pub fn faithful(language: Language, statement: &str, quote: &str) -> Option<String> {
    let statement = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    let fits = !statement.is_empty() && statement.chars().count() <= STATEMENT_CHARS_MAX;
    let held: Vec<String> = words(quote).map(|(_, word)| fold(word)).collect();
    let holds = |word: &str| held.contains(&fold(word));
    let numbers = numbers(&statement);
    let numbers_hold = numbers.iter().all(|word| holds(word));
    let none_lost = self::numbers(quote).len() <= numbers.len();
    let names_hold = names(language, &statement).all(holds);
    let sober = is_plain(&statement) && denials(&statement) == denials(quote);
    let close = of_the_quote(language, &statement, quote) >= OF_THE_QUOTE_MIN;
    (fits && numbers_hold && none_lost && names_hold && sober && close).then_some(statement)
}

/// The share of a statement's terms that stand in the quote.
fn of_the_quote(language: Language, statement: &str, quote: &str) -> f64 {
    let held = language.terms(quote);
    let terms = language.terms(statement);
    let known = terms.iter().filter(|term| held.contains(term)).count();
    known as f64 / terms.len().max(1) as f64
}

/// The words that hold a digit.
fn numbers(text: &str) -> Vec<&str> {
    let has_digit = |word: &&str| word.contains(|c: char| c.is_ascii_digit());
    words(text).map(|(_, word)| word).filter(has_digit).collect()
}

/// Words that start large inside a sentence. German writes every noun so; there, only acronyms count.
fn names(language: Language, text: &str) -> impl Iterator<Item = &str> {
    words(text).skip(1).map(|(_, word)| word).filter(move |word| {
        let mut letters = word.chars();
        let large = letters.next().is_some_and(char::is_uppercase);
        let acronym = large && letters.next().is_some_and(char::is_uppercase);
        if language == Language::German { acronym } else { large }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(statement: &str, quote: &str, want: bool) {
        let got = faithful(Language::English, statement, quote);
        assert_eq!(got.is_some(), want, "{statement} / {quote}");
    }

    #[test]
    fn a_statement_is_believed_when_it_keeps_numbers_names_and_denials() {
        let quote = "Aidan has answered more than 2.6 million customers since 2019, FSA reports.";
        check(
            "Since 2019 the assistant Aidan has answered over 2.6 million customers.",
            quote,
            true,
        );
        check("Since 2019 Aidan has answered over 3 million customers.", quote, false);
        check("Aidan has answered many customers.", quote, false);
        check(
            "Since 2019 Aidan of Microsoft has answered over 2.6 million customers.",
            quote,
            false,
        );
        check("Since 2019 Aidan has not answered 2.6 million customers.", quote, false);
        check("", quote, false);
        let link = "Since 2019 Aidan has answered over 2.6 million customers, see evil.example/x.";
        check(link, quote, false);
        check(
            "The shop of the hotel sells the best shoes in town.",
            "The hotel has a pool.",
            false,
        );
        check("Chatbots help.", "Chatbots do not help.", false);
    }
}
