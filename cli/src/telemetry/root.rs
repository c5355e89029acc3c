//! The root span of a goal: written when the goal ends, by whoever recorded its end.
//!
//! Everything that was done for a goal hangs below a span that no process could keep open: a goal
//! may take weeks. Its ids follow from the goal's own id, so it can be written last.

use std::cell::Cell;
use std::time::SystemTime;

use chrono::{DateTime, TimeDelta, Utc};
use galley_schemas::record::{Ending, Event, Record};
use galley_schemas::trace::SpanRef;
use opentelemetry::trace::{
    Span as _, SpanBuilder, SpanId, SpanKind, Status, TraceId, Tracer as _,
};
use opentelemetry::{Context, KeyValue, global};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};

thread_local! {
    /// The ids of the next root span that this thread begins.
    static NEXT: Cell<Option<SpanRef>> = const { Cell::new(None) };
}

/// Random ids, but for root spans of goals.
#[derive(Debug, Default)]
pub(super) struct Ids {
    random: RandomIdGenerator,
}

impl IdGenerator for Ids {
    fn new_trace_id(&self) -> TraceId {
        match NEXT.get() {
            Some(root) => TraceId::from_bytes(root.trace),
            None => self.random.new_trace_id(),
        }
    }

    fn new_span_id(&self) -> SpanId {
        match NEXT.get() {
            Some(root) => SpanId::from_bytes(root.span),
            None => self.random.new_span_id(),
        }
    }
}

/// Writes the root span of a goal that ends with this record. Nothing where nobody collects.
pub(crate) fn ended(record: &Record) {
    for event in &record.events {
        if let Event::Ended { ending, spent, at } = event {
            let begun = begun(record, *at, spent.wall_ms);
            let (ending, status) = match ending {
                Ending::Succeeded { .. } => ("succeeded", Status::Ok),
                Ending::Failed { fault } => ("failed", Status::error(fault.to_string())),
                Ending::Cancelled { .. } => ("cancelled", Status::Unset),
            };
            let attributes = [
                KeyValue::new("galley.goal", record.goal.to_string()),
                KeyValue::new("galley.ending", ending),
                KeyValue::new("galley.spent.usd_micros", signed(spent.usd_micros)),
                KeyValue::new("galley.spent.tokens", signed(spent.tokens)),
                KeyValue::new("galley.spent.calls", signed(spent.calls)),
            ];
            let builder = SpanBuilder::from_name("goal")
                .with_kind(SpanKind::Server)
                .with_start_time(SystemTime::from(begun))
                .with_attributes(attributes);
            NEXT.set(Some(SpanRef::of_goal(&record.goal)));
            let mut span = global::tracer("galley").build_with_context(builder, &Context::new());
            NEXT.set(None);
            span.set_status(status);
            span.end_with_timestamp(SystemTime::from(*at));
        }
    }
}

/// When a goal began: its id says so, unless it was made from the id of a bare message.
fn begun(record: &Record, ended: DateTime<Utc>, wall_ms: u64) -> DateTime<Utc> {
    let id = record.goal.uuid();
    let stamp = id.get_timestamp().filter(|_| id.get_version_num() == 7);
    let stamp = stamp.and_then(|stamp| {
        let (seconds, nanos) = stamp.to_unix();
        DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos)
    });
    let took = TimeDelta::try_milliseconds(i64::try_from(wall_ms).unwrap_or(i64::MAX));
    let worked = took.and_then(|took| ended.checked_sub_signed(took));
    stamp.or(worked).filter(|begun| *begun <= ended).unwrap_or(ended)
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
