//! A tool of any MCP server as an engine (<https://modelcontextprotocol.io>): started as a process and
//! spoken to over its standard streams, or asked over streamable HTTP.
//!
//! Tools answer as they like. Read are: JSON that lists objects with an address, resource links,
//! embedded resources, and, where there is nothing else, the text itself as a document. A process gets
//! the environment that its configuration names and nothing of ours: keys stand in that.

mod hits;

use std::process::Stdio;
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::Client;
use rmcp::model::{CallToolRequestParams, JsonObject};
use rmcp::service::{ClientInitializeError, RunningService, ServiceError};
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::transport::{StreamableHttpClientTransport, TokioChildProcess};
use rmcp::{RoleClient, ServiceExt as _};
use tokio::process::Command;
use tokio::sync::Mutex;

use super::api::Workshop;
use super::config::McpConfig;
use super::error::{EngineError, SearchError};
use super::key::Key;
use super::{Hit, Search, SearchQuery};

/// Where programs are found when the configuration says nothing.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

type Running = Arc<RunningService<RoleClient, ()>>;

/// A tool of an MCP server.
pub(super) struct Mcp {
    engine: String,
    config: McpConfig,
    client: Client,
    key: Option<Key>,
    bytes_max: usize,
    /// The session, while it lasts; the next search after it broke off begins another.
    session: Mutex<Option<Running>>,
}

impl std::fmt::Debug for Mcp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mcp").field("engine", &self.engine).finish_non_exhaustive()
    }
}

impl Mcp {
    pub(super) fn new(config: &McpConfig, workshop: &Workshop) -> Result<Self, EngineError> {
        let engine = format!("mcp ({})", config.tool);
        let key = config.key_file.as_deref().map(|path| Key::read(&engine, path)).transpose()?;
        Ok(Self {
            engine,
            config: config.clone(),
            client: workshop.client.clone(),
            key,
            bytes_max: usize::try_from(workshop.bytes_max).unwrap_or(usize::MAX),
            session: Mutex::new(None),
        })
    }

    async fn session(&self) -> Result<Running, SearchError> {
        let mut session = self.session.lock().await;
        let lives = |running: &&Running| !running.is_closed() && !running.is_transport_closed();
        if let Some(running) = session.as_ref().filter(lives) {
            return Ok(Arc::clone(running));
        }
        let connected = match &self.config.url {
            Some(url) => self.over_http(url).await,
            None => self.as_process().await,
        };
        let running = Arc::new(connected?);
        *session = Some(Arc::clone(&running));
        Ok(running)
    }

    async fn over_http(&self, url: &str) -> Result<RunningService<RoleClient, ()>, SearchError> {
        let config = StreamableHttpClientTransportConfig::with_uri(url)
            .max_json_response_size(self.bytes_max)
            .max_sse_event_size(self.bytes_max);
        let config = match &self.key {
            Some(key) => config.auth_header(key.text()),
            None => config,
        };
        let transport = StreamableHttpClientTransport::with_client(self.client.clone(), config);
        ().serve(transport).await.map_err(|error| self.not_begun(error))
    }

    async fn as_process(&self) -> Result<RunningService<RoleClient, ()>, SearchError> {
        let (program, arguments) = self.config.command.split_first().ok_or_else(|| {
            self.malformed("the configuration names neither a command nor an address")
        })?;
        let mut command = Command::new(program);
        command.args(arguments).env_clear().env("PATH", PATH).envs(&self.config.env);
        // What it has to say to people is not said here: it may repeat what it was given.
        let process = TokioChildProcess::builder(command).stderr(Stdio::null()).spawn();
        let (process, _) = process.map_err(|error| self.unreachable(error))?;
        ().serve(process).await.map_err(|error| self.not_begun(error))
    }

    /// Gives a session up that broke off. One that says no goes on.
    async fn forget(&self, broken: &Running, error: &ServiceError) {
        if matches!(error, ServiceError::McpError(_)) {
            return;
        }
        let mut session = self.session.lock().await;
        if session.as_ref().is_some_and(|current| Arc::ptr_eq(current, broken)) {
            *session = None;
        }
    }

    /// Why there is no session: a key that is missing is another matter than a server that is.
    fn not_begun(&self, error: ClientInitializeError) -> SearchError {
        if error.auth_challenge().is_some() {
            return SearchError::Unauthorized { engine: self.engine.clone(), status: 401 };
        }
        self.unreachable(error)
    }

    fn arguments(&self, query: &SearchQuery, limit: usize) -> JsonObject {
        let mut arguments: JsonObject = self.config.arguments.clone().into_iter().collect();
        arguments.insert(self.config.query_argument.clone(), super::hits::words(query).into());
        if let Some(name) = &self.config.limit_argument {
            arguments.insert(name.clone(), limit.into());
        }
        arguments
    }

    fn failed(&self, error: ServiceError) -> SearchError {
        if error.auth_challenge().is_some() {
            return SearchError::Unauthorized { engine: self.engine.clone(), status: 401 };
        }
        if let ServiceError::McpError(error) = &error {
            // The server understood, and says no: the tool or its arguments are not what it knows.
            return self.malformed(&error.message);
        }
        self.unreachable(error)
    }

    fn malformed(&self, what: &str) -> SearchError {
        let what = super::hits::line(Some(what.to_owned())).unwrap_or_default();
        let what = self.key.as_ref().map_or_else(|| what.clone(), |key| key.hide(&what));
        let what = what.chars().take(200).collect();
        SearchError::Malformed { engine: self.engine.clone(), what }
    }

    fn unreachable(&self, error: impl std::error::Error + Send + Sync + 'static) -> SearchError {
        SearchError::Unreachable { engine: self.engine.clone(), cause: Box::new(error) }
    }
}

#[async_trait]
impl Search for Mcp {
    fn name(&self) -> &str {
        &self.engine
    }

    async fn search(&self, query: &SearchQuery, limit: usize) -> Result<Vec<Hit>, SearchError> {
        let session = self.session().await?;
        let asked = CallToolRequestParams::new(self.config.tool.clone())
            .with_arguments(self.arguments(query, limit));
        let answer = match session.call_tool(asked).await {
            Ok(answer) => answer,
            Err(error) => {
                self.forget(&session, &error).await;
                return Err(self.failed(error));
            }
        };
        if answer.is_error == Some(true) {
            return Err(self.malformed(&hits::text(&answer)));
        }
        let most = self.bytes_max;
        if hits::text(&answer).len() > most {
            let (engine, bytes_max) = (self.engine.clone(), most as u64);
            return Err(SearchError::TooLarge { engine, bytes_max });
        }
        let mut found = hits::read(answer, &self.config.tool, &query.text);
        found.truncate(limit);
        Ok(found)
    }
}
