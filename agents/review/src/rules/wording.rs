//! Tone, inclusive language and what asks for care, by lists that an editor can change.

use galley_agents_knowledge::words::fold;
use galley_schemas::content::{Finding, Severity};

use super::material::{Case, about};
use super::text::{holds_phrase, own};
use crate::config::{Config, Replacement};

/// Words that the lists name. What a source said is only noted, unless it asks for care.
pub(crate) fn check(case: &Case<'_>, config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    for placed in case.sentences() {
        let (own, whole) = (fold(&own(&placed.sentence.text)), fold(&placed.sentence.text));
        for word in config.tone.iter().filter(|word| holds_phrase(&own, word)) {
            let advice = format!("'{word}' is out of tone; say it plainly");
            findings.push(about(placed, "tone", Severity::Minor, advice));
        }
        for entry in &config.sensitive {
            if holds_phrase(&whole, &entry.word) {
                let advice = format!("'{}' asks for care: {}", entry.word, entry.why);
                findings.push(about(placed, "sensitive", entry.severity, advice));
            }
        }
        let code = case.article.language.as_str();
        let speaks = |entry: &&Replacement| entry.language.as_deref().is_none_or(|it| it == code);
        let spoken = config.inclusive.iter().filter(speaks);
        for entry in spoken.filter(|entry| holds_phrase(&whole, &entry.word)) {
            let is_own = holds_phrase(&own, &entry.word);
            let severity = if is_own { Severity::Minor } else { Severity::Note };
            let advice = format!("'{}' may exclude readers; better: {}", entry.word, entry.better);
            findings.push(about(placed, "inclusive", severity, advice));
        }
    }
    findings
}
