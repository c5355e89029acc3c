//! The card: a picture of the title for link previews, drawn without a browser.
//!
//! ```text
//!   title, keyphrase, section lengths ─▶ SVG (text as paths) ─▶ PNG, 1200 × 630
//! ```
//!
//! Glyphs are drawn as paths from one embedded typeface, so the same article gives the same bytes on
//! every machine, and nothing is looked up on it. The typeface knows Latin, Greek and Cyrillic letters;
//! a title with others gets no card rather than one with empty boxes.

mod lettering;
mod sheet;

use galley_schemas::content::Article;
use resvg::{tiny_skia, usvg};

pub(crate) use sheet::{HEIGHT, WIDTH};

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DrawError {
    /// The drawing is not read as SVG.
    #[error("the drawing of the card cannot be read")]
    Unreadable(#[source] usvg::Error),
    /// The picture cannot be written as PNG, or there is no memory for it.
    #[error("the card cannot be encoded")]
    Unencodable,
}

/// The drawing; none when the title has letters that the typeface does not know.
pub(crate) fn svg(article: &Article) -> Option<String> {
    sheet::draw(article)
}

/// What the picture shows, in words.
pub(crate) fn alt(article: &Article) -> String {
    let (title, phrase) = (article.title.trim(), article.keyphrase.trim());
    let has_phrase = title.to_lowercase().contains(&phrase.to_lowercase());
    if phrase.is_empty() || has_phrase { title.to_owned() } else { format!("{title} ({phrase})") }
}

/// The picture as PNG.
///
/// # Errors
/// When the drawing is no SVG, or the picture cannot be made.
pub(crate) fn png(svg: &str) -> Result<Vec<u8>, DrawError> {
    let options = usvg::Options::default();
    let tree = usvg::Tree::from_str(svg, &options).map_err(DrawError::Unreadable)?;
    let mut picture = tiny_skia::Pixmap::new(WIDTH, HEIGHT).ok_or(DrawError::Unencodable)?;
    resvg::render(&tree, tiny_skia::Transform::identity(), &mut picture.as_mut());
    picture.encode_png().map_err(|_lost| DrawError::Unencodable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::sample::article;

    #[test]
    fn a_card_is_a_png_of_its_size_and_the_same_again() {
        let svg = svg(&article()).unwrap();
        let one = png(&svg).unwrap();
        assert!(one.starts_with(b"\x89PNG"));
        let size = |at: usize| u32::from_be_bytes(one[at..at + 4].try_into().unwrap());
        assert_eq!((size(16), size(20)), (WIDTH, HEIGHT));
        assert!(one.len() < 200_000, "{}", one.len());
        assert_eq!(one, png(&svg).unwrap());
    }

    #[test]
    fn a_title_in_other_letters_gets_no_card() {
        let of = |title: &str| svg(&Article { title: title.to_owned(), ..article() });
        assert!(of("\u{c4}ther & <b>\u{201c}Lohn\u{201d}</b>: \u{41c}\u{438}\u{440}").is_some());
        assert_eq!(of("\u{732b}\u{306e}\u{672c}"), None);
        assert_eq!(of("  "), None);
    }

    #[test]
    fn a_title_of_any_length_stays_on_the_sheet() {
        for title in ["Short", &"word ".repeat(60), &"w".repeat(300)] {
            let svg = svg(&Article { title: (*title).to_owned(), ..article() }).unwrap();
            assert!(png(&svg).is_ok());
        }
    }

    #[test]
    fn the_words_for_the_card_have_the_keyphrase() {
        let article = Article { keyphrase: "zebra desk".to_owned(), ..article() };
        assert_eq!(alt(&article), format!("{} (zebra desk)", article.title));
    }
}
