//! What bytes are: by what is said of them, by their name, and by a look at them.

use super::{ExtractError, docx};

/// The media type of a Word document.
const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

/// A format whose text can be taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Markdown,
    Html,
    Text,
    Pdf,
    Docx,
}

/// The media type of a file by its name's ending; none for endings that hold no text.
pub(crate) fn type_of_name(name: &str) -> Option<&'static str> {
    let path = name.split(['?', '#']).next().unwrap_or(name);
    let (_, ending) = path.rsplit('/').next()?.rsplit_once('.')?;
    match ending.to_ascii_lowercase().as_str() {
        "md" | "markdown" | "mdown" | "mkd" | "mdx" | "qmd" | "rmd" => Some("text/markdown"),
        "html" | "htm" | "xhtml" => Some("text/html"),
        "txt" | "text" | "rst" | "adoc" | "asc" => Some("text/plain"),
        "pdf" => Some("application/pdf"),
        "docx" => Some(DOCX),
        _ => None,
    }
}

/// Decides how bytes are to be read.
pub(crate) fn format(media_type: &str, name: &str, bytes: &[u8]) -> Result<Format, ExtractError> {
    if starts_with_ignoring_space(bytes, b"%PDF-") {
        return Ok(Format::Pdf);
    }
    if bytes.starts_with(b"PK\x03\x04") && docx::is_docx(bytes) {
        return Ok(Format::Docx);
    }
    if let Some(what) = magic(bytes) {
        return Err(ExtractError::Binary { what });
    }
    match media_type {
        "text/markdown" | "text/x-markdown" => Ok(Format::Markdown),
        "text/html" | "application/xhtml+xml" => Ok(Format::Html),
        // Servers of raw files call everything plain text, or nothing in particular.
        "text/plain" | "application/octet-stream" | "" => Ok(match type_of_name(name) {
            Some("text/markdown") => Format::Markdown,
            _ if looks_like_html(bytes) => Format::Html,
            _ => Format::Text,
        }),
        DOCX => Err(ExtractError::Malformed("it is no Word document".into())),
        "application/pdf" => Err(ExtractError::Malformed("it does not start like a PDF".into())),
        other => Err(ExtractError::Unsupported { media_type: other.to_owned() }),
    }
}

fn looks_like_html(bytes: &[u8]) -> bool {
    let head = String::from_utf8_lossy(bytes.get(..bytes.len().min(512)).unwrap_or_default());
    let head = head.trim_start().to_ascii_lowercase();
    head.starts_with("<!doctype html") || head.starts_with("<html")
}

fn starts_with_ignoring_space(bytes: &[u8], prefix: &[u8]) -> bool {
    bytes.trim_ascii_start().starts_with(prefix)
}

/// What well-known binary format bytes are in, or that they are binary at all.
fn magic(bytes: &[u8]) -> Option<&'static str> {
    const MAGIC: [(&[u8], &str); 16] = [
        (b"PK\x03\x04", "a ZIP archive or an Office document"),
        (b"\x1f\x8b", "a gzip archive"),
        (b"BZh", "a bzip2 archive"),
        (b"\xfd7zXZ", "an xz archive"),
        (b"7z\xbc\xaf", "a 7z archive"),
        (b"Rar!", "a RAR archive"),
        (b"\x89PNG", "a PNG image"),
        (b"\xff\xd8\xff", "a JPEG image"),
        (b"GIF8", "a GIF image"),
        (b"RIFF", "an image or a sound"),
        (b"\x7fELF", "a program"),
        (b"MZ\x90", "a program"),
        (b"\xd0\xcf\x11\xe0", "an old Office document"),
        (b"SQLite format 3", "a database"),
        (b"OggS", "a sound"),
        (b"ID3", "a sound"),
    ];
    MAGIC.iter().find(|(start, _)| bytes.starts_with(start)).map(|(_, what)| *what)
}

/// Refuses text that is mostly not text: control characters and broken bytes.
pub(crate) fn check_text(text: &str) -> Result<(), ExtractError> {
    let (mut chars, mut odd) = (0_usize, 0_usize);
    for c in text.chars().take(20_000) {
        chars += 1;
        odd += usize::from(c == '\u{FFFD}' || (c.is_control() && !c.is_whitespace()));
    }
    if odd * 20 > chars { Err(ExtractError::Binary { what: "binary data" }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(media_type: &str, name: &str, bytes: &[u8], want: Option<Format>) {
        assert_eq!(format(media_type, name, bytes).ok(), want, "{media_type} {name}");
    }

    #[test]
    fn formats_are_told_by_type_name_and_look() {
        check("text/markdown", "a", b"x", Some(Format::Markdown));
        check("text/html", "a", b"x", Some(Format::Html));
        check("text/plain", "https://e.org/a.md?raw=1", b"x", Some(Format::Markdown));
        check("text/plain", "a.txt", b"  <!DOCTYPE html><p>", Some(Format::Html));
        check("", "a", b"words", Some(Format::Text));
        check("text/html", "a", b"%PDF-1.7", Some(Format::Pdf));
        check("application/pdf", "a.pdf", b"<html>", None);
        check("image/png", "a", b"x", None);
        check(DOCX, "a.docx", b"words", None);
        check("text/markdown", "a.md", b"PK\x03\x04", None);
    }

    #[test]
    fn names_tell_types() {
        assert_eq!(type_of_name("dir.d/A.MD"), Some("text/markdown"));
        assert_eq!(type_of_name("https://e.org/x.pdf?y=1"), Some("application/pdf"));
        assert_eq!(type_of_name("a.docx"), Some(DOCX));
        assert_eq!(type_of_name("dir.md/file"), None);
        assert_eq!(type_of_name("image.png"), None);
    }

    #[test]
    fn noise_is_no_text() {
        assert!(check_text("plain\ntext\twith tabs").is_ok());
        assert!(check_text(&"\u{1}a".repeat(100)).is_err());
        assert!(check_text(&String::from_utf8_lossy(&[0xFF; 100])).is_err());
    }
}
