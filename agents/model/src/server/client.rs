//! HTTP under bounds: one try at a time.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use reqwest::{Response, StatusCode, header};
use serde_json::Value;
use url::Url;

use super::ConnectError;
use super::key::Key;
use super::retry::{self, Failed};
use crate::chat::{Ear, Heard};
use crate::config::Protocol;
use crate::frames::{Cut, Frames};
use crate::port::{Finish, ModelError, Usage};
use crate::protocol::{self, Collected, Failure, Wire};

/// Largest reply in bytes.
const REPLY_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Largest error in bytes.
const ERROR_BYTES_MAX: usize = 64 * 1024;
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// The version of Anthropic's protocol that is spoken.
const ANTHROPIC_VERSION: &str = "2023-06-01";

/// One server, as one protocol sees it.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) http: reqwest::Client,
    pub(super) protocol: Protocol,
    pub(super) base: Url,
    pub(super) idle: Duration,
    pub(super) key: Arc<Key>,
}

impl Client {
    /// One try of a turn.
    pub(super) async fn converse(&self, wire: &Wire, ear: &dyn Ear) -> Result<Collected, Failed> {
        let response = self.post(wire).await?;
        let mut collected = Collected::default();
        let read = match cut(&response) {
            Some(cut) => self.collect(Frames::new(cut), response, &mut collected, ear).await,
            None => self.body(response, REPLY_BYTES_MAX).await.and_then(|body| {
                collected = protocol::whole(self.protocol, &read_json(&body)?);
                ear.hear(Heard::Text(&collected.text));
                Ok(())
            }),
        };
        let tokens = collected.tokens;
        // What is complete is complete, however the connection ended.
        let read = read.or_else(|error| if collected.is_complete() { Ok(()) } else { Err(error) });
        match read.and_then(|()| self.judge(collected)) {
            Ok(collected) => Ok(collected),
            Err(error) => Err(Failed { tokens, ..error.into() }),
        }
    }

    /// One try of turning texts into vectors.
    pub(super) async fn embed(&self, wire: &Wire, texts: usize) -> Result<Collected, Failed> {
        let response = self.post(wire).await?;
        let reply = read_json(&self.body(response, REPLY_BYTES_MAX).await?)?;
        let read = protocol::vectors(self.protocol, &reply);
        let (vectors, tokens) = read.unwrap_or_default();
        let length = vectors.first().map_or(0, Vec::len);
        let even = length > 0 && vectors.iter().all(|vector| vector.len() == length);
        if vectors.len() != texts || (texts > 0 && !even) {
            let reason = "it is not one vector for each text, all of one length".to_owned();
            let error = ModelError::Invalid { reason, usage: Usage::default() };
            return Err(Failed { tokens, ..error.into() });
        }
        Ok(Collected { vectors, tokens, ..Collected::default() })
    }

    /// One try of a plain question.
    pub(super) async fn get(&self, path: &str) -> Result<Value, ModelError> {
        let response = self.answered(self.http.get(self.address(path))).await;
        let response = response.map_err(|failed| failed.error)?;
        read_json(&self.body(response, REPLY_BYTES_MAX).await?)
    }

    /// What a reply is worth.
    fn judge(&self, collected: Collected) -> Result<Collected, ModelError> {
        let usage = Usage::default();
        if let Some(failure) = collected.failure {
            return Err(match failure {
                Failure::Busy => ModelError::Busy { status: 529, after: None },
                Failure::Broken(what) => unavailable(self.key.hide(what)),
            });
        }
        if let Some(reason) = collected.refusal {
            return Err(ModelError::Refused { reason, usage });
        }
        let is_empty = collected.text.trim().is_empty() && collected.calls.is_empty();
        match collected.finish {
            None => Err(unavailable("the reply broke off".to_owned())),
            Some(Finish::Stop) if is_empty => Err(unavailable("the reply is empty".to_owned())),
            Some(Finish::Length) if is_empty => {
                let reason = "it reached the most tokens before a word of its reply; a model that \
                              thinks needs `thought_tokens`"
                    .to_owned();
                Err(ModelError::Invalid { reason, usage })
            }
            Some(Finish::Stop | Finish::Length) => Ok(collected),
        }
    }

    fn address(&self, path: &str) -> Url {
        self.base.join(path).expect("a plain path joins any address")
    }

    async fn post(&self, wire: &Wire) -> Result<Response, Failed> {
        self.answered(self.http.post(self.address(wire.path)).json(&wire.body)).await
    }

    async fn answered(&self, mut request: reqwest::RequestBuilder) -> Result<Response, Failed> {
        if self.protocol == Protocol::Anthropic {
            request = request.header("anthropic-version", ANTHROPIC_VERSION);
        }
        let key = self.key.header(self.protocol).map_err(|error| ModelError::Rejected {
            status: 0,
            message: format!("the key cannot be sent: {error}"),
        })?;
        if let Some((name, value)) = key {
            request = request.header(name, value);
        }
        let response = self.in_time(request.send()).await?.map_err(broken)?;
        if response.status().is_success() {
            Ok(response)
        } else {
            Err(self.refusal(response).await)
        }
    }

    /// What an error status means.
    async fn refusal(&self, response: Response) -> Failed {
        let status = response.status();
        let after = retry::after(response.headers());
        let body = self.body(response, ERROR_BYTES_MAX).await.unwrap_or_default();
        let body = String::from_utf8_lossy(&body);
        // Out of money is told as too many requests; no wait mends it.
        let out_of_money = body.contains("insufficient_quota");
        let message = self.key.hide(protocol::error_message(&body));
        let number = status.as_u16();
        let error = match number {
            // 529 is how one provider says that it is overloaded.
            429 | 503 | 529 if !out_of_money => ModelError::Busy { status: number, after },
            408 | 409 | 425 => unavailable(format!("{status}: {message}")),
            _ if status.is_server_error() => unavailable(format!("{status}: {message}")),
            _ => ModelError::Rejected { status: number, message },
        };
        Failed { after, ..error.into() }
    }

    async fn collect(
        &self,
        mut frames: Frames,
        response: Response,
        into: &mut Collected,
        ear: &dyn Ear,
    ) -> Result<(), ModelError> {
        let mut pieces = response.bytes_stream();
        let mut bytes = 0_usize;
        while !into.ended {
            let Some(piece) = self.in_time(pieces.next()).await? else { break };
            let piece = piece.map_err(broken)?;
            bytes = bytes.saturating_add(piece.len());
            check_size(bytes, REPLY_BYTES_MAX)?;
            self.note(frames.take(&piece), into, ear);
        }
        self.note(frames.end(), into, ear);
        Ok(())
    }

    fn note(&self, frames: Vec<String>, into: &mut Collected, ear: &dyn Ear) {
        for frame in frames {
            let before = into.text.len();
            protocol::collect(self.protocol, into, &frame);
            if let Some(piece) = into.text.get(before..).filter(|piece| !piece.is_empty()) {
                ear.hear(Heard::Text(piece));
            }
        }
    }

    async fn body(&self, response: Response, bytes_max: usize) -> Result<Bytes, ModelError> {
        let mut pieces = response.bytes_stream();
        let mut body = Vec::new();
        while let Some(piece) = self.in_time(pieces.next()).await? {
            let piece = piece.map_err(broken)?;
            check_size(body.len().saturating_add(piece.len()), bytes_max)?;
            body.extend_from_slice(&piece);
        }
        Ok(body.into())
    }

    /// The server may be silent only so long.
    async fn in_time<F: Future>(&self, work: F) -> Result<F::Output, ModelError> {
        let silent = |_| ModelError::Timeout { wait: self.idle };
        tokio::time::timeout(self.idle, work).await.map_err(silent)
    }
}

/// How a reply is cut into frames; none for one that comes whole.
fn cut(response: &Response) -> Option<Cut> {
    let media_type = response.headers().get(header::CONTENT_TYPE)?.as_bytes();
    if media_type.starts_with(b"text/event-stream") {
        Some(Cut::Events)
    } else if media_type.starts_with(b"application/x-ndjson") {
        Some(Cut::Lines)
    } else {
        None
    }
}

fn check_size(bytes: usize, bytes_max: usize) -> Result<(), ModelError> {
    if bytes <= bytes_max {
        return Ok(());
    }
    Err(ModelError::Rejected {
        status: StatusCode::OK.as_u16(),
        message: format!("the reply is larger than {bytes_max} bytes"),
    })
}

fn read_json(body: &[u8]) -> Result<Value, ModelError> {
    serde_json::from_slice(body).map_err(|error| ModelError::Unavailable {
        what: "the reply is not JSON".to_owned(),
        cause: Some(Box::new(error)),
    })
}

fn unavailable(what: String) -> ModelError {
    ModelError::Unavailable { what, cause: None }
}

fn broken(error: reqwest::Error) -> ModelError {
    // The address may carry what should not be shown.
    let error = error.without_url();
    let what = if error.is_connect() { "no connection" } else { "the connection broke off" };
    ModelError::Unavailable { what: what.to_owned(), cause: Some(Box::new(error)) }
}

/// An address to which paths can be joined.
pub(super) fn base(url: &str, protocol: Protocol) -> Result<Url, ConnectError> {
    let address = |reason: String| ConnectError::Address { url: url.to_owned(), reason };
    let mut base = Url::parse(url).map_err(|error| address(error.to_string()))?;
    if !matches!(base.scheme(), "http" | "https") {
        return Err(address("it must begin with http:// or https://".to_owned()));
    }
    if !base.username().is_empty() || base.password().is_some() {
        let reason = "a name or a password stands in it: a key belongs into a file".to_owned();
        return Err(ConnectError::Address { url: without_user(base), reason });
    }
    // Ollama's address is mostly told with the folder of its OpenAI-compatible side.
    let beside = protocol == Protocol::Ollama && base.path().trim_end_matches('/') == "/v1";
    if base.path() == "/" || beside {
        base.set_path(protocol.folder());
    }
    // Without the slash, joining a path would drop the last part of the address.
    if !base.path().ends_with('/') {
        base.set_path(&format!("{}/", base.path()));
    }
    Ok(base)
}

fn without_user(mut url: Url) -> String {
    // Neither fails for an address with a host, and http and https have one.
    let cleared = url.set_username("").and_then(|()| url.set_password(None));
    cleared.map_or_else(|()| "…".to_owned(), |()| url.to_string())
}

/// The HTTP client that all servers of the process share.
pub(super) fn http() -> Result<reqwest::Client, ConnectError> {
    reqwest::Client::builder()
        .use_preconfigured_tls(tls()?)
        .connect_timeout(CONNECT)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| ConnectError::Client(Box::new(error)))
}

fn tls() -> Result<rustls::ClientConfig, ConnectError> {
    let roots = rustls::RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let provider = rustls::crypto::ring::default_provider();
    let config = rustls::ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .map_err(|error| ConnectError::Client(Box::new(error)))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, protocol: Protocol, want: &str) {
        assert_eq!(base(url, protocol).unwrap().as_str(), want);
    }

    #[test]
    fn an_address_without_a_folder_gets_the_protocols_own() {
        check("http://h:1", Protocol::Openai, "http://h:1/v1/");
        check("http://h:1/", Protocol::Anthropic, "http://h:1/v1/");
        check("http://h:1", Protocol::Ollama, "http://h:1/api/");
        check("http://h:1/v1/", Protocol::Ollama, "http://h:1/api/");
        check("http://h:1/openai/v4", Protocol::OpenaiResponses, "http://h:1/openai/v4/");
    }

    #[test]
    fn an_address_with_a_password_is_refused_without_showing_it() {
        let error = base("https://me:s3cret@h/v1", Protocol::Openai).unwrap_err().to_string();
        assert!(error.contains("https://h/v1") && error.contains("file"), "{error}");
        assert!(!error.contains("s3cret"), "{error}");
    }
}
