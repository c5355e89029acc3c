//! The agent: fetches what the article stands on, lets the rules judge, asks the model, decides.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use bytes::Bytes;
use galley_agents_sdk::{Agent, Context, Modeller};
use galley_schemas::artifact::{ArtifactRef, Digest};
use galley_schemas::content::{
    Article, Claim, Evidence, Finding, ReviewVerdict, Role, Sentence, Severity,
};
use galley_schemas::fault::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::prompts::{self, Exhibit};
use crate::rules::links;
use crate::rules::material::{Material, Placed, about, sentences};
use crate::rules::{decide, examine};

/// Most texts that an embedder takes at once.
const EMBEDDED_AT_ONCE: usize = 256;

/// What is reviewed, and what it is held against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Input {
    /// The [`Article`].
    pub article: ArtifactRef,
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

/// What a review decides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    /// Pass, another round, or never.
    pub verdict: ReviewVerdict,
    /// 0 to 1.
    pub score: f64,
    /// The [`Article`] with the review's edits made.
    pub article: ArtifactRef,
    /// The [`Report`](crate::Report).
    pub report: ArtifactRef,
    /// How many findings are left.
    pub findings: u32,
    /// How many claims the article cites.
    pub claims: u32,
    /// How many documents they stand in.
    pub sources: u32,
}

/// The review agent.
#[derive(Debug, Clone, Default)]
pub struct Review {
    config: Config,
}

impl Review {
    /// An agent that reviews as configured.
    #[must_use]
    pub const fn new(config: Config) -> Self {
        Self { config }
    }
}

#[async_trait]
impl Agent for Review {
    type Input = Input;
    type Output = Output;

    const KIND: &'static str = "review";
    const SUMMARY: &'static str =
        "Checks an article against its sources, mends what rules can mend, and decides.";

    async fn run(&self, ctx: &Context, input: Input) -> Result<Output, Fault> {
        let article: Article = ctx.get(&input.article).await?;
        ctx.progress("looking quotes up in their sources");
        let mut material = gather(ctx, &article, &input.evidence).await?;
        if !links::linked(&article).is_empty() {
            ctx.progress("asking whether the links answer");
        }
        let asked =
            async { Ok(crate::links::examine(&article, ctx.web(), &self.config.links).await) };
        material.links = ctx.step("links", asked).await?;
        material.vectors = vectors(ctx, &article).await?;
        ctx.progress("checking every sentence");
        let config = self.config.clone();
        // Reading every sentence several times takes a while; whoever renews the loan must not wait.
        let examined =
            tokio::task::spawn_blocking(move || examine(&article, &material, &config)).await;
        let examined = examined.map_err(|error| {
            Fault::transient("GLY0633", "checking the article was cut off").because(&error)
        })?;
        let doubts = match ctx.model() {
            Some(model) => doubts(ctx, &model, &examined.article).await?,
            None => Vec::new(),
        };
        let (article, report) = decide(examined, doubts, &self.config);
        Ok(Output {
            verdict: report.verdict,
            score: report.score,
            article: ctx.put(&article).await?,
            report: ctx.put(&report).await?,
            findings: count(report.findings.len()),
            claims: count(article.claims.len()),
            sources: count(article.sources.len()),
        })
    }
}

/// The evidence, and the stored bytes of every source that the article names. What is not stored is
/// absent, and the rules say so; a store that cannot be reached now is a fault.
async fn gather(
    ctx: &Context,
    article: &Article,
    researched: &[Researched],
) -> Result<Material, Fault> {
    let mut evidence: Vec<Evidence> = Vec::with_capacity(researched.len());
    for one in researched {
        evidence.push(ctx.get(&one.evidence).await?);
    }
    let (mut texts, mut originals) = (BTreeMap::new(), BTreeSet::new());
    for source in &article.sources {
        if let Some(bytes) = stored(ctx, &source.text).await? {
            texts.insert(Digest::of(&bytes), bytes.to_vec());
        }
        if let Some(bytes) = stored(ctx, &source.original).await? {
            originals.insert(Digest::of(&bytes));
        }
    }
    Ok(Material { evidence, texts, originals, ..Material::default() })
}

/// What the model's embedder makes of facts and quotes; nothing where there is none, since offline
/// vectors are made when they are needed.
async fn vectors(ctx: &Context, article: &Article) -> Result<BTreeMap<String, Vec<f32>>, Fault> {
    if !ctx.model().is_some_and(|model| model.card().embeds) {
        return Ok(BTreeMap::new());
    }
    let facts = sentences(&article.sections)
        .filter(|placed| placed.sentence.role == Role::Fact)
        .map(|placed| &placed.sentence.text);
    let quotes = article.claims.iter().map(|claim| &claim.quote.text);
    let texts: BTreeSet<&String> = facts.chain(quotes).collect();
    let texts: Vec<String> = texts.into_iter().cloned().collect();
    let mut vectors = BTreeMap::new();
    for some in texts.chunks(EMBEDDED_AT_ONCE) {
        vectors.extend(some.iter().cloned().zip(ctx.embed(some).await?));
    }
    Ok(vectors)
}

async fn stored(ctx: &Context, artifact: &ArtifactRef) -> Result<Option<Bytes>, Fault> {
    match ctx.get_bytes(artifact).await {
        Ok(bytes) => Ok(Some(bytes)),
        Err(fault) if fault.retryable => Err(fault),
        Err(_) => Ok(None),
    }
}

/// What a model doubts, one call for each section. Its praise changes nothing.
async fn doubts(
    ctx: &Context,
    model: &Modeller<'_>,
    article: &Article,
) -> Result<Vec<Finding>, Fault> {
    let claims: BTreeMap<&str, &Claim> =
        article.claims.iter().map(|claim| (claim.id.as_str(), claim)).collect();
    let mut findings = Vec::new();
    for section in 0..article.sections.len() {
        let facts: Vec<Placed<'_>> = sentences(&article.sections)
            .filter(|placed| placed.section == section && placed.sentence.role == Role::Fact)
            .collect();
        if facts.is_empty() {
            continue;
        }
        ctx.progress(format!("asking whether section {} is borne out", section + 1));
        let shown: Vec<Exhibit<'_>> = (0..)
            .zip(&facts)
            .map(|(number, placed)| exhibit(number, placed.sentence, &claims))
            .collect();
        let prompt = prompts::grounded(&shown, &article.language);
        let completion = model.complete(&format!("grounded-{section}"), &prompt).await?;
        let opinions = completion.value.as_ref().and_then(prompts::opinions).ok_or_else(|| {
            Fault::transient("GLY0632", "the model's reply on groundedness cannot be read")
                .hint("use a model that can answer with JSON by schema")
        })?;
        for opinion in opinions.into_iter().filter(|opinion| !opinion.supported) {
            let reason: String = opinion.reason.chars().take(300).collect();
            findings.extend(facts.get(opinion.number).map(|placed| {
                about(*placed, "model_doubts", Severity::Major, format!("not borne out: {reason}"))
            }));
        }
    }
    Ok(findings)
}

fn exhibit<'a>(
    number: usize,
    sentence: &'a Sentence,
    claims: &BTreeMap<&str, &'a Claim>,
) -> Exhibit<'a> {
    let quotes = sentence
        .claims
        .iter()
        .filter_map(|id| claims.get(id.as_str()))
        .map(|claim| claim.quote.text.as_str());
    Exhibit { number, text: &sentence.text, quotes: quotes.collect() }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
