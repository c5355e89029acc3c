//! A receiver of signed messages, as Standard Webhooks tells.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{Serving, answer, header, now, refuse, serve};

/// The secret that it shares with the sender.
pub const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// Furthest that the sender's clock may be away, in seconds.
const CLOCKS: u64 = 300;

#[derive(Debug, Default)]
struct Kept {
    /// Messages by their id, each with how often it came.
    messages: BTreeMap<String, (u32, Value)>,
}

type Shared = Arc<Mutex<Kept>>;

/// A running one; it ends with this value.
#[derive(Debug)]
pub struct Webhook {
    serving: Serving,
    kept: Shared,
}

impl Webhook {
    /// Starts one on a free port of this machine.
    pub async fn start() -> Self {
        let kept = Shared::default();
        let app = Router::new()
            .route("/hook", post(take))
            .route("/status/{id}", get(status))
            .with_state(Arc::clone(&kept));
        Self { serving: serve(app).await, kept }
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.serving.url
    }

    /// Every message, with how often it came.
    #[must_use]
    pub fn messages(&self) -> Vec<(u32, Value)> {
        lock(&self.kept).messages.values().cloned().collect()
    }
}

fn lock(kept: &Shared) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a message is signed, and lately.
fn is_signed(headers: &HeaderMap, body: &[u8]) -> bool {
    let (id, timestamp) = (header(headers, "webhook-id"), header(headers, "webhook-timestamp"));
    let lately = timestamp.parse::<u64>().is_ok_and(|time| time.abs_diff(now()) <= CLOCKS);
    let key = STANDARD.decode(SECRET.trim_start_matches("whsec_")).expect("it is base64");
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("any length fits");
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    let signature = header(headers, "webhook-signature").strip_prefix("v1,").unwrap_or_default();
    let signature = STANDARD.decode(signature).unwrap_or_default();
    lately && id.starts_with("msg_") && mac.verify_slice(&signature).is_ok()
}

async fn take(State(kept): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    if !is_signed(&headers, &body) {
        return refuse(401, "the signature does not fit");
    }
    let Ok(message) = serde_json::from_slice::<Value>(&body) else {
        return refuse(400, "not JSON");
    };
    let id = header(&headers, "webhook-id").to_owned();
    let mut kept = lock(&kept);
    kept.messages.entry(id).or_insert((0, message)).0 += 1;
    answer(200, json!({ "url": "https://receiver.example/posts/1", "id": "1" }))
}

async fn status(
    State(kept): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    if !is_signed(&headers, b"") || header(&headers, "webhook-id") != id {
        return refuse(401, "the signature does not fit");
    }
    if lock(&kept).messages.contains_key(&id) {
        return answer(200, json!({ "url": "https://receiver.example/posts/1", "id": "1" }));
    }
    refuse(404, "no such message")
}
