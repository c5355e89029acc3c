//! A site: a wiki's `api.php`, a feed, and a sitemap with its parts, one of them packed.

use serde_json::json;

use super::{Answer, Asked, Page, found, json};

/// Answers `/mediawiki/…/api.php`: errors come with status 200, pages out of order.
pub(super) fn mediawiki(pages: &[Page], asked: &Asked) -> Answer {
    if !asked.path.ends_with("/api.php") {
        return (404, "text/html", "<h1>Not Found</h1>".to_owned());
    }
    if asked.word("format") != "json" || asked.word("formatversion") != "2" {
        return (200, "text/html; charset=utf-8", "<!doctype html><p>api help".to_owned());
    }
    if asked.word("gsrsearch").is_empty() {
        let info = "The \"gsrsearch\" parameter must be set.";
        return json(&json!({"error": {"code": "missingparam", "info": info}}));
    }
    let limit: usize = asked.word("gsrlimit").parse().unwrap_or(10);
    let found = found(pages, asked.word("gsrsearch"));
    let mut answered: Vec<_> = (1..)
        .zip(found.into_iter().take(limit))
        .map(|(index, page): (u32, &Page)| {
            json!({
                "pageid": 100 - index, "ns": 0, "title": page.title, "index": index, "extract": page.text,
                "fullurl": page.url, "canonicalurl": page.url, "touched": "2026-03-01T00:00:00Z",
            })
        })
        .collect();
    answered.reverse();
    let general = json!({"sitename": "Wikitest", "lang": "en"});
    let mut query = json!({"general": general});
    if let (false, Some(query)) = (answered.is_empty(), query.as_object_mut()) {
        query.insert("pages".to_owned(), answered.into());
    }
    json(&json!({"batchcomplete": true, "query": query}))
}

/// Answers `/feed/…`: a feed of all pages, or of those that `?q=` finds.
pub(super) fn feed(pages: &[Page], asked: &Asked) -> Answer {
    let item = |page: &Page| {
        format!(
            "<item><title>{}</title><link>{}</link><guid>{}</guid><description><![CDATA[{}]]></description>\
             <dc:creator>{}</dc:creator><pubDate>Sun, 01 Mar 2026 08:30:00 GMT</pubDate></item>",
            page.title, page.url, page.url, page.text, page.author
        )
    };
    let items: String = found(pages, asked.word("q")).into_iter().map(item).collect();
    let text = format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel>\
         <title>The Tea Paper</title><link>https://example.org/</link><description>d</description>{items}</channel></rss>"
    );
    (200, "application/rss+xml", text)
}

/// Answers `/sitemap/index.xml` and its parts `/sitemap/1.xml` and so on; other parts are gone.
pub(super) fn sitemap(pages: &[Page], asked: &Asked, host: &str) -> Answer {
    let part =
        |number: usize| format!("<sitemap><loc>http://{host}/sitemap/{number}.xml</loc></sitemap>");
    let elsewhere = "<sitemap><loc>http://127.0.0.1:1/secret.xml</loc></sitemap>";
    if asked.path == "/sitemap/index.xml" {
        let parts: String = (1..=pages.len() + 1).map(part).collect();
        return (200, "text/xml", format!("<sitemapindex>{elsewhere}{parts}</sitemapindex>"));
    }
    let number = asked.path.strip_prefix("/sitemap/").and_then(|rest| rest.strip_suffix(".xml"));
    let number: Option<usize> = number.and_then(|number| number.parse().ok());
    let Some(page) = number.and_then(|number| pages.get(number.checked_sub(1)?)) else {
        return (404, "text/html", "gone".to_owned());
    };
    let text = format!(
        "<urlset><url><loc>{}</loc><lastmod>{}</lastmod></url></urlset>",
        page.url, page.published
    );
    (200, "text/xml", text)
}
