//! The agent: asks the memory for earlier articles, lets the rules work, asks the model for a title.

use std::collections::BTreeMap;

use async_trait::async_trait;
use galley_agents_knowledge::words::Language;
use galley_agents_knowledge::{Hit, Query};
use galley_agents_sdk::{Agent, Context};
use galley_schemas::artifact::ArtifactRef;
use galley_schemas::content::{Article, Card};
use galley_schemas::fault::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::card;
use crate::config::Config;
use crate::prompts;
use crate::rules::{Earlier, Keyphrase, adopt, measure, optimise};

/// Where publishing keeps what was published.
const ARTICLES: &str = "articles";
/// How many earlier articles are looked at.
const EARLIER_MAX: usize = 20;
const TEMPERATURE: f32 = 0.3;

/// What is optimised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Input {
    /// The [`Article`].
    pub article: ArtifactRef,
    /// The same article in other languages, where it stands already.
    #[serde(default)]
    pub translations: Vec<Translation>,
}

/// The same article in another language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Translation {
    /// ISO 639-1 code.
    pub language: String,
    /// Its address.
    pub url: String,
}

/// The article with its metadata, and how it fares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    /// The [`Article`].
    pub article: ArtifactRef,
    /// The report: a list of [`Check`](galley_schemas::content::Check).
    pub report: ArtifactRef,
    /// The sum of the checks as a share of the best, 0 to 1.
    pub score: f64,
}

/// The search engine optimisation agent.
#[derive(Debug, Clone, Default)]
pub struct Seo {
    config: Config,
}

impl Seo {
    /// An agent that optimises as configured.
    #[must_use]
    pub const fn new(config: Config) -> Self {
        Self { config }
    }
}

#[async_trait]
impl Agent for Seo {
    type Input = Input;
    type Output = Output;

    const KIND: &'static str = "seo";
    const SUMMARY: &'static str =
        "Gives an article its title, description, slug and links, and reports every check.";

    async fn run(&self, ctx: &Context, input: Input) -> Result<Output, Fault> {
        let article: Article = ctx.get(&input.article).await?;
        ctx.progress("looking for earlier articles");
        let hits = earlier(ctx, &article).await?;
        let count =
            Earlier { articles: hits.len(), same_keyphrase: same_keyphrase(&hits, &article) };
        ctx.progress("measuring");
        let mut article = optimise(article, related(&hits, &self.config), &self.config);
        article.meta.translations = translations(&input.translations, &article.language);
        if let Some(model) = ctx.model() {
            let prompt = prompts::meta(&article, TEMPERATURE);
            let completion = model.complete("search-result", &prompt).await?;
            // What cannot be used changes nothing: the rules' own stand.
            if let Some(found) = completion.value.as_ref().and_then(prompts::suggestion) {
                adopt(&mut article, &found.title, &found.description, &self.config);
            }
        }
        ctx.progress("drawing the card");
        article.meta.card = card(ctx, &article).await?;
        let (checks, score) = measure(&article, count);
        Ok(Output { article: ctx.put(&article).await?, report: ctx.put(&checks).await?, score })
    }
}

/// The card, stored. A title that cannot be drawn costs the card, not the article.
async fn card(ctx: &Context, article: &Article) -> Result<Option<Card>, Fault> {
    let Some(svg) = card::svg(article) else { return Ok(None) };
    let drawn = match tokio::task::spawn_blocking(move || card::png(&svg)).await {
        Ok(Ok(drawn)) => drawn,
        Ok(Err(error)) => {
            tracing::warn!(%error, "the article has no card");
            return Ok(None);
        }
        Err(error) => {
            let fault = Fault::transient("GLY0641", "drawing the card was cut off");
            return Err(fault.because(&error));
        }
    };
    let image = ctx.put_bytes(drawn.into(), "image/png").await?;
    let alt = card::alt(article);
    Ok(Some(Card { image, alt, width: card::WIDTH, height: card::HEIGHT }))
}

/// Earlier articles on the subject, but not this goal's own: a revision does not compete with itself.
async fn earlier(ctx: &Context, article: &Article) -> Result<Vec<Hit>, Fault> {
    let query = Query {
        space: ARTICLES.to_owned(),
        text: format!("{} {}", article.title, article.keyphrase),
        limit: EARLIER_MAX,
    };
    let hits = ctx.knowledge().recall(&query).await.map_err(|error| {
        Fault::transient("GLY0640", "the memory of earlier articles cannot be read").because(&error)
    })?;
    let own = ctx.offer().goal.to_string();
    Ok(hits.into_iter().filter(|hit| hit.entry.key != own).collect())
}

/// Where the article stands in other languages, one address each; its own language is no translation.
fn translations(given: &[Translation], own: &str) -> Vec<(String, String)> {
    let others = given.iter().filter(|translation| translation.language != own);
    let by_language: BTreeMap<String, String> =
        others.map(|translation| (translation.language.clone(), translation.url.clone())).collect();
    by_language.into_iter().collect()
}

/// How many have the same keyphrase: publishing keeps it as the second line of what is searched.
fn same_keyphrase(hits: &[Hit], article: &Article) -> usize {
    let language = Language::of(&article.language);
    let own = Keyphrase::new(&article.keyphrase, language).stems;
    let is_same = |hit: &&Hit| {
        let line = hit.entry.text.lines().nth(1).unwrap_or_default();
        !own.is_empty() && Keyphrase::new(line, language).stems == own
    };
    hits.iter().filter(is_same).count()
}

/// The nearest earlier articles that have an address.
fn related(hits: &[Hit], config: &Config) -> Vec<(String, String)> {
    hits.iter()
        .filter(|hit| hit.similarity >= config.related_similarity_min)
        .filter_map(|hit| {
            let url = hit.entry.meta.get("url")?.as_str()?;
            (!url.is_empty()).then(|| (hit.entry.title.clone(), url.to_owned()))
        })
        .take(config.related_max)
        .collect()
}
