//! The meters of a process, in the Prometheus text format.
//!
//! Names and units follow <https://prometheus.io/docs/practices/naming/>. Labels have few values by
//! nature: subjects are kinds, never goals.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use galley_agents_model::Usage;
use galley_bus_nats::{Class, Durability};
use galley_schemas::record::{Ending, Event, Record};
use prometheus::{
    Encoder as _, HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry,
    TextEncoder,
};
use tokio::time::Instant;

/// From 50 µs, a local append, to a minute, a slow model.
const SECONDS: [f64; 14] = [
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0,
    60.0,
];

/// What a part counts by itself: name and value.
type Counts = Box<dyn Fn() -> [(&'static str, u64); 5] + Send + Sync>;

/// Everything that is counted in this process.
pub(crate) struct Meters {
    registry: Registry,
    seconds: HistogramVec,
    events: IntCounterVec,
    ended: IntCounterVec,
    offered: IntCounterVec,
    tokens: IntCounterVec,
    spent: IntCounterVec,
    in_hand: IntGaugeVec,
    deliveries: IntCounterVec,
    settled: IntCounterVec,
    model_seconds: HistogramVec,
    state: IntGaugeVec,
    durability: IntGaugeVec,
    /// Parts that count for themselves.
    followed: Mutex<Vec<(&'static str, Counts)>>,
    /// When each consumer was last pulled from with success.
    pulled: Mutex<BTreeMap<String, Instant>>,
}

impl std::fmt::Debug for Meters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Meters").finish_non_exhaustive()
    }
}

impl Meters {
    /// Meters that stand at nothing, for a process of this role.
    ///
    /// # Errors
    /// Two meters had one name: a fault of Galley.
    pub(crate) fn new(role: &str) -> Result<Self, prometheus::Error> {
        let labels = [("role".to_owned(), role.to_owned())].into_iter().collect();
        let registry = Registry::new_custom(Some("galley".to_owned()), Some(labels))?;
        let counter = |name: &str, help: &str, labels: &[&str]| {
            let counter = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(counter.clone()))?;
            Ok::<_, prometheus::Error>(counter)
        };
        let gauge = |name: &str, help: &str, labels: &[&str]| {
            let gauge = IntGaugeVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok::<_, prometheus::Error>(gauge)
        };
        let histogram = |name: &str, help: &str, labels: &[&str]| {
            let opts = HistogramOpts::new(name, help).buckets(SECONDS.to_vec());
            let histogram = HistogramVec::new(opts, labels)?;
            registry.register(Box::new(histogram.clone()))?;
            Ok::<_, prometheus::Error>(histogram)
        };
        let info =
            gauge("build_info", "Always 1; the label says which version this is.", &["version"])?;
        info.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        Ok(Self {
            seconds: histogram(
                "bus_operation_seconds",
                "How long operations on the bus took, and how they ended.",
                &["port", "operation", "outcome"],
            )?,
            events: counter(
                "goal_events_total",
                "Facts recorded about goals by this coordinator.",
                &["event"],
            )?,
            ended: counter("goals_ended_total", "Goals that ended.", &["ending", "code"])?,
            offered: counter("tasks_offered_total", "Attempts handed out.", &["kind"])?,
            tokens: counter(
                "model_tokens_total",
                "Tokens that models read and wrote for this process.",
                &["model", "direction"],
            )?,
            spent: counter(
                "goals_spent_total",
                "What goals that ended had used: millionths of a US dollar, tokens, calls, milliseconds.",
                &["unit"],
            )?,
            in_hand: gauge("deliveries_in_hand", "Messages being worked on.", &["consumer"])?,
            deliveries: counter(
                "deliveries_total",
                "Messages delivered; those that came again are counted apart.",
                &["consumer", "again"],
            )?,
            settled: counter(
                "deliveries_settled_total",
                "How messages were settled.",
                &["consumer", "how"],
            )?,
            model_seconds: histogram(
                "model_call_seconds",
                "How long model calls took, and how they ended.",
                &["model", "purpose", "outcome"],
            )?,
            state: gauge("process_state", "1 where it is true of this process now.", &["state"])?,
            durability: gauge(
                "bus_replicas",
                "On how many servers the log is kept, 0 when that is not known; by what a write survives.",
                &["durability"],
            )?,
            followed: Mutex::default(),
            pulled: Mutex::default(),
            registry,
        })
    }

    /// Runs an operation on the bus and notes how long it took.
    pub(crate) async fn time<T, E>(
        &self,
        (port, operation): (&str, &str),
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let begun = Instant::now();
        let done = work.await;
        let outcome = if done.is_ok() { "ok" } else { "error" };
        self.seconds
            .with_label_values(&[port, operation, outcome])
            .observe(begun.elapsed().as_secs_f64());
        done
    }

    /// Counts what a record says.
    pub(crate) fn record(&self, record: &Record) {
        for event in &record.events {
            self.events.with_label_values(&[event.name()]).inc();
            if let Event::Offered { kind, .. } = event {
                self.offered.with_label_values(&[kind.as_str()]).inc();
            } else if let Event::Ended { ending, spent, .. } = event {
                let (ending, code) = match ending {
                    Ending::Succeeded { .. } => ("succeeded", ""),
                    Ending::Failed { fault } => ("failed", fault.code.as_str()),
                    Ending::Cancelled { .. } => ("cancelled", ""),
                };
                self.ended.with_label_values(&[ending, code]).inc();
                let used = [
                    ("usd_micros", spent.usd_micros),
                    ("tokens", spent.tokens),
                    ("calls", spent.calls),
                    ("wall_ms", spent.wall_ms),
                ];
                for (unit, value) in used {
                    self.spent.with_label_values(&[unit]).inc_by(value);
                }
            }
        }
    }

    /// A consumer was pulled from with success.
    pub(crate) fn pulled(&self, consumer: &str) {
        let mut pulled = self.pulled.lock().unwrap_or_else(PoisonError::into_inner);
        pulled.insert(consumer.to_owned(), Instant::now());
    }

    /// Whether every one of these consumers was pulled from with success within this time, or has
    /// messages in hand here: while all slots are taken, nothing is pulled.
    pub(crate) fn pulls(&self, consumers: &[String], within: Duration) -> bool {
        let pulled = self.pulled.lock().unwrap_or_else(PoisonError::into_inner);
        let is_recent = |name| pulled.get(name).is_some_and(|at| at.elapsed() <= within);
        let is_busy = |name: &String| self.in_hand.with_label_values(&[name]).get() > 0;
        consumers.iter().all(|name| is_recent(name) || is_busy(name))
    }

    /// A message was delivered.
    pub(crate) fn delivered(&self, consumer: &str, delivery: u64) {
        let again = if delivery > 1 { "yes" } else { "no" };
        self.deliveries.with_label_values(&[consumer, again]).inc();
        self.in_hand.with_label_values(&[consumer]).inc();
    }

    /// A message is no longer in hand.
    pub(crate) fn released(&self, consumer: &str) {
        self.in_hand.with_label_values(&[consumer]).dec();
    }

    /// A message was settled.
    pub(crate) fn settled(&self, consumer: &str, how: &str) {
        self.settled.with_label_values(&[consumer, how]).inc();
    }

    /// A model was called.
    pub(crate) fn called(&self, model: &str, purpose: &str, outcome: &str, took: Duration) {
        self.model_seconds
            .with_label_values(&[model, purpose, outcome])
            .observe(took.as_secs_f64());
    }

    /// A model used tokens.
    pub(crate) fn used(&self, model: &str, usage: Usage) {
        self.tokens.with_label_values(&[model, "input"]).inc_by(usage.input_tokens);
        self.tokens.with_label_values(&[model, "output"]).inc_by(usage.output_tokens);
    }

    /// Something is true of this process, or no longer.
    pub(crate) fn state(&self, state: &str, holds: bool) {
        self.state.with_label_values(&[state]).set(i64::from(holds));
    }

    /// How durable the bus is.
    pub(crate) fn durability(&self, durability: &Durability) {
        let class = match durability.class {
            Class::Fast => "fast",
            Class::Safe => "safe",
        };
        let replicas = durability.replicas.unwrap_or_default();
        self.durability
            .with_label_values(&[class])
            .set(i64::try_from(replicas).unwrap_or(i64::MAX));
    }

    /// Shows what a part counts by itself, under its name.
    pub(crate) fn follow(
        &self,
        part: &'static str,
        counts: impl Fn() -> [(&'static str, u64); 5] + Send + Sync + 'static,
    ) {
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        followed.push((part, Box::new(counts)));
    }

    /// All of it, in the text format.
    ///
    /// # Errors
    /// A meter cannot be written: a fault of Galley.
    pub(crate) fn text(&self) -> Result<String, prometheus::Error> {
        let mut bytes = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut bytes)?;
        let mut text =
            String::from_utf8(bytes).map_err(|error| prometheus::Error::Msg(error.to_string()))?;
        let followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        for (part, counts) in followed.iter() {
            for (name, value) in counts() {
                let kind = if name.ends_with("_total") { "counter" } else { "gauge" };
                let name = format!("galley_{part}_{name}");
                text.push_str(&format!("# TYPE {name} {kind}\n{name} {value}\n"));
            }
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_work_in_every_slot_does_not_make_a_process_unready() {
        let meters = Meters::new("agent").unwrap();
        let pulls = || meters.pulls(&["agent_seo".to_owned()], Duration::ZERO);
        assert!(!pulls(), "never pulled");
        meters.pulled("agent_seo");
        meters.delivered("agent_seo", 1);
        assert!(pulls(), "busy");
        meters.released("agent_seo");
        assert!(!pulls(), "idle, and no longer pulling");
    }
}
