//! The agent as a task sees it: stored bytes and an article in, a verdict out.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use async_trait::async_trait;
use chrono::DateTime;
use galley_agents_model::{Completion, Finish, Model, ModelCard, ModelError, Prompt, Usage};
use galley_agents_review::{Input, Report, Researched, Review};
use galley_agents_sdk::harness::Harness;
use galley_schemas::artifact::ArtifactRef;
use galley_schemas::content::{
    Article, Claim, ClaimKind, Dossier, Evidence, Length, Meta, Paragraph, Quote, ReviewVerdict,
    Role, Section, Sentence, Source, Style, Writing,
};
use serde_json::{Value, json};

const FACTS: [&str; 6] = [
    "The harbour pilot boards each ship two miles off the coast.",
    "Fog closed the port on eleven days of last winter.",
    "A new radar mast stands on the northern mole.",
    "Ferries leave for the islands at every full hour.",
    "Fishermen sell their catch from the boats before sunrise.",
    "The old crane was built by a yard that no longer exists.",
];

/// An article of quotes over one source; the source's text is stored unless `text` says otherwise.
async fn input(harness: &Harness, text: Option<ArtifactRef>) -> Input {
    let body = FACTS.join(" ");
    let original = harness.put_bytes(format!("<p>{body}</p>"), "text/html").await.unwrap();
    let text = match text {
        Some(text) => text,
        None => harness.put_bytes(body.clone(), "text/plain").await.unwrap(),
    };
    let source = Source {
        id: original.sha256.clone(),
        original,
        text,
        locator: "port.html".to_owned(),
        url: None,
        title: "A Day at the Port".to_owned(),
        author: None,
        publisher: Some("Harbour News".to_owned()),
        published: "2020-06-01".parse().ok(),
        language: None,
        words: 60,
        headings: Vec::new(),
    };
    let claims: Vec<Claim> =
        (0..).zip(FACTS).map(|(n, fact)| claim(n, fact, &body, &source)).collect();
    let evidence = Evidence {
        section: 0,
        heading: "The port".to_owned(),
        claims: claims.clone(),
        sources: vec![source.clone()],
        contradictions: Vec::new(),
        dossier: Dossier::default(),
    };
    let article = article(claims, source);
    let article = harness.put(&article).await.unwrap();
    let evidence = harness.put(&evidence).await.unwrap();
    Input { article, evidence: vec![Researched { section: 0, evidence, claims: 6, sources: 1 }] }
}

fn claim(number: usize, fact: &str, body: &str, source: &Source) -> Claim {
    let start = body.find(fact).unwrap();
    Claim {
        id: format!("c{number}"),
        statement: fact.to_owned(),
        quote: Quote {
            source: source.id.clone(),
            text_sha256: source.text.sha256.clone(),
            start: u64::try_from(start).unwrap(),
            end: u64::try_from(start + fact.len()).unwrap(),
            text: fact.to_owned(),
        },
        kind: ClaimKind::Fact,
        relevance: 0.8,
        also_in: Vec::new(),
    }
}

fn article(claims: Vec<Claim>, source: Source) -> Article {
    let quotes = claims.iter().map(|claim| Sentence {
        text: format!("Harbour News wrote in 2020: \u{201c}{}\u{201d}", claim.quote.text),
        role: Role::Quote,
        claims: vec![claim.id.clone()],
    });
    let mut sentences: Vec<Sentence> = quotes.collect();
    sentences.push(Sentence {
        text: "Before sunrise, fishermen sell from their boats.".to_owned(),
        role: Role::Fact,
        claims: vec!["c4".to_owned()],
    });
    let comment =
        |text: &str| Sentence { text: text.to_owned(), role: Role::Comment, claims: Vec::new() };
    sentences.push(comment(
        "The paper says no more than this about the port, and no other paper was found.",
    ));
    sentences.push(comment(
        "What the crane is used for today, it does not tell its readers in so many words.",
    ));
    Article {
        title: "A day at the port".to_owned(),
        language: "en".to_owned(),
        keyphrase: "port".to_owned(),
        writing: Writing::Digest,
        drafted: DateTime::default(),
        sections: vec![Section {
            heading: None,
            paragraphs: vec![Paragraph { style: Style::Body, sentences }],
        }],
        claims,
        sources: vec![source],
        length: Length::default(),
        meta: Meta::default(),
    }
}

#[tokio::test]
async fn what_stands_in_the_stored_bytes_passes() {
    let harness = Harness::new();
    let input = input(&harness, None).await;
    let output = harness.run(&Review::default(), input).await.unwrap();
    let report: Report = harness.get(&output.report).await.unwrap();
    assert_eq!(output.verdict, ReviewVerdict::Pass, "{report:#?}");
    assert!(output.score > 0.9, "{report:#?}");
    assert_eq!((output.claims, output.sources), (6, 1));
    assert_eq!(report.score, output.score);
}

#[tokio::test]
async fn what_is_not_stored_is_refused() {
    let harness = Harness::new();
    let elsewhere = Harness::new().put_bytes(FACTS.join(" "), "text/plain").await.unwrap();
    let input = input(&harness, Some(elsewhere)).await;
    let output = harness.run(&Review::default(), input).await.unwrap();
    let report: Report = harness.get(&output.report).await.unwrap();
    assert_eq!(output.verdict, ReviewVerdict::Reject);
    assert!(report.findings.iter().any(|finding| finding.rule == "quote_not_in_source"));
}

#[tokio::test]
async fn a_link_that_answers_stays_and_a_dead_one_goes() {
    let address = "https://port.example/day";
    let linked = |is_alive: bool| async move {
        let page = if is_alive { address } else { "https://port.example/another" };
        let harness = Harness::new().page(page, "text/html", "<p>x</p>");
        let mut input = input(&harness, None).await;
        let mut article: Article = harness.get(&input.article).await.unwrap();
        article.sources[0].url = Some(address.to_owned());
        input.article = harness.put(&article).await.unwrap();
        let output = harness.run(&Review::default(), input).await.unwrap();
        assert_eq!(output.verdict, ReviewVerdict::Pass);
        let article: Article = harness.get(&output.article).await.unwrap();
        article.sources[0].url.clone()
    };
    assert_eq!(linked(true).await.as_deref(), Some(address));
    assert_eq!(linked(false).await, None);
}

#[tokio::test]
async fn a_model_adds_doubts_and_its_praise_changes_nothing() {
    let with = |supported: bool| async move {
        let reply =
            json!({ "sentences": [{ "number": 0, "supported": supported, "reason": "it adds" }] });
        let harness = Harness::new().model(Arc::new(Says::new(reply)));
        let input = input(&harness, None).await;
        harness.run(&Review::default(), input).await.unwrap()
    };
    let (praise, doubt) = (with(true).await, with(false).await);
    assert_eq!(praise.verdict, ReviewVerdict::Pass);
    assert_eq!(doubt.verdict, ReviewVerdict::Revise);
    assert!(doubt.score < praise.score);
}

#[derive(Debug)]
struct Says {
    card: ModelCard,
    reply: Value,
}

impl Says {
    fn new(reply: Value) -> Self {
        let card =
            ModelCard { name: "says".to_owned(), protocol: "openai".to_owned(), embeds: false };
        Self { card, reply }
    }
}

#[async_trait]
impl Model for Says {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    async fn complete(&self, _: &Prompt) -> Result<Completion, ModelError> {
        Ok(Completion {
            text: String::new(),
            value: Some(self.reply.clone()),
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
