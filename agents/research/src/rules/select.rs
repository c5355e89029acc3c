//! From a shelf to the claims of a section: rank, threshold, diversity, folding of duplicates.
//!
//! Diversity is maximal marginal relevance (Carbonell and Goldstein, 1998), with a bound on how many
//! claims one document may give, so that several independent sources speak.

use std::collections::{BTreeMap, BTreeSet};

use galley_agents_knowledge::rank::{Ranked, Wanted};
use galley_schemas::content::OutlineSection;

use crate::rules::shelf::{Passage, Shelf, Standing};

/// Bounds on what is chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// Most claims.
    pub claims_max: usize,
    /// Most claims of one document.
    pub per_source_max: usize,
    /// How relevant a claim must be, 0 to 1.
    pub relevance_min: f64,
}

/// A passage that was chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Chosen {
    /// Its place on the shelf.
    pub passage: usize,
    /// How well it answers the section, 0 to 1.
    pub relevance: f64,
    /// Places of passages in other documents that say the same.
    pub also_in: Vec<usize>,
}

/// How much a passage's own words count, its context, and the likeness of its wording.
const OWN_WEIGHT: f64 = 0.5;
const CONTEXT_WEIGHT: f64 = 0.35;
const LIKENESS_WEIGHT: f64 = 0.15;
/// The score that counts as full: the mean of so many best ones.
const FULL_OF: usize = 5;
/// … and no less than a passage with so many of the section's first terms has.
const IDEAL_TERMS: usize = 2;
/// How many of a section's first terms name its subject. A passage that names it counts full; what it
/// counts of that when only its heading or paragraph does, and what each passage counts at least: the same
/// words may mean something else where the subject is not named.
const ANCHOR_TERMS: usize = 2;
const NEAR_BY: f64 = 0.75;
const ADRIFT: f64 = 0.45;
/// What a passage counts that its original page may hold in other bytes.
const UNSEEN: f64 = 0.97;
/// With so many claims that stand word for word in their originals, no other is taken.
const VERBATIM_ENOUGH: usize = 4;
/// How many of the terms after the first set the section apart, and what a passage loses that has none of them.
const OWN_TERMS: usize = 6;
const OWN_MATTER: f64 = 0.3;
/// How many candidates are weighed against each other.
const CANDIDATES_MAX: usize = 160;
/// Relevance against novelty in the choice of the next one.
const RELEVANCE_SHARE: f64 = 0.72;
/// What each claim already taken from a document costs the next one from it.
const SAME_SOURCE_COST: f64 = 0.06;
/// Most other documents that are named as saying the same.
const ALSO_IN_MAX: usize = 8;

/// The passages that answer a section, best first.
#[must_use]
pub fn select(shelf: &Shelf, section: &OutlineSection, bounds: Bounds) -> Vec<Chosen> {
    let candidates = candidates(shelf, section, bounds.relevance_min);
    let (sound, altered): (Vec<_>, Vec<_>) =
        candidates.iter().copied().partition(|(place, _)| is_sound(shelf, *place));
    let mut chosen: Vec<Chosen> = Vec::new();
    choose(shelf, sound, bounds, &mut chosen);
    if chosen.len() < VERBATIM_ENOUGH {
        let bounds = Bounds { claims_max: bounds.claims_max.min(VERBATIM_ENOUGH), ..bounds };
        choose(shelf, altered, bounds, &mut chosen);
    }
    for one in &mut chosen {
        one.also_in = said_elsewhere(shelf, one.passage, &candidates);
    }
    chosen.sort_by(|one, other| {
        other.relevance.total_cmp(&one.relevance).then(one.passage.cmp(&other.passage))
    });
    chosen
}

/// Whether who looks a passage up in its original finds it word for word, as far as can be told.
fn is_sound(shelf: &Shelf, place: usize) -> bool {
    shelf.passages.get(place).is_some_and(|passage| passage.standing != Standing::Altered)
}

/// Takes passages one by one: the most relevant that differs most from what was taken.
fn choose(shelf: &Shelf, mut open: Vec<(usize, f64)>, bounds: Bounds, chosen: &mut Vec<Chosen>) {
    while chosen.len() < bounds.claims_max {
        open.retain(|(place, _)| is_open(shelf, *place, chosen, bounds.per_source_max));
        let next = open
            .iter()
            .map(|(place, relevance)| {
                (*place, *relevance, marginal(shelf, *place, *relevance, chosen))
            })
            .max_by(|one, other| one.2.total_cmp(&other.2).then(other.0.cmp(&one.0)));
        let Some((passage, relevance, _)) = next else { break };
        chosen.push(Chosen { passage, relevance, also_in: Vec::new() });
    }
}

/// Every passage that is relevant enough, with its relevance, best first.
fn candidates(shelf: &Shelf, section: &OutlineSection, relevance_min: f64) -> Vec<(usize, f64)> {
    let text = format!("{}\n{}", section.heading, section.questions.join("\n"));
    let wanted = Wanted { terms: &section.terms, text: &text };
    let own = shelf.by_words.search(&wanted, shelf.passages.len());
    let contexts = shelf.by_context.search(&wanted, shelf.by_context.len());
    let context_full = full(&contexts).max(shelf.by_context.ideal(&wanted, IDEAL_TERMS));
    let context: BTreeMap<usize, f64> =
        contexts.iter().map(|hit| (hit.passage, (hit.words / context_full).min(1.0))).collect();
    let anchors = anchors(shelf, section);
    let own_matter = own_matter(shelf, section);
    let own_full = full(&own).max(shelf.by_words.ideal(&wanted, IDEAL_TERMS));
    let mut found: Vec<(usize, f64)> = own
        .iter()
        // A passage without a single word of the section is not about it, wherever it stands.
        .filter(|hit| hit.words > 0.0)
        .filter_map(|hit| {
            let passage = shelf.passages.get(hit.passage)?;
            let around = context.get(&passage.context).copied().unwrap_or(0.0);
            let anchor = anchor(passage, &anchors);
            let seen = if passage.standing == Standing::Verbatim { 1.0 } else { UNSEEN };
            let score = OWN_WEIGHT * (hit.words / own_full).min(1.0)
                + CONTEXT_WEIGHT * around
                + LIKENESS_WEIGHT * (2.0 * hit.similarity).clamp(0.0, 1.0);
            let own = own_matter.get(&hit.passage).copied().unwrap_or(0.0);
            let matter = (1.0 - OWN_MATTER) + OWN_MATTER * (2.0 * own).min(1.0);
            Some((hit.passage, anchor * seen * matter * score * (0.4 + 0.6 * passage.quality)))
        })
        .filter(|(_, relevance)| *relevance >= relevance_min)
        .collect();
    found.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
    found.truncate(CANDIDATES_MAX);
    found
}

/// The stems of what names the section's subject: its first terms, as far as any document has them.
fn anchors(shelf: &Shelf, section: &OutlineSection) -> Vec<Vec<String>> {
    let terms = section.terms.get(..ANCHOR_TERMS).unwrap_or(&section.terms);
    let known = |stems: &Vec<String>| {
        !stems.is_empty()
            && shelf
                .passages
                .iter()
                .any(|passage| stems.iter().any(|stem| passage.around.contains(stem)))
    };
    terms.iter().map(|term| shelf.language.terms(term)).filter(known).collect()
}

/// What a passage counts by how far it, or what stands around it, names the subject.
fn anchor(passage: &Passage, anchors: &[Vec<String>]) -> f64 {
    if anchors.is_empty() {
        return 1.0;
    }
    let share = |stems: &BTreeSet<String>| {
        let held = |anchor: &Vec<String>| {
            let held = anchor.iter().filter(|stem| stems.contains(*stem)).count();
            held as f64 / anchor.len() as f64
        };
        anchors.iter().map(held).fold(0.0, f64::max)
    };
    ADRIFT + (1.0 - ADRIFT) * share(&passage.stems).max(NEAR_BY * share(&passage.around))
}

/// How much each passage says of what sets this section apart from the others of its article: the terms
/// after the first, which names the subject.
fn own_matter(shelf: &Shelf, section: &OutlineSection) -> BTreeMap<usize, f64> {
    let all = section.terms.len();
    let (from, to) = (1.min(all), (1 + OWN_TERMS).min(all));
    let terms = section.terms.get(from..to).unwrap_or_default();
    let hits =
        shelf.by_words.search(&Wanted { terms, text: &section.heading }, shelf.passages.len());
    let full = full(&hits);
    hits.iter().map(|hit| (hit.passage, hit.words / full)).collect()
}

/// The mean of the best BM25 scores: what a full answer reaches here.
fn full(hits: &[Ranked]) -> f64 {
    let mut scores: Vec<f64> = hits.iter().map(|hit| hit.words).collect();
    scores.sort_by(|one, other| other.total_cmp(one));
    scores.truncate(FULL_OF);
    (scores.iter().sum::<f64>() / scores.len().max(1) as f64).max(f64::MIN_POSITIVE)
}

/// Whether a passage may still be chosen: not said yet, not overlapping, its document not exhausted.
fn is_open(shelf: &Shelf, place: usize, chosen: &[Chosen], per_source_max: usize) -> bool {
    let Some(passage) = shelf.passages.get(place) else { return false };
    let taken = chosen.iter().filter_map(|one| shelf.passages.get(one.passage));
    let mut of_book = 0;
    for other in taken {
        let same_book = other.book == passage.book;
        of_book += usize::from(same_book);
        if (same_book && other.span.overlaps(passage.span)) || other.print.is_like(&passage.print) {
            return false;
        }
    }
    of_book < per_source_max
}

fn marginal(shelf: &Shelf, place: usize, relevance: f64, chosen: &[Chosen]) -> f64 {
    let book = |place: usize| shelf.passages.get(place).map(|passage| passage.book);
    let nearest =
        chosen.iter().map(|one| shelf.by_words.likeness(place, one.passage)).fold(0.0, f64::max);
    let same_book = chosen.iter().filter(|one| book(one.passage) == book(place)).count();
    RELEVANCE_SHARE * relevance
        - (1.0 - RELEVANCE_SHARE) * nearest
        - SAME_SOURCE_COST * same_book as f64
}

/// Passages of other documents that say the same in nearly the same words, one for each document.
fn said_elsewhere(shelf: &Shelf, place: usize, candidates: &[(usize, f64)]) -> Vec<usize> {
    let Some(own) = shelf.passages.get(place) else { return Vec::new() };
    let mut books: Vec<usize> = vec![own.book];
    let mut found = Vec::new();
    for (other, _) in candidates {
        let Some(passage): Option<&Passage> = shelf.passages.get(*other) else { continue };
        if !books.contains(&passage.book) && passage.print.is_like(&own.print) {
            books.push(passage.book);
            found.push(*other);
        }
    }
    found.truncate(ALSO_IN_MAX);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::evidence::{evidence, id};
    use crate::rules::fixtures::{book, section, shelf};
    use crate::rules::shelf::Original;

    const BOUNDS: Bounds = Bounds { claims_max: 10, per_source_max: 3, relevance_min: 0.3 };

    #[test]
    fn claims_are_verbatim_relevant_and_best_first() {
        let (shelf, section) = (shelf(), section());
        let found = evidence(&shelf, &section, &select(&shelf, &section, BOUNDS));
        assert!(found.claims.len() >= 3);
        assert!(found.claims.is_sorted_by(|one, other| one.relevance >= other.relevance));
        for claim in &found.claims {
            let book =
                shelf.books.iter().find(|book| book.source.id == claim.quote.source).unwrap();
            let span = usize::try_from(claim.quote.start).unwrap()
                ..usize::try_from(claim.quote.end).unwrap();
            assert_eq!(&book.text[span], claim.quote.text);
            assert!(!claim.quote.text.contains("train"), "{}", claim.quote.text);
            assert_eq!(claim.id, id(&claim.quote));
        }
    }

    #[test]
    fn what_another_document_says_too_is_folded_into_one_claim() {
        let (shelf, section) = (shelf(), section());
        let found = evidence(&shelf, &section, &select(&shelf, &section, BOUNDS));
        let brown: Vec<_> =
            found.claims.iter().filter(|claim| claim.quote.text.starts_with("Sugars")).collect();
        assert_eq!(brown.len(), 1);
        assert_eq!(brown[0].also_in.len(), 1);
        assert_ne!(brown[0].also_in[0].source, brown[0].quote.source);
        assert_eq!(found.sources.len(), 2);
    }

    #[test]
    fn numbers_that_do_not_agree_are_noted() {
        let (shelf, section) = (shelf(), section());
        let found = evidence(&shelf, &section, &select(&shelf, &section, BOUNDS));
        let about: Vec<&str> = found.contradictions.iter().map(|c| c.about.as_str()).collect();
        assert!(
            about.iter().all(|about| about.contains("15") && about.contains("20")),
            "{about:?}"
        );
    }

    #[test]
    fn bounds_hold() {
        let (shelf, section) = (shelf(), section());
        let two = select(&shelf, &section, Bounds { claims_max: 2, ..BOUNDS });
        assert_eq!(two.len(), 2);
        let one_each = select(&shelf, &section, Bounds { per_source_max: 1, ..BOUNDS });
        let mut books: Vec<usize> =
            one_each.iter().map(|one| shelf.passages[one.passage].book).collect();
        books.sort_unstable();
        books.dedup();
        assert_eq!(books.len(), one_each.len());
        assert!(select(&shelf, &section, Bounds { relevance_min: 1.1, ..BOUNDS }).is_empty());
    }

    #[test]
    fn a_section_on_something_else_gets_nothing() {
        let shelf = shelf();
        let mut other = section();
        other.heading = "Chatbots".to_owned();
        other.questions = vec!["What is a chatbot?".to_owned()];
        other.terms = vec!["chatbot".to_owned(), "virtual assistant".to_owned()];
        assert_eq!(select(&shelf, &other, BOUNDS), []);
    }

    #[test]
    fn what_names_the_subject_goes_before_what_stands_near_it() {
        let passages = |text: &str| Shelf::new(vec![book("Trains", text)]);
        let anchors = vec![vec!["roast".to_owned()]];
        let value = |text: &str| {
            passages(text).passages.last().map_or(0.0, |passage| anchor(passage, &anchors))
        };
        let own = value("Beans that are roasted lose weight in every roaster.");
        let near = value("Beans are roasted here. Sugars react in the heat and become brown.");
        let adrift = value("Steam engines need water at every second station.");
        assert!(own > near && near > adrift, "{own} {near} {adrift}");
    }

    #[test]
    fn what_its_original_says_in_other_bytes_is_left_out_when_enough_remains() {
        let sentence =
            |n: usize| format!("Roasted coffee beans lose about {n} percent of weight {n} times.");
        let text: String = (0..8).map(|n| format!("{}\n\n", sentence(n + 10))).collect();
        let raw = text
            .replace("12 percent", "[12](/x) percent")
            .replace("percent of weight 13", "\npercent  of weight 13");
        let bounds = Bounds { per_source_max: 9, relevance_min: 0.0, ..BOUNDS };
        let texts = |media_type: &str, original: &str| -> Vec<String> {
            let mut shelf = Shelf::new(vec![book("One", &text)]);
            shelf.compare(0, &Original::of(media_type, original.as_bytes()));
            let chosen = select(&shelf, &section(), bounds);
            chosen
                .iter()
                .filter_map(|one| Some(shelf.text(shelf.passages.get(one.passage)?).to_owned()))
                .collect()
        };
        let got = texts("text/markdown", &raw);
        assert!(got.len() >= VERBATIM_ENOUGH && !got.contains(&sentence(12)), "{got:?}");
        assert!(got.contains(&sentence(13)), "white space is no difference: {got:?}");
        let lone = texts("text/markdown", "[nothing]");
        assert_eq!(lone.len(), VERBATIM_ENOUGH, "better than nothing");
        assert_eq!(texts("text/html", "<p>").len(), got.len() + 1);
    }
}
