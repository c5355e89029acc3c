//! A Mastodon, as its API documentation tells: instance, own account, statuses.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Value, json};
use unicode_segmentation::UnicodeSegmentation as _;

use super::{Serving, answer, header, is_bearer, query, refuse, serve};

/// The access token that it takes.
pub const TOKEN: &str = "mastodon-access-token";
/// What a status may have, an address counting for 23.
const CHARACTERS: usize = 500;
const PER_URL: usize = 23;

#[derive(Debug, Default)]
struct Kept {
    made: u64,
    statuses: Vec<Value>,
    keys: BTreeMap<String, Value>,
}

type Shared = Arc<Mutex<Kept>>;

/// A running one; it ends with this value.
#[derive(Debug)]
pub struct Mastodon {
    serving: Serving,
    kept: Shared,
}

impl Mastodon {
    /// Starts one on a free port of this machine.
    pub async fn start() -> Self {
        let kept = Shared::default();
        let app = Router::new()
            .route("/api/v2/instance", get(instance))
            .route("/api/v1/accounts/verify_credentials", get(account))
            .route("/api/v1/accounts/1/statuses", get(statuses))
            .route("/api/v1/statuses", post(create))
            .route("/api/v1/statuses/{id}", get(read).delete(remove))
            .with_state(Arc::clone(&kept));
        Self { serving: serve(app).await, kept }
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.serving.url
    }

    /// The text of every status that stands, oldest first.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        let kept = lock(&self.kept);
        kept.statuses
            .iter()
            .map(|status| status["text"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// Forgets every `Idempotency-Key`, as a Mastodon does after an hour.
    pub fn forget_keys(&self) {
        lock(&self.kept).keys.clear();
    }
}

fn lock(kept: &Shared) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn instance() -> Response {
    answer(
        200,
        json!({ "configuration": { "statuses": {
        "max_characters": CHARACTERS, "characters_reserved_per_url": PER_URL } } }),
    )
}

async fn account(headers: HeaderMap) -> Response {
    if is_bearer(&headers, TOKEN) {
        answer(200, json!({ "id": "1" }))
    } else {
        refuse(401, "The access token is invalid")
    }
}

async fn statuses(State(kept): State<Shared>, uri: Uri, headers: HeaderMap) -> Response {
    let query = query(&uri);
    if !is_bearer(&headers, TOKEN) {
        return refuse(401, "The access token is invalid");
    }
    let limit = query.get("limit").and_then(|limit| limit.parse().ok()).unwrap_or(20).min(40);
    let before = query.get("max_id").and_then(|id| id.parse::<u64>().ok()).unwrap_or(u64::MAX);
    let id = |status: &Value| {
        status["id"].as_str().and_then(|id| id.parse::<u64>().ok()).unwrap_or_default()
    };
    let kept = lock(&kept);
    let newest: Vec<&Value> =
        kept.statuses.iter().rev().filter(|status| id(status) < before).take(limit).collect();
    answer(200, json!(newest))
}

async fn create(
    State(kept): State<Shared>,
    headers: HeaderMap,
    body: axum::Json<Value>,
) -> Response {
    if !is_bearer(&headers, TOKEN) {
        return refuse(401, "The access token is invalid");
    }
    let text = body["status"].as_str().unwrap_or_default();
    let counts =
        |word: &str| if word.starts_with("http") { PER_URL } else { word.graphemes(true).count() };
    let long: usize = text
        .split_inclusive(char::is_whitespace)
        .map(|word| {
            let bare = word.trim_end();
            counts(bare) + (word.graphemes(true).count() - bare.graphemes(true).count())
        })
        .sum();
    if text.is_empty() || long > CHARACTERS {
        return refuse(422, "Validation failed: Text character limit of 500 exceeded");
    }
    if !matches!(body["visibility"].as_str(), Some("public" | "unlisted" | "private" | "direct")) {
        return refuse(422, "Validation failed: Visibility is not included in the list");
    }
    let key = header(&headers, "idempotency-key").to_owned();
    let mut kept = lock(&kept);
    if let Some(before) = kept.keys.get(&key).filter(|_| !key.is_empty()) {
        return answer(200, before.clone());
    }
    kept.made += 1;
    let id = kept.made.to_string();
    let link = text.split_whitespace().find(|word| word.starts_with("http")).unwrap_or_default();
    let status = json!({
        "id": id, "url": format!("https://mastodon.example/@galley/{id}"), "text": text,
        "created_at": "2999-01-01T00:00:00.000Z",
        "content": format!("<p><a href=\"{link}\" rel=\"nofollow noopener\">{link}</a></p>"),
    });
    kept.statuses.push(status.clone());
    kept.keys.insert(key, status.clone());
    answer(200, status)
}

async fn read(State(kept): State<Shared>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    if !is_bearer(&headers, TOKEN) {
        return refuse(401, "The access token is invalid");
    }
    let kept = lock(&kept);
    let found = kept.statuses.iter().find(|status| status["id"] == json!(id));
    found.map_or_else(|| refuse(404, "Record not found"), |status| answer(200, status.clone()))
}

async fn remove(
    State(kept): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    if !is_bearer(&headers, TOKEN) {
        return refuse(401, "The access token is invalid");
    }
    let mut kept = lock(&kept);
    let before = kept.statuses.len();
    kept.statuses.retain(|status| status["id"] != json!(id));
    if kept.statuses.len() < before {
        answer(200, json!({ "id": id }))
    } else {
        refuse(404, "Record not found")
    }
}
