//! A model server that follows a script: OpenAI chat completions and embeddings, and Anthropic
//! messages, streamed, with every fault a real one shows.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::Response;
use axum::routing::{get, post};
use bytes::Bytes;
use futures::stream;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

/// What the server does with one call.
#[derive(Debug, Clone)]
pub enum Answer {
    /// Says this text, streamed in small pieces.
    Text(String),
    /// Says this value as JSON, streamed in small pieces.
    Json(Value),
    /// Says the smallest value that meets the schema that was asked for; `text` for plain calls.
    BySchema,
    /// Says this text in one plain JSON reply, as a server that does not stream.
    Plain(String),
    /// Answers with an error status, and `Retry-After` in seconds.
    Status(u16, Option<u32>),
    /// Begins a stream and breaks the connection.
    HalfStream(String),
    /// Answers 200 with a body that is not JSON.
    Garbage,
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
        let script: Shared =
            Arc::new(Desk { script, gate: Semaphore::new(open), held: AtomicUsize::new(0) });
        let app = Router::new()
            .route("/v1/chat/completions", post(openai))
            .route("/v1/messages", post(anthropic))
            .route("/v1/embeddings", post(embeddings))
            .route("/v1/models", get(models))
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

async fn next(desk: &Shared, uri: &Uri, headers: &axum::http::HeaderMap, body: &Value) -> Answer {
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

fn note(desk: &Shared, uri: &Uri, headers: &axum::http::HeaderMap, body: &Value) {
    let mut script = desk.script.lock().expect("no test panicked in it");
    let key = headers.get("authorization").or_else(|| headers.get("x-api-key"));
    script.asked.push(Asked {
        path: uri.path().to_owned(),
        body: body.clone(),
        key: key.and_then(|value| value.to_str().ok()).map(str::to_owned),
    });
}

/// The smallest value that meets a schema, as far as our prompts use schemas.
#[must_use]
pub fn smallest(schema: &Value, root: &Value) -> Value {
    if let Some(path) = schema.get("$ref").and_then(Value::as_str) {
        let target = root.pointer(path.trim_start_matches('#')).unwrap_or(&Value::Null);
        return smallest(target, root);
    }
    for one_of in ["anyOf", "oneOf"] {
        if let Some(first) = schema.get(one_of).and_then(|list| list.get(0)) {
            return smallest(first, root);
        }
    }
    if let Some(value) = schema.get("const") {
        return value.clone();
    }
    if let Some(value) = schema.get("enum").and_then(|list| list.get(0)) {
        return value.clone();
    }
    let kind = schema.get("type").and_then(|kind| kind.as_str().or_else(|| kind.get(0)?.as_str()));
    match kind {
        Some("object") => {
            let properties = schema.get("properties").and_then(Value::as_object);
            let fields = properties.into_iter().flatten();
            Value::Object(fields.map(|(k, v)| (k.clone(), smallest(v, root))).collect())
        }
        Some("array") => {
            let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0).min(8);
            let item = schema.get("items").unwrap_or(&Value::Null);
            Value::Array((0..least).map(|_| smallest(item, root)).collect())
        }
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(0)),
        Some("boolean") => json!(false),
        Some(_) | None => json!("text"),
    }
}

fn said(answer: &Answer, schema: Option<&Value>) -> Option<String> {
    match answer {
        Answer::Text(text) | Answer::Plain(text) | Answer::HalfStream(text) => Some(text.clone()),
        Answer::Json(value) => Some(value.to_string()),
        Answer::BySchema => Some(
            schema.map_or_else(|| "text".to_owned(), |schema| smallest(schema, schema).to_string()),
        ),
        Answer::Status(..) | Answer::Garbage | Answer::Refusal(_) | Answer::Never => None,
    }
}

fn plain(status: u16, body: impl Into<Body>) -> Response {
    Response::builder()
        .status(StatusCode::from_u16(status).expect("a status of the script"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(body.into())
        .expect("it is well formed")
}

/// How a stream ends.
enum End {
    /// With OpenAI's closing mark.
    Marked,
    /// With its last event.
    Plain,
    /// With an error, which cuts the connection.
    Broken,
}

/// A stream of server-sent events.
fn streamed(events: &[Value], end: &End) -> Response {
    let mut pieces: Vec<Result<Bytes, std::io::Error>> =
        events.iter().map(|event| Ok(Bytes::from(format!("data: {event}\n\n")))).collect();
    match end {
        End::Marked => pieces.push(Ok(Bytes::from_static(b"data: [DONE]\n\n"))),
        End::Plain => {}
        End::Broken => pieces.push(Err(std::io::Error::other("the script breaks the stream"))),
    }
    Response::builder()
        .header(header::CONTENT_TYPE, "text/event-stream")
        .body(Body::from_stream(stream::iter(pieces)))
        .expect("it is well formed")
}

fn pieces(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(7).map(|piece| piece.iter().collect()).collect()
}

/// The answers that are the same in every protocol.
async fn common(answer: &Answer) -> Option<Response> {
    match answer {
        Answer::Status(status, after) => {
            let body = json!({ "error": { "message": format!("scripted {status}") } });
            let mut response = plain(*status, body.to_string());
            if let Some(after) = after {
                response.headers_mut().insert(header::RETRY_AFTER, (*after).into());
            }
            Some(response)
        }
        Answer::Garbage => Some(plain(200, "<html>not what you asked for</html>")),
        Answer::Never => {
            std::future::pending::<Infallible>().await;
            None
        }
        Answer::Text(_)
        | Answer::Json(_)
        | Answer::BySchema
        | Answer::Plain(_)
        | Answer::HalfStream(_)
        | Answer::Refusal(_) => None,
    }
}

async fn openai(
    State(script): State<Shared>,
    uri: Uri,
    headers: axum::http::HeaderMap,
    axum::Json(body): axum::Json<Value>,
) -> Response {
    let answer = next(&script, &uri, &headers, &body).await;
    if let Some(response) = common(&answer).await {
        return response;
    }
    let usage = json!({ "prompt_tokens": 100, "completion_tokens": 20 });
    if let Answer::Refusal(reason) = &answer {
        let refusal = json!({ "model": "scripted", "usage": usage, "choices": [{ "index": 0, "delta": { "refusal": reason }, "finish_reason": "stop" }] });
        return streamed(&[refusal], &End::Marked);
    }
    let text = said(&answer, body.pointer("/response_format/json_schema/schema"));
    let text = text.unwrap_or_default();
    if matches!(answer, Answer::Plain(_)) {
        let reply = json!({ "model": "scripted", "usage": usage, "choices": [{ "index": 0, "message": { "role": "assistant", "content": text }, "finish_reason": "stop" }] });
        return plain(200, reply.to_string());
    }
    let mut events: Vec<Value> = pieces(&text)
        .into_iter()
        .map(|piece| json!({ "model": "scripted", "choices": [{ "index": 0, "delta": { "content": piece } }] }))
        .collect();
    if matches!(answer, Answer::HalfStream(_)) {
        return streamed(&events, &End::Broken);
    }
    events.push(json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] }));
    events.push(json!({ "choices": [], "usage": usage }));
    streamed(&events, &End::Marked)
}

async fn anthropic(
    State(script): State<Shared>,
    uri: Uri,
    headers: axum::http::HeaderMap,
    axum::Json(body): axum::Json<Value>,
) -> Response {
    let answer = next(&script, &uri, &headers, &body).await;
    if let Some(response) = common(&answer).await {
        return response;
    }
    let mut events = vec![
        json!({ "type": "message_start", "message": { "model": "scripted", "usage": { "input_tokens": 100, "output_tokens": 1 } } }),
    ];
    let stop = |reason: &str| json!({ "type": "message_delta", "delta": { "stop_reason": reason }, "usage": { "output_tokens": 20 } });
    if let Answer::Refusal(_) = &answer {
        events.push(stop("refusal"));
        return streamed(&events, &End::Plain);
    }
    let schema = body.pointer("/tools/0/input_schema");
    let text = said(&answer, schema).unwrap_or_default();
    let field = if schema.is_some() { "partial_json" } else { "text" };
    events.extend(pieces(&text).into_iter().map(
        |piece| json!({ "type": "content_block_delta", "index": 0, "delta": { field: piece } }),
    ));
    if matches!(answer, Answer::HalfStream(_)) {
        return streamed(&events, &End::Broken);
    }
    events.push(stop("end_turn"));
    events.push(json!({ "type": "message_stop" }));
    streamed(&events, &End::Plain)
}

async fn models() -> Response {
    plain(200, json!({ "object": "list", "data": [{ "id": "scripted" }] }).to_string())
}

async fn embeddings(
    State(script): State<Shared>,
    uri: Uri,
    headers: axum::http::HeaderMap,
    axum::Json(body): axum::Json<Value>,
) -> Response {
    let answer = next(&script, &uri, &headers, &body).await;
    if let Some(response) = common(&answer).await {
        return response;
    }
    let texts = body.get("input").and_then(Value::as_array).cloned().unwrap_or_default();
    let data: Vec<Value> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| {
            let length = text.as_str().unwrap_or_default().len();
            json!({ "index": index, "embedding": [1.0, length] })
        })
        .collect();
    plain(200, json!({ "data": data }).to_string())
}
