//! Feeds and the sitemap. Sources: the RSS 2.0 specification, RFC 4287 (Atom), sitemaps.org 0.9.

use chrono::SecondsFormat;

use super::{PostRecord, base_url, post_url};
use crate::config::Config;

/// The sitemap protocol's bound is 50,000 addresses a file; the index page is one of them.
const SITEMAP_POSTS_MAX: usize = 49_999;

/// Text as XML character data; characters that XML 1.0 forbids become spaces.
fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' => out.push(c),
            '\u{fffe}' | '\u{ffff}' => out.push(' '),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

fn stamp(post: &PostRecord) -> String {
    post.published.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The newest posts as RSS 2.0.
pub(crate) fn rss(config: &Config, posts: &[PostRecord]) -> String {
    let base = xml(&base_url(config));
    let name = xml(&config.site_name);
    let item = |post: &PostRecord| {
        format!(
            "<item>\n<title>{}</title>\n<link>{}</link>\n\
             <guid isPermaLink=\"false\">urn:uuid:{}</guid>\n<pubDate>{}</pubDate>\n\
             <description>{}</description>\n<content:encoded>{}</content:encoded>\n</item>\n",
            xml(&post.title),
            xml(&post_url(config, &post.slug)),
            post.goal,
            post.published.to_rfc2822(),
            xml(&post.description),
            xml(&post.html),
        )
    };
    let items: String = posts.iter().take(config.feed_entries_max).map(item).collect();
    // A channel has one language: it is named when all of its posts share it.
    let language = posts.first().map(|post| post.language.as_str());
    let shared = language.filter(|code| posts.iter().all(|post| post.language == *code));
    let language =
        shared.map_or(String::new(), |code| format!("<language>{}</language>\n", xml(code)));
    let built = posts.first().map_or(String::new(), |post| {
        format!("<lastBuildDate>{}</lastBuildDate>\n", post.published.to_rfc2822())
    });
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\" \
         xmlns:content=\"http://purl.org/rss/1.0/modules/content/\">\n<channel>\n\
         <title>{name}</title>\n<link>{base}</link>\n\
         <description>Sourced and reviewed articles from {name}.</description>\n\
         <atom:link href=\"{base}feed.xml\" rel=\"self\" type=\"application/rss+xml\"/>\n\
         {language}{built}{items}</channel>\n</rss>\n"
    )
}

/// The newest posts as Atom.
pub(crate) fn atom(config: &Config, posts: &[PostRecord]) -> String {
    let base = xml(&base_url(config));
    let entry = |post: &PostRecord| {
        format!(
            "<entry xml:lang=\"{}\">\n<title>{}</title>\n<link href=\"{}\"/>\n<id>urn:uuid:{}</id>\n\
             <published>{at}</published>\n<updated>{at}</updated>\n<summary>{}</summary>\n\
             <content type=\"html\">{}</content>\n</entry>\n",
            xml(&post.language),
            xml(&post.title),
            xml(&post_url(config, &post.slug)),
            post.goal,
            xml(&post.description),
            xml(&post.html),
            at = stamp(post),
        )
    };
    let entries: String = posts.iter().take(config.feed_entries_max).map(entry).collect();
    let updated = posts.first().map_or_else(|| "1970-01-01T00:00:00Z".to_owned(), stamp);
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n\
         <title>{}</title>\n<id>{base}</id>\n<link href=\"{base}\"/>\n\
         <link rel=\"self\" href=\"{base}atom.xml\"/>\n<updated>{updated}</updated>\n\
         <author><name>{}</name></author>\n{entries}</feed>\n",
        xml(&config.site_name),
        xml(&config.author),
    )
}

/// Every page, with the time of its last change.
pub(crate) fn sitemap(config: &Config, posts: &[PostRecord]) -> String {
    let entry = |url: &str, post: Option<&PostRecord>| {
        let changed =
            post.map_or(String::new(), |post| format!("<lastmod>{}</lastmod>", stamp(post)));
        format!("<url><loc>{}</loc>{changed}</url>\n", xml(url))
    };
    let mut urls = entry(&base_url(config), posts.first());
    for post in posts.iter().take(SITEMAP_POSTS_MAX) {
        urls.push_str(&entry(&post_url(config, &post.slug), Some(post)));
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n{urls}</urlset>\n"
    )
}

/// Tells crawlers where the sitemap is.
pub(crate) fn robots(config: &Config) -> String {
    format!("User-agent: *\nAllow: /\nSitemap: {}sitemap.xml\n", base_url(config))
}
