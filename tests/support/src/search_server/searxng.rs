//! SearXNG's search interface.

use serde_json::json;

use super::{Answer, Asked, Page, found, json};

/// Answers `/searxng/search`. An instance whose `search.formats` has no `json` answers 403 to it;
/// one that gets no format answers with a page.
pub(super) fn answer(pages: &[Page], asked: &Asked) -> Answer {
    if asked.path != "/searxng/search" {
        return (404, "text/html", "<h1>Not Found</h1>".to_owned());
    }
    if asked.word("q").is_empty() {
        return (400, "application/json", json!({"error": "No query"}).to_string());
    }
    match asked.word("format") {
        "json" => {}
        "" => return (200, "text/html; charset=utf-8", "<!doctype html><p>results".to_owned()),
        _ => return (403, "text/html; charset=utf-8", "<h1>Forbidden</h1>".to_owned()),
    }
    let result = |page: &Page| {
        json!({
            "url": page.url, "title": page.title, "content": page.text, "engine": "brave",
            "publishedDate": format!("{}T00:00:00", page.published), "author": page.author,
            "thumbnail": "", "template": "default.html", "parsed_url": ["https", "e.org", "/", "", "", ""],
            "engines": ["brave", "mojeek"], "positions": [1, 2], "score": 4.0, "category": "general",
        })
    };
    let results: Vec<_> = found(pages, asked.word("q")).into_iter().map(result).collect();
    json(&json!({
        "query": asked.word("q"), "number_of_results": 0, "results": results, "answers": [],
        "corrections": [], "infoboxes": [], "suggestions": [],
        "unresponsive_engines": [["wikidata", "timeout"]],
    }))
}
