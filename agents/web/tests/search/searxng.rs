//! SearXNG.

use chrono::NaiveDate;
use galley_agents_web::search::{Domains, SearxngConfig};

use super::*;

fn searxng(server: &SearchServer) -> EngineConfig {
    EngineConfig::Searxng(SearxngConfig {
        url: server.url("searxng"),
        categories: vec!["general".into(), "news".into()],
    })
}

#[tokio::test]
async fn an_instance_is_asked_and_its_hits_are_plain() {
    let server = server().await;
    let findings = ask(searxng(&server), "tea").await;
    assert_eq!(urls(&findings), ["https://one.example.org/tea", "https://two.example.net/tea"]);
    let Hit { title, snippet, published, author, engines, .. } = &findings.hits[0];
    assert_eq!(
        (title.as_str(), snippet.as_str()),
        ("Green tea", "Green tea is steamed, not roasted.")
    );
    assert_eq!(*published, NaiveDate::from_ymd_opt(2026, 3, 1));
    assert_eq!(author.as_deref(), Some("Ann Lee"));
    assert_eq!(engines, &["searxng (127.0.0.1)"]);
    assert_eq!(server.asked()[0].word("categories"), "general,news");
}

#[tokio::test]
async fn language_time_and_domains_are_asked_for_and_held() {
    let server = server().await;
    let query = SearchQuery {
        language: Some("de".into()),
        domains: Domains { allow: vec!["example.net".into()], block: vec![] },
        newer_than: NaiveDate::from_ymd_opt(2026, 2, 20),
        today: NaiveDate::from_ymd_opt(2026, 3, 2),
        ..SearchQuery::new("tea")
    };
    let findings = engines(searxng(&server)).search(&query, 10).await;
    assert_eq!((urls(&findings), findings.dropped), (vec!["https://two.example.net/tea"], 1));
    let asked = &server.asked()[0];
    assert_eq!(asked.word("q"), "tea site:example.net");
    assert_eq!((asked.word("language"), asked.word("time_range")), ("de", "month"));
}

#[tokio::test]
async fn an_instance_without_json_says_what_to_do() {
    let server = server().await;
    for misdeed in [
        Misdeed::Status(403, vec![]),
        Misdeed::Says("text/html; charset=utf-8", "<!doctype html><title>SearXNG</title>".into()),
    ] {
        server.misbehave(misdeed);
        let findings = ask(searxng(&server), "tea").await;
        let told = failure(&findings).to_string();
        assert!(told.contains("add `json` to `search.formats`"), "{told}");
    }
}

#[tokio::test]
async fn an_instance_whose_engines_are_all_silent_says_so() {
    let server = server().await;
    let silent = r#"{"results": [], "unresponsive_engines": [["brave", "too many requests"]]}"#;
    server.misbehave(Misdeed::Says("application/json", silent.into()));
    let findings = ask(searxng(&server), "tea").await;
    assert!(failure(&findings).to_string().contains("none of its own engines answers: brave"));
    server.misbehave(Misdeed::Says("application/json", r#"{"results": []}"#.into()));
    let findings = ask(searxng(&server), "tea").await;
    assert!(findings.failed.is_empty() && findings.hits.is_empty(), "nothing found is no fault");
}

#[tokio::test]
async fn every_fault_is_told_apart() {
    let server = server().await;
    check_faults(&server, searxng(&server)).await;
}
