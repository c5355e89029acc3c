//! Tavily's search interface.

use axum::http::Method;
use serde_json::{Value, json};

use super::{Answer, Asked, KEY, Page, found, json};

/// Answers `/tavily/search`.
pub(super) fn answer(pages: &[Page], asked: &Asked) -> Answer {
    if asked.path != "/tavily/search" || asked.method != Method::POST {
        return (404, "application/json", "{}".to_owned());
    }
    let token = asked.headers.get("authorization").and_then(|token| token.to_str().ok());
    if token != Some(&format!("Bearer {KEY}")) {
        let detail = json!({"detail": {"error": "Unauthorized: missing or invalid API key."}});
        return (401, "application/json", detail.to_string());
    }
    let text = asked.body.get("query").and_then(Value::as_str).unwrap_or_default();
    let most = asked.body.get("max_results").and_then(Value::as_u64).unwrap_or(5);
    if text.is_empty() || most > 20 {
        return (400, "application/json", json!({"detail": {"error": "Bad request"}}).to_string());
    }
    // As the real one: the domains that are asked for only weigh, so that others come as well.
    let result = |page: &Page| -> Value {
        json!({
            "url": page.url, "title": page.title, "content": page.text, "score": 0.9,
            "raw_content": null, "published_date": "Sun, 01 Mar 2026 08:30:00 GMT",
        })
    };
    let most = usize::try_from(most).unwrap_or(20);
    let results: Vec<_> = found(pages, text).into_iter().take(most).map(result).collect();
    json(&json!({
        "query": text, "follow_up_questions": null, "answer": null, "images": [], "results": results,
        "response_time": 0.4, "request_id": "r-1",
    }))
}
