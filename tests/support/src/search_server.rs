//! A server that is searched: it finds words in a few pages and speaks the protocols of the engines
//! that Galley asks, each below a path of its own, with their keys, their bounds and their faults.

mod brave;
mod scholarly;
mod searxng;
mod site;
mod tavily;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::Response;
use serde_json::Value;

/// The key that the server takes where its protocol has keys.
pub const KEY: &str = "a-key-for-tests";
/// The most bytes of a request.
const REQUEST_BYTES_MAX: usize = 64 * 1024;

/// A page that can be found.
#[derive(Debug, Clone, Default)]
pub struct Page {
    /// Its address.
    pub url: String,
    /// Its title.
    pub title: String,
    /// Its text.
    pub text: String,
    /// When it was published: `2026-03-01`.
    pub published: String,
    /// Who wrote it.
    pub author: String,
}

impl Page {
    /// A page with a title and a text.
    #[must_use]
    pub fn new(url: &str, title: &str, text: &str) -> Self {
        let (published, author) = ("2026-03-01".to_owned(), "Ann Lee".to_owned());
        Self { url: url.into(), title: title.into(), text: text.into(), published, author }
    }
}

/// What the server does instead of answering.
#[derive(Debug, Clone)]
pub enum Misdeed {
    /// Answers with a status, and with headers.
    Status(u16, Vec<(&'static str, String)>),
    /// Answers with this content type and text.
    Says(&'static str, String),
    /// Never answers.
    Silent,
}

/// A request as the server got it.
#[derive(Debug, Clone)]
pub struct Asked {
    /// `GET` or `POST`.
    pub method: Method,
    /// Its path.
    pub path: String,
    /// What its query says.
    pub query: BTreeMap<String, String>,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, when that is JSON.
    pub body: Value,
}

impl Asked {
    /// A word of the query; empty when it is not there.
    #[must_use]
    pub fn word(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }
}

/// What an engine answers: a status, a content type and a text.
type Answer = (u16, &'static str, String);

#[derive(Debug, Default)]
struct Desk {
    pages: Vec<Page>,
    asked: Mutex<Vec<Asked>>,
    misdeed: Mutex<Option<Misdeed>>,
}

/// A running server; it ends with this value.
#[derive(Debug)]
pub struct SearchServer {
    host: String,
    desk: Arc<Desk>,
    _running: tokio::task::JoinSet<()>,
}

impl SearchServer {
    /// Starts a server on a free port of this machine.
    pub async fn start(pages: Vec<Page>) -> Self {
        let desk = Arc::new(Desk { pages, ..Desk::default() });
        let app = Router::new().fallback(serve).with_state(Arc::clone(&desk));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let host = listener.local_addr().expect("it is bound").to_string();
        let mut running = tokio::task::JoinSet::new();
        running.spawn(async move { axum::serve(listener, app).await.expect("it serves") });
        Self { host, desk, _running: running }
    }

    /// The address of an engine: `searxng` and the like.
    #[must_use]
    pub fn url(&self, engine: &str) -> String {
        format!("http://{}/{engine}", self.host)
    }

    /// From now on it does this instead.
    pub fn misbehave(&self, misdeed: Misdeed) {
        *lock(&self.desk.misdeed) = Some(misdeed);
    }

    /// From now on it answers again.
    pub fn behave(&self) {
        *lock(&self.desk.misdeed) = None;
    }

    /// What it was asked, in order.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        lock(&self.desk.asked).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no test panicked in it")
}

/// The pages in which each word stands that is no operator, in their order.
fn found<'a>(pages: &'a [Page], text: &str) -> Vec<&'a Page> {
    let text = text.to_lowercase();
    let words = text.split(|c: char| !(c.is_alphanumeric() || ":.-".contains(c)));
    let words: Vec<&str> =
        words.filter(|word| !word.is_empty() && !word.contains(':') && *word != "or").collect();
    let has = |page: &&Page| {
        let whole = format!("{} {}", page.title, page.text).to_lowercase();
        words.iter().all(|word| whole.contains(word))
    };
    pages.iter().filter(has).collect()
}

async fn serve(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, REQUEST_BYTES_MAX).await.unwrap_or_default();
    let query = head.uri.query().unwrap_or_default().as_bytes();
    let asked = Asked {
        method: head.method,
        path: head.uri.path().to_owned(),
        query: url::form_urlencoded::parse(query).into_owned().collect(),
        headers: head.headers,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    };
    lock(&desk.asked).push(asked.clone());
    let misdeed = lock(&desk.misdeed).clone();
    let (status, kind, text, more) = match misdeed {
        Some(Misdeed::Silent) => std::future::pending().await,
        Some(Misdeed::Status(status, more)) => (status, "text/plain", String::new(), more),
        Some(Misdeed::Says(kind, text)) => (200, kind, text, Vec::new()),
        None => {
            let (status, kind, text) = answer(&desk.pages, &asked);
            (status, kind, text, Vec::new())
        }
    };
    let status = StatusCode::from_u16(status).expect("a status of the script");
    let response = Response::builder().status(status).header(header::CONTENT_TYPE, kind);
    let response =
        more.into_iter().fold(response, |response, (name, value)| response.header(name, value));
    response.body(Body::from(text)).expect("the script is well formed")
}

fn answer(pages: &[Page], asked: &Asked) -> Answer {
    let engine = asked.path.split('/').nth(1).unwrap_or_default();
    match engine {
        "arxiv" => scholarly::arxiv(pages, asked),
        "brave" => brave::answer(pages, asked),
        "crossref" => scholarly::crossref(pages, asked),
        "feed" => site::feed(pages, asked),
        "mediawiki" => site::mediawiki(pages, asked),
        "searxng" => searxng::answer(pages, asked),
        "sitemap" => {
            let host = asked.headers.get(header::HOST).and_then(|host| host.to_str().ok());
            site::sitemap(pages, asked, host.unwrap_or_default())
        }
        "tavily" => tavily::answer(pages, asked),
        _ => (404, "text/plain", "no such engine".to_owned()),
    }
}

/// An answer of JSON.
fn json(value: &Value) -> Answer {
    (200, "application/json", value.to_string())
}
