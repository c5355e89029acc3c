//! The main job: a topic becomes a sourced, reviewed article on a site.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "in tests, a panic is the report"
)]

use std::collections::BTreeSet;
use std::fs;

use galley_tests_e2e::{Place, events, flat, texts};
use galley_tests_support::corpus;
use serde_json::Value;

const TOPIC: &str = "How AI chatbots change customer service";

fn list<'a>(value: &'a Value, name: &str) -> &'a Vec<Value> {
    value[name].as_array().unwrap_or_else(|| panic!("{name} is a list"))
}

/// Every sentence that states something cites claims that exist, and every claim has its source.
fn assert_proven(proof: &Value) {
    let claims: BTreeSet<&str> =
        list(proof, "claims").iter().filter_map(|claim| claim["id"].as_str()).collect();
    let sources: BTreeSet<&str> =
        list(proof, "sources").iter().filter_map(|source| source["id"].as_str()).collect();
    assert!(!claims.is_empty() && !sources.is_empty());
    for claim in list(proof, "claims") {
        let source = claim["quote"]["source"].as_str().unwrap();
        assert!(sources.contains(source), "a claim without its source: {claim}");
    }
    let mut cited = 0;
    for section in list(proof, "sections") {
        for sentence in list(section, "paragraphs").iter().flat_map(|p| list(p, "sentences")) {
            let ids = list(sentence, "claims");
            if matches!(sentence["role"].as_str(), Some("fact" | "quote")) {
                assert!(!ids.is_empty(), "a statement without a claim: {sentence}");
                cited += 1;
            }
            assert!(ids.iter().all(|id| claims.contains(id.as_str().unwrap())), "{sentence}");
        }
    }
    assert!(cited >= 5, "only {cited} statements");
}

#[test]
fn real_documents_become_an_article_whose_quotes_stand_in_them() {
    let Some(folder) = corpus::shared("customer-service") else { return };
    let place = Place::new();
    let folder_arg = folder.to_str().unwrap();
    let ran = place.run_topic(TOPIC, &["--sources", folder_arg]).success();
    assert!(ran.out().contains("galley explain"), "{}", ran.out());
    let posts = place.posts();
    assert_eq!(posts.len(), 1, "one article: {:?}", posts.keys());
    let proof = posts.values().next().unwrap();
    assert_proven(proof);
    let documents = texts(&folder);
    for claim in list(proof, "claims") {
        let quote = flat(claim["quote"]["text"].as_str().unwrap());
        let found = documents.iter().any(|document| document.contains(&quote));
        assert!(found, "not verbatim in any document: {quote}");
    }
}

#[test]
fn without_sources_the_samples_are_read() {
    let place = Place::new();
    let ran = place.run_topic("What to know about coffee", &["--words", "400"]).success();
    assert!(ran.out().contains("no model is configured"), "{}", ran.out());
    let (slug, proof) = place.posts().pop_first().unwrap();
    assert_proven(&proof);
    let read = |name: &str| fs::read_to_string(place.site().join(&slug).join(name)).unwrap();
    assert!(read("index.html").contains("without a language model"));
    assert!(read("index.md").contains("\"kind\":\"digest\""));
    for name in ["feed.xml", "atom.xml", "sitemap.xml", "robots.txt", "style.css", "index.html"] {
        assert!(place.site().join(name).exists(), "{name}");
    }
}

#[test]
fn every_step_is_explained_and_nothing_is_stuck() {
    let place = Place::new();
    let _ran = place.run_topic("How coffee is roasted", &["--words", "300"]).success();
    let records = place.records(None);
    let done: Vec<&str> = events(&records)
        .filter(|event| event["is"] == "done")
        .filter_map(|event| event["task"].as_str())
        .collect();
    for step in ["brief", "ideas", "research.0", "draft", "seo", "review", "publish"] {
        assert!(done.iter().any(|task| task.split('@').next() == Some(step)), "{step} in {done:?}");
    }
    let text = place.run(&["explain"]).success().out();
    assert!(text.contains("handed to publishing") && text.contains("chose"), "{text}");
    let proof = place.run(&["explain", "--proof"]).success().out();
    assert!(proof.contains('←') && proof.contains("bytes"), "{proof}");
    assert!(place.run(&["doctor"]).success().out().contains("nothing is stuck or broken"));
}

#[test]
fn a_second_article_on_the_same_topic_stands_beside_the_first() {
    let place = Place::new();
    for _ in 0..2 {
        let _ran = place.run_topic("How coffee is roasted", &["--words", "300"]).success();
    }
    assert_eq!(place.posts().len(), 2);
    let feed = fs::read_to_string(place.site().join("feed.xml")).unwrap();
    assert_eq!(feed.matches("<item>").count(), 2);
}
