//! Which quotes, and in which order.
//!
//! Each part ranks its quotes once, so that a plan is no more than a count per part: the digest
//! grows or shrinks by one quote at a time until its length is right.

use std::cmp::Ordering;

use galley_schemas::content::{ClaimKind, Contradiction};

use super::attribution::year;
use super::gather::{Item, Part, Pool, likeness};

/// What a further quote from a source that the part quotes already is worth less.
const SAME_SOURCE: f64 = 0.14;
const LIKE_ANOTHER: f64 = 0.25;
const LEAD_WORDS: std::ops::RangeInclusive<usize> = 7..=24;

/// Orders the part's quotes so that any first few of them are the ones to take: the worthiest,
/// from different sources, on different points; a quote's opposite comes right after it.
pub(crate) fn rank<'a>(part: &Part<'a>, contradictions: &[&Contradiction]) -> Vec<Item<'a>> {
    let mut left = part.items.clone();
    let mut ranked: Vec<Item<'a>> = Vec::with_capacity(left.len());
    while let Some(best) = (0..left.len()).max_by(|a, b| compare(&left, *a, *b, &ranked)) {
        let item = left.swap_remove(best);
        let opposite =
            left.iter().position(|other| contradict(&item, other, contradictions).is_some());
        ranked.push(item);
        ranked.extend(opposite.map(|place| left.swap_remove(place)));
    }
    ranked
}

fn compare(left: &[Item<'_>], a: usize, b: usize, ranked: &[Item<'_>]) -> Ordering {
    let gain = |place: usize| left.get(place).map_or(f64::MIN, |item| gain(item, ranked));
    let id = |place: usize| left.get(place).map(|item| item.claim.id.as_str());
    gain(a).total_cmp(&gain(b)).then_with(|| id(b).cmp(&id(a)))
}

fn gain(item: &Item<'_>, ranked: &[Item<'_>]) -> f64 {
    let same = ranked.iter().filter(|other| other.source.id == item.source.id).count();
    let like = ranked.iter().map(|other| likeness(&other.stems, &item.stems)).fold(0.0, f64::max);
    let same = f64::from(u32::try_from(same).unwrap_or(u32::MAX));
    item.worth - SAME_SOURCE * same - LIKE_ANOTHER * like
}

/// What the two disagree on, if they do.
pub(crate) fn contradict<'c>(
    one: &Item<'_>,
    other: &Item<'_>,
    contradictions: &[&'c Contradiction],
) -> Option<&'c Contradiction> {
    let pair = [one.claim.id.as_str(), other.claim.id.as_str()];
    let is_pair = |c: &&&Contradiction| {
        pair == [c.one.as_str(), c.other.as_str()] || pair == [c.other.as_str(), c.one.as_str()]
    };
    contradictions.iter().find(is_pair).copied()
}

/// Takes out of the pool the quote that the lead opens with: short, worthy, on the keyphrase; only
/// from a part that has others.
pub(crate) fn take_lead<'a>(pool: &mut Pool<'a>, keyphrase: &[String]) -> Option<Item<'a>> {
    let share = |item: &Item<'_>| {
        let held = keyphrase.iter().filter(|stem| item.stems.contains(*stem)).count();
        super::gather::ratio(held, keyphrase.len())
    };
    let score = |item: &Item<'_>| item.worth + 0.4 * share(item);
    let candidates = pool.parts.iter().enumerate().filter(|(_, part)| part.items.len() > 3);
    let (part, place, _) = candidates
        .flat_map(|(at, part)| part.items.iter().enumerate().map(move |(i, item)| (at, i, item)))
        .filter(|(_, _, item)| LEAD_WORDS.contains(&item.words))
        .filter(|(_, _, item)| matches!(item.kind, ClaimKind::Fact | ClaimKind::Definition))
        .max_by(|(_, _, a), (_, _, b)| {
            score(a).total_cmp(&score(b)).then_with(|| b.claim.id.cmp(&a.claim.id))
        })?;
    pool.parts.get_mut(part).map(|part| part.items.remove(place))
}

/// Puts chosen quotes in reading order: terms first, then what is, then figures, cases, views and
/// advice; within these by date. Opposites stay together.
pub(crate) fn arrange<'a>(
    mut chosen: Vec<Item<'a>>,
    contradictions: &[&Contradiction],
) -> Vec<Item<'a>> {
    settle_lone_kinds(&mut chosen);
    chosen.sort_by(|a, b| order(a).cmp(&order(b)));
    let mut arranged: Vec<Item<'a>> = Vec::with_capacity(chosen.len());
    while !chosen.is_empty() {
        let item = chosen.remove(0);
        let opposite =
            chosen.iter().position(|other| contradict(&item, other, contradictions).is_some());
        arranged.push(item);
        arranged.extend(opposite.map(|place| chosen.remove(place)));
    }
    arranged
}

/// A view that is the only one of its kind needs no place of its own: it stands among the facts.
fn settle_lone_kinds(chosen: &mut [Item<'_>]) {
    let opinions = chosen.iter().filter(|item| item.kind == ClaimKind::Opinion).count();
    if opinions == 1 {
        for item in chosen.iter_mut().filter(|item| item.kind == ClaimKind::Opinion) {
            item.kind = ClaimKind::Fact;
        }
    }
}

fn order<'i>(item: &'i Item<'_>) -> (u8, i32, &'i str, u64) {
    let rank = match item.kind {
        ClaimKind::Definition => 0,
        ClaimKind::Fact => 1,
        ClaimKind::Figure => 2,
        ClaimKind::Example => 3,
        ClaimKind::Opinion => 4,
        ClaimKind::Advice => 5,
    };
    let year = year(item.source).unwrap_or(i32::MAX);
    (rank, year, item.source.id.as_str(), item.claim.quote.start)
}
