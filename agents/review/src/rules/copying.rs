//! Nothing is taken from a source without quotation marks.

use std::collections::BTreeSet;

use galley_schemas::content::{Finding, Severity};

use super::material::{Case, about};
use super::text::{Stretch, folded, stretches};

/// Runs of words outside quotation marks that stand in a source.
pub(crate) fn check(case: &Case<'_>) -> Vec<Finding> {
    let titles = titles(case);
    let is_copied = |stretch: Stretch<'_>| match stretch {
        Stretch::Own(text) => {
            untitled(text, &titles).into_iter().any(|piece| case.has_run_of(piece))
        }
        Stretch::Quoted(_) => false,
    };
    let advice = "it repeats a source word for word; put it in quotation marks or word it anew";
    case.sentences()
        .filter(|placed| stretches(&placed.sentence.text).into_iter().any(is_copied))
        .map(|placed| about(placed, "unmarked_copy", Severity::Major, advice))
        .collect()
}

/// The text without titles that stand in single marks: they name a source or a part, and may be long.
/// What else stands in such marks counts.
fn untitled<'t>(text: &'t str, titles: &BTreeSet<String>) -> Vec<&'t str> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while let Some((before, after)) = rest.split_once('\u{2018}') {
        let named = after.match_indices('\u{2019}').find_map(|(at, _)| {
            let (name, left) = after.split_at(at);
            titles.iter().any(|title| title.contains(&folded(name).join(" "))).then_some(left)
        });
        let Some(left) = named else { break };
        pieces.push(before);
        rest = left;
    }
    pieces.push(rest);
    pieces
}

/// The titles of the sources and the article's own headings, as folded words.
fn titles(case: &Case<'_>) -> BTreeSet<String> {
    let article = case.article;
    let headings = article.sections.iter().filter_map(|section| section.heading.as_deref());
    let sources = article.sources.iter().map(|source| source.title.as_str());
    sources
        .chain(headings)
        .chain([article.title.as_str(), article.keyphrase.as_str()])
        .map(|text| folded(text).join(" "))
        .collect()
}
