//! The records of a goal in words: on which input, what happened, what it caused.

use galley_schemas::amount::Amount;
use galley_schemas::choice::Choice;
use galley_schemas::fault::Fault;
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

/// What happened, in order. What the acts say better is left to them.
pub(crate) fn happened(events: &[Event]) -> Vec<Line> {
    let mut teller = Teller { told: None };
    events.iter().flat_map(|event| teller.tell(event)).collect()
}

/// Tells events one after the other, and a fault that goes through several of them once.
struct Teller<'a> {
    told: Option<&'a Fault>,
}

impl<'a> Teller<'a> {
    fn tell(&mut self, event: &'a Event) -> Vec<Line> {
        match event {
            Event::Done { task, attempt, output, spent, choices } => {
                let done = done(task, *attempt, output, spent);
                std::iter::once(done).chain(choices.iter().map(chosen)).collect()
            }
            Event::AttemptFailed { .. }
            | Event::TaskFailed { .. }
            | Event::UndoFailed { .. }
            | Event::InputRejected { .. }
            | Event::Unwinding { .. }
            | Event::Ended { .. } => self.failure(event).into_iter().collect(),
            Event::ApprovalOpened { .. }
            | Event::Answered { .. }
            | Event::ApprovalClosed { .. } => question(event).into_iter().collect(),
            Event::EffectIntended { .. } | Event::EffectSettled { .. } => {
                effect(event).into_iter().collect()
            }
            Event::Submitted { .. }
            | Event::FannedOut { .. }
            | Event::Skipped { .. }
            | Event::RetryDue { .. }
            | Event::ChildEnded { .. }
            | Event::WaitBegan { .. }
            | Event::WaitEnded { .. }
            | Event::Revised { .. }
            | Event::RevisionEnded { .. }
            | Event::Stopped { .. }
            | Event::Resumed { .. }
            | Event::OutcomeNoted { .. } => course(event).into_iter().collect(),
            Event::Offered { .. }
            | Event::ChildSubmitted { .. }
            | Event::AlarmArmed { .. }
            | Event::AlarmFired { .. } => Vec::new(),
        }
    }

    /// Events that carry a fault or an ending.
    fn failure(&mut self, event: &'a Event) -> Option<Line> {
        if let Event::AttemptFailed { task, attempt, fault, spent } = event {
            let cost = cost(spent);
            Some(bad(format!(
                "{} failed at attempt {attempt}{cost}{}",
                named(task),
                self.why(fault)
            )))
        } else if let Event::TaskFailed { task, fault } = event {
            Some(bad(format!("{} is not tried again{}", named(task), self.why(fault))))
        } else if let Event::UndoFailed { task, fault } = event {
            Some(bad(format!("{} failed, a person must look{}", named(task), self.why(fault))))
        } else if let Event::InputRejected { fault } = event {
            Some(bad(format!("refused{}", self.why(fault))))
        } else if let Event::Unwinding { ending } = event {
            Some(
                Line::new()
                    .plain("undoing what has an undo, then ending as ")
                    .join(self.ending(ending)),
            )
        } else if let Event::Ended { ending, spent, .. } = event {
            let line = Line::new().plain("ended as ").join(self.ending(ending));
            Some(line.plain(format!(", {} in all", words::usd(spent.usd_micros))))
        } else {
            None
        }
    }

    fn ending(&mut self, ending: &'a Ending) -> Line {
        match ending {
            Ending::Succeeded { .. } => Line::new().say(Tone::Good, "done"),
            Ending::Failed { fault } => Line::new().say(Tone::Bad, "failed").plain(self.why(fault)),
            Ending::Cancelled { by, reason } => {
                Line::new().warn("cancelled").plain(format!(" by {by}{}", because(reason)))
            }
        }
    }

    /// A fault, unless it was told last.
    fn why(&mut self, fault: &'a Fault) -> String {
        let is_told = self.told == Some(fault);
        self.told = Some(fault);
        if is_told { String::new() } else { format!(": {fault}") }
    }
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

/// A choice, in short.
fn chosen(choice: &Choice) -> Line {
    let taken = usize::try_from(choice.chosen).ok().and_then(|taken| choice.options.get(taken));
    let taken = taken.map_or("?", String::as_str);
    Line::new().plain(format!("chose {}: ", choice.decision)).strong(taken)
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

/// Events of questions to people.
fn question(event: &Event) -> Option<Line> {
    let line = Line::new();
    if let Event::ApprovalOpened { task, quorum, deadline, .. } = event {
        let needs = words::count(u64::from(*quorum), "approval", "approvals");
        let asks = format!("{} asks for {needs} until {}", named(task), moment(*deadline));
        Some(line.warn("? ").plain(asks))
    } else if let Event::Answered { task, by, verdict, note } = event {
        let said = match verdict {
            AnswerVerdict::Approve => "approves",
            AnswerVerdict::ApproveEdited { .. } => "approves an edited version of",
            AnswerVerdict::Reject => "rejects",
            AnswerVerdict::Happened { .. } => "says that it happened:",
            AnswerVerdict::DidNotHappen => "says that it did not happen:",
        };
        Some(line.warn("! ").plain(format!("{by} {said} {}{}", named(task), because(note))))
    } else if let Event::ApprovalClosed { task, approved: true, .. } = event {
        Some(line.say(Tone::Good, "✓ ").plain(format!("{} approved", named(task))))
    } else if let Event::ApprovalClosed { task, .. } = event {
        Some(bad(format!("{} not approved", named(task))))
    } else {
        None
    }
}

/// Events of writes to the outside.
fn effect(event: &Event) -> Option<Line> {
    let line = Line::new();
    if let Event::EffectIntended { task, intent } = event {
        let what = format!("{} is about to {} ({})", named(task), intent.summary, intent.target);
        Some(line.warn("✎ ").plain(what))
    } else if let Event::EffectSettled { task, settlement, .. } = event {
        let task = named(task);
        Some(match settlement {
            Settlement::Done { receipt } => {
                let place = digest::post(receipt).unwrap_or_else(|| digest::any(receipt));
                line.say(Tone::Good, "✎ ").plain(format!("{task} has written{}", because(&place)))
            }
            Settlement::NotDone { reason } => {
                line.warn("✎ ").plain(format!("{task} has not written{}", because(reason)))
            }
            Settlement::Unknown { reason } => {
                let unknown = "nobody can tell whether it has written";
                line.warn("? ").plain(format!("{task}: {unknown}{}", because(reason)))
            }
        })
    } else {
        None
    }
}

/// Events of the course of a goal.
fn course(event: &Event) -> Option<Line> {
    let text = if let Event::Submitted { submission, workflow, .. } = event {
        let asked = digest::any(&submission.input);
        format!("asked of workflow {} ({}): {asked}", workflow.name, workflow.version.short())
    } else if let Event::FannedOut { step, items, .. } = event {
        format!("{step} has {}", words::count(u64::from(*items), "task", "tasks"))
    } else if let Event::Skipped { step, .. } = event {
        return Some(Line::new().dim(format!("– {step} left out: its `when` is false")));
    } else if let Event::RetryDue { task, at } = event {
        format!("{} is tried again from {}", named(task), moment(*at))
    } else if let Event::ChildEnded { ended } = event {
        let mut teller = Teller { told: None };
        let child = format!("goal {} ended as ", words::short(&ended.child));
        return Some(Line::new().plain(child).join(teller.ending(&ended.ending)));
    } else if let Event::WaitBegan { task, until, .. } = event {
        format!("{} waits until {}", named(task), moment(*until))
    } else if let Event::WaitEnded { task, .. } = event {
        format!("{} waits no longer", named(task))
    } else {
        return steered(event);
    };
    Some(Line::new().plain(text))
}

/// Events that change the course: rounds, stops, outcomes.
fn steered(event: &Event) -> Option<Line> {
    if let Event::Revised { step, from, round, score } = event {
        let score = score.map(|score| format!(" (score {score:.2})")).unwrap_or_default();
        let round = round.saturating_add(1);
        let what = format!("{step} asks for another round{score}: round {round} begins at {from}");
        Some(Line::new().warn("↻ ").plain(what))
    } else if let Event::RevisionEnded { step, kept, reason } = event {
        let stands = kept.saturating_add(1);
        let what =
            format!("{step} gets no further round{}; round {stands} stands", because(reason));
        Some(Line::new().warn("↻ ").plain(what))
    } else if let Event::Stopped { scope, by, reason, .. } = event {
        let what = format!("{} by {by}{}", scope_words(scope), because(reason));
        Some(Line::new().warn("stopped").plain(format!(": {what}")))
    } else if let Event::Resumed { scope, by, .. } = event {
        Some(Line::new().plain(format!("resumed: {} by {by}", scope_words(scope))))
    } else if let Event::OutcomeNoted { feedback } = event {
        Some(Line::new().plain(format!("{} = {}", feedback.outcome, feedback.value)))
    } else {
        None
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
