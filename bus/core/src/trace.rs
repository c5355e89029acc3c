//! Spans across processes: a span hangs itself below the one that a message names.
//!
//! A goal is one trace ([`galley_schemas::trace`]). Spans are made with `tracing`; where nobody
//! records them, all of this costs nothing and says nothing.

use galley_schemas::id::GoalId;
use galley_schemas::trace::SpanRef;
use opentelemetry::Context;
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// Hangs a span below the one that a `traceparent` names. Without one that can be read, it stays
/// where it is.
pub fn adopt(span: &Span, traceparent: Option<&str>) {
    if let Some(parent) = traceparent.and_then(SpanRef::parse) {
        hang(span, parent);
    }
}

/// Puts a span into a goal's trace: where it is, if it is in it already; else below the goal's root,
/// with a link to where it came from.
pub fn adopt_goal(span: &Span, goal: &GoalId) {
    let root = SpanRef::of_goal(goal);
    let here = context(&Span::current());
    if here.trace_id() == TraceId::from_bytes(root.trace) {
        return;
    }
    hang(span, root);
    if here.is_valid() {
        span.add_link(here);
    }
}

/// The `traceparent` of the span that this runs in, if it is recorded.
#[must_use]
pub fn current() -> Option<String> {
    let here = context(&Span::current());
    here.is_valid().then(|| {
        let span = SpanRef {
            trace: here.trace_id().to_bytes(),
            span: here.span_id().to_bytes(),
            is_sampled: here.is_sampled(),
        };
        span.to_string()
    })
}

fn context(span: &Span) -> SpanContext {
    span.context().span().span_context().clone()
}

fn hang(span: &Span, parent: SpanRef) {
    let flags = if parent.is_sampled { TraceFlags::SAMPLED } else { TraceFlags::default() };
    let trace = TraceId::from_bytes(parent.trace);
    let id = SpanId::from_bytes(parent.span);
    let parent = SpanContext::new(trace, id, flags, true, TraceState::NONE);
    if let Err(error) = span.set_parent(Context::new().with_remote_span_context(parent)) {
        // The usual case: nobody records spans here.
        tracing::trace!(%error, "a span has no parent");
    }
}
