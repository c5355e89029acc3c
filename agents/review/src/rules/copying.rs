//! Nothing is taken from a source without quotation marks.

use galley_schemas::content::{Finding, Severity};

use super::material::{Case, about};
use super::text::{Stretch, stretches};

/// Runs of words outside quotation marks that stand in a source.
pub(crate) fn check(case: &Case<'_>) -> Vec<Finding> {
    let is_copied = |stretch: Stretch<'_>| match stretch {
        Stretch::Own(text) => untitled(text).any(|piece| case.has_run_of(piece)),
        Stretch::Quoted(_) => false,
    };
    let advice = "it repeats a source word for word; put it in quotation marks or word it anew";
    case.sentences()
        .filter(|placed| stretches(&placed.sentence.text).into_iter().any(is_copied))
        .map(|placed| about(placed, "unmarked_copy", Severity::Major, advice))
        .collect()
}

/// The text without titles, which stand in single marks: they name a source and may be long.
fn untitled(text: &str) -> impl Iterator<Item = &str> {
    let mut pieces = text.split('\u{2018}');
    let first = pieces.next();
    first
        .into_iter()
        .chain(pieces.map(|piece| piece.split_once('\u{2019}').map_or("", |(_, rest)| rest)))
}
