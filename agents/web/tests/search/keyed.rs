//! Engines with keys: Brave and Tavily.

use chrono::NaiveDate;
use galley_agents_web::search::{BraveConfig, Domains, TavilyConfig};
use galley_tests_support::search_server::KEY;
use tempfile::NamedTempFile;

use super::*;

/// A file with a key; it goes with this value.
fn key(key: &str) -> NamedTempFile {
    let file = NamedTempFile::new().expect("a folder for temporary files");
    std::fs::write(file.path(), format!("{key}\n")).expect("it is written");
    file
}

fn brave(server: &SearchServer, key: &NamedTempFile) -> EngineConfig {
    let (url, key_file) = (server.url("brave"), key.path().to_owned());
    EngineConfig::Brave(BraveConfig { key_file, url, pause_ms: 0 })
}

fn tavily(server: &SearchServer, key: &NamedTempFile) -> EngineConfig {
    let (url, key_file) = (server.url("tavily"), key.path().to_owned());
    EngineConfig::Tavily(TavilyConfig { key_file, url })
}

#[tokio::test]
async fn engines_are_asked_with_their_keys() {
    let (server, key) = (server().await, key(KEY));
    for engine in [brave(&server, &key), tavily(&server, &key)] {
        let findings = ask(engine, "tea").await;
        assert_eq!(urls(&findings), ["https://one.example.org/tea", "https://two.example.net/tea"]);
        assert_eq!(findings.hits[0].snippet, "Green tea is steamed, not roasted.");
        assert_eq!(findings.hits[0].published, NaiveDate::from_ymd_opt(2026, 3, 1));
    }
    assert!(ask(brave(&server, &key), "nothing").await.failed.is_empty());
}

#[tokio::test]
async fn a_wrong_key_is_told_and_shows_nowhere() {
    let (server, key) = (server().await, key("wrong-key"));
    for engine in [brave(&server, &key), tavily(&server, &key)] {
        let engines = engines(engine);
        let findings = engines.search(&SearchQuery::new("tea"), 10).await;
        assert_eq!(failure(&findings).code(), "GLY0441");
        let shown = format!("{engines:?} {findings:?} {}", failure(&findings));
        assert!(!shown.contains("wrong-key"), "{shown}");
    }
}

#[tokio::test]
async fn what_was_asked_wrongly_is_told_without_the_key() {
    let (server, key) = (server().await, key(KEY));
    let findings = ask(brave(&server, &key), "").await;
    let told = failure(&findings).to_string();
    assert!(told.contains("answered 422") && told.contains("VALIDATION"), "{told}");
    server.misbehave(Misdeed::Says("application/json", format!("the key {KEY} is read aloud")));
    let findings = ask(tavily(&server, &key), "tea").await;
    let told = failure(&findings).to_string();
    assert!(told.contains("[key]") && !told.contains(KEY), "{told}");
}

#[tokio::test]
async fn engines_do_not_keep_domains_so_galley_does() {
    let (server, key) = (server().await, key(KEY));
    let query = SearchQuery {
        language: Some("ja".into()),
        domains: Domains { allow: vec!["example.net".into()], block: vec!["ads.net".into()] },
        newer_than: NaiveDate::from_ymd_opt(2026, 2, 20),
        today: NaiveDate::from_ymd_opt(2026, 3, 2),
        ..SearchQuery::new("tea")
    };
    for engine in [brave(&server, &key), tavily(&server, &key)] {
        let findings = engines(engine).search(&query, 10).await;
        assert_eq!((urls(&findings), findings.dropped), (vec!["https://two.example.net/tea"], 1));
    }
    let asked = server.asked();
    assert_eq!(asked[0].word("q"), "tea site:example.net");
    assert_eq!(asked[0].word("search_lang"), "jp");
    assert_eq!(asked[0].word("freshness"), "2026-02-20to2026-03-02");
    assert_eq!(asked[1].body["include_domains"][0], "example.net");
    assert_eq!(asked[1].body["start_date"], "2026-02-20");
}

#[tokio::test]
async fn every_fault_is_told_apart() {
    let (server, key) = (server().await, key(KEY));
    check_faults(&server, brave(&server, &key)).await;
    check_faults(&server, tavily(&server, &key)).await;
    server.misbehave(Misdeed::Status(432, vec![]));
    assert_eq!(failure(&ask(tavily(&server, &key), "tea").await).code(), "GLY0442");
}

#[test]
fn a_key_that_cannot_be_read_is_told_at_start() {
    let config = SearchConfig {
        engines: vec![EngineConfig::Tavily(TavilyConfig {
            key_file: "/nonexistent/key".into(),
            url: "https://api.tavily.com".into(),
        })],
        ..SearchConfig::default()
    };
    let error = Engines::new(&config, &FetchConfig::default()).unwrap_err();
    assert!(error.to_string().contains("/nonexistent/key"), "{error}");
}
