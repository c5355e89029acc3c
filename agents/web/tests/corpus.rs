//! Real input: every document of the shared corpus is read, and nothing but its text comes out.

use std::fs;
use std::path::{Path, PathBuf};

use galley_agents_web::{Document, ExtractConfig, RawDocument, extract};

fn documents() -> Vec<PathBuf> {
    let Some(folder) = galley_tests_support::corpus::shared("customer-service") else {
        return Vec::new();
    };
    let entries = fs::read_dir(folder).expect("the corpus can be listed");
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    assert_eq!(paths.len(), 68);
    paths
}

fn read(path: &Path) -> Document {
    let raw = RawDocument {
        locator: path.to_string_lossy().into_owned(),
        url: None,
        media_type: "text/markdown".into(),
        charset: None,
        bytes: fs::read(path).expect("a file of the corpus").into(),
    };
    extract(&raw, &ExtractConfig::default()).expect("a document of the corpus is read")
}

#[test]
fn every_document_says_what_it_is() {
    for path in documents() {
        let document = read(&path);
        let name = path.display();
        assert!(document.title.len() > 5, "{name}: {}", document.title);
        assert!(document.published.is_some(), "{name}");
        assert!(document.url.is_some_and(|url| url.starts_with("https://digital.gov/")), "{name}");
        assert_eq!(document.publisher.as_deref(), Some("digital.gov"), "{name}");
        assert_eq!(document.language.as_deref(), Some("en"), "{name}");
    }
}

#[test]
fn nothing_but_text_is_left() {
    const LEFTOVERS: [&str; 24] = [
        "**", "__", "](", "![", "[^", "{{", "}}", "{%", "{:", "{#", "</", "/>", "<p", "<a ", "&#",
        "&amp;", "&nbsp;", "&mdash;", "```", "  ", "\t", "\n\n\n", "\u{200B}", "\u{A0}",
    ];
    for path in documents() {
        let document = read(&path);
        for text in [&document.title, &document.text] {
            for leftover in LEFTOVERS {
                let at = text.find(leftover);
                assert!(at.is_none(), "{}: {leftover:?} in {:?}", path.display(), around(text, at));
            }
        }
        for paragraph in document.text.split("\n\n") {
            let starts = ["# ", "* ", "- ", "> ", "|", "_", "• ", "[]"];
            let marked = starts.iter().any(|mark| paragraph.starts_with(mark));
            assert!(!marked && !paragraph.contains('\n'), "{}: {paragraph:?}", path.display());
        }
    }
}

fn around(text: &str, at: Option<usize>) -> String {
    let at = at.unwrap_or(0);
    text.char_indices().filter(|(i, _)| i + 60 > at && *i < at + 60).map(|(_, c)| c).collect()
}
