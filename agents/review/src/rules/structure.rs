//! Whether the parts make a whole.

use std::collections::BTreeSet;

use galley_schemas::content::{Finding, Role, Severity};

use super::material::{Case, about, at};
use super::text::{count_words, folded};

/// Fewer words make no article.
const ARTICLE_WORDS_MIN: usize = 150;

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
