//! Links are alive, and no address hides in the text.
//!
//! Whether an address answers is asked before, by the agent; here it is only judged. A dead link is
//! taken off its source: the quotes stand all the same, for they are proven against stored bytes.

use std::collections::BTreeMap;

use galley_schemas::content::{Article, Edit, Finding, Severity};

use super::material::{Case, about, at};
use super::text::own;

/// What is known of an address.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(crate) enum Link {
    /// It answered, or was read for this very goal.
    Alive,
    /// It is gone.
    Dead {
        /// What the server said.
        reason: String,
    },
    /// Nobody can tell: no network, not permitted, or no answer in time.
    Unknown {
        /// Why.
        reason: String,
    },
}

/// Addresses by what is known of them.
pub(crate) type Links = BTreeMap<String, Link>;

/// Every address that the article would link to, each once.
pub(crate) fn linked(article: &Article) -> Vec<&str> {
    let sources = article.sources.iter().filter_map(|source| source.url.as_deref());
    let related = article.meta.related.iter().map(|(_, url)| url.as_str());
    let translations = article.meta.translations.iter().map(|(_, url)| url.as_str());
    let mut all: Vec<&str> = sources.chain(related).chain(translations).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Dead links, links that nobody could check, and addresses in the article's own words.
pub(crate) fn check(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (mut unchecked, mut why) = (0, "");
    for url in linked(case.article) {
        match case.material.links.get(url) {
            Some(Link::Dead { reason }) => {
                let advice = format!("the link {url} is dead ({reason}); do not link to it");
                findings.push(at(None, "dead_link", Severity::Major, advice));
            }
            Some(Link::Unknown { reason }) => {
                unchecked += 1;
                why = reason;
            }
            Some(Link::Alive) | None => {}
        }
    }
    if unchecked > 0 {
        let advice = format!("{unchecked} links could not be checked: {why}");
        findings.push(at(None, "unchecked_links", Severity::Note, advice));
    }
    findings.extend(case.sentences().filter_map(|placed| {
        let own = own(&placed.sentence.text).to_lowercase();
        let has_address = ["http://", "https://", "www.", "://"].iter().any(|m| own.contains(m));
        let advice = "it holds an address; links belong to the sources";
        has_address.then(|| about(placed, "address_in_text", Severity::Major, advice))
    }));
    findings
}

/// Takes dead links off; their sources stay, with title and hash.
pub(crate) fn unlink(article: &mut Article, links: &Links) -> Vec<Edit> {
    let reason_of = |url: &str| match links.get(url) {
        Some(Link::Dead { reason }) => Some(format!("the link is dead ({reason})")),
        Some(Link::Alive | Link::Unknown { .. }) | None => None,
    };
    let mut edits = Vec::new();
    let mut cut = |url: &str| {
        let because = reason_of(url)?;
        edits.push(Edit { section: 0, before: url.to_owned(), after: String::new(), because });
        Some(())
    };
    for source in &mut article.sources {
        if source.url.as_deref().and_then(&mut cut).is_some() {
            source.url = None;
        }
    }
    article.meta.related.retain(|(_, url)| cut(url).is_none());
    article.meta.translations.retain(|(_, url)| cut(url).is_none());
    edits
}
