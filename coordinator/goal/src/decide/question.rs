//! Approvals: opened, closed, out of time.

use galley_schemas::id::Principal;
use galley_schemas::record::{Ending, Event};
use serde_json::{Map, Value};

use super::settle::{after, give_up};
use super::turn::Turn;
use super::unwind;
use crate::content;
use crate::fault;
use crate::goal::{Ask, Goal};
use crate::graph;
use crate::place::Place;
use crate::workflow::Otherwise;

/// Most that people are shown, in bytes of JSON.
const SHOWN_BYTES_MAX: usize = 256 * 1024;

/// Who is asked, and about what.
pub(super) struct Asked<'w> {
    pub(super) by: &'w [Principal],
    pub(super) quorum: u32,
    pub(super) shown: Value,
}

/// Asks. Without a `with`, people are shown the outputs of the steps that it needs.
pub(super) fn open(turn: &mut Turn<'_>, place: &Place, asked: Asked<'_>) {
    let task = turn.goal().task_id(place);
    let shown = if is_absent(&asked.shown) { needed(turn.goal(), place.step) } else { asked.shown };
    if let Some(excess) = content::excess(&shown, SHOWN_BYTES_MAX) {
        return give_up(turn, place, fault::unfit_to_show(&task, &excess));
    }
    let within = turn.goal().plan(place.step).within;
    turn.emit(Event::ApprovalOpened {
        task,
        step: turn.goal().step_name(place.step),
        round: place.round,
        by: asked.by.to_vec(),
        quorum: asked.quorum,
        content: content::content_hash(&shown),
        shown,
        deadline: after(turn.now(), within),
    });
}

fn is_absent(with: &Value) -> bool {
    match with {
        Value::Null => true,
        Value::Object(map) => map.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => false,
    }
}

fn needed(goal: &Goal, step: usize) -> Value {
    let needs = goal.plan(step).needs.iter();
    let output = |name| goal.step(graph::index(&goal.workflow, name)?).output();
    let outputs = needs.map(|name| (name.to_string(), output(name).unwrap_or_default()));
    Value::Object(outputs.collect::<Map<_, _>>())
}

/// Closes an approval whose answers settle it; leaves one open that needs more.
pub(super) fn close_if_settled(turn: &mut Turn<'_>, place: &Place) {
    let Some(ask) = asking(turn.goal(), place) else { return };
    let quorum = usize::try_from(turn.goal().quorum(place)).unwrap_or(usize::MAX);
    match &ask.refused {
        Some(by) => {
            let (by, note) = (by.clone(), ask.note.clone());
            refuse(turn, place, by, note);
        }
        None if ask.approved.len() >= quorum => close(turn, place, Outcome::Approved),
        None => {}
    }
}

/// Closes an approval that nobody settled in time.
pub(super) fn out_of_time(turn: &mut Turn<'_>, place: &Place) {
    let Some(ask) = asking(turn.goal(), place) else { return };
    let fault = fault::not_answered(&turn.goal().task_id(place), ask.deadline);
    match turn.goal().plan(place.step).otherwise {
        Otherwise::Approve => close(turn, place, Outcome::Approved),
        Otherwise::Reject => refuse(turn, place, Principal::new("system"), fault.message),
        Otherwise::Fail | Otherwise::Go(_) => give_up(turn, place, fault),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Outcome {
    Approved,
    Refused,
}

fn close(turn: &mut Turn<'_>, place: &Place, outcome: Outcome) {
    let Some(ask) = asking(turn.goal(), place) else { return };
    let value = ask.shown.value();
    let task = turn.goal().task_id(place);
    let approved = outcome == Outcome::Approved;
    turn.emit(Event::ApprovalClosed { task, approved, value });
}

/// A refusal cancels the goal, unless the workflow has something to go on with.
fn refuse(turn: &mut Turn<'_>, place: &Place, by: Principal, reason: String) {
    close(turn, place, Outcome::Refused);
    match turn.goal().plan(place.step).otherwise {
        Otherwise::Go(_) => {}
        Otherwise::Fail | Otherwise::Reject | Otherwise::Approve => {
            unwind::begin(turn, Ending::Cancelled { by, reason });
        }
    }
}

/// The open question of an approval.
fn asking<'g>(goal: &'g Goal, place: &Place) -> Option<&'g Ask> {
    goal.task(place)?.asking()
}
