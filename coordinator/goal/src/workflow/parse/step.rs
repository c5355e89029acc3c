//! One step, read.

use std::time::Duration;

use galley_schemas::amount::Limits;
use galley_schemas::id::StepName;
use serde_json::{Map, Value};

use super::action::{Sort, fixed_span, read_action, read_sort};
use crate::workflow::bounds::{
    ALLOWANCE, AT_MOST, AT_MOST_MAX, RETRY, ROUNDS_MAX, TIMES_MAX, WITHIN_AGENT, WITHIN_APPROVAL,
    WITHIN_GOAL, WITHIN_WAIT,
};
use crate::workflow::diagnostic::Rule;
use crate::workflow::model::{Action, Otherwise, Retry, Revise, Step, Undo};
use crate::workflow::order::Draft;
use crate::workflow::reader::{At, Reader};
use crate::workflow::template::Template;

/// Every key of a step.
const KEYS: [&str; 15] = [
    "agent",
    "approval",
    "goal",
    "wait",
    "with",
    "when",
    "each",
    "at_most",
    "after",
    "retry",
    "within",
    "allowance",
    "revise",
    "undo",
    "otherwise",
];
/// The keys that only a step has that hands out work, to an agent or as a sub-goal.
const OF_WORK: [&str; 6] = ["each", "at_most", "retry", "allowance", "revise", "undo"];

/// Reads a step. Without a name it is read for its faults only.
pub(super) fn read<'d>(
    reader: &mut Reader<'d>,
    at: &At<'d>,
    name: Option<StepName>,
) -> Option<Draft> {
    reader.object(at, &KEYS)?;
    let sort = read_sort(reader, at)?;
    let action = read_action(reader, at, sort);
    refuse_misplaced(reader, at, sort);
    let with = read_with(reader, at, sort);
    let when = at.get("when").map(|at| reader.condition(&at));
    let each = at.get("each").map(|at| reader.template(&at));
    let at_most = at.get("at_most").and_then(|at| reader.whole(&at, 1..=AT_MOST_MAX));
    let after = read_after(reader, at);
    let retry = at.get("retry").map_or(RETRY, |at| read_retry(reader, &at));
    let within = read_within(reader, at, sort, action.as_ref());
    let allowance = read_allowance(reader, at, sort);
    let revise = at.get("revise").map(|at| read_revise(reader, &at));
    let undo = at.get("undo").map(|at| read_undo(reader, &at));
    let otherwise = read_otherwise(reader, at, sort);
    let step = Step {
        name: name?,
        action: action?,
        with,
        when: when.flatten(),
        each: each.flatten(),
        at_most: at_most.unwrap_or(AT_MOST),
        needs: Vec::new(),
        retry,
        within,
        allowance,
        revise: revise.flatten(),
        undo: undo.flatten(),
        otherwise,
    };
    Some(Draft { step, after })
}

/// Left out, it is an empty object for whoever takes one. One with a fault is `null`, which nobody
/// takes and the checks pass over.
fn read_with(reader: &mut Reader<'_>, at: &At<'_>, sort: Sort) -> Template {
    if let Some(given) = at.get("with").filter(|at| !at.value.is_null()) {
        return reader.template(&given).unwrap_or(Template::fixed(Value::Null));
    }
    Template::fixed(match sort {
        Sort::Agent | Sort::Goal => Value::Object(Map::new()),
        Sort::Approval | Sort::Wait => Value::Null,
    })
}

/// Keys that stand with something they do not go with.
fn refuse_misplaced(reader: &mut Reader<'_>, at: &At<'_>, sort: Sort) {
    for (key, entry) in at.entries() {
        let misplaced = match sort {
            Sort::Agent | Sort::Goal => false,
            Sort::Approval => OF_WORK.contains(&key),
            Sort::Wait => OF_WORK.contains(&key) || key == "with",
        };
        if misplaced {
            let message = format!("'{key}' does not go with '{}'", sort.key());
            reader.fault_of_key(Rule::Action, &entry, message, "");
        }
    }
    if let (Some(at_most), None) = (at.get("at_most"), at.get("each")) {
        let message = "'at_most' without 'each'".to_owned();
        reader.fault_of_key(Rule::Action, &at_most, message, "it bounds a fan-out");
    }
}

fn read_after<'d>(reader: &mut Reader<'d>, at: &At<'d>) -> Vec<(StepName, String)> {
    let names = at.get("after").map(|at| at.items()).unwrap_or_default();
    names.into_iter().filter_map(|at| Some((reader.name(&at)?, at.pointer))).collect()
}

fn read_retry<'d>(reader: &mut Reader<'d>, at: &At<'d>) -> Retry {
    /// Fastest growth of the delay.
    const FACTOR_MAX: f64 = 100.0;
    reader.object(at, &["times", "first", "factor", "most"]);
    let first = at.get("first").and_then(|at| reader.duration(&at));
    let most = at.get("most").and_then(|at| reader.duration(&at));
    if let (Some(first), Some(most)) = (first, most)
        && first > most
    {
        let message = "'first' is longer than 'most'".to_owned();
        reader.fault_of_key(Rule::Form, at, message, "the delay grows from 'first' to 'most'");
    }
    let first = first.unwrap_or(RETRY.first);
    Retry {
        times: at
            .get("times")
            .and_then(|at| reader.whole(&at, 1..=TIMES_MAX))
            .unwrap_or(RETRY.times),
        first,
        factor: at
            .get("factor")
            .and_then(|at| reader.number(&at, 1.0..=FACTOR_MAX))
            .unwrap_or(RETRY.factor),
        most: most.unwrap_or(RETRY.most.max(first)),
    }
}

/// `within` stands with the step, or in its approval or wait.
fn read_within<'d>(
    reader: &mut Reader<'d>,
    at: &At<'d>,
    sort: Sort,
    action: Option<&Action>,
) -> Duration {
    let given = one_of_two(reader, at, sort, "within");
    let within = given.and_then(|at| {
        let within = reader.duration(&at);
        if within == Some(Duration::ZERO) {
            reader.fault(Rule::Bound, &at, "'within' leaves no time".to_owned(), "");
        }
        within
    });
    let span = action.and_then(fixed_span);
    if let (Some(within), Some(span)) = (within, span)
        && span > within
    {
        let message = "the wait is longer than its 'within'".to_owned();
        reader.fault_of_key(Rule::Bound, at, message, "");
    }
    within.unwrap_or(match sort {
        Sort::Agent => WITHIN_AGENT,
        Sort::Approval => WITHIN_APPROVAL,
        Sort::Goal => WITHIN_GOAL,
        Sort::Wait => span.map_or(WITHIN_WAIT, |span| span.max(WITHIN_WAIT)),
    })
}

/// A key that may stand with the step or in what it does, but not in both.
fn one_of_two<'d>(reader: &mut Reader<'d>, at: &At<'d>, sort: Sort, key: &str) -> Option<At<'d>> {
    let inner = at.get(sort.key()).and_then(|own| own.get(key));
    match (at.get(key), inner) {
        (Some(outer), Some(_)) => {
            let message = format!("'{key}' stands here and in '{}'", sort.key());
            reader.fault_of_key(Rule::RepeatedKey, &outer, message, "take one of them out");
            Some(outer)
        }
        (one, other) => one.or(other),
    }
}

/// Parts that are left out have defaults for an agent; a sub-goal has its own budget.
fn read_allowance<'d>(reader: &mut Reader<'d>, at: &At<'d>, sort: Sort) -> Limits {
    let given = at.get("allowance").map(|at| reader.limits(&at)).unwrap_or_default();
    if sort != Sort::Agent {
        return given;
    }
    Limits {
        usd_micros: given.usd_micros.or(ALLOWANCE.usd_micros),
        tokens: given.tokens.or(ALLOWANCE.tokens),
        calls: given.calls.or(ALLOWANCE.calls),
        wall_ms: given.wall_ms.or(ALLOWANCE.wall_ms),
    }
}

fn read_revise<'d>(reader: &mut Reader<'d>, at: &At<'d>) -> Option<Revise> {
    reader.object(at, &["from", "when", "rounds"])?;
    let from = reader.required(at, "from").and_then(|at| reader.name(&at));
    let when = reader.required(at, "when").and_then(|at| reader.condition(&at));
    let rounds = match at.get("rounds") {
        Some(at) => reader.whole(&at, 1..=ROUNDS_MAX),
        None => {
            let message = "'revise' has no bound".to_owned();
            let hint = format!("add 'rounds', 1 to {ROUNDS_MAX}");
            reader.fault_of_key(Rule::MissingBound, at, message, &hint);
            None
        }
    };
    Some(Revise { from: from?, when: when?, rounds: rounds.unwrap_or(1) })
}

fn read_undo<'d>(reader: &mut Reader<'d>, at: &At<'d>) -> Option<Undo> {
    reader.object(at, &["agent", "with"])?;
    let kind = reader.required(at, "agent").and_then(|at| reader.name(&at));
    let with = at.get("with").map_or(Some(Template::fixed(Value::Null)), |at| reader.template(&at));
    Some(Undo { kind: kind?, with: with? })
}

fn read_otherwise<'d>(reader: &mut Reader<'d>, at: &At<'d>, sort: Sort) -> Otherwise {
    let Some(at) = one_of_two(reader, at, sort, "otherwise") else { return Otherwise::Fail };
    if at.value.is_object() {
        reader.object(&at, &["go"]);
        return at
            .get("go")
            .map_or_else(|| Otherwise::Go(Value::Null), |go| Otherwise::Go(go.value.clone()));
    }
    match at.value.as_str() {
        Some("fail") => Otherwise::Fail,
        Some("go") => Otherwise::Go(Value::Null),
        Some("reject") if sort == Sort::Approval => Otherwise::Reject,
        Some("approve") if sort == Sort::Approval => Otherwise::Approve,
        Some(of_approval @ ("reject" | "approve")) => {
            let message = format!("'{of_approval}' goes with 'approval' only");
            reader.fault(Rule::Action, &at, message, "use fail, or { go: value }");
            Otherwise::Fail
        }
        Some(_) | None => {
            let message = "'otherwise' is one of fail, reject, approve, { go: value }".to_owned();
            reader.fault(Rule::Form, &at, message, "");
            Otherwise::Fail
        }
    }
}
