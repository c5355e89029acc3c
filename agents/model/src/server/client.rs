//! HTTP under bounds: one try at a time.

use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use reqwest::{Response, StatusCode, header};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;

use super::ConnectError;
use crate::config::{Config, Protocol};
use crate::port::ModelError;
use crate::protocol::{self, Collected, Wire};
use crate::sse::Events;

/// Largest reply in bytes.
const REPLY_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The version of Anthropic's protocol that is spoken.
const ANTHROPIC_VERSION: &str = "2023-06-01";

#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    base: Url,
    idle: Duration,
}

impl Client {
    pub(super) fn new(config: &Config, key: Option<SecretString>) -> Result<Self, ConnectError> {
        let address = |reason: String| ConnectError::Address { url: config.url.clone(), reason };
        let mut base = Url::parse(&config.url).map_err(|error| address(error.to_string()))?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(address("it must begin with http:// or https://".to_owned()));
        }
        // Without the slash, joining a path would drop the last part of the address.
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let http = reqwest::Client::builder()
            .use_preconfigured_tls(tls()?)
            .default_headers(headers(config.protocol, key)?)
            .connect_timeout(Duration::from_secs(10))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| ConnectError::Client(Box::new(error)))?;
        Ok(Self { http, base, idle: Duration::from_millis(config.idle_ms) })
    }

    /// One try of a streamed reply.
    pub(super) async fn stream(
        &self,
        protocol: Protocol,
        wire: &Wire,
    ) -> Result<Collected, ModelError> {
        let response = self.send(wire.path, &wire.body).await?;
        let collected = if is_stream(&response) {
            self.collect(protocol, response).await?
        } else {
            let value = read_json(&self.body(response).await?)?;
            protocol::whole(protocol, &value)
        };
        if let Some(failure) = collected.failure {
            return Err(unavailable(failure));
        }
        if let Some(reason) = collected.refusal {
            return Err(ModelError::Refused { reason, usage: collected.usage });
        }
        if !collected.is_complete() {
            return Err(unavailable("the reply broke off".to_owned()));
        }
        Ok(collected)
    }

    /// One try of a plain reply.
    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value, ModelError> {
        let response = self.send(path, body).await?;
        read_json(&self.body(response).await?)
    }

    /// One try of a plain question.
    pub(super) async fn get(&self, path: &str) -> Result<Value, ModelError> {
        let response = self.answered(self.http.get(self.address(path))).await?;
        read_json(&self.body(response).await?)
    }

    fn address(&self, path: &str) -> Url {
        self.base.join(path).expect("a plain path joins any address")
    }

    async fn send(&self, path: &str, body: &Value) -> Result<Response, ModelError> {
        self.answered(self.http.post(self.address(path)).json(body)).await
    }

    async fn answered(&self, request: reqwest::RequestBuilder) -> Result<Response, ModelError> {
        let response = self.in_time(request.send()).await?.map_err(broken)?;
        if response.status().is_success() {
            Ok(response)
        } else {
            Err(self.refusal(response).await)
        }
    }

    /// What an error status means.
    async fn refusal(&self, response: Response) -> ModelError {
        let status = response.status();
        let after = response
            .headers()
            .get(header::RETRY_AFTER)
            .and_then(|value| value.to_str().ok())
            .and_then(|text| text.trim().parse::<f64>().ok())
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        // 529 is how one provider says that it is overloaded.
        if status == StatusCode::TOO_MANY_REQUESTS
            || status == StatusCode::SERVICE_UNAVAILABLE
            || status.as_u16() == 529
        {
            return ModelError::Busy { status: status.as_u16(), after };
        }
        let body = self.body(response).await.unwrap_or_default();
        let message = protocol::error_message(&String::from_utf8_lossy(&body));
        if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT {
            return unavailable(format!("{status}: {message}"));
        }
        ModelError::Rejected { status: status.as_u16(), message }
    }

    async fn collect(
        &self,
        protocol: Protocol,
        response: Response,
    ) -> Result<Collected, ModelError> {
        let mut pieces = response.bytes_stream();
        let mut events = Events::default();
        let mut collected = Collected::default();
        let mut bytes = 0;
        while let Some(piece) = self.in_time(pieces.next()).await? {
            let piece = piece.map_err(broken)?;
            bytes += piece.len();
            check_size(bytes)?;
            for event in events.take(&piece) {
                protocol::collect(protocol, &mut collected, &event);
            }
        }
        Ok(collected)
    }

    async fn body(&self, response: Response) -> Result<Bytes, ModelError> {
        let mut pieces = response.bytes_stream();
        let mut body = Vec::new();
        while let Some(piece) = self.in_time(pieces.next()).await? {
            let piece = piece.map_err(broken)?;
            check_size(body.len() + piece.len())?;
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

fn is_stream(response: &Response) -> bool {
    let media_type = response.headers().get(header::CONTENT_TYPE);
    media_type.is_some_and(|value| value.as_bytes().starts_with(b"text/event-stream"))
}

fn check_size(bytes: usize) -> Result<(), ModelError> {
    if bytes <= REPLY_BYTES_MAX {
        return Ok(());
    }
    Err(ModelError::Rejected {
        status: 200,
        message: format!("the reply is larger than {REPLY_BYTES_MAX} bytes"),
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

fn headers(
    protocol: Protocol,
    key: Option<SecretString>,
) -> Result<header::HeaderMap, ConnectError> {
    let mut headers = header::HeaderMap::new();
    if protocol == Protocol::Anthropic {
        let version = header::HeaderValue::from_static(ANTHROPIC_VERSION);
        headers.insert("anthropic-version", version);
    }
    if let Some(key) = key {
        let (name, text) = match protocol {
            Protocol::Openai => (header::AUTHORIZATION, format!("Bearer {}", key.expose_secret())),
            Protocol::Anthropic => {
                (header::HeaderName::from_static("x-api-key"), key.expose_secret().to_owned())
            }
        };
        let mut value = header::HeaderValue::from_str(&text)
            .map_err(|error| ConnectError::Client(Box::new(error)))?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}

fn tls() -> Result<rustls::ClientConfig, ConnectError> {
    let roots = rustls::RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    let provider = rustls::crypto::ring::default_provider();
    let config = rustls::ClientConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .map_err(|error| ConnectError::Client(Box::new(error)))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
