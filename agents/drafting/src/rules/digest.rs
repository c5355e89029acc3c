//! The digest as a whole: as many quotes as the length asks for.

use std::collections::BTreeSet;

use galley_agents_knowledge::words::Language;
use galley_schemas::content::{Brief, Contradiction, Evidence, Outline, Section};

use super::attribution::Publishers;
use super::book::Book;
use super::cite;
use super::compose::Composer;
use super::frame::{Whole, lead, open};
use super::gather::{Given, Item, Part, Pool, gather, ratio};
use super::plan::{rank, take_lead};
use super::voice::Voice;
use crate::config::Config;

/// Quotes that a section starts with, where it has them.
const QUOTES_FIRST: usize = 2;

/// What a digest is made from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// What was asked for.
    pub(crate) brief: &'a Brief,
    /// What to cover.
    pub(crate) outline: &'a Outline,
    /// What is known.
    pub(crate) evidence: &'a [Evidence],
    /// Claims that must not be used.
    pub(crate) banned: &'a BTreeSet<String>,
    /// The year that it is written in.
    pub(crate) this_year: i32,
}

/// The lead, the sections and what the sources leave open; none when nothing can be quoted.
pub(crate) fn digest(asked: Asked<'_>, config: &Config) -> Option<Vec<Section>> {
    let language = Language::of(&asked.brief.language);
    let book = Book::of(language);
    let given = Given {
        outline: asked.outline,
        evidence: asked.evidence,
        banned: asked.banned,
        relevance_min: config.relevance_min,
    };
    let mut pool = gather(given, book, language);
    let lead = take_lead(&mut pool, &language.terms(&asked.brief.keyphrase));
    let plan = Plan::new(&pool, lead);
    if plan.parts.is_empty() {
        return None;
    }
    Some(plan.fit(|plan| plan.write(asked, book, config), asked.brief.words, config))
}

/// How many of its ranked quotes each part takes.
#[derive(Debug)]
struct Plan<'a> {
    parts: Vec<(Part<'a>, Vec<Item<'a>>)>,
    taken: Vec<usize>,
    unanswered: Vec<&'a str>,
    lead: Option<Item<'a>>,
    contradictions: Vec<&'a Contradiction>,
}

impl<'a> Plan<'a> {
    fn new(pool: &Pool<'a>, lead: Option<Item<'a>>) -> Self {
        let (full, empty): (Vec<_>, Vec<_>) =
            pool.parts.iter().partition(|part| !part.items.is_empty());
        let parts: Vec<_> =
            full.into_iter().map(|p| (p.clone(), rank(p, &pool.contradictions))).collect();
        Self {
            taken: parts.iter().map(|(_, items)| items.len().min(QUOTES_FIRST)).collect(),
            parts,
            unanswered: empty.into_iter().map(|part| part.heading).collect(),
            lead,
            contradictions: pool.contradictions.clone(),
        }
    }

    /// Adds or drops one quote at a time until the length is right. Every turn changes one count
    /// and never the same way back, so it ends.
    fn fit(
        mut self,
        write: impl Fn(&Self) -> Vec<Section>,
        words_wanted: u32,
        config: &Config,
    ) -> Vec<Section> {
        let wanted = f64::from(words_wanted.max(1));
        let length = |sections: &[Section]| f64::from(cite::length(sections).words) / wanted;
        let mut sections = write(&self);
        while length(&sections) > 1.0 + config.length_tolerance && self.drop_one() {
            sections = write(&self);
        }
        while let Some(part) = self.hungriest(&sections) {
            let Some(taken) = self.taken.get_mut(part) else { break };
            *taken += 1;
            let longer = write(&self);
            // Half the tolerance: what seo adds or review drops must still fit.
            if length(&longer) > 1.0 + config.length_tolerance / 2.0 {
                break;
            }
            sections = longer;
        }
        sections
    }

    /// The part with quotes left that is shortest against what it should be; none when the text
    /// cannot grow.
    fn hungriest(&self, sections: &[Section]) -> Option<usize> {
        let fill = |at: usize| {
            let written = sections.get(at + 1).map_or(0, |s| cite::words(std::slice::from_ref(s)));
            let wanted = self.parts.get(at).map_or(1, |(part, _)| part.words.max(60));
            ratio(written, usize::try_from(wanted).unwrap_or(usize::MAX))
        };
        let has_more = |at: &usize| {
            let (items, taken) = (self.parts.get(*at), self.taken.get(*at));
            items.zip(taken).is_some_and(|((_, items), taken)| *taken < items.len())
        };
        (0..self.parts.len()).filter(has_more).min_by(|a, b| fill(*a).total_cmp(&fill(*b)))
    }

    /// Drops one quote: of the part that has most, down to one each, then whole parts from the end.
    fn drop_one(&mut self) -> bool {
        let most = (0..self.taken.len()).max_by_key(|at| self.taken.get(*at).copied());
        match most.and_then(|at| self.taken.get_mut(at)) {
            Some(taken) if *taken > 1 => {
                *taken -= 1;
                true
            }
            Some(_) if self.parts.len() > 1 => {
                self.taken.pop();
                self.parts.pop();
                true
            }
            Some(_) | None => false,
        }
    }

    fn write(&self, asked: Asked<'_>, book: &'static Book, config: &Config) -> Vec<Section> {
        let chosen: Vec<Vec<Item<'a>>> = self
            .parts
            .iter()
            .zip(&self.taken)
            .map(|((_, items), taken)| items.iter().take(*taken).cloned().collect())
            .collect();
        let quoted: Vec<Item<'a>> =
            self.lead.iter().chain(chosen.iter().flatten()).cloned().collect();
        let is_quoted = |id: &str| quoted.iter().any(|item| item.claim.id == id);
        let disputed: Vec<&Contradiction> = self
            .contradictions
            .iter()
            .filter(|c| is_quoted(&c.one) && is_quoted(&c.other))
            .copied()
            .collect();
        let headings: Vec<&str> = self.parts.iter().map(|(part, _)| part.heading).collect();
        let whole = Whole {
            brief: asked.brief,
            quoted: &quoted,
            headings: &headings,
            unanswered: &self.unanswered,
            disputed: &disputed,
        };
        let mut composer = Composer {
            book,
            voice: Voice::new(&asked.outline.title),
            publishers: publishers(&quoted),
            contradictions: self.contradictions.clone(),
            paragraph_words_max: config.paragraph_words_max,
            last_quote: String::new(),
        };
        let mut sections = vec![lead(&mut composer, whole, self.lead.as_ref())];
        for ((part, _), items) in self.parts.iter().zip(chosen) {
            sections.push(composer.section(part, items));
        }
        sections.push(open(&mut composer, whole, asked.this_year));
        sections
    }
}

fn publishers(quoted: &[Item<'_>]) -> Publishers {
    let names: BTreeSet<Option<&str>> =
        quoted.iter().map(|item| item.source.publisher.as_deref()).collect();
    if names.len() > 1 { Publishers::Several } else { Publishers::Lone }
}
