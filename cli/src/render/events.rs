//! The records of a goal in words: on which input, what happened, what it caused.

use galley_schemas::amount::Amount;
use galley_schemas::choice::Choice;
use galley_schemas::id::TaskId;
use galley_schemas::input::{AnswerVerdict, Order};
use galley_schemas::record::{Act, Ending, Event, Record};
use galley_schemas::report::Settlement;
use serde_json::Value;

use super::digest;
use super::history::History;
use super::status::{because, scope_words};
use super::text::{Line, Tone};
use super::words::{self, moment, task as named};

/// What was decided on.
pub(crate) fn input(record: &Record, history: &History) -> String {
    let reported = |task: &TaskId| {
        let kind = history.task(task).and_then(|task| task.kind.as_ref());
        let from = kind.map(|kind| format!(" from {kind}")).unwrap_or_default();
        format!("report on {}{from}", named(task))
    };
    let is_report = record.cause.as_str().starts_with("report-");
    match record.events.first() {
        Some(Event::Submitted { submission, .. }) => format!("goal from {}", submission.by),
        Some(Event::AlarmFired { .. }) => "alarm".to_owned(),
        Some(Event::Answered { by, .. }) => format!("answer from {by}"),
        Some(Event::Stopped { by, .. } | Event::Resumed { by, .. }) => format!("order from {by}"),
        Some(Event::Unwinding { ending: Ending::Cancelled { by, .. } }) => {
            format!("order from {by}")
        }
        Some(Event::ChildEnded { ended }) => format!("end of goal {}", words::short(&ended.child)),
        Some(Event::WaitEnded { .. }) => "signal".to_owned(),
        Some(Event::OutcomeNoted { feedback }) => format!("outcome from {}", feedback.by),
        Some(event) => match event.task() {
            Some(task) if is_report => reported(task),
            Some(_) | None => "input".to_owned(),
        },
        None => "input".to_owned(),
    }
}

/// What happened, a line or more. What the acts say better is left to them.
pub(crate) fn event(event: &Event) -> Vec<Line> {
    let mut lines = Vec::new();
    match event {
        Event::Done { task, attempt, output, spent, choices } => {
            lines.push(done(task, *attempt, output, spent));
            lines.extend(choices.iter().map(choice));
        }
        Event::AttemptFailed { task, attempt, fault, spent } => {
            lines.push(bad(format!(
                "{} failed at attempt {attempt}{}: {fault}",
                named(task),
                cost(spent)
            )));
        }
        Event::TaskFailed { task, fault } => {
            lines.push(bad(format!("{} failed for good: {fault}", named(task))))
        }
        Event::UndoFailed { task, fault } => {
            lines.push(bad(format!("{} failed, a person must look: {fault}", named(task))))
        }
        Event::InputRejected { fault } => lines.push(bad(format!("refused: {fault}"))),
        Event::Skipped { step, .. } => {
            lines.push(Line::new().dim(format!("– {step} left out: its `when` is false")))
        }
        Event::Answered { .. }
        | Event::ApprovalOpened { .. }
        | Event::ApprovalClosed { .. }
        | Event::EffectIntended { .. }
        | Event::EffectSettled { .. } => {
            lines.extend(between_people_and_world(event));
        }
        Event::Stopped { scope, by, reason, .. } => lines.push(Line::new().warn(format!(
            "stopped: {}, by {by}{}",
            scope_words(scope),
            because(reason)
        ))),
        Event::Ended { ending, spent, .. } => {
            lines.push(ended(ending).plain(format!("; {} in all", words::usd(spent.usd_micros))))
        }
        Event::Unwinding { ending } => {
            lines.push(Line::new().warn("undoing what was done; then: ").join(ended(ending)))
        }
        Event::Submitted { .. }
        | Event::FannedOut { .. }
        | Event::RetryDue { .. }
        | Event::ChildEnded { .. }
        | Event::WaitBegan { .. }
        | Event::WaitEnded { .. }
        | Event::Revised { .. }
        | Event::RevisionEnded { .. }
        | Event::Resumed { .. }
        | Event::OutcomeNoted { .. } => {
            lines.extend(course(event).map(|text| Line::new().plain(text)));
        }
        Event::Offered { .. }
        | Event::ChildSubmitted { .. }
        | Event::AlarmArmed { .. }
        | Event::AlarmFired { .. } => {}
    }
    lines
}

fn bad(text: impl AsRef<str>) -> Line {
    Line::new().say(Tone::Bad, "✗ ").plain(text)
}

fn done(task: &TaskId, attempt: u32, output: &Value, spent: &Amount) -> Line {
    let tries = if attempt > 1 { format!(" at attempt {attempt}") } else { String::new() };
    let took = words::elapsed(std::time::Duration::from_millis(spent.wall_ms));
    let gave = digest::output(output);
    let gave = if gave.is_empty() { gave } else { format!(": {gave}") };
    Line::new().say(Tone::Good, "✓ ").plain(format!(
        "{} done{tries} in {took}{}{gave}",
        named(task),
        cost(spent)
    ))
}

/// What an attempt used of the model; nothing when it did not ask it.
fn cost(spent: &Amount) -> String {
    if spent.calls == 0 && spent.usd_micros == 0 {
        return String::new();
    }
    let calls = words::count(spent.calls, "call", "calls");
    format!(
        " for {} ({calls}, {} tokens)",
        words::usd(spent.usd_micros),
        words::number(spent.tokens)
    )
}

/// A choice with its options and probabilities.
pub(crate) fn choice(choice: &Choice) -> Line {
    let mut line = Line::new().plain(format!("chose {}: ", choice.decision));
    let options = choice.options.iter().zip(&choice.probabilities).enumerate();
    for (index, (option, probability)) in options {
        let gap = if index > 0 { " · " } else { "" };
        let tone = if u32::try_from(index) == Ok(choice.chosen) { Tone::Strong } else { Tone::Dim };
        let mark = if tone == Tone::Strong { "▸" } else { "" };
        line = line.dim(gap).say(tone, format!("{mark}{option} {:.0}%", probability * 100.0));
    }
    line.dim(format!(" (policy {})", choice.policy))
}

/// Events of questions to people and of writes to the outside.
fn between_people_and_world(event: &Event) -> Option<Line> {
    let line = Line::new();
    if let Event::ApprovalOpened { task, quorum, deadline, .. } = event {
        let needs = words::count(u64::from(*quorum), "approval", "approvals");
        Some(line.warn("? ").plain(format!(
            "{} asks for {needs} until {}",
            named(task),
            moment(*deadline)
        )))
    } else if let Event::Answered { task, by, verdict, note } = event {
        let said = match verdict {
            AnswerVerdict::Approve => "approves",
            AnswerVerdict::ApproveEdited { .. } => "approves an edited version of",
            AnswerVerdict::Reject => "rejects",
            AnswerVerdict::Happened { .. } => "says that it happened:",
            AnswerVerdict::DidNotHappen => "says that it did not happen:",
        };
        Some(line.warn("! ").plain(format!("{by} {said} {}{}", named(task), because(note))))
    } else if let Event::ApprovalClosed { task, approved, .. } = event {
        Some(if *approved {
            line.say(Tone::Good, "✓ ").plain(format!("{} approved", named(task)))
        } else {
            bad(format!("{} not approved", named(task)))
        })
    } else if let Event::EffectIntended { task, intent } = event {
        let what =
            format!("{} is about to write to {}: {}", named(task), intent.target, intent.summary);
        Some(line.warn("✎ ").plain(what))
    } else if let Event::EffectSettled { task, settlement, .. } = event {
        Some(match settlement {
            Settlement::Done { receipt } => {
                let place = digest::post(receipt).unwrap_or_else(|| digest::any(receipt));
                let place = if place.is_empty() { place } else { format!(": {place}") };
                line.say(Tone::Good, "✎ ").plain(format!("{} has written{place}", named(task)))
            }
            Settlement::NotDone { reason } => {
                line.warn("✎ ").plain(format!("{} has not written{}", named(task), because(reason)))
            }
            Settlement::Unknown { reason } => line.warn("? ").plain(format!(
                "{}: nobody can tell whether it has written{}",
                named(task),
                because(reason)
            )),
        })
    } else {
        None
    }
}

/// Events of the course of a goal.
fn course(event: &Event) -> Option<String> {
    if let Event::Submitted { submission, workflow, .. } = event {
        let asked = digest::any(&submission.input);
        Some(format!("asked of workflow {} ({}): {asked}", workflow.name, workflow.version.short()))
    } else if let Event::FannedOut { step, items, .. } = event {
        Some(format!("{step} has {}", words::count(u64::from(*items), "task", "tasks")))
    } else if let Event::RetryDue { task, at } = event {
        Some(format!("{} is tried again from {}", named(task), moment(*at)))
    } else if let Event::ChildEnded { ended } = event {
        let said = self::ended(&ended.ending).paint(super::text::Colours::Off);
        Some(format!("goal {} {said}", words::short(&ended.child)))
    } else if let Event::WaitBegan { task, until, .. } = event {
        Some(format!("{} waits until {}", named(task), moment(*until)))
    } else if let Event::WaitEnded { task, .. } = event {
        Some(format!("{} waits no longer", named(task)))
    } else if let Event::Revised { step, from, round, score } = event {
        let score = score.map(|score| format!(" (score {score:.2})")).unwrap_or_default();
        Some(format!(
            "↻ {step} wants it better{score}: again from {from}, round {}",
            round.saturating_add(1)
        ))
    } else if let Event::RevisionEnded { step, kept, reason } = event {
        Some(format!(
            "{step} asks for no further round{}; round {} stands",
            because(reason),
            kept.saturating_add(1)
        ))
    } else if let Event::Resumed { scope, by, .. } = event {
        Some(format!("resumed: {}, by {by}", scope_words(scope)))
    } else if let Event::OutcomeNoted { feedback } = event {
        Some(format!("{} = {}", feedback.outcome, feedback.value))
    } else {
        None
    }
}

fn ended(ending: &Ending) -> Line {
    match ending {
        Ending::Succeeded { .. } => Line::new().say(Tone::Good, "done"),
        Ending::Failed { fault } => {
            Line::new().say(Tone::Bad, "failed").plain(format!(": {fault}"))
        }
        Ending::Cancelled { by, reason } => {
            Line::new().warn("cancelled").plain(format!(" by {by}{}", because(reason)))
        }
    }
}

/// What a record caused, a line for each sort of act.
pub(crate) fn acts(acts: &[Act]) -> Vec<Line> {
    let same = |one: &Act, other: &Act| match (one, other) {
        (Act::Offer { offer: one }, Act::Offer { offer: other }) => one.step == other.step,
        _ => false,
    };
    acts.chunk_by(same).filter_map(|acts| Some(act(acts.first()?, acts.len()))).collect()
}

fn act(act: &Act, many: usize) -> Line {
    let line = Line::new().say(Tone::Busy, "→ ");
    match act {
        Act::Offer { offer } => {
            let what = if many > 1 {
                format!("{many} tasks of {}", offer.step)
            } else {
                named(&offer.task)
            };
            let tries = if offer.attempt > 1 {
                format!(", attempt {}", offer.attempt)
            } else {
                String::new()
            };
            line.plain(format!("{what} handed to {}{tries}", offer.kind))
        }
        Act::Arm { at } => Line::new().dim(format!("→ alarm set for {}", moment(*at))),
        Act::Disarm => Line::new().dim("→ alarm taken away"),
        Act::Submit { submission } => line.plain(format!(
            "goal {} submitted to workflow {}",
            words::short(&submission.goal),
            submission.workflow
        )),
        Act::Steer { control } => {
            let order = match control.order {
                Order::Stop => "stop",
                Order::Resume => "resume",
                Order::Cancel => "cancel",
            };
            line.plain(format!("{order} ordered for {}", scope_words(&control.scope)))
        }
        Act::TellParent { ended } => line.plain(format!("goal {} told", words::short(&ended.goal))),
    }
}
