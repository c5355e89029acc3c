//! Documents that say the same in nearly the same words: one is kept, and why is told.

use galley_agents_web::Sketch;
use galley_schemas::artifact::Digest;
use galley_schemas::content::{Folded, Source};

use crate::rules::weigh::reliability;

/// A document with what it is compared by.
#[derive(Debug, Clone)]
pub struct Compared {
    /// What is known about it.
    pub source: Source,
    /// Its word sequences.
    pub sketch: Sketch,
}

/// Documents without near-duplicates.
#[derive(Debug, Default)]
pub struct Sifted {
    /// Those that were kept, in their order.
    pub kept: Vec<Compared>,
    /// Those that were not, each with the id of the one that was kept for it.
    pub folded: Vec<(Digest, Folded)>,
}

/// Sifts new documents against known ones and against each other. A known one is never given up; of two
/// new ones, the better is kept. `from` is the share of common text from which on two are one, 0 to 1.
#[must_use]
pub fn sift(known: &[Compared], new: Vec<Compared>, from: f64) -> Sifted {
    let mut sifted = Sifted::default();
    for one in new {
        let is_twin = |other: &Compared| {
            other.source.id == one.source.id || other.sketch.is_like(&one.sketch, from)
        };
        if let Some(twin) = known.iter().find(|other| is_twin(other)) {
            let because = "it was there first";
            sifted.folded.push((twin.source.id.clone(), folded(&one.source, because)));
            continue;
        }
        let Some(place) = sifted.kept.iter().position(is_twin) else {
            sifted.kept.push(one);
            continue;
        };
        let Some(other) = sifted.kept.get_mut(place) else { continue };
        let (is_better, because) = better(&one.source, &other.source);
        let (winner, loser) = if is_better {
            let loser = std::mem::replace(other, one);
            (other.source.id.clone(), loser.source)
        } else {
            (other.source.id.clone(), one.source)
        };
        // What was folded into the one that lost belongs to the winner now.
        for (kept, _) in sifted.folded.iter_mut().filter(|(kept, _)| *kept == loser.id) {
            kept.clone_from(&winner);
        }
        sifted.folded.push((winner, folded(&loser, because)));
    }
    sifted
}

fn folded(source: &Source, because: &str) -> Folded {
    Folded { locator: source.locator.clone(), because: because.to_owned() }
}

/// Whether the first of two near-duplicates is the better, and why the winner is.
fn better(one: &Source, other: &Source) -> (bool, &'static str) {
    if let (Some(first), Some(second)) = (one.published, other.published)
        && first != second
    {
        return (first < second, "the kept one was published earlier");
    }
    let (first, second) = (reliability(one, 0).0, reliability(other, 0).0);
    if (first - second).abs() > f64::EPSILON {
        return (first > second, "more is known of who stands behind the kept one");
    }
    (false, "the kept one was found first")
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;
    use crate::rules::fixtures::book;

    fn compared(title: &str, text: &str, day: Option<u32>) -> Compared {
        let source = Source {
            published: day.and_then(|day| NaiveDate::from_ymd_opt(2024, 5, day)),
            ..book(title, text).source
        };
        Compared { source, sketch: Sketch::of(text) }
    }

    fn text(from: usize, to: usize) -> String {
        (from..to).map(|n| format!("word{n} ")).collect()
    }

    #[test]
    fn of_near_duplicates_the_earlier_is_kept_and_the_reason_told() {
        let known = [compared("known", &text(0, 300), None)];
        let new = vec![
            compared("copy of known", &text(2, 300), Some(1)),
            compared("late", &text(500, 800), Some(9)),
            compared("other", &text(1000, 1300), None),
            compared("early", &text(502, 800), Some(2)),
            compared("again", &text(504, 800), Some(5)),
        ];
        let sifted = sift(&known, new, 0.8);
        let kept: Vec<&str> = sifted.kept.iter().map(|one| one.source.title.as_str()).collect();
        assert_eq!(kept, ["early", "other"]);
        let early = Digest::of(b"early");
        let told: Vec<(bool, &str, &str)> = sifted
            .folded
            .iter()
            .map(|(kept, folded)| {
                (*kept == early, folded.locator.as_str(), folded.because.as_str())
            })
            .collect();
        assert_eq!(
            told,
            [
                (false, "copy of known.md", "it was there first"),
                (true, "late.md", "the kept one was published earlier"),
                (true, "again.md", "the kept one was published earlier"),
            ]
        );
    }
}
