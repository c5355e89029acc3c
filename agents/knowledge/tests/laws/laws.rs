//! What every adapter of the port keeps. Each law gets a memory of its own, empty at first.

use std::sync::Arc;

use async_trait::async_trait;
use galley_agents_knowledge::{EmbedError, Embedder, Entry, Knowledge, Query};
use serde_json::json;
use tokio::task::JoinSet;

use crate::place::Place;

pub(crate) fn entry(key: &str, title: &str) -> Entry {
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

pub(crate) async fn keys(memory: &dyn Knowledge, text: &str, limit: usize) -> Vec<String> {
    let hits = memory.recall(&query(text, limit)).await.expect("recall works");
    hits.into_iter().map(|hit| hit.entry.key).collect()
}

pub(crate) async fn what_was_remembered_is_found_as_it_was(place: &impl Place) {
    let memory = place.opened().await;
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

pub(crate) async fn remembering_a_key_again_keeps_one_entry(place: &impl Place) {
    let memory = place.opened().await;
    memory.remember(&[entry("a", "Bees dance")]).await.unwrap();
    memory.remember(&[entry("a", "Wasps sting")]).await.unwrap();
    let hits = memory.recall(&query("bees wasps", 10)).await.unwrap();
    assert_eq!(hits.len(), 1);
    assert_eq!(hits[0].entry.title, "Wasps sting");
}

pub(crate) async fn the_limit_holds_and_the_same_state_gives_the_same_hits(place: &impl Place) {
    let memory = place.opened().await;
    let entries: Vec<Entry> = (0..30).map(|i| entry(&format!("k{i}"), "The same title")).collect();
    memory.remember(&entries).await.unwrap();
    let once = keys(&*memory, "same title", 7).await;
    assert_eq!(once.len(), 7);
    assert_eq!(keys(&*memory, "same title", 7).await, once);
    assert_eq!(keys(&*memory, "same title", 0).await.len(), 1);
}

pub(crate) async fn spaces_do_not_see_each_other(place: &impl Place) {
    let memory = place.opened().await;
    let mut idea = entry("a", "Bees dance");
    idea.space = "ideas".to_owned();
    memory.remember(&[idea]).await.unwrap();
    assert_eq!(keys(&*memory, "bees dance", 5).await, Vec::<String>::new());
}

pub(crate) async fn what_was_forgotten_is_gone_and_forgetting_again_is_nothing(place: &impl Place) {
    let memory = place.opened().await;
    memory.remember(&[entry("a", "Bees dance"), entry("b", "Bees sleep")]).await.unwrap();
    memory.forget("articles", "a").await.unwrap();
    memory.forget("articles", "a").await.unwrap();
    memory.forget("nowhere", "b").await.unwrap();
    assert_eq!(keys(&*memory, "bees", 5).await, ["b"]);
}

pub(crate) async fn hostile_text_is_only_text(place: &impl Place) {
    let memory = place.opened().await;
    let text = "'; DROP TABLE knowledge_entries; -- \" OR NEAR( * \u{0} ^ {title}: ";
    memory.remember(&[entry("a", text)]).await.unwrap();
    assert_eq!(keys(&*memory, text, 5).await, ["a"]);
    assert_eq!(keys(&*memory, "", 5).await, ["a"]);
}

pub(crate) async fn of_two_with_one_key_the_later_counts(place: &impl Place) {
    let memory = place.opened().await;
    memory.remember(&[entry("a", "Bees dance"), entry("a", "Wasps sting")]).await.unwrap();
    let hits = memory.recall(&query("bees wasps", 10)).await.unwrap();
    let titles: Vec<&str> = hits.iter().map(|hit| hit.entry.title.as_str()).collect();
    assert_eq!(titles, ["Wasps sting"]);
}

pub(crate) async fn a_word_in_another_form_is_found(place: &impl Place) {
    let memory = place.opened().await;
    memory.remember(&[entry("a", "Bees dance"), entry("b", "Trains run late")]).await.unwrap();
    assert_eq!(keys(&*memory, "the dancing bee", 1).await, ["a"]);
    assert_eq!(keys(&*memory, "RUNNING TRAINS", 1).await, ["b"]);
}

pub(crate) async fn long_texts_and_long_questions_are_taken(place: &impl Place) {
    let memory = place.opened().await;
    let mut long = entry("long", "Bees dance");
    long.text = (0..20_000).map(|i| format!("w{i:05}x{} ", i * 7919)).collect();
    memory.remember(&[long.clone(), entry("b", "Trains run late")]).await.unwrap();
    let hits = memory.recall(&query(&long.text, 1)).await.unwrap();
    assert_eq!(hits[0].entry, long);
}

pub(crate) async fn a_restart_forgets_nothing(place: &impl Place) {
    place.opened().await.remember(&[entry("a", "Bees dance")]).await.unwrap();
    assert_eq!(keys(&*place.opened().await, "dancing bees", 5).await, ["a"]);
}

pub(crate) async fn those_who_open_at_once_share_one_memory(place: &impl Place) {
    let opened = futures::future::join_all((0..8).map(|_| place.opened())).await;
    for (i, memory) in opened.iter().enumerate() {
        memory.remember(&[entry(&format!("k{i}"), "Bees dance")]).await.unwrap();
        assert_eq!(keys(&*opened[0], "bees", 100).await.len(), i + 1);
    }
}

pub(crate) async fn four_writers_lose_nothing(place: &impl Place) {
    let mut writers = JoinSet::new();
    for writer in 0..4 {
        // They share nothing but what is kept.
        let memory = place.opened().await;
        writers.spawn(async move {
            for i in 0..25 {
                let key = format!("w{writer}-{i}");
                memory.remember(&[entry(&key, &format!("Bees of hive {writer}"))]).await.unwrap();
                assert!(!keys(&*memory, "bees", 3).await.is_empty());
            }
        });
    }
    while let Some(ended) = writers.join_next().await {
        ended.unwrap();
    }
    assert_eq!(keys(&*place.opened().await, "bees of the hive", 100).await.len(), 100);
}

pub(crate) async fn writers_of_the_same_keys_do_not_stop_each_other(place: &impl Place) {
    let mut writers = JoinSet::new();
    for writer in 0..4 {
        let memory = place.opened().await;
        writers.spawn(async move {
            for round in 0..10 {
                let mut entries: Vec<Entry> =
                    (0..20).map(|i| entry(&format!("k{i}"), "Bees dance")).collect();
                // Everybody goes through them in another order.
                entries.rotate_left((writer * 5 + round) % 20);
                memory.remember(&entries).await.unwrap();
            }
        });
    }
    while let Some(ended) = writers.join_next().await {
        ended.unwrap();
    }
    assert_eq!(keys(&*place.opened().await, "bees", 100).await.len(), 20);
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

pub(crate) async fn another_embedder_sees_what_was_remembered_before_it_came(place: &impl Place) {
    let first = place.opened().await;
    first.remember(&[entry("a", "Bees dance"), entry("b", "Trains run late")]).await.unwrap();
    let other = place.open(Arc::new(Apiarist)).await;
    let hits = other.recall(&query("Bees", 2)).await.unwrap();
    assert_eq!(hits[0].entry.key, "a");
    assert!((hits[0].similarity - 1.0).abs() < 1e-6);
    assert!(hits[1].similarity.abs() < 1e-6);
    // The first embedder's vectors are still there, and never compared with the other's.
    assert_eq!(keys(&*place.opened().await, "late trains", 1).await, ["b"]);
}

pub(crate) async fn what_is_replaced_has_no_old_vector(place: &impl Place) {
    let (first, other) = (place.opened().await, place.open(Arc::new(Apiarist)).await);
    first.remember(&[entry("a", "Bees dance")]).await.unwrap();
    let similarity = async || other.recall(&query("Bees", 1)).await.unwrap()[0].similarity;
    assert!((similarity().await - 1.0).abs() < 1e-6);
    first.remember(&[entry("a", "Trains run late")]).await.unwrap();
    assert!(similarity().await.abs() < 1e-6);
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

pub(crate) async fn all_or_none_is_kept(place: &impl Place) {
    let broken = place.open(Arc::new(Broken)).await;
    let error = broken.remember(&[entry("a", "Bees dance")]).await.unwrap_err();
    assert_eq!(error.to_string(), "knowledge store failed: embed texts");
    assert_eq!(keys(&*place.opened().await, "bees", 5).await, Vec::<String>::new());
}
