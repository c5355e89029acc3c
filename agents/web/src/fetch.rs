//! The fetcher: one page at a time, under guard, within bounds, with manners.
//!
//! 1. The address is judged by what it says ([`crate::guard`]); redirects are followed by hand, at
//!    most so many, each judged like the first, and never from https to http.
//! 2. The site's `robots.txt` is asked, then its turn is waited for.
//! 3. The name is resolved once; only vetted answers reach the connector. The address that the
//!    connection went to is judged again before a byte of the body is read.
//! 4. The body is read up to its bound as it comes and as it unpacks, and may unpack to a hundred times
//!    its size at most. The whole takes at most the configured time.
//! 5. A page that is kept ([`Cache`]) is asked for only if it has changed. A site that asks to be left
//!    alone is.
//!
//! Nothing is carried from one fetch to another: no cookies, no referrer, no credentials; no proxy
//! from the environment.

mod body;
mod cache;
mod hosts;
mod resolve;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::dns::Resolve;
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, HeaderName,
    IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION, RETRY_AFTER,
};
use reqwest::{Client, Response, StatusCode, redirect};
use url::Url;

use crate::config::FetchConfig;
use crate::guard::{Guard, InvalidPermission};
use crate::port::{Cache, Fetch, FetchError, Fetched, Kept};
use body::BodyError;
pub use cache::FolderCache;
use hosts::{Rules, Site, Sites};
use resolve::{Guarded, Refused, System};

/// What is asked for, best first.
const WANTED: &str = "text/markdown, text/html, application/xhtml+xml, text/plain;q=0.9, \
    application/pdf;q=0.9, application/rss+xml, application/atom+xml, application/feed+json, \
    application/xml;q=0.8, */*;q=0.1";
/// How much of a `robots.txt` is read.
const ROBOTS_BYTES_MAX: u64 = 512 * 1024;
const HEADERS_MAX: usize = 100;

/// Why a fetcher cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum FetcherError {
    /// A permission cannot be read.
    #[error("`fetch.allow` cannot be read")]
    Permission(#[from] InvalidPermission),
    /// The client cannot be made: its user agent or its TLS.
    #[error("the web client cannot be made")]
    Client(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Fetches pages from the public web.
#[derive(Debug)]
pub struct Fetcher {
    client: Client,
    guard: Arc<Guard>,
    config: FetchConfig,
    sites: Sites,
    cache: Option<Arc<dyn Cache>>,
}

impl Fetcher {
    /// A fetcher with its bounds and permissions.
    ///
    /// # Errors
    /// A [`FetcherError`] when they cannot be read.
    pub fn new(config: FetchConfig) -> Result<Self, FetcherError> {
        Self::resolving(config, Arc::new(System))
    }

    fn resolving(config: FetchConfig, inner: Arc<dyn Resolve>) -> Result<Self, FetcherError> {
        let guard = Arc::new(Guard::new(&config.allow)?);
        let resolver = Guarded { guard: Arc::clone(&guard), inner };
        let client = Client::builder()
            .tls_backend_preconfigured(tls().map_err(|error| FetcherError::Client(error.into()))?)
            .dns_resolver(resolver)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .no_gzip()
            .referer(false)
            .user_agent(&config.user_agent)
            .connect_timeout(Duration::from_millis(config.connect_ms_max))
            .http1_max_headers(HEADERS_MAX)
            .http2_max_header_list_size(64 * 1024)
            .pool_max_idle_per_host(config.per_host_max)
            .build()
            .map_err(|error| FetcherError::Client(error.into()))?;
        Ok(Self { client, guard, config, sites: Sites::default(), cache: None })
    }

    /// With pages that were fetched before.
    #[must_use]
    pub fn with_cache(self, cache: Arc<dyn Cache>) -> Self {
        Self { cache: Some(cache), ..self }
    }
}

/// TLS with the roots that browsers trust, compiled in: no file of the machine is needed.
pub(crate) fn tls() -> Result<rustls::ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let mut tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(tls)
}

#[async_trait]
impl Fetch for Fetcher {
    async fn get(&self, url: &str) -> Result<Fetched, FetchError> {
        let wait = Duration::from_millis(self.config.total_ms_max);
        let address = Url::parse(url)
            .map_err(|error| forbidden(url, &format!("it cannot be read: {error}")))?;
        let fetch = self.follow(address, Wanted::Page);
        match tokio::time::timeout(wait, fetch).await {
            Ok(outcome) => outcome,
            Err(_elapsed) => Err(FetchError::Timeout { url: url.to_owned(), wait }),
        }
    }
}

/// What an address is fetched as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// A page, as far as its site's rules allow.
    Page,
    /// The rules themselves, as much of them as is read.
    Rules,
}

impl Fetcher {
    async fn follow(&self, mut url: Url, wanted: Wanted) -> Result<Fetched, FetchError> {
        for _ in 0..=self.config.redirects_max {
            url.set_fragment(None);
            self.guard.vet_url(&url).map_err(|reason| forbidden(url.as_str(), reason))?;
            let site = self.sites.of(&url, &self.config);
            if wanted == Wanted::Page && self.config.robots {
                self.obey(&site, &url).await?;
            }
            if site.rests() {
                return Err(FetchError::Status { url: url.into(), status: 429 });
            }
            let _turn = site.turn().await;
            let kept = self.kept(&url, wanted).await;
            let response = self.send(&url, wanted, kept.as_ref()).await?;
            if response.status() == StatusCode::NOT_MODIFIED
                && let Some(kept) = kept
            {
                return Ok(kept.page);
            }
            match next(&url, &response) {
                Some(target) => url = target?,
                None => {
                    if let Some(wait) = retry_after(&response) {
                        site.rest(wait);
                    }
                    return self.read(url, response, wanted).await;
                }
            }
        }
        let reason = format!("it redirects more than {} times", self.config.redirects_max);
        Err(forbidden(url.as_str(), &reason))
    }

    /// The page as it was before.
    async fn kept(&self, url: &Url, wanted: Wanted) -> Option<Kept> {
        match wanted {
            Wanted::Page => self.cache.as_ref()?.get(url.as_str()).await,
            Wanted::Rules => None,
        }
    }

    async fn send(
        &self,
        url: &Url,
        wanted: Wanted,
        kept: Option<&Kept>,
    ) -> Result<Response, FetchError> {
        let packing = match wanted {
            Wanted::Page => "gzip",
            // Only the beginning is read, which cannot be unpacked.
            Wanted::Rules => "identity",
        };
        let mut request = self.client.get(url.clone()).header(ACCEPT, WANTED);
        request = request.header(ACCEPT_ENCODING, packing);
        if let Some(etag) = kept.and_then(|kept| kept.etag.as_deref()) {
            request = request.header(IF_NONE_MATCH, etag);
        }
        if let Some(date) = kept.and_then(|kept| kept.last_modified.as_deref()) {
            request = request.header(IF_MODIFIED_SINCE, date);
        }
        let response = request.send().await.map_err(|error| self.failed(url, error))?;
        if let Some(addr) = response.remote_addr() {
            let host = url.host_str().unwrap_or_default();
            self.guard.vet_answer(host, addr).map_err(|what| {
                forbidden(url.as_str(), &Refused { host: host.to_owned(), what }.to_string())
            })?;
        }
        Ok(response)
    }

    /// Asks the site's `robots.txt`. A site that has none allows everything; one that cannot say
    /// allows nothing for now.
    async fn obey(&self, site: &Site, url: &Url) -> Result<(), FetchError> {
        let rules = site.rules(async {
            let address = url.join("/robots.txt").map_err(|error| {
                forbidden(url.as_str(), &format!("its robots.txt has no address: {error}"))
            })?;
            match Box::pin(self.follow(address, Wanted::Rules)).await {
                Ok(page) => Ok(self.rules(page).await),
                // Too many requests is no word on the rules.
                Err(FetchError::Status { status: 400..=428 | 430..=499, .. }) => Ok(Rules::None),
                Err(error) => Err(error),
            }
        });
        if rules.await?.allow(url) {
            Ok(())
        } else {
            Err(forbidden(url.as_str(), "its site's robots.txt asks not to read it"))
        }
    }

    /// Rules are compiled apart: thousands of them take their time.
    async fn rules(&self, page: Fetched) -> Rules {
        let user_agent = self.config.user_agent.clone();
        let read = tokio::task::spawn_blocking(move || Rules::read(&user_agent, &page.body));
        read.await.unwrap_or(Rules::None)
    }

    async fn read(
        &self,
        url: Url,
        response: Response,
        wanted: Wanted,
    ) -> Result<Fetched, FetchError> {
        let status = response.status();
        if !status.is_success() {
            return Err(FetchError::Status { url: url.into(), status: status.as_u16() });
        }
        let (media_type, charset) = content_type(response.headers());
        let known = known_by(response.headers());
        let body = match wanted {
            Wanted::Page => body::whole(response, self.config.bytes_max).await,
            Wanted::Rules => body::beginning(response, ROBOTS_BYTES_MAX).await,
        };
        let body = body.map_err(|error| self.refused(&url, error))?;
        let asked = url.to_string();
        let page = Fetched { url: url.into(), status: status.as_u16(), media_type, charset, body };
        if let (Wanted::Page, Some(cache), Some((etag, last_modified))) =
            (wanted, &self.cache, known)
        {
            cache.put(&asked, Kept { page: page.clone(), etag, last_modified }).await;
        }
        Ok(page)
    }

    fn refused(&self, url: &Url, error: BodyError) -> FetchError {
        match error {
            BodyError::TooLarge { bytes_max } => {
                FetchError::TooLarge { url: url.to_string(), bytes_max }
            }
            BodyError::Broken(error) => self.failed(url, error),
            error @ BodyError::Encoding { .. } => {
                FetchError::Unreachable { url: url.to_string(), cause: error.into() }
            }
        }
    }

    fn failed(&self, url: &Url, error: reqwest::Error) -> FetchError {
        let error = error.without_url();
        let chain =
            std::iter::successors(Some(&error as &(dyn std::error::Error + 'static)), |error| {
                error.source()
            });
        let refused = chain.take(16).find_map(|error| error.downcast_ref::<Refused>());
        if let Some(refused) = refused {
            forbidden(url.as_str(), &refused.to_string())
        } else if error.is_timeout() {
            let wait = Duration::from_millis(self.config.connect_ms_max);
            FetchError::Timeout { url: url.to_string(), wait }
        } else {
            FetchError::Unreachable { url: url.to_string(), cause: error.into() }
        }
    }
}

/// How long a server asks to be left alone, in seconds; dates are not read.
fn retry_after(response: &Response) -> Option<Duration> {
    let status = response.status();
    let is_busy = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
    let secs = text(response.headers(), RETRY_AFTER).filter(|_| is_busy)?;
    secs.trim().parse().ok().map(Duration::from_secs)
}

/// By what a server knows a page again, when it may be kept: its `ETag` and its `Last-Modified`.
fn known_by(headers: &HeaderMap) -> Option<(Option<String>, Option<String>)> {
    let control = text(headers, CACHE_CONTROL).unwrap_or_default().to_ascii_lowercase();
    let known = (text(headers, ETAG), text(headers, LAST_MODIFIED));
    (known != (None, None) && !control.contains("no-store")).then_some(known)
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// Where a redirect leads; none for any other answer.
fn next(url: &Url, response: &Response) -> Option<Result<Url, FetchError>> {
    let is_redirect = matches!(
        response.status(),
        StatusCode::MOVED_PERMANENTLY
            | StatusCode::FOUND
            | StatusCode::SEE_OTHER
            | StatusCode::TEMPORARY_REDIRECT
            | StatusCode::PERMANENT_REDIRECT
    );
    let location = response.headers().get(LOCATION).filter(|_| is_redirect)?;
    let target = location.to_str().ok().and_then(|location| url.join(location).ok());
    Some(match target {
        None => Err(forbidden(url.as_str(), "it redirects to what is no address")),
        Some(target) if url.scheme() == "https" && target.scheme() == "http" => {
            Err(forbidden(url.as_str(), "it redirects from https to http"))
        }
        Some(target) => Ok(target),
    })
}

/// The media type in lower case, and the charset.
pub(crate) fn content_type(headers: &HeaderMap) -> (String, Option<String>) {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = value.split(';').map(str::trim);
    let media_type = parts.next().unwrap_or_default().to_ascii_lowercase();
    let charset = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    });
    (media_type, charset.filter(|charset| !charset.is_empty()).map(str::to_owned))
}

fn forbidden(url: &str, reason: &str) -> FetchError {
    let url = url.chars().take(300).collect();
    FetchError::Forbidden { url, reason: reason.to_owned() }
}

#[cfg(test)]
mod tests;
