//! Turns planned quotes into paragraphs: each attributed, joined to the one before, none in the
//! same words as its neighbour.

use galley_agents_knowledge::words::Language;
use galley_schemas::content::{
    Claim, ClaimKind, Contradiction, Paragraph, Role, Section, Sentence, Source, Style,
};

use super::attribution::{Publishers, forms, name, year};
use super::book::{Book, Slots, Turn};
use super::gather::{Item, Part, likeness};
use super::plan::{arrange, contradict};
use super::text::{count_words, outside_quotes, upper_first};
use super::voice::Voice;

/// Quotes of a paragraph.
const QUOTES_MAX: usize = 3;
/// What an attribution adds to a quote.
const ATTRIBUTION_WORDS: usize = 7;
/// From this likeness on, two quotes are about the same point.
const RELATED: f64 = 0.34;
/// A template that merely fits is taken when those that say more have been used this much more.
const PLAIN: u32 = 8;

/// Writes sections. What it said before shapes what it says next.
#[derive(Debug)]
pub(crate) struct Composer<'a> {
    /// The wording.
    pub(crate) book: &'static Book,
    /// What was said so far.
    pub(crate) voice: Voice,
    /// Whether documents must be told apart by publisher.
    pub(crate) publishers: Publishers,
    /// What is disagreed on.
    pub(crate) contradictions: Vec<&'a Contradiction>,
    /// Most words of a paragraph.
    pub(crate) paragraph_words_max: usize,
    /// The last sentence that quoted: "two years later" needs a year to count from.
    pub(crate) last_quote: String,
}

impl Composer<'_> {
    /// One section.
    pub(crate) fn section(&mut self, part: &Part<'_>, chosen: Vec<Item<'_>>) -> Section {
        let mut sentences = self.opening(&chosen);
        let items = arrange(chosen, &self.contradictions);
        let mut paragraphs: Vec<Paragraph> = Vec::new();
        let mut before: Option<&Item<'_>> = None;
        for group in self.groups(&items) {
            // After a link or an opening the quote opens anew, although something was quoted before.
            let mut relation = before.filter(|_| sentences.is_empty());
            if let (Some(last), Some(first)) = (before, group.first()) {
                let is_new_kind = last.kind != first.kind;
                let alike = group.iter().filter(|item| item.kind == first.kind).count();
                if is_new_kind && alike >= 2 {
                    sentences.extend(self.link((self.book.frame.paragraph)(first.kind)));
                    relation = relation.filter(|_| sentences.is_empty());
                }
            }
            for item in group {
                sentences.extend(self.quote(item, relation));
                let opposed = relation.and_then(|b| contradict(b, item, &self.contradictions));
                sentences.extend(self.remark(item, opposed, relation));
                relation = Some(item);
            }
            before = group.last();
            paragraphs.push(body(std::mem::take(&mut sentences)));
        }
        Section { heading: Some(part.heading.to_owned()), paragraphs }
    }

    /// Cuts the quotes into paragraphs of about equal length; opposites stay together.
    fn groups<'i, 'c>(&self, items: &'i [Item<'c>]) -> Vec<&'i [Item<'c>]> {
        let length =
            |items: &[Item<'_>]| items.iter().map(|item| item.words + ATTRIBUTION_WORDS).sum();
        let total: usize = length(items);
        let by_words = (total + ATTRIBUTION_WORDS).div_ceil(self.paragraph_words_max.max(1));
        let count = items.len().div_ceil(QUOTES_MAX).max(by_words).max(1);
        let share = total.div_ceil(count);
        let (mut groups, mut start) = (Vec::new(), 0);
        for (at, pair) in items.windows(2).enumerate() {
            let [item, next] = pair else { continue };
            let group = items.get(start..=at).unwrap_or_default();
            let is_full = length(group) + (next.words + ATTRIBUTION_WORDS) / 2 > share;
            if is_full && contradict(item, next, &self.contradictions).is_none() {
                groups.push(group);
                start = at + 1;
            }
        }
        groups.extend(items.get(start..).filter(|rest| !rest.is_empty()));
        groups
    }

    /// A quote with its attribution, joined to the one before.
    pub(crate) fn quote(&mut self, item: &Item<'_>, before: Option<&Item<'_>>) -> Option<Sentence> {
        let mut slots = name(item.source, self.publishers, self.book);
        slots.extend(forms(item.claim, self.book));
        if let Some((past, present)) = self.voice.turn((self.book.verbs)(item.kind)) {
            slots.insert("past", past.to_owned());
            slots.insert("present", present.to_owned());
        }
        if let Some((past, present)) = self.voice.turn((self.book.verbs)(ClaimKind::Fact)) {
            slots.insert("thatpast", past.to_owned());
            slots.insert("thatpresent", present.to_owned());
        }
        self.years_since(item, before, &mut slots);
        let turns = self.turns(item, before);
        let templates = turns.iter().flat_map(|(turn, penalty)| {
            (self.book.quote)(*turn).iter().map(|template| (*template, *penalty))
        });
        let text = self.voice.say(templates, &slots)?;
        self.last_quote.clone_from(&text);
        Some(Sentence { text, role: Role::Quote, claims: vec![item.claim.id.clone()] })
    }

    /// How the quote may be brought in, the most telling first, with what speaks against each.
    fn turns(&self, item: &Item<'_>, before: Option<&Item<'_>>) -> Vec<(Turn, u32)> {
        if item.claim.quote.text.starts_with(['\u{201c}', '"']) {
            return vec![(Turn::Quoted, 0)];
        }
        let mut turns = vec![(Turn::Open, if before.is_some() { PLAIN } else { 0 })];
        turns.extend(turn_of_kind(item.kind, before));
        let Some(before) = before else { return turns };
        if contradict(before, item, &self.contradictions).is_some() {
            return vec![(Turn::Contrast, 0)];
        }
        if before.source.id == item.source.id {
            let follows = item.claim.quote.start >= before.claim.quote.end;
            let turn = if follows { Turn::Same } else { Turn::SameElsewhere };
            return vec![(turn, 0), (Turn::SameElsewhere, 10)];
        }
        if likeness(&before.stems, &item.stems) >= RELATED {
            turns.push((Turn::Agrees, 0));
        }
        turns.push((Turn::More, 10));
        turns.extend(turn_of_years(item, before));
        turns
    }

    fn years_since(&self, item: &Item<'_>, before: Option<&Item<'_>>, slots: &mut Slots) {
        let (Some(now), Some(then)) = (year(item.source), before.and_then(|b| year(b.source)))
        else {
            return;
        };
        if !outside_quotes(&self.last_quote).contains(&then.to_string()) {
            return;
        }
        let [one, many] = self.book.years;
        let span = usize::try_from(now.abs_diff(then)).unwrap_or_default();
        let text = match span {
            0 => return,
            1 => one.to_owned(),
            n => many.replace("{n}", &self.book.number(n)),
        };
        slots.insert("Years", upper_first(&text));
        slots.insert("years", text);
    }

    /// What is worth saying about a quote: that others repeat it, that it is disputed.
    fn remark(
        &mut self,
        item: &Item<'_>,
        opposed: Option<&Contradiction>,
        before: Option<&Item<'_>>,
    ) -> Option<Sentence> {
        if let (Some(opposed), Some(before)) = (opposed, before) {
            let slots = Slots::from([("about", opposed.about.clone())]);
            let text = self.say(self.book.frame.disagree, &slots)?;
            let claims = vec![before.claim.id.clone(), item.claim.id.clone()];
            return Some(Sentence { text, role: Role::Comment, claims });
        }
        let others = others(item);
        let [one, many] = self.book.frame.repeated;
        let number = self.book.number(others);
        let slots = Slots::from([("N", upper_first(&number)), ("n", number)]);
        let templates = match others {
            0 => return None,
            1 => one,
            _ => many,
        };
        let text = self.say(templates, &slots)?;
        Some(Sentence { text, role: Role::Comment, claims: vec![item.claim.id.clone()] })
    }

    /// How a section opens: with what the passages below are.
    fn opening(&mut self, chosen: &[Item<'_>]) -> Vec<Sentence> {
        let mut sentences = Vec::new();
        let slots = self.stretch(chosen);
        let frame = &self.book.frame;
        let templates = if documents(chosen) > 1 { frame.section_many } else { frame.section_one };
        sentences.extend(self.say(templates, &slots).map(|text| plain(text, Role::Comment)));
        sentences
    }

    /// How many documents and passages there are, and from which years.
    pub(crate) fn stretch(&self, items: &[Item<'_>]) -> Slots {
        let documents = self.book.number(documents(items));
        let passages = self.book.number(items.len());
        let years = items.iter().filter_map(|item| year(item.source));
        let (from, to) = (years.clone().min(), years.max());
        let mut slots = Slots::from([("N", upper_first(&documents)), ("n", documents)]);
        if items.len() > 1 {
            slots.insert("K", upper_first(&passages));
            slots.insert("k", passages);
        }
        match (from, to) {
            (Some(from), Some(to)) if from < to => {
                slots.insert("from", from.to_string());
                slots.insert("to", to.to_string());
            }
            (Some(from), Some(_)) => {
                slots.insert("year", from.to_string());
            }
            (Some(_) | None, None) | (None, Some(_)) => {}
        }
        slots
    }

    fn link(&mut self, templates: &'static [&'static str]) -> Option<Sentence> {
        self.say(templates, &Slots::new()).map(|text| plain(text, Role::Link))
    }

    /// Says one of these, all being equal.
    pub(crate) fn say(
        &mut self,
        templates: &'static [&'static str],
        slots: &Slots,
    ) -> Option<String> {
        self.voice.say(templates.iter().map(|template| (*template, 0)), slots)
    }
}

/// How many other documents repeat the claim.
pub(crate) fn others(item: &Item<'_>) -> usize {
    let mut ids: Vec<_> = item.claim.also_in.iter().map(|quote| &quote.source).collect();
    ids.sort();
    ids.dedup();
    ids.iter().filter(|id| **id != &item.source.id).count()
}

/// From how many documents the quotes come.
pub(crate) fn documents(items: &[Item<'_>]) -> usize {
    let mut ids: Vec<_> = items.iter().map(|item| &item.source.id).collect();
    ids.sort();
    ids.dedup();
    ids.len()
}

/// A sentence that states nothing about the subject.
pub(crate) const fn plain(text: String, role: Role) -> Sentence {
    Sentence { text, role, claims: Vec::new() }
}

/// A paragraph of running text.
pub(crate) const fn body(sentences: Vec<Sentence>) -> Paragraph {
    Paragraph { style: Style::Body, sentences }
}

/// A quote says of what kind it is where the kind begins; after that the reader knows.
fn turn_of_kind(kind: ClaimKind, before: Option<&Item<'_>>) -> Option<(Turn, u32)> {
    let is_new = before.is_none_or(|before| before.kind != kind);
    let turn = match kind {
        ClaimKind::Fact | ClaimKind::Opinion => return None,
        ClaimKind::Figure => Turn::Figure,
        ClaimKind::Definition => Turn::Definition,
        ClaimKind::Advice => Turn::Advice,
        ClaimKind::Example => Turn::Example,
    };
    is_new.then_some((turn, 0))
}

fn turn_of_years(item: &Item<'_>, before: &Item<'_>) -> Option<(Turn, u32)> {
    let (now, then) = (year(item.source)?, year(before.source)?);
    let turn = match now.cmp(&then) {
        std::cmp::Ordering::Less => Turn::Earlier,
        std::cmp::Ordering::Equal => Turn::SameYear,
        std::cmp::Ordering::Greater => Turn::Later,
    };
    Some((turn, 0))
}

/// Quotes single claims, where a sentence of a model's was refused.
#[derive(Debug)]
pub(crate) struct Quoter {
    composer: Composer<'static>,
    language: Language,
}

impl Quoter {
    /// A quoter for a language.
    pub(crate) fn new(language: Language, name: &str) -> Self {
        let composer = Composer {
            book: Book::of(language),
            voice: Voice::new(name),
            publishers: Publishers::Several,
            contradictions: Vec::new(),
            paragraph_words_max: usize::MAX,
            last_quote: String::new(),
        };
        Self { composer, language }
    }

    /// The claim's words with attribution.
    pub(crate) fn quote(&mut self, claim: &Claim, source: &Source) -> Option<Sentence> {
        let stems = self.language.terms(&claim.quote.text).into_iter().collect();
        let kind = ClaimKind::Fact;
        let words = count_words(&claim.quote.text);
        let item = Item { claim, source, kind, worth: 0.0, words, stems };
        self.composer.quote(&item, None)
    }
}
