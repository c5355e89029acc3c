//! Small documents for the tests of this crate.

use galley_schemas::artifact::{ArtifactRef, Digest};
use galley_schemas::content::{Heading, OutlineSection, Source};

use crate::rules::shelf::{Book, Shelf};

pub(crate) fn artifact(bytes: &[u8]) -> ArtifactRef {
    ArtifactRef {
        sha256: Digest::of(bytes),
        bytes: bytes.len() as u64,
        media_type: "text/plain".to_owned(),
    }
}

pub(crate) fn book(title: &str, text: &str) -> Book {
    let headings = vec![Heading { level: 2, text: "Roasting".to_owned() }];
    let source = Source {
        id: Digest::of(title.as_bytes()),
        original: artifact(title.as_bytes()),
        text: artifact(text.as_bytes()),
        locator: format!("{title}.md"),
        url: None,
        title: title.to_owned(),
        author: None,
        publisher: None,
        published: None,
        language: Some("en".to_owned()),
        words: 0,
        headings,
    };
    Book { source, text: text.to_owned() }
}

pub(crate) fn shelf() -> Shelf {
    Shelf::new(vec![
        book(
            "The roaster's craft",
            "Roasting\n\nGreen coffee beans are roasted at temperatures of 180 to 230 degrees. Roasted coffee beans lose about 15 percent of \
             their weight on the way. Click here to learn more about our beans. Sugars and amino acids react in the heat and give \
             roasted coffee its brown colour.",
        ),
        book(
            "What heat does",
            "Sugars and amino acids react in the heat and give roasted coffee its brown colour. Roasted coffee beans lose \
             about 20 percent of their weight in the roaster. Have you ever roasted coffee beans at home?",
        ),
        book(
            "Trains",
            "The night train to the coast leaves the capital at nine in the evening. Steam engines need water at every second station.",
        ),
    ])
}

pub(crate) fn section() -> OutlineSection {
    OutlineSection {
        index: 2,
        heading: "How Coffee Is Roasted".to_owned(),
        questions: vec!["What happens to coffee beans in the roaster?".to_owned()],
        terms: ["roasting", "coffee beans", "heat", "weight"].map(str::to_owned).into(),
        words: 150,
        corpus: artifact(b"corpus"),
    }
}
