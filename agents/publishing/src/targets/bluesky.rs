//! Announcements on Bluesky, over the AT protocol of the account's own server.
//!
//! A record's key is made from the mark (a timestamp identifier: the time of the goal, and a number from
//! the mark's hash), so that writing the record twice writes it once, and asking for it tells whether it
//! is there.
//!
//! A text has at most 300 characters as readers count and 3,000 bytes; what a place in it means is told
//! in UTF-8 bytes. The page is a card with title, description and picture.

use async_trait::async_trait;
use chrono::SecondsFormat;
use galley_schemas::artifact::Digest;
use galley_schemas::content::{Post, PostState};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, RequestBuilder, StatusCode};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::config;
use crate::http::{Http, Reply, Secret};
use crate::rules::{Link, Short, Span, compose, graphemes};
use crate::target::{Item, Look, Mark, Sought, Stage, Target, Trouble};

const COLLECTION: &str = "app.bsky.feed.post";
/// What readers count.
const CHARACTERS_MAX: usize = 300;
const BYTES_MAX: usize = 3_000;
/// Largest picture of a card.
const THUMB_BYTES_MAX: usize = 1_000_000;
/// Longest address as it is shown in a text.
const SHOWN_MAX: usize = 40;
/// The alphabet of timestamp identifiers, which sorts as the numbers do.
const ALPHABET: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";

/// One account.
#[derive(Debug)]
pub(crate) struct Bluesky {
    name: String,
    http: Http,
    to: config::Bluesky,
    password: Secret,
}

/// What a session gives: the account, and the key of the next requests.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Session {
    did: String,
    handle: String,
    access_jwt: SecretString,
}

#[derive(Debug, Deserialize)]
struct Record {
    uri: String,
}

#[derive(Debug, Deserialize)]
struct Uploaded {
    blob: Value,
}

/// Why something was refused.
#[derive(Debug, Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    error: String,
}

impl Bluesky {
    pub(crate) fn new(name: &str, to: config::Bluesky) -> Result<Self, String> {
        let http = Http::new(&format!("bluesky '{name}'"), &to.url, to.plain_http)?;
        let password = Secret::new(&to.password_file);
        Ok(Self { name: name.to_owned(), http, to, password })
    }

    async fn session(&self) -> Result<Session, Trouble> {
        let password = self.password.read()?;
        let body = Zeroizing::new(
            json!({ "identifier": self.to.handle, "password": password.expose_secret() })
                .to_string(),
        );
        let request = self
            .http
            .ask(Method::POST, "xrpc/com.atproto.server.createSession")?
            .header(CONTENT_TYPE, "application/json")
            .body(body.as_bytes().to_vec());
        self.http.json(request, &self.password).await
    }

    fn call(
        &self,
        session: &Session,
        method: Method,
        name: &str,
    ) -> Result<RequestBuilder, Trouble> {
        let bearer = Zeroizing::new(format!("Bearer {}", session.access_jwt.expose_secret()));
        let mut header = HeaderValue::from_str(&bearer)
            .map_err(|_unfit| self.http.unheard("no usable session"))?;
        header.set_sensitive(true);
        Ok(self.http.ask(method, &format!("xrpc/{name}"))?.header(AUTHORIZATION, header))
    }

    /// Whether a record is there.
    async fn has(&self, session: &Session, key: &str) -> Result<bool, Trouble> {
        let request = self.call(session, Method::GET, "com.atproto.repo.getRecord")?.query(&[
            ("repo", session.did.as_str()),
            ("collection", COLLECTION),
            ("rkey", key),
        ]);
        let reply: Reply = self.http.send(request).await?;
        let refusal: Refusal = serde_json::from_slice(&reply.body).unwrap_or_default();
        if reply.status == StatusCode::NOT_FOUND || refusal.error == "RecordNotFound" {
            return Ok(false);
        }
        self.http.good(&reply, &self.password)?;
        Ok(true)
    }

    fn told(&self, session: &Session, key: &str) -> Post {
        Post {
            target: self.name.clone(),
            url: format!("https://bsky.app/profile/{}/post/{key}", session.handle),
            id: key.to_owned(),
            state: PostState::Live,
        }
    }

    async fn thumb(&self, session: &Session, item: &Item) -> Result<Option<Value>, Trouble> {
        let fits = item.picture.as_ref().filter(|picture| picture.bytes.len() <= THUMB_BYTES_MAX);
        let Some(picture) = fits else { return Ok(None) };
        let request = self
            .call(session, Method::POST, "com.atproto.repo.uploadBlob")?
            .header(CONTENT_TYPE, "image/png")
            .body(picture.bytes.clone());
        let uploaded: Uploaded = self.http.json(request, &self.password).await?;
        Ok(Some(uploaded.blob))
    }
}

/// The record of a post that announces a page.
fn record(item: &Item, page: &str, thumb: Option<Value>) -> Value {
    let article = &item.article;
    let short = text(item, page);
    let mut external = json!({
        "uri": page, "title": article.title, "description": article.meta.description,
    });
    if let (Some(thumb), Some(object)) = (thumb, external.as_object_mut()) {
        object.insert("thumb".to_owned(), thumb);
    }
    json!({
        "$type": COLLECTION,
        "text": short.text,
        "facets": facets(&short, page),
        "langs": [article.language],
        "createdAt": item.published.to_rfc3339_opts(SecondsFormat::Millis, true),
        "embed": { "$type": "app.bsky.embed.external", "external": external },
    })
}

/// A text within both bounds.
fn text(item: &Item, page: &str) -> Short {
    let shown = shown(page);
    let link = Link { shown: &shown, counts: graphemes(&shown) };
    let mut room = CHARACTERS_MAX;
    let mut short = compose(&item.article, link, room);
    // Some of what readers count as one character is many bytes.
    while short.text.len() > BYTES_MAX && room > SHOWN_MAX * 2 {
        room = room * 3 / 4;
        short = compose(&item.article, link, room);
    }
    short
}

/// An address as readers want it: without its scheme, and not too long.
fn shown(page: &str) -> String {
    let bare = page.trim_start_matches("https://").trim_start_matches("http://");
    let bare = bare.trim_end_matches('/');
    if graphemes(bare) <= SHOWN_MAX {
        return bare.to_owned();
    }
    let cut: String = bare.chars().take(SHOWN_MAX - 1).collect();
    format!("{cut}…")
}

fn facets(short: &Short, page: &str) -> Vec<Value> {
    let facet = |(range, span): &(std::ops::Range<usize>, Span)| {
        let feature = match span {
            Span::Link => json!({ "$type": "app.bsky.richtext.facet#link", "uri": page }),
            Span::Tag(tag) => json!({ "$type": "app.bsky.richtext.facet#tag", "tag": tag }),
        };
        json!({
            "index": { "byteStart": range.start, "byteEnd": range.end }, "features": [feature],
        })
    };
    short.spans.iter().map(facet).collect()
}

/// The key of the record of a mark: a timestamp identifier. The goal's own time in microseconds (53 bits),
/// then 10 bits of the mark's hash.
fn key(mark: &Mark) -> String {
    let digest = Digest::of(mark.as_str().as_bytes());
    let hash = |from: usize, to: usize| {
        let part = digest.as_str().get(from..to).unwrap_or_default();
        u64::from_str_radix(part, 16).unwrap_or_default()
    };
    let micros = mark.began().and_then(|time| u64::try_from(time.timestamp_micros()).ok());
    // Ids of a goal tell milliseconds: what is below comes from the hash, too.
    let micros = micros.unwrap_or_default() + hash(0, 8) % 1_000;
    let number = ((micros & ((1 << 53) - 1)) << 10) | (hash(8, 16) & 0x3ff);
    let letter = |index: u32| {
        let at = usize::try_from((number >> (5 * index)) & 31).unwrap_or_default();
        char::from(*ALPHABET.get(at).unwrap_or(&b'2'))
    };
    (0..13).rev().map(letter).collect()
}

#[async_trait]
impl Target for Bluesky {
    fn stage(&self) -> Stage {
        Stage::Announcement
    }

    fn describe(&self) -> String {
        format!("bluesky {}", self.to.handle)
    }

    fn preview(&self, item: &Item) -> Result<Value, Trouble> {
        Ok(record(item, item.page.as_deref().unwrap_or("https://page.example/"), None))
    }

    async fn look(&self, sought: &Sought) -> Result<Look, Trouble> {
        let (session, key) = (self.session().await?, key(&sought.mark));
        let there = self.has(&session, &key).await?;
        Ok(if there { Look::Stands(self.told(&session, &key), None) } else { Look::Absent })
    }

    async fn put(&self, item: &Item) -> Result<Post, Trouble> {
        let page = item.page.as_deref().ok_or_else(|| Trouble::Unfit {
            target: self.describe(),
            why: "there is no page to announce".to_owned(),
        })?;
        let (session, key) = (self.session().await?, key(&item.mark));
        let thumb = self.thumb(&session, item).await?;
        let request =
            self.call(&session, Method::POST, "com.atproto.repo.putRecord")?.json(&json!({
                "repo": session.did, "collection": COLLECTION, "rkey": key,
                "record": record(item, page, thumb),
            }));
        let written: Record = self.http.json(request, &self.password).await?;
        tracing::debug!(uri = written.uri, "announced");
        Ok(self.told(&session, &key))
    }

    async fn stands(&self, post: &Post) -> Result<Option<bool>, Trouble> {
        let session = self.session().await?;
        self.has(&session, &post.id).await.map(Some)
    }

    async fn retract(&self, post: &Post) -> Result<(), Trouble> {
        let session = self.session().await?;
        let request =
            self.call(&session, Method::POST, "com.atproto.repo.deleteRecord")?.json(&json!({
                "repo": session.did, "collection": COLLECTION, "rkey": post.id,
            }));
        let reply = self.http.send(request).await?;
        self.http.good(&reply, &self.password)
    }
}

#[cfg(test)]
mod tests {
    use galley_schemas::id::{GoalId, TaskId};

    use super::*;
    use crate::targets::tests::item;

    fn mark(n: u128) -> Mark {
        let goal =
            GoalId::new(uuid::Uuid::from_u128(0x0199_0000_0000_7000_8000_0000_0000_0000 + n));
        Mark::of(goal, &TaskId::new("publish"))
    }

    #[test]
    fn a_key_is_a_timestamp_identifier_of_its_mark() {
        let one = key(&mark(1));
        assert_eq!(one, key(&mark(1)));
        assert_ne!(one, key(&mark(2)));
        assert_eq!(one.len(), 13);
        assert!(one.bytes().all(|b| ALPHABET.contains(&b)), "{one}");
        assert!(
            one.starts_with("3l") || one.starts_with("3m"),
            "the top bit is 0 and the time is ours: {one}"
        );
    }

    #[test]
    fn places_are_told_in_bytes() {
        let mut item = item();
        item.article.title = "Öfen für Brötchen 🥐".to_owned();
        item.article.meta.tags = vec!["Brötchen".to_owned()];
        let record = record(&item, "https://e.org/öfen/", None);
        let text = record["text"].as_str().unwrap();
        let at = |n: usize| {
            let index = &record["facets"][n]["index"];
            let place = |name: &str| usize::try_from(index[name].as_u64().unwrap()).unwrap();
            &text[place("byteStart")..place("byteEnd")]
        };
        assert_eq!((at(0), at(1)), ("e.org/öfen", "#Brötchen"));
        assert_eq!(record["facets"][0]["features"][0]["uri"], "https://e.org/öfen/");
    }

    #[test]
    fn a_text_keeps_to_both_bounds() {
        let mut item = item();
        // One character to a reader, 25 bytes.
        item.article.title = "👨‍👩‍👧‍👦".repeat(400);
        let short = text(&item, "https://example.org/a-very-long-address-of-a-page-on-rye-bread/");
        assert!(graphemes(&short.text) <= CHARACTERS_MAX && short.text.len() <= BYTES_MAX);
    }
}
