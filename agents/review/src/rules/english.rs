//! English grammar, spelling and style, by Harper (<https://writewithharper.com>), with the feature
//! `grammar`.
//!
//! Only the article's own words are judged: what stands in quotation marks is the source's affair, and
//! a word that a source uses is spelled as the source spells it. Making the checker ready takes about
//! a second, so one serves the whole process.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Mutex, OnceLock, PoisonError};

use galley_agents_knowledge::words::Language;
use galley_schemas::content::{Finding, Severity};
use harper_core::linting::{Lint, LintGroup, LintKind, Linter as _, Suggestion};
use harper_core::parsers::PlainEnglish;
use harper_core::spell::{Dictionary as _, FstDictionary};
use harper_core::{Dialect, Document};

use super::material::{Case, Placed, about};
use super::text::folded;

/// What Harper finds in the article's own words.
pub(crate) fn check(case: &Case<'_>) -> Vec<Finding> {
    if case.language != Language::English {
        return Vec::new();
    }
    let known = known_words(case);
    let mut checker = checker().lock().unwrap_or_else(PoisonError::into_inner);
    let mut findings = Vec::new();
    for placed in case.sentences() {
        let text = &placed.sentence.text;
        let document = Document::new_curated(text, &PlainEnglish);
        let letters: Vec<char> = text.chars().collect();
        let quoted = quoted_ranges(&letters);
        let lints = checker.lint(&document);
        let own = lints.iter().filter(|lint| {
            let (start, end) = (lint.span.start, lint.span.end);
            !quoted.iter().any(|range| start < range.end && range.start < end)
        });
        findings.extend(own.filter_map(|lint| finding(placed, lint, &letters, &known)));
    }
    findings
}

fn checker() -> &'static Mutex<LintGroup> {
    static CHECKER: OnceLock<Mutex<LintGroup>> = OnceLock::new();
    CHECKER.get_or_init(|| {
        Mutex::new(LintGroup::new_curated(FstDictionary::curated(), Dialect::American))
    })
}

fn finding(
    placed: Placed<'_>,
    lint: &Lint,
    letters: &[char],
    known: &BTreeSet<String>,
) -> Option<Finding> {
    let word: String = letters.get(lint.span.start..lint.span.end)?.iter().collect();
    let (rule, severity) = sort(lint.lint_kind)?;
    // A name is in no dictionary; a word of the sources is theirs to spell; and a word that is spelled
    // so in any sort of English is no slip.
    let is_excused = word.starts_with(char::is_uppercase)
        || known.contains(&folded(&word).join(" "))
        || FstDictionary::curated().contains_word_str(&word);
    if rule == "spelling" && is_excused {
        return None;
    }
    let better = lint.suggestions.iter().find_map(|suggestion| match suggestion {
        Suggestion::ReplaceWith(letters) => Some(letters.iter().collect::<String>()),
        Suggestion::InsertAfter(_) | Suggestion::Remove => None,
    });
    let better = better.map(|text| format!("; better: '{text}'")).unwrap_or_default();
    Some(about(placed, rule, severity, format!("'{word}': {}{better}", lint.message)))
}

/// What a kind of lint is called here and how much it weighs; layout is the page's affair.
const fn sort(kind: LintKind) -> Option<(&'static str, Severity)> {
    match kind {
        LintKind::Spelling | LintKind::Typo => Some(("spelling", Severity::Minor)),
        LintKind::Agreement
        | LintKind::BoundaryError
        | LintKind::Capitalization
        | LintKind::Eggcorn
        | LintKind::Grammar
        | LintKind::Malapropism
        | LintKind::Miscellaneous
        | LintKind::Nonstandard
        | LintKind::Punctuation
        | LintKind::Repetition
        | LintKind::Usage
        | LintKind::WordOrder => Some(("grammar", Severity::Minor)),
        LintKind::Enhancement
        | LintKind::Readability
        | LintKind::Redundancy
        | LintKind::Style
        | LintKind::WordChoice => Some(("style", Severity::Note)),
        LintKind::Formatting | LintKind::Regionalism => None,
    }
}

/// The words of the sources and of the article's title, folded.
fn known_words(case: &Case<'_>) -> BTreeSet<String> {
    let texts = case.material.texts.values().filter_map(|bytes| std::str::from_utf8(bytes).ok());
    let titles = case.article.sources.iter().map(|source| source.title.as_str());
    let own = [case.article.title.as_str(), case.article.keyphrase.as_str()];
    texts.chain(titles).chain(own).flat_map(folded).collect()
}

/// The stretches between quotation marks or around titles, with their marks, counted in letters.
fn quoted_ranges(letters: &[char]) -> Vec<Range<usize>> {
    let (mut ranges, mut open) = (Vec::new(), Vec::new());
    for (at, c) in letters.iter().enumerate() {
        match c {
            '\u{201c}' | '\u{2018}' => open.push(at),
            '\u{201d}' | '\u{2019}' => {
                ranges.extend(open.pop().map(|start: usize| start..at + 1));
            }
            _ => {}
        }
    }
    ranges.extend(open.first().map(|start| *start..letters.len()));
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotations_are_left_out() {
        let letters: Vec<char> = "a \u{201c}b\u{201d} c \u{201c}d".chars().collect();
        assert_eq!(quoted_ranges(&letters), [2..5, 8..10]);
    }
}
