//! Many lists of hits as one.
//!
//! Engines' own scores cannot be compared; ranks can. Reciprocal rank fusion adds 1 / (60 + rank) over
//! the lists that a page stands in: what several engines find comes first, and no engine alone decides
//! (Cormack, Clarke, Büttcher: Reciprocal Rank Fusion, 2009).

use std::collections::BTreeMap;

use super::Hit;
use crate::sources::fold_address;

/// How much the first ranks stand out: the higher, the less.
const FLATNESS: f64 = 60.0;

/// One list of all hits, best first, each page once; of each, everything that some engine knew.
pub(super) fn fuse(lists: Vec<Vec<Hit>>) -> Vec<Hit> {
    let mut fused: Vec<(f64, Hit)> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for list in lists {
        for (rank, hit) in (1_u32..).zip(list) {
            let score = 1.0 / (FLATNESS + f64::from(rank));
            let place = *places.entry(fold_address(&hit.url)).or_insert(fused.len());
            match fused.get_mut(place) {
                // A list that names a page twice says no more by that.
                Some((_, known)) if known.engines.ends_with(&hit.engines) => merge(known, hit),
                Some((sum, known)) => {
                    *sum += score;
                    merge(known, hit);
                }
                None => fused.push((score, hit)),
            }
        }
    }
    // Stable: among equals the engine that is configured first is heard first.
    fused.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    fused.into_iter().map(|(_, hit)| hit).collect()
}

/// Adds what another engine knew of the same page.
fn merge(known: &mut Hit, other: Hit) {
    let Hit { url: _, title, snippet, published, author, publisher, document, engines } = other;
    if known.title.is_empty() {
        known.title = title;
    }
    if known.snippet.len() < snippet.len() {
        known.snippet = snippet;
    }
    known.published = known.published.or(published);
    known.author = known.author.take().or(author);
    known.publisher = known.publisher.take().or(publisher);
    known.document = known.document.take().or(document);
    for engine in engines {
        if !known.engines.contains(&engine) {
            known.engines.push(engine);
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    fn list(engine: &str, urls: &[&str]) -> Vec<Hit> {
        let hit = |url: &&str| Hit {
            url: format!("https://e.org/{url}"),
            engines: vec![engine.to_owned()],
            ..Hit::default()
        };
        urls.iter().map(hit).collect()
    }

    fn check(lists: Vec<Vec<Hit>>, want: &[&str]) {
        let urls = fuse(lists).into_iter().map(|hit| hit.url);
        let urls: Vec<String> = urls.map(|url| url.replace("https://e.org/", "")).collect();
        assert_eq!(urls, want);
    }

    #[test]
    fn what_several_engines_find_comes_first() {
        check(vec![], &[]);
        check(vec![list("a", &["1", "2", "3"])], &["1", "2", "3"]);
        check(vec![list("a", &["1", "2"]), list("b", &["3", "2"])], &["2", "1", "3"]);
        check(vec![list("a", &["1", "2"]), list("b", &["2/?utm_source=x#y"])], &["2", "1"]);
        check(vec![list("a", &["1", "1", "1", "2"]), list("b", &["2"])], &["2", "1"]);
    }

    #[test]
    fn of_one_page_everything_that_is_known_is_kept() {
        let mut first = list("a", &["1"]);
        first[0].title = "The title".into();
        let mut second = list("b", &["1/"]);
        second[0].title = "Another".into();
        second[0].author = Some("Ann".into());
        second[0].snippet = "A piece".into();
        second[0].published = NaiveDate::from_ymd_opt(2024, 5, 1);
        let fused = fuse(vec![first, second]);
        assert_eq!(fused.len(), 1);
        let Hit { url, title, snippet, author, engines, published, .. } = &fused[0];
        assert_eq!((url.as_str(), title.as_str()), ("https://e.org/1", "The title"));
        assert_eq!((snippet.as_str(), author.as_deref()), ("A piece", Some("Ann")));
        assert_eq!(engines, &["a", "b"]);
        assert!(published.is_some());
    }
}
