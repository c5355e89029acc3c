//! Chosen passages as an evidence set.

use galley_schemas::artifact::Digest;
use galley_schemas::content::{
    Claim, ClaimKind, Contradiction, Dossier, Evidence, OutlineSection, Quote, Source, SourceNote,
};

use crate::rules::claims::judge;
use crate::rules::disagree::disagreement;
use crate::rules::duplicates::Print;
use crate::rules::select::Chosen;
use crate::rules::shelf::{Passage, Shelf};
use crate::rules::split::Span;
use crate::rules::weigh::{lone, origin, reliability};

/// How many characters of the hash a claim's id has.
const ID_CHARS: usize = 12;
/// Most contradictions that are noted.
const CONTRADICTIONS_MAX: usize = 8;
/// Most sources that are noted.
const NOTES_MAX: usize = 64;
/// How well a claim answers its section that a model noted for it.
const NOTED: f64 = 0.9;

/// The evidence set of a section. Without a model, each claim's statement is its quote.
#[must_use]
pub fn evidence(shelf: &Shelf, section: &OutlineSection, chosen: &[Chosen]) -> Evidence {
    let claims = chosen.iter().filter_map(|one| claim(shelf, one)).collect();
    of_claims(shelf, section, claims)
}

/// The evidence set of a section with these claims, which stand on the shelf.
#[must_use]
pub fn of_claims(shelf: &Shelf, section: &OutlineSection, claims: Vec<Claim>) -> Evidence {
    let contradictions = contradictions(shelf, &claims);
    let sources = sources(shelf, &claims);
    let dossier = Dossier {
        notes: notes(shelf, &sources),
        lone: lone(&claims, &sources),
        ..Dossier::default()
    };
    Evidence {
        section: section.index,
        heading: section.heading.clone(),
        claims,
        sources,
        contradictions,
        dossier,
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

/// A span of a document as a claim: one that was noted, not chosen.
#[must_use]
pub fn noted(shelf: &Shelf, source: &Digest, span: Span, statement: String) -> Option<Claim> {
    let book = shelf.books.iter().find(|book| book.source.id == *source)?;
    let text = span.of(&book.text);
    let quote = Quote {
        source: source.clone(),
        text_sha256: book.source.text.sha256.clone(),
        start: span.start as u64,
        end: span.end as u64,
        text: text.to_owned(),
    };
    let kind = judge(text, shelf.language).map_or(ClaimKind::Fact, |(kind, _)| kind);
    let (id, also_in) = (id(&quote), Vec::new());
    (!text.is_empty()).then_some(Claim { id, statement, quote, kind, relevance: NOTED, also_in })
}

/// Claims that were noted, then the others as far as they say something else; at most so many.
#[must_use]
pub fn joined(noted: Vec<Claim>, others: Vec<Claim>, claims_max: usize) -> Vec<Claim> {
    let mut claims: Vec<Claim> = Vec::new();
    for claim in noted.into_iter().chain(others) {
        let print = Print::of(&claim.quote.text);
        let is_said =
            |other: &Claim| other.id == claim.id || Print::of(&other.quote.text).is_like(&print);
        if claims.len() < claims_max && !claims.iter().any(is_said) {
            claims.push(claim);
        }
    }
    claims
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

/// What is to be thought of each cited document, and of each that is suspicious.
fn notes(shelf: &Shelf, cited: &[Source]) -> Vec<SourceNote> {
    let books = shelf.books.iter().enumerate();
    let noted = books.filter(|(book, content)| {
        shelf.suspicious.contains_key(book)
            || cited.iter().any(|source| source.id == content.source.id)
    });
    noted
        .take(NOTES_MAX)
        .map(|(book, content)| {
            let suspicious = shelf.suspicious.get(&book).cloned().unwrap_or_default();
            let (reliability, because) = reliability(&content.source, suspicious.len());
            SourceNote {
                source: content.source.id.clone(),
                locator: content.source.locator.clone(),
                origin: origin(&content.source),
                reliability,
                because,
                suspicious,
                folded: Vec::new(),
            }
        })
        .collect()
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
