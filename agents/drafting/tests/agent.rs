//! The agent as a task sees it: evidence in, article out, with and without a model.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use galley_agents_drafting::{Config, Drafting, Input, Researched};
use galley_agents_model::{Completion, Finish, Model, ModelCard, ModelError, Prompt, Usage};
use galley_agents_sdk::harness::Harness;
use galley_schemas::artifact::{ArtifactRef, Digest};
use galley_schemas::content::{
    Article, Brief, Claim, ClaimKind, Dossier, Evidence, Finding, Intention, Outline,
    OutlineSection, Quote, Role, Severity, Source, Writing,
};
use galley_schemas::task::Revision;
use serde_json::{Value, json};

const TEXTS: [&str; 4] = [
    "A night desk answers the phone between dusk and dawn.",
    "The night desk in Oslo took 120 calls in its first week.",
    "Callers asked mostly for the hours of the library.",
    "Clerks should write down every question that comes twice.",
];

fn artifact(text: &str) -> ArtifactRef {
    ArtifactRef {
        sha256: Digest::of(text.as_bytes()),
        bytes: u64::try_from(text.len()).unwrap(),
        media_type: "text/plain".to_owned(),
    }
}

fn source() -> Source {
    Source {
        id: Digest::of(b"source"),
        original: artifact("source"),
        text: artifact("source"),
        locator: "desk.md".to_owned(),
        url: None,
        title: "The Night Desk".to_owned(),
        author: None,
        publisher: Some("Oslo Library".to_owned()),
        published: "2021-05-01".parse().ok(),
        language: None,
        words: 40,
        headings: Vec::new(),
    }
}

fn claim((index, text): (usize, &str)) -> Claim {
    Claim {
        id: format!("c{index}"),
        statement: text.to_owned(),
        quote: Quote {
            source: source().id,
            text_sha256: artifact("source").sha256,
            start: u64::try_from(index * 100).unwrap(),
            end: u64::try_from(index * 100 + text.len()).unwrap(),
            text: text.to_owned(),
        },
        kind: ClaimKind::Fact,
        relevance: 0.9,
        also_in: Vec::new(),
    }
}

async fn input(harness: &Harness) -> Input {
    let evidence = Evidence {
        section: 0,
        heading: "What happens at night".to_owned(),
        claims: TEXTS.into_iter().enumerate().map(claim).collect(),
        sources: vec![source()],
        contradictions: Vec::new(),
        dossier: Dossier::default(),
    };
    let outline = Outline {
        title: "How a night desk works".to_owned(),
        keyphrase: "night desk".to_owned(),
        sections: vec![OutlineSection {
            index: 0,
            heading: evidence.heading.clone(),
            questions: vec!["What happens at night?".to_owned()],
            terms: vec!["night desk".to_owned()],
            words: 200,
            corpus: artifact("corpus"),
        }],
    };
    let brief = Brief {
        topic: "How a night desk works".to_owned(),
        keyphrase: "night desk".to_owned(),
        language: "en".to_owned(),
        intention: Intention::Explain,
        audience: None,
        style: None,
        words: 300,
        corpus: artifact("corpus"),
        sources: 1,
        skipped: 0,
        similar: Vec::new(),
    };
    let evidence = harness.put(&evidence).await.unwrap();
    let evidence = vec![Researched { section: 0, evidence, claims: 4, sources: 1 }];
    Input { brief, outline, evidence }
}

fn sentences(article: &Article) -> Vec<(&str, Role)> {
    article
        .sections
        .iter()
        .flat_map(|section| &section.paragraphs)
        .flat_map(|paragraph| &paragraph.sentences)
        .map(|sentence| (sentence.text.as_str(), sentence.role))
        .collect()
}

/// A model that says what it was told to, in order.
#[derive(Debug)]
struct Scripted {
    card: ModelCard,
    replies: Mutex<Vec<Value>>,
    asked: Mutex<Vec<String>>,
}

impl Scripted {
    fn new(mut replies: Vec<Value>) -> Arc<Self> {
        replies.reverse();
        let card =
            ModelCard { name: "scripted".to_owned(), protocol: "openai".to_owned(), embeds: false };
        Arc::new(Self { card, replies: Mutex::new(replies), asked: Mutex::default() })
    }
}

#[async_trait]
impl Model for Scripted {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    async fn complete(&self, prompt: &Prompt) -> Result<Completion, ModelError> {
        self.asked.lock().unwrap().push(prompt.purpose.clone());
        let value = self.replies.lock().unwrap().pop();
        Ok(Completion {
            text: String::new(),
            value,
            model: self.card.name.clone(),
            usage: Usage::default(),
            usd_micros: 0,
            finish: Finish::Stop,
        })
    }

    async fn embed(&self, _: &[String]) -> Result<Vec<Vec<f32>>, ModelError> {
        Ok(Vec::new())
    }
}

fn reply(sentences: &[(&str, &str, &[&str])]) -> Value {
    let sentences: Vec<Value> = sentences
        .iter()
        .map(|(text, role, claims)| json!({ "text": text, "role": role, "claims": claims }))
        .collect();
    json!({ "paragraphs": [{ "sentences": sentences }] })
}

#[tokio::test]
async fn without_a_model_the_article_is_a_digest_and_says_so() {
    let harness = Harness::new();
    let output = harness.run(&Drafting::default(), input(&harness).await).await.unwrap();
    let article: Article = harness.get(&output.article).await.unwrap();
    assert_eq!(article.writing, Writing::Digest);
    assert_eq!(article.title, "How a night desk works");
    assert_eq!((output.claims, output.sources), (4, 1));
    assert_eq!(article.length.words, output.words);
    let quotes = sentences(&article).iter().filter(|(_, role)| *role == Role::Quote).count();
    assert_eq!(quotes, 4);
}

#[tokio::test]
async fn a_second_attempt_writes_the_same_article() {
    let harness = Harness::new();
    let first = harness.run(&Drafting::default(), input(&harness).await).await;
    let second = harness.run(&Drafting::default(), input(&harness).await).await;
    assert_eq!(first, second);
}

#[tokio::test]
async fn without_evidence_there_is_no_article() {
    let harness = Harness::new();
    let mut input = input(&harness).await;
    input.evidence.clear();
    let fault = harness.run(&Drafting::default(), input).await.unwrap_err();
    assert_eq!((fault.code.as_str(), fault.retryable), ("GLY0630", false));
}

#[tokio::test]
async fn what_a_review_names_is_not_quoted_again() {
    let harness = Harness::new();
    let first = harness.run(&Drafting::default(), input(&harness).await).await.unwrap();
    let article: Article = harness.get(&first.article).await.unwrap();
    let named = sentences(&article)
        .into_iter()
        .find(|(text, _)| text.contains("120 calls"))
        .map(|(text, _)| text.to_owned());
    let finding = Finding {
        rule: "number_not_in_evidence".to_owned(),
        severity: Severity::Major,
        section: Some(1),
        sentence: named,
        advice: "leave it out".to_owned(),
    };
    let report = harness.put(&json!({ "findings": [finding] })).await.unwrap();
    let revision = Revision {
        round: 1,
        review: json!({ "report": report, "article": first.article }),
        previous: serde_json::to_value(&first).unwrap(),
    };
    let harness = harness.revision(revision);
    let second = harness.run(&Drafting::default(), input(&harness).await).await.unwrap();
    let article: Article = harness.get(&second.article).await.unwrap();
    assert_eq!(second.claims, 3);
    assert!(sentences(&article).iter().all(|(text, _)| !text.contains("120 calls")));
}

#[tokio::test]
async fn a_model_writes_from_evidence_and_what_it_makes_up_does_not_stay() {
    let model = Scripted::new(vec![
        reply(&[
            ("In its first week the Oslo desk answered 120 calls.", "fact", &["c1"]),
            ("It also served 9,000 visitors from Bergen.", "fact", &["c1"]),
            ("Everybody loves it.", "fact", &[]),
            ("We learn that callers asked mostly for the hours of the library.", "fact", &["c2"]),
        ]),
        reply(&[("Opening times of the library were the commonest question.", "fact", &["c2"])]),
        reply(&[("Who answers the phone at night?", "link", &[])]),
    ]);
    let harness = Harness::new().model(Arc::clone(&model) as _);
    let output =
        harness.run(&Drafting::new(Config::default()), input(&harness).await).await.unwrap();
    let article: Article = harness.get(&output.article).await.unwrap();
    assert_eq!(article.writing, Writing::Model { model: "scripted".to_owned() });
    let got = sentences(&article);
    assert_eq!(got[0], ("Who answers the phone at night?", Role::Link));
    assert_eq!(got[1], ("In its first week the Oslo desk answered 120 calls.", Role::Fact));
    // The invented number became the quote that the claim really is.
    assert!(got[2].0.contains("\u{201c}The night desk in Oslo took 120 calls"), "{got:?}");
    assert_eq!(got[3].0, "Opening times of the library were the commonest question.");
    assert_eq!(got.len(), 4);
    assert_eq!(*model.asked.lock().unwrap(), ["section", "reword", "lead"]);
}

#[tokio::test]
async fn a_model_that_says_nothing_of_use_leaves_quotes() {
    let model = Scripted::new(vec![reply(&[("All is well.", "fact", &["nope"])]), reply(&[])]);
    let harness = Harness::new().model(model as _);
    let output = harness.run(&Drafting::default(), input(&harness).await).await.unwrap();
    let article: Article = harness.get(&output.article).await.unwrap();
    assert!(sentences(&article).iter().all(|(_, role)| *role == Role::Quote));
    assert_eq!(output.claims, 3);
}

#[tokio::test]
async fn a_model_is_asked_again_only_for_the_section_that_a_review_names() {
    let text = "In its first week the Oslo desk answered 120 calls.";
    let script = |more: Vec<Value>| {
        let mut replies = vec![
            reply(&[(text, "fact", &["c1"]), ("Clerks keep notes.", "fact", &["c3"])]),
            reply(&[("Who answers the phone at night?", "link", &[])]),
        ];
        replies.extend(more);
        Scripted::new(replies)
    };
    let harness = Harness::new().model(script(Vec::new()) as _);
    let first = harness.run(&Drafting::default(), input(&harness).await).await.unwrap();
    let finding = Finding {
        rule: "support".to_owned(),
        severity: Severity::Major,
        section: Some(1),
        sentence: Some("Clerks keep notes.".to_owned()),
        advice: "say what they note".to_owned(),
    };
    let report = harness.put(&json!({ "findings": [finding] })).await.unwrap();
    let revision = Revision {
        round: 1,
        review: json!({ "report": report, "article": first.article }),
        previous: serde_json::to_value(&first).unwrap(),
    };
    let model =
        Scripted::new(vec![reply(&[("Clerks note what is asked twice.", "fact", &["c3"])])]);
    let harness = harness.revision(revision).model(Arc::clone(&model) as _);
    let second = harness.run(&Drafting::default(), input(&harness).await).await.unwrap();
    let article: Article = harness.get(&second.article).await.unwrap();
    let texts: Vec<&str> = sentences(&article).into_iter().map(|(text, _)| text).collect();
    assert_eq!(texts, ["Who answers the phone at night?", "Clerks note what is asked twice."]);
    assert_eq!(*model.asked.lock().unwrap(), ["section"]);
}
