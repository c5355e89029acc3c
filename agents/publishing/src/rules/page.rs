//! The pages: an article, and the list of all.

use chrono::{DateTime, SecondsFormat, Utc};
use galley_schemas::content::{Article, Card, Claim, Paragraph, Source, Style};
use minijinja::value::{Serde, Value as Shape};
use minijinja::{AutoEscape, Environment, context};
use serde::Serialize;
use serde_json::{Value, json};

use super::{PostRecord, Words, base_url, post_url, source_numbers};
use crate::config::Config;

/// Bound on the work of one template, in instructions.
const FUEL: u64 = 5_000_000;

fn templates() -> Environment<'static> {
    let mut env = Environment::new();
    env.set_auto_escape_callback(|_| AutoEscape::Html);
    env.set_fuel(Some(FUEL));
    for (name, text) in [
        ("layout", include_str!("../../templates/layout.html")),
        ("article", include_str!("../../templates/article.html")),
        ("body", include_str!("../../templates/body.html")),
        ("index", include_str!("../../templates/index.html")),
        ("cms", include_str!("../../templates/cms.html")),
    ] {
        env.add_template(name, text).expect("the templates are part of the program and tested");
    }
    env
}

pub(super) fn render(name: &str, context: Shape) -> Result<String, minijinja::Error> {
    templates().get_template(name)?.render(context)
}

/// A sentence as the template shows it.
#[derive(Debug, Serialize)]
struct Shown {
    text: String,
    cites: Vec<usize>,
}

/// Neighbouring items of a list are one block.
#[derive(Debug, Serialize)]
struct Block {
    style: Style,
    paragraphs: Vec<Vec<Shown>>,
}

fn blocks(article: &Article, paragraphs: &[Paragraph]) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for paragraph in paragraphs {
        let shown = paragraph
            .sentences
            .iter()
            .map(|s| Shown { text: s.text.clone(), cites: source_numbers(article, s) })
            .collect();
        match blocks.last_mut() {
            Some(block) if block.style == Style::Item && paragraph.style == Style::Item => {
                block.paragraphs.push(shown);
            }
            Some(_) | None => {
                blocks.push(Block { style: paragraph.style, paragraphs: vec![shown] });
            }
        }
    }
    blocks
}

/// A source with the quotes that the article takes from it.
#[derive(Debug, Serialize)]
pub(super) struct Reference {
    number: usize,
    title: String,
    url: Option<String>,
    byline: String,
    sha256: String,
    quotes: Vec<String>,
}

fn byline(source: &Source, words: &Words) -> String {
    let date = source.published.map(|date| words.day(date));
    [source.author.clone(), source.publisher.clone(), date]
        .into_iter()
        .flatten()
        .filter(|part| !part.trim().is_empty())
        .collect::<Vec<_>>()
        .join(", ")
}

pub(super) fn references(article: &Article) -> Vec<Reference> {
    let words = Words::of(&article.language);
    let quotes_of = |source: &Source| {
        let from = |claim: &&Claim| claim.quote.source == source.id;
        article.claims.iter().filter(from).map(|claim| claim.quote.text.clone()).collect()
    };
    let reference = |(index, source): (usize, &Source)| Reference {
        number: index + 1,
        title: source.title.clone(),
        url: source.url.clone().filter(|url| is_web(url)),
        byline: byline(source, words),
        sha256: source.id.to_string(),
        quotes: quotes_of(source),
    };
    article.sources.iter().enumerate().map(reference).collect()
}

/// Only addresses of the web become links: a source may name anything.
pub(super) fn is_web(url: &str) -> bool {
    url::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

fn seconds(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The file beside a page that holds its card.
pub(crate) const CARD_FILE: &str = "card.png";

/// The picture of a page for link previews, as the head names it.
#[derive(Debug, Serialize)]
struct CardShown<'a> {
    url: String,
    width: u32,
    height: u32,
    alt: &'a str,
}

fn card<'a>(config: &Config, article: &'a Article, post: &PostRecord) -> Option<CardShown<'a>> {
    let Card { alt, width, height, .. } = article.meta.card.as_ref()?;
    let url = format!("{}{CARD_FILE}", post_url(config, &post.slug));
    Some(CardShown { url, width: *width, height: *height, alt })
}

/// A language as Open Graph names it: with the territory that most of its readers expect.
fn locale(language: &str) -> &str {
    match language {
        "en" => "en_US",
        "de" => "de_DE",
        "fr" => "fr_FR",
        "es" => "es_ES",
        other => other,
    }
}

/// Google's article structured data (schema.org Article).
fn json_ld(config: &Config, article: &Article, post: &PostRecord) -> String {
    let organisation =
        |name: &str| json!({ "@type": "Organization", "name": name, "url": base_url(config) });
    let citations: Vec<Value> = references(article)
        .into_iter()
        .map(|reference| {
            let mut citation = json!({ "@type": "CreativeWork", "name": reference.title });
            if let (Some(url), Some(object)) = (reference.url, citation.as_object_mut()) {
                object.insert("url".to_owned(), Value::String(url));
            }
            citation
        })
        .collect();
    let mut value = json!({
        "@context": "https://schema.org",
        "@type": "Article",
        "headline": post.title,
        "description": post.description,
        "inLanguage": post.language,
        "datePublished": seconds(post.published),
        "dateModified": seconds(post.published),
        "author": organisation(&config.author),
        "publisher": organisation(&config.site_name),
        "mainEntityOfPage": post_url(config, &post.slug),
        "wordCount": post.words,
        "keywords": post.tags,
        "citation": citations,
    });
    if let (Some(card), Some(object)) = (card(config, article, post), value.as_object_mut()) {
        let image = json!({
            "@type": "ImageObject", "url": card.url, "width": card.width, "height": card.height,
        });
        object.insert("image".to_owned(), json!([image]));
    }
    // `<` must not end the script element that holds this.
    value.to_string().replace('<', "\\u003c")
}

/// The article's body as HTML, for its page and for feeds.
pub(crate) fn article_body(article: &Article) -> Result<String, minijinja::Error> {
    let sections: Vec<_> = article
        .sections
        .iter()
        .map(|section| {
            context! { heading => section.heading.as_deref(), blocks => Serde(blocks(article, &section.paragraphs)) }
        })
        .collect();
    render("body", context! { sections, words => Serde(Words::of(&article.language)) })
}

/// The page of one article.
pub(crate) fn article_page(
    config: &Config,
    article: &Article,
    post: &PostRecord,
) -> Result<String, minijinja::Error> {
    let words = Words::of(&post.language);
    let title = if article.meta.title.is_empty() { &post.title } else { &article.meta.title };
    render(
        "article",
        context! {
            language => post.language.as_str(),
            site => config.site_name.as_str(),
            root => "../",
            base => base_url(config),
            url => post_url(config, &post.slug),
            post => Serde(post),
            body => Shape::from_safe_string(post.html.clone()),
            meta_title => title,
            locale => locale(&post.language),
            card => Serde(card(config, article, post)),
            translations => Serde(
                article.meta.translations.iter().filter(|(_, url)| is_web(url)).collect::<Vec<_>>(),
            ),
            published => seconds(post.published),
            day => words.day(post.published.date_naive()),
            author => config.author.as_str(),
            provenance => words.provenance(&article.writing, article.sources.len()),
            words => Serde(words),
            references => Serde(references(article)),
            related => Serde(
                article.meta.related.iter().filter(|(_, url)| is_web(url)).collect::<Vec<_>>(),
            ),
            json_ld => Shape::from_safe_string(json_ld(config, article, post)),
        },
    )
}

/// The list of all articles, newest first.
pub(crate) fn index_page(
    config: &Config,
    posts: &[PostRecord],
) -> Result<String, minijinja::Error> {
    let language = posts.first().map_or("en", |post| post.language.as_str());
    let words = Words::of(language);
    let shown: Vec<_> = posts
        .iter()
        .map(|post| {
            context! {
                post => Serde(post), published => seconds(post.published),
                day => words.day(post.published.date_naive()), sources => words.count(post.sources),
            }
        })
        .collect();
    render(
        "index",
        context! {
            language, site => config.site_name.as_str(), root => "", base => base_url(config),
            posts => shown, words => Serde(words),
        },
    )
}
