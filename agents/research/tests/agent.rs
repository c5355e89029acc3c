//! The agent over real documents: the samples, and the shared corpus where it is there.

use std::path::Path;
use std::sync::Arc;

use galley_agents_model::{Completion, Finish, Recorded, Usage};
use galley_agents_research::{Config, Input, Output, Research, samples};
use galley_agents_sdk::harness::Harness;
use galley_agents_web::{ExtractConfig, RawDocument, extract};
use galley_schemas::artifact::ArtifactRef;
use galley_schemas::content::{Claim, Corpus, Evidence, OutlineSection, Source};
use serde_json::{Value, json};

/// Stores documents as ingestion does, and the corpus of them.
async fn corpus(harness: &Harness, documents: Vec<(String, Vec<u8>)>) -> ArtifactRef {
    let mut corpus = Corpus::default();
    for (name, bytes) in documents {
        let raw = RawDocument {
            locator: name.clone(),
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
            locator: name,
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
    harness.put(&corpus).await.expect("it is small")
}

/// Who looks a quote up in the original finds it, white space aside.
async fn check_original(harness: &Harness, evidence: &Evidence, claim: &Claim) {
    let collapsed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let source = evidence.sources.iter().find(|source| source.id == claim.quote.source);
    let source = source.expect("it is listed");
    let raw = harness.get_bytes(&source.original).await.expect("it was stored");
    let raw = collapsed(&String::from_utf8_lossy(&raw));
    assert!(
        raw.contains(&collapsed(&claim.quote.text)),
        "{}: {}",
        source.locator,
        claim.quote.text
    );
}

async fn of_samples(harness: &Harness) -> ArtifactRef {
    let documents = samples().iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec()));
    corpus(harness, documents.collect()).await
}

fn section(index: u32, heading: &str, terms: &[&str], corpus: &ArtifactRef) -> OutlineSection {
    OutlineSection {
        index,
        heading: heading.to_owned(),
        questions: vec![format!("{heading}: what do the sources say?")],
        terms: terms.iter().map(|term| (*term).to_owned()).collect(),
        words: 150,
        corpus: corpus.clone(),
    }
}

async fn research(
    harness: &Harness,
    agent: &Research,
    section: OutlineSection,
) -> (Output, Evidence) {
    let output = harness.run(agent, Input { section, search: None }).await.expect("research works");
    let evidence: Evidence = harness.get(&output.evidence).await.expect("it was stored");
    (output, evidence)
}

/// Every quote stands in its source, byte for byte, and what is counted is there.
async fn check_proof(harness: &Harness, output: &Output, evidence: &Evidence) {
    assert_eq!(output.claims as usize, evidence.claims.len());
    assert_eq!(output.sources as usize, evidence.sources.len());
    for claim in &evidence.claims {
        for quote in std::iter::once(&claim.quote).chain(&claim.also_in) {
            let source = evidence
                .sources
                .iter()
                .find(|source| source.id == quote.source)
                .expect("it is listed");
            assert_eq!(source.text.sha256, quote.text_sha256);
            let text = harness.get_bytes(&source.text).await.expect("it was stored");
            let start = usize::try_from(quote.start).expect("it fits");
            let end = usize::try_from(quote.end).expect("it fits");
            assert_eq!(text.get(start..end), Some(quote.text.as_bytes()));
        }
        assert_eq!(claim.statement, claim.quote.text);
        assert!((0.0..=1.0).contains(&claim.relevance));
    }
}

#[tokio::test]
async fn the_samples_answer_what_they_are_about_from_several_sources() {
    let harness = Harness::new();
    let corpus = of_samples(&harness).await;
    let agent = Research::new(Config::default());
    for (heading, terms) in [
        ("How Coffee Is Roasted", &["roasting", "first crack", "beans", "Maillard reaction"][..]),
        ("Caffeine and Sleep", &["caffeine", "sleep", "milligrams", "adenosine"]),
        ("Where Coffee Grows", &["grows", "Brazil", "Ethiopia", "height", "regions"]),
    ] {
        let (output, evidence) =
            research(&harness, &agent, section(3, heading, terms, &corpus)).await;
        assert_eq!((output.section, evidence.section), (3, 3));
        assert!(output.claims >= 4 && output.sources >= 3, "{heading}: {output:?}");
        check_proof(&harness, &output, &evidence).await;
    }
}

#[tokio::test]
async fn a_section_that_no_source_knows_ends_without_claims_and_not_in_failure() {
    let harness = Harness::new();
    let corpus = of_samples(&harness).await;
    let asked = section(0, "Quantum Annealing", &["qubit", "annealing", "quantum"], &corpus);
    let (output, evidence) = research(&harness, &Research::default(), asked).await;
    assert_eq!((output.claims, output.sources), (0, 0));
    assert!(evidence.claims.is_empty() && evidence.contradictions.is_empty());
}

#[tokio::test]
async fn an_empty_corpus_ends_without_claims() {
    let harness = Harness::new();
    let corpus = corpus(&harness, Vec::new()).await;
    let asked = section(0, "Coffee", &["coffee"], &corpus);
    let (output, _) = research(&harness, &Research::default(), asked).await;
    assert_eq!(output.claims, 0);
}

#[tokio::test]
async fn a_text_that_is_not_what_it_should_be_is_a_fault_with_a_code() {
    let harness = Harness::new();
    let broken =
        harness.put_bytes(vec![0xff, 0xfe, 0x00], "text/plain").await.expect("it is small");
    let source = Source {
        id: broken.sha256.clone(),
        original: broken.clone(),
        text: broken,
        locator: "broken.txt".to_owned(),
        url: None,
        title: "Broken".to_owned(),
        author: None,
        publisher: None,
        published: None,
        language: None,
        words: 1,
        headings: Vec::new(),
    };
    let corpus = Corpus { sources: vec![source], skipped: Vec::new() };
    let corpus = harness.put(&corpus).await.expect("it is small");
    let asked = Input { section: section(0, "Coffee", &["coffee"], &corpus), search: None };
    let fault = harness.run(&Research::default(), asked).await.expect_err("it is not UTF-8");
    assert_eq!((fault.code.as_str(), fault.retryable), ("GLY0600", false));
}

#[tokio::test]
async fn the_same_section_gives_the_same_evidence_again() {
    let harness = Harness::new();
    let corpus = of_samples(&harness).await;
    let asked = section(1, "Espresso", &["espresso", "pressure", "crema"], &corpus);
    let once = research(&harness, &Research::default(), asked.clone()).await;
    assert_eq!(research(&harness, &Research::default(), asked).await, once);
}

fn reply(purpose: &str, value: Value) -> (String, Completion) {
    let completion = Completion {
        text: value.to_string(),
        value: Some(value),
        model: "recorded".to_owned(),
        usage: Usage::default(),
        usd_micros: 0,
        finish: Finish::Stop,
    };
    (purpose.to_owned(), completion)
}

#[tokio::test]
async fn with_a_model_statements_are_its_own_and_quotes_stay_verbatim() {
    let plain = Harness::new();
    let corpus = of_samples(&plain).await;
    let asked = section(1, "Espresso", &["espresso", "pressure", "crema"], &corpus);
    let agent = || Research::new(Config { per_source_max: 9, ..Config::default() });
    let (_, candidates) = research(&plain, &agent(), asked.clone()).await;
    let crema = candidates
        .claims
        .iter()
        .find(|claim| claim.quote.text.contains("Crema forms"))
        .expect("it is found");
    let bar = candidates
        .claims
        .iter()
        .find(|claim| claim.quote.text.contains("about nine bar"))
        .expect("it is found");
    let questions = json!({ "questions": [{ "perspective": "barista", "question": "Where does crema come from?", "terms": ["foam"] }] });
    let statements = json!({ "claims": [
        { "quote": crema.id, "statement": "The foam comes from carbon dioxide that dissolves under pressure." },
        { "quote": "no-such-id", "statement": "Espresso was invented on the moon." },
        { "quote": bar.id, "statement": "Espresso is brewed at about fifteen bar, says Acme." },
        { "quote": crema.id, "statement": "Said twice." },
    ] });
    let model =
        Arc::new(Recorded::new([reply("questions", questions), reply("statements", statements)]));
    let harness = Harness::new().model(Arc::<Recorded>::clone(&model));
    let same_corpus = of_samples(&harness).await;
    assert_eq!(same_corpus, corpus);
    let (output, evidence) = research(&harness, &agent(), asked).await;
    assert_eq!(output.claims, 2);
    let (first, second) = (evidence.claims[0].clone(), evidence.claims[1].clone());
    assert_eq!(first.quote, crema.quote);
    assert_eq!(
        first.statement,
        "The foam comes from carbon dioxide that dissolves under pressure."
    );
    // A name that the quote does not have: the quote speaks for itself.
    assert_eq!(second.statement, second.quote.text);
    assert!(model.asked()[1].user.contains("Where does crema come from?"));
    // Another attempt asks nothing again: its replies are in the journal.
    let asked = section(1, "Espresso", &["espresso", "pressure", "crema"], &corpus);
    assert_eq!(research(&harness, &agent(), asked).await, (output, evidence));
    assert_eq!(model.asked().len(), 2);
}

#[tokio::test]
async fn a_model_that_answers_beside_the_point_is_done_without() {
    let nonsense = [reply("questions", json!(7)), reply("statements", json!({ "claims": "none" }))];
    let harness = Harness::new().model(Arc::new(Recorded::new(nonsense)));
    let corpus = of_samples(&harness).await;
    let asked = section(1, "Espresso", &["espresso", "pressure", "crema"], &corpus);
    let (output, evidence) = research(&harness, &Research::default(), asked).await;
    assert!(output.claims >= 4);
    check_proof(&harness, &output, &evidence).await;
}

#[tokio::test]
async fn over_the_shared_corpus_quotes_are_whole_sentences_of_several_sources() {
    let folder =
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus/customer-service"));
    let Ok(entries) = std::fs::read_dir(folder) else {
        eprintln!("skipped: no {}", folder.display());
        return;
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("it can be listed").path()).collect();
    paths.sort();
    let read = |path: &std::path::PathBuf| {
        let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
        (name, std::fs::read(path).expect("it can be read"))
    };
    let harness = Harness::new();
    let corpus = corpus(&harness, paths.iter().map(read).collect()).await;
    let agent = Research::default();
    for (heading, terms) in [
        ("What a Chatbot Is", &["chatbot", "artificial intelligence", "conversational", "bot"][..]),
        ("What Changes for Employees", &["employees", "workforce", "automation", "AI", "chatbot"]),
        (
            "Measuring Customer Satisfaction",
            &["customer satisfaction", "survey", "metrics", "score"],
        ),
    ] {
        let (output, evidence) =
            research(&harness, &agent, section(0, heading, terms, &corpus)).await;
        assert!(output.claims >= 8 && output.sources >= 4, "{heading}: {output:?}");
        check_proof(&harness, &output, &evidence).await;
        for claim in &evidence.claims {
            let text = claim.quote.text.as_str();
            check_original(&harness, &evidence, claim).await;
            println!("{:.2} {:?} {text}", claim.relevance, claim.kind);
            assert!(
                text.starts_with(|c: char| !c.is_lowercase()) && !text.contains("http"),
                "{text}"
            );
            assert!(text.trim_end_matches(['”', '"', ')', '’']).ends_with('.'), "{text}");
        }
    }
}
