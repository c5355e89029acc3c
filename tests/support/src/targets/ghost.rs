//! A Ghost, as its Admin API's documents tell: tokens, posts with their collisions, pictures.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{Serving, answer, header, now, query, serve};

/// The key of its integration.
pub const KEY: &str = "6489d1e2f3a4b5c6d7e8f901:00112233445566778899aabbccddeeff";

#[derive(Debug, Default)]
struct Kept {
    posts: Vec<Value>,
    pictures: usize,
    changes: u64,
    /// Changes by somebody else that come before the next one.
    meanwhile: u32,
}

type Shared = Arc<Mutex<Kept>>;

/// A running one; it ends with this value.
#[derive(Debug)]
pub struct Ghost {
    serving: Serving,
    kept: Shared,
}

impl Ghost {
    /// Starts one on a free port of this machine.
    pub async fn start() -> Self {
        let kept = Shared::default();
        let app = Router::new()
            .route("/ghost/api/admin/posts/", get(browse).post(add))
            .route("/ghost/api/admin/posts/{id}/", get(read).put(edit).delete(remove))
            .route("/ghost/api/admin/images/upload/", post(upload))
            .with_state(Arc::clone(&kept));
        Self { serving: serve(app).await, kept }
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.serving.url
    }

    /// Every post.
    #[must_use]
    pub fn posts(&self) -> Vec<Value> {
        lock(&self.kept).posts.clone()
    }

    /// How many pictures were uploaded.
    #[must_use]
    pub fn pictures(&self) -> usize {
        lock(&self.kept).pictures
    }

    /// Has somebody else change every post before each of the next changes.
    pub fn change_meanwhile(&self, times: u32) {
        lock(&self.kept).meanwhile = times;
    }
}

fn lock(kept: &Shared) -> MutexGuard<'_, Kept> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

fn error(status: u16, kind: &str, message: &str) -> Response {
    answer(status, json!({ "errors": [{ "type": kind, "message": message }] }))
}

fn unauthorised() -> Response {
    error(401, "UnauthorizedError", "Invalid token")
}

/// Whether a token is signed with the key, for this interface, and holds for at most five minutes.
fn admits(headers: &HeaderMap) -> bool {
    token(headers).is_some_and(|(head, claims)| {
        let time = |name: &str| claims[name].as_u64().unwrap_or_default();
        let (from, to) = (time("iat"), time("exp"));
        let holds = from <= now() + 5 && to > now() && to - from <= 300;
        let id = KEY.split(':').next();
        holds && head["kid"].as_str() == id && head["alg"] == "HS256" && claims["aud"] == "/admin/"
    })
}

/// Head and claims of a token that is signed with the key.
fn token(headers: &HeaderMap) -> Option<(Value, Value)> {
    let (_, secret) = KEY.split_once(':')?;
    let secret = (0..secret.len()).step_by(2).map(|at| u8::from_str_radix(&secret[at..at + 2], 16));
    let secret: Vec<u8> = secret.collect::<Result<_, _>>().ok()?;
    let (signed, signature) =
        header(headers, "authorization").strip_prefix("Ghost ")?.rsplit_once('.')?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&secret).ok()?;
    mac.update(signed.as_bytes());
    mac.verify_slice(&URL_SAFE_NO_PAD.decode(signature).ok()?).ok()?;
    let part = |part: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
    let (head, claims) = signed.split_once('.')?;
    part(head).zip(part(claims))
}

async fn browse(State(kept): State<Shared>, uri: Uri, headers: HeaderMap) -> Response {
    let query = query(&uri);
    if !admits(&headers) {
        return unauthorised();
    }
    let filter = query.get("filter").map(String::as_str).unwrap_or_default();
    let wanted =
        filter.strip_prefix("codeinjection_foot:~'").and_then(|text| text.strip_suffix('\''));
    let Some(wanted) = wanted else { return error(400, "BadRequestError", "Error parsing filter") };
    let kept = lock(&kept);
    let has = |post: &&Value| {
        post["codeinjection_foot"].as_str().is_some_and(|text| text.contains(wanted))
    };
    answer(200, json!({ "posts": kept.posts.iter().filter(has).collect::<Vec<_>>() }))
}

/// Why Ghost would not take a post.
fn flaw(post: &Value) -> Option<&'static str> {
    let text = |name: &str| post[name].as_str().unwrap_or_default();
    let long = |name: &str, most: usize| text(name).chars().count() > most;
    let status = post["status"].as_str().unwrap_or("draft");
    let has_time = status != "scheduled" || post["published_at"].is_string();
    if text("title").is_empty() || long("title", 255) || long("custom_excerpt", 300) {
        Some("Validation error, cannot save post.")
    } else if long("meta_title", 300) || long("meta_description", 500) {
        Some("Value exceeds maximum length")
    } else if !["draft", "published", "scheduled"].contains(&status) || !has_time {
        Some("Invalid status")
    } else {
        None
    }
}

async fn add(
    State(kept): State<Shared>,
    uri: Uri,
    headers: HeaderMap,
    body: axum::Json<Value>,
) -> Response {
    let query = query(&uri);
    if !admits(&headers) {
        return unauthorised();
    }
    let mut post = body["posts"][0].clone();
    if let Some(why) = flaw(&post) {
        return error(422, "ValidationError", why);
    }
    if query.get("source").map(String::as_str) != Some("html") && post["html"].is_string() {
        return error(422, "ValidationError", "html needs ?source=html");
    }
    let mut kept = lock(&kept);
    kept.changes += 1;
    let wanted = post["slug"].as_str().unwrap_or("untitled").to_owned();
    let taken = |slug: &str| kept.posts.iter().any(|post| post["slug"] == json!(slug));
    let slug = (1..)
        .map(|n| if n == 1 { wanted.clone() } else { format!("{wanted}-{n}") })
        .find(|slug| !taken(slug));
    let slug = slug.unwrap_or_default();
    let id = format!("{:024x}", kept.changes);
    post["id"] = json!(id);
    post["url"] = json!(format!("https://ghost.example/{slug}/"));
    post["slug"] = json!(slug);
    post["updated_at"] = json!(format!("2026-11-22T00:00:00.{:03}Z", kept.changes));
    kept.posts.push(post.clone());
    answer(201, json!({ "posts": [post] }))
}

async fn edit(
    State(kept): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: axum::Json<Value>,
) -> Response {
    if !admits(&headers) {
        return unauthorised();
    }
    let change = &body["posts"][0];
    if let Some(why) = flaw(change) {
        return error(422, "ValidationError", why);
    }
    let mut kept = lock(&kept);
    kept.changes += 2;
    let (changes, meanwhile) = (kept.changes, kept.meanwhile > 0);
    kept.meanwhile = kept.meanwhile.saturating_sub(1);
    let Some(post) = kept.posts.iter_mut().find(|post| post["id"] == json!(id)) else {
        return error(404, "NotFoundError", "Post not found.");
    };
    if meanwhile {
        post["updated_at"] = json!(format!("2026-11-22T00:00:01.{changes:03}Z"));
    }
    if change["updated_at"] != post["updated_at"] {
        return error(
            409,
            "UpdateCollisionError",
            "Saving failed! Someone else is editing this post.",
        );
    }
    for (name, value) in change.as_object().into_iter().flatten() {
        post[name] = value.clone();
    }
    post["updated_at"] = json!(format!("2026-11-22T00:00:02.{changes:03}Z"));
    answer(200, json!({ "posts": [post.clone()] }))
}

async fn read(State(kept): State<Shared>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    if !admits(&headers) {
        return unauthorised();
    }
    let kept = lock(&kept);
    match kept.posts.iter().find(|post| post["id"] == json!(id)) {
        Some(post) => answer(200, json!({ "posts": [post] })),
        None => error(404, "NotFoundError", "Post not found."),
    }
}

async fn remove(
    State(kept): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    if !admits(&headers) {
        return unauthorised();
    }
    lock(&kept).posts.retain(|post| post["id"] != json!(id));
    answer(200, json!({}))
}

async fn upload(State(kept): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    if !admits(&headers) {
        return unauthorised();
    }
    let kind = header(&headers, "content-type");
    let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap_or_default();
    let text = String::from_utf8_lossy(&body);
    let is_whole = !boundary.is_empty()
        && text.starts_with(&format!("--{boundary}\r\n"))
        && text.ends_with(&format!("--{boundary}--\r\n"));
    if !is_whole
        || !text.contains("name=\"file\"; filename=")
        || !text.contains("Content-Type: image/png\r\n\r\n")
    {
        return error(422, "ValidationError", "Please select an image.");
    }
    let mut kept = lock(&kept);
    kept.pictures += 1;
    let url = format!("https://ghost.example/content/images/{}.png", kept.pictures);
    answer(201, json!({ "images": [{ "url": url, "ref": null }] }))
}
