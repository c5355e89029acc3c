//! What there is to quote: fit claims, each once, in the section that they answer best.

use std::collections::{BTreeMap, BTreeSet};

use galley_agents_knowledge::words::Language;
use galley_schemas::artifact::Digest;
use galley_schemas::content::{
    Claim, ClaimKind, Contradiction, Evidence, Outline, OutlineSection, Source,
};

use super::book::Book;
use super::fitness::{kind_of, worth};
use super::ground::numbers;
use super::plan::contradict;
use super::text::count_words;

/// Two quotes that share this much of their words say the same.
/// A quote that names nothing of the subject is worth so much less: it may be about anything.
const OFF_SUBJECT: f64 = 0.7;
const SAME: f64 = 0.6;
/// The subject of a definition stands among so many first words.
const SUBJECT_WORDS: usize = 4;

/// A claim that may be quoted.
#[derive(Debug, Clone)]
pub(crate) struct Item<'a> {
    /// The claim.
    pub(crate) claim: &'a Claim,
    /// Where it stands.
    pub(crate) source: &'a Source,
    /// Its kind, as far as its wording bears it out.
    pub(crate) kind: ClaimKind,
    /// How well it can be quoted, 0 to 1.
    pub(crate) worth: f64,
    /// How many words its quote has.
    pub(crate) words: usize,
    /// The stems of its words that carry a subject.
    pub(crate) stems: BTreeSet<String>,
}

/// What may be quoted in one section, best first.
#[derive(Debug, Clone)]
pub(crate) struct Part<'a> {
    /// The heading.
    pub(crate) heading: &'a str,
    /// How many words it should have.
    pub(crate) words: u32,
    /// The claims.
    pub(crate) items: Vec<Item<'a>>,
}

/// All that may be quoted.
#[derive(Debug)]
pub(crate) struct Pool<'a> {
    /// The outline's sections, in order, also those without evidence.
    pub(crate) parts: Vec<Part<'a>>,
    /// What is disagreed on.
    pub(crate) contradictions: Vec<&'a Contradiction>,
}

/// What is given to the rules.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Given<'a> {
    /// What to cover.
    pub(crate) outline: &'a Outline,
    /// What is known.
    pub(crate) evidence: &'a [Evidence],
    /// Claims that must not be used.
    pub(crate) banned: &'a BTreeSet<String>,
    /// Claims below this relevance are left out.
    pub(crate) relevance_min: f64,
}

/// Gathers what can be quoted. Of claims that say the same, in whatever section, the worthiest stays.
pub(crate) fn gather<'a>(given: Given<'a>, book: &Book, language: Language) -> Pool<'a> {
    let sources = sources(given.evidence);
    let mut parts: Vec<Part<'a>> = given
        .outline
        .sections
        .iter()
        .map(|s| Part { heading: &s.heading, words: s.words, items: Vec::new() })
        .collect();
    let outline = given.outline;
    let subject: BTreeSet<String> =
        [&outline.title, &outline.keyphrase].into_iter().flat_map(|t| language.terms(t)).collect();
    let mut found: Vec<(usize, Item<'a>)> = Vec::new();
    for evidence in given.evidence {
        let place = given.outline.sections.iter().position(|s| s.index == evidence.section);
        let usable = evidence.claims.iter().filter(|claim| {
            claim.relevance >= given.relevance_min && !given.banned.contains(&claim.id)
        });
        found.extend(usable.filter_map(|claim| {
            let worth = worth(claim, book)?;
            let source = *sources.get(&claim.quote.source)?;
            let stems: BTreeSet<String> = language.terms(&claim.quote.text).into_iter().collect();
            let is_on = subject.is_empty() || stems.intersection(&subject).next().is_some();
            let worth = if is_on { worth } else { worth * OFF_SUBJECT };
            let words = count_words(&claim.quote.text);
            let section = given.outline.sections.get(place?)?;
            let mut kind = kind_of(claim, book);
            if kind == ClaimKind::Definition && !defines(claim, section, language) {
                kind = ClaimKind::Fact;
            }
            Some((place?, Item { claim, source, kind, worth, words, stems }))
        }));
    }
    found.sort_by(|(_, a), (_, b)| {
        b.worth.total_cmp(&a.worth).then_with(|| a.claim.id.cmp(&b.claim.id))
    });
    let contradictions: Vec<&Contradiction> =
        given.evidence.iter().flat_map(|evidence| &evidence.contradictions).collect();
    let mut kept: Vec<Item<'a>> = Vec::new();
    for (place, item) in found {
        let is_new = kept.iter().all(|other| !says_the_same(other, &item, &contradictions));
        if let (true, Some(part)) = (is_new, parts.get_mut(place)) {
            kept.push(item.clone());
            part.items.push(item);
        }
    }
    Pool { parts, contradictions }
}

/// Whether the claim begins with what the section is about: "improvement is a process" defines
/// nothing in a section on chatbots.
fn defines(claim: &Claim, section: &OutlineSection, language: Language) -> bool {
    let about = language.terms(&format!("{} {}", section.heading, section.questions.join(" ")));
    let subject: Vec<&str> = claim.quote.text.split_whitespace().take(SUBJECT_WORDS).collect();
    language.terms(&subject.join(" ")).iter().any(|stem| about.contains(stem))
}

/// Quotes that differ in a number, or are known to disagree, say different things however alike.
fn says_the_same(one: &Item<'_>, other: &Item<'_>, contradictions: &[&Contradiction]) -> bool {
    let alike = one.claim.id == other.claim.id || likeness(&one.stems, &other.stems) >= SAME;
    let is_same_number = || numbers(&one.claim.quote.text) == numbers(&other.claim.quote.text);
    alike
        && (one.claim.id == other.claim.id
            || (contradict(one, other, contradictions).is_none() && is_same_number()))
}

/// The documents of all sections, by id.
pub(crate) fn sources(evidence: &[Evidence]) -> BTreeMap<&Digest, &Source> {
    evidence
        .iter()
        .flat_map(|evidence| &evidence.sources)
        .map(|source| (&source.id, source))
        .collect()
}

/// How much of the shorter's words the other has, 0 to 1.
pub(crate) fn likeness(one: &BTreeSet<String>, other: &BTreeSet<String>) -> f64 {
    let shared = one.intersection(other).count();
    let least = one.len().min(other.len()).max(1);
    ratio(shared, least)
}

/// One count as a share of another.
pub(crate) fn ratio(part: usize, whole: usize) -> f64 {
    let count = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    count(part) / count(whole.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::sample::{claim, evidence, outline};

    fn gathered(parts: &[(&str, Vec<Claim>)], banned: &[&str]) -> Vec<Vec<String>> {
        let outline = outline(&parts.iter().map(|(heading, _)| *heading).collect::<Vec<_>>());
        let evidence: Vec<Evidence> =
            parts.iter().zip(0..).map(|((h, claims), i)| evidence(i, h, claims.clone())).collect();
        let banned = banned.iter().map(|id| (*id).to_owned()).collect();
        let given =
            Given { outline: &outline, evidence: &evidence, banned: &banned, relevance_min: 0.0 };
        let pool = gather(given, Book::of(Language::English), Language::English);
        pool.parts.iter().map(|p| p.items.iter().map(|i| i.claim.id.clone()).collect()).collect()
    }

    #[test]
    fn what_two_sections_share_is_quoted_in_one() {
        let shared = claim("a", "Chatbots answer routine questions at any hour of the day.");
        let near = claim("b", "Chatbots answer routine questions at every hour of the day.");
        let other = claim("c", "Managers read the transcripts of the calls once a week.");
        let parts = [("One", vec![shared.clone(), other]), ("Two", vec![shared, near])];
        let ids = gathered(&parts, &[]);
        let all: Vec<&String> = ids.iter().flatten().collect();
        assert_eq!(all.len(), 2, "{ids:?}");
        assert!(all.contains(&&"c".to_owned()));
    }

    #[test]
    fn a_banned_claim_is_left_out() {
        let claims = vec![claim("a", "Chatbots answer routine questions at any hour of the day.")];
        assert_eq!(gathered(&[("One", claims)], &["a"]), [Vec::<String>::new()]);
    }
}
