//! From bytes to a document: its main text and what is known about it.
//!
//! Whatever comes in, what goes out is plain: paragraphs parted by one blank line, no markup, no
//! hidden text, no invisible characters. It is quoted in published articles.

mod blocks;
mod charset;
pub(crate) mod clean;
pub(crate) mod dates;
mod docx;
mod front_matter;
pub(crate) mod html;
mod language;
mod markdown;
pub(crate) mod media;
mod pdf;
mod refusal;
mod text;

use std::time::Duration;

use chrono::NaiveDate;
use galley_schemas::content::Heading;
use unicode_segmentation::UnicodeSegmentation as _;
use url::Url;

use crate::config::ExtractConfig;
use crate::port::{Document, RawDocument};
use media::Format;

pub use language::{language_of, language_tag};
pub use refusal::ExtractError;

/// What one format gives: everything still as the document has it.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    title: Option<String>,
    author: Option<String>,
    publisher: Option<String>,
    published: Option<NaiveDate>,
    language: Option<String>,
    url: Option<String>,
    headings: Vec<Heading>,
    paragraphs: Vec<String>,
}

/// Takes the main text out of a document. Pure, and slow for large ones: call it where waiting
/// hurts nobody, or use [`extract_apart`].
///
/// # Errors
/// An [`ExtractError`] that says why the document cannot be used.
pub fn extract(raw: &RawDocument, config: &ExtractConfig) -> Result<Document, ExtractError> {
    let bytes_max = usize::try_from(config.bytes_max).unwrap_or(usize::MAX);
    if raw.bytes.len() > bytes_max {
        return Err(ExtractError::TooLarge { bytes_max: config.bytes_max });
    }
    if raw.bytes.trim_ascii().is_empty() {
        return Err(ExtractError::TooShort { words: 0, words_min: config.words_min });
    }
    let format = media::format(&raw.media_type, &raw.locator, &raw.bytes)?;
    let draft = match format {
        Format::Pdf => pdf::extract(&raw.bytes)?,
        Format::Docx => docx::extract(&raw.bytes)?,
        Format::Markdown => markdown::extract(&decoded(raw)?)?,
        Format::Html => {
            let page = decoded(raw)?;
            let draft = html::extract(&page)?;
            refusal::check_challenge(&page, &draft.title, &draft.paragraphs)?;
            draft
        }
        Format::Text => text::extract(start(&decoded(raw)?, config.text_bytes_max)),
    };
    finish(draft, raw, config)
}

/// One line of plain text from a text that may carry markup.
#[must_use]
pub fn plain_line(text: &str) -> String {
    let tree = dom_query::Document::fragment(text);
    let line = blocks::read(&tree.root()).paragraphs.join(" ");
    clean::line(&line.replace("**", "").replace('`', ""))
}

/// Takes the main text out of a document on a blocking thread, within the configured time.
///
/// A parser that is over its time cannot be stopped; it is left behind until it ends, and its
/// result is dropped.
///
/// # Errors
/// As [`extract`], and when it takes too long.
pub async fn extract_apart(
    raw: RawDocument,
    config: ExtractConfig,
) -> Result<Document, ExtractError> {
    let wait = Duration::from_secs(config.seconds_max);
    let work = tokio::task::spawn_blocking(move || extract(&raw, &config));
    match tokio::time::timeout(wait, work).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_panicked)) => Err(ExtractError::Crashed),
        Err(_elapsed) => Err(ExtractError::Timeout { wait }),
    }
}

fn decoded(raw: &RawDocument) -> Result<String, ExtractError> {
    let text = charset::decode(&raw.bytes, raw.charset.as_deref());
    media::check_text(&text)?;
    Ok(text)
}

/// As much of a plain text as can be needed: white space that will be gone may take its share.
fn start(text: &str, bytes_max: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes_max.saturating_mul(4))).unwrap_or(text)
}

/// The paragraphs that fit, of the first at least its beginning; and the headings that stand there.
fn within(draft: &mut Draft, bytes_max: usize) {
    let mut left = bytes_max;
    let fits = |paragraph: &&String| {
        let bytes = paragraph.len() + "\n\n".len();
        left.checked_sub(bytes).map(|rest| left = rest).is_some()
    };
    let kept = draft.paragraphs.iter().take_while(fits).count().max(1);
    if kept >= draft.paragraphs.len()
        && draft.paragraphs.first().is_none_or(|p| p.len() <= bytes_max)
    {
        return;
    }
    draft.paragraphs.truncate(kept);
    if let Some(first) = draft.paragraphs.first_mut() {
        first.truncate(first.floor_char_boundary(bytes_max));
    }
    // Headings stand among the paragraphs, in the same order.
    let mut paragraphs = draft.paragraphs.iter();
    let stands = |heading: &&Heading| paragraphs.any(|paragraph| *paragraph == heading.text);
    let standing = draft.headings.iter().take_while(stands).count();
    draft.headings.truncate(standing);
}

fn finish(
    mut draft: Draft,
    raw: &RawDocument,
    config: &ExtractConfig,
) -> Result<Document, ExtractError> {
    within(&mut draft, config.text_bytes_max);
    let text = draft.paragraphs.join("\n\n");
    let words = text.unicode_words().take(config.words_min).count();
    if words < config.words_min {
        return Err(ExtractError::TooShort { words, words_min: config.words_min });
    }
    let declared = draft.language.as_deref().and_then(language_tag);
    let url = draft.url.or_else(|| raw.url.clone());
    let host = url.as_deref().and_then(host_of);
    Ok(Document {
        title: draft.title.unwrap_or_else(|| title_of_name(&raw.locator)),
        author: draft.author,
        publisher: draft.publisher.or(host),
        published: draft.published.or_else(|| dates::of_file_name(file_name(&raw.locator))),
        language: declared.or_else(|| language_of(&text)),
        url,
        headings: draft.headings,
        text,
    })
}

/// Whether a text is an absolute address on the web.
fn is_web_address(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

fn host_of(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let host = url.host_str()?;
    Some(host.strip_prefix("www.").unwrap_or(host).to_owned())
}

fn file_name(locator: &str) -> &str {
    let path = locator.split(['?', '#']).next().unwrap_or(locator);
    path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
}

/// A title made of a file's name: `2024-05-01-our-new_service.md` is `our new service`.
fn title_of_name(locator: &str) -> String {
    let name = file_name(locator);
    let name =
        if dates::of_file_name(name).is_some() { name.get(10..).unwrap_or(name) } else { name };
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let title = clean::line(&stem.replace(['-', '_', '+'], " ").replace("%20", " "));
    if title.is_empty() { clean::line(locator) } else { title }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(media_type: &str, bytes: impl Into<bytes::Bytes>) -> RawDocument {
        RawDocument {
            locator: "notes/2024-05-01-our-new_service.md".into(),
            url: None,
            media_type: media_type.into(),
            charset: None,
            bytes: bytes.into(),
        }
    }

    fn read(media_type: &str, bytes: impl Into<bytes::Bytes>) -> Result<Document, ExtractError> {
        extract(&raw(media_type, bytes), &ExtractConfig::default())
    }

    fn words(count: usize) -> String {
        "The service answers every question within a day. ".repeat(count / 8 + 1)
    }

    #[test]
    fn what_a_document_does_not_say_is_taken_from_its_name_and_text() {
        let document = read("text/markdown", words(60)).unwrap();
        assert_eq!(document.title, "our new service");
        assert_eq!(document.published.map(|d| d.to_string()).as_deref(), Some("2024-05-01"));
        assert_eq!(document.language.as_deref(), Some("en"));
        assert_eq!((document.url, document.publisher), (None, None));
    }

    #[test]
    fn the_address_names_the_publisher() {
        let text = format!("---\nsource: https://www.e.org/a\nlang: de\n---\n{}", words(60));
        let document = read("text/markdown", text).unwrap();
        assert_eq!(document.publisher.as_deref(), Some("e.org"));
        assert_eq!(document.language.as_deref(), Some("de"));
    }

    fn check_refused(media_type: &str, bytes: impl Into<bytes::Bytes>, code: &str) {
        let bytes = bytes.into();
        let start = String::from_utf8_lossy(&bytes.slice(..bytes.len().min(40))).into_owned();
        let refused = read(media_type, bytes).map(|document| document.text);
        assert_eq!(
            refused.as_ref().err().map(ExtractError::code),
            Some(code),
            "{start}: {refused:?}"
        );
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_its_reason() {
        check_refused("text/markdown", "", "GLY0432");
        check_refused("text/plain", " \n\t ", "GLY0432");
        check_refused("text/html", "<html><body></body></html>", "GLY0432");
        check_refused("text/markdown", "Too short to be quoted.", "GLY0432");
        check_refused("text/plain", vec![0_u8; 5000], "GLY0431");
        check_refused("text/markdown", &b"\x89PNG\r\n\x1a\n"[..], "GLY0431");
        check_refused("application/zip", "words", "GLY0436");
        check_refused("text/plain", vec![b'a'; 21 * 1024 * 1024], "GLY0423");
        check_refused("text/html", "<div>".repeat(10_000), "GLY0434");
        check_refused(
            "text/markdown",
            format!("{}{}", "<div>".repeat(10_000), words(60)),
            "GLY0434",
        );
        check_refused("text/markdown", format!("{}{}", "> ".repeat(10_000), words(60)), "GLY0434");
        check_refused("application/pdf", "%PDF-1.7\ngarbage", "GLY0434");
        check_refused("application/pdf", "garbage", "GLY0434");
    }

    #[test]
    fn utf16_and_broken_utf8_are_read() {
        let text = words(60);
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read("text/plain", wide).unwrap().text, text.trim());
        let mut broken = format!("Grüße aus Köln. {text}").into_bytes();
        broken.push(0xFF);
        assert!(
            read("text/plain", broken).unwrap().text.starts_with("Grüße aus Köln. The service")
        );
    }

    #[test]
    fn a_plain_line_has_no_markup() {
        let hostile = format!("{}x<script>y</script>", "<div>".repeat(2000));
        for (text, want) in [
            ("  a <b>bold</b>\n**line** &amp; `code` ", "a bold line & code"),
            ("a < b and c > d", "a < b and c > d"),
            (hostile.as_str(), ""),
        ] {
            assert_eq!(plain_line(text), want);
        }
    }

    #[test]
    fn of_a_long_document_the_beginning_counts() {
        let config =
            ExtractConfig { text_bytes_max: 1024, words_min: 2, ..ExtractConfig::default() };
        let part =
            |n: usize| format!("## Part {n}\n\nWhat part {n} says, in nine plain words.\n\n");
        let whole: String = (0..100).map(part).collect();
        let document = extract(&raw("text/markdown", whole), &config).unwrap();
        assert!((900..=1024).contains(&document.text.len()), "{}", document.text.len());
        let last = document.text.rsplit("\n\n").next().unwrap();
        assert!(last.ends_with("plain words.") || last.starts_with("Part "), "cut in “{last}”");
        let last = document.headings.last().unwrap();
        assert!(document.text.contains(&last.text) && document.headings.len() < 100);
        let endless = extract(&raw("text/plain", "wörter ".repeat(500_000)), &config).unwrap();
        assert!((1000..=1024).contains(&endless.text.len()), "{}", endless.text.len());
    }

    #[tokio::test]
    async fn extraction_apart_gives_the_same() {
        let raw = raw("text/markdown", words(60));
        let config = ExtractConfig::default();
        let apart = extract_apart(raw.clone(), config.clone()).await.unwrap();
        assert_eq!(apart, extract(&raw, &config).unwrap());
    }
}
