//! The way to an engine's server: one request, one bounded answer, errors by what can be done.
//!
//! A server is named by the configuration, so no guard stands before it; but it is not followed
//! elsewhere, gets no cookie, and its key shows nowhere.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use chrono::DateTime;
use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Client, RequestBuilder, Response, StatusCode, redirect};
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use url::Url;

use super::error::{EngineError, SearchError};
use super::key::Key;
use crate::fetch::tls;

/// How much of an answer is told when it is no answer.
const SHOWN_CHARS_MAX: usize = 200;
/// How much of an error's body is read.
const SAID_BYTES_MAX: u64 = 4096;
/// What is wrong when a server gives pages for people.
pub(super) const WEB_PAGE: &str = "a web page came instead of JSON";
const CONNECT_WAIT: Duration = Duration::from_secs(5);

/// The client that all engines share.
pub(super) fn client(user_agent: &str) -> Result<Client, EngineError> {
    Client::builder()
        .tls_backend_preconfigured(tls().map_err(|error| EngineError::Client(error.into()))?)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .user_agent(user_agent)
        .connect_timeout(CONNECT_WAIT)
        .build()
        .map_err(|error| EngineError::Client(error.into()))
}

/// What engines are made with.
#[derive(Debug, Clone)]
pub(super) struct Workshop {
    /// The client that all engines share.
    pub(super) client: Client,
    /// The most bytes of one answer.
    pub(super) bytes_max: u64,
}

/// One engine's server.
#[derive(Debug)]
pub(super) struct Api {
    engine: String,
    client: Client,
    bytes_max: u64,
    pace: Pace,
    key: Option<Key>,
}

/// An answer with its media type.
pub(super) struct Answer {
    /// In lower case, without parameters.
    pub(super) media_type: String,
    /// The body, unpacked.
    pub(super) body: Bytes,
}

impl Api {
    /// A server that may be asked once in every `pause`.
    pub(super) fn new(engine: String, workshop: &Workshop, pause: Duration) -> Self {
        let Workshop { client, bytes_max } = workshop.clone();
        Self { engine, client, bytes_max, pace: Pace::new(pause), key: None }
    }

    /// With a key, which no error repeats.
    pub(super) fn with_key(self, key: Key) -> Self {
        Self { key: Some(key), ..self }
    }

    /// The key as a header's value, after `scheme`; empty without one.
    pub(super) fn key(&self, scheme: &str) -> HeaderValue {
        self.key.as_ref().map_or(HeaderValue::from_static(""), |key| key.header(scheme))
    }

    /// What the engine is called.
    pub(super) fn engine(&self) -> &str {
        &self.engine
    }

    /// A request, to be sent with [`Self::send`].
    pub(super) fn get(&self, url: Url) -> RequestBuilder {
        self.client.get(url)
    }

    /// A request, to be sent with [`Self::send`].
    pub(super) fn post(&self, url: Url) -> RequestBuilder {
        self.client.post(url)
    }

    /// Sends a request, and reads the answer as JSON.
    pub(super) async fn json<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
    ) -> Result<T, SearchError> {
        let request = request.header(header::ACCEPT, HeaderValue::from_static("application/json"));
        let Answer { media_type, body } = self.send(request).await?;
        serde_json::from_slice(&body).map_err(|error| {
            let what = if media_type.contains("html") {
                WEB_PAGE.to_owned()
            } else {
                format!("{error} in “{}”", self.beginning(&body))
            };
            self.malformed(what)
        })
    }

    /// Waits for a turn, sends a request, and reads the answer up to its bound.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Answer, SearchError> {
        self.pace.turn().await;
        let response = request.send().await.map_err(|error| self.unreachable(error))?;
        let mut response = self.judged(response).await?;
        let (body, is_whole) = self.body(&mut response, self.bytes_max).await?;
        if !is_whole {
            let (engine, bytes_max) = (self.engine.clone(), self.bytes_max);
            return Err(SearchError::TooLarge { engine, bytes_max });
        }
        let (media_type, _) = crate::fetch::content_type(response.headers());
        Ok(Answer { media_type, body })
    }

    /// A body as far as its bound, and whether that is all of it.
    async fn body(
        &self,
        response: &mut Response,
        bytes_max: u64,
    ) -> Result<(Bytes, bool), SearchError> {
        let most = usize::try_from(bytes_max).unwrap_or(usize::MAX);
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.unreachable(error))? {
            let left = most - body.len();
            if chunk.len() > left {
                body.extend_from_slice(chunk.get(..left).unwrap_or_default());
                return Ok((body.freeze(), false));
            }
            body.extend_from_slice(&chunk);
        }
        Ok((body.freeze(), true))
    }

    /// An answer that is none, with what is wrong.
    pub(super) fn malformed(&self, what: impl Into<String>) -> SearchError {
        SearchError::Malformed { engine: self.engine.clone(), what: what.into() }
    }

    /// Lets an answer through that is one.
    async fn judged(&self, mut response: Response) -> Result<Response, SearchError> {
        let (engine, status) = (self.engine.clone(), response.status());
        if status.is_success() {
            return Ok(response);
        }
        let retry_after = retry_after(response.headers());
        if is_limit(status) || (status == StatusCode::SERVICE_UNAVAILABLE && retry_after.is_some())
        {
            return Err(SearchError::Limited { engine, retry_after });
        }
        if status.is_redirection() {
            let to = response.headers().get(header::LOCATION);
            let to = to.and_then(|to| to.to_str().ok()).unwrap_or("nowhere");
            let to: String = to.chars().take(SHOWN_CHARS_MAX).collect();
            return Err(self.malformed(format!("it redirects to {to}; name that address instead")));
        }
        let status = status.as_u16();
        if matches!(status, 401 | 403) {
            return Err(SearchError::Unauthorized { engine, status });
        }
        let (body, _) = self.body(&mut response, SAID_BYTES_MAX).await?;
        Err(SearchError::Status { engine, status, said: self.beginning(&body) })
    }

    /// The start of an answer that is none, in one line, without the key.
    fn beginning(&self, body: &[u8]) -> String {
        let text = String::from_utf8_lossy(body.get(..body.len().min(1024)).unwrap_or_default());
        let text = crate::extract::clean::line(&text);
        let text = self.key.as_ref().map_or_else(|| text.clone(), |key| key.hide(&text));
        text.chars().take(SHOWN_CHARS_MAX).collect()
    }

    fn unreachable(&self, error: reqwest::Error) -> SearchError {
        // The address may carry what was asked for, and with some servers a key.
        SearchError::Unreachable { engine: self.engine.clone(), cause: error.without_url().into() }
    }
}

/// Too many requests, payment required, and two statuses of one engine: its plan or its purse is used
/// up.
fn is_limit(status: StatusCode) -> bool {
    matches!(status.as_u16(), 402 | 429 | 432 | 433)
}

/// `Retry-After` in seconds or as a date, which counts from the server's own `Date`; without it, when
/// the limits that are used up begin anew.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: header::HeaderName| headers.get(name)?.to_str().ok().map(str::trim);
    let Some(asked) = text(header::RETRY_AFTER) else { return reset(headers) };
    if let Ok(seconds) = asked.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let then = DateTime::parse_from_rfc2822(asked).ok()?;
    let now = DateTime::parse_from_rfc2822(text(header::DATE)?).ok()?;
    Some((then - now).to_std().unwrap_or_default())
}

/// `X-RateLimit-Remaining: 0, 120` and `X-RateLimit-Reset: 1, 40000`: one number for each limit.
fn reset(headers: &HeaderMap) -> Option<Duration> {
    let numbers = |name: &str| -> Option<Vec<u64>> {
        let text = headers.get(name)?.to_str().ok()?;
        text.split(',').map(|number| number.trim().parse().ok()).collect()
    };
    let left = numbers("x-ratelimit-remaining")?;
    let resets = left.into_iter().zip(numbers("x-ratelimit-reset")?);
    resets.filter(|(left, _)| *left == 0).map(|(_, secs)| Duration::from_secs(secs)).max()
}

/// Requests of one engine keep a distance in time.
#[derive(Debug)]
struct Pace {
    pause: Duration,
    next: Mutex<Option<Instant>>,
}

impl Pace {
    fn new(pause: Duration) -> Self {
        Self { pause, next: Mutex::new(None) }
    }

    async fn turn(&self) {
        if self.pause.is_zero() {
            return;
        }
        let start = {
            // Nothing can panic while the lock is held; a poisoned one is still whole.
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let start = next.map_or_else(Instant::now, |next| next.max(Instant::now()));
            *next = Some(start + self.pause);
            start
        };
        tokio::time::sleep_until(start).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_may_say_when_to_come_back() {
        let after = |given: &[(header::HeaderName, &'static str)]| {
            let given = given.iter().cloned();
            retry_after(&given.map(|(name, text)| (name, HeaderValue::from_static(text))).collect())
        };
        let (retry, date) = (header::RETRY_AFTER, header::DATE);
        let now = (date, "Sun, 22 Nov 2026 15:00:00 GMT");
        let later = (retry.clone(), "Sun, 22 Nov 2026 15:01:30 GMT");
        assert_eq!(after(&[(retry.clone(), "20")]), Some(Duration::from_secs(20)));
        assert_eq!(after(&[later.clone(), now]), Some(Duration::from_secs(90)));
        let limits = |left, reset| {
            let name = header::HeaderName::from_static;
            after(&[(name("x-ratelimit-remaining"), left), (name("x-ratelimit-reset"), reset)])
        };
        assert_eq!(limits("0, 120", "1, 40000"), Some(Duration::from_secs(1)));
        assert_eq!(limits("0, 0", "1, 40000"), Some(Duration::from_secs(40_000)));
        assert_eq!(limits("3, 4", "1, 40000"), None);
        for given in [vec![], vec![later], vec![(retry.clone(), "-1")], vec![(retry, "soon")]] {
            assert_eq!(after(&given), None, "{given:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_engine_is_not_asked_faster_than_it_may_be() {
        let pace = Pace::new(Duration::from_secs(3));
        let began = Instant::now();
        for _ in 0..3 {
            pace.turn().await;
        }
        assert_eq!(began.elapsed().as_secs(), 6);
    }
}
