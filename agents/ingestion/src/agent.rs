//! The agent: thin. What it decides stands in `rules`, how it reads in `reading`.

use async_trait::async_trait;
use galley_agents_knowledge::Query;
use galley_agents_sdk::{Agent, Context};
use galley_agents_web::{Reader, Sample};
use galley_schemas::content::{Brief, Search, Similar, SourceSpec};
use galley_schemas::fault::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::reading::{self, Reading};
use crate::rules::topic::{self, Refused};
use crate::rules::{intention, language};

/// What an article is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Input {
    /// What it is to be about; at most 300 characters.
    pub topic: String,
    /// Where documents come from; the samples that come with Galley, when nothing is named.
    #[serde(default = "samples")]
    pub sources: Vec<SourceSpec>,
    /// How far may be searched beyond them; as far as engines are configured, when nothing is said.
    #[serde(default)]
    pub search: Option<Search>,
    /// Who reads it.
    #[serde(default)]
    pub audience: Option<String>,
    /// How it should be written: tone, terms, what to avoid.
    #[serde(default)]
    pub style: Option<String>,
    /// How long it should be, in words; when nothing is said, one of the configured lengths.
    #[serde(default)]
    pub words: Option<u32>,
    /// The language to write in, as an ISO 639-1 code; the topic's own, when none is named.
    #[serde(default)]
    pub language: Option<String>,
}

fn samples() -> Vec<SourceSpec> {
    vec![SourceSpec::Samples]
}

/// Turns a topic and its sources into a brief.
#[derive(Debug)]
pub struct Ingestion {
    config: Config,
    reader: Reader,
}

impl Ingestion {
    /// An agent with its bounds and the samples that come with the program.
    #[must_use]
    pub fn new(config: Config, samples: Vec<Sample>) -> Self {
        let reader = Reader::new(config.sources.clone(), samples);
        Self { config, reader }
    }
}

#[async_trait]
impl Agent for Ingestion {
    type Input = Input;
    type Output = Brief;

    const KIND: &'static str = "ingestion";
    const SUMMARY: &'static str =
        "Turns a topic and its sources (folders, pages, feeds) into a brief with a corpus.";

    async fn run(&self, ctx: &Context, input: Input) -> Result<Brief, Fault> {
        let wish = self.accept(&input)?;
        let words = self.length(ctx, input.words).await?;
        let search = input.search.unwrap_or_default();
        let from = (input.sources.as_slice(), &search);
        let read = reading::read(ctx, &self.reader, &self.config, &wish, from);
        let Reading { corpus, sources, skipped, language, keyphrase } =
            ctx.step("read", read).await?;
        let similar = ctx.step("similar", self.similar(ctx, &wish.topic)).await?;
        Ok(Brief {
            intention: intention::of(&wish.topic),
            topic: wish.topic,
            keyphrase,
            language,
            audience: wish.audience,
            style: wish.style,
            words,
            corpus,
            sources,
            skipped,
            similar,
        })
    }
}

/// A wish that was found fit.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) topic: String,
    /// The language that was asked for, or that the topic is in.
    pub(crate) language: Option<String>,
    pub(crate) audience: Option<String>,
    pub(crate) style: Option<String>,
}

impl Ingestion {
    fn accept(&self, input: &Input) -> Result<Wish, Fault> {
        let topic = topic::normalised(&input.topic).map_err(|refused| refusal(&refused))?;
        topic::permitted(&topic, &self.config.forbidden).map_err(|refused| refusal(&refused))?;
        let Config { words_min, words_max, sources_max, .. } = self.config;
        if let Some(words) = input.words.filter(|words| !(words_min..=words_max).contains(words)) {
            let wanted = format!("an article of {words} words was asked for");
            return Err(Fault::permanent("GLY0405", wanted)
                .hint(format!("ask for {words_min} to {words_max} words")));
        }
        if input.sources.len() > sources_max {
            let named = format!("{} sources were named", input.sources.len());
            return Err(Fault::permanent("GLY0405", named)
                .hint(format!("name at most {sources_max}; a folder or a feed counts as one")));
        }
        let asked = match input.language.as_deref().map(str::trim).filter(|tag| !tag.is_empty()) {
            Some(tag) => Some(galley_agents_web::language_tag(tag).ok_or_else(|| {
                Fault::permanent("GLY0405", format!("“{}” is no language code", short(tag)))
                    .hint("use an ISO 639-1 code such as en or de")
            })?),
            None => None,
        };
        let audience = input.audience.as_deref().map(galley_agents_web::plain_line);
        let style = input.style.as_deref().map(galley_agents_web::plain_line);
        Ok(Wish {
            language: asked.or_else(|| language::of_topic(&topic)),
            topic,
            audience: audience.map(|who| short(&who)).filter(|who| !who.is_empty()),
            style: style
                .map(|how| how.chars().take(STYLE_CHARS_MAX).collect::<String>())
                .filter(|how| !how.is_empty()),
        })
    }

    /// How long the article becomes: as asked for, else as the choice `length` has it.
    async fn length(&self, ctx: &Context, asked: Option<u32>) -> Result<u32, Fault> {
        if let Some(words) = asked {
            return Ok(words);
        }
        let lengths = &self.config.lengths;
        let chosen = if lengths.len() > 1 {
            let names: Vec<String> = lengths.iter().map(u32::to_string).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            ctx.choose("length", &names).await?
        } else {
            0
        };
        Ok(lengths.get(chosen).copied().unwrap_or(self.config.words_min))
    }

    /// Earlier articles close to the topic. A memory that is out of reach costs the comparison, not
    /// the goal.
    async fn similar(&self, ctx: &Context, topic: &str) -> Result<Vec<Similar>, Fault> {
        let query = Query { space: "articles".into(), text: topic.to_owned(), limit: 6 };
        let hits = match ctx.knowledge().recall(&query).await {
            Ok(hits) => hits,
            Err(error) => {
                tracing::warn!(%error, "earlier articles could not be compared");
                ctx.progress("earlier articles could not be compared: the memory is out of reach");
                return Ok(Vec::new());
            }
        };
        let own = ctx.offer().goal;
        let mut similar: Vec<Similar> = hits
            .into_iter()
            .filter(|hit| hit.similarity >= self.config.similar_from)
            .filter_map(|hit| {
                let goal = hit.entry.meta.get("goal").cloned().unwrap_or(hit.entry.key.into());
                Some(Similar {
                    goal: serde_json::from_value(goal).ok()?,
                    title: hit.entry.title,
                    url: hit.entry.meta.get("url").and_then(|url| url.as_str()).map(str::to_owned),
                    similarity: hit.similarity.clamp(0.0, 1.0),
                })
            })
            .filter(|similar| similar.goal != own)
            .collect();
        similar.sort_by(|a, b| b.similarity.total_cmp(&a.similarity));
        similar.truncate(5);
        Ok(similar)
    }
}

/// A guide for style is longer than a name for readers.
const STYLE_CHARS_MAX: usize = 2_000;

fn short(text: &str) -> String {
    text.chars().take(200).collect()
}

fn refusal(refused: &Refused) -> Fault {
    match refused {
        Refused::Empty => Fault::permanent("GLY0401", refused.to_string())
            .hint("say in a few words what the article is to be about"),
        Refused::TooLong { .. } => Fault::permanent("GLY0402", refused.to_string())
            .hint("put the gist into one line; the sources carry the rest"),
        Refused::Forbidden { .. } => Fault::permanent("GLY0403", refused.to_string())
            .hint("choose another topic, or change `agents.ingestion.forbidden`"),
    }
}
