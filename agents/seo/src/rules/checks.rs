//! The report: each check with its value, its threshold and what to change.
//!
//! The checks and thresholds are those that users of Yoast SEO know (see its public documentation);
//! a check scores 9 when it is good, less when it is not. A check that cannot apply to an article
//! without body images or earlier neighbours is named and left out of the sum.

mod head;
mod readability;
mod search;

use galley_agents_knowledge::words::Language;
use galley_schemas::content::{Article, Check};

use super::keyphrase::Keyphrase;
use super::text::{paragraphs, sentences, words_of};

const GOOD: u8 = 9;

/// What is measured, prepared once.
#[derive(Debug)]
pub(crate) struct Subject<'a> {
    article: &'a Article,
    phrase: &'a Keyphrase,
    language: Language,
    sentences: Vec<String>,
    paragraphs: Vec<String>,
    words: usize,
    earlier: Earlier,
}

/// What the memory knows of earlier articles.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Earlier {
    /// How many there are, as far as the search found them.
    pub(crate) articles: usize,
    /// How many of them have the same keyphrase.
    pub(crate) same_keyphrase: usize,
}

impl<'a> Subject<'a> {
    /// Prepares an article.
    pub(crate) fn new(
        article: &'a Article,
        phrase: &'a Keyphrase,
        language: Language,
        earlier: Earlier,
    ) -> Self {
        Self {
            article,
            phrase,
            language,
            sentences: sentences(article),
            paragraphs: article.sections.iter().flat_map(paragraphs).collect(),
            words: words_of(article),
            earlier,
        }
    }
}

/// A check before it is written down.
#[derive(Debug)]
struct Result {
    name: &'static str,
    value: String,
    wanted: &'static str,
    /// None: it does not apply.
    score: Option<u8>,
    fix: &'static str,
}

/// All checks, and their sum as a share of the best, 0 to 1.
pub(crate) fn report(subject: &Subject<'_>) -> (Vec<Check>, f64) {
    let mut results = search::checks(subject);
    results.extend(head::checks(subject));
    results.extend(readability::checks(subject));
    let scores: Vec<u8> = results.iter().filter_map(|result| result.score).collect();
    let best = u32::from(GOOD) * u32::try_from(scores.len()).unwrap_or(u32::MAX);
    let sum: u32 = scores.iter().copied().map(u32::from).sum();
    let share = f64::from(sum) / f64::from(best.max(1));
    (results.into_iter().map(Into::into).collect(), (share * 1000.0).round() / 1000.0)
}

impl From<Result> for Check {
    fn from(result: Result) -> Self {
        let is_good = result.score.is_none_or(|score| score >= GOOD);
        Self {
            name: result.name.to_owned(),
            value: match result.score {
                Some(_) => result.value,
                None => format!("not applicable: {}", result.value),
            },
            wanted: result.wanted.to_owned(),
            score: result.score.unwrap_or(0),
            fix: if is_good { String::new() } else { result.fix.to_owned() },
        }
    }
}

/// 9 up to the first bound, 6 up to the second, 3 beyond.
fn at_most(value: f64, good: f64, fair: f64) -> u8 {
    if value <= good {
        GOOD
    } else if value <= fair {
        6
    } else {
        3
    }
}

/// 9, or what is given.
const fn good_or(is_good: bool, otherwise: u8) -> u8 {
    if is_good { GOOD } else { otherwise }
}

#[cfg(test)]
mod tests {
    use galley_schemas::artifact::{ArtifactRef, Digest};
    use galley_schemas::content::Card;

    use super::*;
    use crate::rules::sample::{article, phrase};

    fn check(change: impl FnOnce(&mut Article), name: &str, want: u8) {
        let mut article = article();
        change(&mut article);
        let phrase = phrase(&article.keyphrase);
        let subject = Subject::new(&article, &phrase, Language::English, Earlier::default());
        let (checks, _) = report(&subject);
        let found = checks.iter().find(|check| check.name == name).expect("a check of that name");
        assert_eq!(found.score, want, "{name}: {found:?}");
        let is_applied = !found.value.starts_with("not applicable");
        assert_eq!(found.fix.is_empty(), !is_applied || want >= 8, "{found:?}");
    }

    fn with_card(alt: &'static str) -> impl FnOnce(&mut Article) {
        let image = ArtifactRef {
            sha256: Digest::of(b"card"),
            bytes: 4,
            media_type: "image/png".to_owned(),
        };
        move |article| {
            let alt = alt.to_owned();
            article.meta.card = Some(Card { image, alt, width: 1200, height: 630 });
        }
    }

    fn translated(url: &'static str) -> impl FnOnce(&mut Article) {
        move |article| article.meta.translations = vec![("de".to_owned(), url.to_owned())]
    }

    #[test]
    fn every_check_knows_good_from_bad() {
        let title = |text: &'static str| move |a: &mut Article| a.meta.title = text.to_owned();
        check(title("Night desk: how it works"), "keyphrase_in_title", 9);
        check(title("How the night desk works"), "keyphrase_in_title", 6);
        check(title("How it works"), "keyphrase_in_title", 2);
        check(title(""), "title_width", 1);
        check(title("Short"), "title_width", 9);
        check(|a| a.meta.title = "W".repeat(40), "title_width", 3);
        check(|a| a.meta.slug = "night-desk-work".to_owned(), "keyphrase_in_slug", 9);
        check(|a| a.meta.slug = "desk".to_owned(), "keyphrase_in_slug", 6);
        check(|a| a.meta.description = "x".repeat(130), "description_length", 9);
        check(|a| a.meta.description = "x".repeat(30), "description_length", 6);
        check(|_| (), "description_length", 1);
        check(|_| (), "keyphrase_in_introduction", 9);
        check(|a| a.keyphrase = "zebra".to_owned(), "keyphrase_in_introduction", 3);
        check(|a| a.keyphrase = "desk harbour".to_owned(), "keyphrase_in_introduction", 6);
        check(|a| a.keyphrase = "red green blue black".to_owned(), "keyphrase_length", 9);
        check(|a| a.keyphrase = "red green blue black white".to_owned(), "keyphrase_length", 6);
        check(|a| a.keyphrase = "the of".to_owned(), "keyphrase_length", 0);
        check(|_| (), "text_length", 0);
        check(|_| (), "outbound_links", 9);
        check(|a| a.sources.clear(), "outbound_links", 3);
        check(|_| (), "internal_links", 0);
        check(|_| (), "images", 3);
        check(with_card("A night desk"), "images", 9);
        check(with_card("A night desk"), "image_alt", 9);
        check(with_card("A desk"), "image_alt", 6);
        check(with_card("A night desk"), "social_card", 9);
        check(|_| (), "social_card", 3);
        check(|_| (), "structured_data", 6);
        check(|_| (), "hreflang", 0);
        check(translated("https://example.org/de"), "hreflang", 9);
        check(translated("/de"), "hreflang", 3);
        check(|a| a.meta.slug = "night-desk".to_owned(), "canonical", 9);
        check(|a| a.meta.slug = "N\u{e4}chte".to_owned(), "canonical", 3);
        check(|a| a.meta.description = "W".repeat(150), "description_width", 6);
        check(|a| a.meta.description = "x".repeat(130), "description_width", 9);
        check(|_| (), "competing_links", 9);
        check(|a| a.sources[0].title = "Night Desk".to_owned(), "competing_links", 2);
        check(|_| (), "text_presence", 9);
        check(|a| a.sections.clear(), "text_presence", 3);
        check(|_| (), "passive_voice", 9);
        check(|_| (), "paragraph_length", 9);
    }

    #[test]
    fn what_does_not_apply_is_left_out_of_the_sum() {
        let article = article();
        let phrase = phrase("night desk");
        let lone = Subject::new(&article, &phrase, Language::English, Earlier::default());
        let known = Earlier { articles: 4, same_keyphrase: 1 };
        let beside = Subject::new(&article, &phrase, Language::English, known);
        let ((one, lone), (two, beside)) = (report(&lone), report(&beside));
        assert_eq!(one.len(), two.len());
        // Earlier articles to link to, and one with the same keyphrase: both count, and both lower it.
        assert!(beside < lone, "{beside} {lone}");
    }
}
