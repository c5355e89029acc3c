//! A task begins: its input is evaluated, its share of the budget set aside, and it goes where its
//! step says.

use galley_schemas::amount::Limits;
use galley_schemas::task::VALUE_BYTES_MAX;
use serde_json::Value;

use super::budget::{self, Short};
use super::frame::Frame;
use super::turn::Turn;
use super::{child, offer, question, settle, signal};
use crate::content;
use crate::fault;
use crate::place::Place;
use crate::workflow::{Action, Outputs};

/// What a task is handed out with.
pub(super) struct Terms {
    pub(super) input: Value,
    /// The most that it may use.
    pub(super) allowance: Limits,
}

/// What a task gets of what there is for all.
#[derive(Clone, Copy)]
pub(super) struct Share<'v> {
    /// What its expressions see of other steps.
    pub(super) outputs: &'v dyn Outputs,
    /// In a fan-out: its item.
    pub(super) item: Option<&'v Value>,
    /// How many tasks share what is left of the budget.
    pub(super) among: usize,
}

/// Begins a task that is ready. A fault in its workflow fails it.
///
/// # Errors
/// [`Short`] when the budget does not allow it now; nothing has happened then.
pub(super) fn start(
    turn: &mut Turn<'_>,
    frame: &Frame<'_>,
    place: &Place,
    share: Share<'_>,
) -> Result<(), Short> {
    let plan = frame.plan(place.step);
    match &plan.action {
        Action::Agent { kind } => {
            let allowance = budget::grant(turn.goal(), &plan.allowance, share.among)?;
            if let Some(input) = input(turn, frame, place, share) {
                offer::task(turn, place, kind.clone(), Terms { input, allowance });
            }
        }
        Action::Goal { workflow } => {
            let allowance = budget::grant(turn.goal(), &plan.allowance, share.among)?;
            if let Some(input) = input(turn, frame, place, share) {
                child::submit(turn, place, workflow.clone(), Terms { input, allowance });
            }
        }
        Action::Approval { by, quorum } => {
            if let Some(shown) = input(turn, frame, place, share) {
                question::open(turn, place, question::Asked { by, quorum: *quorum, shown });
            }
        }
        Action::Wait { until, signal } => {
            let until = until.as_ref().map(|until| {
                frame.look(share.outputs, place, share.item, |scope| until.eval(scope))
            });
            match until.transpose() {
                Ok(until) => signal::begin(turn, place, until, *signal),
                Err(error) => settle::give_up(turn, place, error.fault()),
            }
        }
    }
    Ok(())
}

/// The step's `with`; `None` when it has no value or is too large, which fails the task.
pub(super) fn input(
    turn: &mut Turn<'_>,
    frame: &Frame<'_>,
    place: &Place,
    share: Share<'_>,
) -> Option<Value> {
    let with = &frame.plan(place.step).with;
    let fault = match frame.look(share.outputs, place, share.item, |scope| with.eval(scope)) {
        Ok(input) => match content::excess(&input, VALUE_BYTES_MAX) {
            Some(excess) => fault::unfit_input(&turn.goal().task_id(place), &excess),
            None => return Some(input),
        },
        Err(error) => error.fault(),
    };
    settle::give_up(turn, place, fault);
    None
}
