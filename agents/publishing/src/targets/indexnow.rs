//! Search engines that take part in IndexNow are told that a page is new, changed or gone.
//!
//! Telling twice is as good as telling once, so what nobody knows after a crash is simply told again. The
//! key must be served by the pages' host: where that is the folder of a site, the file is put there.

use std::path::PathBuf;

use async_trait::async_trait;
use galley_schemas::content::{Post, PostState};
use reqwest::Method;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use url::Url;

use crate::config::{self, Config};
use crate::http::{Http, Secret};
use crate::target::{Item, Look, Sought, Stage, Target, Trouble};

/// One search engine.
#[derive(Debug)]
pub(crate) struct IndexNow {
    name: String,
    http: Http,
    to: config::IndexNow,
    key: Secret,
    /// Where the key is put, when the pages are a folder of ours.
    site: Option<PathBuf>,
}

impl IndexNow {
    pub(crate) fn new(name: &str, to: config::IndexNow, config: &Config) -> Result<Self, String> {
        let http = Http::new(&format!("indexnow '{name}'"), &to.endpoint, to.plain_http)?;
        let key = Secret::new(&to.key_file);
        let site = config.has_site().then(|| config.out.clone());
        Ok(Self { name: name.to_owned(), http, to, key, site })
    }

    fn unfit(&self, why: String) -> Trouble {
        Trouble::Unfit { target: self.describe(), why }
    }

    /// The key, when it has the form that the protocol asks for.
    fn key(&self) -> Result<String, Trouble> {
        let key = self.key.read()?.expose_secret().to_owned();
        let fits = key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if fits && (8..=128).contains(&key.len()) {
            return Ok(key);
        }
        Err(self.unfit("the key must be 8 to 128 of a-z, A-Z, 0-9 and dashes".to_owned()))
    }

    fn body(&self, page: &str) -> Result<Value, Trouble> {
        let key = self.key()?;
        let url = Url::parse(page).map_err(|error| self.unfit(error.to_string()))?;
        let host = url.host_str().ok_or_else(|| self.unfit(format!("{page} has no host")))?;
        let location = match &self.to.key_location {
            Some(location) => location.clone(),
            None => {
                let own = url.join(&format!("/{key}.txt"));
                own.map_err(|error| self.unfit(error.to_string()))?.to_string()
            }
        };
        Ok(json!({ "host": host, "key": key, "keyLocation": location, "urlList": [page] }))
    }

    /// Puts the key where the pages are, if that is ours.
    fn serve_key(&self) -> Result<(), Trouble> {
        let Some(site) = &self.site else { return Ok(()) };
        let key = self.key()?;
        let path = site.join(format!("{key}.txt"));
        if std::fs::read_to_string(&path).is_ok_and(|text| text == key) {
            return Ok(());
        }
        std::fs::write(&path, key).map_err(|cause| Trouble::Key { path, cause })
    }

    async fn tell(&self, page: &str) -> Result<(), Trouble> {
        let request = self.http.ask(Method::POST, &self.to.endpoint)?.json(&self.body(page)?);
        let reply = self.http.send(request).await?;
        self.http.good(&reply, &self.key)
    }
}

#[async_trait]
impl Target for IndexNow {
    fn stage(&self) -> Stage {
        Stage::Announcement
    }

    fn describe(&self) -> String {
        format!("indexnow {}", self.to.endpoint)
    }

    fn preview(&self, item: &Item) -> Result<Value, Trouble> {
        Ok(json!({ "urlList": [item.page.as_deref().unwrap_or("https://page.example/")] }))
    }

    async fn look(&self, _sought: &Sought) -> Result<Look, Trouble> {
        // Nobody can be asked, and nobody need be.
        Ok(Look::Absent)
    }

    async fn put(&self, item: &Item) -> Result<Post, Trouble> {
        let page = item.page.as_deref();
        let page = page.ok_or_else(|| self.unfit("there is no page to tell of".to_owned()))?;
        self.serve_key()?;
        self.tell(page).await?;
        Ok(Post {
            target: self.name.clone(),
            url: page.to_owned(),
            id: page.to_owned(),
            state: PostState::Live,
        })
    }

    async fn stands(&self, _post: &Post) -> Result<Option<bool>, Trouble> {
        Ok(Some(true))
    }

    async fn retract(&self, post: &Post) -> Result<(), Trouble> {
        // They look at the page, and find it gone.
        self.tell(&post.id).await
    }
}
