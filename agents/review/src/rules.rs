//! What a review checks without a model. Pure: the bytes are fetched before, and no clock is read.

mod cites;
mod copying;
#[cfg(feature = "grammar")]
mod english;
mod grammar;
mod lexicon;
pub(crate) mod links;
pub(crate) mod material;
mod measures;
mod mend;
mod privacy;
mod quotes;
mod readability;
mod safety;
mod score;
mod sense;
mod structure;
mod support;
pub(crate) mod text;
mod wording;

#[cfg(test)]
mod planted;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use galley_schemas::content::{Article, Check, Edit, Finding, Role, Severity};

use crate::config::Config;
use crate::report::{Ground, Report};
use material::{Case, Material, at};
use text::share;

/// What rules found and mended.
#[derive(Debug)]
pub(crate) struct Examined {
    /// The article as mended.
    pub(crate) article: Article,
    /// What is still wrong with it.
    pub(crate) findings: Vec<Finding>,
    mended: Vec<Finding>,
    edits: Vec<Edit>,
    parts: BTreeMap<String, f64>,
    measured: Vec<Check>,
    grounds: Vec<Ground>,
}

/// Finds, mends, and finds again. The parts of the score judge the article as it was handed in:
/// what had to be mended counts against it.
pub(crate) fn examine(article: &Article, material: &Material, config: &Config) -> Examined {
    let before = Case::new(article, material, config.copied_words);
    let found = find(&before, config);
    let parts = score::parts(&before, &found, readability::measure(&before));
    let (mut mended, mut edits) = mend::mend(article, &found);
    edits.extend(links::unlink(&mut mended, &material.links));
    let after = Case::new(&mended, material, config.copied_words);
    let mut findings = find(&after, config);
    findings.extend(thinned(article, &mended, config));
    Examined {
        measured: score::measured(&after, readability::measure(&after), config),
        grounds: score::grounds(&after, &findings),
        findings,
        mended: found.into_iter().filter(mend::can_mend).collect(),
        edits,
        parts,
        article: mended,
    }
}

/// Adds what a model doubts, and decides. A doubt lowers the score as any finding does.
pub(crate) fn decide(
    examined: Examined,
    doubts: Vec<Finding>,
    config: &Config,
) -> (Article, Report) {
    let Examined { article, mut findings, mended, edits, mut parts, measured, mut grounds } =
        examined;
    for ground in &mut grounds {
        let is_it = |doubt: &Finding| doubt.sentence.as_ref() == Some(&ground.sentence);
        ground.is_borne_out &= !doubts.iter().any(is_it);
    }
    if let Some(grounded) = parts.get_mut("groundedness") {
        let states = |role: Role| matches!(role, Role::Fact | Role::Quote);
        let factual = material::sentences(&article.sections)
            .filter(|placed| states(placed.sentence.role))
            .count();
        *grounded = (*grounded - share(doubts.len(), factual)).max(0.0);
    }
    findings.extend(doubts);
    findings.sort_by_key(|finding| Reverse(finding.severity));
    let score = score::score(&parts);
    let report = Report {
        verdict: score::verdict(&findings, score, config),
        score,
        checks: score::checks(&parts, &findings).into_iter().chain(measured).collect(),
        grounds,
        parts,
        findings,
        mended,
        edits,
    };
    (article, report)
}

fn find(case: &Case<'_>, config: &Config) -> Vec<Finding> {
    let mut findings = cites::check(case);
    findings.extend(quotes::check(case));
    findings.extend(support::check(case, config.overlap_min));
    findings.extend(sense::check(case));
    findings.extend(measures::check(case));
    findings.extend(copying::check(case));
    findings.extend(safety::check(case));
    findings.extend(privacy::check(case));
    findings.extend(links::check(case));
    findings.extend(grammar::check(case));
    #[cfg(feature = "grammar")]
    findings.extend(english::check(case));
    findings.extend(wording::check(case, config));
    findings.extend(structure::check(case, config.section_words_min));
    findings.extend(readability::check(readability::measure(case), config));
    findings
}

/// An article out of which much had to be taken is no longer the one that was asked for.
fn thinned(before: &Article, after: &Article, config: &Config) -> Option<Finding> {
    let factual = |article: &Article| {
        let states = |role: Role| matches!(role, Role::Fact | Role::Quote);
        material::sentences(&article.sections).filter(|p| states(p.sentence.role)).count()
    };
    let (was, is) = (factual(before), factual(after));
    let lost = share(was.saturating_sub(is), was);
    let advice =
        format!("{} of {was} factual sentences had to be taken out; write them anew", was - is);
    (lost > config.dropped_share_max).then(|| at(None, "thinned", Severity::Major, advice))
}
