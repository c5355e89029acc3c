//! The two ends of a digest: the lead, and what the sources leave open.

use galley_schemas::content::{Brief, Contradiction, Role, Section, Sentence};

use super::attribution::{publisher_name, year};
use super::book::Slots;
use super::compose::{Composer, body, documents, others, plain};
use super::gather::Item;
use super::text::{first_word, upper_first};

/// Most publishers that the lead names.
const PUBLISHERS_NAMED_MAX: usize = 3;

/// What a digest's ends are about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Whole<'a> {
    /// What was asked for.
    pub(crate) brief: &'a Brief,
    /// All that is quoted, the lead's quote with it.
    pub(crate) quoted: &'a [Item<'a>],
    /// The headings of the sections, in order.
    pub(crate) headings: &'a [&'a str],
    /// The headings for which there was nothing to quote.
    pub(crate) unanswered: &'a [&'a str],
    /// What the quoted claims disagree on.
    pub(crate) disputed: &'a [&'a Contradiction],
}

/// The lead: what the digest is about, what it draws on, the way through, and the word that says most.
pub(crate) fn lead(
    composer: &mut Composer<'_>,
    whole: Whole<'_>,
    best: Option<&Item<'_>>,
) -> Section {
    let frame = &composer.book.frame;
    let mut first = Vec::new();
    let about = about(whole.brief, composer.book.asking);
    push(&mut first, composer.say(frame.about, &about), Role::Comment);
    let drawn = drawn(composer, whole.quoted);
    push_first(composer, &mut first, frame.drawn, &drawn);
    push_first(composer, &mut first, frame.way, &way(whole.headings, composer));
    let quote = best.and_then(|item| composer.quote(item, None));
    let paragraphs = std::iter::once(first).chain(quote.map(|quote| vec![quote]));
    Section { heading: None, paragraphs: paragraphs.map(body).collect() }
}

/// What the sources leave open: disputes, gaps, missing voices, age.
pub(crate) fn open(composer: &mut Composer<'_>, whole: Whole<'_>, this_year: i32) -> Section {
    let frame = &composer.book.frame;
    let slots = open_slots(composer, whole, this_year);
    let disputed: Vec<String> =
        whole.disputed.iter().flat_map(|c| [c.one.clone(), c.other.clone()]).collect();
    let mut sentences: Vec<Sentence> = Vec::new();
    for (place, templates) in frame.open.iter().enumerate() {
        let said = templates
            .iter()
            .find_map(|template| composer.say(std::slice::from_ref(template), &slots));
        if let Some(text) = said {
            let claims = if place == 0 { disputed.clone() } else { Vec::new() };
            sentences.push(Sentence { text, role: Role::Comment, claims });
        }
    }
    push(&mut sentences, composer.say(frame.method, &Slots::new()), Role::Comment);
    let heading = Some(frame.open_heading.to_owned());
    Section { heading, paragraphs: vec![body(sentences)] }
}

fn push(sentences: &mut Vec<Sentence>, text: Option<String>, role: Role) {
    sentences.extend(text.map(|text| plain(text, role)));
}

/// Says the first template that can be filled: they are written from the most telling down.
fn push_first(
    composer: &mut Composer<'_>,
    sentences: &mut Vec<Sentence>,
    templates: &'static [&'static str],
    slots: &Slots,
) {
    let said =
        templates.iter().find_map(|template| composer.say(std::slice::from_ref(template), slots));
    push(sentences, said, Role::Comment);
}

/// The topic as it stands in a sentence: `how chatbots …` as an indirect question, anything else
/// between marks, because rules cannot tell a name from a noun.
fn about(brief: &Brief, asking: &[&str]) -> Slots {
    let topic = brief.topic.trim().trim_end_matches(['.', '?', '!', ':']);
    let first = first_word(topic);
    if asking.contains(&first.as_str()) {
        let rest = topic.get(first.len()..).unwrap_or_default();
        return Slots::from([("topic", format!("{first}{rest}"))]);
    }
    Slots::from([("subject", format!("\u{2018}{}\u{2019}", upper_first(topic)))])
}

fn drawn(composer: &Composer<'_>, quoted: &[Item<'_>]) -> Slots {
    let mut slots = composer.stretch(quoted);
    let mut publishers: Vec<String> = Vec::new();
    for item in quoted {
        let name = item.source.publisher.as_deref().map(publisher_name).unwrap_or_default();
        if !name.is_empty() && !publishers.contains(&name) {
            publishers.push(name);
        }
    }
    match publishers.as_slice() {
        [] => {}
        [one] => {
            slots.insert("publisher", one.clone());
        }
        several if several.len() <= PUBLISHERS_NAMED_MAX => {
            slots.insert("publishers", composer.book.row(several));
        }
        _ => {}
    }
    // A single document has its own sentences: its count is not written.
    if documents(quoted) < 2 {
        slots.remove("n");
    }
    slots
}

fn way(headings: &[&str], composer: &Composer<'_>) -> Slots {
    let mut slots = Slots::new();
    for (slot, heading) in ["h1", "h2", "h3"].into_iter().zip(headings) {
        slots.insert(slot, (*heading).to_owned());
    }
    match headings {
        [_, _, _, fourth] => drop(slots.insert("h4", (*fourth).to_owned())),
        [_, _, _, _, ..] => drop(slots.insert("rest", composer.book.number(headings.len() - 3))),
        [] | [_, ..] => {}
    }
    slots
}

fn open_slots(composer: &Composer<'_>, whole: Whole<'_>, this_year: i32) -> Slots {
    let mut slots = drawn(composer, whole.quoted);
    let repeated = whole.quoted.iter().filter(|item| others(item) > 0).count();
    match repeated {
        0 => {}
        // An empty slot: it only chooses the sentence in the singular.
        1 => drop(slots.insert("single", String::new())),
        several => drop(slots.insert("shared", composer.book.number(several))),
    }
    let mut about: Vec<String> = whole.disputed.iter().map(|c| c.about.clone()).collect();
    about.dedup();
    if !about.is_empty() {
        slots.insert("differ", composer.book.row(&about));
    }
    if let Some(heading) = whole.unanswered.first() {
        slots.insert("unanswered", (*heading).to_owned());
    }
    let newest = whole.quoted.iter().filter_map(|item| year(item.source)).max();
    if let Some(newest) = newest.filter(|newest| *newest < this_year) {
        slots.insert("newest", newest.to_string());
    }
    slots
}
