//! Every search engine against a server that speaks its protocol.

#[path = "search/folder.rs"]
mod folder;
#[path = "search/keyed.rs"]
mod keyed;
#[path = "search/open.rs"]
mod open;
#[path = "search/searxng.rs"]
mod searxng;

use galley_agents_web::FetchConfig;
use galley_agents_web::search::{
    EngineConfig, Engines, Findings, Hit, SearchConfig, SearchError, SearchQuery,
};
use galley_tests_support::search_server::{Misdeed, Page, SearchServer};

/// A server with three pages, of which two speak of tea.
async fn server() -> SearchServer {
    SearchServer::start(vec![
        Page::new(
            "https://one.example.org/tea",
            "Green tea",
            "Green tea is steamed, not <b>roasted</b>.",
        ),
        Page::new(
            "https://two.example.net/tea",
            "Black tea",
            "Black tea is a tea that is oxidised.",
        ),
        Page::new("https://three.example.net/", "Coffee", "Coffee is roasted."),
    ])
    .await
}

/// The one engine, as it is configured.
fn engines(engine: EngineConfig) -> Engines {
    let config = SearchConfig {
        engines: vec![engine],
        engine_ms_max: 5_000,
        bytes_max: 64 * 1024,
        ..SearchConfig::default()
    };
    assert_eq!(config.check(), []);
    Engines::new(&config, &FetchConfig::default()).expect("the engine is configured well")
}

async fn ask(engine: EngineConfig, text: &str) -> Findings {
    engines(engine).search(&SearchQuery::new(text), 10).await
}

fn urls(findings: &Findings) -> Vec<&str> {
    findings.hits.iter().map(|hit| hit.url.as_str()).collect()
}

/// What the one engine failed with.
fn failure(findings: &Findings) -> &SearchError {
    assert!(findings.hits.is_empty());
    findings.failed.first().expect("it fails")
}

/// The faults that every engine has behind a server of its own.
async fn check_faults(server: &SearchServer, engine: EngineConfig) {
    let retry = |text: &str| vec![("retry-after", text.to_owned())];
    let long = Misdeed::Says("application/json", "[".repeat(100_000));
    for (misdeed, code) in [
        (Misdeed::Status(401, vec![]), "GLY0441"),
        (Misdeed::Status(429, retry("7")), "GLY0442"),
        (Misdeed::Status(503, retry("7")), "GLY0442"),
        (Misdeed::Says("application/json", "{\"answer\":".into()), "GLY0443"),
        (Misdeed::Says("text/html", "<!doctype html><p>Welcome".into()), "GLY0443"),
        (Misdeed::Status(302, vec![("location", "https://elsewhere.org/".into())]), "GLY0443"),
        (long, "GLY0444"),
        (Misdeed::Status(500, vec![]), "GLY0447"),
    ] {
        server.misbehave(misdeed.clone());
        let findings = ask(engine.clone(), "tea").await;
        assert_eq!(failure(&findings).code(), code, "{misdeed:?}: {:?}", findings.failed);
        if let SearchError::Limited { retry_after, .. } = failure(&findings) {
            assert_eq!(retry_after.map(|wait| wait.as_secs()), Some(7));
        }
    }
    server.behave();
}
