//! The HTTP client of the targets: it reaches the one host that it was made for, and no other.
//!
//! No redirects, no proxy from the environment, no cookies, no referrer; TLS with the roots of the web;
//! a time and a size for every answer. An address without TLS is taken for this machine, and for others
//! only where the settings say so. A busy server is waited for, a few times and not for long.

mod secret;

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, redirect};
use serde::de::DeserializeOwned;
use url::{Host, Url};

use crate::target::Trouble;

pub(crate) use secret::Secret;

const CONNECT: Duration = Duration::from_secs(10);
const TOTAL: Duration = Duration::from_secs(60);
/// Largest answer that is read.
const REPLY_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How often a busy server is asked.
const TRIES_MAX: u32 = 3;
/// Longest wait for a busy server.
const WAIT_MAX: Duration = Duration::from_secs(20);
const WAIT_FIRST: Duration = Duration::from_secs(1);
/// Most characters of a server's complaint that are passed on.
const SAID_CHARS_MAX: usize = 300;

/// The address of a target, when it is one that may be written to.
///
/// # Errors
/// What is wrong with it, for people.
pub(crate) fn origin(url: &str, plain_http: bool) -> Result<Url, String> {
    let parsed = Url::parse(url).map_err(|error| format!("'{url}' is not an address: {error}"))?;
    let is_here = match parsed.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => return Err(format!("'{url}' names no host")),
    };
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err("a name or a password stands in an address: keys belong into files".to_owned());
    }
    match parsed.scheme() {
        "https" => Ok(parsed),
        "http" if is_here || plain_http => Ok(parsed),
        "http" => Err(format!(
            "'{url}' would send keys without TLS: use https://, or say `plain_http: true`"
        )),
        other => Err(format!("'{url}' begins with {other}:, not https:")),
    }
}

/// A client for the host of one target.
#[derive(Debug)]
pub(crate) struct Http {
    client: Client,
    base: Url,
    target: String,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    /// Its status.
    pub(crate) status: StatusCode,
    /// Its body, whole.
    pub(crate) body: Bytes,
}

impl Http {
    /// A client for the host of an address; `target` is what people call it.
    ///
    /// # Errors
    /// What is wrong with the address or with TLS, for people.
    pub(crate) fn new(target: &str, url: &str, plain_http: bool) -> Result<Self, String> {
        let mut base = origin(url, plain_http)?;
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let client = Client::builder()
            .tls_backend_preconfigured(tls().map_err(|error| error.to_string())?)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .referer(false)
            .user_agent(concat!("galley/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .timeout(TOTAL)
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { client, base, target: target.to_owned() })
    }

    /// The address that it was made for, with a slash at its end.
    pub(crate) const fn base(&self) -> &Url {
        &self.base
    }

    /// A request for a path below the address, or for another address of the same host.
    pub(crate) fn ask(&self, method: Method, path: &str) -> Result<RequestBuilder, Trouble> {
        let unfit = |why: String| Trouble::Unfit { target: self.target.clone(), why };
        let url = self.base.join(path).map_err(|error| unfit(error.to_string()))?;
        if url.origin() != self.base.origin() {
            return Err(unfit("an address leads to another host".to_owned()));
        }
        Ok(self.client.request(method, url))
    }

    /// Sends a request; any answer but a busy server's is given back.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Reply, Trouble> {
        let (mut request, mut wait, mut tries) = (request, WAIT_FIRST, 0);
        loop {
            let again = request.try_clone();
            let response = request.send().await.map_err(|error| self.broken(error))?;
            let status = response.status();
            if !matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
                return self.read(response).await;
            }
            tries += 1;
            let asked = retry_after(response.headers());
            let is_over = tries >= TRIES_MAX || asked.is_some_and(|asked| asked > WAIT_MAX);
            let Some(again) = again.filter(|_| !is_over) else {
                return Err(Trouble::Busy { target: self.target.clone(), status: status.as_u16() });
            };
            request = again;
            tokio::time::sleep(asked.unwrap_or(wait)).await;
            wait *= 2;
        }
    }

    async fn read(&self, mut response: Response) -> Result<Reply, Trouble> {
        let status = response.status();
        let mut body = BytesMut::new();
        while let Some(piece) = response.chunk().await.map_err(|error| self.cut_off(error))? {
            if body.len() + piece.len() > REPLY_BYTES_MAX {
                return Err(self.unheard("the answer is too large"));
            }
            body.extend_from_slice(&piece);
        }
        Ok(Reply { status, body: body.freeze() })
    }

    /// Sends a request that must be answered with JSON of a type; what else comes is trouble.
    pub(crate) async fn json<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        key: &Secret,
    ) -> Result<T, Trouble> {
        let reply = self.send(request).await?;
        self.good(&reply, key)?;
        self.parse(&reply)
    }

    /// The JSON of an answer.
    pub(crate) fn parse<T: DeserializeOwned>(&self, reply: &Reply) -> Result<T, Trouble> {
        serde_json::from_slice(&reply.body)
            .map_err(|error| self.unheard(&format!("status {}, and {error}", reply.status)))
    }

    /// Whether an answer is a yes.
    pub(crate) fn good(&self, reply: &Reply, key: &Secret) -> Result<(), Trouble> {
        let status = reply.status;
        if status.is_success() {
            return Ok(());
        }
        let (target, message) = (self.target.clone(), key.hide(&said(&reply.body)));
        Err(match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                Trouble::Unauthorised { target, key: key.path().display().to_string(), message }
            }
            _ if status.is_client_error() => {
                Trouble::Refused { target, status: status.as_u16(), message }
            }
            _ => self.unheard(&format!("status {status}: {message}")),
        })
    }

    pub(crate) fn unheard(&self, what: &str) -> Trouble {
        Trouble::Unheard { target: self.target.clone(), what: what.to_owned() }
    }

    fn broken(&self, error: reqwest::Error) -> Trouble {
        if error.is_connect() || error.is_builder() {
            // An address may carry what should not be shown.
            let cause = Box::new(error.without_url());
            return Trouble::Unreachable { target: self.target.clone(), cause };
        }
        self.cut_off(error)
    }

    fn cut_off(&self, error: reqwest::Error) -> Trouble {
        let what = if error.is_timeout() { "it took too long" } else { "the connection broke off" };
        tracing::debug!(target = self.target, error = %error.without_url(), "no answer");
        self.unheard(what)
    }
}

/// How long a server asks to be left alone.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// What a server said, in one line.
fn said(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let words: Vec<&str> = text.split_whitespace().collect();
    let line: String =
        words.join(" ").chars().filter(|c| !c.is_control()).take(SAID_CHARS_MAX).collect();
    if line.is_empty() { "without a word".to_owned() } else { line }
}

fn tls() -> Result<rustls::ClientConfig, rustls::Error> {
    let roots = rustls::RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let provider = rustls::crypto::ring::default_provider();
    let config = rustls::ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

#[cfg(test)]
mod tests;
