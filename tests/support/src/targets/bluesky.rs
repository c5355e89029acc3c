//! A personal data server, as the AT protocol's documents tell: sessions, blobs, records of posts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Value, json};
use unicode_segmentation::UnicodeSegmentation as _;

use super::{Serving, answer, header, is_bearer, query, serve};

/// The account, and the app password that it takes.
pub const HANDLE: &str = "news.example.org";
/// See [`HANDLE`].
pub const PASSWORD: &str = "abcd-efgh-ijkl-mnop";
const DID: &str = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa";
const JWT: &str = "an.access.token";

type Records = Arc<Mutex<BTreeMap<String, Value>>>;

/// A running one; it ends with this value.
#[derive(Debug)]
pub struct Bluesky {
    serving: Serving,
    records: Records,
}

impl Bluesky {
    /// Starts one on a free port of this machine.
    pub async fn start() -> Self {
        let records = Records::default();
        let app = Router::new()
            .route("/xrpc/com.atproto.server.createSession", post(session))
            .route("/xrpc/com.atproto.repo.uploadBlob", post(blob))
            .route("/xrpc/com.atproto.repo.getRecord", get(read))
            .route("/xrpc/com.atproto.repo.putRecord", post(put))
            .route("/xrpc/com.atproto.repo.deleteRecord", post(remove))
            .with_state(Arc::clone(&records));
        Self { serving: serve(app).await, records }
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.serving.url
    }

    /// Every record that stands.
    #[must_use]
    pub fn records(&self) -> Vec<Value> {
        lock(&self.records).values().cloned().collect()
    }
}

fn lock(records: &Records) -> MutexGuard<'_, BTreeMap<String, Value>> {
    records.lock().unwrap_or_else(PoisonError::into_inner)
}

fn error(status: u16, name: &str, message: &str) -> Response {
    answer(status, json!({ "error": name, "message": message }))
}

async fn session(body: axum::Json<Value>) -> Response {
    if body["identifier"] == json!(HANDLE) && body["password"] == json!(PASSWORD) {
        return answer(
            200,
            json!({ "did": DID, "handle": HANDLE, "accessJwt": JWT, "refreshJwt": "r" }),
        );
    }
    error(401, "AuthenticationRequired", "Invalid identifier or password")
}

async fn blob(headers: HeaderMap, body: Bytes) -> Response {
    if !is_bearer(&headers, JWT) {
        return error(401, "AuthMissing", "Authentication Required");
    }
    let mime = header(&headers, "content-type");
    answer(
        200,
        json!({ "blob": { "$type": "blob", "ref": { "$link": "bafkrei" }, "mimeType": mime, "size": body.len() } }),
    )
}

async fn read(State(records): State<Records>, uri: Uri) -> Response {
    let query = query(&uri);
    let key = query.get("rkey").cloned().unwrap_or_default();
    match lock(&records).get(&key) {
        Some(record) => answer(200, json!({ "uri": at_uri(&key), "value": record })),
        None => error(400, "RecordNotFound", &format!("Could not locate record: {}", at_uri(&key))),
    }
}

fn at_uri(key: &str) -> String {
    format!("at://{DID}/app.bsky.feed.post/{key}")
}

async fn put(
    State(records): State<Records>,
    headers: HeaderMap,
    body: axum::Json<Value>,
) -> Response {
    if !is_bearer(&headers, JWT) {
        return error(401, "AuthMissing", "Authentication Required");
    }
    let key = body["rkey"].as_str().unwrap_or_default();
    let alphabet = "234567abcdefghijklmnopqrstuvwxyz";
    let is_tid = key.len() == 13
        && key.chars().all(|c| alphabet.contains(c))
        && key.starts_with(|c| "234567abcdefghij".contains(c));
    if body["repo"] != json!(DID) || body["collection"] != json!("app.bsky.feed.post") || !is_tid {
        return error(400, "InvalidRequest", "Invalid record key or repository");
    }
    if let Err(why) = check(&body["record"]) {
        return error(400, "InvalidRecord", &why);
    }
    lock(&records).insert(key.to_owned(), body["record"].clone());
    answer(200, json!({ "uri": at_uri(key), "cid": "bafyrei" }))
}

/// What the lexicon of posts asks for.
fn check(record: &Value) -> Result<(), String> {
    let text = record["text"].as_str().ok_or("Record must have the property \"text\"")?;
    if text.graphemes(true).count() > 300 || text.len() > 3_000 {
        return Err("Record/text must not be longer than 300 graphemes".to_owned());
    }
    let date = record["createdAt"].as_str().unwrap_or_default();
    if date.len() < 20 || !date.ends_with('Z') || date.as_bytes()[10] != b'T' {
        return Err("Record/createdAt must be an valid atproto datetime".to_owned());
    }
    for facet in record["facets"].as_array().into_iter().flatten() {
        let place =
            |name: &str| facet["index"][name].as_u64().and_then(|n| usize::try_from(n).ok());
        let range = place("byteStart").zip(place("byteEnd"));
        let covered = range.and_then(|(start, end)| text.get(start..end));
        if covered.is_none_or(str::is_empty) {
            return Err(format!("a facet is not a place in the text: {facet}"));
        }
    }
    let external = &record["embed"]["external"];
    let has = |name: &str| external[name].is_string();
    if external.is_object() && ["uri", "title", "description"].into_iter().any(|name| !has(name)) {
        return Err("an external card needs uri, title and description".to_owned());
    }
    if external["thumb"]["size"].as_u64().unwrap_or_default() > 1_000_000 {
        return Err("the thumb of a card is too large".to_owned());
    }
    Ok(())
}

async fn remove(
    State(records): State<Records>,
    headers: HeaderMap,
    body: axum::Json<Value>,
) -> Response {
    if !is_bearer(&headers, JWT) {
        return error(401, "AuthMissing", "Authentication Required");
    }
    lock(&records).remove(body["rkey"].as_str().unwrap_or_default());
    answer(200, json!({}))
}
