//! The agent: to each target in its turn, once; and taking all of it back.
//!
//! Pages come first, in the order of the configuration, then what announces them, since that needs their
//! address. Each is an effect of its own: when one fails, those before it are not repeated.
//!
//! | what fails | how it ends |
//! |---|---|
//! | a page | the attempt fails with the target's fault; another attempt goes on behind the pages that stand |
//! | an announcement | the pages stand and the task is done; [`Output::missed`] says what and why |
//! | nobody can tell whether one was written | a person is asked |

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use galley_agents_knowledge::Entry;
use galley_agents_sdk::{Agent, Context, Effect};
use galley_schemas::artifact::{ArtifactRef, Digest};
use galley_schemas::content::{Article, Post, ReviewVerdict};
use galley_schemas::fault::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::config::{Config, Mode};
use crate::publication::{Publication, Retraction};
use crate::target::{Item, Look, Mark, Picture, Sought, Stage, State};
use crate::targets::{self, Named};

/// What a review said of the article, when the workflow passes it on.
pub type PublishingVerdict = ReviewVerdict;

/// Publish an article, or take a publication back. Exactly one of `article` and `retract`; neither, as the
/// undo of a publication that failed after it had written, takes back what stands of the goal.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Input {
    /// The [`Article`] to publish.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub article: Option<ArtifactRef>,
    /// What its review decided; a rejected article is never published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<PublishingVerdict>,
    /// How far to go, where the target's own setting goes further.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// When it becomes live; at once where that is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publish_at: Option<DateTime<Utc>>,
    /// The output of an earlier publication that the article brings up to date, instead of a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update: Option<Output>,
    /// The output of the publication to take back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retract: Option<Output>,
}

/// Where it stands now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    /// One per target.
    pub posts: Vec<Post>,
    /// The public address of the first; empty when nothing was written.
    pub url: String,
    /// What the posts are recognised by in their targets; of use to a later update.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub mark: String,
    /// Whether posts that stood before were brought up to date. Its undo leaves them as they are.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub updated: bool,
    /// The announcements that were not made, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missed: Vec<Missed>,
    /// What would have been written, of targets on a dry run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub previews: Vec<Preview>,
}

/// An announcement that was not made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Missed {
    /// The target.
    pub target: String,
    /// Why.
    pub fault: Fault,
}

/// What would have been written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Preview {
    /// The target.
    pub target: String,
    /// What it would have got, as JSON.
    pub shows: ArtifactRef,
}

/// The publishing agent.
#[derive(Debug)]
pub struct Publishing {
    targets: Vec<Named>,
}

/// One article on its way through the targets.
struct Round<'a> {
    ctx: &'a Context,
    item: Item,
    /// How it stands where a target may go all the way.
    live: State,
    most: Mode,
    output: Output,
}

impl Round<'_> {
    /// Publishes in a target, or shows what would be.
    async fn publish(&mut self, named: &Named) -> Result<(), Fault> {
        let Named { name, target, mode } = named;
        let mode = self.most.min(*mode);
        let item = Item {
            state: if mode == Mode::Draft { State::Draft } else { self.live },
            ..self.item.clone()
        };
        if mode == Mode::DryRun {
            let shown = target.preview(&item).map_err(|trouble| trouble.fault())?;
            let shows =
                self.ctx.put(&json!({ "target": target.describe(), "writes": shown })).await?;
            self.output.previews.push(Preview { target: name.clone(), shows });
            return Ok(());
        }
        let effect = Effect {
            key: key(name),
            target: target.describe(),
            content: item.content.clone(),
            summary: format!("publish \"{}\"", item.article.title),
        };
        self.ctx.progress(format!("publishing \"{}\" to {name}", item.article.title));
        let publication = Publication { target: Arc::clone(target), item };
        let receipt = self.ctx.effect(effect, &publication).await?;
        let post: Post = serde_json::from_value(receipt).map_err(|error| {
            Fault::permanent("GLY0702", format!("the receipt of {name} cannot be read"))
                .because(&error)
        })?;
        self.output.posts.push(post);
        Ok(())
    }

    /// Announces the page, where there is one to announce.
    async fn announce(&mut self, named: &Named) {
        let live = self.output.posts.iter().find(|post| post.state.is_live());
        self.item.page = live.map(|post| post.url.clone());
        let is_dry = self.most.min(named.mode) == Mode::DryRun;
        let announced = if self.item.page.is_some() || is_dry {
            self.publish(named).await
        } else {
            Err(Fault::permanent("GLY0717", "not announced: no page of it is live")
                .hint("announce it by hand when it is, or publish it live at once"))
        };
        if let Err(fault) = announced {
            tracing::warn!(target = named.name, %fault, "not announced");
            self.ctx.progress(format!("not announced on {}: {}", named.name, fault.message));
            self.output.missed.push(Missed { target: named.name.clone(), fault });
        }
    }
}

/// The key of a target's effect. The site was there before targets had names.
fn key(name: &str) -> String {
    if name == "site" { "post".to_owned() } else { format!("post.{name}") }
}

impl Publishing {
    /// An agent that publishes as configured.
    ///
    /// # Errors
    /// GLY0715, when a target's settings cannot be used.
    pub fn new(config: &Config) -> Result<Self, Fault> {
        Ok(Self { targets: targets::build(config)? })
    }

    fn of(&self, stage: Stage) -> impl Iterator<Item = &Named> {
        self.targets.iter().filter(move |named| named.target.stage() == stage)
    }

    async fn publish(
        &self,
        ctx: &Context,
        artifact: &ArtifactRef,
        input: &Input,
    ) -> Result<Output, Fault> {
        let article: Article = ctx.get(artifact).await?;
        let goal = ctx.offer().goal;
        let mark = match &input.update {
            Some(earlier) => Mark::read(&earlier.mark).ok_or_else(not_updatable)?,
            None => Mark::of(goal, &ctx.offer().task),
        };
        let picture = picture(ctx, &article).await?;
        let published = ctx.step("published_at", async { Ok(ctx.now()) }).await?;
        let later = input.publish_at.filter(|at| *at > published);
        let output =
            Output { mark: mark.to_string(), updated: input.update.is_some(), ..Output::default() };
        let item = Item {
            mark,
            content: artifact.sha256.clone(),
            article,
            picture,
            published,
            state: State::Live,
            page: None,
        };
        let mut round = Round {
            ctx,
            item,
            live: later.map_or(State::Live, State::At),
            most: input.mode.unwrap_or_default(),
            output,
        };
        for named in self.of(Stage::Page) {
            round.publish(named).await?;
        }
        for named in self.of(Stage::Announcement) {
            round.announce(named).await;
        }
        let Round { item, mut output, .. } = round;
        output.url = output.posts.first().map(|post| post.url.clone()).unwrap_or_default();
        remember(ctx, &item, &output).await?;
        Ok(output)
    }

    /// What stands of a task whose publication failed after it had written.
    async fn standing(&self, ctx: &Context, mark: &Mark) -> Result<Output, Fault> {
        let found = ctx.step("standing", self.look_everywhere(mark)).await?;
        let url = found.first().map(|post: &Post| post.url.clone()).unwrap_or_default();
        Ok(Output { posts: found, url, mark: mark.to_string(), ..Output::default() })
    }

    async fn look_everywhere(&self, mark: &Mark) -> Result<Vec<Post>, Fault> {
        let mut found: Vec<Post> = Vec::new();
        for named in self.of(Stage::Page).chain(self.of(Stage::Announcement)) {
            let page = found.first().map(|post| post.url.clone());
            let sought = Sought { mark: mark.clone(), slug: None, page };
            match named.target.look(&sought).await.map_err(|trouble| trouble.fault())? {
                Look::Stands(post, _) => found.push(post),
                Look::Absent => {}
                Look::CannotTell(why) => tracing::warn!(target = named.name, why, "not looked"),
            }
        }
        Ok(found)
    }

    /// Takes all of it back, last first. One that fails does not hold up the others.
    async fn retract(&self, ctx: &Context, output: Output) -> Result<Output, Fault> {
        if output.updated {
            ctx.progress("the posts stood before: they are left as they are");
            return Ok(output);
        }
        let mut failed = None;
        for (index, post) in output.posts.iter().enumerate().rev() {
            if let Err(fault) = self.retract_one(ctx, index, post).await {
                failed.get_or_insert(fault);
            }
        }
        if let Some(fault) = failed {
            return Err(fault);
        }
        ctx.knowledge().forget("articles", &ctx.offer().goal.to_string()).await.map_err(
            |error| {
                Fault::transient("GLY0703", "the publication could not be forgotten")
                    .because(&error)
            },
        )?;
        Ok(output)
    }

    async fn retract_one(&self, ctx: &Context, index: usize, post: &Post) -> Result<(), Fault> {
        let named = self.targets.iter().find(|named| named.name == post.target);
        let Some(Named { target, .. }) = named else {
            let message = format!("no target is called '{}': {} stays", post.target, post.url);
            return Err(Fault::permanent("GLY0718", message)
                .hint("configure it again under that name, or take the post back by hand"));
        };
        let effect = Effect {
            key: format!("retract.{index}"),
            target: target.describe(),
            content: Digest::of(post.id.as_bytes()),
            summary: format!("take back {}", post.url),
        };
        let retraction = Retraction { target: Arc::clone(target), post: post.clone() };
        ctx.effect(effect, &retraction).await?;
        Ok(())
    }
}

/// The picture for link previews, when the article has one.
async fn picture(ctx: &Context, article: &Article) -> Result<Option<Picture>, Fault> {
    let Some(card) = &article.meta.card else { return Ok(None) };
    let bytes = ctx.get_bytes(&card.image).await?;
    Ok(Some(Picture { bytes, alt: card.alt.clone() }))
}

fn not_updatable() -> Fault {
    Fault::permanent("GLY0704", "'update' is not the output of a publication")
}

/// Keeps what readers can see in the memory across goals.
async fn remember(ctx: &Context, item: &Item, output: &Output) -> Result<(), Fault> {
    let Some(live) = output.posts.iter().find(|post| post.state.is_live()) else { return Ok(()) };
    let goal = item.mark.goal();
    let entry = Entry {
        key: goal.to_string(),
        space: "articles".to_owned(),
        title: item.article.title.clone(),
        text: digest_text(&item.article),
        meta: json!({ "url": live.url, "goal": goal }),
    };
    ctx.knowledge().remember(&[entry]).await.map_err(|error| {
        Fault::transient("GLY0703", "the publication could not be remembered").because(&error)
    })
}

fn neither_or_both() -> Fault {
    Fault::permanent("GLY0704", "publishing takes either 'article' or 'retract'")
}

/// What the memory searches by: title, keyphrase, headings and lead.
fn digest_text(article: &Article) -> String {
    let headings = article.sections.iter().filter_map(|section| section.heading.clone());
    let lead = article.sections.first().map(crate::rules::section_text).unwrap_or_default();
    let mut parts = vec![article.title.clone(), article.keyphrase.clone()];
    parts.extend(headings);
    parts.push(lead);
    parts.join("\n")
}

#[async_trait]
impl Agent for Publishing {
    type Input = Input;
    type Output = Output;

    const KIND: &'static str = "publishing";
    const SUMMARY: &'static str = "Publishes an approved article, once, and can take it back.";
    const EFFECTS: bool = true;

    async fn run(&self, ctx: &Context, input: Input) -> Result<Output, Fault> {
        match input {
            Input { verdict: Some(ReviewVerdict::Reject), article: Some(_), .. } => {
                Err(Fault::permanent("GLY0701", "the review rejected this article")
                    .hint("see the review's findings with `galley explain`; mend the sources or the topic"))
            }
            Input { article: Some(ref article), retract: None, .. } => {
                self.publish(ctx, article, &input).await
            }
            Input { article: None, retract: Some(output), .. } => self.retract(ctx, output).await,
            Input { article: Some(_), retract: Some(_), .. } => Err(neither_or_both()),
            Input { article: None, retract: None, .. } => {
                let undone = ctx.offer().undoes.as_ref().ok_or_else(neither_or_both)?;
                let mark = Mark::of(ctx.offer().goal, undone);
                let output = self.standing(ctx, &mark).await?;
                self.retract(ctx, output).await
            }
        }
    }
}

#[cfg(test)]
mod tests;
