//! What a page says about itself: JSON-LD, meta tags, its canonical link.

use chrono::NaiveDate;
use dom_query::Document as Tree;
use dom_smoothie::{Metadata, Readability};

use crate::extract::{Draft, clean, dates, is_web_address};

/// Reads what a page says about itself.
pub(crate) fn read(tree: &Tree) -> Draft {
    let Ok(reader) = Readability::with_document(tree.clone(), None, None) else {
        return Draft::default();
    };
    let Metadata { title, byline, site_name, published_time, lang, url, .. } =
        reader.get_article_metadata(reader.parse_json_ld());
    let declared = attribute(tree, "html[lang]", "lang");
    Draft {
        title: text(Some(title)),
        author: text(byline).map(|name| without_by(&name)),
        publisher: text(site_name),
        published: published_time.as_deref().and_then(dates::parse).or_else(|| date(tree)),
        language: lang.or(declared),
        url: attribute(tree, "link[rel=canonical]", "href")
            .or(url)
            .or_else(|| attribute(tree, "meta[property='og:url']", "content"))
            .filter(|url| is_web_address(url)),
        ..Draft::default()
    }
}

fn text(value: Option<String>) -> Option<String> {
    let text = clean::line(&value?);
    if text.is_empty() { None } else { Some(text) }
}

fn attribute(tree: &Tree, selector: &str, name: &str) -> Option<String> {
    text(tree.select_single(selector).attr(name).map(|value| value.to_string()))
}

/// An author's name alone: `By Ann Lee` is `Ann Lee`.
fn without_by(name: &str) -> String {
    let lower = name.to_lowercase();
    let by = ["by ", "by: ", "von ", "par ", "por "].iter().find(|by| lower.starts_with(**by));
    by.and_then(|by| name.get(by.len()..)).unwrap_or(name).trim().to_owned()
}

/// The places beyond the article tags where pages put their date.
fn date(tree: &Tree) -> Option<NaiveDate> {
    const PLACES: [(&str, &str); 10] = [
        ("meta[itemprop=datePublished]", "content"),
        ("[itemprop=datePublished]", "datetime"),
        ("meta[name=date]", "content"),
        ("meta[name='dc.date']", "content"),
        ("meta[name='DC.date.issued']", "content"),
        ("meta[name='dcterms.created']", "content"),
        ("meta[name=pubdate]", "content"),
        ("meta[name=publish-date]", "content"),
        ("article time[datetime]", "datetime"),
        ("time[pubdate]", "datetime"),
    ];
    PLACES.iter().find_map(|(place, name)| dates::parse(&attribute(tree, place, name)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(head: &str) -> Draft {
        read(&Tree::from(format!("<html lang=de-CH><head>{head}</head><body>x</body></html>")))
    }

    #[test]
    fn json_ld_is_read() {
        let draft = head(
            r#"<title>T | Site</title><script type="application/ld+json">{"@context":"https://schema.org",
            "@type":"NewsArticle","headline":"The headline","datePublished":"2024-05-01T08:00:00+02:00",
            "author":{"@type":"Person","name":"By Ann Lee"},"publisher":{"@type":"Organization","name":"The Paper"}}</script>"#,
        );
        assert_eq!(draft.title.as_deref(), Some("The headline"));
        assert_eq!(draft.author.as_deref(), Some("Ann Lee"));
        assert_eq!(draft.publisher.as_deref(), Some("The Paper"));
        assert_eq!(draft.published, NaiveDate::from_ymd_opt(2024, 5, 1));
        assert_eq!(draft.language.as_deref(), Some("de-CH"));
    }

    #[test]
    fn dates_are_found_in_many_places() {
        for place in [
            "<meta property='article:published_time' content='2024-05-01'>",
            "<meta name=date content='2024-05-01'>",
            "<meta itemprop=datePublished content='May 1, 2024'>",
            "<meta name='dc.date' content='2024-05-01T00:00:00Z'>",
            "</head><body><article><time datetime='2024-05-01'>May</time></article>",
        ] {
            assert_eq!(head(place).published, NaiveDate::from_ymd_opt(2024, 5, 1), "{place}");
        }
        assert_eq!(head("").published, None);
    }

    #[test]
    fn only_a_web_address_is_canonical() {
        let url = |link: &str| head(link).url;
        assert_eq!(
            url("<link rel=canonical href='https://e.org/a'>").as_deref(),
            Some("https://e.org/a")
        );
        assert_eq!(
            url("<meta property='og:url' content='https://e.org/b'>").as_deref(),
            Some("https://e.org/b")
        );
        assert_eq!(url("<link rel=canonical href='/a'>"), None);
        assert_eq!(url("<link rel=canonical href='javascript:alert(1)'>"), None);
    }
}
