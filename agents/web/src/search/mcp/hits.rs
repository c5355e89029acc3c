//! From what a tool answers to hits.

use galley_schemas::artifact::Digest;
use rmcp::model::{CallToolResult, ContentBlock, ResourceContents};
use serde_json::Value;

use super::super::{Hit, hits};
use crate::extract::dates;
use crate::port::RawDocument;

/// The names under which tools give what is wanted, the surest first.
const URL: [&str; 5] = ["url", "link", "href", "uri", "source_url"];
const TITLE: [&str; 3] = ["title", "name", "headline"];
const SNIPPET: [&str; 6] = ["snippet", "description", "summary", "content", "text", "abstract"];
const PUBLISHED: [&str; 5] = ["published", "published_date", "publishedDate", "page_age", "date"];
const AUTHOR: [&str; 2] = ["author", "byline"];
const PUBLISHER: [&str; 3] = ["publisher", "site_name", "siteName"];
/// How deep a list of hits may stand.
const DEPTH_MAX: usize = 4;

/// Everything that an answer says in words.
pub(super) fn text(answer: &CallToolResult) -> String {
    let texts = answer.content.iter().filter_map(|block| Some(block.as_text()?.text.as_str()));
    texts.collect::<Vec<_>>().join("\n\n")
}

/// The hits of an answer.
pub(super) fn read(answer: CallToolResult, tool: &str, query: &str) -> Vec<Hit> {
    let said = text(&answer);
    let structured = answer.structured_content.as_ref().map(listed).unwrap_or_default();
    if !structured.is_empty() {
        return structured;
    }
    let texts = answer.content.into_iter().flat_map(|block| match block {
        ContentBlock::Text(text) => {
            let value: Option<Value> = serde_json::from_str(&text.text).ok();
            value.map(|value| listed(&value)).unwrap_or_default()
        }
        ContentBlock::ResourceLink(link) => {
            let title = link.title.or(Some(link.name));
            vec![hits::hit(&link.uri, title, link.description)]
        }
        ContentBlock::Resource(resource) => embedded(resource.resource).into_iter().collect(),
        // Pictures and sounds, and whatever the protocol will know one day.
        ContentBlock::Image(_) | ContentBlock::Audio(_) | _ => Vec::new(),
    });
    let found: Vec<Hit> = texts.collect();
    if found.is_empty() && !said.trim().is_empty() && !is_json(&said) {
        return vec![document(tool, query, said)];
    }
    found
}

/// JSON without an address in it says nothing that can be cited.
fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// The first list in a value whose objects have addresses.
fn listed(value: &Value) -> Vec<Hit> {
    fn within(value: &Value, depth: usize) -> Vec<Hit> {
        match value {
            Value::Array(items) => items.iter().filter_map(hit).collect(),
            Value::Object(fields) if depth < DEPTH_MAX => {
                let lists = fields.values().map(|value| within(value, depth + 1));
                lists.into_iter().find(|hits| !hits.is_empty()).unwrap_or_default()
            }
            Value::Object(_)
            | Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_) => Vec::new(),
        }
    }
    within(value, 0)
}

fn hit(value: &Value) -> Option<Hit> {
    let field =
        |names: &[&str]| names.iter().find_map(|name| value.get(name)?.as_str()).map(str::to_owned);
    let url = field(&URL)?;
    Some(Hit {
        published: field(&PUBLISHED).as_deref().and_then(dates::parse),
        author: hits::line(field(&AUTHOR)),
        publisher: hits::line(field(&PUBLISHER)),
        ..hits::hit(&url, field(&TITLE), field(&SNIPPET))
    })
}

/// A resource that came along.
fn embedded(resource: ResourceContents) -> Option<Hit> {
    let ResourceContents::TextResourceContents { uri, mime_type, text, .. } = resource else {
        return None;
    };
    let snippet = text.clone();
    let media_type = mime_type.unwrap_or_else(|| "text/plain".to_owned());
    let is_web = uri.starts_with("https://") || uri.starts_with("http://");
    let document = RawDocument {
        locator: uri.clone(),
        url: is_web.then(|| uri.clone()),
        media_type,
        charset: Some("utf-8".to_owned()),
        bytes: text.into(),
    };
    // Only the web has addresses that others can open; everything else is a name.
    let name = if is_web { uri } else { uri.replace(':', "/") };
    Some(Hit { document: Some(document), ..hits::hit(&name, None, Some(snippet)) })
}

/// An answer of plain text: the document is what the tool said, and is named by what it says.
fn document(tool: &str, query: &str, said: String) -> Hit {
    let locator = format!("{tool}/{}", Digest::of(said.as_bytes()).short());
    let title = format!("{tool}: {query}");
    let snippet = said.clone();
    let document = RawDocument {
        locator: locator.clone(),
        url: None,
        media_type: "text/markdown".to_owned(),
        charset: Some("utf-8".to_owned()),
        bytes: said.into(),
    };
    Hit { document: Some(document), ..hits::hit(&locator, Some(title), Some(snippet)) }
}

#[cfg(test)]
mod tests {
    use rmcp::model::Resource;
    use serde_json::json;

    use super::*;

    fn check(content: Vec<ContentBlock>, want: &[(&str, &str)]) {
        let hits = read(CallToolResult::success(content), "tool", "tea");
        let told: Vec<(&str, &str)> =
            hits.iter().map(|hit| (hit.url.as_str(), hit.title.as_str())).collect();
        assert_eq!(told, want);
    }

    #[test]
    fn tools_answer_as_they_like() {
        let list = json!([{"link": "https://e.org/a", "name": "A"}, {"title": "no address"}]);
        check(vec![ContentBlock::text(list.to_string())], &[("https://e.org/a", "A")]);
        let nested = json!({"data": {"count": 1, "results": list}});
        check(vec![ContentBlock::text(nested.to_string())], &[("https://e.org/a", "A")]);
        let link = Resource::new("https://e.org/b", "B");
        check(vec![ContentBlock::ResourceLink(link)], &[("https://e.org/b", "B")]);
        check(vec![ContentBlock::text("{\"results\": []}")], &[]);
        check(vec![], &[]);
    }

    #[test]
    fn plain_text_is_a_document() {
        let hits = read(
            CallToolResult::success(vec![ContentBlock::text("Green tea is steamed.")]),
            "ask",
            "tea",
        );
        let Hit { url, title, document, .. } = &hits[0];
        assert!(url.starts_with("ask/") && title == "ask: tea");
        assert_eq!(document.as_ref().unwrap().bytes, "Green tea is steamed.");
    }
}
