//! Brave's search interface.

use serde_json::json;

use super::{Answer, Asked, KEY, Page, found, json};

/// Answers `/brave/res/v1/web/search`.
pub(super) fn answer(pages: &[Page], asked: &Asked) -> Answer {
    if asked.path != "/brave/res/v1/web/search" {
        return (404, "application/json", "{}".to_owned());
    }
    let token = asked.headers.get("x-subscription-token").and_then(|token| token.to_str().ok());
    if token != Some(KEY) {
        return refused(
            "SUBSCRIPTION_TOKEN_INVALID",
            &format!("The provided subscription token {} is invalid.", token.unwrap_or_default()),
        );
    }
    let count: usize = asked.word("count").parse().unwrap_or(20);
    let words = asked.word("q").split_whitespace().count();
    if !(1..=50).contains(&words) || asked.word("q").len() > 400 || !(1..=20).contains(&count) {
        return refused("VALIDATION", "Unable to validate request parameter(s)");
    }
    let result = |page: &&Page| {
        json!({
            "type": "search_result", "title": page.title, "url": page.url, "description": page.text,
            "page_age": format!("{}T08:30:00", page.published), "age": "March 1, 2026", "language": "en",
            "profile": {"name": "The Example", "long_name": "example.org", "url": page.url},
            "family_friendly": true, "subtype": "generic",
        })
    };
    let results: Vec<_> = found(pages, asked.word("q")).iter().take(count).map(result).collect();
    // What nothing was found for has no part for pages.
    let web = (!results.is_empty()).then(|| json!({"type": "search", "results": results}));
    json(&json!({"type": "search", "query": {"original": asked.word("q")}, "web": web}))
}

fn refused(code: &str, detail: &str) -> Answer {
    let error =
        json!({"type": "ErrorResponse", "error": {"code": code, "detail": detail, "status": 422}});
    (422, "application/json", error.to_string())
}
