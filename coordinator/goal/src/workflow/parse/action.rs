//! What a step does: exactly one of `agent`, `approval`, `goal` and `wait`.

use std::time::Duration;

use chrono::DateTime;
use galley_schemas::id::Principal;

use crate::workflow::bounds::QUORUM_MAX;
use crate::workflow::diagnostic::Rule;
use crate::workflow::duration::parse_duration;
use crate::workflow::model::Action;
use crate::workflow::reader::{At, Reader};
use crate::workflow::template::Template;

/// The keys that say what a step does.
const ACTIONS: [&str; 4] = ["agent", "approval", "goal", "wait"];
/// What kind of thing a step does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Agent,
    Approval,
    Goal,
    Wait,
}

impl Sort {
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Approval => "approval",
            Self::Goal => "goal",
            Self::Wait => "wait",
        }
    }
}

/// The one thing that a step does.
pub(super) fn read_sort(reader: &mut Reader<'_>, at: &At<'_>) -> Option<Sort> {
    let sorts = [Sort::Agent, Sort::Approval, Sort::Goal, Sort::Wait];
    let mut found = sorts.into_iter().filter(|sort| at.get(sort.key()).is_some());
    match (found.next(), found.next()) {
        (Some(sort), None) => Some(sort),
        (Some(one), Some(other)) => {
            let message = format!("'{}' has both '{}' and '{}'", at.key(), one.key(), other.key());
            reader.fault_of_key(Rule::Action, at, message, "make two steps of it");
            None
        }
        (None, _) => {
            let message = format!("'{}' does nothing", at.key());
            let hint = format!("give it one of {}", ACTIONS.join(", "));
            reader.fault_of_key(Rule::Action, at, message, &hint);
            None
        }
    }
}

/// What exactly it does.
pub(super) fn read_action<'d>(reader: &mut Reader<'d>, at: &At<'d>, sort: Sort) -> Option<Action> {
    let own = at.get(sort.key())?;
    match sort {
        Sort::Agent => Some(Action::Agent { kind: reader.name(&own)? }),
        Sort::Goal => Some(Action::Goal { workflow: reader.name(&own)? }),
        Sort::Approval => Some(read_approval(reader, &own)),
        Sort::Wait => Some(read_wait(reader, at, &own)),
    }
}

fn read_approval<'d>(reader: &mut Reader<'d>, at: &At<'d>) -> Action {
    let keys = ["by", "quorum", "within", "otherwise"];
    if !at.value.is_null() {
        reader.object(at, &keys);
    }
    let by = at.get("by").map(|at| at.items()).unwrap_or_default();
    let by = by.iter().filter_map(|at| reader.text(at)).map(Principal::new).collect();
    let quorum = at.get("quorum").and_then(|at| reader.whole(&at, 1..=QUORUM_MAX)).unwrap_or(1);
    Action::Approval { by, quorum }
}

fn read_wait<'d>(reader: &mut Reader<'d>, step: &At<'d>, at: &At<'d>) -> Action {
    reader.object(at, &["until", "for", "signal", "within", "otherwise"]);
    let signal = at.get("signal").and_then(|at| reader.flag(&at)).unwrap_or(false);
    let until = match (at.get("until"), at.get("for")) {
        (Some(_), Some(span)) => {
            let message = "'until' and 'for' stand side by side".to_owned();
            reader.fault_of_key(Rule::Action, &span, message, "keep one of them");
            None
        }
        (Some(until), None) => read_until(reader, &until),
        (None, Some(span)) => read_for(reader, &span),
        (None, None) => None,
    };
    let timed = at.get("until").or(at.get("for")).is_some();
    if at.value.is_object() && !timed && !signal {
        let message = "the wait is for nothing".to_owned();
        reader.fault_of_key(
            Rule::MissingKey,
            at,
            message,
            "give it 'until', 'for' or 'signal: true'",
        );
    } else if signal && !timed && step.get("within").or(at.get("within")).is_none() {
        let message = "the wait for a signal has no end".to_owned();
        reader.fault_of_key(Rule::MissingBound, at, message, "add 'within'");
    }
    Action::Wait { until, signal }
}

/// A time: evaluated, or RFC 3339 as it stands.
fn read_until(reader: &mut Reader<'_>, at: &At<'_>) -> Option<Template> {
    let template = reader.template(at)?;
    let fixed = template.holes().is_empty();
    let time = at.value.as_str().is_some_and(|text| DateTime::parse_from_rfc3339(text).is_ok());
    if fixed && !time {
        let message = "'until' is not a time as in 2026-01-31T09:00:00Z".to_owned();
        reader.fault(Rule::Form, at, message, "use 'for' for a span of time");
        return None;
    }
    Some(template)
}

/// A span: evaluated, or a duration as it stands.
fn read_for<'d>(reader: &mut Reader<'d>, at: &At<'d>) -> Option<Template> {
    let template = reader.template(at)?;
    if template.holes().is_empty() {
        reader.duration(at)?;
    }
    Some(template)
}

/// The span of a `wait: { for: 2h }`.
pub(super) fn fixed_span(action: &Action) -> Option<Duration> {
    match action {
        Action::Wait { until: Some(until), .. } => parse_duration(until.source().as_str()?).ok(),
        Action::Wait { until: None, .. }
        | Action::Agent { .. }
        | Action::Approval { .. }
        | Action::Goal { .. } => None,
    }
}
