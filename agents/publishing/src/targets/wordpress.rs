//! WordPress, over its REST interface (6.1 and later), with an application password.
//!
//! WordPress is not idempotent: the same slug again silently becomes `slug-2`. So each post carries its
//! mark in a comment that readers do not see, and is looked for by it, in every state including the bin.
//! Steps of a write: terms are found or made by name; the picture is found by a name made from the mark,
//! or uploaded; the post is made, or the one that stands is brought up to date. A crash after any of them
//! leaves what the next try finds.
//!
//! Requests go to `?rest_route=`, which every WordPress answers, with or without permalinks.

mod parts;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use galley_schemas::content::{Post, PostState};
use reqwest::header::{AUTHORIZATION, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use reqwest::{Method, RequestBuilder, StatusCode};
use secrecy::ExposeSecret as _;
use secrecy::zeroize::Zeroizing;
use serde_json::{Value, json};

use crate::config;
use crate::http::{Http, Reply, Secret};
use crate::rules;
use crate::target::{Item, Look, Mark, Picture, Sought, Stage, State, Target, Trouble};
use parts::{Known, Meta, MetaKeys, Refusal, Stored, Term, decode};

/// Every state in which a post can be, the bin too.
const ANY: &str = "publish,future,draft,pending,private,trash";
/// Most names of the same post that are looked at: `slug`, `slug-2`, …
const NAMES_MAX: u32 = 5;

/// One WordPress.
#[derive(Debug)]
pub(crate) struct WordPress {
    name: String,
    http: Http,
    to: config::WordPress,
    password: Secret,
}

impl WordPress {
    pub(crate) fn new(name: &str, to: config::WordPress) -> Result<Self, String> {
        let http = Http::new(&format!("wordpress '{name}'"), &to.url, to.plain_http)?;
        let password = Secret::new(&to.password_file);
        Ok(Self { name: name.to_owned(), http, to, password })
    }

    /// A request for a route of the REST interface, with parameters.
    fn rest(
        &self,
        method: Method,
        route: &str,
        parameters: &[(&str, &str)],
    ) -> Result<RequestBuilder, Trouble> {
        let password = self.password.read()?;
        let user = Zeroizing::new(format!("{}:{}", self.to.user, password.expose_secret()));
        let basic = Zeroizing::new(format!("Basic {}", STANDARD.encode(user.as_bytes())));
        let mut header = HeaderValue::from_str(&basic).map_err(|_unfit| Trouble::Unfit {
            target: self.describe(),
            why: "the password cannot stand in a header".to_owned(),
        })?;
        header.set_sensitive(true);
        let route = format!("/wp/v2/{route}");
        let request = self.http.ask(method, "")?.query(&[("rest_route", route.as_str())]);
        Ok(request.query(parameters).header(AUTHORIZATION, header))
    }

    async fn get<T: serde::de::DeserializeOwned>(
        &self,
        route: &str,
        parameters: &[(&str, &str)],
    ) -> Result<T, Trouble> {
        let reply = self.http.send(self.rest(Method::GET, route, parameters)?).await?;
        // Whom it does not know may not even ask for what is not public, and is told that the question is wrong.
        let forbidden = String::from_utf8_lossy(&reply.body).contains("rest_forbidden");
        if reply.status == StatusCode::BAD_REQUEST && forbidden {
            return Err(Trouble::Unauthorised {
                target: self.describe(),
                key: self.password.path().display().to_string(),
                message: "it does not let this user see drafts".to_owned(),
            });
        }
        self.http.good(&reply, &self.password)?;
        self.http.parse(&reply)
    }

    async fn post<T: serde::de::DeserializeOwned>(
        &self,
        route: &str,
        body: &Value,
    ) -> Result<T, Trouble> {
        self.http.json(self.rest(Method::POST, route, &[])?.json(body), &self.password).await
    }

    /// The post that carries a mark, in whatever state.
    async fn find(&self, sought: &Sought) -> Result<Option<(Stored, String)>, Trouble> {
        let mark = &sought.mark;
        let by = [("search", mark.as_str()), ("status", ANY)];
        let mut found = self.marked(mark, &by).await?;
        // A site's own search may leave comments out.
        if let (None, Some(slug)) = (&found, &sought.slug) {
            let mut names = slug.clone();
            for n in 2..=NAMES_MAX {
                names.push_str(&format!(",{slug}-{n}"));
            }
            found = self.marked(mark, &[("slug", &names), ("status", ANY)]).await?;
        }
        Ok(found)
    }

    async fn marked(
        &self,
        mark: &Mark,
        by: &[(&str, &str)],
    ) -> Result<Option<(Stored, String)>, Trouble> {
        let fields =
            [("context", "edit"), ("per_page", "20"), ("_fields", "id,link,status,content")];
        let posts: Vec<Stored> = self.get("posts", &[by, &fields].concat()).await?;
        Ok(posts.into_iter().find_map(|post| {
            let revision = mark.revision_in(&post.content.raw)?.to_owned();
            Some((post, revision))
        }))
    }

    fn told(&self, post: &Stored) -> Post {
        let state = match post.status.as_str() {
            "publish" | "private" => PostState::Live,
            "future" => PostState::Scheduled,
            _ => PostState::Draft,
        };
        Post { target: self.name.clone(), url: post.link.clone(), id: post.id.to_string(), state }
    }

    /// The id of a category or tag by its name; made when there is none.
    async fn term(&self, kind: &str, name: &str) -> Result<u64, Trouble> {
        let by = [("search", name), ("per_page", "100"), ("_fields", "id,name")];
        let terms: Vec<Term> = self.get(kind, &by).await?;
        let same = |term: &&Term| decode(&term.name).to_lowercase() == name.to_lowercase();
        if let Some(term) = terms.iter().find(same) {
            return Ok(term.id);
        }
        let made = self.rest(Method::POST, kind, &[])?.json(&json!({ "name": name }));
        let reply = self.http.send(made).await?;
        // Somebody made it meanwhile, or its name differs in what WordPress does not tell apart.
        let refused: Option<Refusal> = serde_json::from_slice(&reply.body).ok();
        match refused.and_then(|refusal| refusal.existing()) {
            Some(id) if reply.status == StatusCode::BAD_REQUEST => Ok(id),
            Some(_) | None => {
                self.http.good(&reply, &self.password)?;
                Ok(self.http.parse::<Term>(&reply)?.id)
            }
        }
    }

    async fn terms(&self, kind: &str, names: &[String]) -> Result<Vec<u64>, Trouble> {
        let mut ids = Vec::new();
        for name in names {
            let id = self.term(kind, name).await?;
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        Ok(ids)
    }

    /// The id of the article's picture; uploaded unless an earlier try did.
    async fn picture(&self, mark: &Mark, picture: &Picture) -> Result<u64, Trouble> {
        if let Some(known) = self.uploaded(mark).await? {
            return Ok(known.id);
        }
        let named = format!("attachment; filename=\"{mark}.png\"");
        let upload = self
            .rest(Method::POST, "media", &[("alt_text", &picture.alt)])?
            .header(CONTENT_TYPE, "image/png")
            .header(CONTENT_DISPOSITION, named)
            .body(picture.bytes.clone());
        let known: Known = self.http.json(upload, &self.password).await?;
        Ok(known.id)
    }

    /// The picture that an earlier try uploaded: its file's name became its title.
    async fn uploaded(&self, mark: &Mark) -> Result<Option<Known>, Trouble> {
        let by = [("search", mark.as_str()), ("_fields", "id,slug"), ("per_page", "10")];
        let found: Vec<Known> = self.get("media", &by).await?;
        Ok(found.into_iter().find(|known| known.slug.starts_with(mark.as_str())))
    }

    /// The meta keys of search engine plugins that this WordPress has registered; others would be
    /// dropped without a word.
    async fn meta(&self, item: &Item) -> Result<Value, Trouble> {
        let reply: Reply = self.http.send(self.rest(Method::OPTIONS, "posts", &[])?).await?;
        self.http.good(&reply, &self.password)?;
        Ok(self.http.parse::<MetaKeys>(&reply)?.fill(&Meta::of(&item.article)))
    }

    fn unfit(&self, why: &dyn std::error::Error) -> Trouble {
        Trouble::Unfit { target: self.describe(), why: why.to_string() }
    }

    /// What is written, apart from what must be asked for: ids.
    fn fields(&self, item: &Item) -> Result<Value, Trouble> {
        let article = &item.article;
        let html = rules::cms_html(article).map_err(|error| self.unfit(&error))?;
        let mut fields = json!({
            "title": article.title,
            "content": format!("{html}\n{}", item.mark.comment(&item.revision())),
            "excerpt": article.meta.description,
            "slug": item.slug(),
            "status": match item.state {
                State::Draft => "draft",
                State::Live => "publish",
                State::At(_) => "future",
            },
        });
        let more = [
            ("author", self.to.author.map(|id| json!(id))),
            (
                "date_gmt",
                match item.state {
                    State::At(time) => Some(json!(time.format("%Y-%m-%dT%H:%M:%S").to_string())),
                    State::Draft | State::Live => None,
                },
            ),
        ];
        put_all(&mut fields, more);
        Ok(fields)
    }
}

fn put_all<const N: usize>(fields: &mut Value, more: [(&str, Option<Value>); N]) {
    if let Some(object) = fields.as_object_mut() {
        let given = more.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        object.extend(given);
    }
}

#[async_trait]
impl Target for WordPress {
    fn stage(&self) -> Stage {
        Stage::Page
    }

    fn describe(&self) -> String {
        format!("wordpress {}", self.http.base())
    }

    fn preview(&self, item: &Item) -> Result<Value, Trouble> {
        let mut fields = self.fields(item)?;
        let names = [
            ("categories", Some(json!(self.to.categories))),
            ("tags", Some(json!(item.article.meta.tags))),
            ("picture", item.picture.as_ref().map(|picture| json!(picture.alt))),
        ];
        put_all(&mut fields, names);
        Ok(fields)
    }

    async fn look(&self, sought: &Sought) -> Result<Look, Trouble> {
        let found = self.find(sought).await?;
        Ok(match found {
            None => Look::Absent,
            // Somebody threw it away: it was published, and is not to come again.
            Some((post, _)) if post.status == "trash" => Look::Stands(self.told(&post), None),
            Some((post, revision)) => Look::Stands(self.told(&post), Some(revision)),
        })
    }

    async fn put(&self, item: &Item) -> Result<Post, Trouble> {
        let found = self.find(&item.sought()).await?;
        let mut fields = self.fields(item)?;
        let picture = match &item.picture {
            Some(picture) => Some(json!(self.picture(&item.mark, picture).await?)),
            None => None,
        };
        let categories = self.terms("categories", &self.to.categories).await?;
        let parts = [
            ("tags", Some(json!(self.terms("tags", &item.article.meta.tags).await?))),
            ("categories", (!categories.is_empty()).then(|| json!(categories))),
            ("featured_media", picture),
            ("meta", Some(self.meta(item).await?).filter(|meta| meta != &json!({}))),
        ];
        put_all(&mut fields, parts);
        let route =
            found.map_or_else(|| "posts".to_owned(), |(post, _)| format!("posts/{}", post.id));
        let stored: Stored = self.post(&route, &fields).await?;
        Ok(self.told(&stored))
    }

    async fn stands(&self, post: &Post) -> Result<Option<bool>, Trouble> {
        let route = format!("posts/{}", numeric(&post.id));
        let by = [("context", "edit"), ("_fields", "id,link,status,content")];
        let reply = self.http.send(self.rest(Method::GET, &route, &by)?).await?;
        if matches!(reply.status, StatusCode::NOT_FOUND | StatusCode::GONE) {
            return Ok(Some(false));
        }
        self.http.good(&reply, &self.password)?;
        let stored: Stored = self.http.parse(&reply)?;
        Ok(Some(stored.status != "trash"))
    }

    async fn retract(&self, post: &Post) -> Result<(), Trouble> {
        let route = format!("posts/{}", numeric(&post.id));
        let reply = self.http.send(self.rest(Method::DELETE, &route, &[])?).await?;
        let gone = matches!(reply.status, StatusCode::NOT_FOUND | StatusCode::GONE);
        // A site without a bin only deletes for good.
        if reply.status == StatusCode::NOT_IMPLEMENTED {
            let forced = self.rest(Method::DELETE, &route, &[("force", "true")])?;
            let reply = self.http.send(forced).await?;
            return self.http.good(&reply, &self.password);
        }
        if gone { Ok(()) } else { self.http.good(&reply, &self.password) }
    }
}

/// An id of WordPress's, which is a number: no text leads into another route.
fn numeric(id: &str) -> u64 {
    id.parse().unwrap_or_default()
}
