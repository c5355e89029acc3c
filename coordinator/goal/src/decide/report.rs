//! What an agent says about its attempt.

use galley_schemas::choice::Choice;
use galley_schemas::fault::Fault;
use galley_schemas::record::Event;
use galley_schemas::report::{Body, Report, Verdict};
use galley_schemas::task::VALUE_BYTES_MAX;
use serde_json::Value;

use super::turn::Turn;
use super::{effect, settle};
use crate::content;
use crate::fault;
use crate::goal::{Effect, Goal, Over, Seal, Task};
use crate::place::Place;

/// Most choices in one report.
const CHOICES_MAX: usize = 64;

pub(super) fn report(turn: &mut Turn<'_>, report: Report) -> Verdict {
    match stand(turn.goal(), &report) {
        Stand::Current(place) => take_in(turn, place, report),
        Stand::Accepted => Verdict::Accepted,
        Stand::Stale(reason) => Verdict::Stale { reason: reason.to_owned() },
    }
}

/// How a report stands to the goal.
enum Stand {
    /// It comes from the attempt that is out.
    Current(Place),
    /// It is the accepted result again: the answer got lost.
    Accepted,
    Stale(&'static str),
}

fn stand(goal: &Goal, report: &Report) -> Stand {
    let Some(place) = Place::read(&goal.workflow, &report.task) else {
        return Stand::Stale("the goal has no such task");
    };
    if matches!(report.body, Body::Done { .. }) && was_accepted(goal, &place, report) {
        return Stand::Accepted;
    }
    let Some(task) = goal.task(&place) else {
        return Stand::Stale("the task is over, or was opened again for another round");
    };
    let Some(out) = task.out() else {
        return Stand::Stale("the task is not out: it was given up, fenced off or is over");
    };
    if out.lease != Seal::of(&report.lease) || task.attempt != report.attempt {
        return Stand::Stale("another attempt has taken its place");
    }
    if out.epoch != report.epoch || goal.kind(&place) != Some(&report.kind) {
        return Stand::Stale("the attempt was handed out under another fence or to another kind");
    }
    Stand::Current(place)
}

fn was_accepted(goal: &Goal, place: &Place, report: &Report) -> bool {
    let step = goal.step(place.step);
    if place.undo || step.round != place.round {
        return false;
    }
    match step.over() {
        Some(Over::Done { leases, .. }) => leases.contains(&Seal::of(&report.lease)),
        Some(Over::Skipped) => false,
        None => {
            let accepted = step.tasks().get(place.index()).and_then(Task::done);
            accepted.and_then(|(_, lease)| lease) == Some(Seal::of(&report.lease))
        }
    }
}

fn take_in(turn: &mut Turn<'_>, place: Place, report: Report) -> Verdict {
    let Report { task, attempt, body, .. } = report;
    match body {
        Body::Done { output, spent, choices } => {
            match fit(turn.goal(), &place, &output, &choices) {
                Ok(()) => {
                    turn.emit(Event::Done { task, attempt, output, spent, choices });
                    Verdict::Accepted
                }
                Err(fault) => {
                    settle::attempt_failed(turn, &place, fault.clone(), spent);
                    Verdict::Malformed { fault }
                }
            }
        }
        Body::Failed { fault, spent } => {
            settle::attempt_failed(turn, &place, fault::clipped(fault), spent);
            Verdict::Accepted
        }
        Body::EffectIntent { intent } => effect::intend(turn, &place, intent),
        Body::EffectSettled { key, settlement } => effect::settled(turn, &place, key, settlement),
        Body::Progress { .. } => Verdict::Accepted,
    }
}

/// Whether a result keeps the contract.
fn fit(goal: &Goal, place: &Place, output: &Value, choices: &[Choice]) -> Result<(), Fault> {
    let task = goal.task_id(place);
    if let Some(excess) = content::excess(output, VALUE_BYTES_MAX) {
        return Err(fault::unfit_report(&task, &excess));
    }
    if choices.len() > CHOICES_MAX || content::bytes(choices) > VALUE_BYTES_MAX {
        return Err(fault::unfit_report(&task, &format!("has more than {CHOICES_MAX} choices")));
    }
    match goal.task(place).and_then(Task::open_effect) {
        Some(Effect { intent, .. }) => Err(fault::effect_unsettled(&task, &intent.key)),
        None => Ok(()),
    }
}
