//! The themes of an article: which headings together cover what the documents say about the topic.
//!
//! Headings are harvested from the documents themselves, as STORM does (Shao et al., 2024), which needs
//! no model. They are chosen greedily: the next one is the one that adds most relevant, not yet covered
//! passages from most documents; greedy choice is within 1 - 1/e of the best cover (Nemhauser et al., 1978).

use std::collections::{BTreeMap, BTreeSet};

use galley_agents_knowledge::words::Language;

use crate::rules::facets::{self, Facet};
use crate::rules::headings::{Cleaner, title_case};
use crate::rules::phrases::{self, Phrase};
use crate::rules::reading::{Passage, Reading};
use crate::rules::topic::Topic;

/// A passage belongs to a heading when it has at least this share of the heading's words, by weight.
const MATCH_MIN: f64 = 0.45;
/// A theme should have passages of so many documents.
const DOCUMENTS_MIN: usize = 2;
/// What a theme of a single document counts, and how many passages it needs.
const ALONE: f64 = 0.9;
const ALONE_PASSAGES_MIN: usize = 3;
/// Two headings that share more than this of their words are one.
const SHARED_MAX: f64 = 0.5;
/// How well a heading reads whose last part was cut off.
const CUT_FORM: f64 = 0.75;
/// How well a heading within a document serves where titles are the themes.
const PART_FORM: f64 = 0.55;
/// Headings whose own words are this rare are specific enough.
const RARE_ENOUGH: f64 = 1.2;
/// How well a bare phrase reads as a heading.
const PHRASE_FORM: f64 = 0.3;
/// How well a facet's own heading reads: it is made for this article, and its like for the others.
const FACET_FORM: f64 = 1.0;
/// How well a heading fits here that was made for a page of its own, and the title of such a page.
const BORROWED: f64 = 0.6;
const TITLE_WORDS_MAX: usize = 5;
const LONG_TITLE: f64 = 0.5;
/// How much a word that the whole article is about counts in a heading.
const COMMON_WEIGHT: f64 = 0.15;
/// How well a passage matches the heading that it stands under.
const AT_HOME: f64 = 0.6;
/// From how many signs per hundred words a passage speaks of a facet, and speaks of nothing else.
const FACET_STRENGTH_MIN: f64 = 2.0;
const FACET_STRENGTH_FULL: f64 = 5.0;
/// A theme that adds less than this share of what the first one added is not worth a section.
const GAIN_SHARE_MIN: f64 = 0.12;
/// Most phrases that are tried as headings.
const PHRASES_MAX: usize = 24;

/// A part of the article.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    /// Its heading.
    pub heading: String,
    /// What it is for.
    pub facet: Facet,
    /// The places of its passages among the relevant ones, best first.
    pub passages: Vec<usize>,
    /// How much of the relevant matter it covers, 0 to 1.
    pub share: f64,
    /// In how many documents its passages stand.
    pub documents: usize,
    /// Phrases that set its passages apart, most telling first.
    pub phrases: Vec<Phrase>,
    /// Whether its facet made it: it is looked for by the signs of the facet.
    pub is_made: bool,
}

#[derive(Debug)]
struct Candidate {
    heading: String,
    stems: BTreeSet<String>,
    facet: Facet,
    /// Matching passages: place among the relevant ones, and how well each matches.
    matches: Vec<(usize, f64)>,
    /// How well it reads and fits, whatever it covers.
    form: f64,
    /// Whether no document has it: made from a facet.
    is_made: bool,
}

/// The themes, in the order in which they are told; at most `most`.
#[must_use]
pub fn themes(reading: &Reading, topic: &Topic, most: usize) -> Vec<Theme> {
    let relevant = reading.relevant();
    let shared = phrases::harvest(reading, &relevant);
    let common = common_stems(reading, topic);
    let mut open = candidates(reading, topic, &relevant, &shared);
    let mut covered = vec![0.0_f64; relevant.len()];
    let mut chosen: Vec<Candidate> = Vec::new();
    let mut first = 0.0_f64;
    while chosen.len() < most {
        open.retain(|candidate| !chosen.iter().any(|other| is_same(&common, candidate, other)));
        let gains = open.iter().map(|candidate| gain(candidate, &relevant, &covered, &chosen));
        let best = gains
            .enumerate()
            .max_by(|one, other| one.1.total_cmp(&other.1).then(other.0.cmp(&one.0)));
        let Some((place, gain)) = best.filter(|(_, gain)| *gain > GAIN_SHARE_MIN * first) else {
            break;
        };
        first = first.max(gain);
        let candidate = open.swap_remove(place);
        for (passage, quality) in &candidate.matches {
            if let Some(slot) = covered.get_mut(*passage) {
                *slot = (*slot + quality).min(1.0);
            }
        }
        chosen.push(candidate);
    }
    chosen.sort_by_key(|candidate| candidate.facet);
    chosen.into_iter().map(|candidate| theme(reading, &relevant, candidate)).collect()
}

fn theme(reading: &Reading, relevant: &[&Passage], candidate: Candidate) -> Theme {
    let all: f64 = relevant.iter().map(|passage| passage.relevance).sum();
    let mut matches = candidate.matches;
    let is_made = candidate.is_made;
    let worth = |(place, quality): &(usize, f64)| {
        relevant.get(*place).map_or(0.0, |passage| passage.relevance * quality)
    };
    matches.sort_by(|one, other| worth(other).total_cmp(&worth(one)).then(one.0.cmp(&other.0)));
    let share = matches.iter().map(worth).sum::<f64>() / all.max(f64::MIN_POSITIVE);
    let passages: Vec<usize> = matches.iter().map(|(place, _)| *place).collect();
    let own: Vec<&Passage> =
        passages.iter().filter_map(|place| relevant.get(*place).copied()).collect();
    let documents = own.iter().map(|passage| passage.document).collect::<BTreeSet<_>>().len();
    let phrases = phrases::harvest(reading, &own);
    Theme {
        heading: candidate.heading,
        facet: candidate.facet,
        passages,
        share,
        documents,
        phrases,
        is_made,
    }
}

/// What a candidate adds: relevance not yet covered, where each further passage of one document counts
/// for less, so that several documents speak.
fn gain(
    candidate: &Candidate,
    relevant: &[&Passage],
    covered: &[f64],
    chosen: &[Candidate],
) -> f64 {
    let mut per_document: BTreeMap<usize, f64> = BTreeMap::new();
    for (place, quality) in &candidate.matches {
        let (Some(passage), Some(covered)) = (relevant.get(*place), covered.get(*place)) else {
            continue;
        };
        *per_document.entry(passage.document).or_default() +=
            passage.relevance * quality * (1.0 - covered);
    }
    let added: f64 = per_document.values().map(|sum| sum.sqrt()).sum();
    let seen = chosen.iter().filter(|other| other.facet == candidate.facet).count();
    let fresh = match seen {
        0 => wanted(candidate.facet),
        1 => 0.45,
        _ => 0.2,
    };
    added * candidate.form * fresh
}

/// How much readers expect a facet in an article: what it is, what it brings, and what can go wrong.
fn wanted(facet: Facet) -> f64 {
    match facet {
        Facet::Definition => 1.8,
        Facet::Risks => 2.0,
        Facet::Benefits | Facet::Practice => 1.2,
        Facet::Workings | Facet::Uses | Facet::People | Facet::Measurement => 1.0,
        Facet::Background | Facet::Outlook => 0.8,
    }
}

/// Whether two headings say the same, apart from what the whole article is about.
fn is_same(common: &BTreeSet<String>, one: &Candidate, other: &Candidate) -> bool {
    let own = |candidate: &Candidate| -> BTreeSet<String> {
        candidate.stems.iter().filter(|stem| !common.contains(*stem)).cloned().collect()
    };
    let (left, right) = (own(one), own(other));
    if left.is_empty() && right.is_empty() {
        return true;
    }
    let smaller = left.len().min(right.len()).max(1);
    left.intersection(&right).count() as f64 / smaller as f64 > SHARED_MAX
}

fn candidates(
    reading: &Reading,
    topic: &Topic,
    relevant: &[&Passage],
    shared: &[Phrase],
) -> Vec<Candidate> {
    let cleaner = Cleaner::new(reading);
    let mut made: BTreeMap<String, Candidate> = BTreeMap::new();
    let common = common_stems(reading, topic);
    let mut offer = |heading: String, origin: Option<Origin<'_>>, form: f64| {
        let key = heading.to_lowercase();
        let raw = Raw { heading, origin, form };
        if let Some(candidate) = candidate(reading, relevant, &common, raw) {
            made.entry(key).or_insert(candidate);
        }
    };
    let about_all = reading.is_about_all(topic);
    let near: BTreeSet<usize> = relevant.iter().map(|passage| passage.document).collect();
    for number in near {
        let Some(document) = reading.documents.get(number) else { continue };
        let headings = document.headings.iter().map(|heading| Some(heading.text.as_str()));
        for under in std::iter::once(None).chain(headings) {
            let raw = under.unwrap_or(&document.title);
            if let Some(heading) = cleaner.clean(raw) {
                // Where all documents are on the subject, each was made for a theme: its title names it.
                let part = if about_all && under.is_some() { PART_FORM } else { 1.0 };
                let long = under.is_none() && heading.text.split(' ').count() > TITLE_WORDS_MAX;
                // A question of another page is seldom this one's; its facet asks for the same.
                let long = long || heading.text.ends_with('?');
                let borrowed = if long { BORROWED * LONG_TITLE } else { BORROWED };
                let form = borrowed * part * if heading.is_whole { 1.0 } else { CUT_FORM };
                offer(heading.text, Some((number, under)), form);
            }
        }
    }
    for phrase in shared.iter().filter(|phrase| phrase.stems.len() > 1).take(PHRASES_MAX) {
        if let Some(heading) = cleaner.clean(&phrase.text) {
            offer(heading.text, None, PHRASE_FORM);
        }
    }
    let subject = subject_in_headings(reading, topic);
    let by_facet = facets::all().into_iter();
    let by_facet = by_facet.filter_map(|facet| facet_candidate(reading, relevant, facet, &subject));
    made.into_values().chain(by_facet).collect()
}

fn subject_in_headings(reading: &Reading, topic: &Topic) -> String {
    if reading.language == Language::English { headed(&topic.name) } else { topic.name.clone() }
}

/// In the capitals of a heading, with a small article.
fn headed(name: &str) -> String {
    match name.split_once(' ') {
        Some((article @ ("a" | "an"), noun)) => format!("{article} {}", title_case(noun)),
        Some(_) | None => title_case(name),
    }
}

/// A facet as a section of its own: the passages that speak of it strongly.
fn facet_candidate(
    reading: &Reading,
    relevant: &[&Passage],
    facet: Facet,
    subject: &str,
) -> Option<Candidate> {
    let matches: Vec<(usize, f64)> = relevant
        .iter()
        .enumerate()
        .filter_map(|(place, passage)| {
            let facets = facets::facets_in(reading.language, &passage.text);
            let strength = facets
                .iter()
                .find(|(known, _)| *known == facet)
                .map_or(0.0, |(_, strength)| *strength);
            (strength >= FACET_STRENGTH_MIN)
                .then_some((place, (strength / FACET_STRENGTH_FULL).min(1.0)))
        })
        .collect();
    let documents: BTreeSet<usize> =
        matches.iter().filter_map(|(place, _)| relevant.get(*place)).map(|p| p.document).collect();
    let heading = facets::heading(reading.language, facet, subject);
    let stems: BTreeSet<String> = facets::search_terms(reading.language, facet)
        .iter()
        .flat_map(|term| reading.language.terms(term))
        .collect();
    (documents.len() >= 2).then_some(Candidate {
        heading,
        stems,
        facet,
        matches,
        form: FACET_FORM,
        is_made: true,
    })
}

/// Where a heading was taken from: a document, and the heading in it; none for its title.
type Origin<'a> = (usize, Option<&'a str>);

/// A heading before it is known what it covers.
#[derive(Debug)]
struct Raw<'a> {
    heading: String,
    origin: Option<Origin<'a>>,
    form: f64,
}

/// The stems that the whole article is about: they set no section apart.
#[must_use]
pub fn common_stems(reading: &Reading, topic: &Topic) -> BTreeSet<String> {
    let also = reading.also_called.iter().flat_map(|name| reading.language.terms(name));
    topic.stems.iter().cloned().chain(also).collect()
}

fn candidate(
    reading: &Reading,
    relevant: &[&Passage],
    common: &BTreeSet<String>,
    raw: Raw<'_>,
) -> Option<Candidate> {
    let stems: BTreeSet<String> = reading.language.terms(&raw.heading).into_iter().collect();
    let weight = |stem: &String| {
        let share = if common.contains(stem) { COMMON_WEIGHT } else { 1.0 };
        share * (0.3 + reading.rarity(stem))
    };
    let all = stems.iter().map(weight).sum::<f64>().max(f64::MIN_POSITIVE);
    let quality = |passage: &Passage| -> f64 {
        let held: f64 = stems.iter().filter(|stem| passage.stems.contains(*stem)).map(weight).sum();
        let at_home = raw.origin.is_some_and(|(document, under)| {
            passage.document == document && (under.is_none() || under == passage.heading.as_deref())
        });
        (held / all).max(if at_home { AT_HOME } else { 0.0 })
    };
    let matches: Vec<(usize, f64)> = relevant
        .iter()
        .enumerate()
        .map(|(place, passage)| (place, quality(passage)))
        .filter(|(_, quality)| *quality >= MATCH_MIN)
        .collect();
    let own: Vec<&Passage> =
        matches.iter().filter_map(|(place, _)| relevant.get(*place).copied()).collect();
    let documents: BTreeSet<usize> = own.iter().map(|passage| passage.document).collect();
    // One document may carry a theme that it tells at length; the others then say what they can.
    let alone = if documents.len() < DOCUMENTS_MIN { ALONE } else { 1.0 };
    if documents.is_empty() || (documents.len() < DOCUMENTS_MIN && own.len() < ALONE_PASSAGES_MIN) {
        return None;
    }
    let texts = own.iter().map(|passage| passage.text.as_str());
    let facet = facets::facet_of(reading.language, &raw.heading, texts);
    let form = raw.form * alone * form_of(reading, common, &raw.heading, &stems);
    Some(Candidate { heading: raw.heading, stems, facet, matches, form, is_made: false })
}

/// How much a heading's own words tell its passages from others: words that all documents use tell nothing.
fn specific(reading: &Reading, common: &BTreeSet<String>, stems: &BTreeSet<String>) -> f64 {
    let own: Vec<f64> = stems
        .difference(common)
        .map(|stem| (reading.rarity(stem) / RARE_ENOUGH).min(1.0))
        .collect();
    if own.is_empty() { 0.4 } else { 0.3 + 0.7 * own.iter().sum::<f64>() / own.len() as f64 }
}

/// Whether one is the other, or a part of it, as `bot` is of `chatbot`.
fn is_part(one: &str, other: &str) -> bool {
    let long_enough = one.len().min(other.len()) >= 3;
    one == other || (long_enough && (one.ends_with(other) || other.ends_with(one)))
}

/// How well a heading fits the topic and reads.
fn form_of(
    reading: &Reading,
    common: &BTreeSet<String>,
    heading: &str,
    stems: &BTreeSet<String>,
) -> f64 {
    let is_common = |stem: &&String| common.iter().any(|known| is_part(stem, known));
    let on_topic = stems.iter().filter(is_common).count();
    // A topic that all documents share need not be named in each heading.
    let told = common.iter().map(|stem| reading.rarity(stem)).fold(0.0, f64::max);
    let named = if on_topic > 0 || told < 0.4 { 1.0 } else { 0.3 };
    let words = heading.split(' ').count();
    let length = match words {
        1 => 0.7,
        2 => 0.85,
        3..=8 => 1.0,
        _ => 0.9,
    };
    let only_topic = if on_topic == stems.len() && words < 4 { 0.4 } else { 1.0 };
    named * length * only_topic * specific(reading, common, stems)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::reading::Document;

    fn document(title: &str, text: &str) -> Document {
        Document { title: title.to_owned(), headings: Vec::new(), text: text.to_owned() }
    }

    fn found(topic: &str, most: usize) -> Vec<Theme> {
        let documents = vec![
            document(
                "How to Train a Chatbot",
                "Training a chatbot takes many questions and their answers. Staff write the answers that the chatbot gives.",
            ),
            document(
                "Training Staff and Chatbots",
                "A chatbot needs training as much as staff do. Training data comes from questions that customers asked.",
            ),
            document(
                "The Risks of Chatbots",
                "A chatbot that gives wrong answers is a risk. Privacy is another risk, because customers tell a chatbot much.",
            ),
            document(
                "Privacy Risks for Customers",
                "Customers do not know what a chatbot keeps. The risk for their privacy grows with each question.",
            ),
            document("Apple Trees", "Apple trees are cut in winter. They bear fruit in autumn."),
        ];
        let topic = Topic::new(Language::English, topic, topic);
        themes(&Reading::new(Language::English, documents, &topic), &topic, most)
    }

    #[test]
    fn themes_stand_in_the_order_of_their_facets_and_never_twice() {
        let themes = found("chatbots", 6);
        assert!(themes.len() >= 2, "{themes:?}");
        assert!(themes.is_sorted_by_key(|theme| theme.facet), "{themes:?}");
        assert!(themes.iter().any(|theme| theme.facet == Facet::Risks), "{themes:?}");
        let headings: BTreeSet<&str> = themes.iter().map(|theme| theme.heading.as_str()).collect();
        assert_eq!(headings.len(), themes.len());
        assert!(!headings.contains("Apple Trees"));
    }

    #[test]
    fn the_bound_holds_and_shares_are_shares() {
        assert_eq!(found("chatbots", 1).len(), 1);
        assert!(found("chatbots", 6).iter().all(|theme| theme.share > 0.0 && theme.share <= 1.0));
        assert!(found("quantum annealing", 6).is_empty());
    }

    #[test]
    fn parts_of_a_word_are_its_kin() {
        assert!(is_part("bot", "chatbot") && is_part("chatbot", "bot") && is_part("ai", "ai"));
        assert!(!is_part("ai", "aid") && !is_part("tea", "steam"));
    }
}
