//! Decisions in few words.

use chrono::{DateTime, TimeDelta, Utc};
use galley_coordinator_goal::{Decision, Reply};
use galley_schemas::input::{AnswerVerdict, Order, Scope};
use galley_schemas::record::{Act, Ending, Event};
use galley_schemas::report::{Settlement, Verdict};

/// A decision in few words; times are counted from `now`.
pub(crate) fn trace(decision: &Decision, now: DateTime<Utc>) -> String {
    let events = decision.events.iter().map(|event| self::event(event, now));
    let acts = decision.acts.iter().filter_map(act);
    let mut words: Vec<String> = events.chain(acts).collect();
    words.extend(reply(&decision.reply));
    if words.is_empty() { "-".to_owned() } else { words.join(", ") }
}

fn event(event: &Event, now: DateTime<Utc>) -> String {
    let after = |at: &DateTime<Utc>| span(*at - now);
    match event {
        Event::Submitted { .. } => "submitted".to_owned(),
        Event::FannedOut { step, items, .. } => format!("fanned {step} {items}"),
        Event::Skipped { step, .. } => format!("skipped {step}"),
        Event::Offered { task, attempt, .. } => format!("offered {task}#{attempt}"),
        Event::Done { task, .. } => format!("done {task}"),
        Event::AttemptFailed { task, fault, .. } => format!("attempt_failed {task} {}", fault.code),
        Event::RetryDue { task, at } => format!("retry {task} {}", after(at)),
        Event::TaskFailed { task, fault } => format!("failed {task} {}", fault.code),
        Event::EffectIntended { task, intent } => format!("intended {task} {}", intent.key),
        Event::EffectSettled { task, key, settlement } => {
            let stands = match settlement {
                Settlement::Done { .. } => "done",
                Settlement::NotDone { .. } => "not_done",
                Settlement::Unknown { .. } => "unknown",
            };
            format!("settled {task} {key} {stands}")
        }
        Event::ApprovalOpened { task, .. } => format!("asks {task}"),
        Event::Answered { task, by, verdict, .. } => {
            let said = match verdict {
                AnswerVerdict::Approve => "approve",
                AnswerVerdict::ApproveEdited { .. } => "edit",
                AnswerVerdict::Reject => "reject",
                AnswerVerdict::Happened { .. } => "happened",
                AnswerVerdict::DidNotHappen => "did_not_happen",
            };
            format!("answered {task} {by} {said}")
        }
        Event::ApprovalClosed { task, approved, .. } => {
            format!("closed {task} {}", if *approved { "yes" } else { "no" })
        }
        Event::ChildSubmitted { task, .. } => format!("child {task}"),
        Event::ChildEnded { ended } => format!("child_ended {}", ended.task),
        Event::WaitBegan { task, until, .. } => format!("waits {task} {}", after(until)),
        Event::WaitEnded { task, .. } => format!("wait_ended {task}"),
        Event::Revised { step, from, round, .. } => format!("revised {step} {from}@{round}"),
        Event::RevisionEnded { step, kept, .. } => format!("revision_ended {step} kept {kept}"),
        Event::Stopped { scope, .. } => format!("stopped {}", self::scope(scope)),
        Event::Resumed { scope, .. } => format!("resumed {}", self::scope(scope)),
        Event::Unwinding { ending } => format!("unwinding {}", self::ending(ending)),
        Event::UndoFailed { task, fault } => format!("undo_failed {task} {}", fault.code),
        Event::AlarmArmed { at } => format!("armed {}", after(at)),
        Event::AlarmFired { .. } => "fired".to_owned(),
        Event::OutcomeNoted { .. } => "outcome".to_owned(),
        Event::InputRejected { .. } => "rejected".to_owned(),
        Event::Ended { ending, .. } => format!("ended {}", self::ending(ending)),
    }
}

fn act(act: &Act) -> Option<String> {
    match act {
        Act::Offer { .. } | Act::Arm { .. } | Act::Submit { .. } => None,
        Act::Disarm => Some("!disarm".to_owned()),
        Act::Steer { control } => Some(format!("!{}_child", order(control.order))),
        Act::TellParent { ended } => Some(format!("!tell {}", ending(&ended.ending))),
    }
}

fn order(order: Order) -> &'static str {
    match order {
        Order::Stop => "stop",
        Order::Resume => "resume",
        Order::Cancel => "cancel",
    }
}

fn reply(reply: &Reply) -> Option<String> {
    match reply {
        Reply::Noted | Reply::Verdict(Verdict::Accepted) => None,
        Reply::Verdict(Verdict::Reconcile { .. }) => Some("=reconcile".to_owned()),
        Reply::Verdict(Verdict::AlreadyDone { receipt }) => Some(format!("=already {receipt}")),
        Reply::Verdict(Verdict::Stale { .. }) => Some("=stale".to_owned()),
        Reply::Verdict(Verdict::Malformed { fault }) => Some(format!("=malformed {}", fault.code)),
        Reply::Refused(fault) => Some(format!("=refused {}", fault.code)),
    }
}

fn ending(ending: &Ending) -> String {
    match ending {
        Ending::Succeeded { .. } => "succeeded".to_owned(),
        Ending::Failed { fault } => format!("failed {}", fault.code),
        Ending::Cancelled { by, .. } => format!("cancelled by {by}"),
    }
}

fn scope(scope: &Scope) -> String {
    match scope {
        Scope::All => "all".to_owned(),
        Scope::Workflow { .. } => "workflow".to_owned(),
        Scope::Kind { kind } => format!("kind {kind}"),
        Scope::Goal { .. } => "goal".to_owned(),
    }
}

/// A span, as large units as it has.
fn span(span: TimeDelta) -> String {
    let millis = span.num_milliseconds();
    for (unit, size) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)] {
        if millis != 0 && millis % size == 0 {
            return format!("{}{unit}", millis / size);
        }
    }
    format!("{millis}ms")
}
