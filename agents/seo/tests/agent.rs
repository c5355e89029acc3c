//! The agent as a task sees it: an article in, the article with metadata and a report out.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use chrono::DateTime;
use galley_agents_knowledge::{Entry, Knowledge};
use galley_agents_sdk::harness::{Harness, WordKnowledge};
use galley_agents_seo::{Input, Output, Seo};
use galley_schemas::content::{
    Article, Check, Length, Meta, Paragraph, Role, Section, Sentence, Style, Writing,
};
use serde_json::json;
use std::sync::Arc;

fn article() -> Article {
    let sentences = [
        "This article looks at how a night desk works.",
        "It draws on the notes of three clerks, who sat there from dusk to dawn for a whole year.",
    ];
    let sentences = sentences.map(|text| Sentence {
        text: text.to_owned(),
        role: Role::Comment,
        claims: Vec::new(),
    });
    Article {
        title: "How a night desk works".to_owned(),
        language: "en".to_owned(),
        keyphrase: "night desk".to_owned(),
        writing: Writing::Digest,
        drafted: DateTime::default(),
        sections: vec![Section {
            heading: None,
            paragraphs: vec![Paragraph { style: Style::Body, sentences: sentences.into() }],
        }],
        claims: Vec::new(),
        sources: Vec::new(),
        length: Length::default(),
        meta: Meta::default(),
    }
}

async fn run(harness: &Harness) -> (Output, Article, Vec<Check>) {
    let input = Input { article: harness.put(&article()).await.unwrap(), translations: Vec::new() };
    let output = harness.run(&Seo::default(), input).await.unwrap();
    let article = harness.get(&output.article).await.unwrap();
    let checks = harness.get(&output.report).await.unwrap();
    (output, article, checks)
}

fn value<'a>(checks: &'a [Check], name: &str) -> &'a str {
    &checks.iter().find(|check| check.name == name).unwrap().value
}

fn entry(key: &str, title: &str, keyphrase: &str, url: &str) -> Entry {
    Entry {
        key: key.to_owned(),
        space: "articles".to_owned(),
        title: title.to_owned(),
        text: format!("{title}\n{keyphrase}\nHow a night desk works in the library"),
        meta: json!({ "url": url }),
    }
}

#[tokio::test]
async fn an_article_gets_metadata_and_every_check_is_reported() {
    let (output, article, checks) = run(&Harness::new()).await;
    assert_eq!(article.meta.title, "How a night desk works");
    assert_eq!(article.meta.slug, "night-desk-works");
    assert!((121..=156).contains(&article.meta.description.chars().count()));
    assert!(output.score > 0.0 && output.score <= 1.0);
    assert!(value(&checks, "internal_links").starts_with("not applicable"));
    assert_eq!(value(&checks, "previously_used_keyphrase"), "on 0 earlier articles");
}

#[tokio::test]
async fn earlier_articles_are_linked_and_a_used_keyphrase_is_told() {
    let memory = WordKnowledge::default();
    let entries = [
        entry("a", "Night desk hours", "night desks", "https://example.org/a/"),
        entry("b", "A night desk in Oslo", "oslo desk", ""),
    ];
    memory.remember(&entries).await.unwrap();
    let (_, article, checks) = run(&Harness::new().knowledge(Arc::new(memory))).await;
    let related = vec![("Night desk hours".to_owned(), "https://example.org/a/".to_owned())];
    assert_eq!(article.meta.related, related);
    assert_eq!(value(&checks, "previously_used_keyphrase"), "on 1 earlier articles");
    assert_eq!(value(&checks, "internal_links"), "1 earlier articles");
}
