//! Every cited quote stands in the stored bytes of its source, and every quotation in its claims.

use std::collections::BTreeSet;

use galley_schemas::artifact::Digest;
use galley_schemas::content::{Claim, Finding, Role, Severity};

use super::material::{Case, about};
use super::text::quoted;

/// A claim whose quote is not in the stored source; a quotation that is in none of its claims.
pub(crate) fn check(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut judged: BTreeSet<&str> = BTreeSet::new();
    for placed in case.sentences() {
        for claim in case.cited(placed.sentence) {
            if !judged.insert(&claim.id) {
                continue;
            }
            if let Err(reason) = stands(case, claim) {
                let advice = format!("the quote of claim {} {reason}", claim.id);
                findings.push(about(placed, "quote_not_in_source", Severity::Blocking, advice));
            }
        }
        let attributed = matches!(placed.sentence.role, Role::Fact | Role::Quote | Role::Comment);
        let cites = case.cited(placed.sentence).next().is_some();
        for span in quoted(&placed.sentence.text).into_iter().filter(|_| attributed && cites) {
            let span = span.trim_end_matches([',', '.']);
            if !case.cited(placed.sentence).any(|claim| claim.quote.text.contains(span)) {
                let advice =
                    "the words between quotation marks are in none of its claims; quote verbatim";
                findings.push(about(placed, "misquoted", Severity::Blocking, advice));
            }
        }
    }
    findings
}

/// Whether the claim's quote stands in the stored source, byte for byte.
fn stands(case: &Case<'_>, claim: &Claim) -> Result<(), &'static str> {
    let quote = &claim.quote;
    let source = case.source(claim).ok_or("names a source that the article does not list")?;
    if source.text.sha256 != quote.text_sha256 {
        return Err("counts in another text than its source's");
    }
    if source.original.sha256 != source.id || !case.material.originals.contains(&source.id) {
        return Err("names a source whose original is not stored");
    }
    let text =
        case.material.texts.get(&quote.text_sha256).ok_or("names a text that is not stored")?;
    if Digest::of(text) != quote.text_sha256 {
        return Err("names a text whose stored bytes are damaged");
    }
    let span = usize::try_from(quote.start).ok().zip(usize::try_from(quote.end).ok());
    let bytes = span.and_then(|(start, end)| text.get(start..end));
    match bytes {
        Some(bytes) if bytes == quote.text.as_bytes() => Ok(()),
        Some(_) | None => Err("is not in the stored source at its place"),
    }
}
