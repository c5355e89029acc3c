//! The agent: reads the corpus, chooses by rules, lets a model ask and restate when there is one.

use async_trait::async_trait;
use galley_agents_sdk::{Agent, Context, Modeller};
use galley_schemas::artifact::ArtifactRef;
use galley_schemas::content::{Evidence, OutlineSection};
use galley_schemas::fault::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::prompts;
use crate::rules::evidence::evidence;
use crate::rules::select::select;
use crate::rules::shelf::Shelf;
use crate::rules::{asked, restate};
use crate::shelves::Shelves;

/// What is to be found out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Input {
    /// The section, with its questions, its terms and its corpus.
    pub section: OutlineSection,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    /// The section's index in the outline.
    pub section: u32,
    /// The [`Evidence`].
    pub evidence: ArtifactRef,
    /// How many claims it holds.
    pub claims: u32,
    /// How many documents they stand in.
    pub sources: u32,
}

/// The research agent. What a task does is cheap to do again, so only model calls are journaled.
#[derive(Debug, Default)]
pub struct Research {
    config: Config,
    shelves: Shelves,
}

impl Research {
    /// An agent that gathers evidence as configured.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self { config, shelves: Shelves::default() }
    }

    async fn gather(&self, ctx: &Context, section: OutlineSection) -> Result<Evidence, Fault> {
        let shelf = self.shelves.get(ctx, &section.corpus, &self.config).await?;
        let Some(model) = ctx.model() else {
            let chosen = select(&shelf, &section, self.config.bounds(self.config.claims_max));
            return Ok(evidence(&shelf, &section, &chosen));
        };
        let section = self.with_questions(ctx, &model, section).await?;
        self.restated(ctx, &model, &shelf, &section).await
    }

    /// The section with what several readers would ask.
    async fn with_questions(
        &self,
        ctx: &Context,
        model: &Modeller<'_>,
        section: OutlineSection,
    ) -> Result<OutlineSection, Fault> {
        ctx.progress(format!("asking what readers want to know of “{}”", section.heading));
        let prompt = prompts::questions(&section, self.config.temperature);
        let reply = model.complete("questions", &prompt).await;
        let value = usable(ctx, reply.map(|completion| completion.value))?;
        Ok(asked::with_questions(section, value.as_ref()))
    }

    /// The evidence with statements of the model's own, each held to its quote.
    async fn restated(
        &self,
        ctx: &Context,
        model: &Modeller<'_>,
        shelf: &Shelf,
        section: &OutlineSection,
    ) -> Result<Evidence, Fault> {
        let most = self.config.candidates_per_prompt_max.max(self.config.claims_max);
        let chosen = select(shelf, section, self.config.bounds(most));
        let candidates = evidence(shelf, section, &chosen);
        if candidates.claims.is_empty() {
            return Ok(candidates);
        }
        ctx.progress(format!(
            "weighing {} quotes for “{}”",
            candidates.claims.len(),
            section.heading
        ));
        let prompt = prompts::statements(section, &candidates, self.config.temperature);
        let reply = model.complete("statements", &prompt).await;
        let value = usable(ctx, reply.map(|completion| completion.value))?;
        Ok(restate::restated(shelf.language, candidates, value.as_ref(), self.config.claims_max))
    }
}

#[async_trait]
impl Agent for Research {
    type Input = Input;
    type Output = Output;
    const KIND: &'static str = "research";
    const SUMMARY: &'static str =
        "Turns a section into an evidence set of claims with quote spans and source hashes.";

    async fn run(&self, ctx: &Context, input: Input) -> Result<Output, Fault> {
        let index = input.section.index;
        ctx.progress(format!("looking for evidence on “{}”", input.section.heading));
        let evidence = self.gather(ctx, input.section).await?;
        let (claims, sources) = (evidence.claims.len(), evidence.sources.len());
        ctx.progress(format!("found {claims} claims in {sources} sources"));
        let artifact = ctx.put(&evidence).await?;
        Ok(Output {
            section: index,
            evidence: artifact,
            claims: count(claims),
            sources: count(sources),
        })
    }
}

/// A model that declines, or cannot answer by schema, is done without: quotes are evidence as they are.
/// Everything else (a stop, the budget, a server that is down) decides the attempt.
fn usable<T>(ctx: &Context, reply: Result<Option<T>, Fault>) -> Result<Option<T>, Fault> {
    match reply {
        Err(fault) if matches!(fault.code.as_str(), "GLY0503" | "GLY0504") => {
            ctx.progress("the model gave no usable answer; going on by rules");
            Ok(None)
        }
        other => other,
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
