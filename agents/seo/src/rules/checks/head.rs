//! What the page's head tells search engines and link previews.
//!
//! The page is made from the metadata, so a part is there when what it is made from is.

use super::{Result, Subject, good_or};
use crate::rules::width::description_px;

/// Two lines of a description in search results on a large screen.
const DESCRIPTION_PX_MAX: u32 = 920;
/// Google asks for pictures of at least so many pixels.
const PICTURE_PX_MIN: u64 = 50_000;

/// All of them.
pub(super) fn checks(subject: &Subject<'_>) -> Vec<Result> {
    vec![
        description_width(subject),
        canonical(subject),
        structured_data(subject),
        open_graph(subject),
        social_card(subject),
        hreflang(subject),
    ]
}

fn description_width(subject: &Subject<'_>) -> Result {
    let width = description_px(&subject.article.meta.description);
    let score = match width {
        0 => 1,
        1..=DESCRIPTION_PX_MAX => 9,
        _ => 6,
    };
    Result {
        name: "description_width",
        value: format!("{width} px"),
        wanted: "1-920 px",
        score: Some(score),
        fix: "shorten the description, or use narrower words",
    }
}

/// One absolute address, made of the site's and the slug.
fn canonical(subject: &Subject<'_>) -> Result {
    let slug = &subject.article.meta.slug;
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let is_good = !slug.is_empty() && slug.len() <= 80 && slug.chars().all(is_plain);
    Result {
        name: "canonical",
        value: format!("…/{slug}/"),
        wanted: "a slug of a-z, 0-9 and dashes, at most 80 characters",
        score: Some(good_or(is_good, 3)),
        fix: "give the page a short slug in plain letters",
    }
}

/// Whatever Google recommends for an article: headline, picture, dates, author.
fn structured_data(subject: &Subject<'_>) -> Result {
    let article = subject.article;
    // Dates, author and publisher are the site's, and always there.
    let parts = [
        ("headline", !article.title.trim().is_empty()),
        ("description", !article.meta.description.is_empty()),
        ("image", article.meta.card.is_some()),
        ("inLanguage", !article.language.is_empty()),
    ];
    missing("structured_data", &parts, "headline, description, image, dates, author, language")
}

/// What Open Graph and Twitter cards are made from.
fn open_graph(subject: &Subject<'_>) -> Result {
    let meta = &subject.article.meta;
    let parts = [
        ("og:title", !subject.article.title.trim().is_empty()),
        ("og:description", !meta.description.is_empty()),
        ("og:url", !meta.slug.is_empty()),
        ("og:image", meta.card.is_some()),
    ];
    missing("open_graph", &parts, "title, type, description, url, image; Twitter's card with them")
}

fn missing(name: &'static str, parts: &[(&str, bool)], wanted: &'static str) -> Result {
    let absent: Vec<&str> = parts.iter().filter(|(_, is)| !is).map(|(name, _)| *name).collect();
    let is_whole = absent.is_empty();
    Result {
        name,
        value: if is_whole { "whole".to_owned() } else { format!("without {}", absent.join(", ")) },
        wanted,
        score: Some(good_or(is_whole, 6)),
        fix: "give the article what is missing",
    }
}

fn social_card(subject: &Subject<'_>) -> Result {
    let card = subject.article.meta.card.as_ref();
    let (width, height) = card.map_or((0, 0), |card| (card.width, card.height));
    let is_good = u64::from(width) * u64::from(height) >= PICTURE_PX_MIN && width >= height;
    Result {
        name: "social_card",
        value: format!("{width} × {height} px"),
        wanted: "a wide picture of at least 50,000 pixels",
        score: Some(good_or(is_good, 3)),
        fix: "add a picture; the title has letters that the card cannot show",
    }
}

fn hreflang(subject: &Subject<'_>) -> Result {
    let translations = &subject.article.meta.translations;
    let is_whole = |(language, url): &(String, String)| {
        language.len() == 2
            && language.chars().all(|c| c.is_ascii_lowercase())
            && (url.starts_with("https://") || url.starts_with("http://"))
    };
    let broken = translations.iter().filter(|entry| !is_whole(entry)).count();
    let (value, score) = if translations.is_empty() {
        ("the goal names no translation".to_owned(), None)
    } else {
        let value = format!("{} translations, {broken} not usable", translations.len());
        (value, Some(good_or(broken == 0, 3)))
    };
    Result {
        name: "hreflang",
        value,
        wanted: "a language and an absolute address for each translation",
        score,
        fix: "name each translation by its language code and its full address",
    }
}
