//! What rules can put right without adding anything: take out, and tidy.

use std::collections::BTreeSet;

use galley_schemas::content::{Article, Edit, Finding, Length, Role, Section, Sentence};

use super::grammar::{doubled, ends_well};
use super::material::sentences;
use super::text::{count_words, is_balanced, quoted};

const WORDS_PER_MINUTE: usize = 230;

/// Findings for which the sentence is taken out.
const TAKEN_OUT: [&str; 14] = [
    "address_in_text",
    "contradicts_evidence",
    "dangling_link",
    "date_not_in_evidence",
    "nearly_said_twice",
    "personal_data",
    "quantity_not_in_evidence",
    "uncited_fact",
    "unknown_claim",
    "unsupported",
    "number_not_in_evidence",
    "name_not_in_evidence",
    "injection",
    "said_twice",
];

/// Findings that are mended in place.
const TIDIED: [&str; 3] = ["double_space", "doubled_word", "no_final_stop"];

/// Whether an edit can deal with the finding.
pub(crate) fn can_mend(finding: &Finding) -> bool {
    let rule = finding.rule.as_str();
    let in_sentence = finding.sentence.is_some();
    let is_grave = finding.severity > galley_schemas::content::Severity::Note;
    (in_sentence && is_grave && (TAKEN_OUT.contains(&rule) || TIDIED.contains(&rule)))
        || matches!(rule, "empty_section" | "dead_link")
}

/// The article with what can be mended mended, and the edits that did it.
pub(crate) fn mend(article: &Article, findings: &[Finding]) -> (Article, Vec<Edit>) {
    let mut edits = Vec::new();
    let mut mended = article.clone();
    let mut said: BTreeSet<String> = BTreeSet::new();
    for (place, section) in mended.sections.iter_mut().enumerate() {
        let index = u32::try_from(place).unwrap_or(u32::MAX);
        for paragraph in &mut section.paragraphs {
            paragraph.sentences.retain_mut(|sentence| {
                let is_again = !said.insert(sentence.text.clone());
                let found = findings.iter().filter(|finding| {
                    finding.section == Some(index)
                        && finding.sentence.as_deref() == Some(&sentence.text)
                        && can_mend(finding)
                });
                let change = found
                    .filter(|finding| finding.rule != "said_twice" || is_again)
                    .fold(Change::default(), |change, finding| change.with(finding));
                change.apply(sentence, article, index, &mut edits)
            });
        }
        section.paragraphs.retain(|paragraph| !paragraph.sentences.is_empty());
    }
    mended.sections.retain(|section| !section.paragraphs.is_empty());
    keep_cited(&mut mended);
    (mended, edits)
}

/// What findings ask to be done with one sentence.
#[derive(Debug, Default)]
struct Change<'f> {
    out: Option<&'f Finding>,
    tidy: Option<&'f Finding>,
}

impl<'f> Change<'f> {
    fn with(mut self, finding: &'f Finding) -> Self {
        if TAKEN_OUT.contains(&finding.rule.as_str()) {
            self.out = self.out.or(Some(finding));
        } else {
            self.tidy = self.tidy.or(Some(finding));
        }
        self
    }

    /// Does it; whether the sentence stays.
    fn apply(
        &self,
        sentence: &mut Sentence,
        article: &Article,
        section: u32,
        edits: &mut Vec<Edit>,
    ) -> bool {
        let before = sentence.text.clone();
        let edit = |after: &str, finding: &Finding| Edit {
            section,
            before: before.clone(),
            after: after.to_owned(),
            because: finding.advice.clone(),
        };
        if let Some(finding) = self.out {
            if finding.rule == "unknown_claim" && drop_unknown(sentence, article) {
                edits.push(edit(&before, finding));
                return true;
            }
            edits.push(edit("", finding));
            return false;
        }
        if let Some(finding) = self.tidy {
            sentence.text = tidy(&sentence.text);
            if sentence.text != before {
                edits.push(edit(&sentence.text, finding));
            }
        }
        true
    }
}

/// Takes dead ids out of a sentence; whether others still bear it.
fn drop_unknown(sentence: &mut Sentence, article: &Article) -> bool {
    let known: BTreeSet<&str> = article.claims.iter().map(|claim| claim.id.as_str()).collect();
    sentence.claims.retain(|id| known.contains(id.as_str()));
    !sentence.claims.is_empty() || matches!(sentence.role, Role::Link | Role::Comment)
}

/// One space, no word twice, a stop at the end. A sentence with quotation marks keeps its spaces:
/// the source may have them.
fn tidy(text: &str) -> String {
    let mut text = text.trim().to_owned();
    if quoted(&text).is_empty() {
        text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        // Every turn takes one word out, so it ends.
        while let Some(again) = doubled(&text) {
            let plain = again.trim_end_matches(|c: char| !c.is_alphanumeric());
            let pair = format!("{plain} {again}");
            let at = text.to_lowercase().find(&pair.to_lowercase());
            let Some(at) = at.filter(|at| text.is_char_boundary(at + 2 * plain.len() + 1)) else {
                break;
            };
            let second = at + plain.len();
            text.replace_range(second..=second + plain.len(), "");
        }
    }
    if !ends_well(&text) && is_balanced(&text) {
        text.push('.');
    }
    text
}

/// Claims and sources that nothing cites any more go; the order stays that of first citation.
fn keep_cited(article: &mut Article) {
    let cited: Vec<String> =
        sentences(&article.sections).flat_map(|placed| placed.sentence.claims.clone()).collect();
    let mut claims = std::mem::take(&mut article.claims);
    let mut sources = std::mem::take(&mut article.sources);
    for id in &cited {
        if let Some(at) = claims.iter().position(|claim| claim.id == *id) {
            let claim = claims.remove(at);
            if let Some(at) = sources.iter().position(|source| source.id == claim.quote.source) {
                article.sources.push(sources.remove(at));
            }
            article.claims.push(claim);
        }
    }
    article.length = length(&article.sections);
}

/// How long the text is; headings do not count.
fn length(sections: &[Section]) -> Length {
    let words: usize = sentences(sections).map(|placed| count_words(&placed.sentence.text)).sum();
    let held = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Length { words: held(words), minutes: held(words.div_ceil(WORDS_PER_MINUTE).max(1)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_words_are_tidied_and_quotations_keep_their_bytes() {
        for (text, want) in [
            ("The  the desk is is open", "The desk is open."),
            ("All is well.", "All is well."),
            ("It says: \u{201c}two  spaces\u{201d}", "It says: \u{201c}two  spaces\u{201d}."),
            ("An (open bracket", "An (open bracket"),
        ] {
            assert_eq!(tidy(text), want);
        }
    }
}
