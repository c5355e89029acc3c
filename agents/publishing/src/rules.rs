//! What a reader sees, as pure functions of articles: pages, Markdown, feeds, sitemap.

mod cms;
mod feed;
mod markdown;
mod page;
mod short;
mod words;

use chrono::{DateTime, Utc};
use galley_schemas::artifact::Digest;
use galley_schemas::content::{Article, Section, Sentence};
use galley_schemas::id::GoalId;
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::target::Item;

pub(crate) use cms::cms_html;
pub(crate) use feed::{atom, robots, rss, sitemap};
pub(crate) use markdown::{markdown, page_bundle};
pub(crate) use page::{CARD_FILE, article_body, article_page, index_page};
pub(crate) use short::{Link, Short, Span, compose, graphemes};
pub(crate) use words::Words;

/// What the site keeps of each post: enough to rebuild every list, and to recognise a publication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PostRecord {
    /// The goal that published it.
    pub(crate) goal: GoalId,
    /// What it is recognised by; older posts have none.
    #[serde(default)]
    pub(crate) mark: Option<String>,
    /// The hash of all that stands; older posts have none.
    #[serde(default)]
    pub(crate) revision: Option<String>,
    /// The hash of the article that was published.
    pub(crate) content: Digest,
    /// Its folder.
    pub(crate) slug: String,
    /// Its title.
    pub(crate) title: String,
    /// Its description.
    pub(crate) description: String,
    /// ISO 639-1 code of its language.
    pub(crate) language: String,
    /// When it was published.
    pub(crate) published: DateTime<Utc>,
    /// Words.
    pub(crate) words: u32,
    /// Minutes to read.
    pub(crate) minutes: u32,
    /// How many sources it cites.
    pub(crate) sources: usize,
    /// Its topics.
    pub(crate) tags: Vec<String>,
    /// Its body as HTML, for feeds.
    pub(crate) html: String,
}

impl PostRecord {
    /// What is kept of a publication under a name.
    pub(crate) fn of(item: &Item, slug: String, html: String) -> Self {
        let article = &item.article;
        Self {
            goal: item.mark.goal(),
            mark: Some(item.mark.to_string()),
            revision: Some(item.revision()),
            content: item.content.clone(),
            slug,
            title: article.title.clone(),
            description: article.meta.description.clone(),
            language: article.language.clone(),
            published: item.goes_live(),
            words: article.length.words,
            minutes: article.length.minutes,
            sources: article.sources.len(),
            tags: article.meta.tags.clone(),
            html,
        }
    }
}

/// The site's address with exactly one slash at its end.
pub(crate) fn base_url(config: &Config) -> String {
    format!("{}/", config.base_url.trim_end_matches('/'))
}

/// A post's public address.
pub(crate) fn post_url(config: &Config, slug: &str) -> String {
    format!("{}{slug}/", base_url(config))
}

/// The text of a section without markup.
pub(crate) fn section_text(section: &Section) -> String {
    let paragraphs = section.paragraphs.iter().map(|paragraph| {
        let texts: Vec<&str> = paragraph.sentences.iter().map(|s| s.text.as_str()).collect();
        texts.join(" ")
    });
    paragraphs.collect::<Vec<_>>().join("\n")
}

/// The numbers of the sources that a sentence cites, ascending, each once; 1 is the first.
pub(crate) fn source_numbers(article: &Article, sentence: &Sentence) -> Vec<usize> {
    let mut numbers: Vec<usize> = sentence
        .claims
        .iter()
        .filter_map(|id| article.claims.iter().find(|claim| claim.id == *id))
        .filter_map(|claim| article.sources.iter().position(|s| s.id == claim.quote.source))
        .map(|index| index + 1)
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// Longest name of a post, in bytes.
const SLUG_BYTES_MAX: usize = 80;

/// A folder name: letters, digits and dashes only, so that no text can lead out of the site.
pub(crate) fn safe_slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars().map(|c| c.to_ascii_lowercase()) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= SLUG_BYTES_MAX {
            break;
        }
    }
    let slug = slug.trim_matches('-');
    if slug.is_empty() { "article".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
pub(crate) mod tests;
