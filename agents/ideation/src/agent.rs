//! The agent: reads the documents, finds themes, looks up what was told before, proposes.

use async_trait::async_trait;
use futures::{StreamExt as _, TryStreamExt as _};
use galley_agents_knowledge::words::Language;
use galley_agents_knowledge::{Entry, KnowledgeError, Query};
use galley_agents_sdk::{Agent, Context};
use galley_agents_web::suspicion::{for_readers, without_suspects};
use galley_schemas::artifact::ArtifactRef;
use galley_schemas::content::{Angle, Brief, Corpus, Outline, Source};
use galley_schemas::fault::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::config::Config;
use crate::prompts;
use crate::rules::facets::Facet;
use crate::rules::outline::{self, Plan};
use crate::rules::proposal::{self, Proposal};
use crate::rules::reading::{Document, Reading};
use crate::rules::themes::{Theme, themes};
use crate::rules::titles::{self, STYLES, Style};
use crate::rules::topic::Topic;

/// Where ideas are remembered, and where published articles are.
const IDEAS: &str = "ideas";
const ARTICLES: &str = "articles";
/// The option of the choice `angle` that gives every section its due.
const BALANCED: &str = "balanced";
/// How many earlier ideas and articles an angle is held against.
const EARLIER_MAX: usize = 20;

/// What is to be thought about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Input {
    /// What was asked for.
    pub brief: Brief,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    /// Ways to tell the story; the outline follows the first.
    pub angles: Vec<Angle>,
    /// What the article will cover, in order.
    pub outline: Outline,
}

/// The ideation agent.
#[derive(Debug, Clone, Default)]
pub struct Ideation {
    config: Config,
}

/// What the rules found.
#[derive(Debug)]
struct Found {
    reading: Reading,
    topic: Topic,
    themes: Vec<Theme>,
}

impl Ideation {
    /// An agent that works as configured.
    #[must_use]
    pub const fn new(config: Config) -> Self {
        Self { config }
    }

    async fn find(&self, ctx: &Context, brief: &Brief) -> Result<Found, Fault> {
        let documents = self.read(ctx, &brief.corpus).await?;
        ctx.progress(format!("looking for themes in {} documents", documents.len()));
        let language = Language::of(&brief.language);
        let topic = Topic::new(language, &brief.topic, &brief.keyphrase);
        let most = self.config.sections(brief.words);
        // Reading and weighing take a while; other tasks go on meanwhile.
        let found = tokio::task::spawn_blocking(move || {
            let reading = Reading::new(language, documents, &topic);
            let themes = themes(&reading, &topic, most);
            Found { reading, topic, themes }
        });
        found.await.map_err(|error| {
            Fault::transient("GLY0611", "looking for themes was broken off").because(&error)
        })
    }

    async fn read(&self, ctx: &Context, corpus: &ArtifactRef) -> Result<Vec<Document>, Fault> {
        let corpus: Corpus = ctx.get(corpus).await?;
        let mut bytes = 0_u64;
        let fits = |source: &Source| {
            bytes = bytes.saturating_add(source.text.bytes);
            bytes <= self.config.corpus_bytes_max
        };
        let sources: Vec<Source> = corpus.sources.into_iter().take_while(fits).collect();
        futures::stream::iter(sources)
            .map(|source| document(ctx, source))
            .buffered(self.config.reads_max.max(1))
            .try_collect()
            .await
    }

    /// The plans of the sections and the angles, by rules.
    async fn by_rules(
        &self,
        ctx: &Context,
        brief: &Brief,
        found: &Found,
    ) -> Result<(Vec<Plan>, Vec<Angle>), Fault> {
        let Found { reading, topic, themes } = found;
        let plans = outline::plans(reading, topic, themes);
        let names = STYLES.map(Style::name);
        let style = ctx.choose("headline_style", &names).await?;
        let style = STYLES.get(style).copied().unwrap_or(Style::How);
        let title = titles::title(reading.language, topic, &brief.keyphrase, style, plans.len());
        let angles = outline::angles(reading.language, topic, &title, &brief.keyphrase, themes);
        Ok((plans, angles))
    }

    /// What the article dwells on, as the choice `angle` has it; none for an article that gives every
    /// section its due.
    async fn leaning(&self, ctx: &Context, found: &Found) -> Result<Option<Facet>, Fault> {
        let leanings = outline::leanings(&found.themes);
        if leanings.is_empty() {
            return Ok(None);
        }
        let names = leanings.iter().map(|facet| facet.name());
        let options: Vec<&str> = std::iter::once(BALANCED).chain(names).collect();
        let chosen = ctx.choose("angle", &options).await?;
        Ok(chosen.checked_sub(1).and_then(|at| leanings.get(at).copied()))
    }

    /// The plans and angles with a model's proposal in them, as far as it holds.
    async fn with_model(
        &self,
        ctx: &Context,
        brief: &Brief,
        found: &Found,
        leaning: Option<Facet>,
    ) -> Result<(Vec<Plan>, Vec<Angle>), Fault> {
        let (plans, angles) = self.by_rules(ctx, brief, found).await?;
        let Some(model) = ctx.model() else { return Ok((plans, angles)) };
        ctx.progress("asking for angles and an outline");
        let most = self.config.sections(brief.words);
        let title = angles.first().map_or("", |angle| angle.title.as_str());
        let draft = prompts::Draft { plans: &plans, title, leaning };
        let prompt = prompts::outline(brief, &found.reading, draft, most, self.config.temperature);
        let value = match model.complete("outline", &prompt).await {
            Ok(completion) => completion.value,
            // A model that declines or cannot answer by schema is done without.
            Err(fault) if matches!(fault.code.as_str(), "GLY0503" | "GLY0504") => {
                ctx.progress("the model gave no usable answer; going on by rules");
                None
            }
            Err(fault) => return Err(fault),
        };
        let rules = Proposal { plans, angles };
        let repaired =
            proposal::repaired(&found.reading, &found.topic, brief, rules, value.as_ref());
        Ok((repaired.plans, repaired.angles))
    }

    /// Gives each angle its novelty. The first is for the whole topic: when it was told before under such a
    /// title, other titles are tried.
    async fn weigh(
        &self,
        ctx: &Context,
        angles: &mut [Angle],
        others: Vec<String>,
    ) -> Result<(), Fault> {
        for angle in &mut *angles {
            angle.novelty = novelty(ctx, &angle.title).await?;
        }
        let Some(whole) = angles.first_mut() else { return Ok(()) };
        for title in others {
            if whole.novelty >= self.config.novelty_min {
                break;
            }
            let novelty = novelty(ctx, &title).await?;
            if novelty > whole.novelty {
                (whole.title, whole.novelty) = (title, novelty);
            }
        }
        Ok(())
    }

    async fn remember(&self, ctx: &Context, brief: &Brief, angles: &[Angle]) -> Result<(), Fault> {
        let goal = ctx.offer().goal.to_string();
        let entries: Vec<Entry> = angles
            .iter()
            .enumerate()
            .map(|(place, angle)| Entry {
                key: format!("{goal}#{place}"),
                space: IDEAS.to_owned(),
                title: angle.title.clone(),
                text: angle.summary.clone(),
                // The first is told now; the others stay open for later goals.
                meta: json!({ "goal": goal, "topic": brief.topic, "told": place == 0 }),
            })
            .collect();
        ctx.knowledge().remember(&entries).await.map_err(|error| memory(&error))
    }
}

/// How new a title is against what was published and told before; not against what this very goal thought
/// of in an earlier attempt, nor against ideas that nobody took up.
async fn novelty(ctx: &Context, title: &str) -> Result<f64, Fault> {
    let own = json!(ctx.offer().goal.to_string());
    let mut nearest = 0.0_f64;
    for space in [ARTICLES, IDEAS] {
        let query = Query { space: space.to_owned(), text: title.to_owned(), limit: EARLIER_MAX };
        let hits = ctx.knowledge().recall(&query).await.map_err(|error| memory(&error))?;
        let told = hits.into_iter().map(|hit| hit.entry).filter(|entry| {
            entry.meta.get("goal") != Some(&own) && entry.meta.get("told") != Some(&json!(false))
        });
        nearest = told.map(|entry| outline::likeness(title, &entry.title)).fold(nearest, f64::max);
    }
    Ok(1.0 - nearest)
}

#[async_trait]
impl Agent for Ideation {
    type Input = Input;
    type Output = Output;
    const KIND: &'static str = "ideation";
    const SUMMARY: &'static str = "Turns a brief into ranked angles, titles and an outline.";

    async fn run(&self, ctx: &Context, Input { brief }: Input) -> Result<Output, Fault> {
        let found = self.find(ctx, &brief).await?;
        let leaning = self.leaning(ctx, &found).await?;
        let (plans, mut angles) = self.with_model(ctx, &brief, &found, leaning).await?;
        let plans = outline::dwelling(plans, leaning);
        let language = found.reading.language;
        let in_style = |style: &Style| {
            titles::title(language, &found.topic, &brief.keyphrase, *style, plans.len())
        };
        self.weigh(ctx, &mut angles, STYLES.iter().map(in_style).collect()).await?;
        outline::rank(&mut angles, self.config.novelty_min);
        angles.truncate(self.config.angles_max.max(1));
        let title = angles.first().map_or(&brief.topic, |angle| &angle.title).clone();
        let plans = outline::with_lead(plans, &title);
        let outline = outline::outline(title, &brief.keyphrase, brief.words, &brief.corpus, plans);
        self.remember(ctx, &brief, &angles).await?;
        ctx.progress(format!("planned {} sections", outline.sections.len()));
        Ok(Output { angles, outline })
    }
}

async fn document(ctx: &Context, source: Source) -> Result<Document, Fault> {
    let bytes = ctx.get_bytes(&source.text).await?;
    match String::from_utf8(bytes.into()) {
        // What is written for machines gives no heading, no phrase and no question.
        Ok(text) => {
            let (text, headings) = without_suspects(&text, &source.headings);
            Ok(Document { title: for_readers(source.title).unwrap_or_default(), headings, text })
        }
        Err(error) => {
            let message = format!("the text of {} is not UTF-8", source.locator);
            Err(Fault::permanent("GLY0610", message).because(&error))
        }
    }
}

fn memory(error: &KnowledgeError) -> Fault {
    Fault::transient("GLY0612", "the memory of earlier ideas cannot be reached").because(error)
}
