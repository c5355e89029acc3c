//! Engines without keys: wikis, arXiv, Crossref, feeds and sitemaps.

use chrono::NaiveDate;
use galley_agents_web::search::{
    ArxivConfig, CrossrefConfig, FeedConfig, MediaWikiConfig, SitemapConfig,
};

use super::*;

fn mediawiki(server: &SearchServer) -> EngineConfig {
    let url = format!("{}/{{language}}/w/api.php", server.url("mediawiki"));
    EngineConfig::Mediawiki(MediaWikiConfig { url, language: "en".into() })
}

fn arxiv(server: &SearchServer) -> EngineConfig {
    EngineConfig::Arxiv(ArxivConfig { url: server.url("arxiv"), pause_ms: 0 })
}

fn crossref(server: &SearchServer) -> EngineConfig {
    let mailto = "who@example.org".to_owned();
    EngineConfig::Crossref(CrossrefConfig { url: server.url("crossref"), mailto })
}

fn feed(server: &SearchServer, path: &str) -> EngineConfig {
    EngineConfig::Feed(FeedConfig { url: format!("{}{path}", server.url("feed")) })
}

fn sitemap(server: &SearchServer) -> EngineConfig {
    let url = format!("{}/index.xml", server.url("sitemap"));
    EngineConfig::Sitemap(SitemapConfig { url, sitemaps_max: 10 })
}

#[tokio::test]
async fn every_open_engine_finds_what_is_asked_for() {
    let server = server().await;
    let news: fn(&SearchServer) -> EngineConfig = |server| feed(server, "/?q={query}");
    let all = [mediawiki as fn(&SearchServer) -> EngineConfig, arxiv, crossref, news];
    for engine in all {
        let findings = ask(engine(&server), "tea").await;
        let want = ["https://one.example.org/tea", "https://two.example.net/tea"];
        assert_eq!(urls(&findings), want, "{:?}", findings.failed);
        let Hit { title, snippet, .. } = &findings.hits[0];
        assert_eq!(title, "Green tea");
        assert!(snippet.ends_with("Green tea is steamed, not roasted."), "{snippet}");
    }
}

#[tokio::test]
async fn what_is_known_of_a_paper_is_kept() {
    let server = server().await;
    let of = async |engine| ask(engine, "tea").await.hits.remove(0);
    let (paper, work) = (of(arxiv(&server)).await, of(crossref(&server)).await);
    assert_eq!(paper.author.as_deref(), Some("Ann Lee, Bo Ek"));
    assert_eq!(paper.publisher.as_deref(), Some("arXiv"));
    assert_eq!(work.author.as_deref(), Some("Ann Lee, The Group"));
    assert_eq!(work.publisher.as_deref(), Some("Journal of Tea"));
    let day = NaiveDate::from_ymd_opt(2026, 3, 1);
    assert_eq!((paper.published, work.published), (day, day));
    assert_eq!(server.asked()[1].word("mailto"), "who@example.org");
}

#[tokio::test]
async fn a_wiki_is_asked_in_the_language_and_in_no_other_host() {
    let server = server().await;
    for (language, path) in [
        (None, "/mediawiki/en/w/api.php"),
        (Some("de"), "/mediawiki/de/w/api.php"),
        (Some("evil.net/"), "/mediawiki/en/w/api.php"),
    ] {
        let language = language.map(str::to_owned);
        let query = SearchQuery { language, ..SearchQuery::new("tea") };
        let findings = engines(mediawiki(&server)).search(&query, 10).await;
        assert_eq!(findings.hits[0].publisher.as_deref(), Some("Wikitest"));
        assert_eq!(server.asked().last().map(|asked| asked.path.clone()).as_deref(), Some(path));
    }
}

#[tokio::test]
async fn errors_that_come_as_answers_are_told() {
    let server = server().await;
    let findings = ask(mediawiki(&server), "").await;
    assert!(failure(&findings).to_string().contains("parameter must be set"));
    let limited = r#"{"error": {"code": "ratelimited", "info": "too fast"}}"#;
    server.misbehave(Misdeed::Says("application/json", limited.into()));
    assert_eq!(failure(&ask(mediawiki(&server), "tea").await).code(), "GLY0442");
    let error = "<feed xmlns='http://www.w3.org/2005/Atom'><id>i</id><title>t</title><updated>2026-03-01T00:00:00Z</updated>\
        <entry><id>http://arxiv.org/api/errors#x</id><title>Error</title><summary>incorrect id format</summary></entry></feed>";
    server.misbehave(Misdeed::Says("application/atom+xml", error.into()));
    let findings = ask(arxiv(&server), "tea").await;
    assert!(failure(&findings).to_string().contains("incorrect id format"));
}

#[tokio::test]
async fn what_is_new_is_asked_for() {
    let server = server().await;
    let query = SearchQuery {
        newer_than: NaiveDate::from_ymd_opt(2026, 2, 20),
        ..SearchQuery::new("green tea")
    };
    for engine in [arxiv as fn(&SearchServer) -> EngineConfig, crossref] {
        engines(engine(&server)).search(&query, 10).await;
    }
    let asked = server.asked();
    let want = "all:green AND all:tea AND submittedDate:[202602200000 TO 999912312359]";
    assert_eq!(asked[0].word("search_query"), want);
    assert_eq!(asked[1].word("filter"), "from-pub-date:2026-02-20");
}

#[tokio::test]
async fn entries_of_a_feed_are_searched_and_it_is_read_once() {
    let server = server().await;
    let engines = engines(feed(&server, "/all.xml"));
    let findings = engines.search(&SearchQuery::new("black tea"), 10).await;
    let want = ["https://two.example.net/tea", "https://one.example.org/tea"];
    assert_eq!(urls(&findings), want);
    assert_eq!(findings.hits[0].publisher.as_deref(), Some("The Tea Paper"));
    assert_eq!(findings.hits[0].author.as_deref(), Some("Ann Lee"));
    assert_eq!(engines.search(&SearchQuery::new("coffee"), 10).await.hits.len(), 1);
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_site_is_searched_by_its_addresses_and_left_by_none() {
    let server = server().await;
    let engines = engines(sitemap(&server));
    let findings = engines.search(&SearchQuery::new("tea"), 10).await;
    assert_eq!(urls(&findings), ["https://one.example.org/tea", "https://two.example.net/tea"]);
    let query =
        SearchQuery { newer_than: NaiveDate::from_ymd_opt(2026, 4, 1), ..SearchQuery::new("tea") };
    assert!(engines.search(&query, 10).await.hits.is_empty(), "nothing changed since then");
    // The index, three parts, and one that is gone; never the one on another host.
    assert_eq!(server.asked().len(), 5);
}

#[tokio::test]
async fn every_fault_is_told_apart() {
    let server = server().await;
    for engine in [mediawiki as fn(&SearchServer) -> EngineConfig, crossref] {
        check_faults(&server, engine(&server)).await;
    }
    for (engine, misdeed, code) in [
        (arxiv(&server), Misdeed::Status(429, vec![]), "GLY0442"),
        (arxiv(&server), Misdeed::Says("text/html", "<!doctype html>".into()), "GLY0443"),
        (feed(&server, "/x"), Misdeed::Says("text/html", "<!doctype html>".into()), "GLY0443"),
        (feed(&server, "/x"), Misdeed::Status(404, vec![]), "GLY0447"),
        (sitemap(&server), Misdeed::Says("text/html", "<!doctype html>".into()), "GLY0443"),
        (sitemap(&server), Misdeed::Says("text/xml", "x".repeat(100_000)), "GLY0444"),
    ] {
        server.misbehave(misdeed);
        assert_eq!(failure(&ask(engine, "tea").await).code(), code);
    }
}
