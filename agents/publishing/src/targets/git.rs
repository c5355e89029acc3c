//! A folder of a Git repository, as Hugo and its kin read it: one commit for each article.
//!
//! 1. The branch is fetched, one commit deep, into a bare repository in a temporary folder of its own.
//! 2. What is there is asked: the page whose front matter carries the mark.
//! 3. A tree with the page is made from that commit's, a commit from the tree, and it is pushed; never
//!    by force. When somebody else pushed meanwhile, all of it again.
//!
//! The push is the publication: the server takes the commit whole or not at all. A commit's text and
//! times come from the article alone, so the same publication on the same parent is the same commit.
//! Nothing is kept between two writes, so no crash leaves a lock behind.

mod run;

use std::collections::BTreeMap;
use std::path::PathBuf;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::SecondsFormat;
use galley_schemas::content::{Post, PostState};
use serde_json::{Value, json};

use crate::config::{self, Config};
use crate::rules::{self, PostRecord};
use crate::target::{Item, Look, Mark, Sought, Stage, State, Target, Trouble};
use run::{Repository, Tree};

/// How often a push is tried when others push too.
const PUSHES_MAX: u32 = 8;
/// Most posts with the same slug before a name is given up.
const SAME_SLUG_MAX: u32 = 1_000;
/// The page of a bundle.
const PAGE: &str = "index.md";

/// One folder of one branch.
#[derive(Debug)]
pub(crate) struct Git {
    name: String,
    to: config::Git,
    /// The site's settings, with the address that the folder is served under.
    paper: Config,
}

/// A page that stands.
struct Standing {
    slug: String,
    text: String,
}

impl Git {
    pub(crate) fn new(name: &str, to: config::Git, config: &Config) -> Self {
        let paper = Config { base_url: to.base_url.clone(), ..config.clone() };
        Self { name: name.to_owned(), to, paper }
    }

    fn folder(&self) -> &str {
        self.to.folder.trim_end_matches('/')
    }

    fn path(&self, slug: &str) -> PathBuf {
        PathBuf::from(self.folder()).join(slug)
    }

    fn post(&self, standing: &Standing) -> Post {
        // The front matter is ours: values are JSON, one a line.
        let field = |name: &str| {
            let line = standing.text.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| serde_json::from_str::<Value>(line.trim()).ok())
        };
        let is_draft = field("draft:") == Some(Value::Bool(true));
        let is_later = field("publishDate:").is_some();
        Post {
            target: self.name.clone(),
            url: rules::post_url(&self.paper, &standing.slug),
            id: standing.slug.clone(),
            state: match (is_draft, is_later) {
                (true, _) => PostState::Draft,
                (false, true) => PostState::Scheduled,
                (false, false) => PostState::Live,
            },
        }
    }

    /// The page that carries a mark, at the tip that was fetched.
    async fn find(
        &self,
        repository: &Repository,
        mark: &Mark,
    ) -> Result<Option<Standing>, Trouble> {
        let Some(tip) = repository.tip() else { return Ok(None) };
        let pattern = format!("galley: \"{mark} ");
        for path in repository.grep(tip, &pattern, self.folder()).await? {
            let inner = path.strip_prefix(&format!("{}/", self.folder()));
            let Some(slug) = inner.and_then(|inner| inner.strip_suffix(&format!("/{PAGE}"))) else {
                continue;
            };
            if !slug.contains('/') {
                let text = repository.read(tip, &path).await?;
                return Ok(Some(Standing { slug: slug.to_owned(), text }));
            }
        }
        Ok(None)
    }

    /// The first name that no other post has.
    async fn free_slug(&self, repository: &Repository, item: &Item) -> Result<String, Trouble> {
        let wanted = item.slug();
        let Some(tip) = repository.tip() else { return Ok(wanted) };
        let taken = repository.names(tip, self.folder()).await?;
        let free = (1..=SAME_SLUG_MAX)
            .map(|n| if n == 1 { wanted.clone() } else { format!("{wanted}-{n}") })
            .find(|slug| !taken.contains(slug) && !taken.contains(&format!("{slug}.md")));
        free.ok_or_else(|| self.unfit(format!("{SAME_SLUG_MAX} posts are called '{wanted}'")))
    }

    fn unfit(&self, why: String) -> Trouble {
        Trouble::Unfit { target: self.describe(), why }
    }

    /// The files of a post.
    fn files(&self, item: &Item, slug: &str) -> BTreeMap<&'static str, Bytes> {
        let record = PostRecord::of(item, slug.to_owned(), String::new());
        let time = item.goes_live().to_rfc3339_opts(SecondsFormat::Secs, true);
        let mut more = vec![
            ("draft", json!(item.state == State::Draft)),
            ("galley", json!(format!("{} {}", item.mark, item.revision()))),
        ];
        if let State::At(_) = item.state {
            more.push(("publishDate", json!(time)));
        }
        if let Some(picture) = &item.picture {
            more.push(("images", json!([rules::CARD_FILE])));
            more.push(("image_alt", json!(picture.alt)));
        }
        let page = rules::page_bundle(&self.paper, &item.article, &record, &more);
        let mut files = BTreeMap::from([(PAGE, Bytes::from(page))]);
        if let Some(picture) = &item.picture {
            files.insert(rules::CARD_FILE, picture.bytes.clone());
        }
        files
    }

    /// Pushes one commit with the post; none when somebody else pushed first.
    async fn push(&self, item: &Item) -> Result<Option<Post>, Trouble> {
        let repository = Repository::fetch(&self.to).await?;
        let found = self.find(&repository, &item.mark).await?;
        let slug = match &found {
            Some(standing) if item.mark.revision_in(&standing.text) == Some(&item.revision()) => {
                return Ok(Some(self.post(standing)));
            }
            Some(standing) => standing.slug.clone(),
            None => self.free_slug(&repository, item).await?,
        };
        let files = self.files(item, &slug);
        let tree = Tree { folder: self.path(&slug), files: &files };
        let verb = if found.is_some() { "Update" } else { "Publish" };
        let subject = format!("{verb} \"{}\"", line(&item.article.title));
        let text = format!("{subject}\n\nGalley-Goal: {}\n", item.mark.goal());
        let commit = repository.commit(&tree, &text, item.published).await?;
        if !repository.push(&commit).await? {
            return Ok(None);
        }
        let page = files.get(PAGE).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        Ok(Some(self.post(&Standing { slug, text: page.unwrap_or_default() })))
    }

    /// Pushes one commit without the post; none when somebody else pushed first.
    async fn pull_back(&self, post: &Post) -> Result<Option<()>, Trouble> {
        let repository = Repository::fetch(&self.to).await?;
        let slug = rules::safe_slug(&post.id);
        let Some(tip) = repository.tip() else { return Ok(Some(())) };
        if !repository.names(tip, self.folder()).await?.contains(&slug) {
            return Ok(Some(()));
        }
        let tree = Tree { folder: self.path(&slug), files: &BTreeMap::new() };
        let parent_time = repository.time(tip).await?;
        let text = format!("Take back \"{slug}\"\n");
        let commit = repository.commit(&tree, &text, parent_time).await?;
        Ok(repository.push(&commit).await?.then_some(()))
    }

    fn outrun(&self) -> Trouble {
        Trouble::Program {
            what: format!("{} took no commit", self.describe()),
            said: format!("others pushed first, {PUSHES_MAX} times"),
            unsure: false,
        }
    }
}

/// A title as the first line of a commit.
fn line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(120).collect()
}

#[async_trait]
impl Target for Git {
    fn stage(&self) -> Stage {
        Stage::Page
    }

    fn describe(&self) -> String {
        format!("git {} {}", self.to.repository, self.folder())
    }

    fn preview(&self, item: &Item) -> Result<Value, Trouble> {
        let slug = item.slug();
        let files = self.files(item, &slug);
        let page = files.get(PAGE).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        Ok(json!({ "path": self.path(&slug).join(PAGE), "page": page }))
    }

    async fn look(&self, sought: &Sought) -> Result<Look, Trouble> {
        let repository = Repository::fetch(&self.to).await?;
        let found = self.find(&repository, &sought.mark).await?;
        Ok(found.map_or(Look::Absent, |standing| {
            let revision = sought.mark.revision_in(&standing.text).map(str::to_owned);
            Look::Stands(self.post(&standing), revision)
        }))
    }

    async fn put(&self, item: &Item) -> Result<Post, Trouble> {
        for _ in 0..PUSHES_MAX {
            if let Some(post) = self.push(item).await? {
                return Ok(post);
            }
        }
        Err(self.outrun())
    }

    async fn stands(&self, post: &Post) -> Result<Option<bool>, Trouble> {
        let repository = Repository::fetch(&self.to).await?;
        let Some(tip) = repository.tip() else { return Ok(Some(false)) };
        let names = repository.names(tip, self.folder()).await?;
        Ok(Some(names.contains(&rules::safe_slug(&post.id))))
    }

    async fn retract(&self, post: &Post) -> Result<(), Trouble> {
        for _ in 0..PUSHES_MAX {
            if self.pull_back(post).await?.is_some() {
                return Ok(());
            }
        }
        Err(self.outrun())
    }
}
