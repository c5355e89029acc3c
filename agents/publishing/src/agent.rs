//! The agent: one effect, once, and its undo.

use std::sync::Arc;

use async_trait::async_trait;
use galley_agents_knowledge::Entry;
use galley_agents_sdk::{Agent, Context, Effect};
use galley_schemas::artifact::ArtifactRef;
use galley_schemas::content::{Article, Post, ReviewVerdict};
use galley_schemas::fault::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::config::Config;
use crate::site::{Publication, Retraction, Site};

/// What a review said of the article, when the workflow passes it on.
pub type PublishingVerdict = ReviewVerdict;

/// Publish an article, or take a publication back. Exactly one of `article` and `retract`; neither, as the
/// undo of a publication that failed after it had written, takes back what stands of the goal.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Input {
    /// The [`Article`] to publish.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub article: Option<ArtifactRef>,
    /// What its review decided; a rejected article is never published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<PublishingVerdict>,
    /// The output of the publication to take back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retract: Option<Output>,
}

/// Where it stands now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    /// One per target.
    pub posts: Vec<Post>,
    /// The public address of the first.
    pub url: String,
}

/// The publishing agent.
#[derive(Debug)]
pub struct Publishing {
    site: Arc<Site>,
}

impl Publishing {
    /// An agent that publishes as configured.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self { site: Arc::new(Site::new(config)) }
    }

    async fn publish(&self, ctx: &Context, artifact: &ArtifactRef) -> Result<Output, Fault> {
        let article: Article = ctx.get(artifact).await?;
        let goal = ctx.offer().goal;
        let effect = Effect {
            key: "post".to_owned(),
            target: self.site.describe(),
            content: artifact.sha256.clone(),
            summary: format!("publish \"{}\"", article.title),
        };
        ctx.progress(format!("publishing \"{}\"", article.title));
        let title = article.title.clone();
        let text = digest_text(&article);
        let card = match &article.meta.card {
            Some(card) => Some(ctx.get_bytes(&card.image).await?),
            None => None,
        };
        let publication = Publication {
            site: Arc::clone(&self.site),
            goal,
            content: artifact.sha256.clone(),
            article: Arc::new(article),
            card,
            published: ctx.step("published_at", async { Ok(ctx.now()) }).await?,
        };
        let receipt = ctx.effect(effect, &publication).await?;
        let post: Post = serde_json::from_value(receipt).map_err(|error| {
            Fault::permanent("GLY0702", "the receipt of the publication cannot be read")
                .because(&error)
        })?;
        let entry = Entry {
            key: goal.to_string(),
            space: "articles".to_owned(),
            title,
            text,
            meta: json!({ "url": post.url, "goal": goal }),
        };
        ctx.knowledge().remember(&[entry]).await.map_err(|error| {
            Fault::transient("GLY0703", "the publication could not be remembered").because(&error)
        })?;
        Ok(Output { url: post.url.clone(), posts: vec![post] })
    }

    /// What stands of a goal whose publication failed after it had written.
    async fn standing(&self, ctx: &Context) -> Result<Output, Fault> {
        let goal = ctx.offer().goal;
        let post: Option<Post> = ctx.step("standing", self.site.standing(goal)).await?;
        let url = post.as_ref().map(|post| post.url.clone()).unwrap_or_default();
        Ok(Output { posts: post.into_iter().collect(), url })
    }

    async fn retract(&self, ctx: &Context, output: Output) -> Result<Output, Fault> {
        for (index, post) in output.posts.iter().enumerate() {
            let effect = Effect {
                key: format!("retract.{index}"),
                target: self.site.describe(),
                content: galley_schemas::artifact::Digest::of(post.id.as_bytes()),
                summary: format!("take back {}", post.url),
            };
            let retraction = Retraction { site: Arc::clone(&self.site), slug: post.id.clone() };
            ctx.effect(effect, &retraction).await?;
        }
        ctx.knowledge().forget("articles", &ctx.offer().goal.to_string()).await.map_err(
            |error| {
                Fault::transient("GLY0703", "the publication could not be forgotten")
                    .because(&error)
            },
        )?;
        Ok(output)
    }
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
            Input { article: Some(article), retract: None, .. } => {
                self.publish(ctx, &article).await
            }
            Input { article: None, retract: Some(output), .. } => self.retract(ctx, output).await,
            Input { article: None, retract: None, .. } if ctx.offer().undoes.is_some() => {
                let output = self.standing(ctx).await?;
                self.retract(ctx, output).await
            }
            Input { article: Some(_), retract: Some(_), .. }
            | Input { article: None, retract: None, .. } => {
                Err(Fault::permanent("GLY0704", "publishing takes either 'article' or 'retract'"))
            }
        }
    }
}

#[cfg(test)]
mod tests;
