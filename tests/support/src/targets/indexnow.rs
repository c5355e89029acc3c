//! A search engine that takes part in IndexNow.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use serde_json::{Value, json};

use super::{Serving, answer, refuse, serve};

/// The key that the pages' host is said to serve.
pub const KEY: &str = "0f1e2d3c4b5a6978";

type Told = Arc<Mutex<Vec<String>>>;

/// A running one; it ends with this value.
#[derive(Debug)]
pub struct IndexNow {
    serving: Serving,
    told: Told,
}

impl IndexNow {
    /// Starts one on a free port of this machine.
    pub async fn start() -> Self {
        let told = Told::default();
        let app = Router::new().route("/indexnow", post(tell)).with_state(Arc::clone(&told));
        Self { serving: serve(app).await, told }
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.serving.url
    }

    /// Every address that it was told, each once.
    #[must_use]
    pub fn told(&self) -> Vec<String> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn tell(State(told): State<Told>, body: axum::Json<Value>) -> Response {
    let host = body["host"].as_str().unwrap_or_default();
    if body["key"] != json!(KEY) {
        return refuse(403, "the key is not valid");
    }
    let urls = body["urlList"].as_array().cloned().unwrap_or_default();
    let on_host = |url: &Value| {
        let url = url::Url::parse(url.as_str().unwrap_or_default());
        url.is_ok_and(|url| url.host_str() == Some(host))
    };
    if urls.is_empty() || urls.len() > 10_000 || !urls.iter().all(on_host) {
        return refuse(422, "the addresses are not the host's");
    }
    let location = body["keyLocation"].as_str().unwrap_or_default();
    if !on_host(&json!(location)) {
        return refuse(422, "the key is not the host's");
    }
    let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
    for url in urls.iter().filter_map(Value::as_str) {
        if !told.iter().any(|known| known == url) {
            told.push(url.to_owned());
        }
    }
    answer(202, json!({}))
}
