//! The article as HTML for somebody else's system: built from text that is escaped, and then cut down to
//! an allow-list of elements, since quotes come from anywhere and that system trusts what it is handed.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use ammonia::{Builder, UrlRelative};
use galley_schemas::content::Article;
use minijinja::context;
use minijinja::value::{Serde, Value as Shape};

use super::page::{is_web, references, render};
use super::{Words, article_body};

/// What a system is handed, and nothing else: no script, style, form, frame, picture or embedded thing.
const ELEMENTS: [&str; 10] = ["p", "h2", "h3", "ul", "ol", "li", "blockquote", "a", "sup", "em"];

/// The body of the article with its sources, for a content management system.
pub(crate) fn cms_html(article: &Article) -> Result<String, minijinja::Error> {
    let words = Words::of(&article.language);
    let html = render(
        "cms",
        context! {
            body => Shape::from_safe_string(article_body(article)?),
            provenance => words.provenance(&article.writing, article.sources.len()),
            words => Serde(words),
            references => Serde(references(article)),
            related => Serde(
                article.meta.related.iter().filter(|(_, url)| is_web(url)).collect::<Vec<_>>(),
            ),
        },
    )?;
    Ok(sanitise(&html))
}

/// HTML without anything that is not on the list.
#[expect(clippy::disallowed_types, reason = "ammonia's settings are made of hash maps")]
pub(super) fn sanitise(html: &str) -> String {
    let attributes: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::from([
        ("a", BTreeSet::from(["href", "aria-label"])),
        ("li", BTreeSet::from(["id"])),
    ]);
    let mut builder = Builder::empty();
    builder
        .tags(ELEMENTS.into())
        .tag_attributes(
            attributes
                .into_iter()
                .map(|(element, names)| (element, names.into_iter().collect()))
                .collect::<std::collections::HashMap<_, _>>(),
        )
        .url_schemes(["http", "https"].into())
        .url_relative(UrlRelative::PassThrough)
        .link_rel(Some("noopener"))
        .attribute_filter(|_, name, value| is_ours(name, value).then_some(Cow::Borrowed(value)));
    builder.clean(html).to_string()
}

/// Whether a link goes to the web or to a source below, and a name is that of a source.
fn is_ours(name: &str, value: &str) -> bool {
    let is_source = |text: &str| {
        text.strip_prefix("source-").is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()))
    };
    match name {
        "href" => value.strip_prefix('#').map_or_else(|| is_web(value), is_source),
        "id" => is_source(value),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::article;
    use super::*;

    #[test]
    fn a_hostile_quote_stays_a_quote() {
        let html = cms_html(&article()).unwrap();
        assert!(
            html.contains("Bread &lt;script&gt;alert(1)&lt;/script&gt; &amp; \"butter\""),
            "{html}"
        );
        assert!(!html.contains("<script") && !html.contains("javascript:"), "{html}");
        assert!(
            html.contains("<a href=\"#source-1\"") && html.contains("<li id=\"source-1\">"),
            "{html}"
        );
    }

    #[test]
    fn what_is_not_on_the_list_goes() {
        for (given, wanted) in [
            ("<p>a<script>alert(1)</script>b</p>", "<p>ab</p>"),
            ("<p onclick=x()>a</p>", "<p>a</p>"),
            ("<a href=\"javascript:x\">a</a>", "<a rel=\"noopener\">a</a>"),
            ("<a href=\"/wp-admin/?do=it\">a</a>", "<a rel=\"noopener\">a</a>"),
            (
                "<a href=\"https://e.org/\">a</a>",
                "<a href=\"https://e.org/\" rel=\"noopener\">a</a>",
            ),
            ("<img src=https://e.org/pixel?leak>", ""),
            ("<iframe src=https://e.org></iframe><form action=/x><input></form>", ""),
            ("<svg><style><img src=x onerror=y></style></svg>", ""),
            ("<math><mtext><table><mglyph><style><img src=x onerror=y>", ""),
            ("<!-- more --><!--[if IE]>x<![endif]-->", ""),
            ("<p style=\"position:fixed\" id=\"wpadminbar\">a</p>", "<p>a</p>"),
            ("<li id=\"source-1x\">a</li>", "<li>a</li>"),
        ] {
            assert_eq!(sanitise(given), wanted, "{given}");
        }
    }
}
