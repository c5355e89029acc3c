//! The agent: reads the evidence, writes by rules or with the model, stores the article.

use std::collections::BTreeSet;

use async_trait::async_trait;
use chrono::{DateTime, Datelike, Utc};
use galley_agents_sdk::{Agent, Context};
use galley_schemas::artifact::ArtifactRef;
use galley_schemas::content::{Article, Brief, Evidence, Finding, Meta, Outline, Section, Writing};
use galley_schemas::fault::Fault;
use galley_schemas::task::Revision;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::rules::{Asked, cite, digest, revise};
use crate::writer::Writer;

/// What an article is written from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Input {
    /// What was asked for.
    pub brief: Brief,
    /// What to cover.
    pub outline: Outline,
    /// What research found, one for each section.
    pub evidence: Vec<Researched>,
}

/// What research gives for one section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Researched {
    /// The section's index in the outline.
    pub section: u32,
    /// The [`Evidence`].
    pub evidence: ArtifactRef,
    /// How many claims it holds.
    pub claims: u32,
    /// How many documents they stand in.
    pub sources: u32,
}

/// The article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    /// The [`Article`].
    pub article: ArtifactRef,
    /// How many words it has.
    pub words: u32,
    /// How many claims it cites.
    pub claims: u32,
    /// How many documents they stand in.
    pub sources: u32,
}

/// The drafting agent.
#[derive(Debug, Clone, Default)]
pub struct Drafting {
    config: Config,
}

impl Drafting {
    /// An agent that writes as configured.
    #[must_use]
    pub const fn new(config: Config) -> Self {
        Self { config }
    }

    async fn write(&self, ctx: &Context, given: &Given) -> Result<(Vec<Section>, Writing), Fault> {
        if let Some(model) = ctx.chosen_model().await? {
            let writer = Writer { ctx, model, given, config: &self.config };
            return writer.write().await;
        }
        ctx.progress("arranging quotes");
        let (findings, banned) = match &given.review {
            Some(review) => {
                let findings = revise::weighty(&review.findings);
                let articles: Vec<&Article> = review.articles.iter().collect();
                let banned = revise::banned(&findings, &articles);
                (findings, banned)
            }
            None => (Vec::new(), BTreeSet::new()),
        };
        let sections = digest(given.asked(&banned), &self.config).ok_or_else(nothing_to_quote)?;
        Ok((revise::without(sections, &findings), Writing::Digest))
    }
}

/// What the agent was given, read.
#[derive(Debug)]
pub(crate) struct Given {
    pub(crate) brief: Brief,
    pub(crate) outline: Outline,
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) review: Option<Reviewed>,
    pub(crate) drafted: DateTime<Utc>,
}

impl Given {
    /// What the rules are asked for.
    pub(crate) fn asked<'a>(&'a self, banned: &'a BTreeSet<String>) -> Asked<'a> {
        Asked {
            brief: &self.brief,
            outline: &self.outline,
            evidence: &self.evidence,
            banned,
            this_year: self.drafted.year(),
        }
    }
}

/// What a review wants changed, and in what.
#[derive(Debug)]
pub(crate) struct Reviewed {
    pub(crate) round: u32,
    pub(crate) findings: Vec<Finding>,
    /// The article as reviewed, and as drafted in the round before.
    pub(crate) articles: Vec<Article>,
}

/// The parts of a review that matter here.
#[derive(Debug, Deserialize)]
struct ReviewOutput {
    #[serde(default)]
    report: Option<ArtifactRef>,
    #[serde(default)]
    article: Option<ArtifactRef>,
}

#[derive(Debug, Deserialize)]
struct ReviewReport {
    findings: Vec<Finding>,
}

async fn reviewed(ctx: &Context, revision: &Revision) -> Result<Reviewed, Fault> {
    let unreadable = |what: &str, error: serde_json::Error| {
        Fault::permanent("GLY0631", format!("the {what} of the revision cannot be read"))
            .because(&error)
    };
    let review: ReviewOutput = serde_json::from_value(revision.review.clone())
        .map_err(|error| unreadable("review", error))?;
    let previous: Output = serde_json::from_value(revision.previous.clone())
        .map_err(|error| unreadable("earlier draft", error))?;
    let findings = match &review.report {
        Some(report) => ctx.get::<ReviewReport>(report).await?.findings,
        None => Vec::new(),
    };
    let mut articles = Vec::new();
    for artifact in review.article.iter().chain([&previous.article]) {
        articles.push(ctx.get(artifact).await?);
    }
    Ok(Reviewed { round: revision.round, findings, articles })
}

/// There is nothing that could be quoted.
pub(crate) fn nothing_to_quote() -> Fault {
    Fault::permanent("GLY0630", "the evidence holds nothing that can be quoted")
        .hint("add sources on the topic, or word the topic closer to what they say")
}

#[async_trait]
impl Agent for Drafting {
    type Input = Input;
    type Output = Output;

    const KIND: &'static str = "drafting";
    const SUMMARY: &'static str =
        "Writes an article from an outline and evidence; every factual sentence is cited.";

    async fn run(&self, ctx: &Context, input: Input) -> Result<Output, Fault> {
        let mut evidence: Vec<Evidence> = Vec::with_capacity(input.evidence.len());
        for researched in &input.evidence {
            evidence.push(ctx.get(&researched.evidence).await?);
        }
        let review = match &ctx.offer().revision {
            Some(revision) => Some(reviewed(ctx, revision).await?),
            None => None,
        };
        // Journaled, so that a restarted task writes the very same article.
        let drafted = ctx.step("drafted", async { Ok(ctx.now()) }).await?;
        let Input { brief, outline, .. } = input;
        let given = Given { brief, outline, evidence, review, drafted };
        let (sections, writing) = self.write(ctx, &given).await?;
        let (claims, sources) = cite::cited(&sections, &given.evidence);
        if claims.is_empty() {
            return Err(nothing_to_quote());
        }
        let article = Article {
            title: given.outline.title,
            language: given.brief.language,
            keyphrase: given.outline.keyphrase,
            writing,
            drafted,
            length: cite::length(&sections),
            sections,
            claims,
            sources,
            meta: Meta::default(),
        };
        Ok(Output {
            article: ctx.put(&article).await?,
            words: article.length.words,
            claims: count(article.claims.len()),
            sources: count(article.sources.len()),
        })
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
