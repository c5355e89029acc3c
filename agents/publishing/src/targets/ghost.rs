//! Ghost, over its Admin API (5.0 and later), with the key of a custom integration.
//!
//! Each post carries its mark in a comment at its foot (`codeinjection_foot`), by which it is found in
//! every state. Ghost is not idempotent: the same slug again becomes `slug-2`.
//!
//! A request carries a token of its own: a JWT (HS256) that holds for five minutes. A change must name the
//! post's `updated_at`; when somebody else changed it meanwhile, it is read again.

mod token;

use async_trait::async_trait;
use chrono::SecondsFormat;
use galley_schemas::content::{Post, PostState};
use reqwest::header::{AUTHORIZATION, CONTENT_DISPOSITION, HeaderValue};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::config;
use crate::http::{Http, Secret};
use crate::rules;
use crate::target::{Item, Look, Mark, Picture, Sought, Stage, State, Target, Trouble};

/// How often a change is tried when others change the post, too.
const CHANGES_MAX: u32 = 5;
/// Most characters of its fields.
const TITLE_MAX: usize = 255;
const EXCERPT_MAX: usize = 300;
const META_TITLE_MAX: usize = 300;
const META_DESCRIPTION_MAX: usize = 500;
const TAG_MAX: usize = 191;

/// One Ghost.
#[derive(Debug)]
pub(crate) struct Ghost {
    name: String,
    http: Http,
    to: config::Ghost,
    key: Secret,
}

#[derive(Debug, Deserialize)]
struct Posts {
    posts: Vec<Stored>,
}

/// A post as it is stored.
#[derive(Debug, Deserialize)]
struct Stored {
    id: String,
    #[serde(default)]
    url: String,
    status: String,
    updated_at: String,
    #[serde(default)]
    codeinjection_foot: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Images {
    images: Vec<Image>,
}

#[derive(Debug, Deserialize)]
struct Image {
    url: String,
}

impl Ghost {
    pub(crate) fn new(name: &str, to: config::Ghost) -> Result<Self, String> {
        let http = Http::new(&format!("ghost '{name}'"), &to.url, to.plain_http)?;
        let key = Secret::new(&to.key_file);
        Ok(Self { name: name.to_owned(), http, to, key })
    }

    fn admin(&self, method: Method, path: &str) -> Result<RequestBuilder, Trouble> {
        let token = token::token(&self.key.read()?, token::seconds())
            .map_err(|error| Trouble::Unfit { target: self.describe(), why: error.to_string() })?;
        let mut header = HeaderValue::from_str(&format!("Ghost {}", token.as_str()))
            .map_err(|_unfit| self.http.unheard("no usable token"))?;
        header.set_sensitive(true);
        let request = self.http.ask(method, &format!("ghost/api/admin/{path}"))?;
        Ok(request.header(AUTHORIZATION, header).header("accept-version", "v5.0"))
    }

    /// The post that carries a mark, in whatever state.
    async fn find(&self, mark: &Mark) -> Result<Option<(Stored, String)>, Trouble> {
        let filter = format!("codeinjection_foot:~'{mark}'");
        let request = self.admin(Method::GET, "posts/")?.query(&[
            ("filter", filter.as_str()),
            ("limit", "10"),
            ("fields", "id,url,status,updated_at,codeinjection_foot"),
        ]);
        let found: Posts = self.http.json(request, &self.key).await?;
        Ok(found.posts.into_iter().find_map(|post| {
            let revision = mark.revision_in(post.codeinjection_foot.as_deref()?)?.to_owned();
            Some((post, revision))
        }))
    }

    fn told(&self, post: &Stored) -> Post {
        let state = match post.status.as_str() {
            "published" | "sent" => PostState::Live,
            "scheduled" => PostState::Scheduled,
            _ => PostState::Draft,
        };
        Post { target: self.name.clone(), url: post.url.clone(), id: post.id.clone(), state }
    }

    fn fields(&self, item: &Item) -> Result<Value, Trouble> {
        let (article, meta) = (&item.article, &item.article.meta);
        let html = rules::cms_html(article)
            .map_err(|error| Trouble::Unfit { target: self.describe(), why: error.to_string() })?;
        let tags: Vec<Value> = self
            .to
            .tags
            .iter()
            .chain(&meta.tags)
            .map(|tag| json!({ "name": cut(tag, TAG_MAX) }))
            .collect();
        let mut fields = json!({
            "title": cut(&article.title, TITLE_MAX),
            "slug": item.slug(),
            "html": html,
            "custom_excerpt": cut(&meta.description, EXCERPT_MAX),
            "meta_title": cut(&meta.title, META_TITLE_MAX),
            "meta_description": cut(&meta.description, META_DESCRIPTION_MAX),
            "tags": tags,
            "codeinjection_foot": item.mark.comment(&item.revision()),
            "status": match item.state {
                State::Draft => "draft",
                State::Live => "published",
                State::At(_) => "scheduled",
            },
        });
        if let (State::At(time), Some(object)) = (item.state, fields.as_object_mut()) {
            let time = time.to_rfc3339_opts(SecondsFormat::Millis, true);
            object.insert("published_at".to_owned(), json!(time));
        }
        Ok(fields)
    }

    /// The address of the article's picture, uploaded under a name made from the mark. A crash may leave
    /// one that no post shows.
    async fn picture(&self, mark: &Mark, picture: &Picture) -> Result<String, Trouble> {
        let boundary = format!("{mark}-boundary");
        let mut body = Vec::with_capacity(picture.bytes.len() + 512);
        for (head, bytes) in [
            (
                format!(
                    "{CONTENT_DISPOSITION}: form-data; name=\"file\"; filename=\"{mark}.png\"\r\nContent-Type: image/png"
                ),
                picture.bytes.as_ref(),
            ),
            (format!("{CONTENT_DISPOSITION}: form-data; name=\"ref\""), mark.as_str().as_bytes()),
        ] {
            body.extend_from_slice(format!("--{boundary}\r\n{head}\r\n\r\n").as_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
        let request = self
            .admin(Method::POST, "images/upload/")?
            .header("content-type", format!("multipart/form-data; boundary={boundary}"))
            .body(body);
        let uploaded: Images = self.http.json(request, &self.key).await?;
        let first = uploaded.images.into_iter().next();
        first.map(|image| image.url).ok_or_else(|| self.http.unheard("no picture was kept"))
    }

    async fn create(&self, fields: &Value) -> Result<Post, Trouble> {
        let request = self.admin(Method::POST, "posts/")?.query(&[("source", "html")]);
        let made: Posts =
            self.http.json(request.json(&json!({ "posts": [fields] })), &self.key).await?;
        self.one(&made)
    }

    /// Changes the post that stands; none when somebody else changed it first.
    async fn change(&self, stored: &Stored, fields: &Value) -> Result<Option<Post>, Trouble> {
        let mut fields = fields.clone();
        if let Some(object) = fields.as_object_mut() {
            object.insert("updated_at".to_owned(), json!(stored.updated_at));
        }
        let path = format!("posts/{}/", plain(&stored.id));
        let request = self.admin(Method::PUT, &path)?.query(&[("source", "html")]);
        let reply = self.http.send(request.json(&json!({ "posts": [fields] }))).await?;
        if reply.status == StatusCode::CONFLICT {
            return Ok(None);
        }
        self.http.good(&reply, &self.key)?;
        self.one(&self.http.parse(&reply)?).map(Some)
    }

    fn one(&self, posts: &Posts) -> Result<Post, Trouble> {
        let first = posts.posts.first().map(|post| self.told(post));
        first.ok_or_else(|| self.http.unheard("no post came back"))
    }
}

/// At most so many characters, as Ghost counts.
fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// An id of Ghost's, which is hexadecimal: no text leads into another path.
fn plain(id: &str) -> String {
    id.chars().filter(char::is_ascii_alphanumeric).collect()
}

#[async_trait]
impl Target for Ghost {
    fn stage(&self) -> Stage {
        Stage::Page
    }

    fn describe(&self) -> String {
        format!("ghost {}", self.http.base())
    }

    fn preview(&self, item: &Item) -> Result<Value, Trouble> {
        self.fields(item)
    }

    async fn look(&self, sought: &Sought) -> Result<Look, Trouble> {
        let found = self.find(&sought.mark).await?;
        Ok(found.map_or(Look::Absent, |(post, revision)| {
            Look::Stands(self.told(&post), Some(revision))
        }))
    }

    async fn put(&self, item: &Item) -> Result<Post, Trouble> {
        let mut fields = self.fields(item)?;
        if let (Some(picture), Some(object)) = (&item.picture, fields.as_object_mut()) {
            let url = self.picture(&item.mark, picture).await?;
            object.insert("feature_image".to_owned(), json!(url));
            object.insert("feature_image_alt".to_owned(), json!(cut(&picture.alt, TAG_MAX)));
        }
        for _ in 0..CHANGES_MAX {
            let Some((stored, _)) = self.find(&item.mark).await? else {
                return self.create(&fields).await;
            };
            if let Some(post) = self.change(&stored, &fields).await? {
                return Ok(post);
            }
        }
        Err(Trouble::Busy { target: self.describe(), status: StatusCode::CONFLICT.as_u16() })
    }

    async fn stands(&self, post: &Post) -> Result<Option<bool>, Trouble> {
        let reply = self
            .http
            .send(self.admin(Method::GET, &format!("posts/{}/", plain(&post.id)))?)
            .await?;
        if reply.status == StatusCode::NOT_FOUND {
            return Ok(Some(false));
        }
        self.http.good(&reply, &self.key)?;
        Ok(Some(true))
    }

    async fn retract(&self, post: &Post) -> Result<(), Trouble> {
        let request = self.admin(Method::DELETE, &format!("posts/{}/", plain(&post.id)))?;
        let reply = self.http.send(request).await?;
        if reply.status == StatusCode::NOT_FOUND {
            Ok(())
        } else {
            self.http.good(&reply, &self.key)
        }
    }
}
