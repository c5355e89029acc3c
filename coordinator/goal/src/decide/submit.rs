//! A goal begins.

use galley_schemas::id::Epoch;
use galley_schemas::input::{Order, Standing, Submission};
use galley_schemas::record::{Event, WorkflowRef};

use galley_schemas::task::VALUE_BYTES_MAX;

use super::steer;
use super::turn::Turn;
use crate::command::Reply;
use crate::content;
use crate::fault;

pub(super) fn submit(
    turn: &mut Turn<'_>,
    submission: Submission,
    epoch: Epoch,
    standing: Vec<Standing>,
) -> Reply {
    if turn.goal().origin.is_some() {
        let same = turn.goal().is_of(&submission);
        return if same { Reply::Noted } else { Reply::Refused(fault::id_taken()) };
    }
    if let Some(excess) = content::excess(&submission.input, VALUE_BYTES_MAX) {
        return Reply::Refused(fault::unfit_goal(&excess));
    }
    let workflow = turn.goal().workflow();
    let reference = WorkflowRef { name: workflow.name.clone(), version: workflow.version.clone() };
    let budget = workflow.budget.tighter(&submission.budget);
    let at = turn.now();
    turn.emit(Event::Submitted { submission, workflow: reference, budget, epoch, at });
    for Standing { control, epoch, .. } in standing {
        match control.order {
            Order::Stop => steer::stop(turn, &control, epoch),
            Order::Resume | Order::Cancel => {}
        }
    }
    Reply::Noted
}
