//! How a goal stands, as text.

use chrono::{DateTime, Utc};
use console::style;
use galley_schemas::record::Ending;
use galley_schemas::view::{Does, Phase, Progress, Question, Status, StepView, Waits};

use super::words;

/// The mark of a step, before its name.
pub(crate) fn mark(progress: &Progress) -> String {
    match progress {
        Progress::Pending => style("·").dim().to_string(),
        Progress::Running { .. } => style("▸").cyan().to_string(),
        Progress::Done => style("✓").green().to_string(),
        Progress::Skipped => style("–").dim().to_string(),
        Progress::Failed { .. } => style("✗").red().to_string(),
    }
}

/// Who does a step.
pub(crate) fn doer(step: &StepView) -> String {
    match &step.does {
        Does::Agent { kind } => kind.to_string(),
        Does::Approval => "people".to_owned(),
        Does::Goal => "sub-goal".to_owned(),
        Does::Wait => "waits".to_owned(),
    }
}

/// What a step is doing now, in one line.
pub(crate) fn doing(status: &Status, step: &StepView) -> String {
    let round =
        if step.round > 0 { format!("round {} · ", step.round + 1) } else { String::new() };
    let text = match &step.progress {
        Progress::Pending => String::new(),
        Progress::Skipped => "left out".to_owned(),
        Progress::Failed { fault } => fault.to_string(),
        Progress::Done => done(step),
        Progress::Running { done, of } => {
            let many = if *of > 1 { format!("{done} of {of} · ") } else { String::new() };
            format!("{many}{}", now(status, step))
        }
    };
    if text.is_empty() { text } else { format!("{round}{text}") }
}

/// What an open step says or waits for.
fn now(status: &Status, step: &StepView) -> String {
    let note = step.open.iter().rev().find_map(|open| status.progress.get(&open.task));
    if let Some(note) = note {
        return note.clone();
    }
    let waits = step.open.iter().find_map(|open| match &open.waits {
        Waits::Person => Some("waits for a person".to_owned()),
        Waits::Retry => Some(format!("tries again (attempt {})", open.attempt + 1)),
        Waits::Goal { child } => Some(format!("waits for goal {child}")),
        Waits::Signal => Some("waits".to_owned()),
        Waits::Turn => Some("waits for its turn".to_owned()),
        Waits::Agent => None,
    });
    waits.unwrap_or_default()
}

/// What a finished step gave, from the numbers and titles in its output.
fn done(step: &StepView) -> String {
    let Some(output) = &step.output else { return String::new() };
    let number = |name: &str| output.get(name).and_then(serde_json::Value::as_f64);
    let mut parts = Vec::new();
    if let Some(list) = output.as_array() {
        parts.push(words::count(list.len() as u64, "result", "results"));
    }
    for (name, one) in [("sources", "source"), ("claims", "claim"), ("words", "word")] {
        if let Some(value) = number(name) {
            let many = format!("{one}s");
            parts.push(if (value - 1.0).abs() < f64::EPSILON {
                format!("1 {one}")
            } else {
                format!("{value} {many}")
            });
        }
    }
    if let Some(title) = output.pointer("/outline/title").and_then(serde_json::Value::as_str) {
        parts.push(format!("“{title}”"));
    }
    if let Some(score) = number("score") {
        parts.push(format!("score {score:.2}"));
    }
    for name in ["verdict", "url"] {
        if let Some(text) = output.get(name).and_then(serde_json::Value::as_str) {
            parts.push(text.to_owned());
        }
    }
    parts.join(", ")
}

/// Where a goal is, in a word or two.
pub(crate) fn phase(status: &Status) -> String {
    match &status.view.phase {
        Phase::New => "new".to_owned(),
        Phase::Running if !status.view.questions.is_empty() => style("asks").yellow().to_string(),
        Phase::Running => style("running").cyan().to_string(),
        Phase::Stopped => style("stopped").yellow().to_string(),
        Phase::Unwinding { .. } => style("undoing").yellow().to_string(),
        Phase::Ended { ending } => ending_word(ending),
    }
}

fn ending_word(ending: &Ending) -> String {
    match ending {
        Ending::Succeeded { .. } => style("done").green().to_string(),
        Ending::Failed { .. } => style("failed").red().to_string(),
        Ending::Cancelled { .. } => style("cancelled").yellow().to_string(),
    }
}

/// What a goal is about: its topic, or its input.
pub(crate) fn about(status: &Status) -> String {
    let input = &status.view.input;
    let topic = input.get("topic").and_then(serde_json::Value::as_str);
    topic.map_or_else(|| input.to_string(), str::to_owned)
}

/// Everything about one goal.
pub(crate) fn goal(status: &Status, now: DateTime<Utc>) -> String {
    let view = &status.view;
    let mut out = format!(
        "{}  {}\n{}  workflow {}  {}\n\n",
        style(view.goal).bold(),
        phase(status),
        words::cut(&about(status), 100),
        view.workflow.name,
        words::spend(&view.spent, &view.budget),
    );
    for step in &view.steps {
        let line = format!(
            "  {} {:<12} {:<11} {}",
            mark(&step.progress),
            step.step.to_string(),
            doer(step),
            words::cut(&doing(status, step), 110),
        );
        out.push_str(line.trim_end());
        out.push('\n');
    }
    for question in &view.questions {
        out.push('\n');
        out.push_str(&ask(status, question, now));
    }
    for scope in &view.stops {
        out.push_str(&format!("\nstopped: {}\n", scope_word(scope)));
    }
    if let Some(text) = ended(status) {
        out.push_str(&format!("\n{text}\n"));
    }
    out
}

/// What a stop is for, in words.
pub(crate) fn scope_word(scope: &galley_schemas::input::Scope) -> String {
    use galley_schemas::input::Scope;
    match scope {
        Scope::All => "everything".to_owned(),
        Scope::Workflow { workflow } => format!("workflow {workflow}"),
        Scope::Kind { kind } => format!("agent kind {kind}"),
        Scope::Goal { goal } => format!("goal {goal}"),
    }
}

/// How a goal ended, when it did not end well.
pub(crate) fn ended(status: &Status) -> Option<String> {
    match &status.view.phase {
        Phase::Ended { ending: Ending::Failed { fault } } => Some(crate::failure::text(fault)),
        Phase::Ended { ending: Ending::Cancelled { by, reason } } => {
            Some(format!("cancelled by {by}: {reason}"))
        }
        Phase::Ended { ending: Ending::Succeeded { .. } }
        | Phase::New
        | Phase::Running
        | Phase::Stopped
        | Phase::Unwinding { .. } => None,
    }
}

/// A question, with how to answer it.
pub(crate) fn ask(status: &Status, question: &Question, now: DateTime<Utc>) -> String {
    let goal = status.view.goal;
    match question {
        Question::Approval { task, by, quorum, approved, shown, deadline, .. } => {
            let who: Vec<String> = by.iter().map(ToString::to_string).collect();
            let who = if who.is_empty() { "anyone".to_owned() } else { who.join(", ") };
            let left = words::elapsed(words::between(now, *deadline));
            format!(
                "{} {task}: {} of {quorum} approvals, from {who}, within {left}\n  {}\n  \
                 galley approve {goal} --task {task}\n  galley reject {goal} --task {task} --note \"…\"\n",
                style("asks").yellow().bold(),
                approved.len(),
                words::cut(&shown.to_string(), 300),
            )
        }
        Question::Effect { task, key, target, summary, reason } => format!(
            "{} {task}: did this happen? {summary} ({target}, {key}): {reason}\n  \
             galley approve {goal} --task {task} --happened null\n  \
             galley reject {goal} --task {task} --did-not-happen\n",
            style("asks").yellow().bold(),
        ),
    }
}

/// Goals, one a line.
pub(crate) fn goals(list: &[Status], now: DateTime<Utc>) -> String {
    if list.is_empty() {
        return "no goals yet: galley run \"a topic\"\n".to_owned();
    }
    list.iter()
        .map(|status| {
            let view = &status.view;
            let started = view.started.unwrap_or(now);
            let took = words::elapsed(words::between(started, view.ended.unwrap_or(now)));
            let phase =
                console::pad_str(&phase(status), 9, console::Alignment::Left, None).into_owned();
            format!(
                "{}  {phase}  {took:>11}  {}  {}\n",
                view.goal,
                words::usd(view.spent.usd_micros),
                words::cut(&about(status), 70),
            )
        })
        .collect()
}
