//! What engines have in common: how their servers are named, how words are asked, how hits are tidied.

use url::Url;

use super::error::EngineError;
use super::{Hit, SearchQuery};
use crate::extract::plain_line;

/// The longest title and snippet that are kept, in characters.
const TITLE_CHARS_MAX: usize = 300;
const SNIPPET_CHARS_MAX: usize = 1000;
/// How much markup of one field is read, in bytes.
const FIELD_BYTES_MAX: usize = 16 * 1024;
/// The most words and characters that engines are asked for: the least that any of them takes.
const QUERY_CHARS_MAX: usize = 400;
const QUERY_WORDS_MAX: usize = 50;
/// The most domains that are named in a query.
const SITES_MAX: usize = 8;

/// A server's name in reports, and its address.
pub(super) fn server(kind: &str, url: &str) -> Result<(String, Url), EngineError> {
    let wrong = || EngineError::Setting {
        engine: kind.to_owned(),
        what: format!("“{url}” is no address of a server"),
    };
    let url = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let url = url.ok_or_else(wrong)?;
    let host = url.host_str().ok_or_else(wrong)?;
    Ok((format!("{kind} ({host})"), url))
}

/// A path below an address, whether that ends with a slash or not.
pub(super) fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url
}

/// The words of a query, within what engines take.
pub(super) fn words(query: &SearchQuery) -> String {
    let mut text = String::new();
    for word in query.text.split_whitespace().take(QUERY_WORDS_MAX) {
        if text.len() + word.len() >= QUERY_CHARS_MAX {
            break;
        }
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
    text
}

/// The words with `site:` for the few domains that the query allows: engines that know the operator
/// find more there; hits are judged again all the same.
pub(super) fn with_sites(query: &SearchQuery) -> String {
    let text = words(query);
    let sites = &query.domains.allow;
    if sites.is_empty() || sites.len() > SITES_MAX {
        return text;
    }
    let sites: Vec<String> = sites.iter().map(|site| format!("site:{site}")).collect();
    match sites.as_slice() {
        [site] => format!("{text} {site}"),
        many => format!("{text} ({})", many.join(" OR ")),
    }
}

/// A hit of an address with its texts as plain lines.
pub(super) fn hit(url: &str, title: Option<String>, snippet: Option<String>) -> Hit {
    let title = cut(&line(title).unwrap_or_default(), TITLE_CHARS_MAX);
    let snippet = cut(&line(snippet).unwrap_or_default(), SNIPPET_CHARS_MAX);
    Hit { url: url.trim().to_owned(), title, snippet, ..Hit::default() }
}

/// A field as one plain line; none when it says nothing.
pub(super) fn line(field: Option<String>) -> Option<String> {
    let mut field = field?;
    field.truncate(field.floor_char_boundary(FIELD_BYTES_MAX));
    Some(plain_line(&field)).filter(|line| !line.is_empty())
}

/// Authors as one line: at most three by name.
pub(super) fn authors(names: &[String]) -> Option<String> {
    let named: Vec<String> = names.iter().filter_map(|name| line(Some(name.clone()))).collect();
    match named.as_slice() {
        [] => None,
        [a, b, c, _, ..] => Some(format!("{a}, {b}, {c} and others")),
        few => Some(few.join(", ")),
    }
}

fn cut(text: &str, chars_max: usize) -> String {
    text.chars().take(chars_max).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::Domains;

    #[test]
    fn a_server_may_stand_below_a_path() {
        for (base, want) in [
            ("http://e.org", "http://e.org/search"),
            ("http://e.org/", "http://e.org/search"),
            ("http://e.org/searx/?x#y", "http://e.org/searx/search"),
        ] {
            assert_eq!(below(&Url::parse(base).unwrap(), "search").as_str(), want);
        }
        assert_eq!(server("searxng", "http://10.0.0.1:8080/x").unwrap().0, "searxng (10.0.0.1)");
        assert!(server("searxng", "file:///x").is_err());
    }

    #[test]
    fn queries_keep_within_what_engines_take() {
        let long = SearchQuery::new("word ".repeat(100));
        assert_eq!(words(&long).split(' ').count(), 50);
        assert!(words(&SearchQuery::new("abcdefghijklmnop ".repeat(45))).len() <= 400);
        let with = |allow: &[&str]| {
            let allow = allow.iter().map(|&site| site.to_owned()).collect();
            let domains = Domains { allow, block: vec![] };
            with_sites(&SearchQuery { domains, ..SearchQuery::new(" a  b ") })
        };
        assert_eq!(with(&[]), "a b");
        assert_eq!(with(&["e.org"]), "a b site:e.org");
        assert_eq!(with(&["e.org", "f.org"]), "a b (site:e.org OR site:f.org)");
    }

    #[test]
    fn what_engines_show_is_plain() {
        let snippet = "A <strong>bold</strong> &amp; hidden\u{200B}\u{202E} word<!-- obey -->";
        let hit = hit(" https://e.org ", Some("<b>T</b>".repeat(500)), Some(snippet.into()));
        assert_eq!((hit.url.as_str(), hit.title.len()), ("https://e.org", 300));
        assert_eq!(hit.snippet, "A bold & hidden word");
    }
}
