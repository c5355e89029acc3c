//! The log of a process, and its traces and log lines over OTLP for whoever collects them.
//!
//! OTLP is on when the environment names a collector, as the OpenTelemetry specification says:
//! `OTEL_EXPORTER_OTLP_ENDPOINT`, with `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`,
//! `OTEL_TRACES_SAMPLER` and their siblings beside it. HTTP and protobuf.
//!
//! Source: <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>.

mod root;

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_appender_tracing::layer::OpenTelemetryTracingBridge;
use opentelemetry_otlp::{ExporterBuildError, LogExporter, SpanExporter};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::logs::SdkLoggerProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Registry};

use crate::args::Common;
use crate::config::{Env as _, Process};
use crate::out;
use crate::render::text::Colours;

pub(crate) use root::ended;

/// What is collected: everything of Galley's own from `info` on, and what goes wrong elsewhere.
const COLLECTED: &str = "warn,galley=info";
/// Where collectors are named.
const ENDPOINTS: [&str; 3] = [
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
];

/// What must be flushed when the process ends.
#[derive(Debug, Default)]
pub(crate) struct Telemetry {
    traces: Option<SdkTracerProvider>,
    logs: Option<SdkLoggerProvider>,
}

/// Starts the log of this process, and OTLP when a collector is named. Before any runtime: the
/// exporters have threads of their own.
pub(crate) fn start(common: &Common, role: &str) -> Telemetry {
    let (telemetry, failed) = match collectors(role) {
        Ok(telemetry) => (telemetry, None),
        Err(error) => (Telemetry::default(), Some(error)),
    };
    let traces = telemetry.traces.as_ref().map(|provider| {
        let tracer = provider.tracer("galley");
        tracing_opentelemetry::layer().with_tracer(tracer).with_filter(EnvFilter::new(COLLECTED))
    });
    let logs = telemetry.logs.as_ref().map(|provider| {
        OpenTelemetryTracingBridge::new(provider).with_filter(EnvFilter::new(COLLECTED))
    });
    tracing_subscriber::registry().with(screen(common)).with(traces).with(logs).init();
    if let Some(error) = failed {
        tracing::error!(%error, "traces and logs are not collected");
    }
    telemetry
}

impl Telemetry {
    /// Sends what is left; after the runtime has ended.
    pub(crate) fn flush(self) {
        let traces = self.traces.map(|provider| provider.shutdown());
        let logs = self.logs.map(|provider| provider.shutdown());
        for done in [traces, logs].into_iter().flatten() {
            if let Err(error) = done {
                out::note(format!(
                    "the last traces or log lines did not reach the collector: {error}"
                ));
            }
        }
    }
}

fn collectors(role: &str) -> Result<Telemetry, ExporterBuildError> {
    if ENDPOINTS.iter().all(|name| Process.get(name).is_none()) {
        return Ok(Telemetry::default());
    }
    // The exporter's client takes what the process has; a process that has one already keeps it.
    drop(rustls::crypto::ring::default_provider().install_default());
    let mut resource = Resource::builder()
        .with_attribute(KeyValue::new("service.namespace", "galley"))
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    if Process.get("OTEL_SERVICE_NAME").is_none() {
        resource = resource.with_service_name(format!("galley-{role}"));
    }
    let resource = resource.build();
    let traces = SdkTracerProvider::builder()
        .with_id_generator(root::Ids::default())
        .with_resource(resource.clone())
        .with_batch_exporter(SpanExporter::builder().with_http().build()?)
        .build();
    let logs = SdkLoggerProvider::builder()
        .with_resource(resource)
        .with_batch_exporter(LogExporter::builder().with_http().build()?)
        .build();
    opentelemetry::global::set_tracer_provider(traces.clone());
    Ok(Telemetry { traces: Some(traces), logs: Some(logs) })
}

/// The log goes to standard error; without -v only what went wrong.
fn screen(common: &Common) -> Box<dyn tracing_subscriber::Layer<Registry> + Send + Sync> {
    let filter = Process.get("GALLEY_LOG").unwrap_or_else(|| {
        match common.verbose {
            0 => "error",
            1 => "warn,galley=info",
            2 => "warn,galley=debug",
            _ => "debug",
        }
        .to_owned()
    });
    let log = tracing_subscriber::fmt::layer()
        // A reader of the log that went away must not bring the writers down.
        .log_internal_errors(false)
        .with_ansi(out::colours_of_notes() == Colours::On)
        .with_writer(|| out::Log);
    let filter = EnvFilter::new(filter);
    if common.json {
        log.json().with_filter(filter).boxed()
    } else {
        log.with_filter(filter).boxed()
    }
}
