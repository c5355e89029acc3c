//! What a sentence says in its own words is borne out by the quotes that it cites.

use std::collections::BTreeSet;

use chrono::Datelike;
use galley_agents_knowledge::words::{Language, fold, words};
use galley_agents_knowledge::{cosine, embed};
use galley_schemas::content::{Finding, Role, Severity};

use super::material::{Case, Placed, about};
use super::text::{count_words, numbers, numbers_and_words, own, share};

/// Below both, nothing ties the sentence to its quotes.
const OVERLAP_LEAST: f64 = 0.15;
const LIKENESS_LEAST: f32 = 0.2;
/// Shorter sentences have too few words to measure.
const WORDS_LEAST: usize = 5;
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Numbers, dates, names and words that the evidence does not have.
pub(crate) fn check(case: &Case<'_>, overlap_min: f64) -> Vec<Finding> {
    let names_of_article = names_of_article(case);
    let mut findings = Vec::new();
    for placed in case.sentences() {
        let is_cited = case.cited(placed.sentence).next().is_some();
        match placed.sentence.role {
            Role::Fact | Role::Quote if is_cited => {
                let known = Known::of(case, placed);
                findings.extend(known.numbers_missing(placed));
                findings.extend(known.names_missing(placed, &names_of_article, case.language));
                if placed.sentence.role == Role::Fact {
                    findings.extend(weak(case, placed, overlap_min));
                }
            }
            Role::Comment => findings.extend(comment(case, placed)),
            Role::Fact | Role::Quote | Role::Link => {}
        }
    }
    findings
}

/// What the cited claims and their sources hold.
struct Known {
    numbers: BTreeSet<String>,
    words: BTreeSet<String>,
}

impl Known {
    fn of(case: &Case<'_>, placed: Placed<'_>) -> Self {
        let (mut numbers, mut known) = (BTreeSet::new(), BTreeSet::new());
        let mut learn = |text: &str| {
            numbers.extend(numbers_and_words(text));
            known.extend(words(text).map(|(_, word)| case.language.stem(&fold(word))));
        };
        for id in &placed.sentence.claims {
            let Some(claim) = case.claim(id) else { continue };
            learn(&claim.quote.text);
            let Some(source) = case.source(claim) else { continue };
            learn(&source.title);
            learn(source.author.as_deref().unwrap_or_default());
            learn(source.publisher.as_deref().unwrap_or_default());
            if let Some(day) = source.published {
                let month = usize::try_from(day.month0()).ok().and_then(|m| MONTHS.get(m));
                learn(&format!("{} {} {}", day.year(), day.day(), month.unwrap_or(&"")));
            }
        }
        Self { numbers, words: known }
    }

    fn numbers_missing(&self, placed: Placed<'_>) -> Option<Finding> {
        let own = numbers(&own(&placed.sentence.text));
        let missing = own.difference(&self.numbers).next()?;
        let advice =
            format!("{missing} is in none of its quotes; use the number that the source has");
        Some(about(placed, "number_not_in_evidence", Severity::Major, advice))
    }

    fn names_missing(
        &self,
        placed: Placed<'_>,
        of_article: &BTreeSet<String>,
        language: Language,
    ) -> Option<Finding> {
        let missing = names(&own(&placed.sentence.text), language).into_iter().find(|name| {
            let stem = language.stem(&fold(name));
            !self.words.contains(&stem) && !of_article.contains(&stem)
        })?;
        // Short capitals are mostly abbreviations of what the source spells out.
        let is_acronym = missing.chars().count() <= 4 && !missing.chars().any(char::is_lowercase);
        let severity = if is_acronym { Severity::Minor } else { Severity::Major };
        let advice =
            format!("the name {missing} is in none of its quotes; name what the source names");
        Some(about(placed, "name_not_in_evidence", severity, advice))
    }
}

/// The words with a capital inside a sentence. German writes every noun with one, so there it says
/// nothing.
fn names(text: &str, language: Language) -> Vec<String> {
    if language == Language::German {
        return Vec::new();
    }
    let (mut found, mut end) = (Vec::new(), 0);
    for (at, word) in words(text) {
        let gap = text.get(end..at).unwrap_or_default();
        let begins = end == 0 || gap.contains(['.', '!', '?', ':', '\u{2018}', '\u{2026}', '"']);
        if !begins && word.starts_with(char::is_uppercase) && word.chars().count() > 1 {
            found.push(word.to_owned());
        }
        end = at + word.len();
    }
    found
}

/// The title, the search phrase and the headings may be named anywhere.
fn names_of_article(case: &Case<'_>) -> BTreeSet<String> {
    let article = case.article;
    let headings = article.sections.iter().filter_map(|section| section.heading.as_deref());
    [article.title.as_str(), article.keyphrase.as_str()]
        .into_iter()
        .chain(headings)
        .flat_map(|text| words(text).map(|(_, word)| case.language.stem(&fold(word))))
        .collect()
}

/// A fact whose words are not those of its quotes. Its likeness to them is a second opinion: only a
/// sentence that fails both is unsupported.
fn weak(case: &Case<'_>, placed: Placed<'_>, overlap_min: f64) -> Option<Finding> {
    let text = &placed.sentence.text;
    let own: BTreeSet<String> = case.language.terms(text).into_iter().collect();
    if count_words(text) < WORDS_LEAST || own.is_empty() {
        return None;
    }
    let quotes: Vec<&str> =
        case.cited(placed.sentence).map(|claim| claim.quote.text.as_str()).collect();
    let quotes = quotes.join(" ");
    let theirs: BTreeSet<String> = case.language.terms(&quotes).into_iter().collect();
    let overlap = share(own.intersection(&theirs).count(), own.len());
    if overlap >= overlap_min {
        return None;
    }
    let likeness = cosine(&embed(text), &embed(&quotes));
    let advice = format!(
        "only {:.0} % of its words are in its quotes; say what they say, or quote them",
        overlap * 100.0
    );
    let is_bare = overlap < OVERLAP_LEAST && likeness < LIKENESS_LEAST;
    Some(if is_bare {
        about(placed, "unsupported", Severity::Major, advice)
    } else {
        about(placed, "weak_support", Severity::Minor, advice)
    })
}

/// A comment counts the article's own material: a number that cannot be such a count, nor the year
/// of a source, is a fact in disguise.
fn comment(case: &Case<'_>, placed: Placed<'_>) -> Option<Finding> {
    let article = case.article;
    let years: BTreeSet<String> = article
        .sources
        .iter()
        .filter_map(|source| source.published)
        .map(|day| day.year().to_string())
        .collect();
    let most = article.claims.len().max(article.sources.len()).max(article.sections.len());
    let named: BTreeSet<String> = [article.title.as_str(), article.keyphrase.as_str()]
        .into_iter()
        .chain(article.sources.iter().map(|source| source.title.as_str()))
        .chain(article.sections.iter().filter_map(|section| section.heading.as_deref()))
        .chain(case.cited(placed.sentence).map(|claim| claim.quote.text.as_str()))
        .flat_map(numbers)
        .collect();
    let is_known = |number: &String| {
        let is_count = number.parse::<usize>().is_ok_and(|n| n <= most);
        is_count || years.contains(number) || named.contains(number)
    };
    let missing =
        numbers(&own(&placed.sentence.text)).into_iter().find(|number| !is_known(number))?;
    let advice = format!("{missing} is neither a count nor a year of its sources; cite a claim");
    Some(about(placed, "number_not_in_evidence", Severity::Major, advice))
}
