use std::collections::BTreeMap;

use async_trait::async_trait;

use super::*;

/// A web of a few pages.
#[derive(Debug, Default)]
struct Web(BTreeMap<String, (String, String)>);

impl Web {
    fn with(mut self, url: &str, media_type: &str, body: impl Into<String>) -> Self {
        self.0.insert(url.to_owned(), (media_type.to_owned(), body.into()));
        self
    }
}

#[async_trait]
impl Fetch for Web {
    async fn get(&self, url: &str) -> Result<Fetched, FetchError> {
        let page = self.0.get(url);
        let (media_type, body) =
            page.ok_or_else(|| FetchError::Status { url: url.to_owned(), status: 404 })?;
        Ok(Fetched {
            url: url.to_owned(),
            status: 200,
            media_type: media_type.clone(),
            charset: None,
            body: body.clone().into(),
        })
    }
}

async fn found(media_type: &str, body: impl Into<String>) -> Vec<String> {
    let web = Web::default().with("https://e.org/f", media_type, body).with(
        "https://e.org/s1.xml",
        "text/xml",
        "<urlset><loc>https://e.org/deep</loc></urlset>",
    );
    let reader = Reader::new(SourcesConfig::default(), Vec::new());
    let found = reader.find(&SourceSpec::Url { url: "https://e.org/f".into() }, &web).await;
    let name = |found: Result<Found, Skipped>| match found {
        Ok(found) => found.locator,
        Err(skipped) => skipped.code,
    };
    found.into_iter().map(name).collect()
}

#[tokio::test]
async fn every_kind_of_feed_is_seen_as_one() {
    let atom = r#"<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><id>i</id><updated>2024-05-01T00:00:00Z</updated>
        <entry><title>a</title><id>1</id><updated>2024-05-01T00:00:00Z</updated>
        <link rel="edit" href="/edit"/><link href="/a"/></entry></feed>"#;
    assert_eq!(found("application/atom+xml", atom).await, ["https://e.org/a"]);
    assert_eq!(found("text/xml", atom).await, ["https://e.org/a"]);
    let json = r#"{"version":"https://jsonfeed.org/version/1.1","title":"t","items":[
        {"id":"1","url":"https://e.org/a","content_text":"x"},{"id":"1","url":"https://e.org/b","content_text":"x"},
        {"id":"2","url":"https://e.org/a#part","content_text":"x"}]}"#;
    assert_eq!(found("application/json", json).await, ["https://e.org/a"]);
    let map = "<urlset><url><loc> https://e.org/a?x=1&amp;y=2 </loc></url><url><loc><![CDATA[https://e.org/b]]></loc></url></urlset>";
    assert_eq!(found("application/xml", map).await, ["https://e.org/a?x=1&y=2", "https://e.org/b"]);
    let index = "<sitemapindex><loc>https://e.org/s1.xml</loc><loc>https://e.org/gone.xml</loc></sitemapindex>";
    assert_eq!(found("text/xml", index).await, ["https://e.org/deep"]);
}

#[tokio::test]
async fn a_page_that_is_no_feed_is_a_page() {
    for (media_type, body) in [
        ("text/html", "<p>An article on <code>&lt;rss&gt;</code></p>"),
        ("application/json", "{}"),
        ("text/xml", "<note>x</note>"),
        ("text/plain", "words"),
    ] {
        assert_eq!(found(media_type, body).await, ["https://e.org/f"], "{media_type}");
    }
}

#[tokio::test]
async fn a_feed_has_bounds() {
    let items = |count: usize| -> String {
        (0..count)
            .map(|n| format!("<item><link>https://e.org/{n}</link><guid>{n}</guid></item>"))
            .collect()
    };
    let rss = |items: &str| {
        format!("<rss version=\"2.0\"><channel><title>t</title>{items}</channel></rss>")
    };
    assert_eq!(found("text/xml", rss(&items(500))).await.len(), 50);
    assert_eq!(found("text/xml", rss("")).await, ["GLY0414"]);
    assert_eq!(found("application/rss+xml", "no feed").await, ["GLY0414"]);
    assert_eq!(found("application/rss+xml", rss(&"<a>".repeat(100_000))).await, ["GLY0414"]);
    let laughs: String =
        (1..40).map(|n| format!("<!ENTITY l{n} \"&l{};&l{};\">", n - 1, n - 1)).collect();
    let bomb = format!(
        "<!DOCTYPE r [<!ENTITY l0 \"lol\">{laughs}]><rss version=\"2.0\"><channel><title>&l39;</title></channel></rss>"
    );
    assert_eq!(found("text/xml", bomb).await, ["GLY0414"]);
}

#[tokio::test]
async fn a_path_that_is_neither_folder_nor_file_is_told_so() {
    let config = SourcesConfig { roots: vec!["/dev".into()], ..SourcesConfig::default() };
    let source = SourceSpec::Folder { path: "/dev/zero".into() };
    let found = Reader::new(config, Vec::new()).find(&source, &Web::default()).await;
    let skipped = found.into_iter().next().and_then(Result::err).unwrap();
    assert_eq!((skipped.locator.as_str(), skipped.code.as_str()), ("/dev/zero", "GLY0411"));
    assert!(skipped.reason.contains("neither"), "{}", skipped.reason);
}

#[tokio::test]
async fn a_page_that_cannot_be_fetched_is_named_once() {
    let reader = Reader::new(SourcesConfig::default(), Vec::new());
    let source = SourceSpec::Url { url: "https://e.org/gone".into() };
    let found = reader.find(&source, &Web::default()).await;
    let skipped = found.into_iter().next().and_then(Result::err).unwrap();
    assert_eq!((skipped.code.as_str(), skipped.reason.as_str()), ("GLY0422", "it answered 404"));
}

#[test]
fn addresses_of_one_page_fold_to_one() {
    for (address, want) in [
        ("https://E.org/a/?utm_source=x&utm_medium=y#part", "https://e.org/a"),
        ("https://e.org:443/a?id=1&fbclid=2", "https://e.org/a?id=1"),
        ("https://e.org/", "https://e.org"),
        ("https://e.org/a?b=c+d", "https://e.org/a?b=c+d"),
        ("notes/a.md", "notes/a.md"),
    ] {
        assert_eq!(fold_address(address), want);
    }
}
