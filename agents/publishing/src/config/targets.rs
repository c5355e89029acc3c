//! The targets that can be set, each with its own settings.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::http::origin;

/// Longest name of a target.
const NAME_BYTES_MAX: usize = 40;

/// How far a publication goes.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Nothing is written: what would be is shown.
    DryRun,
    /// Only those who may edit it see it.
    Draft,
    /// Readers see it.
    #[default]
    Live,
}

/// One target: exactly one of the kinds, and what all of them have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Target {
    /// Its name, in posts, logs and questions; without one, its kind.
    pub name: Option<String>,
    /// How far it goes. A goal may ask for less, never for more.
    pub mode: Mode,
    /// The folder that `out` names, as a site of its own.
    pub site: Option<Site>,
    /// WordPress, over its REST interface.
    pub wordpress: Option<WordPress>,
    /// Ghost, over its Admin interface.
    pub ghost: Option<Ghost>,
    /// A folder of a Git repository, as Hugo and its kin read it.
    pub git: Option<Git>,
    /// Any server that takes a signed message.
    pub webhook: Option<Webhook>,
    /// Announces the page on Mastodon.
    pub mastodon: Option<Mastodon>,
    /// Announces the page on Bluesky.
    pub bluesky: Option<Bluesky>,
    /// Tells search engines of the page.
    pub indexnow: Option<IndexNow>,
}

/// The kind of a target, with its settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum To {
    Site,
    WordPress(WordPress),
    Ghost(Ghost),
    Git(Git),
    Webhook(Webhook),
    Mastodon(Mastodon),
    Bluesky(Bluesky),
    IndexNow(IndexNow),
}

impl To {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Site => "site",
            Self::WordPress(_) => "wordpress",
            Self::Ghost(_) => "ghost",
            Self::Git(_) => "git",
            Self::Webhook(_) => "webhook",
            Self::Mastodon(_) => "mastodon",
            Self::Bluesky(_) => "bluesky",
            Self::IndexNow(_) => "indexnow",
        }
    }

    /// Whether it announces a page, rather than making one.
    pub(crate) const fn announces(&self) -> bool {
        match self {
            Self::Site | Self::WordPress(_) | Self::Ghost(_) | Self::Git(_) => false,
            Self::Webhook(to) => to.announces,
            Self::Mastodon(_) | Self::Bluesky(_) | Self::IndexNow(_) => true,
        }
    }

    /// The addresses that it writes to, with whether they may be without TLS.
    fn addresses(&self) -> Vec<(&str, bool)> {
        match self {
            Self::Site => Vec::new(),
            Self::WordPress(to) => vec![(&to.url, to.plain_http)],
            Self::Ghost(to) => vec![(&to.url, to.plain_http)],
            Self::Git(to) => vec![(&to.base_url, true)],
            Self::Webhook(to) => vec![(&to.url, to.plain_http)],
            Self::Mastodon(to) => vec![(&to.url, to.plain_http)],
            Self::Bluesky(to) => vec![(&to.url, to.plain_http)],
            Self::IndexNow(to) => vec![(&to.endpoint, to.plain_http)],
        }
    }
}

impl Target {
    /// The folder of the site.
    #[must_use]
    pub fn site() -> Self {
        Self { site: Some(Site::default()), ..Self::default() }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> String {
        let kind =
            || self.to().map_or_else(|_| "without a kind".to_owned(), |to| to.kind().to_owned());
        self.name.clone().unwrap_or_else(kind)
    }

    /// What it is, and only that.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub(crate) fn to(&self) -> Result<To, String> {
        let site = self.site.as_ref().map(|_| To::Site);
        let given = [
            site,
            self.wordpress.clone().map(To::WordPress),
            self.ghost.clone().map(To::Ghost),
            self.git.clone().map(To::Git),
            self.webhook.clone().map(To::Webhook),
            self.mastodon.clone().map(To::Mastodon),
            self.bluesky.clone().map(To::Bluesky),
            self.indexnow.clone().map(To::IndexNow),
        ];
        let mut given = given.into_iter().flatten();
        match (given.next(), given.next()) {
            (Some(to), None) => Ok(to),
            (Some(_), Some(_)) => Err("it is of two kinds: make it two targets".to_owned()),
            (None, _) => {
                Err("name one of site, wordpress, ghost, git, webhook, mastodon, bluesky, indexnow"
                    .to_owned())
            }
        }
    }

    /// What is wrong with it, for people.
    pub(crate) fn faults(&self) -> Vec<String> {
        let to = match self.to() {
            Ok(to) => to,
            Err(fault) => return vec![fault],
        };
        let mut faults = Vec::new();
        if self.name.as_ref().is_some_and(|name| !is_name(name)) {
            faults.push(format!("a name has 1 to {NAME_BYTES_MAX} of a-z, 0-9 and dashes"));
        }
        for (url, plain) in to.addresses() {
            faults.extend(origin(url, plain).err());
        }
        if to == To::Site && self.mode == Mode::Draft {
            faults.push("a folder that is served keeps no drafts".to_owned());
        }
        if let To::Git(git) = &to {
            faults.extend(git.faults());
        }
        faults
    }
}

fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=NAME_BYTES_MAX).contains(&name.len()) && name.chars().all(fits)
}

/// The folder that `out` names; its settings are those beside `targets`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Site {}

/// A WordPress.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WordPress {
    /// Its address, as its readers know it: `https://blog.example.org/`.
    pub url: String,
    /// The user that publishes; the role Editor may do all that is done here.
    pub user: String,
    /// A file with an application password of that user.
    pub password_file: PathBuf,
    /// Names of the categories of every article; made when they are absent.
    #[serde(default)]
    pub categories: Vec<String>,
    /// The id of the author that is shown; without it, the user.
    #[serde(default)]
    pub author: Option<u64>,
    /// Whether `http://` may be used with a host that is not this machine.
    #[serde(default)]
    pub plain_http: bool,
}

/// A Ghost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ghost {
    /// Its address: `https://news.example.org/`.
    pub url: String,
    /// A file with the Admin API key of a custom integration: `id:secret`.
    pub key_file: PathBuf,
    /// Tags of every article, before its own.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Whether `http://` may be used with a host that is not this machine.
    #[serde(default)]
    pub plain_http: bool,
}

/// A folder of a Git repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Git {
    /// The repository: a path, `https://…` or `ssh://user@host/path`.
    pub repository: String,
    /// The branch that is pushed to; made when the repository is empty.
    #[serde(default = "main_branch")]
    pub branch: String,
    /// The folder of the posts: each is a page bundle, `<folder>/<slug>/index.md`.
    #[serde(default = "posts_folder")]
    pub folder: String,
    /// The address that the folder's posts are served under.
    pub base_url: String,
    /// Who commits, by name.
    #[serde(default = "committer")]
    pub author: String,
    /// Who commits, by address.
    #[serde(default = "committer_email")]
    pub email: String,
    /// For `ssh://`: a file with the private key.
    #[serde(default)]
    pub ssh_key_file: Option<PathBuf>,
    /// For `ssh://`: a file with the host's public key, as `known_hosts` has it.
    #[serde(default)]
    pub known_hosts_file: Option<PathBuf>,
    /// For `https://`: a file with `user:password`, or with a token.
    #[serde(default)]
    pub token_file: Option<PathBuf>,
}

fn main_branch() -> String {
    "main".to_owned()
}
fn posts_folder() -> String {
    "content/posts".to_owned()
}
fn committer() -> String {
    "Galley".to_owned()
}
fn committer_email() -> String {
    "galley@localhost".to_owned()
}

impl Git {
    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let plain = |text: &str| {
            let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
            !text.is_empty()
                && text.chars().all(fits)
                && !text.contains("..")
                && !text.starts_with(['-', '/', '.'])
        };
        if !plain(&self.branch) {
            faults.push(format!("'{}' is not the name of a branch", self.branch));
        }
        if !plain(&self.folder) {
            faults.push(format!("'{}' is not a folder inside of a repository", self.folder));
        }
        if self.repository.starts_with('-')
            || self.repository.contains("::")
            || self.repository.starts_with("http://")
        {
            faults.push("the repository is a path, https://… or ssh://…".to_owned());
        }
        if self.author.contains(['<', '>', '\n']) || self.email.contains(['<', '>', '\n', ' ']) {
            faults.push("a committer's name and address have no <, > or line break".to_owned());
        }
        faults
    }
}

/// Any server that takes a signed message, in the manner of Standard Webhooks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Where messages are posted.
    pub url: String,
    /// A file with the secret that signs them: `whsec_` and base64, or any text.
    pub secret_file: PathBuf,
    /// Where the server tells whether it has a message, on the same host: `{id}` stands for its id. 200 and 404
    /// are answers. Without it and without `deduplicates`, a person is asked when nobody knows.
    #[serde(default)]
    pub status_url: Option<String>,
    /// Whether the server drops a message whose id it has had, so that sending again is harmless.
    #[serde(default)]
    pub deduplicates: bool,
    /// Whether it comes after the pages and is told their address, rather than being one of them.
    #[serde(default)]
    pub announces: bool,
    /// Whether `http://` may be used with a host that is not this machine.
    #[serde(default)]
    pub plain_http: bool,
}

/// Who sees an announcement.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// All, and it is in the public lists.
    #[default]
    Public,
    /// All, and it is in no list.
    Unlisted,
    /// Followers.
    Private,
}

/// An account on a Mastodon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mastodon {
    /// The server: `https://mastodon.example/`.
    pub url: String,
    /// A file with an access token of the scopes `read:accounts`, `read:statuses` and `write:statuses`.
    pub token_file: PathBuf,
    /// Who sees it.
    #[serde(default)]
    pub visibility: Visibility,
    /// Whether `http://` may be used with a host that is not this machine.
    #[serde(default)]
    pub plain_http: bool,
}

/// An account on Bluesky.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bluesky {
    /// The account's own server: `https://bsky.social/` for most.
    pub url: String,
    /// The handle: `news.example.org`.
    pub handle: String,
    /// A file with an app password.
    pub password_file: PathBuf,
    /// Whether `http://` may be used with a host that is not this machine.
    #[serde(default)]
    pub plain_http: bool,
}

/// A search engine that takes part in IndexNow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IndexNow {
    /// Where addresses are told; any that takes part tells the others.
    #[serde(default = "indexnow")]
    pub endpoint: String,
    /// A file with the key: 8 to 128 of a-z, A-Z, 0-9 and dashes. It is no secret: the host of the pages serves it.
    pub key_file: PathBuf,
    /// Where the host of the pages serves the key; without it, `/<key>.txt`. The folder of a site gets it there.
    #[serde(default)]
    pub key_location: Option<String>,
    /// Whether `http://` may be used with a host that is not this machine.
    #[serde(default)]
    pub plain_http: bool,
}

fn indexnow() -> String {
    "https://api.indexnow.org/indexnow".to_owned()
}
