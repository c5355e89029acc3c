//! Small made-up evidence for tests.

use chrono::NaiveDate;
use galley_schemas::artifact::{ArtifactRef, Digest};
use galley_schemas::content::{
    Claim, ClaimKind, Dossier, Evidence, Outline, OutlineSection, Quote, Source,
};

pub(crate) fn artifact(text: &str) -> ArtifactRef {
    ArtifactRef {
        sha256: Digest::of(text.as_bytes()),
        bytes: u64::try_from(text.len()).unwrap(),
        media_type: "text/plain".to_owned(),
    }
}

pub(crate) fn source(name: &str, title: &str, year: i32) -> Source {
    Source {
        id: Digest::of(name.as_bytes()),
        original: artifact(name),
        text: artifact(name),
        locator: format!("{name}.md"),
        url: None,
        title: title.to_owned(),
        author: None,
        publisher: Some("Example Press".to_owned()),
        published: NaiveDate::from_ymd_opt(year, 3, 1),
        language: Some("en".to_owned()),
        words: 400,
        headings: Vec::new(),
    }
}

/// A claim that stands in a source of its own, named after the claim.
pub(crate) fn claim(id: &str, text: &str) -> Claim {
    claim_in(id, text, id)
}

pub(crate) fn claim_in(id: &str, text: &str, source: &str) -> Claim {
    Claim {
        id: id.to_owned(),
        statement: text.to_owned(),
        quote: Quote {
            source: Digest::of(source.as_bytes()),
            text_sha256: Digest::of(source.as_bytes()),
            start: 0,
            end: u64::try_from(text.len()).unwrap(),
            text: text.to_owned(),
        },
        kind: ClaimKind::Fact,
        relevance: 0.8,
        also_in: Vec::new(),
    }
}

pub(crate) fn kind(text: &str, kind: ClaimKind) -> Claim {
    Claim { kind, ..claim("k", text) }
}

/// Evidence whose sources are made from the claims' own; the years differ.
pub(crate) fn evidence(section: u32, heading: &str, claims: Vec<Claim>) -> Evidence {
    let mut sources: Vec<Source> = Vec::new();
    for claim in &claims {
        if sources.iter().all(|source| source.id != claim.quote.source) {
            let year = 2012 + i32::from(claim.quote.source.as_str().as_bytes()[0] % 10);
            let mut source = source("?", "Notes from the Front Desk", year);
            source.id = claim.quote.source.clone();
            sources.push(source);
        }
    }
    Evidence {
        section,
        heading: heading.to_owned(),
        claims,
        sources,
        contradictions: Vec::new(),
        dossier: Dossier::default(),
    }
}

pub(crate) fn outline(headings: &[&str]) -> Outline {
    let section = |(index, heading): (u32, &&str)| OutlineSection {
        index,
        heading: (*heading).to_owned(),
        questions: vec![format!("What is known about {}?", heading.to_lowercase())],
        terms: Vec::new(),
        words: 150,
        corpus: artifact("corpus"),
    };
    Outline {
        title: "How chatbots change the front desk".to_owned(),
        keyphrase: "chatbots front desk".to_owned(),
        sections: (0..).zip(headings).map(section).collect(),
    }
}
