//! Why a goal went as it did: its records in words, and the proof of its article.

use chrono::{DateTime, Utc};
use console::style;
use galley_bus_core::log::Entry;
use galley_schemas::choice::Choice;
use galley_schemas::content::{Article, Role};
use galley_schemas::input::AnswerVerdict;
use galley_schemas::record::{Ending, Event};
use galley_schemas::report::Settlement;

use super::{status, words};

/// Every decision, in order: when, on which input, what happened, what it caused.
pub(crate) fn decisions(entries: &[Entry]) -> String {
    let began = entries.first().map(|entry| entry.record.at);
    entries.iter().map(|entry| decision(entry, began.unwrap_or(entry.record.at))).collect()
}

fn decision(entry: &Entry, began: DateTime<Utc>) -> String {
    let at = words::elapsed(words::between(began, entry.record.at));
    let mut out = format!(
        "{} {}\n",
        style(format!("{at:>9}")).dim(),
        style(format!("record {} on {}", entry.seq, words::cut(entry.record.cause.as_str(), 60)))
            .dim(),
    );
    for event in &entry.record.events {
        for line in event_lines(event) {
            out.push_str(&format!("          {line}\n"));
        }
    }
    out
}

/// An event in words.
fn event_lines(event: &Event) -> Vec<String> {
    let one = |text: String| vec![text];
    match event {
        Event::Done { task, attempt, output, spent, choices } => {
            let mut lines = one(format!(
                "{} {task} done at attempt {attempt}: {}",
                style("✓").green(),
                words::cut(&output.to_string(), 160)
            ));
            if spent.calls > 0 {
                lines.push(format!(
                    "    {} model calls, {} tokens, {}",
                    spent.calls,
                    spent.tokens,
                    words::usd(spent.usd_micros)
                ));
            }
            lines.extend(choices.iter().map(choice));
            lines
        }
        Event::Submitted { submission, workflow, .. } => one(format!(
            "submitted by {} to workflow {} ({}): {}",
            submission.by,
            workflow.name,
            workflow.version.short(),
            words::cut(&submission.input.to_string(), 160)
        )),
        Event::Offered { task, kind, attempt, .. } => {
            one(format!("{} {task} handed to {kind}, attempt {attempt}", style("▸").cyan()))
        }
        Event::AttemptFailed { task, attempt, fault, .. } => {
            one(format!("{} {task} failed at attempt {attempt}: {fault}", style("✗").red()))
        }
        Event::TaskFailed { task, fault } => {
            one(format!("{} {task} failed for good: {fault}", style("✗").red()))
        }
        Event::EffectIntended { task, intent } => one(format!(
            "  {task} is about to write: {} ({}, {})",
            intent.summary, intent.target, intent.key
        )),
        Event::EffectSettled { task, key, settlement } => {
            one(format!("  {task} {key}: {}", settled(settlement)))
        }
        Event::ApprovalOpened { .. } | Event::Answered { .. } | Event::ApprovalClosed { .. } => {
            one(approval(event))
        }
        Event::Ended { ending, spent, .. } => {
            one(format!("ended: {}; {} in all", ending_words(ending), words::usd(spent.usd_micros)))
        }
        Event::FannedOut { .. }
        | Event::Skipped { .. }
        | Event::RetryDue { .. }
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
        | Event::OutcomeNoted { .. }
        | Event::InputRejected { .. } => one(flow(event)),
    }
}

/// Events of approvals.
fn approval(event: &Event) -> String {
    match event {
        Event::ApprovalOpened { task, quorum, deadline, .. } => {
            format!("? {task} asks for {quorum} approvals until {deadline}")
        }
        Event::Answered { task, by, verdict, note } => {
            let said = match verdict {
                AnswerVerdict::Approve => "approves",
                AnswerVerdict::ApproveEdited { .. } => "approves an edited version",
                AnswerVerdict::Reject => "rejects",
                AnswerVerdict::Happened { .. } => "says that it happened",
                AnswerVerdict::DidNotHappen => "says that it did not happen",
            };
            format!("! {by} {said} ({task}) {note}")
        }
        Event::ApprovalClosed { task, approved, .. } => {
            format!("{task} {}", if *approved { "approved" } else { "not approved" })
        }
        other => other.name().to_owned(),
    }
}

/// Events of the flow between tasks.
fn flow(event: &Event) -> String {
    match event {
        Event::FannedOut { step, items, .. } => format!("{step} fans out to {items} tasks"),
        Event::Skipped { step, .. } => format!("{step} is left out: its `when` is false"),
        Event::RetryDue { task, at } => format!("{task} is tried again at {at}"),
        Event::ChildSubmitted { task, child, .. } => format!("{task} submits goal {child}"),
        Event::ChildEnded { ended } => {
            format!("goal {} ended: {}", ended.child, ending_words(&ended.ending))
        }
        Event::WaitBegan { task, until, .. } => format!("{task} waits until {until}"),
        Event::WaitEnded { task, .. } => format!("{task} waits no longer"),
        Event::Revised { step, from, round, score } => {
            let score = score.map(|score| format!(" (score {score:.2})")).unwrap_or_default();
            format!(
                "↻ {step} asks for another round{score}: from {from} again, round {}",
                round + 1
            )
        }
        Event::RevisionEnded { step, kept, reason } => {
            format!("{step} asks for no further round: {reason}; round {} stands", kept + 1)
        }
        Event::Stopped { scope, by, reason, .. } => {
            format!("stopped by {by} ({}): {reason}", status::scope_word(scope))
        }
        Event::Resumed { scope, by, .. } => {
            format!("resumed by {by} ({})", status::scope_word(scope))
        }
        Event::Unwinding { ending } => {
            format!("what was done is undone first; then it ends: {}", ending_words(ending))
        }
        Event::UndoFailed { task, fault } => format!("{task} could not be undone: {fault}"),
        Event::AlarmArmed { at } => style(format!("alarm set for {at}")).dim().to_string(),
        Event::AlarmFired { .. } => style("alarm").dim().to_string(),
        Event::OutcomeNoted { feedback } => {
            format!("outcome {} = {} from {}", feedback.outcome, feedback.value, feedback.by)
        }
        Event::InputRejected { fault } => format!("an input was refused: {fault}"),
        other => other.name().to_owned(),
    }
}

fn settled(settlement: &Settlement) -> String {
    match settlement {
        Settlement::Done { receipt } => {
            format!("written; receipt {}", words::cut(&receipt.to_string(), 120))
        }
        Settlement::NotDone { reason } => format!("not written: {reason}"),
        Settlement::Unknown { reason } => format!("nobody can tell: {reason}"),
    }
}

fn ending_words(ending: &Ending) -> String {
    match ending {
        Ending::Succeeded { .. } => "done".to_owned(),
        Ending::Failed { fault } => format!("failed, {fault}"),
        Ending::Cancelled { by, reason } => format!("cancelled by {by}, {reason}"),
    }
}

/// A choice with its options and probabilities.
fn choice(choice: &Choice) -> String {
    let options: Vec<String> = choice
        .options
        .iter()
        .zip(&choice.probabilities)
        .enumerate()
        .map(|(index, (option, probability))| {
            let text = format!("{option} {:.0} %", probability * 100.0);
            let chosen = u32::try_from(index).is_ok_and(|index| index == choice.chosen);
            if chosen { style(text).bold().to_string() } else { text }
        })
        .collect();
    format!("    chose {} among {} (policy {})", choice.decision, options.join(", "), choice.policy)
}

/// Every sentence of an article with the quotes that it rests on.
pub(crate) fn proof(article: &Article) -> String {
    let mut out = format!("{}\n", style(&article.title).bold());
    for section in &article.sections {
        if let Some(heading) = &section.heading {
            out.push_str(&format!("\n{}\n", style(heading).bold()));
        }
        for sentence in section.paragraphs.iter().flat_map(|paragraph| &paragraph.sentences) {
            let role = match sentence.role {
                Role::Fact => "fact",
                Role::Quote => "quote",
                Role::Link => "link",
                Role::Comment => "comment",
            };
            out.push_str(&format!("\n  {} {}\n", sentence.text, style(format!("[{role}]")).dim()));
            for claim in article.claims.iter().filter(|claim| sentence.claims.contains(&claim.id)) {
                let number = article.sources.iter().position(|s| s.id == claim.quote.source);
                let source = number.and_then(|index| article.sources.get(index));
                let title = source.map(|source| source.title.as_str()).unwrap_or_default();
                out.push_str(&format!(
                    "    ← “{}”\n      {} · bytes {}–{} of text {} · page {}\n",
                    words::cut(&claim.quote.text, 300),
                    title,
                    claim.quote.start,
                    claim.quote.end,
                    claim.quote.text_sha256.short(),
                    claim.quote.source.short(),
                ));
            }
        }
    }
    out
}
