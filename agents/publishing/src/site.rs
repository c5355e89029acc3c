//! The site: folders and files, changed atomically.
//!
//! A post is a folder. It is written under a hidden name, flushed to disk, and renamed to its slug:
//! that rename is the publication. The lists (index, feeds, sitemap) are derived from the posts that
//! stand, each replaced by a rename; they can be built again at any time.
//!
//! Guarantee: a reader sees a post whole or not at all; a goal has at most one post, recognised by
//! the goal's id in `post.json`, whatever crashed. Assumption: all who publish to a folder take its
//! lock file (`.galley.lock`).

mod files;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use galley_agents_sdk::{Effector, Observed};
use galley_schemas::artifact::Digest;
use galley_schemas::content::{Article, Post};
use galley_schemas::fault::Fault;
use galley_schemas::id::GoalId;
use serde_json::{Value, json};

use crate::config::Config;
use crate::rules::{self, PostRecord};

/// Most posts with the same slug before a name is given up.
const SAME_SLUG_MAX: u32 = 1_000;

/// Why the folder could not be changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SiteError {
    /// A file operation failed.
    #[error("cannot {what} {}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On which path.
        path: PathBuf,
        /// Why it failed.
        #[source]
        cause: std::io::Error,
    },
    /// A page could not be rendered.
    #[error("cannot render the article")]
    Render(#[source] minijinja::Error),
    /// A thousand posts carry this name.
    #[error("{SAME_SLUG_MAX} posts are called '{slug}'")]
    NoFreeName {
        /// The name.
        slug: String,
    },
}

impl SiteError {
    fn fault(&self) -> Fault {
        match self {
            Self::Io { .. } => Fault::transient("GLY0705", self.to_string())
                .hint("check that the folder exists, is writable, and that the disk is not full"),
            Self::Render(_) => Fault::permanent("GLY0706", self.to_string()),
            Self::NoFreeName { .. } => Fault::permanent("GLY0707", self.to_string()),
        }
        .because(self)
    }
}

/// Whether articles can be published in a folder: asked before any work is done for them. Nothing is
/// left behind; a folder that is not there is made by the first publication.
///
/// # Errors
/// GLY0708.
pub fn check(out: &Path) -> Result<(), Fault> {
    files::try_out(out).map_err(|error| {
        Fault::permanent("GLY0708", format!("no site can be made in {}", out.display()))
            .hint("name another folder with --out, or make this one writable")
            .because(&error)
    })
}

/// One folder that is served as a site.
#[derive(Debug)]
pub(crate) struct Site {
    config: Config,
}

impl Site {
    pub(crate) const fn new(config: Config) -> Self {
        Self { config }
    }

    pub(crate) fn describe(&self) -> String {
        format!("site {}", self.config.out.display())
    }

    fn post(&self, record: &PostRecord) -> Post {
        Post {
            target: "site".to_owned(),
            url: rules::post_url(&self.config, &record.slug),
            id: record.slug.clone(),
        }
    }

    /// What stands of a goal, for its undo.
    ///
    /// # Errors
    /// GLY0705.
    pub(crate) async fn standing(self: &Arc<Self>, goal: GoalId) -> Result<Option<Post>, Fault> {
        let site = Arc::clone(self);
        on_disk(move || Ok(site.find(&goal)?.map(|post| site.post(&post)))).await
    }

    /// The post of a goal, if it stands.
    fn find(&self, goal: &GoalId) -> Result<Option<PostRecord>, SiteError> {
        let posts = files::posts(&self.config.out)?;
        Ok(posts.into_iter().find(|post| post.goal == *goal))
    }

    fn publish(&self, publication: &Publication) -> Result<PostRecord, SiteError> {
        let out = &self.config.out;
        let _lock = files::lock(out)?;
        if let Some(post) = self.find(&publication.goal)? {
            self.refresh_lists()?;
            return Ok(post);
        }
        let slug = free_slug(out, &publication.article)?;
        let post = record(publication, slug)?;
        files::place(out, &post.slug, &self.post_files(publication, &post)?)?;
        self.refresh_lists()?;
        Ok(post)
    }

    fn post_files(
        &self,
        publication: &Publication,
        post: &PostRecord,
    ) -> Result<BTreeMap<&'static str, Vec<u8>>, SiteError> {
        let article = &publication.article;
        let page = rules::article_page(&self.config, article, post).map_err(SiteError::Render)?;
        let proof = json!({
            "goal": post.goal, "article_sha256": post.content, "sections": article.sections,
            "claims": article.claims, "sources": article.sources,
        });
        let json = |value: &Value| format!("{value:#}\n").into_bytes();
        let card = publication.card.iter().map(|bytes| (rules::CARD_FILE, bytes.to_vec()));
        Ok(BTreeMap::from([
            ("index.html", page.into_bytes()),
            ("index.md", rules::markdown(&self.config, article, post).into_bytes()),
            ("proof.json", json(&proof)),
            (files::POST_FILE, json(&json!(post))),
        ])
        .into_iter()
        .chain(card)
        .collect())
    }

    fn refresh_lists(&self) -> Result<(), SiteError> {
        let posts = files::posts(&self.config.out)?;
        let index = rules::index_page(&self.config, &posts).map_err(SiteError::Render)?;
        let style = include_str!("../templates/style.css").to_owned();
        for (name, text) in [
            ("index.html", index),
            ("feed.xml", rules::rss(&self.config, &posts)),
            ("atom.xml", rules::atom(&self.config, &posts)),
            ("sitemap.xml", rules::sitemap(&self.config, &posts)),
            ("robots.txt", rules::robots(&self.config)),
            ("style.css", style),
        ] {
            files::replace(&self.config.out.join(name), text.as_bytes())?;
        }
        Ok(())
    }

    fn retract(&self, slug: &str) -> Result<(), SiteError> {
        let _lock = files::lock(&self.config.out)?;
        files::remove(&self.config.out, slug)?;
        self.refresh_lists()
    }
}

/// The first name that no other post has.
fn free_slug(out: &Path, article: &Article) -> Result<String, SiteError> {
    let wanted = files::safe_slug(&article.meta.slug);
    (1..=SAME_SLUG_MAX)
        .map(|n| if n == 1 { wanted.clone() } else { format!("{wanted}-{n}") })
        .find(|slug| !out.join(slug).exists())
        .ok_or(SiteError::NoFreeName { slug: wanted })
}

fn record(publication: &Publication, slug: String) -> Result<PostRecord, SiteError> {
    let article = &publication.article;
    Ok(PostRecord {
        goal: publication.goal,
        content: publication.content.clone(),
        slug,
        title: article.title.clone(),
        description: article.meta.description.clone(),
        language: article.language.clone(),
        published: publication.published,
        words: article.length.words,
        minutes: article.length.minutes,
        sources: article.sources.len(),
        tags: article.meta.tags.clone(),
        html: rules::article_body(article).map_err(SiteError::Render)?,
    })
}

/// Publishing one article, as an effect.
#[derive(Debug)]
pub(crate) struct Publication {
    pub(crate) site: Arc<Site>,
    pub(crate) goal: GoalId,
    pub(crate) content: Digest,
    pub(crate) article: Arc<Article>,
    /// The picture for link previews, when the article has one.
    pub(crate) card: Option<Bytes>,
    pub(crate) published: DateTime<Utc>,
}

#[async_trait]
impl Effector for Publication {
    async fn observe(&self) -> Result<Observed, Fault> {
        let (site, goal) = (Arc::clone(&self.site), self.goal);
        let found = on_disk(move || {
            let found = site.find(&goal)?;
            if found.is_some() {
                // The crash may have come between the post and the lists.
                let _lock = files::lock(&site.config.out)?;
                site.refresh_lists()?;
            }
            Ok(found.map(|post| json!(site.post(&post))))
        });
        Ok(found.await?.map_or(Observed::DidNotHappen, Observed::Happened))
    }

    async fn write(&self) -> Result<Value, Fault> {
        let publication = Self {
            site: Arc::clone(&self.site),
            goal: self.goal,
            content: self.content.clone(),
            article: Arc::clone(&self.article),
            card: self.card.clone(),
            published: self.published,
        };
        on_disk(move || {
            let post = publication.site.publish(&publication)?;
            Ok(json!(publication.site.post(&post)))
        })
        .await
    }
}

/// Taking a post back, as an effect.
#[derive(Debug)]
pub(crate) struct Retraction {
    pub(crate) site: Arc<Site>,
    pub(crate) slug: String,
}

#[async_trait]
impl Effector for Retraction {
    async fn observe(&self) -> Result<Observed, Fault> {
        let gone = !self.site.config.out.join(files::safe_slug(&self.slug)).exists();
        Ok(if gone { Observed::Happened(Value::Null) } else { Observed::DidNotHappen })
    }

    async fn write(&self) -> Result<Value, Fault> {
        let (site, slug) = (Arc::clone(&self.site), files::safe_slug(&self.slug));
        on_disk(move || site.retract(&slug)).await?;
        Ok(Value::Null)
    }
}

/// Runs file work where it may block.
async fn on_disk<T, F>(work: F) -> Result<T, Fault>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, SiteError> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| error.fault()),
        Err(error) => {
            Err(Fault::transient("GLY0705", "writing the site was cut off").because(&error))
        }
    }
}

#[cfg(test)]
mod tests;
