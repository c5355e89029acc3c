//! A small made-up article for tests.

use chrono::DateTime;
use galley_agents_knowledge::words::Language;
use galley_schemas::artifact::{ArtifactRef, Digest};
use galley_schemas::content::{
    Article, Claim, ClaimKind, Length, Meta, Paragraph, Quote, Role, Section, Sentence, Source,
    Style, Writing,
};

use super::keyphrase::Keyphrase;

const QUOTES: [&str; 3] = [
    "Most callers ask for the opening hours of the library.",
    "Some callers only want to hear a voice.",
    "No callers complained about the night desk itself.",
];

pub(crate) fn phrase(text: &str) -> Keyphrase {
    Keyphrase::new(text, Language::English)
}

pub(crate) fn article() -> Article {
    let own = |text: &str| sentence(text, Role::Comment, &[]);
    let quote = |n: usize| {
        sentence(
            &format!("The paper wrote in 2021: \u{201c}{}\u{201d}", QUOTES[n]),
            Role::Quote,
            &[n],
        )
    };
    Article {
        title: "How a night desk works".to_owned(),
        language: "en".to_owned(),
        keyphrase: "night desk".to_owned(),
        writing: Writing::Digest,
        drafted: DateTime::default(),
        sections: vec![
            section(
                None,
                vec![
                    own("This digest looks at how a night desk works."),
                    own(
                        "It draws on three documents from Harbour News, published between 2012 and 2021.",
                    ),
                    own(
                        "First comes \u{2018}What callers want\u{2019}, and then \u{2018}What remains\u{2019}.",
                    ),
                ],
            ),
            section(
                Some("What callers want"),
                vec![own("On this point, two documents have much to say."), quote(0), quote(1)],
            ),
            section(
                Some("What remains"),
                vec![quote(2), sentence("Nobody complained about the desk.", Role::Fact, &[2])],
            ),
        ],
        claims: (0..3).map(claim).collect(),
        sources: vec![source()],
        length: Length::default(),
        meta: Meta::default(),
    }
}

fn sentence(text: &str, role: Role, claims: &[usize]) -> Sentence {
    Sentence {
        text: text.to_owned(),
        role,
        claims: claims.iter().map(|n| format!("c{n}")).collect(),
    }
}

fn section(heading: Option<&str>, sentences: Vec<Sentence>) -> Section {
    let paragraphs = vec![Paragraph { style: Style::Body, sentences }];
    Section { heading: heading.map(str::to_owned), paragraphs }
}

fn claim(n: usize) -> Claim {
    Claim {
        id: format!("c{n}"),
        statement: QUOTES[n].to_owned(),
        quote: Quote {
            source: Digest::of(b"source"),
            text_sha256: Digest::of(b"text"),
            start: 0,
            end: 0,
            text: QUOTES[n].to_owned(),
        },
        kind: ClaimKind::Fact,
        relevance: 1.0,
        also_in: Vec::new(),
    }
}

fn source() -> Source {
    let artifact = |bytes: &[u8]| ArtifactRef {
        sha256: Digest::of(bytes),
        bytes: 0,
        media_type: "text/plain".to_owned(),
    };
    Source {
        id: Digest::of(b"source"),
        original: artifact(b"source"),
        text: artifact(b"text"),
        locator: "desk.md".to_owned(),
        url: Some("https://example.org/desk".to_owned()),
        title: "What Callers Want".to_owned(),
        author: None,
        publisher: Some("Harbour News".to_owned()),
        published: None,
        language: None,
        words: 30,
        headings: Vec::new(),
    }
}
