//! Whether the parts make a whole.

use std::collections::BTreeSet;

use galley_agents_knowledge::cosine;
use galley_schemas::content::{Finding, Role, Severity};

use super::material::{Case, about, at};
use super::text::{count_words, folded, numbers};

/// Fewer words make no article.
const ARTICLE_WORDS_MIN: usize = 150;

/// From this likeness on, a fact says what another said before.
const SAME: f32 = 0.92;

/// Empty and thin sections, sentences said twice, sections opened by nothing but a heading.
pub(crate) fn check(case: &Case<'_>, section_words_min: usize) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut words_of_all = 0;
    for (place, section) in case.article.sections.iter().enumerate() {
        let texts = section.paragraphs.iter().flat_map(|p| &p.sentences).map(|s| s.text.as_str());
        let words: usize = texts.map(count_words).sum();
        words_of_all += words;
        if words == 0 {
            let advice = "there is a heading and no text; write the section or take it out";
            findings.push(at(Some(place), "empty_section", Severity::Major, advice));
        } else if words < section_words_min {
            let advice =
                format!("{words} words are thin for a section; add to it or join it to another");
            findings.push(at(Some(place), "thin_section", Severity::Note, advice));
        }
        let is_headed =
            section.heading.as_deref().is_some_and(|heading| !heading.trim().is_empty());
        if place > 0 && !is_headed {
            let advice = "the section has no heading";
            findings.push(at(Some(place), "no_heading", Severity::Minor, advice));
        }
    }
    let mut said: BTreeSet<Vec<String>> = BTreeSet::new();
    for placed in case.sentences() {
        if !said.insert(folded(&placed.sentence.text)) {
            let advice = "it is said twice; once is enough";
            findings.push(about(placed, "said_twice", Severity::Minor, advice));
        }
    }
    findings.extend(nearly_twice(case));
    findings.extend(off_topic(case));
    findings.extend(dangling(case));
    if words_of_all < ARTICLE_WORDS_MIN {
        let advice = format!("{words_of_all} words make no article; add sources or sections");
        findings.push(at(None, "too_short", Severity::Minor, advice));
    }
    let states = |role: Role| matches!(role, Role::Fact | Role::Quote);
    if !case.sentences().any(|placed| states(placed.sentence.role)) {
        let advice = "it states nothing; an article needs cited facts";
        findings.push(at(None, "no_facts", Severity::Blocking, advice));
    }
    findings
}

/// Facts that say in other words what was said before; different numbers make different facts.
fn nearly_twice(case: &Case<'_>) -> Vec<Finding> {
    let facts: Vec<_> =
        case.sentences().filter(|placed| placed.sentence.role == Role::Fact).collect();
    let vectors: Vec<Vec<f32>> =
        facts.iter().map(|placed| case.vector(&placed.sentence.text)).collect();
    let mut findings = Vec::new();
    for (place, (placed, vector)) in facts.iter().zip(&vectors).enumerate() {
        let earlier = facts.iter().zip(&vectors).take(place);
        let is_same = |(other, theirs): (&super::material::Placed<'_>, &Vec<f32>)| {
            let (one, two) = (&placed.sentence.text, &other.sentence.text);
            one != two && numbers(one) == numbers(two) && cosine(vector, theirs) >= SAME
        };
        if earlier.into_iter().any(is_same) {
            let advice = "it says nearly what was said before; once is enough";
            findings.push(about(*placed, "nearly_said_twice", Severity::Minor, advice));
        }
    }
    findings
}

/// Sections in which nothing has a word of the title, the search phrase or their own heading.
fn off_topic(case: &Case<'_>) -> Vec<Finding> {
    let (article, language) = (case.article, case.language);
    let named: BTreeSet<String> =
        [&article.title, &article.keyphrase].into_iter().flat_map(|t| language.terms(t)).collect();
    let is_off = |section: &galley_schemas::content::Section| {
        let heading = section.heading.as_deref().unwrap_or_default();
        let own: BTreeSet<String> = language.terms(heading).into_iter().collect();
        let mut texts = section.paragraphs.iter().flat_map(|p| &p.sentences).map(|s| &s.text);
        let is_on = |text: &String| {
            language.terms(text).iter().any(|term| named.contains(term) || own.contains(term))
        };
        !named.is_empty() && texts.clone().next().is_some() && !texts.any(is_on)
    };
    let off = article.sections.iter().enumerate().filter(|(_, section)| is_off(section));
    let advice = "no sentence names the subject or the heading; say what it has to do with them";
    off.map(|(place, _)| at(Some(place), "off_topic_section", Severity::Minor, advice)).collect()
}

/// A sentence that leads on, with nothing after it in its section.
fn dangling(case: &Case<'_>) -> Vec<Finding> {
    let last: std::collections::BTreeMap<usize, _> =
        case.sentences().map(|placed| (placed.section, placed)).collect();
    let leads = |text: &str| text.ends_with([':', '?']);
    let advice = "it leads on to something, and nothing follows";
    last.into_values()
        .filter(|placed| placed.sentence.role == Role::Link && leads(&placed.sentence.text))
        .map(|placed| about(placed, "dangling_link", Severity::Minor, advice))
        .collect()
}
