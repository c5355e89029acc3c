//! Announcements on Mastodon, over its API (4.0 and later).
//!
//! A status carries the page's address, which nobody else's page has: by it an own status is recognised.
//! `Idempotency-Key` makes a repeated request harmless for an hour; after that, and always before a
//! write, the account's newest statuses are asked.
//!
//! What counts: an address 23 characters, whatever its length (the server says how many); everything else
//! as readers count.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use galley_schemas::content::{Post, PostState};
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Method, RequestBuilder, StatusCode};
use secrecy::ExposeSecret as _;
use secrecy::zeroize::Zeroizing;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::config::{self, Visibility};
use crate::http::{Http, Secret};
use crate::rules::{Link, Short, compose};
use crate::target::{Item, Look, Mark, Sought, Stage, Target, Trouble};

/// What a server allows that does not say.
const CHARACTERS: usize = 500;
/// What an address counts for where the server does not say.
const PER_URL: usize = 23;
/// Statuses of a page of the account's list, and most pages that are looked at.
const PAGE: usize = 40;
const PAGES_MAX: usize = 10;
/// How far the server's clock may be from ours.
const CLOCKS: TimeDelta = TimeDelta::minutes(10);

/// One account.
#[derive(Debug)]
pub(crate) struct Mastodon {
    name: String,
    http: Http,
    to: config::Mastodon,
    token: Secret,
}

#[derive(Debug, Deserialize)]
struct Account {
    id: String,
}

#[derive(Debug, Deserialize)]
struct Status {
    id: String,
    url: Option<String>,
    #[serde(default)]
    content: String,
    created_at: DateTime<Utc>,
}

/// How long a status may be.
#[derive(Debug, Clone, Copy)]
struct Limits {
    characters: usize,
    per_url: usize,
}

impl Mastodon {
    pub(crate) fn new(name: &str, to: config::Mastodon) -> Result<Self, String> {
        let http = Http::new(&format!("mastodon '{name}'"), &to.url, to.plain_http)?;
        let token = Secret::new(&to.token_file);
        Ok(Self { name: name.to_owned(), http, to, token })
    }

    fn ask(&self, method: Method, path: &str) -> Result<RequestBuilder, Trouble> {
        let token = self.token.read()?;
        let bearer = Zeroizing::new(format!("Bearer {}", token.expose_secret()));
        let mut header = HeaderValue::from_str(&bearer).map_err(|_unfit| Trouble::Unfit {
            target: self.describe(),
            why: "the token cannot stand in a header".to_owned(),
        })?;
        header.set_sensitive(true);
        Ok(self.http.ask(method, path)?.header(AUTHORIZATION, header))
    }

    async fn limits(&self) -> Result<Limits, Trouble> {
        let instance: Value =
            self.http.json(self.ask(Method::GET, "api/v2/instance")?, &self.token).await?;
        let number = |name: &str| {
            let value = instance.pointer(&format!("/configuration/statuses/{name}"))?.as_u64()?;
            usize::try_from(value).ok()
        };
        Ok(Limits {
            characters: number("max_characters").unwrap_or(CHARACTERS),
            per_url: number("characters_reserved_per_url").unwrap_or(PER_URL),
        })
    }

    fn compose(item: &Item, page: &str, limits: Limits) -> Short {
        compose(&item.article, Link { shown: page, counts: limits.per_url }, limits.characters)
    }

    fn fields(&self, item: &Item, text: &str) -> Value {
        json!({
            "status": text,
            "language": item.article.language,
            "visibility": match self.to.visibility {
                Visibility::Public => "public",
                Visibility::Unlisted => "unlisted",
                Visibility::Private => "private",
            },
        })
    }

    fn told(&self, status: Status) -> Post {
        let url = status.url.unwrap_or_else(|| self.http.base().to_string());
        Post { target: self.name.clone(), url, id: status.id, state: PostState::Live }
    }

    fn page<'a>(&self, page: Option<&'a String>) -> Result<&'a str, Trouble> {
        page.map(String::as_str).ok_or_else(|| Trouble::Unfit {
            target: self.describe(),
            why: "there is no page to announce".to_owned(),
        })
    }

    /// The account's own status about a page, among those since the goal began.
    async fn find(&self, mark: &Mark, page: &str) -> Result<Option<Status>, Trouble> {
        let path = "api/v1/accounts/verify_credentials";
        let account: Account = self.http.json(self.ask(Method::GET, path)?, &self.token).await?;
        // As it stands in the HTML of a status.
        let link = format!("href=\"{}\"", page.replace('&', "&amp;"));
        let mut before = String::new();
        for _ in 0..PAGES_MAX {
            let path = format!(
                "api/v1/accounts/{}/statuses?limit={PAGE}&exclude_replies=true&exclude_reblogs=true{before}",
                digits(&account.id)
            );
            let statuses: Vec<Status> =
                self.http.json(self.ask(Method::GET, &path)?, &self.token).await?;
            let is_before = |status: &Status| {
                mark.began().is_some_and(|began| status.created_at < began - CLOCKS)
            };
            let last = statuses.last().filter(|status| !is_before(status));
            let last = last.map(|status| format!("&max_id={}", digits(&status.id)));
            if let Some(found) = statuses.into_iter().find(|status| status.content.contains(&link))
            {
                return Ok(Some(found));
            }
            match last {
                Some(last) => before = last,
                None => return Ok(None),
            }
        }
        Err(self.http.unheard("too many statuses are newer than the goal to look through them"))
    }
}

/// An id of the server's, of which only letters and digits go into an address.
fn digits(id: &str) -> String {
    id.chars().filter(char::is_ascii_alphanumeric).collect()
}

#[async_trait]
impl Target for Mastodon {
    fn stage(&self) -> Stage {
        Stage::Announcement
    }

    fn describe(&self) -> String {
        format!("mastodon {}", self.http.base())
    }

    fn preview(&self, item: &Item) -> Result<Value, Trouble> {
        let page = item.page.as_deref().unwrap_or("https://page.example/");
        let limits = Limits { characters: CHARACTERS, per_url: PER_URL };
        Ok(self.fields(item, &Self::compose(item, page, limits).text))
    }

    async fn look(&self, sought: &Sought) -> Result<Look, Trouble> {
        // What was never published was never announced.
        let Some(page) = &sought.page else { return Ok(Look::Absent) };
        let found = self.find(&sought.mark, page).await?;
        Ok(found.map_or(Look::Absent, |status| Look::Stands(self.told(status), None)))
    }

    async fn put(&self, item: &Item) -> Result<Post, Trouble> {
        let page = self.page(item.page.as_ref())?;
        if let Some(status) = self.find(&item.mark, page).await? {
            return Ok(self.told(status));
        }
        let short = Self::compose(item, page, self.limits().await?);
        let request = self
            .ask(Method::POST, "api/v1/statuses")?
            .header("Idempotency-Key", item.mark.as_str())
            .json(&self.fields(item, &short.text));
        Ok(self.told(self.http.json(request, &self.token).await?))
    }

    async fn stands(&self, post: &Post) -> Result<Option<bool>, Trouble> {
        let path = format!("api/v1/statuses/{}", digits(&post.id));
        let reply = self.http.send(self.ask(Method::GET, &path)?).await?;
        if matches!(reply.status, StatusCode::NOT_FOUND | StatusCode::GONE) {
            return Ok(Some(false));
        }
        self.http.good(&reply, &self.token)?;
        Ok(Some(true))
    }

    async fn retract(&self, post: &Post) -> Result<(), Trouble> {
        let path = format!("api/v1/statuses/{}", digits(&post.id));
        let reply = self.http.send(self.ask(Method::DELETE, &path)?).await?;
        if reply.status == StatusCode::NOT_FOUND {
            return Ok(());
        }
        self.http.good(&reply, &self.token)
    }
}
