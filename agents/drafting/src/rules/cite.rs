//! What the finished text rests on, and how long it is.

use std::collections::{BTreeMap, BTreeSet};

use galley_schemas::artifact::Digest;
use galley_schemas::content::{Claim, Evidence, Length, Section, Sentence, Source};

use super::gather::sources;
use super::text::count_words;

const WORDS_PER_MINUTE: usize = 230;

/// The claims that the text cites and the sources that they stand in, both in order of first
/// citation. An id that no evidence knows is left out.
pub(crate) fn cited(sections: &[Section], evidence: &[Evidence]) -> (Vec<Claim>, Vec<Source>) {
    let claims: BTreeMap<&str, &Claim> =
        evidence.iter().flat_map(|e| &e.claims).map(|claim| (claim.id.as_str(), claim)).collect();
    let known = sources(evidence);
    let (mut cited, mut found) = (Vec::new(), Vec::new());
    let mut seen: (BTreeSet<&str>, BTreeSet<&Digest>) = (BTreeSet::new(), BTreeSet::new());
    for id in sentences(sections).flat_map(|sentence| &sentence.claims) {
        let Some(claim) = claims.get(id.as_str()) else { continue };
        if seen.0.insert(id.as_str()) {
            cited.push((*claim).clone());
        }
        if seen.1.insert(&claim.quote.source) {
            // An article needs no headings of its sources, and whatever they say would stand in its proof.
            let bare = |source: &&Source| Source { headings: Vec::new(), ..(*source).clone() };
            found.extend(known.get(&claim.quote.source).map(bare));
        }
    }
    (cited, found)
}

/// Every sentence, in order.
pub(crate) fn sentences(sections: &[Section]) -> impl Iterator<Item = &Sentence> {
    sections
        .iter()
        .flat_map(|section| &section.paragraphs)
        .flat_map(|paragraph| &paragraph.sentences)
}

/// How many words the text has; headings do not count.
pub(crate) fn words(sections: &[Section]) -> usize {
    sentences(sections).map(|sentence| count_words(&sentence.text)).sum()
}

/// How long the text is.
pub(crate) fn length(sections: &[Section]) -> Length {
    let words = words(sections);
    let minutes = words.div_ceil(WORDS_PER_MINUTE).max(1);
    let held = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Length { words: held(words), minutes: held(minutes) }
}

#[cfg(test)]
mod tests {
    use galley_schemas::content::{Paragraph, Role, Style};

    use super::*;
    use crate::rules::sample::{claim, evidence};

    #[test]
    fn claims_and_sources_stand_once_in_order_of_first_citation() {
        let evidence = [evidence(0, "One", vec![claim("a", "A says a."), claim("b", "B says b.")])];
        let sentence = |claims: &[&str]| Sentence {
            text: "x y".to_owned(),
            role: Role::Fact,
            claims: claims.iter().map(|id| (*id).to_owned()).collect(),
        };
        let sentences = vec![sentence(&["b"]), sentence(&["gone", "a"]), sentence(&["b"])];
        let paragraphs = vec![Paragraph { style: Style::Body, sentences }];
        let sections = [Section { heading: None, paragraphs }];
        let (claims, sources) = cited(&sections, &evidence);
        assert_eq!(claims.iter().map(|c| c.id.as_str()).collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!(sources.len(), 2);
        assert_eq!(sources[0].id, claims[0].quote.source);
        assert_eq!(length(&sections), Length { words: 6, minutes: 1 });
    }
}
