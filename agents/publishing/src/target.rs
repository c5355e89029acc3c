//! A target: one place where articles are published.
//!
//! | asked for | what a target does |
//! |---|---|
//! | dry run | [`Target::preview`]: shows what it would write; nothing is sent |
//! | draft, live, scheduled | [`Target::put`] with that [`State`] |
//! | update | [`Target::put`] again under the same [`Mark`]: the post that carries it is brought up to date |
//! | retract | [`Target::retract`] |
//! | reconcile | [`Target::look`] and [`Target::stands`]: the target is asked |
//!
//! Law 1: every post carries its [`Mark`] where the target keeps it, so that `look` finds it whatever
//! crashed, also while readers do not see it.
//! Law 2: `put` makes at most one post for a mark, and makes none where `look` finds one.
//! Law 3: `look` and `stands` change nothing.

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use galley_schemas::artifact::Digest;
use galley_schemas::content::{Article, Post, PostState};
use galley_schemas::id::{GoalId, TaskId};
use serde_json::Value;

pub(crate) use crate::trouble::Trouble;

/// Characters of a hash that a mark carries.
const HASH_CHARS: usize = 16;

/// One place where articles are published.
#[async_trait]
pub(crate) trait Target: fmt::Debug + Send + Sync {
    /// Whether it makes a page or announces one.
    fn stage(&self) -> Stage;

    /// Where it is, for people: `wordpress https://blog.example.org/`.
    fn describe(&self) -> String;

    /// What would be written, for people.
    ///
    /// # Errors
    /// [`Trouble::Unfit`] when the article cannot be made into what the target takes.
    fn preview(&self, item: &Item) -> Result<Value, Trouble>;

    /// Asks the target for the post that carries a mark.
    ///
    /// # Errors
    /// A [`Trouble`] when it cannot be asked.
    async fn look(&self, sought: &Sought) -> Result<Look, Trouble>;

    /// Makes a post, or brings the one with this mark up to date.
    ///
    /// # Errors
    /// A [`Trouble`]; what it says about whether the write happened is [`Trouble::may_have_happened`].
    async fn put(&self, item: &Item) -> Result<Post, Trouble>;

    /// Asks the target whether a post stands; none when it cannot tell.
    ///
    /// # Errors
    /// A [`Trouble`] when it cannot be asked.
    async fn stands(&self, post: &Post) -> Result<Option<bool>, Trouble>;

    /// Takes a post back.
    ///
    /// # Errors
    /// A [`Trouble`].
    async fn retract(&self, post: &Post) -> Result<(), Trouble>;
}

/// When a target's turn is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It makes a page, with an address.
    Page,
    /// It announces a page, and needs its address. When it fails, the page stands.
    Announcement,
}

/// What a post is recognised by: the goal and the task that published it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    goal: GoalId,
    text: String,
}

impl Mark {
    /// The mark of a task's publication; a later round of the same step has the same.
    pub(crate) fn of(goal: GoalId, task: &TaskId) -> Self {
        let task = task.as_str();
        let task = task.split(['@', '!']).next().unwrap_or(task);
        let task = Digest::of(task.as_bytes());
        let task: String = task.as_str().chars().take(HASH_CHARS / 2).collect();
        Self { goal, text: format!("galley-{}-{task}", goal.uuid().simple()) }
    }

    /// The mark that a text is.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (goal, task) = text.strip_prefix("galley-")?.split_once('-')?;
        let is_hash = task.len() == HASH_CHARS / 2 && task.bytes().all(|b| b.is_ascii_hexdigit());
        let goal: GoalId = goal.parse().ok()?;
        is_hash.then(|| Self { goal, text: text.to_owned() })
    }

    /// As text: letters, digits and dashes.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The goal.
    pub(crate) const fn goal(&self) -> GoalId {
        self.goal
    }

    /// When the goal was handed in, as its id says.
    pub(crate) fn began(&self) -> Option<DateTime<Utc>> {
        let (seconds, nanos) = self.goal.uuid().get_timestamp()?.to_unix();
        DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos)
    }

    /// The mark with what it stands for, as a comment in HTML.
    pub(crate) fn comment(&self, revision: &str) -> String {
        format!("<!-- {} {revision} -->", self.text)
    }

    /// The revision in a text that carries the comment of this mark.
    pub(crate) fn revision_in<'a>(&self, text: &'a str) -> Option<&'a str> {
        let (_, rest) = text.split_once(self.text.as_str())?;
        rest.trim_start().get(..HASH_CHARS)
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What a post is looked for by.
#[derive(Debug, Clone)]
pub(crate) struct Sought {
    /// Its mark.
    pub(crate) mark: Mark,
    /// The name that it would have, where it is known.
    pub(crate) slug: Option<String>,
    /// The page that it would announce.
    pub(crate) page: Option<String>,
}

/// How it is to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Draft,
    Live,
    At(DateTime<Utc>),
}

impl State {
    /// As a post tells it.
    pub(crate) const fn told(self) -> PostState {
        match self {
            Self::Draft => PostState::Draft,
            Self::Live => PostState::Live,
            Self::At(_) => PostState::Scheduled,
        }
    }
}

/// A picture for link previews.
#[derive(Debug, Clone)]
pub(crate) struct Picture {
    /// A PNG.
    pub(crate) bytes: Bytes,
    /// What it shows.
    pub(crate) alt: String,
}

/// What is published.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    /// What it is recognised by.
    pub(crate) mark: Mark,
    /// The hash of the article.
    pub(crate) content: Digest,
    /// The article.
    pub(crate) article: Article,
    /// Its picture.
    pub(crate) picture: Option<Picture>,
    /// When it was published first.
    pub(crate) published: DateTime<Utc>,
    /// How it is to stand.
    pub(crate) state: State,
    /// The page that it announces.
    pub(crate) page: Option<String>,
}

impl Item {
    /// What it is looked for by.
    pub(crate) fn sought(&self) -> Sought {
        Sought { mark: self.mark.clone(), slug: Some(self.slug()), page: self.page.clone() }
    }

    /// The name that it is to have.
    pub(crate) fn slug(&self) -> String {
        crate::rules::safe_slug(&self.article.meta.slug)
    }

    /// The hash of all that is to stand: another article or another state is another revision.
    pub(crate) fn revision(&self) -> String {
        let state = match self.state {
            State::Draft => "draft".to_owned(),
            State::Live => "live".to_owned(),
            State::At(time) => time.to_rfc3339(),
        };
        let page = self.page.as_deref().unwrap_or_default();
        let digest = Digest::of(format!("{} {state} {page}", self.content).as_bytes());
        digest.as_str().chars().take(HASH_CHARS).collect()
    }

    /// When it becomes live.
    pub(crate) const fn goes_live(&self) -> DateTime<Utc> {
        match self.state {
            State::At(time) => time,
            State::Draft | State::Live => self.published,
        }
    }
}

/// What a target has of a mark.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Look {
    /// Nothing.
    Absent,
    /// A post; with its revision, where the target keeps that.
    Stands(Post, Option<String>),
    /// The target keeps nothing that would tell.
    CannotTell(String),
}
