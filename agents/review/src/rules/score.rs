//! From findings to a number and a decision.

use std::collections::{BTreeMap, BTreeSet};

use galley_schemas::content::{Check, Finding, ReviewVerdict, Role, Severity};

use super::links::{Link, linked};
use super::material::Case;
use super::readability::Measure;
use super::support::{Support, support};
use super::text::{count_words, share};
use crate::config::Config;
use crate::report::Ground;

/// The rules that say whether the article is borne out.
const GROUNDEDNESS: [&str; 14] = [
    "contradicts_evidence",
    "quantity_not_in_evidence",
    "date_not_in_evidence",
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
const GRAMMAR: [&str; 9] = [
    "grammar",
    "spelling",
    "doubled_word",
    "double_space",
    "no_final_stop",
    "unbalanced_marks",
    "no_capital",
    "space_before_stop",
    "heading_stop",
];
const COHERENCE: [&str; 10] = [
    "dangling_link",
    "nearly_said_twice",
    "off_topic_section",
    "empty_section",
    "thin_section",
    "no_heading",
    "said_twice",
    "too_short",
    "no_facts",
    "thinned",
];

const SAFETY: [&str; 5] =
    ["injection", "personal_data", "sensitive", "address_in_text", "dead_link"];
const WORDING: [&str; 3] = ["tone", "inclusive", "style"];

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
        "wording" => 1.0 - 0.15 * share(count(&WORDING), 1),
        _ => 1.0 - 0.5 * share(count(&SAFETY), 1),
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
        rule if WORDING.contains(&rule) => "wording",
        rule if SAFETY.contains(&rule) => "safety",
        "long_sentences" | "hard_to_read" => "readability",
        rule if GRAMMAR.contains(&rule) => "grammar",
        rule if COHERENCE.contains(&rule) => "coherence",
        _ => "groundedness",
    }
}

/// What was measured beside the parts: readability with its band, groundedness in numbers, links.
pub(crate) fn measured(case: &Case<'_>, measure: Measure, config: &Config) -> Vec<Check> {
    let mut checks = vec![Check {
        name: "sentence_words".to_owned(),
        value: format!("{:.1} words on average", measure.sentence_words),
        wanted: format!("at most {:.0}", config.sentence_words_max),
        score: if measure.sentence_words <= config.sentence_words_max { 9 } else { 3 },
        fix: String::new(),
    }];
    if let Some(ease) = measure.reading_ease {
        checks.push(Check {
            name: "reading_ease".to_owned(),
            value: format!("{ease:.0}, {}", measure.band()),
            wanted: format!("at least {:.0}", config.reading_ease_min),
            score: if ease >= config.reading_ease_min { 9 } else { 3 },
            fix: String::new(),
        });
    }
    let urls = linked(case.article);
    let alive = urls.iter().filter(|url| case.material.links.get(**url) == Some(&Link::Alive));
    checks.push(Check {
        name: "links_alive".to_owned(),
        value: format!("{} of {} answer", alive.count(), urls.len()),
        wanted: "none is dead".to_owned(),
        score: 9,
        fix: String::new(),
    });
    for check in checks.iter_mut().filter(|check| check.score < 9) {
        "use shorter words and sentences".clone_into(&mut check.fix);
    }
    checks
}

/// How every factual sentence is borne out.
pub(crate) fn grounds(case: &Case<'_>, findings: &[Finding]) -> Vec<Ground> {
    let speaks_against = |finding: &&Finding| {
        GROUNDEDNESS.contains(&finding.rule.as_str()) && finding.severity >= Severity::Major
    };
    let against: BTreeSet<&str> = findings
        .iter()
        .filter(speaks_against)
        .filter_map(|finding| finding.sentence.as_deref())
        .collect();
    let rounded = |value: f64| (value * 1000.0).round() / 1000.0;
    case.sentences()
        .filter(|placed| matches!(placed.sentence.role, Role::Fact | Role::Quote))
        .map(|placed| {
            let Support { overlap, likeness, .. } = support(case, placed.sentence);
            Ground {
                section: u32::try_from(placed.section).unwrap_or(u32::MAX),
                sentence: placed.sentence.text.clone(),
                claims: placed.sentence.claims.clone(),
                overlap: rounded(overlap),
                likeness: rounded(f64::from(likeness)),
                is_borne_out: !against.contains(placed.sentence.text.as_str()),
            }
        })
        .collect()
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
