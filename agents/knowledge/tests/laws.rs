//! The laws of the port, on the adapter that keeps it on SQLite.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use galley_agents_knowledge::{
    EmbedError, Embedder, Entry, Knowledge, Offline, Query, SqliteKnowledge,
};
use serde_json::json;

fn entry(key: &str, title: &str) -> Entry {
    Entry {
        key: key.to_owned(),
        space: "articles".to_owned(),
        title: title.to_owned(),
        text: format!("{title}, told at length."),
        meta: json!({ "url": format!("https://example.org/{key}") }),
    }
}

fn query(text: &str, limit: usize) -> Query {
    Query { space: "articles".to_owned(), text: text.to_owned(), limit }
}

async fn keys(memory: &SqliteKnowledge, text: &str, limit: usize) -> Vec<String> {
    let hits = memory.recall(&query(text, limit)).await.expect("recall works");
    hits.into_iter().map(|hit| hit.entry.key).collect()
}

fn fresh() -> SqliteKnowledge {
    SqliteKnowledge::in_memory(Arc::new(Offline)).expect("memory opens")
}

fn at(path: &Path) -> SqliteKnowledge {
    SqliteKnowledge::open(path, Arc::new(Offline)).expect("file opens")
}

#[tokio::test]
async fn what_was_remembered_is_found_as_it_was() {
    let memory = fresh();
    let bread = entry("bread", "How sourdough bread rises");
    let bots = entry("bots", "How chatbots change customer service");
    memory.remember(&[bread.clone(), bots.clone()]).await.unwrap();
    let hits = memory.recall(&query("customer service chatbots", 1)).await.unwrap();
    assert_eq!(hits[0].entry, bots);
    assert!(hits[0].similarity > 0.5, "{}", hits[0].similarity);
    let hits = memory.recall(&query("sourdough", 2)).await.unwrap();
    assert_eq!(hits[0].entry, bread);
    assert!(hits[0].score > hits[1].score);
    assert!(hits[0].similarity > hits[1].similarity);
}

#[tokio::test]
async fn remembering_a_key_again_keeps_one_entry() {
    let memory = fresh();
    memory.remember(&[entry("a", "Bees dance")]).await.unwrap();
    memory.remember(&[entry("a", "Wasps sting")]).await.unwrap();
    let hits = memory.recall(&query("bees wasps", 10)).await.unwrap();
    assert_eq!(hits.len(), 1);
    assert_eq!(hits[0].entry.title, "Wasps sting");
}

#[tokio::test]
async fn the_limit_holds_and_the_same_state_gives_the_same_hits() {
    let memory = fresh();
    let entries: Vec<Entry> = (0..30).map(|i| entry(&format!("k{i}"), "The same title")).collect();
    memory.remember(&entries).await.unwrap();
    let once = keys(&memory, "same title", 7).await;
    assert_eq!(once.len(), 7);
    assert_eq!(keys(&memory, "same title", 7).await, once);
    assert_eq!(keys(&memory, "same title", 0).await.len(), 1);
}

#[tokio::test]
async fn spaces_do_not_see_each_other() {
    let memory = fresh();
    let mut idea = entry("a", "Bees dance");
    idea.space = "ideas".to_owned();
    memory.remember(&[idea]).await.unwrap();
    assert_eq!(keys(&memory, "bees dance", 5).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_was_forgotten_is_gone_and_forgetting_again_is_nothing() {
    let memory = fresh();
    memory.remember(&[entry("a", "Bees dance"), entry("b", "Bees sleep")]).await.unwrap();
    memory.forget("articles", "a").await.unwrap();
    memory.forget("articles", "a").await.unwrap();
    memory.forget("nowhere", "b").await.unwrap();
    assert_eq!(keys(&memory, "bees", 5).await, ["b"]);
}

#[tokio::test]
async fn hostile_text_is_only_text() {
    let memory = fresh();
    let text = "'; DROP TABLE knowledge_entries; -- \" OR NEAR( * \u{0} ^ {title}: ";
    memory.remember(&[entry("a", text)]).await.unwrap();
    assert_eq!(keys(&memory, text, 5).await, ["a"]);
    assert_eq!(keys(&memory, "", 5).await, ["a"]);
}

#[tokio::test]
async fn a_restart_forgets_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("galley.db");
    at(&path).remember(&[entry("a", "Bees dance")]).await.unwrap();
    assert_eq!(keys(&at(&path), "dancing bees", 5).await, ["a"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn four_writers_on_one_file_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("galley.db");
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..4 {
        // Half of them share nothing but the file.
        let memory = at(&path);
        writers.spawn(async move {
            for i in 0..25 {
                let key = format!("w{writer}-{i}");
                memory.remember(&[entry(&key, &format!("Bees of hive {writer}"))]).await.unwrap();
                assert!(!keys(&memory, "bees", 3).await.is_empty());
            }
        });
    }
    while let Some(ended) = writers.join_next().await {
        ended.unwrap();
    }
    assert_eq!(keys(&at(&path), "bees of the hive", 100).await.len(), 100);
}

/// Knows two sorts of text: those about bees, and others.
#[derive(Debug)]
struct Apiarist;

#[async_trait]
impl Embedder for Apiarist {
    fn name(&self) -> &str {
        "apiarist"
    }
    async fn embed(&self, texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        let vector =
            |text: &String| if text.contains("Bees") { vec![1.0, 0.0] } else { vec![0.0, 1.0] };
        Ok(texts.iter().map(vector).collect())
    }
}

#[tokio::test]
async fn another_embedder_sees_what_was_remembered_before_it_came() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("galley.db");
    at(&path).remember(&[entry("a", "Bees dance"), entry("b", "Trains run late")]).await.unwrap();
    let other = SqliteKnowledge::open(&path, Arc::new(Apiarist)).unwrap();
    let hits = other.recall(&query("Bees", 2)).await.unwrap();
    assert_eq!(hits[0].entry.key, "a");
    assert!((hits[0].similarity - 1.0).abs() < 1e-6);
    assert!(hits[1].similarity.abs() < 1e-6);
    // The first embedder's vectors are still there, and never compared with the other's.
    assert_eq!(keys(&at(&path), "late trains", 1).await, ["b"]);
}

/// Fails always.
#[derive(Debug)]
struct Broken;

#[async_trait]
impl Embedder for Broken {
    fn name(&self) -> &str {
        "broken"
    }
    async fn embed(&self, _texts: &[String]) -> Result<Vec<Vec<f32>>, EmbedError> {
        Err(EmbedError { embedder: "broken".to_owned(), cause: "no server".into() })
    }
}

#[tokio::test]
async fn all_or_none_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("galley.db");
    let broken = SqliteKnowledge::open(&path, Arc::new(Broken)).unwrap();
    let error = broken.remember(&[entry("a", "Bees dance")]).await.unwrap_err();
    assert_eq!(error.to_string(), "knowledge store failed: embed texts");
    assert_eq!(keys(&at(&path), "bees", 5).await, Vec::<String>::new());
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("galley.db");
    std::fs::write(&path, "no database at all, but some text that is long enough for a header")
        .unwrap();
    assert!(SqliteKnowledge::open(&path, Arc::new(Offline)).is_err());
}
