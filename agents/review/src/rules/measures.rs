//! Quantities and months: a number keeps its unit, and a date its month.

use std::collections::BTreeSet;

use chrono::Datelike;
use galley_agents_knowledge::words::fold;
use galley_schemas::content::{Finding, Role, Severity};

use super::lexicon::Lexicon;
use super::material::{Case, Placed, about};
use super::text::{number, own};

/// A number with the unit right after it: `14 percent`, `120 calls` has none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Measure {
    value: String,
    unit: Option<&'static str>,
    /// Whether it was written in words.
    in_words: bool,
}

/// Quantities and months that the cited quotes do not have so.
pub(crate) fn check(case: &Case<'_>) -> Vec<Finding> {
    let Some(lexicon) = Lexicon::of(case.language) else { return Vec::new() };
    let states = |role: Role| matches!(role, Role::Fact | Role::Quote);
    case.sentences()
        .filter(|placed| states(placed.sentence.role))
        .filter(|placed| case.cited(placed.sentence).next().is_some())
        .filter_map(|placed| {
            measure(case, placed, lexicon).or_else(|| month(case, placed, lexicon))
        })
        .collect()
}

/// A quantity whose number the quotes have with another unit only, or not at all.
fn measure(case: &Case<'_>, placed: Placed<'_>, lexicon: &Lexicon) -> Option<Finding> {
    let theirs: Vec<Measure> = case
        .cited(placed.sentence)
        .flat_map(|claim| measures(&claim.quote.text, lexicon))
        .collect();
    let is_known = |own: &Measure| {
        let same: Vec<&Measure> = theirs.iter().filter(|their| their.value == own.value).collect();
        if same.is_empty() {
            // A missing number in figures has a rule of its own.
            return !own.in_words;
        }
        same.iter().any(|their| their.unit.is_none() || their.unit == own.unit)
    };
    let stranger = measures(&own(&placed.sentence.text), lexicon)
        .into_iter()
        .find(|own| own.unit.is_some() && !is_known(own))?;
    let unit = stranger.unit.unwrap_or_default();
    let advice = format!(
        "the quantity {} {unit} is in none of its quotes; use the number and the unit that they have",
        stranger.value
    );
    Some(about(placed, "quantity_not_in_evidence", Severity::Major, advice))
}

/// A month beside a number that neither the quotes nor the dates of their sources have.
fn month(case: &Case<'_>, placed: Placed<'_>, lexicon: &Lexicon) -> Option<Finding> {
    let mut known: BTreeSet<u32> = BTreeSet::new();
    for claim in case.cited(placed.sentence) {
        let source = case.source(claim);
        let title = source.map(|source| source.title.as_str()).unwrap_or_default();
        known.extend(tokens(&claim.quote.text).iter().filter_map(|word| month_of(word, lexicon)));
        known.extend(tokens(title).iter().filter_map(|word| month_of(word, lexicon)));
        known.extend(source.and_then(|source| source.published).map(|day| day.month()));
    }
    let own = tokens(&own(&placed.sentence.text));
    let is_dated = |place: usize| {
        let beside = [place.checked_sub(2), place.checked_sub(1), Some(place + 1), Some(place + 2)];
        beside.into_iter().flatten().filter_map(|at| own.get(at)).any(|word| number(word).is_some())
    };
    let named = own.iter().enumerate().filter(|(place, _)| is_dated(*place));
    let (word, _) = named
        .filter_map(|(_, word)| Some((word, month_of(word, lexicon)?)))
        .find(|(_, month)| !known.contains(month))?;
    let advice = format!("the month {word} is in none of its quotes; use the date that they have");
    Some(about(placed, "date_not_in_evidence", Severity::Major, advice))
}

fn month_of(word: &str, lexicon: &Lexicon) -> Option<u32> {
    let place = lexicon.months.iter().position(|month| *month == word)?;
    u32::try_from(place + 1).ok()
}

/// The numbers of a text, in figures or words, each with its unit where the next word names one.
fn measures(text: &str, lexicon: &Lexicon) -> Vec<Measure> {
    let tokens = tokens(text);
    let mut found = Vec::new();
    for (place, word) in tokens.iter().enumerate() {
        let in_figures = number(word);
        let in_words = in_figures.is_none();
        let Some(value) = in_figures.or_else(|| lexicon.number(word)) else { continue };
        let sign = place.checked_sub(1).and_then(|before| currency(tokens.get(before)?));
        let next = tokens.get(place + 1).and_then(|next| lexicon.unit(next));
        found.push(Measure { value, unit: next.or(sign), in_words });
    }
    found
}

/// A sign of money before its number.
fn currency(sign: &str) -> Option<&'static str> {
    match sign {
        "$" => Some("usd"),
        "\u{20ac}" => Some("eur"),
        "\u{a3}" => Some("gbp"),
        _ => None,
    }
}

/// Folded words and signs: `14%` is two, `$5` is two, `3.5` is one.
fn tokens(text: &str) -> Vec<String> {
    let mut spaced = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '%' | '$' | '\u{20ac}' | '\u{a3}') {
            spaced.extend([' ', c, ' ']);
        } else {
            spaced.push(c);
        }
    }
    let bare = |word: &str| {
        fold(word.trim_matches(|c: char| !c.is_alphanumeric() && !"%$\u{20ac}\u{a3}".contains(c)))
    };
    spaced
        .split([' ', '\n', '\t', '\u{a0}', '\u{202f}'])
        .map(bare)
        .filter(|w| !w.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use galley_agents_knowledge::words::Language;

    use super::*;

    fn check(language: Language, text: &str, want: &[(&str, Option<&str>)]) {
        let found = measures(text, Lexicon::of(language).unwrap());
        let found: Vec<(&str, Option<&str>)> =
            found.iter().map(|measure| (measure.value.as_str(), measure.unit)).collect();
        assert_eq!(found, want, "{text}");
    }

    #[test]
    fn a_number_is_read_with_its_unit() {
        check(
            Language::English,
            "Fourteen percent of 1,200 calls (3.5 %) cost $20 in six weeks.",
            &[
                ("14", Some("%")),
                ("1200", None),
                ("3.5", Some("%")),
                ("20", Some("usd")),
                ("6", Some("wk")),
            ],
        );
        check(
            Language::German,
            "zw\u{f6}lf Wochen, 3 Liter",
            &[("12", Some("wk")), ("3", Some("l"))],
        );
        check(
            Language::French,
            "trois semaines et 12 pour cent",
            &[("3", Some("wk")), ("12", Some("%"))],
        );
        check(
            Language::Spanish,
            "treinta minutos a 27 grados",
            &[("30", Some("min")), ("27", Some("deg"))],
        );
    }
}
