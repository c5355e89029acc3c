//! The projection of a record into facts: pure, one record at a time.
//!
//! | event | facts |
//! |---|---|
//! | submitted | began |
//! | done | spent, reviewed (when its output names a verdict and a score), chose (one a choice) |
//! | attempt_failed | spent |
//! | answered (approve, approve_edited, reject) | answered |
//! | approval_closed | settled |
//! | outcome_noted | measured |
//! | ended | ended |
//!
//! Of all other events nothing is told.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use galley_schemas::choice::Choice;
use galley_schemas::content::ReviewVerdict;
use galley_schemas::envelope::{CloudEvent, SPEC_VERSION, kind};
use galley_schemas::feedback::{FACT_BYTES_MAX, Fact, How, Said, What};
use galley_schemas::id::{MessageId, TaskId};
use galley_schemas::input::AnswerVerdict;
use galley_schemas::record::{Ending, Event, Record};
use galley_schemas::trace::SpanRef;
use serde_json::Value;

use crate::feedback::Parcel;
use crate::log::{Entry, Seq};

/// The `source` of facts that come from the log.
pub const SOURCE: &str = "/galley/log";

/// The facts of a record, each with its id.
fn facts(seq: Seq, record: &Record) -> Vec<(MessageId, Fact)> {
    let told = record.events.iter().enumerate().flat_map(|(index, event)| {
        told(event).into_iter().map(move |(number, what)| (index, number, what))
    });
    told.map(|(index, number, what)| {
        let name = what.name();
        let id = match number {
            Some(number) => format!("{}/{seq}/{index}/{name}.{number}", record.goal),
            None => format!("{}/{seq}/{index}/{name}", record.goal),
        };
        (MessageId::new(id), Fact { goal: record.goal, seq: seq.0, what })
    })
    .collect()
}

/// The facts of a record, ready to be carried, and how many are too large for that.
#[must_use]
pub fn parcels(entry: &Entry) -> (Vec<Parcel>, u64) {
    let mut too_large = 0;
    let facts = facts(entry.seq, &entry.record).into_iter();
    let parcels = facts.filter_map(|(id, fact)| {
        let payload = Bytes::from(enveloped(&id, fact, entry.record.at));
        let bytes = payload.len();
        if bytes > FACT_BYTES_MAX {
            too_large += 1;
            tracing::error!(goal = %entry.record.goal, %id, bytes, "a fact is too large to be carried");
            return None;
        }
        Some(Parcel { id, goal: entry.record.goal, payload })
    });
    (parcels.collect(), too_large)
}

fn enveloped(id: &MessageId, fact: Fact, time: DateTime<Utc>) -> Vec<u8> {
    let event = CloudEvent {
        specversion: SPEC_VERSION.to_owned(),
        id: id.clone(),
        source: SOURCE.to_owned(),
        kind: kind::FACT.to_owned(),
        subject: Some(fact.goal.to_string()),
        time,
        datacontenttype: "application/json".to_owned(),
        // The goal's own: the same whenever the fact is carried, whoever carries it.
        traceparent: Some(SpanRef::of_goal(&fact.goal).to_string()),
        data: fact,
    };
    serde_json::to_vec(&event).expect("a fact has text keys and plain values")
}

/// What is told of an event. The number is for facts of which one event has several.
fn told(event: &Event) -> Vec<(Option<usize>, What)> {
    let one = |what| vec![(None, what)];
    match event {
        Event::Submitted { submission, workflow, .. } => one(What::Began {
            workflow: workflow.clone(),
            by: submission.by.clone(),
            parent: submission.parent.as_ref().map(|parent| parent.goal),
        }),
        Event::Done { task, attempt, output, spent, choices } => {
            let (task, attempt, spent) = (task.clone(), *attempt, *spent);
            let mut told = one(What::Spent { task: task.clone(), attempt, spent, code: None });
            told.extend(reviewed(&task, output).map(|what| (None, what)));
            told.extend(chose(&task, choices));
            told
        }
        Event::AttemptFailed { task, attempt, fault, spent } => one(What::Spent {
            task: task.clone(),
            attempt: *attempt,
            spent: *spent,
            code: Some(fault.code.clone()),
        }),
        Event::Answered { task, by, verdict, .. } => match said(verdict) {
            Some(said) => one(What::Answered { task: task.clone(), by: by.clone(), said }),
            None => Vec::new(),
        },
        Event::ApprovalClosed { task, approved, .. } => {
            one(What::Settled { task: task.clone(), approved: *approved })
        }
        Event::OutcomeNoted { feedback } => one(What::Measured {
            outcome: feedback.outcome.clone(),
            value: feedback.value,
            by: feedback.by.clone(),
            at: feedback.at,
        }),
        Event::Ended { ending, spent, .. } => {
            let (how, code) = how(ending);
            one(What::Ended { how, code, spent: *spent })
        }
        Event::FannedOut { .. }
        | Event::Skipped { .. }
        | Event::Offered { .. }
        | Event::RetryDue { .. }
        | Event::TaskFailed { .. }
        | Event::EffectIntended { .. }
        | Event::EffectSettled { .. }
        | Event::ApprovalOpened { .. }
        | Event::ChildSubmitted { .. }
        | Event::ChildEnded { .. }
        | Event::WaitBegan { .. }
        | Event::WaitEnded { .. }
        | Event::Revised { .. }
        | Event::RevisionEnded { .. }
        | Event::Stopped { .. }
        | Event::Resumed { .. }
        | Event::Unwinding { .. }
        | Event::UndoFailed { .. }
        | Event::AlarmArmed { .. }
        | Event::AlarmFired { .. }
        | Event::InputRejected { .. } => Vec::new(),
    }
}

/// Any agent kind may judge: what counts is that its output names a verdict and a score.
fn reviewed(task: &TaskId, output: &Value) -> Option<What> {
    let score = output.get("score")?.as_f64()?.clamp(0.0, 1.0);
    let verdict: ReviewVerdict = serde_json::from_value(output.get("verdict")?.clone()).ok()?;
    Some(What::Reviewed { task: task.clone(), score, verdict })
}

fn chose(task: &TaskId, choices: &[Choice]) -> impl Iterator<Item = (Option<usize>, What)> {
    let chose = |choice: &Choice| What::Chose { task: task.clone(), choice: choice.clone() };
    choices.iter().enumerate().map(move |(number, choice)| (Some(number), chose(choice)))
}

/// What was said about an approval; an answer about an effect says nothing of the work.
const fn said(verdict: &AnswerVerdict) -> Option<Said> {
    match verdict {
        AnswerVerdict::Approve => Some(Said::Approved),
        AnswerVerdict::ApproveEdited { .. } => Some(Said::Edited),
        AnswerVerdict::Reject => Some(Said::Rejected),
        AnswerVerdict::Happened { .. } | AnswerVerdict::DidNotHappen => None,
    }
}

fn how(ending: &Ending) -> (How, Option<String>) {
    match ending {
        Ending::Succeeded { .. } => (How::Succeeded, None),
        Ending::Failed { fault } => (How::Failed, Some(fault.code.clone())),
        Ending::Cancelled { .. } => (How::Cancelled, None),
    }
}

#[cfg(test)]
mod tests;
