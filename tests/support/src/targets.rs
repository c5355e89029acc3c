//! Publishing targets that cannot run here for real, as servers that speak their documented protocols
//! and are strict in what they take.

#![expect(clippy::indexing_slicing, reason = "in tests, a panic is the report")]

pub mod bluesky;
pub mod ghost;
pub mod indexnow;
pub mod mastodon;
pub mod webhook;

use axum::Json;
use std::collections::BTreeMap;

use axum::Router;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

/// A running server; it ends with this value.
#[derive(Debug)]
struct Serving {
    url: String,
    _running: tokio::task::JoinSet<()>,
}

async fn serve(app: Router) -> Serving {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let url = format!("http://{}/", listener.local_addr().expect("it is bound"));
    let mut running = tokio::task::JoinSet::new();
    running.spawn(async move { axum::serve(listener, app).await.expect("it serves") });
    Serving { url, _running: running }
}

fn answer(status: u16, body: Value) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    (status, Json(body)).into_response()
}

fn refuse(status: u16, why: &str) -> Response {
    answer(status, json!({ "error": why }))
}

/// The parameters of an address.
fn query(uri: &Uri) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect()
}

/// A header as text.
fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn is_bearer(headers: &HeaderMap, token: &str) -> bool {
    header(headers, "authorization") == format!("Bearer {token}")
}

/// Seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "a server compares with the real time")]
fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH);
    since.expect("it is after 1970").as_secs()
}
