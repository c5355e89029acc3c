//! A tool of an MCP server as a search engine, over both transports. The server is made with the
//! official SDK: this program started anew (`serve`) for the one, a task of it for the other.

use std::borrow::Cow;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use galley_agents_web::FetchConfig;
use galley_agents_web::search::{
    EngineConfig, Engines, Findings, McpConfig, SearchConfig, SearchQuery,
};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ErrorData, RoleServer, ServerHandler, ServiceExt as _};
use serde_json::json;

/// A server with one tool that finds one page, and says what environment it was given.
#[derive(Debug, Clone)]
struct Finder;

impl ServerHandler for Finder {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let schema = json!({"type": "object", "properties": {"q": {"type": "string"}}});
        let schema = Arc::new(schema.as_object().cloned().unwrap_or_default());
        Ok(ListToolsResult::with_all_items(vec![Tool::new("find", "Finds pages.", schema)]))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        let words = arguments.get("q").and_then(|q| q.as_str()).unwrap_or_default();
        let result = match (request.name.as_ref(), words) {
            ("find", "crash") => std::process::exit(3),
            ("find", "fail") => {
                CallToolResult::error(vec![ContentBlock::text("the index is gone")])
            }
            ("find", "inner") => found("http://169.254.169.254/latest/", ""),
            ("find", words) => {
                let names: Vec<String> = std::env::vars().map(|(name, _)| name).collect();
                let most = arguments.get("most").and_then(|most| most.as_u64());
                found("https://e.org/tea", &format!("{words} {most:?} {}", names.join(" ")))
            }
            _ => return Err(ErrorData::invalid_params(Cow::from("no such tool"), None)),
        };
        Ok(result.into())
    }
}

fn found(url: &str, snippet: &str) -> CallToolResult {
    let results = json!({"results": [{"url": url, "title": "Green tea", "snippet": snippet,
        "published_date": "2026-03-01"}]});
    CallToolResult::success(vec![ContentBlock::text(results.to_string())])
}

fn config() -> McpConfig {
    McpConfig {
        command: Vec::new(),
        env: [("GIVEN".to_owned(), "yes".to_owned())].into(),
        url: None,
        key_file: None,
        tool: "find".to_owned(),
        query_argument: "q".to_owned(),
        limit_argument: Some("most".to_owned()),
        arguments: [("site".to_owned(), json!("e.org"))].into(),
    }
}

fn as_process() -> McpConfig {
    let me = std::env::current_exe().expect("this program has a file");
    McpConfig { command: vec![me.display().to_string(), "serve".to_owned()], ..config() }
}

fn engines(config: McpConfig) -> Engines {
    let config = SearchConfig {
        engines: vec![EngineConfig::Mcp(config)],
        engine_ms_max: 10_000,
        ..SearchConfig::default()
    };
    assert_eq!(config.check(), []);
    Engines::new(&config, &FetchConfig::default()).expect("the engine is configured well")
}

async fn ask(engines: &Engines, text: &str) -> Findings {
    engines.search(&SearchQuery::new(text), 10).await
}

fn check_failure(findings: &Findings, code: &str, told: &str) {
    assert!(findings.hits.is_empty());
    let error = findings.failed.first().expect("it fails");
    assert_eq!(error.code(), code, "{error:?}");
    assert!(error.to_string().contains(told), "{error}");
}

async fn finds_what_it_should(engines: &Engines) {
    let findings = ask(engines, "tea").await;
    assert!(findings.failed.is_empty(), "{:?}", findings.failed);
    let hit = findings.hits.first().expect("it finds the page");
    assert_eq!((hit.url.as_str(), hit.title.as_str()), ("https://e.org/tea", "Green tea"));
    assert!(hit.snippet.starts_with("tea Some(20)"), "{}", hit.snippet);
    assert_eq!(hit.published.map(|day| day.to_string()).as_deref(), Some("2026-03-01"));
    check_failure(&ask(engines, "fail").await, "GLY0443", "the index is gone");
    let inner = ask(engines, "inner").await;
    assert!(inner.hits.is_empty() && inner.dropped == 1, "an inner address is no hit");
}

/// A process gets what its configuration names and nothing of ours, and is started anew when it dies.
async fn a_process_is_asked() {
    let engines = engines(as_process());
    finds_what_it_should(&engines).await;
    let told = ask(&engines, "tea").await.hits.remove(0).snippet;
    let environment: Vec<&str> = told.split(' ').skip(2).collect();
    assert!(environment.contains(&"GIVEN") && environment.contains(&"PATH"), "{told}");
    assert!(!environment.contains(&"HOME") && !environment.contains(&"CARGO_PKG_NAME"), "{told}");
    check_failure(&ask(&engines, "crash").await, "GLY0446", "cannot be reached");
    finds_what_it_should(&engines).await;
}

async fn a_server_is_asked_over_http() {
    let service = StreamableHttpService::new(
        || Ok(Finder),
        Arc::new(LocalSessionManager::default()),
        StreamableHttpServerConfig::default(),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let host = listener.local_addr().expect("it is bound");
    let app = axum::Router::new().nest_service("/mcp", service);
    let mut running = tokio::task::JoinSet::new();
    running.spawn(async move { axum::serve(listener, app).await });
    let config = McpConfig { url: Some(format!("http://{host}/mcp")), ..config() };
    finds_what_it_should(&engines(config.clone())).await;
    let unknown = ask(&engines(McpConfig { tool: "other".to_owned(), ..config }), "tea").await;
    check_failure(&unknown, "GLY0443", "no such tool");
}

/// A key is sent, and a server that wants another one is told apart from one that is not there.
async fn keys_and_absence_are_told_apart() {
    let wants = |headers: axum::http::HeaderMap| async move {
        let key = headers.get("authorization").and_then(|value| value.to_str().ok());
        assert_eq!(key, Some("Bearer a-key-for-tests"));
        (axum::http::StatusCode::UNAUTHORIZED, [("www-authenticate", "Bearer")])
    };
    let app = axum::Router::new().fallback(wants);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let host = listener.local_addr().expect("it is bound");
    let mut running = tokio::task::JoinSet::new();
    running.spawn(async move { axum::serve(listener, app).await });
    let mut file = tempfile::NamedTempFile::new().expect("a folder for temporary files");
    file.write_all(b"a-key-for-tests\n").expect("it is written");
    let key_file = Some(PathBuf::from(file.path()));
    let config = McpConfig { url: Some(format!("http://{host}/mcp")), key_file, ..config() };
    let refused = ask(&engines(config), "tea").await;
    check_failure(&refused, "GLY0441", "refuses access");
    assert!(!format!("{refused:?}").contains("a-key-for-tests"));
    let command = vec!["/nonexistent/server".to_owned()];
    let absent = ask(&engines(McpConfig { command, ..self::config() }), "tea").await;
    check_failure(&absent, "GLY0446", "cannot be reached");
}

#[tokio::main]
async fn main() {
    if std::env::args().nth(1).as_deref() == Some("serve") {
        let serving = Finder.serve(rmcp::transport::stdio()).await.expect("a client speaks first");
        serving.waiting().await.expect("it ends with its client");
        return;
    }
    a_process_is_asked().await;
    a_server_is_asked_over_http().await;
    keys_and_absence_are_told_apart().await;
}
