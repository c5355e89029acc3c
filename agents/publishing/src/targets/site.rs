//! The site: folders and files, changed atomically.
//!
//! A post is a folder. It is written under a hidden name, flushed to disk, and renamed to its slug:
//! that rename is the publication. The lists (index, feeds, sitemap) are derived from the posts that
//! stand, each replaced by a rename; they can be built again at any time.
//!
//! Guarantee: a reader sees a post whole or not at all; a goal has at most one post, recognised by
//! the mark in `post.json`, whatever crashed. When a post is brought up to date its files are replaced one
//! by one, each whole, that one last. Assumption: all who publish to a folder take its lock file
//! (`.galley.lock`).

mod files;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use galley_schemas::content::{Article, Post, PostState};
use galley_schemas::fault::Fault;
use serde_json::{Value, json};

use crate::config::Config;
use crate::rules::{self, PostRecord};
use crate::target::{Item, Look, Mark, Sought, Stage, State, Target, Trouble};

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
    /// The work did not come to its end.
    #[error("writing the site was cut off")]
    CutOff(#[source] tokio::task::JoinError),
    /// A thousand posts carry this name.
    #[error("{SAME_SLUG_MAX} posts are called '{slug}'")]
    NoFreeName {
        /// The name.
        slug: String,
    },
}

impl SiteError {
    pub(crate) fn fault(&self) -> Fault {
        match self {
            Self::Io { .. } => Fault::transient("GLY0705", self.to_string())
                .hint("check that the folder exists, is writable, and that the disk is not full"),
            Self::CutOff(_) => Fault::transient("GLY0705", self.to_string()),
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
pub(crate) fn check(out: &Path) -> Result<(), Fault> {
    files::try_out(out).map_err(|error| {
        Fault::permanent("GLY0708", format!("no site can be made in {}", out.display()))
            .hint("name another folder with --out, or make this one writable")
            .because(&error)
    })
}

/// One folder that is served as a site.
#[derive(Debug)]
pub(crate) struct Site {
    name: String,
    config: Config,
}

impl Site {
    pub(crate) fn new(name: &str, config: Config) -> Self {
        Self { name: name.to_owned(), config }
    }

    fn post(&self, record: &PostRecord) -> Post {
        Post {
            target: self.name.clone(),
            url: rules::post_url(&self.config, &record.slug),
            id: record.slug.clone(),
            state: PostState::Live,
        }
    }

    /// The post with a mark, if it stands. What a goal published before there were marks is known by the goal.
    fn find(&self, mark: &Mark) -> Result<Option<PostRecord>, SiteError> {
        let posts = files::posts(&self.config.out)?;
        let is_it = |post: &PostRecord| match &post.mark {
            Some(text) => text == mark.as_str(),
            None => post.goal == mark.goal(),
        };
        Ok(posts.into_iter().find(is_it))
    }

    fn look(&self, mark: &Mark) -> Result<Look, SiteError> {
        let Some(post) = self.find(mark)? else { return Ok(Look::Absent) };
        // The crash may have come between the post and the lists.
        let _lock = files::lock(&self.config.out)?;
        self.refresh_lists()?;
        Ok(Look::Stands(self.post(&post), post.revision))
    }

    fn put(&self, item: &Item) -> Result<Post, SiteError> {
        let out = &self.config.out;
        let _lock = files::lock(out)?;
        let post = match self.find(&item.mark)? {
            Some(post) if post.revision.as_ref() == Some(&item.revision()) => post,
            Some(before) => {
                let mut post = record(item, before.slug)?;
                post.published = before.published;
                files::renew(out, &post.slug, &self.post_files(item, &post)?)?;
                post
            }
            None => {
                let post = record(item, free_slug(out, &item.article)?)?;
                files::place(out, &post.slug, &self.post_files(item, &post)?)?;
                post
            }
        };
        self.refresh_lists()?;
        Ok(self.post(&post))
    }

    fn post_files(
        &self,
        item: &Item,
        post: &PostRecord,
    ) -> Result<BTreeMap<&'static str, Vec<u8>>, SiteError> {
        let article = &item.article;
        let page = rules::article_page(&self.config, article, post).map_err(SiteError::Render)?;
        let proof = json!({
            "goal": post.goal, "article_sha256": post.content, "sections": article.sections,
            "claims": article.claims, "sources": article.sources,
        });
        let json = |value: &Value| format!("{value:#}\n").into_bytes();
        let picture = item.picture.iter();
        let picture = picture.map(|picture| (rules::CARD_FILE, picture.bytes.to_vec()));
        let files = BTreeMap::from([
            ("index.html", page.into_bytes()),
            ("index.md", rules::markdown(&self.config, article, post).into_bytes()),
            ("proof.json", json(&proof)),
            (files::POST_FILE, json(&json!(post))),
        ]);
        Ok(files.into_iter().chain(picture).collect())
    }

    fn refresh_lists(&self) -> Result<(), SiteError> {
        let posts = files::posts(&self.config.out)?;
        let index = rules::index_page(&self.config, &posts).map_err(SiteError::Render)?;
        let style = include_str!("../../templates/style.css").to_owned();
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
    let wanted = rules::safe_slug(&article.meta.slug);
    (1..=SAME_SLUG_MAX)
        .map(|n| if n == 1 { wanted.clone() } else { format!("{wanted}-{n}") })
        .find(|slug| !out.join(slug).exists())
        .ok_or(SiteError::NoFreeName { slug: wanted })
}

fn record(item: &Item, slug: String) -> Result<PostRecord, SiteError> {
    let html = rules::article_body(&item.article).map_err(SiteError::Render)?;
    Ok(PostRecord::of(item, slug, html))
}

#[async_trait]
impl Target for Arc<Site> {
    fn stage(&self) -> Stage {
        Stage::Page
    }

    fn describe(&self) -> String {
        format!("site {}", self.config.out.display())
    }

    fn preview(&self, item: &Item) -> Result<Value, Trouble> {
        self.only_live(item)?;
        let post = record(item, item.slug())?;
        let page = rules::article_page(&self.config, &item.article, &post);
        Ok(json!({
            "url": rules::post_url(&self.config, &post.slug),
            "html": page.map_err(SiteError::Render)?,
        }))
    }

    async fn look(&self, sought: &Sought) -> Result<Look, Trouble> {
        let (site, mark) = (Self::clone(self), sought.mark.clone());
        on_disk(move || Site::look(&site, &mark)).await
    }

    async fn put(&self, item: &Item) -> Result<Post, Trouble> {
        self.only_live(item)?;
        let (site, item) = (Self::clone(self), item.clone());
        on_disk(move || Site::put(&site, &item)).await
    }

    async fn stands(&self, post: &Post) -> Result<Option<bool>, Trouble> {
        Ok(Some(self.config.out.join(rules::safe_slug(&post.id)).exists()))
    }

    async fn retract(&self, post: &Post) -> Result<(), Trouble> {
        let (site, slug) = (Self::clone(self), rules::safe_slug(&post.id));
        on_disk(move || Site::retract(&site, &slug)).await
    }
}

impl Site {
    fn only_live(&self, item: &Item) -> Result<(), Trouble> {
        let why = match item.state {
            State::Live => return Ok(()),
            State::Draft => {
                "a folder that is served keeps no drafts: use a dry run, or another target"
            }
            State::At(_) => "a folder has no clock: put a `wait` step before publishing",
        };
        let target = format!("site {}", self.config.out.display());
        Err(Trouble::Unfit { target, why: why.to_owned() })
    }
}

/// Runs file work where it may block.
async fn on_disk<T, F>(work: F) -> Result<T, Trouble>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, SiteError> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done?),
        Err(error) => Err(SiteError::CutOff(error).into()),
    }
}

#[cfg(test)]
mod tests;
