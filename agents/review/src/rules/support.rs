//! What a sentence says in its own words is borne out by the quotes that it cites.

use std::collections::BTreeSet;

use chrono::Datelike;
use galley_agents_knowledge::cosine;
use galley_agents_knowledge::words::{Language, fold, words};
use galley_schemas::content::{Claim, Finding, Role, Sentence, Severity};

use super::material::{Case, Placed, about};
use super::text::{count_words, numbers, numbers_and_words, own, share};

/// Below both, nothing ties the sentence to its quotes.
const OVERLAP_LEAST: f64 = 0.15;
const LIKENESS_LEAST: f32 = 0.2;
/// So many quotes tell how alike texts are on the whole.
const OTHERS_MAX: usize = 24;
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
                findings.extend(known.names_missing(placed, &names_of_article, case));
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
            numbers.extend(numbers_and_words(text, case.language));
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
        case: &Case<'_>,
    ) -> Option<Finding> {
        let language = case.language;
        let missing = names(&own(&placed.sentence.text), case).into_iter().find(|name| {
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

/// The words with a capital inside a sentence, and at its beginning those that the sources write as
/// names. German writes every noun with a capital, so there it says nothing.
fn names(text: &str, case: &Case<'_>) -> Vec<String> {
    if case.language == Language::German {
        return Vec::new();
    }
    let (mut found, mut end) = (Vec::new(), 0);
    for (at, word) in words(text) {
        let gap = text.get(end..at).unwrap_or_default();
        let begins = end == 0 || gap.contains(['.', '!', '?', ':', '\u{2018}', '\u{2026}', '"']);
        let may_be = !begins || case.is_name(&fold(word));
        if may_be && word.starts_with(char::is_uppercase) && word.chars().count() > 1 {
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

/// How far a sentence is borne out by the quotes that it cites.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Support {
    /// Share of its own words that its quotes have, 0 to 1.
    pub(crate) overlap: f64,
    /// Likeness to the nearest of its quotes, -1 to 1, by an embedder.
    pub(crate) likeness: f32,
    /// Mean likeness to the quotes that it does not cite.
    pub(crate) elsewhere: f32,
}

/// Measures a sentence against its quotes, and against all others.
pub(crate) fn support(case: &Case<'_>, sentence: &Sentence) -> Support {
    let own: BTreeSet<String> = case.language.terms(&sentence.text).into_iter().collect();
    let cited: Vec<&Claim> = case.cited(sentence).collect();
    let theirs: BTreeSet<String> =
        cited.iter().flat_map(|claim| case.language.terms(&claim.quote.text)).collect();
    let vector = case.vector(&sentence.text);
    let likeness = |claim: &Claim| cosine(&vector, &case.vector(&claim.quote.text));
    let others: Vec<f32> = case
        .article
        .claims
        .iter()
        .filter(|claim| !sentence.claims.contains(&claim.id))
        .take(OTHERS_MAX)
        .map(likeness)
        .collect();
    let count = u16::try_from(others.len().max(1)).map_or(f32::MAX, f32::from);
    Support {
        overlap: share(own.intersection(&theirs).count(), own.len()),
        likeness: cited.iter().map(|claim| likeness(claim)).fold(0.0, f32::max),
        elsewhere: others.iter().sum::<f32>() / count,
    }
}

/// A fact whose words are not those of its quotes. Its likeness to them is a second opinion: only a
/// sentence that fails both is unsupported. How alike texts are on the whole differs from embedder to
/// embedder, so its own quotes must also be nearer than the others.
fn weak(case: &Case<'_>, placed: Placed<'_>, overlap_min: f64) -> Option<Finding> {
    let text = &placed.sentence.text;
    if count_words(text) < WORDS_LEAST || case.language.terms(text).is_empty() {
        return None;
    }
    let Support { overlap, likeness, elsewhere } = support(case, placed.sentence);
    if overlap >= overlap_min {
        return None;
    }
    let advice = format!(
        "only {:.0} % of its words are in its quotes; say what they say, or quote them",
        overlap * 100.0
    );
    let is_unlike = likeness < LIKENESS_LEAST || likeness <= elsewhere;
    Some(if overlap < OVERLAP_LEAST && is_unlike {
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
