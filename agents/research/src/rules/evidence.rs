//! Chosen passages as an evidence set.

use galley_schemas::artifact::Digest;
use galley_schemas::content::{
    Claim, Contradiction, Dossier, Evidence, OutlineSection, Quote, Source,
};

use crate::rules::disagree::disagreement;
use crate::rules::select::Chosen;
use crate::rules::shelf::{Passage, Shelf};

/// How many characters of the hash a claim's id has.
const ID_CHARS: usize = 12;
/// Most contradictions that are noted.
const CONTRADICTIONS_MAX: usize = 8;

/// The evidence set of a section. Without a model, each claim's statement is its quote.
#[must_use]
pub fn evidence(shelf: &Shelf, section: &OutlineSection, chosen: &[Chosen]) -> Evidence {
    let claims: Vec<Claim> = chosen.iter().filter_map(|one| claim(shelf, one)).collect();
    let contradictions = contradictions(shelf, &claims);
    let sources = sources(shelf, &claims);
    Evidence {
        section: section.index,
        heading: section.heading.clone(),
        claims,
        sources,
        contradictions,
        dossier: Dossier::default(),
    }
}

fn claim(shelf: &Shelf, chosen: &Chosen) -> Option<Claim> {
    let passage = shelf.passages.get(chosen.passage)?;
    let quote = quote(shelf, passage)?;
    let others = chosen.also_in.iter().filter_map(|place| shelf.passages.get(*place));
    Some(Claim {
        id: id(&quote),
        statement: quote.text.clone(),
        kind: passage.kind,
        relevance: chosen.relevance.clamp(0.0, 1.0),
        also_in: others.filter_map(|other| self::quote(shelf, other)).collect(),
        quote,
    })
}

fn quote(shelf: &Shelf, passage: &Passage) -> Option<Quote> {
    let book = shelf.books.get(passage.book)?;
    Some(Quote {
        source: book.source.id.clone(),
        text_sha256: book.source.text.sha256.clone(),
        start: passage.span.start as u64,
        end: passage.span.end as u64,
        text: passage.span.of(&book.text).to_owned(),
    })
}

/// The id of a claim: the same source and span give the same id in every section and every run.
#[must_use]
pub fn id(quote: &Quote) -> String {
    let hash = Digest::of(format!("{}:{}-{}", quote.source, quote.start, quote.end).as_bytes());
    hash.as_str().chars().take(ID_CHARS).collect()
}

fn sources(shelf: &Shelf, claims: &[Claim]) -> Vec<Source> {
    let cited = |source: &Source| {
        claims.iter().any(|claim| {
            claim.quote.source == source.id
                || claim.also_in.iter().any(|quote| quote.source == source.id)
        })
    };
    shelf.books.iter().map(|book| &book.source).filter(|source| cited(source)).cloned().collect()
}

fn contradictions(shelf: &Shelf, claims: &[Claim]) -> Vec<Contradiction> {
    let mut found = Vec::new();
    for (place, one) in claims.iter().enumerate() {
        let others = claims.iter().skip(place + 1);
        for other in others.filter(|other| other.quote.source != one.quote.source) {
            if let Some(about) = disagreement(shelf.language, &one.quote.text, &other.quote.text) {
                found.push(Contradiction { one: one.id.clone(), other: other.id.clone(), about });
            }
        }
    }
    found.truncate(CONTRADICTIONS_MAX);
    found
}
