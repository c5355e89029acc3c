//! arXiv's and Crossref's interfaces.

use serde_json::json;

use super::{Answer, Asked, Page, found, json};

/// Answers `/arxiv/api/query`: Atom, also for its errors.
pub(super) fn arxiv(pages: &[Page], asked: &Asked) -> Answer {
    if asked.path != "/arxiv/api/query" {
        return (404, "text/html", "<h1>Not Found</h1>".to_owned());
    }
    let feed = |entries: &str| {
        let text = format!(
            "<?xml version='1.0' encoding='UTF-8'?>\n<feed xmlns:opensearch=\"http://a9.com/-/spec/opensearch/1.1/\" \
             xmlns:arxiv=\"http://arxiv.org/schemas/atom\" xmlns=\"http://www.w3.org/2005/Atom\">\
             <id>https://arxiv.org/api/x</id><title>arXiv Query</title><updated>2026-03-01T00:00:00Z</updated>\
             <opensearch:totalResults>1</opensearch:totalResults>{entries}</feed>"
        );
        (200, "application/atom+xml; charset=UTF-8", text)
    };
    let Ok(most) = asked.word("max_results").parse::<usize>() else {
        return feed(
            "<entry><id>https://arxiv.org/api/errors#max_results_must_be_an_integer</id><title>Error</title>\
             <summary>max_results must be an integer</summary></entry>",
        );
    };
    let words = asked.word("search_query").split(" AND ");
    let words: Vec<&str> = words.filter_map(|word| word.strip_prefix("all:")).collect();
    let entry = |page: &Page| {
        format!(
            "<entry><id>{}</id><title>{}</title><updated>{day}T00:00:00Z</updated><summary>{}</summary>\
             <link href=\"{}\" rel=\"alternate\" type=\"text/html\"/><published>{day}T00:00:00Z</published>\
             <author><name>{}</name></author><author><name>Bo Ek</name></author></entry>",
            page.url,
            page.title,
            escaped(&page.text),
            page.url,
            page.author,
            day = page.published
        )
    };
    let entries: Vec<String> =
        found(pages, &words.join(" ")).into_iter().take(most).map(entry).collect();
    feed(&entries.concat())
}

/// Answers `/crossref/works`.
pub(super) fn crossref(pages: &[Page], asked: &Asked) -> Answer {
    if asked.path != "/crossref/works" {
        return (404, "text/plain", "Resource not found.".to_owned());
    }
    let rows: usize = asked.word("rows").parse().unwrap_or(20);
    let item = |page: &Page| {
        let parts: Vec<u32> =
            page.published.split('-').filter_map(|part| part.parse().ok()).collect();
        let (given, family) = page.author.split_once(' ').unwrap_or(("", page.author.as_str()));
        json!({
            "DOI": "10.5555/12345678", "URL": page.url, "title": [page.title],
            "author": [{"given": given, "family": family, "sequence": "first"}, {"name": "The Group"}],
            "abstract": format!("<jats:title>Abstract</jats:title><jats:p>{}</jats:p>", page.text),
            "issued": {"date-parts": [parts]}, "publisher": "A Press", "container-title": ["Journal of Tea"],
        })
    };
    let items: Vec<_> =
        found(pages, asked.word("query.bibliographic")).into_iter().take(rows).map(item).collect();
    json(&json!({
        "status": "ok", "message-type": "work-list", "message-version": "1.0.0",
        "message": {"total-results": items.len(), "items": items, "items-per-page": rows, "facets": {}},
    }))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
