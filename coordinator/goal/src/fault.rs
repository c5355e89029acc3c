//! How goals fail, with their codes (`schemas/src/fault/codes.md`, GLY0160 to GLY0189).

use chrono::{DateTime, SecondsFormat, Utc};
use galley_schemas::fault::Fault;
use galley_schemas::id::{EffectKey, StepName, TaskId};
use galley_schemas::record::Ending;

use serde_json::Value;

use crate::evolve::IllegalEvent;

/// No report came in time. Another attempt may do better.
pub(crate) fn timed_out(task: &TaskId, deadline: DateTime<Utc>) -> Fault {
    let deadline = deadline.to_rfc3339_opts(SecondsFormat::Secs, true);
    Fault::transient("GLY0160", format!("task {task} was not done by {deadline}"))
}

/// Nothing is left to reserve.
pub(crate) fn budget_used_up(task: &TaskId, part: &str) -> Fault {
    Fault::permanent("GLY0161", format!("no {part} are left in the budget for task {task}"))
        .hint("submit the goal again with a larger budget")
}

/// A task's evaluated input is larger or deeper than a message may be.
pub(crate) fn unfit_input(task: &TaskId, excess: &str) -> Fault {
    Fault::permanent("GLY0162", format!("the input of task {task} {excess}"))
        .hint("let the step before keep it as an artifact and pass the reference")
}

/// A report carries more than a message may.
pub(crate) fn unfit_report(task: &TaskId, excess: &str) -> Fault {
    Fault::transient("GLY0163", format!("what task {task} reports {excess}"))
        .hint("the agent should keep large results as artifacts")
}

/// A result came while an outside write of the same task is not settled.
pub(crate) fn effect_unsettled(task: &TaskId, key: &EffectKey) -> Fault {
    Fault::transient(
        "GLY0164",
        format!("task {task} reported done before its effect {key} settled"),
    )
}

/// A report speaks of an effect in a way that breaks the contract.
pub(crate) fn effect_unknown(task: &TaskId, key: &EffectKey) -> Fault {
    Fault::permanent("GLY0165", format!("task {task} never announced an effect {key}"))
}

/// A task of a goal that is about to end would write something new.
pub(crate) fn is_unwinding(task: &TaskId) -> Fault {
    let message = format!("the goal is ending: task {task} begins no further write");
    Fault::permanent("GLY0183", message)
}

/// More effects than a task may have.
pub(crate) fn too_many_effects(task: &TaskId, most: usize) -> Fault {
    Fault::permanent("GLY0166", format!("task {task} announced more than {most} effects"))
}

/// Sub-goals would nest without end.
pub(crate) fn too_deep(task: &TaskId, most: u32) -> Fault {
    Fault::permanent("GLY0167", format!("task {task} would nest sub-goals more than {most} deep"))
}

/// A sub-goal was cancelled.
pub(crate) fn child_cancelled(task: &TaskId, reason: &str) -> Fault {
    Fault::permanent("GLY0168", format!("the sub-goal of task {task} was cancelled: {reason}"))
}

/// Nobody answered in time, and the workflow says that this fails the goal.
pub(crate) fn not_answered(task: &TaskId, deadline: DateTime<Utc>) -> Fault {
    let deadline = deadline.to_rfc3339_opts(SecondsFormat::Secs, true);
    Fault::permanent("GLY0169", format!("nobody settled approval {task} by {deadline}"))
}

/// No signal came in time.
pub(crate) fn no_signal(task: &TaskId, deadline: DateTime<Utc>) -> Fault {
    let deadline = deadline.to_rfc3339_opts(SecondsFormat::Secs, true);
    Fault::permanent("GLY0170", format!("no signal came for {task} by {deadline}"))
}

/// A `wait` has an `until` that is no time.
pub(crate) fn not_a_time(task: &TaskId, until: &Value) -> Fault {
    Fault::permanent("GLY0171", format!("{task} cannot wait until {until}"))
        .hint("write a time such as 2027-01-31T09:00:00Z or a span such as 90s, 15m, 2h, 7d")
}

/// A `wait` has an `until` that lies further away than its `within` allows.
pub(crate) fn too_late(task: &TaskId, until: &Value) -> Fault {
    Fault::permanent("GLY0178", format!("{task} would wait until {until}, beyond its `within`"))
        .hint("give the step a longer `within`")
}

/// The goal asks no such question.
pub(crate) fn no_question(task: &TaskId) -> Fault {
    Fault::permanent("GLY0172", format!("{task} asks no question now"))
        .hint("`galley show` lists the open questions")
}

/// The answer was given to other content than is shown now.
pub(crate) fn other_content(task: &TaskId) -> Fault {
    Fault::permanent("GLY0173", format!("the answer to {task} is not about what it shows now"))
        .hint("look at it again and answer with its content hash")
}

/// The one who answers is not among those asked.
pub(crate) fn not_asked(task: &TaskId, by: &str) -> Fault {
    Fault::permanent("GLY0174", format!("'{by}' is not among those whom {task} asks"))
}

/// The answer does not fit the question, or is too large.
pub(crate) fn unfit_answer(task: &TaskId, wanted: &str) -> Fault {
    Fault::permanent("GLY0175", format!("the answer does not fit the question of {task}"))
        .hint(wanted)
}

/// A cancel for more than one goal.
pub(crate) fn cancel_is_for_one() -> Fault {
    Fault::permanent("GLY0176", "a cancel is for one goal").hint("stop the scope instead")
}

/// Nothing was submitted under this id.
pub(crate) fn not_begun() -> Fault {
    Fault::permanent("GLY0177", "the goal has not begun")
}

/// No step waits for this signal.
pub(crate) fn no_wait(step: &StepName) -> Fault {
    Fault::permanent("GLY0179", format!("step {step} waits for no signal now"))
}

/// A signal carries more than a goal keeps.
pub(crate) fn unfit_signal(step: &StepName, excess: &str) -> Fault {
    Fault::permanent("GLY0179", format!("the signal for step {step} {excess}"))
}

/// The id is taken by another submission.
pub(crate) fn id_taken() -> Fault {
    Fault::permanent("GLY0180", "another goal was submitted under this id")
        .hint("submit it with a new id")
}

/// What an approval would show is larger or deeper than a record may be.
pub(crate) fn unfit_to_show(task: &TaskId, excess: &str) -> Fault {
    Fault::permanent("GLY0181", format!("what {task} would show {excess}"))
        .hint("name in `with` what is to be shown")
}

/// A submission carries more than a goal keeps.
pub(crate) fn unfit_goal(excess: &str) -> Fault {
    Fault::permanent("GLY0182", format!("the goal's input {excess}"))
        .hint("keep large things in files or behind addresses, and name those")
}

/// A decision that breaks the goal's own rules: a bug of the coordinator, kept from doing harm.
pub(crate) fn broken(error: &IllegalEvent) -> Fault {
    Fault::permanent("GLY0189", "the goal cannot take this: a fault of the coordinator")
        .hint("report it with the goal's log")
        .because(error)
}

/// Why a sub-goal gave no output.
pub(crate) fn of_child(task: &TaskId, ending: &Ending) -> Fault {
    match ending {
        Ending::Succeeded { .. } => child_cancelled(task, "it had succeeded"),
        Ending::Failed { fault } => fault.clone(),
        Ending::Cancelled { reason, .. } => child_cancelled(task, reason),
    }
}

/// A fault as it is kept: texts from agents have a bound.
pub(crate) fn clipped(fault: Fault) -> Fault {
    let clip = |text: String, most: usize| match text.char_indices().nth(most) {
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned(),
        None => text,
    };
    Fault {
        code: clip(fault.code, 16),
        message: clip(fault.message, 2_000),
        retryable: fault.retryable,
        hint: clip(fault.hint, 2_000),
        causes: fault.causes.into_iter().take(8).map(|cause| clip(cause, 500)).collect(),
    }
}
