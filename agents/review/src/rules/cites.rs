//! Every factual sentence cites a claim that exists, and every claim is one that research found.

use std::collections::BTreeMap;

use galley_schemas::content::{Claim, Finding, Role, Severity};

use super::material::{Case, about, at};
use super::text::{numbers, own, quoted};

/// A fact or a quote without a claim; a claim that does not exist; a fact that hides as a link.
pub(crate) fn check(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for placed in case.sentences() {
        let sentence = placed.sentence;
        let dead = sentence.claims.iter().find(|id| case.claim(id).is_none());
        if let Some(id) = dead {
            let advice = format!("claim {id} does not exist; cite one that does");
            findings.push(about(placed, "unknown_claim", Severity::Major, advice));
        }
        let has_proof = case.cited(sentence).next().is_some();
        let states = match sentence.role {
            Role::Fact | Role::Quote => true,
            Role::Link => {
                !numbers(&own(&sentence.text)).is_empty() || !quoted(&sentence.text).is_empty()
            }
            Role::Comment => !quoted(&sentence.text).is_empty(),
        };
        if states && !has_proof && dead.is_none() {
            let advice = "it states something and cites nothing; cite a claim or leave it out";
            findings.push(about(placed, "uncited_fact", Severity::Major, advice));
        }
    }
    findings.extend(strangers(case));
    findings
}

/// Claims that research did not hand over, or not with this quote.
fn strangers(case: &Case<'_>) -> Vec<Finding> {
    let found: BTreeMap<&str, &Claim> = case
        .material
        .evidence
        .iter()
        .flat_map(|evidence| &evidence.claims)
        .map(|claim| (claim.id.as_str(), claim))
        .collect();
    let stranger = |claim: &&Claim| {
        found.get(claim.id.as_str()).is_none_or(|known| known.quote != claim.quote)
    };
    let finding = |claim: &Claim| {
        let advice = format!(
            "claim {} is not among the evidence as research found it; take it out with its sentences",
            claim.id
        );
        at(None, "claim_not_in_evidence", Severity::Blocking, advice)
    };
    case.article.claims.iter().filter(stranger).map(finding).collect()
}
