//! The agent over real documents: the samples of the project, and the shared corpus where it is there.

use std::path::Path;
use std::sync::Arc;

use galley_agents_ideation::{Config, Ideation, Input, Output};
use galley_agents_knowledge::{Entry, Knowledge, Offline, SqliteKnowledge};
use galley_agents_model::{Completion, Finish, Recorded, Usage};
use galley_agents_sdk::harness::Harness;
use galley_agents_web::{ExtractConfig, RawDocument, extract};
use galley_schemas::artifact::ArtifactRef;
use galley_schemas::content::{Brief, Corpus, Intention, Source};
use serde_json::json;

const SAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../research/samples");
const SHARED: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/customer-service");

/// Stores the documents of a folder as ingestion does; none when the folder is not there.
async fn corpus(harness: &Harness, folder: &str) -> Option<(ArtifactRef, u32)> {
    let entries = std::fs::read_dir(Path::new(folder)).ok()?;
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("it can be listed").path()).collect();
    paths.sort();
    let mut corpus = Corpus::default();
    for path in paths {
        let bytes = std::fs::read(&path).expect("it can be read");
        let locator = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
        let raw = RawDocument {
            locator: locator.clone(),
            url: None,
            media_type: "text/markdown".to_owned(),
            charset: None,
            bytes: bytes.clone().into(),
        };
        let Ok(document) = extract(&raw, &ExtractConfig::default()) else { continue };
        let original = harness.put_bytes(bytes, "text/markdown").await.expect("it is small");
        let text = harness.put_bytes(document.text, "text/plain").await.expect("it is small");
        corpus.sources.push(Source {
            id: original.sha256.clone(),
            original,
            text,
            locator,
            url: document.url,
            title: document.title,
            author: document.author,
            publisher: document.publisher,
            published: document.published,
            language: document.language,
            words: 0,
            headings: document.headings,
        });
    }
    let count = u32::try_from(corpus.sources.len()).expect("it is small");
    Some((harness.put(&corpus).await.expect("it is small"), count))
}

fn brief(topic: &str, keyphrase: &str, (corpus, sources): (ArtifactRef, u32)) -> Brief {
    Brief {
        topic: topic.to_owned(),
        keyphrase: keyphrase.to_owned(),
        language: "en".to_owned(),
        intention: Intention::Explain,
        audience: None,
        style: None,
        words: 900,
        corpus,
        sources,
        skipped: 0,
        similar: Vec::new(),
    }
}

async fn ideate(harness: &Harness, brief: Brief) -> Output {
    let output = harness.run(&Ideation::default(), Input { brief: brief.clone() }).await;
    let output = output.expect("ideation works");
    check_outline(&output, &brief);
    output
}

/// For whoever runs the tests to read: `cargo test -p galley-agents-ideation -- --nocapture`.
fn show(output: &Output) {
    let mut text = format!("# {}\n", output.outline.title);
    for section in &output.outline.sections {
        text += &format!("## {} ({} words)\n{:?}\n", section.heading, section.words, section.terms);
    }
    for angle in &output.angles {
        text += &format!("- {} ({:.2}, {:.2})\n", angle.title, angle.support, angle.novelty);
    }
    std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes()).expect("it can be shown");
}

/// What every outline must be, whatever it was made from.
fn check_outline(output: &Output, brief: &Brief) {
    let outline = &output.outline;
    assert_eq!(outline.keyphrase, brief.keyphrase);
    let lead = output.angles.first().map(|angle| angle.title.as_str());
    assert_eq!(lead, Some(outline.title.as_str()));
    assert!((1..=5).contains(&output.angles.len()));
    assert_eq!(outline.sections.iter().map(|section| section.words).sum::<u32>(), brief.words);
    for (place, section) in outline.sections.iter().enumerate() {
        assert_eq!(section.index as usize, place);
        assert_eq!(section.corpus, brief.corpus);
        assert!((1..=6).contains(&section.questions.len()));
        assert!((3..=24).contains(&section.terms.len()), "{:?}", section.terms);
        let words = section.heading.split(' ').count();
        assert!(words <= 10 && section.heading.chars().count() <= 72, "{}", section.heading);
        assert!(section.heading.starts_with(|c: char| c.is_uppercase()), "{}", section.heading);
        let others = outline.sections.iter().skip(place + 1);
        assert!(
            others.clone().all(|other| other.heading != section.heading),
            "{}",
            section.heading
        );
    }
    for angle in &output.angles {
        assert!(
            (0.0..=1.0).contains(&angle.support) && (0.0..=1.0).contains(&angle.novelty),
            "{angle:?}"
        );
    }
}

#[tokio::test]
async fn the_samples_give_an_outline_that_an_editor_would_take() {
    let harness = Harness::new();
    let corpus = corpus(&harness, SAMPLES).await.expect("the samples are part of the project");
    let output =
        ideate(&harness, brief("How coffee gets from the plant to the cup", "coffee", corpus))
            .await;
    show(&output);
    assert!(output.outline.sections.len() >= 4);
    assert!(output.outline.title.to_lowercase().contains("coffee"));
    assert!(output.outline.title.chars().count() <= 60);
    assert_eq!(
        harness.choices().iter().map(|choice| choice.decision.as_str()).collect::<Vec<_>>(),
        ["angle", "headline_style"]
    );
}

#[tokio::test]
async fn the_shared_corpus_gives_an_outline_about_the_topic() {
    let harness = Harness::new();
    let Some(corpus) = corpus(&harness, SHARED).await else {
        eprintln!("skipped: no {SHARED}");
        return;
    };
    let brief = brief("How AI chatbots change customer service", "AI chatbots", corpus);
    let output = ideate(&harness, brief).await;
    show(&output);
    assert_eq!(output.outline.sections.len(), 6);
    let about = |text: &str| {
        let text = text.to_lowercase();
        ["chatbot", "bot", "ai ", "artificial intelligence", "assistant"]
            .iter()
            .any(|word| text.contains(word))
    };
    let named = output.outline.sections.iter().filter(|section| about(&section.heading)).count();
    assert!(named >= 4, "{named} of 6 headings name the subject");
    assert!(
        output.outline.sections.iter().all(|section| section.terms.iter().any(|term| about(term)))
    );
}

#[tokio::test]
async fn documents_on_something_else_still_give_something_to_look_for() {
    let harness = Harness::new();
    let corpus = corpus(&harness, SAMPLES).await.expect("the samples are part of the project");
    let output = ideate(&harness, brief("Quantum annealing", "quantum annealing", corpus)).await;
    assert!(output.outline.sections.len() >= 3);
    assert!(output.outline.title.to_lowercase().contains("quantum annealing"));
}

#[tokio::test]
async fn what_was_published_before_is_told_otherwise() {
    let memory = SqliteKnowledge::in_memory(Arc::new(Offline)).expect("a memory opens");
    let memory: Arc<dyn Knowledge> = Arc::new(memory);
    let harness = Harness::new().knowledge(Arc::clone(&memory));
    let corpus = corpus(&harness, SAMPLES).await.expect("the samples are part of the project");
    let brief = brief("How coffee gets from the plant to the cup", "coffee", corpus.clone());
    let first = ideate(&harness, brief.clone()).await;
    // The same goal again is not held against itself.
    let again = ideate(&harness, brief.clone()).await;
    assert_eq!(again.outline.title, first.outline.title);
    let published = Entry {
        key: "https://example.org/coffee".to_owned(),
        space: "articles".to_owned(),
        title: first.outline.title.clone(),
        text: "It was published.".to_owned(),
        meta: json!({ "goal": "another" }),
    };
    memory.remember(&[published]).await.expect("it is remembered");
    let other = ideate(&harness, brief).await;
    assert_ne!(other.outline.title, first.outline.title);
    assert!(other.angles[0].novelty > 0.15, "{:?}", other.angles[0]);
}

#[tokio::test]
async fn ideas_are_remembered() {
    let memory = SqliteKnowledge::in_memory(Arc::new(Offline)).expect("a memory opens");
    let memory: Arc<dyn Knowledge> = Arc::new(memory);
    let harness = Harness::new().knowledge(Arc::clone(&memory));
    let corpus = corpus(&harness, SAMPLES).await.expect("the samples are part of the project");
    let output = ideate(&harness, brief("Caffeine and the body", "caffeine", corpus)).await;
    let query = galley_agents_knowledge::Query {
        space: "ideas".to_owned(),
        text: output.outline.title.clone(),
        limit: 10,
    };
    let hits = memory.recall(&query).await.expect("it recalls");
    assert_eq!(hits.len(), output.angles.len());
    assert_eq!(hits[0].entry.title, output.outline.title);
}

#[tokio::test]
async fn a_short_article_has_fewer_sections() {
    let harness = Harness::new();
    let corpus = corpus(&harness, SAMPLES).await.expect("the samples are part of the project");
    let mut brief = brief("How coffee gets from the plant to the cup", "coffee", corpus);
    brief.words = 300;
    let agent = Ideation::new(Config { sections_min: 2, ..Config::default() });
    let output = harness.run(&agent, Input { brief: brief.clone() }).await.expect("ideation works");
    check_outline(&output, &brief);
    assert_eq!(output.outline.sections.len(), 2);
}

fn reply(value: serde_json::Value) -> (String, Completion) {
    let completion = Completion {
        text: value.to_string(),
        value: Some(value),
        model: "recorded".to_owned(),
        usage: Usage::default(),
        usd_micros: 0,
        finish: Finish::Stop,
    };
    ("outline".to_owned(), completion)
}

async fn with_reply(value: serde_json::Value) -> Output {
    let harness = Harness::new().model(Arc::new(Recorded::new([reply(value)])));
    let corpus = corpus(&harness, SAMPLES).await.expect("the samples are part of the project");
    ideate(&harness, brief("How coffee gets from the plant to the cup", "coffee", corpus)).await
}

#[tokio::test]
async fn a_models_outline_is_taken_where_it_holds_and_repaired_where_it_does_not() {
    let output = with_reply(json!({
        "title": "Coffee on Its Way to the Cup",
        "angles": [{ "title": "What Farmers Earn From Coffee", "summary": "Follows the money." }],
        "sections": [
            { "heading": "## 1. from cherry to bean", "questions": ["How is it picked?"], "terms": ["cherries", "qubits", "washed process"] },
            { "heading": "From Cherry to Bean", "questions": [], "terms": [] },
            { "heading": "**!!**", "questions": [], "terms": [] },
            { "heading": "In the roaster", "questions": [], "terms": ["roasting"] },
        ]
    }))
    .await;
    let headings: Vec<&str> =
        output.outline.sections.iter().map(|section| section.heading.as_str()).collect();
    assert_eq!(headings, ["From Cherry to Bean", "In the Roaster"]);
    assert_eq!(output.outline.title, "Coffee on Its Way to the Cup");
    let (first, second) = (&output.outline.sections[0], &output.outline.sections[1]);
    assert_eq!(first.questions, ["How is it picked?"]);
    assert_eq!(second.questions, ["In the Roaster?"]);
    assert!(first.terms.contains(&"washed process".to_owned()) && first.terms.len() >= 8);
    assert!(!first.terms.contains(&"qubits".to_owned()), "no document has the word");
    assert!(output.angles.iter().any(|angle| angle.title == "What Farmers Earn From Coffee"));
}

#[tokio::test]
async fn a_model_that_answers_beside_the_point_is_done_without() {
    let by_rules = with_reply(json!(null)).await;
    assert_eq!(
        by_rules.outline.sections.len(),
        with_reply(json!({ "sections": 3 })).await.outline.sections.len()
    );
    let too_little = with_reply(json!({ "title": "Tea", "angles": [], "sections": [] })).await;
    assert!(too_little.outline.sections.len() >= 4);
    assert!(
        too_little.outline.title.to_lowercase().contains("coffee"),
        "the keyphrase is wanted in the title"
    );
}
