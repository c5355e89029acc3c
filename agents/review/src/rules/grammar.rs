//! Slips that rules can see: doubled words, spaces, ends, marks.

use galley_agents_knowledge::words::{Language, fold};
use galley_schemas::content::{Finding, Severity};

use super::material::{Case, about, at};
use super::text::{Stretch, is_balanced, own, stretches};

/// Words that may well stand twice.
const MAY_REPEAT: [&str; 6] = ["that", "had", "sie", "die", "der", "nous"];

/// Slips in the article's own words; what stands in quotation marks is the source's affair.
pub(crate) fn check(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for placed in case.sentences() {
        let text = &placed.sentence.text;
        let own = own(text);
        let slips = [
            (doubled(&own).is_some(), "doubled_word", "a word stands twice in a row"),
            (has_double_space(text), "double_space", "there is more than one space"),
            (!ends_well(text), "no_final_stop", "it does not end as a sentence does"),
            (!is_balanced(text), "unbalanced_marks", "a bracket or quotation mark has no partner"),
            (begins_small(text), "no_capital", "it does not begin with a capital"),
            (
                case.language != Language::French && has_space_before_stop(&own),
                "space_before_stop",
                "there is a space before a punctuation mark",
            ),
        ];
        for (_, rule, advice) in slips.into_iter().filter(|(is_wrong, _, _)| *is_wrong) {
            findings.push(about(placed, rule, Severity::Minor, advice));
        }
    }
    for (place, section) in case.article.sections.iter().enumerate() {
        let heading = section.heading.as_deref().unwrap_or_default();
        if heading.ends_with(['.', ',', ';', ':']) {
            let advice = "the heading ends with a punctuation mark";
            findings.push(at(Some(place), "heading_stop", Severity::Note, advice));
        }
    }
    findings
}

/// The second of two equal words in a row.
pub(crate) fn doubled(text: &str) -> Option<&str> {
    let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    words.windows(2).find_map(|pair| {
        let [one, other] = pair else { return None };
        let is_word = one.chars().all(char::is_alphabetic) && !one.is_empty();
        let folded = fold(other.trim_end_matches(|c: char| !c.is_alphanumeric()));
        let doubled = is_word && fold(one) == folded && !MAY_REPEAT.contains(&folded.as_str());
        doubled.then_some(*other)
    })
}

fn has_double_space(text: &str) -> bool {
    stretches(text).iter().any(|stretch| match stretch {
        Stretch::Own(text) => text.contains("  "),
        Stretch::Quoted(_) => false,
    })
}

/// Whether it ends with a stop, a question or exclamation mark, also inside a closing mark.
pub(crate) fn ends_well(text: &str) -> bool {
    text.trim_end_matches(['\u{201d}', '"', ')', '\u{2019}'])
        .ends_with(['.', '!', '?', '\u{2026}', ':'])
}

fn begins_small(text: &str) -> bool {
    text.starts_with(char::is_lowercase)
}

fn has_space_before_stop(text: &str) -> bool {
    // A quotation leaves its space behind, so only a letter right before the space counts.
    let chars: Vec<char> = text.chars().collect();
    chars.windows(3).any(|three| {
        matches!(three, [before, ' ', '.' | ',' | ';' | ':' | '?' | '!'] if before.is_alphanumeric())
    })
}
