//! The agent: reads the corpus, chooses by rules, lets a model ask and restate when there is one.

use std::sync::Arc;

use async_trait::async_trait;
use galley_agents_sdk::{Agent, Context, Modeller};
use galley_schemas::artifact::ArtifactRef;
use galley_schemas::content::{Claim, Evidence, OutlineSection, Search};
use galley_schemas::fault::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::{Config, Searching};
use crate::rules::evidence::{self, evidence, joined, of_claims};
use crate::rules::plan::{self, Query};
use crate::rules::select::{Chosen, select};
use crate::rules::shelf::{Passage, Shelf};
use crate::rules::{asked, restate};
use crate::scout::Scout;
use crate::shelves::{self, Shelves};
use crate::{prompts, react};

/// What is to be found out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Input {
    /// The section, with its questions, its terms and its corpus.
    pub section: OutlineSection,
    /// How far may be searched beyond the corpus; as far as engines are configured, when nothing is said.
    #[serde(default)]
    pub search: Option<Search>,
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

    async fn gather(
        &self,
        ctx: &Context,
        section: OutlineSection,
        wish: &Search,
    ) -> Result<Evidence, Fault> {
        let corpus = self.shelves.get(ctx, &section.corpus, &self.config).await?;
        let model = ctx.model();
        let section = match &model {
            Some(model) => self.with_questions(ctx, model, section).await?,
            None => section,
        };
        let Some(mut scout) = Scout::new(ctx, &self.config.searching, wish, &corpus) else {
            return self.chosen(ctx, model.as_ref(), &corpus, &section).await;
        };
        let shelf = self.searched(ctx, &mut scout, &section, corpus).await?;
        let (shelf, noted) = match &model {
            Some(model) => self.looked(ctx, model, &mut scout, (&section, shelf)).await?,
            None => (shelf, Vec::new()),
        };
        let mut evidence = self.chosen(ctx, model.as_ref(), &shelf, &section).await?;
        if !noted.is_empty() {
            let claims = joined(noted, evidence.claims, self.config.claims_max);
            evidence = of_claims(&shelf, &section, claims);
        }
        scout.finds.note_in(&mut evidence.dossier);
        Ok(evidence)
    }

    /// The corpus with what rounds of searching added to it. A round that adds nothing to the claims is
    /// the last.
    async fn searched(
        &self,
        ctx: &Context,
        scout: &mut Scout<'_>,
        section: &OutlineSection,
        mut shelf: Arc<Shelf>,
    ) -> Result<Arc<Shelf>, Fault> {
        let Searching { rounds_max, queries_max, novelty_min, .. } = self.config.searching;
        let mut asked: Vec<Query> = Vec::new();
        for round in 1..=rounds_max {
            let language = shelf.language;
            let queries = if round == 1 {
                plan::first(language, section, queries_max)
            } else {
                let found = scout.finds.sources.iter();
                let headings =
                    found.flat_map(|source| &source.headings).map(|heading| heading.text.as_str());
                let gaps = uncovered(&shelf, section);
                plan::further(language, section, headings, &gaps, (&asked, queries_max))
            };
            asked.extend(queries.iter().cloned());
            let new = scout.round(round, &queries).await?;
            if new.is_empty() {
                break;
            }
            let known = shelf.books.len();
            shelf = shelves::extended(ctx, &shelf, new, &self.config).await?;
            let novelty = self.novelty(&shelf, section, known);
            ctx.progress(format!(
                "round {round}: {} new sources carry {:.0}% of the claims",
                shelf.books.len() - known,
                100.0 * novelty
            ));
            if novelty < novelty_min {
                break;
            }
        }
        Ok(shelf)
    }

    /// The share of the claims that stand in documents from one on.
    fn novelty(&self, shelf: &Shelf, section: &OutlineSection, from: usize) -> f64 {
        let chosen = select(shelf, section, self.config.bounds(self.config.claims_max));
        let is_new = |one: &&Chosen| {
            shelf.passages.get(one.passage).is_some_and(|passage| passage.book >= from)
        };
        chosen.iter().filter(is_new).count() as f64 / chosen.len().max(1) as f64
    }

    /// What a model found with tools: the shelf with the pages that it opened, and the claims that it
    /// noted.
    async fn looked(
        &self,
        ctx: &Context,
        model: &Modeller<'_>,
        scout: &mut Scout<'_>,
        (section, mut shelf): (&OutlineSection, Arc<Shelf>),
    ) -> Result<(Arc<Shelf>, Vec<Claim>), Fault> {
        let before = scout.finds.sources.len();
        let about = (section, shelf.language);
        let noted = react::look(ctx, model, &self.config.looking, about, scout).await?;
        let opened = scout.finds.sources.get(before..).unwrap_or_default().to_vec();
        if !opened.is_empty() {
            shelf = shelves::extended(ctx, &shelf, opened, &self.config).await?;
        }
        let claims = noted
            .into_iter()
            .filter_map(|one| evidence::noted(&shelf, &one.source, one.span, one.statement));
        let claims = claims.collect();
        Ok((shelf, claims))
    }

    /// The evidence that the rules choose on a shelf, restated when there is a model.
    async fn chosen(
        &self,
        ctx: &Context,
        model: Option<&Modeller<'_>>,
        shelf: &Shelf,
        section: &OutlineSection,
    ) -> Result<Evidence, Fault> {
        if let Some(model) = model {
            return self.restated(ctx, model, shelf, section).await;
        }
        let chosen = select(shelf, section, self.config.bounds(self.config.claims_max));
        Ok(evidence(shelf, section, &chosen))
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
        let search = input.search.unwrap_or_default();
        let evidence = self.gather(ctx, input.section, &search).await?;
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

/// The terms of a section that no document speaks of.
fn uncovered(shelf: &Shelf, section: &OutlineSection) -> Vec<String> {
    let is_missing = |term: &&String| {
        let stems = shelf.language.terms(term);
        let speaks = |passage: &Passage| stems.iter().all(|stem| passage.around.contains(stem));
        !stems.is_empty() && !shelf.passages.iter().any(speaks)
    };
    section.terms.iter().filter(is_missing).cloned().collect()
}

/// A model that declines, or cannot answer by schema, is done without: quotes are evidence as they are.
/// Everything else (a stop, the budget, a server that is down) decides the attempt.
pub(crate) fn usable<T>(
    ctx: &Context,
    reply: Result<Option<T>, Fault>,
) -> Result<Option<T>, Fault> {
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
