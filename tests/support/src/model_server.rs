//! A model server that follows a script: OpenAI chat completions, responses and embeddings, Anthropic
//! messages, and Ollama's chat and embeddings; streamed, with tool calls, usage, and every fault that
//! a real one shows.
//!
//! It is for tests of whoever speaks to model servers, so it sends all that the real ones send, also
//! what Galley does not read: official clients understand it too.

#![expect(
    clippy::indexing_slicing,
    reason = "JSON that was built here has the fields it was given"
)]

mod anthropic;
mod obedient;
mod ollama;
mod openai;
mod responses;
mod smallest;
mod wire;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

pub use obedient::Obedient;
pub use smallest::smallest;
use wire::Said;

/// What the server does with one call.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Says this text, streamed in small pieces.
    Text(String),
    /// Says this value as JSON, streamed in small pieces.
    Json(Value),
    /// Says the smallest value that meets the schema that was asked for; `text` for plain calls.
    BySchema,
    /// Calls these tools with these inputs, streamed in small pieces.
    Calls(Vec<(String, Value)>),
    /// Says this text and stops there because it is as long as it may be.
    Cut(String),
    /// Says this text; so many of the 100 tokens read came from the cache.
    Cached(String, u64),
    /// Says this text, and nothing of what it used.
    Untold(String),
    /// Says this text in one plain JSON reply, as a server that does not stream.
    Plain(String),
    /// Says this text to its end, and keeps the connection open.
    KeptOpen(String),
    /// Refuses a request that has this field, and names it; else says this text.
    Picky(&'static str, String),
    /// Refuses a request whose key does not end so; else says this text.
    Locked(&'static str, String),
    /// Answers with an error status, and `Retry-After` in seconds.
    Status(u16, Option<u32>),
    /// Answers with an error status, these headers, and this body.
    Fault(u16, Vec<(&'static str, String)>, Value),
    /// Begins a stream and breaks the connection.
    HalfStream(String),
    /// Begins a stream and says in it that it is overloaded.
    Overloaded(String),
    /// Begins a stream and falls silent for ever.
    Silent(String),
    /// Answers 200 with a body that is not JSON.
    Garbage,
    /// Answers 200 with this media type and this body, in pieces of seven bytes: a recorded reply.
    Recorded(&'static str, String),
    /// Does what it reads, in OpenAI's chat completions.
    Obeys(Obedient),
    /// Declines.
    Refusal(String),
    /// Never answers.
    Never,
}

/// A call that the server got.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The path.
    pub path: String,
    /// The body.
    pub body: Value,
    /// The `authorization` or `x-api-key` header.
    pub key: Option<String>,
}

#[derive(Debug)]
struct Script {
    answers: VecDeque<Answer>,
    otherwise: Answer,
    asked: Vec<Asked>,
    answered: usize,
}

#[derive(Debug)]
struct Desk {
    script: Mutex<Script>,
    /// One place for each call that may be answered.
    gate: Semaphore,
    /// How many calls wait for one.
    held: AtomicUsize,
    /// How many calls were answered as somebody wanted who had no right to.
    obeyed: AtomicUsize,
}

type Shared = Arc<Desk>;

/// A running server; it ends with this value.
#[derive(Debug)]
pub struct ModelServer {
    url: String,
    script: Shared,
    _running: tokio::task::JoinSet<()>,
}

impl ModelServer {
    /// Starts a server on a free port: first these answers, one a call, then `otherwise` for ever.
    pub async fn start(answers: impl IntoIterator<Item = Answer>, otherwise: Answer) -> Self {
        Self::start_with(answers, otherwise, Semaphore::MAX_PERMITS).await
    }

    /// Starts a server that answers only as many calls as [`ModelServer::allow`] says and holds the
    /// others: so a test can end a process at a known point.
    pub async fn gated(otherwise: Answer) -> Self {
        Self::start_with([], otherwise, 0).await
    }

    async fn start_with(
        answers: impl IntoIterator<Item = Answer>,
        otherwise: Answer,
        open: usize,
    ) -> Self {
        let script = Mutex::new(Script {
            answers: answers.into_iter().collect(),
            otherwise,
            asked: Vec::new(),
            answered: 0,
        });
        let script: Shared = Arc::new(Desk {
            script,
            gate: Semaphore::new(open),
            held: AtomicUsize::new(0),
            obeyed: AtomicUsize::new(0),
        });
        let app = Router::new()
            .route("/v1/chat/completions", post(answer))
            .route("/v1/responses", post(answer))
            .route("/v1/messages", post(answer))
            .route("/v1/embeddings", post(answer))
            .route("/v1/models", get(models))
            .route("/api/chat", post(answer))
            .route("/api/embed", post(answer))
            .route("/api/tags", get(tags))
            .with_state(Arc::clone(&script));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("http://{}/v1", listener.local_addr().expect("it is bound"));
        let mut running = tokio::task::JoinSet::new();
        running.spawn(async move { axum::serve(listener, app).await.expect("it serves") });
        Self { url, script, _running: running }
    }

    /// Its address, with the version.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its address without a folder: what Ollama's clients are given.
    #[must_use]
    pub fn root(&self) -> &str {
        self.url.trim_end_matches("/v1")
    }

    /// The calls that it got so far, in order.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.script.script.lock().expect("no test panicked in it").asked.clone()
    }

    /// How many calls it answered so far.
    #[must_use]
    pub fn answered(&self) -> usize {
        self.script.script.lock().expect("no test panicked in it").answered
    }

    /// How many calls an obedient model answered as an order wanted that reached it.
    #[must_use]
    pub fn obeyed(&self) -> usize {
        self.script.obeyed.load(Ordering::SeqCst)
    }

    /// How many calls a gated server holds now.
    #[must_use]
    pub fn held(&self) -> usize {
        self.script.held.load(Ordering::SeqCst)
    }

    /// Lets a gated server answer so many calls more.
    pub fn allow(&self, calls: usize) {
        self.script.gate.add_permits(calls);
    }
}

async fn next(desk: &Shared, uri: &Uri, headers: &HeaderMap, body: &Value) -> Answer {
    note(desk, uri, headers, body);
    {
        // A caller that goes away while it waits here takes no place.
        let _held = Held::new(desk);
        desk.gate.acquire().await.expect("it is never closed").forget();
    }
    let mut script = desk.script.lock().expect("no test panicked in it");
    script.answered += 1;
    script.answers.pop_front().unwrap_or_else(|| script.otherwise.clone())
}

/// A call that waits at the gate; counted until it goes on or its caller goes away.
struct Held<'a>(&'a Desk);

impl<'a> Held<'a> {
    fn new(desk: &'a Desk) -> Self {
        desk.held.fetch_add(1, Ordering::SeqCst);
        Self(desk)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.held.fetch_sub(1, Ordering::SeqCst);
    }
}

fn note(desk: &Shared, uri: &Uri, headers: &HeaderMap, body: &Value) {
    let mut script = desk.script.lock().expect("no test panicked in it");
    let (path, body) = (uri.path().to_owned(), body.clone());
    script.asked.push(Asked { path, body, key: key(headers) });
}

/// What the server does with this very request.
fn judged(answer: Answer, desk: &Desk, headers: &HeaderMap, body: &Value) -> Answer {
    let refusal = |status, message: String| {
        Answer::Fault(status, Vec::new(), json!({ "error": { "message": message } }))
    };
    if let Answer::Picky(field, text) = answer {
        return match body.get(field) {
            Some(_) => refusal(400, format!("Unsupported parameter: '{field}'")),
            None => Answer::Text(text),
        };
    }
    if let Answer::Obeys(obedient) = answer {
        let (answer, heard) = obedient.answer(body);
        desk.obeyed.fetch_add(usize::from(heard), Ordering::SeqCst);
        return answer;
    }
    if let Answer::Locked(end, text) = answer {
        return match key(headers).filter(|key| key.ends_with(end)) {
            Some(_) => Answer::Text(text),
            None => refusal(401, "wrong key".to_owned()),
        };
    }
    answer
}

fn key(headers: &HeaderMap) -> Option<String> {
    let key = headers.get("authorization").or_else(|| headers.get("x-api-key"));
    key.and_then(|value| value.to_str().ok()).map(str::to_owned)
}

async fn answer(
    State(script): State<Shared>,
    uri: Uri,
    headers: HeaderMap,
    axum::Json(body): axum::Json<Value>,
) -> Response {
    let answer = judged(next(&script, &uri, &headers, &body).await, &script, &headers, &body);
    if let Some(response) = wire::common(&answer).await {
        return response;
    }
    let path = uri.path();
    match path {
        "/v1/embeddings" => openai::vectors(&body),
        "/api/embed" => ollama::vectors(&body),
        "/v1/responses" => responses::reply(&Said::of(&answer, responses::schema(&body)), &body),
        "/v1/messages" => anthropic::reply(&Said::of(&answer, anthropic::schema(&body)), &body),
        "/api/chat" => ollama::reply(&Said::of(&answer, body.get("format")), &body),
        _ => openai::reply(&Said::of(&answer, openai::schema(&body)), &body),
    }
}

async fn models() -> Response {
    let listed = json!({ "id": "scripted", "object": "model", "created": 0, "owned_by": "tests" });
    wire::plain(200, json!({ "object": "list", "data": [listed] }).to_string())
}

async fn tags() -> Response {
    let listed = json!({ "name": "scripted:latest", "model": "scripted:latest", "size": 1 });
    wire::plain(200, json!({ "models": [listed] }).to_string())
}
