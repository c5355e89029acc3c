//! The article as Markdown with front matter, as Hugo and its kin read it.

use chrono::SecondsFormat;
use galley_schemas::content::{Article, Paragraph, Section, Style, Writing};
use serde_json::{Value, json};

use super::{PostRecord, Words, post_url, source_numbers};
use crate::config::Config;

/// The article as Markdown; footnotes carry the sources.
pub(crate) fn markdown(config: &Config, article: &Article, post: &PostRecord) -> String {
    let front = front_matter(config, article, post, &[]);
    format!("{front}# {}\n\n{}", escape(&post.title), body(article, post))
}

/// The article as a page of a generator that prints the title itself; with more fields before it.
pub(crate) fn page_bundle(
    config: &Config,
    article: &Article,
    post: &PostRecord,
    more: &[(&str, Value)],
) -> String {
    format!("{}{}", front_matter(config, article, post, more), body(article, post))
}

fn body(article: &Article, post: &PostRecord) -> String {
    let words = Words::of(&post.language);
    let provenance = words.provenance(&article.writing, article.sources.len());
    let mut out = format!("*{}*\n\n", escape(&provenance));
    for section in &article.sections {
        out.push_str(&section_markdown(article, section));
    }
    out.push_str(&format!("## {}\n\n", words.sources));
    for (index, source) in article.sources.iter().enumerate() {
        let title = escape(&source.title);
        let shown = match &source.url {
            Some(url) => format!("[{title}](<{}>)", url.replace(['<', '>', '\n'], "")),
            None => title,
        };
        out.push_str(&format!("[^{}]: {shown}\n", index + 1));
    }
    out
}

fn section_markdown(article: &Article, section: &Section) -> String {
    let mut out = String::new();
    if let Some(heading) = &section.heading {
        out.push_str(&format!("## {}\n\n", escape(heading)));
    }
    let mut in_list = false;
    for paragraph in &section.paragraphs {
        let item = paragraph.style == Style::Item;
        if in_list && !item {
            out.push('\n');
        }
        out.push_str(&line(article, paragraph));
        in_list = item;
    }
    if in_list {
        out.push('\n');
    }
    out
}

fn line(article: &Article, paragraph: &Paragraph) -> String {
    let sentences = paragraph.sentences.iter().map(|sentence| {
        let notes: String =
            source_numbers(article, sentence).iter().map(|n| format!("[^{n}]")).collect();
        format!("{}{notes}", escape(&sentence.text))
    });
    let text = sentences.collect::<Vec<_>>().join(" ");
    match paragraph.style {
        Style::Body => format!("{text}\n\n"),
        Style::Item => format!("- {text}\n"),
        Style::Quotation => format!("> {text}\n\n"),
    }
}

/// YAML front matter. Values are JSON, which YAML reads: no text can break out of its field.
fn front_matter(
    config: &Config,
    article: &Article,
    post: &PostRecord,
    more: &[(&str, Value)],
) -> String {
    let writing = match &article.writing {
        Writing::Digest => json!({ "kind": "digest", "model": "none" }),
        Writing::Model { model } => json!({ "kind": "model", "model": model }),
    };
    let fields = [
        ("title", json!(post.title)),
        ("description", json!(post.description)),
        ("slug", json!(post.slug)),
        ("date", json!(post.published.to_rfc3339_opts(SecondsFormat::Secs, true))),
        ("tags", json!(post.tags)),
        ("canonical", json!(post_url(config, &post.slug))),
        ("language", json!(post.language)),
        ("keyphrase", json!(article.keyphrase)),
        ("words", json!(post.words)),
        ("sources", json!(post.sources)),
        ("writing", writing),
        ("goal", json!(post.goal)),
        ("article_sha256", json!(post.content)),
    ];
    let lines: String =
        fields.iter().chain(more).map(|(key, value)| format!("{key}: {value}\n")).collect();
    format!("---\n{lines}---\n\n")
}

/// Text as text: what Markdown would read as markup is escaped.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~') {
            out.push('\\');
        }
        out.push(if c.is_control() { ' ' } else { c });
    }
    out
}
