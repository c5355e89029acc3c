//! A collector of traces and log lines: takes OTLP over HTTP, and keeps what it got.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use prost::Message as _;

/// A span that was collected. Ids are in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The process that made it: `galley-coordinator`.
    pub service: String,
    /// What it is called.
    pub name: String,
    /// Its trace.
    pub trace: String,
    /// Its id.
    pub id: String,
    /// The span that it hangs below; empty for none.
    pub parent: String,
    /// What it says, as text.
    pub attributes: BTreeMap<String, String>,
}

#[derive(Debug, Default)]
struct Kept {
    spans: Mutex<Vec<Span>>,
    logs: Mutex<Vec<(String, String)>>,
}

/// A running collector; it ends with this value.
#[derive(Debug)]
pub struct Collector {
    url: String,
    kept: Arc<Kept>,
    _running: tokio::task::JoinSet<()>,
}

impl Collector {
    /// Starts a collector on a free port of this machine.
    pub async fn start() -> Self {
        let kept = Arc::new(Kept::default());
        let app = Router::new()
            .route("/v1/traces", post(traces))
            .route("/v1/logs", post(logs))
            .with_state(Arc::clone(&kept));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it is bound"));
        let mut running = tokio::task::JoinSet::new();
        running.spawn(async move { axum::serve(listener, app).await.expect("it serves") });
        Self { url, kept, _running: running }
    }

    /// Its address, for `OTEL_EXPORTER_OTLP_ENDPOINT`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The spans that it got, in the order of their coming.
    #[must_use]
    pub fn spans(&self) -> Vec<Span> {
        self.kept.spans.lock().expect("no test panicked in it").clone()
    }

    /// The log lines that it got, each with the trace that it was said in (empty for none).
    #[must_use]
    pub fn logs(&self) -> Vec<(String, String)> {
        self.kept.logs.lock().expect("no test panicked in it").clone()
    }
}

async fn traces(State(kept): State<Arc<Kept>>, body: Bytes) -> StatusCode {
    let Ok(request) = ExportTraceServiceRequest::decode(body) else {
        return StatusCode::BAD_REQUEST;
    };
    let mut spans = kept.spans.lock().expect("no test panicked in it");
    for resource in request.resource_spans {
        let about = resource.resource.map(|resource| texts(resource.attributes));
        let service = about.unwrap_or_default().remove("service.name").unwrap_or_default();
        for span in resource.scope_spans.into_iter().flat_map(|scope| scope.spans) {
            spans.push(Span {
                service: service.clone(),
                name: span.name,
                trace: hex(&span.trace_id),
                id: hex(&span.span_id),
                parent: hex(&span.parent_span_id),
                attributes: texts(span.attributes),
            });
        }
    }
    StatusCode::OK
}

async fn logs(State(kept): State<Arc<Kept>>, body: Bytes) -> StatusCode {
    let Ok(request) = ExportLogsServiceRequest::decode(body) else {
        return StatusCode::BAD_REQUEST;
    };
    let scopes = request.resource_logs.into_iter().flat_map(|resource| resource.scope_logs);
    let mut logs = kept.logs.lock().expect("no test panicked in it");
    for line in scopes.flat_map(|scope| scope.log_records) {
        logs.push((hex(&line.trace_id), line.body.map(text).unwrap_or_default()));
    }
    StatusCode::OK
}

fn texts(attributes: Vec<KeyValue>) -> BTreeMap<String, String> {
    let pairs = attributes.into_iter();
    pairs.map(|pair| (pair.key, pair.value.map(text).unwrap_or_default())).collect()
}

fn text(value: AnyValue) -> String {
    match value.value {
        Some(Value::StringValue(text)) => text,
        Some(Value::BoolValue(value)) => value.to_string(),
        Some(Value::IntValue(value)) => value.to_string(),
        Some(Value::DoubleValue(value)) => value.to_string(),
        other => format!("{other:?}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
