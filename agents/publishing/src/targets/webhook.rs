//! Any server that takes a signed message, in the manner of Standard Webhooks.
//!
//! Each message carries `webhook-id` (made from the mark, the same on every try), `webhook-timestamp` and
//! `webhook-signature` (`v1,` and the base64 of an HMAC-SHA256 over `id.timestamp.body`).
//!
//! A server of unknown make can be asked whether it has a message only where the settings say how
//! (`status_url`), or where it drops what it has had (`deduplicates`: sending again is the question). Without
//! either, nobody can tell after a crash, and a person is asked.

use std::time::SystemTime;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use galley_schemas::artifact::Digest;
use galley_schemas::content::{Post, PostState};
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, RequestBuilder, StatusCode};
use secrecy::ExposeSecret as _;
use secrecy::zeroize::Zeroizing;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::config::{self, Config};
use crate::http::{Http, Reply, Secret};
use crate::rules::{self, PostRecord};
use crate::target::{Item, Look, Mark, Sought, Stage, Target, Trouble};

/// One server.
#[derive(Debug)]
pub(crate) struct Webhook {
    name: String,
    http: Http,
    to: config::Webhook,
    secret: Secret,
    /// The site's settings, for the Markdown.
    paper: Config,
}

/// What a server may answer: where the article stands now.
#[derive(Debug, Default, Deserialize)]
struct Answer {
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    id: Option<String>,
}

impl Webhook {
    pub(crate) fn new(name: &str, to: config::Webhook, config: &Config) -> Result<Self, String> {
        let http = Http::new(&format!("webhook '{name}'"), &to.url, to.plain_http)?;
        let secret = Secret::new(&to.secret_file);
        Ok(Self { name: name.to_owned(), http, to, secret, paper: config.clone() })
    }

    /// A signed message.
    fn message(&self, id: &str, body: &Value) -> Result<RequestBuilder, Trouble> {
        let body = body.to_string();
        let timestamp = seconds();
        let signature = self.sign(id, timestamp, &body)?;
        let request = self.http.ask(Method::POST, &self.to.url)?;
        Ok(request
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature)
            .body(body))
    }

    fn sign(&self, id: &str, timestamp: u64, body: &str) -> Result<String, Trouble> {
        let secret = self.secret.read()?;
        let text = secret.expose_secret();
        let key = match text.strip_prefix("whsec_") {
            Some(base64) => {
                Zeroizing::new(STANDARD.decode(base64).map_err(|error| self.unfit(&error))?)
            }
            None => Zeroizing::new(text.as_bytes().to_vec()),
        };
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|error| self.unfit(&error))?;
        mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
        Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    }

    fn unfit(&self, why: &dyn std::error::Error) -> Trouble {
        Trouble::Unfit { target: self.describe(), why: why.to_string() }
    }

    fn body(&self, item: &Item) -> Result<Value, Trouble> {
        let article = &item.article;
        let record = PostRecord::of(item, item.slug(), String::new());
        let html = rules::cms_html(article).map_err(|error| self.unfit(&error))?;
        Ok(json!({
            "type": "article.published",
            "timestamp": item.published.to_rfc3339(),
            "data": {
                "mark": item.mark.as_str(),
                "revision": item.revision(),
                "goal": item.mark.goal(),
                "state": item.state.told(),
                "goes_live": item.goes_live().to_rfc3339(),
                "page": item.page,
                "title": article.title,
                "slug": item.slug(),
                "language": article.language,
                "keyphrase": article.keyphrase,
                "meta": article.meta,
                "writing": article.writing,
                "words": article.length.words,
                "html": html,
                "markdown": rules::page_bundle(&self.paper, article, &record, &[]),
                "sources": article.sources.iter().map(|source| json!({
                    "title": source.title, "url": source.url, "sha256": source.id,
                })).collect::<Vec<_>>(),
            },
        }))
    }

    /// Whether the server has a message; none when it cannot be asked.
    async fn asked(&self, id: &str) -> Result<Option<Reply>, Trouble> {
        let Some(template) = &self.to.status_url else { return Ok(None) };
        let timestamp = seconds();
        let signature = self.sign(id, timestamp, "")?;
        let request = self.http.ask(Method::GET, &template.replace("{id}", id))?;
        let request = request
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature);
        self.http.send(request).await.map(Some)
    }

    fn told(&self, mark: &Mark, state: PostState, reply: &Reply) -> Post {
        let answer: Answer = serde_json::from_slice(&reply.body).unwrap_or_default();
        Post {
            target: self.name.clone(),
            url: answer.url.unwrap_or_else(|| self.to.url.clone()),
            id: answer.id.unwrap_or_else(|| mark.to_string()),
            state,
        }
    }

    fn unknown(&self) -> Look {
        Look::CannotTell(format!(
            "{} has no `status_url`, and is not said to drop what it has had: look there for the article",
            self.describe()
        ))
    }
}

/// The id of the message that publishes, and of the one that takes back: the same on every try.
fn message_id(what: &str, of: &str) -> String {
    let digest = Digest::of(format!("{what} {of}").as_bytes());
    let short: String = digest.as_str().chars().take(32).collect();
    format!("msg_{short}")
}

/// Seconds since 1970, on the clock that the receiver compares with its own.
#[expect(clippy::disallowed_methods, reason = "a signature holds for the real time of its sending")]
fn seconds() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

#[async_trait]
impl Target for Webhook {
    fn stage(&self) -> Stage {
        if self.to.announces { Stage::Announcement } else { Stage::Page }
    }

    fn describe(&self) -> String {
        format!("webhook {}", self.to.url)
    }

    fn preview(&self, item: &Item) -> Result<Value, Trouble> {
        self.body(item)
    }

    async fn look(&self, sought: &Sought) -> Result<Look, Trouble> {
        let id = message_id("publish", sought.mark.as_str());
        match self.asked(&id).await? {
            None if self.to.deduplicates => Ok(Look::Absent),
            None => Ok(self.unknown()),
            Some(reply) if matches!(reply.status, StatusCode::NOT_FOUND | StatusCode::GONE) => {
                Ok(Look::Absent)
            }
            Some(reply) => {
                self.http.good(&reply, &self.secret)?;
                Ok(Look::Stands(self.told(&sought.mark, PostState::Live, &reply), None))
            }
        }
    }

    async fn put(&self, item: &Item) -> Result<Post, Trouble> {
        let id = message_id("publish", item.mark.as_str());
        let reply = self.http.send(self.message(&id, &self.body(item)?)?).await?;
        self.http.good(&reply, &self.secret)?;
        Ok(self.told(&item.mark, item.state.told(), &reply))
    }

    async fn stands(&self, post: &Post) -> Result<Option<bool>, Trouble> {
        // Whether it was taken back is whether the message that says so arrived.
        let id = message_id("retract", &post.id);
        Ok(match self.asked(&id).await? {
            None => self.to.deduplicates.then_some(true),
            Some(reply) => Some(!reply.status.is_success()),
        })
    }

    async fn retract(&self, post: &Post) -> Result<(), Trouble> {
        let id = message_id("retract", &post.id);
        let body = json!({
            "type": "article.retracted",
            "data": { "id": post.id, "url": post.url },
        });
        let reply = self.http.send(self.message(&id, &body)?).await?;
        self.http.good(&reply, &self.secret)
    }
}
