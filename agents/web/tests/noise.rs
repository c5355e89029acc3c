//! Whatever comes in: no panic, and what comes out is plain text.

use galley_agents_web::{ExtractConfig, RawDocument, extract, plain_line};
use proptest::prelude::*;

const PIECES: [&str; 60] = [
    "<p>",
    "</p>",
    "<div>",
    "</div>",
    "<ul>",
    "<li>",
    "</ul>",
    "<table>",
    "<tr>",
    "<td>",
    "</table>",
    "<a href='x'>",
    "</a>",
    "<b>",
    "</i>",
    "<script>",
    "</script>",
    "<style>.x{display:none}</style>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<h2 class=x>",
    "</h2>",
    "<br>",
    "<svg><title>",
    "<math><mi>",
    "<template>",
    "<select><option>",
    "<noscript>",
    "<article>",
    "<title>",
    "<span hidden>",
    "&amp;",
    "&#0;",
    "&#x1F600;",
    "&bogus;",
    "**",
    "__",
    "*",
    "_",
    "`",
    "```\n",
    "# ",
    "\n\n",
    "\n- ",
    "> ",
    "[a](b \"c\")",
    "![x](y)",
    "[^1]",
    "{{< x >}}",
    "{% y %}",
    "|---|",
    "---\n",
    "\u{202E}",
    "\u{200B}",
    "\u{0}",
    "ß 漢字 é",
    "Some words, that make a sentence. ",
    "\u{E0041}",
];

fn noise() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES.as_slice()), 0..200).prop_map(|p| p.concat())
}

fn check(media_type: &str, text: &str) {
    let raw = RawDocument {
        locator: "x".into(),
        url: None,
        media_type: media_type.into(),
        charset: None,
        bytes: text.to_owned().into(),
    };
    let config = ExtractConfig { words_min: 1, ..ExtractConfig::default() };
    let Ok(document) = extract(&raw, &config) else { return };
    for paragraph in document.text.split("\n\n") {
        assert!(!paragraph.is_empty() && paragraph == paragraph.trim(), "{paragraph:?}");
        assert!(!paragraph.contains('\n') && !paragraph.contains("  "), "{paragraph:?}");
    }
    let hidden = |c: char| matches!(c, '\u{202E}' | '\u{200B}' | '\u{0}' | '\u{E0041}');
    assert!(!document.text.contains(hidden) && !document.title.contains(hidden));
    for heading in &document.headings {
        assert!((1..=6).contains(&heading.level) && document.text.contains(&heading.text));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_markup_gives_plain_text_or_a_reason(text in noise()) {
        for media_type in ["text/html", "text/markdown", "text/plain"] {
            check(media_type, &text);
        }
        assert!(!plain_line(&text).contains('\n'));
    }

    #[test]
    fn any_bytes_give_text_or_a_reason(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
        let raw = RawDocument {
            locator: "x".into(), url: None, media_type: "text/plain".into(), charset: None, bytes: bytes.into(),
        };
        drop(extract(&raw, &ExtractConfig::default()));
    }
}
