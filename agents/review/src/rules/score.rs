//! From findings to a number and a decision.

use std::collections::{BTreeMap, BTreeSet};

use galley_schemas::content::{Check, Finding, ReviewVerdict, Role, Severity};

use super::material::Case;
use super::readability::Measure;
use super::text::{count_words, share};
use crate::config::Config;

/// The rules that say whether the article is borne out.
const GROUNDEDNESS: [&str; 11] = [
    "uncited_fact",
    "unknown_claim",
    "claim_not_in_evidence",
    "quote_not_in_source",
    "misquoted",
    "unsupported",
    "weak_support",
    "number_not_in_evidence",
    "name_not_in_evidence",
    "model_doubts",
    "no_facts",
];
const GRAMMAR: [&str; 7] = [
    "doubled_word",
    "double_space",
    "no_final_stop",
    "unbalanced_marks",
    "no_capital",
    "space_before_stop",
    "heading_stop",
];
const COHERENCE: [&str; 7] = [
    "empty_section",
    "thin_section",
    "no_heading",
    "said_twice",
    "too_short",
    "no_facts",
    "thinned",
];

/// What a part is called and how much it weighs; the weights sum to 1.
const WEIGHTS: [(&str, f64); 7] = [
    ("groundedness", 0.45),
    ("originality", 0.15),
    ("grammar", 0.1),
    ("readability", 0.1),
    ("coherence", 0.1),
    ("wording", 0.05),
    ("safety", 0.05),
];

/// The parts of the score by name, each 0 to 1.
pub(crate) fn parts(
    case: &Case<'_>,
    findings: &[Finding],
    measure: Measure,
) -> BTreeMap<String, f64> {
    let count =
        |rules: &[&str]| findings.iter().filter(|f| rules.contains(&f.rule.as_str())).count();
    let sentences = case.sentences().count();
    let words: usize = case.sentences().map(|placed| count_words(&placed.sentence.text)).sum();
    let per_hundred = share(count(&GRAMMAR) * 100, words);
    let value = |name: &str| match name {
        "groundedness" => grounded(case, findings),
        "originality" => 1.0 - 3.0 * share(count(&["unmarked_copy"]), sentences),
        "grammar" => 1.0 - per_hundred / 5.0,
        "readability" => readable(measure),
        "coherence" => 1.0 - 0.2 * share(count(&COHERENCE), 1),
        "wording" => 1.0 - 0.15 * share(count(&["tone", "inclusive"]), 1),
        _ => 1.0 - 0.5 * share(count(&["injection"]), 1),
    };
    WEIGHTS.iter().map(|(name, _)| ((*name).to_owned(), value(name).clamp(0.0, 1.0))).collect()
}

/// The weighted sum of the parts.
pub(crate) fn score(parts: &BTreeMap<String, f64>) -> f64 {
    let sum: f64 = WEIGHTS
        .iter()
        .map(|(name, weight)| weight * parts.get(*name).copied().unwrap_or_default())
        .sum();
    (sum * 1000.0).round() / 1000.0
}

/// The decision: what must never be published is refused, what must be mended goes back.
pub(crate) fn verdict(findings: &[Finding], score: f64, config: &Config) -> ReviewVerdict {
    match findings.iter().map(|finding| finding.severity).max() {
        Some(Severity::Blocking) => ReviewVerdict::Reject,
        Some(Severity::Major) => ReviewVerdict::Revise,
        Some(Severity::Minor | Severity::Note) | None if score < config.score_min => {
            ReviewVerdict::Revise
        }
        Some(Severity::Minor | Severity::Note) | None => ReviewVerdict::Pass,
    }
}

/// The parts as checks, for people.
pub(crate) fn checks(parts: &BTreeMap<String, f64>, findings: &[Finding]) -> Vec<Check> {
    let check = |(name, weight): &(&str, f64)| {
        let value = parts.get(*name).copied().unwrap_or_default();
        let worst =
            findings.iter().filter(|f| part_of(&f.rule) == *name).max_by_key(|f| f.severity);
        Check {
            name: (*name).to_owned(),
            value: format!("{:.0} %", value * 100.0),
            wanted: format!("100 %, weighs {:.0} %", weight * 100.0),
            score: nine(value),
            fix: worst.map(|finding| finding.advice.clone()).unwrap_or_default(),
        }
    };
    WEIGHTS.iter().map(check).collect()
}

fn part_of(rule: &str) -> &'static str {
    match rule {
        "unmarked_copy" => "originality",
        "tone" | "inclusive" => "wording",
        "injection" => "safety",
        "long_sentences" | "hard_to_read" => "readability",
        rule if GRAMMAR.contains(&rule) => "grammar",
        rule if COHERENCE.contains(&rule) => "coherence",
        _ => "groundedness",
    }
}

/// 0 to 9.
fn nine(value: f64) -> u8 {
    (0_u8..9).rev().find(|n| value * 9.0 >= f64::from(*n) + 1.0).map_or(0, |n| n + 1)
}

/// The share of factual sentences that nothing speaks against; one that weak support speaks against
/// counts half. A claim that no source bears out spoils every sentence that cites it.
fn grounded(case: &Case<'_>, findings: &[Finding]) -> f64 {
    let is_about = |f: &&Finding| GROUNDEDNESS.contains(&f.rule.as_str());
    let (mut bad, mut weak): (BTreeSet<&str>, BTreeSet<&str>) = Default::default();
    let mut whole = 0;
    for finding in findings.iter().filter(is_about) {
        match (&finding.sentence, finding.severity) {
            (Some(text), Severity::Major | Severity::Blocking) => drop(bad.insert(text)),
            (Some(text), Severity::Minor | Severity::Note) => drop(weak.insert(text)),
            (None, _) => whole += 1,
        }
    }
    let states = |role: Role| matches!(role, Role::Fact | Role::Quote);
    let factual = case.sentences().filter(|placed| {
        states(placed.sentence.role) || bad.contains(placed.sentence.text.as_str())
    });
    let factual = factual.count();
    if factual == 0 {
        return 0.0;
    }
    let half = share(weak.difference(&bad).count(), factual) / 2.0;
    1.0 - share(bad.len() + whole, factual) - half
}

/// Full marks up to 20 words a sentence and a reading ease of 40; nothing at 40 words and below 0.
fn readable(measure: Measure) -> f64 {
    let by_length = (40.0 - measure.sentence_words) / 20.0;
    let by_ease = measure.reading_ease.map_or(1.0, |ease| ease / 40.0);
    (by_length.clamp(0.0, 1.0) + by_ease.clamp(0.0, 1.0)) / 2.0
}
