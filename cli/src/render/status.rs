//! How goals stand: one in full, many in a list, and what they ask.

use std::time::Duration;

use chrono::{DateTime, Utc};
use galley_schemas::input::Scope;
use galley_schemas::record::Ending;
use galley_schemas::view::{Phase, Progress, Question, Status};

use super::history::{History, Past};
use super::step::{self, Columns};
use super::text::{Line, Page, Tone};
use super::{At, digest, fault, words};

/// Where a goal is, in a word.
pub(crate) fn phase(status: &Status) -> (Tone, &'static str) {
    match &status.view.phase {
        Phase::New => (Tone::Dim, "new"),
        Phase::Running if !status.view.questions.is_empty() => (Tone::Warn, "asks"),
        Phase::Running => (Tone::Busy, "running"),
        Phase::Stopped => (Tone::Warn, "stopped"),
        Phase::Unwinding { .. } => (Tone::Warn, "undoing"),
        Phase::Ended { ending: Ending::Succeeded { .. } } => (Tone::Good, "done"),
        Phase::Ended { ending: Ending::Failed { .. } } => (Tone::Bad, "failed"),
        Phase::Ended { ending: Ending::Cancelled { .. } } => (Tone::Warn, "cancelled"),
    }
}

/// What a goal is about: its topic, or its input.
pub(crate) fn about(status: &Status) -> String {
    let input = &status.view.input;
    let topic = input.get("topic").and_then(serde_json::Value::as_str);
    topic.map_or_else(
        || format!("{} {}", status.view.workflow.name, digest::any(input)),
        str::to_owned,
    )
}

/// Everything about one goal.
pub(crate) fn goal(status: &Status, history: &History, at: At) -> Page {
    let mut page = head(status, at);
    page.gap();
    page.extend(steps(status, history, at));
    page.gap();
    page.extend(needs(status, at));
    page
}

/// What it is about, how it stands, what it used, who asked for it.
pub(crate) fn head(status: &Status, at: At) -> Page {
    let view = &status.view;
    let mut page = Page::new();
    page.push_wrapped(Line::new().strong(about(status)), at.prose, 0);
    let (tone, word) = phase(status);
    let mut line = Line::new().say(tone, word);
    if let Some(started) = view.started {
        let time = words::elapsed(words::between(started, view.ended.unwrap_or(at.now)));
        let is_over = view.ended.is_some();
        line = line.plain(if is_over {
            format!(" after {time}")
        } else {
            format!(", begun {time} ago")
        });
    }
    let line = line.plain(" · ").plain(words::spend(&view.spent, &view.budget));
    page.push_wrapped(line, at.prose, 2);
    page.push(Line::new().dim(format!("goal {}", view.goal)));
    let from = view.started.map(|at| format!(", {}", words::moment(at))).unwrap_or_default();
    let line = format!("workflow {}, by {}{from}", view.workflow.name, view.by);
    page.push_wrapped(Line::new().dim(line), at.prose, 2);
    if let Some(parent) = &view.parent {
        let line = format!("for task {} of goal {}", parent.task, parent.goal);
        page.push_wrapped(Line::new().dim(line), at.prose, 2);
    }
    page
}

/// A line for each step, in the order of the workflow.
pub(crate) fn steps(status: &Status, history: &History, at: At) -> Page {
    let fit = Columns::fit(&status.view.steps, at.columns);
    let mut page = Page::new();
    for view in &status.view.steps {
        let past = history.step(&view.step).filter(|past| past.round == view.round);
        let took = past.and_then(|past| time(past, &view.progress, at.now));
        page.push(step::row(fit, view, took, step::doing(status, view)));
    }
    page
}

/// How long a step took, or has been going on.
pub(crate) fn time(past: &Past, progress: &Progress, now: DateTime<Utc>) -> Option<Duration> {
    match progress {
        Progress::Running { .. } => past.began.map(|began| words::between(began, now)),
        Progress::Done | Progress::Failed { .. } => past.took(),
        Progress::Pending | Progress::Skipped => None,
    }
}

/// What holds a goal up, or how it ended when it did not end well.
pub(crate) fn needs(status: &Status, at: At) -> Page {
    let view = &status.view;
    let mut page = questions(status, at);
    for scope in &view.stops {
        page.gap();
        let line = Line::new().warn("stopped").plain(format!(": {}", scope_words(scope)));
        page.push_wrapped(line, at.prose, 2);
        let lift = format!("galley resume {}", scope_args(scope));
        page.push(Line::new().plain("  go on  ").plain(lift));
    }
    match &view.phase {
        Phase::Ended { ending } | Phase::Unwinding { ending } => {
            page.gap();
            page.extend(ended(ending, at));
        }
        Phase::New | Phase::Running | Phase::Stopped => {}
    }
    page
}

fn ended(ending: &Ending, at: At) -> Page {
    match ending {
        Ending::Succeeded { .. } => Page::new(),
        Ending::Failed { fault } => fault::page(fault, at.prose),
        Ending::Cancelled { by, reason } => {
            let mut page = Page::new();
            let line =
                Line::new().warn("cancelled").plain(format!(" by {by}")).plain(because(reason));
            page.push_wrapped(line, at.prose, 2);
            page
        }
    }
}

/// A reason in words, where there is one.
pub(crate) fn because(reason: &str) -> String {
    if reason.trim().is_empty() { String::new() } else { format!(": {}", reason.trim()) }
}

/// What a stop is for, in words.
pub(crate) fn scope_words(scope: &Scope) -> String {
    match scope {
        Scope::All => "everything".to_owned(),
        Scope::Workflow { workflow } => format!("workflow {workflow}"),
        Scope::Kind { kind } => format!("agent kind {kind}"),
        Scope::Goal { goal } => format!("goal {}", words::short(goal)),
    }
}

/// What a stop is for, as it is typed.
pub(crate) fn scope_args(scope: &Scope) -> String {
    match scope {
        Scope::All => "--all".to_owned(),
        Scope::Workflow { workflow } => format!("--workflow {workflow}"),
        Scope::Kind { kind } => format!("--kind {kind}"),
        Scope::Goal { goal } => words::short(goal),
    }
}

/// What a goal asks, each with how to answer it.
pub(crate) fn questions(status: &Status, at: At) -> Page {
    let view = &status.view;
    let goal = words::short(&view.goal);
    let several = view.questions.len() > 1;
    let mut page = Page::new();
    for question in &view.questions {
        page.gap();
        let mut ways: Vec<(&str, String)> = Vec::new();
        let task = match question {
            Question::Approval { task, shown, .. } => {
                if shown.get("article").is_some() {
                    ways.push(("read", format!("galley explain {goal} --proof")));
                }
                ways.push(("yes", format!("galley approve {goal}")));
                ways.push(("no", format!("galley reject {goal} --note \"why\"")));
                task
            }
            Question::Effect { task, .. } => {
                ways.push(("it did", format!("galley approve {goal} --happened null")));
                ways.push(("it did not", format!("galley reject {goal} --did-not-happen")));
                task
            }
        };
        page.extend(question_page(question, at));
        for (name, mut way) in ways {
            if several && name != "read" {
                way.push_str(&format!(" --task {task}"));
            }
            let line = Line::new().plain("  ").dim(name);
            let column = if is_effect(question) { 14 } else { 8 };
            page.push_wrapped(line.pad(column).plain(way), at.prose, column);
        }
    }
    page
}

const fn is_effect(question: &Question) -> bool {
    matches!(question, Question::Effect { .. })
}

/// A question without the ways to answer it.
pub(crate) fn question_page(question: &Question, at: At) -> Page {
    let mut page = Page::new();
    let asks = Line::new().warn("? ");
    match question {
        Question::Approval { task, by, quorum, approved, shown, deadline, .. } => {
            let who: Vec<String> = by.iter().map(ToString::to_string).collect();
            let who = if who.is_empty() { "anyone".to_owned() } else { who.join(", ") };
            let left = words::elapsed(words::between(at.now, *deadline));
            let line = asks
                .strong(words::task(task))
                .plain(" asks for approval")
                .plain(format!(" by {who}: {} of {quorum} given, {left} left", approved.len()));
            page.push_wrapped(line, at.prose, 2);
            page.push_wrapped(Line::new().plain("  ").plain(digest::output(shown)), at.prose, 2);
        }
        Question::Effect { task, key, target, summary, reason } => {
            let line =
                asks.strong(words::task(task)).plain(format!(" asks: did this happen? {summary}"));
            page.push_wrapped(line, at.prose, 2);
            let line = Line::new().dim(format!("  {key} on {target}{}", because(reason)));
            page.push_wrapped(line, at.prose, 2);
        }
    }
    page
}

/// What there is beside the goals of a list.
#[derive(Debug, Default)]
pub(crate) struct Around {
    /// How many goals were archived and are not in the list.
    pub(crate) archived: usize,
    /// What is said when inputs wait and nobody takes them.
    pub(crate) idle: Option<String>,
}

/// Goals, one a line under a heading, and what there is beside them.
pub(crate) fn goals(list: &[Status], around: &Around, at: At) -> Page {
    let mut page = match (list, around) {
        ([], Around { archived: 0, idle: None }) => {
            Page::from("no goals; begin one: galley run \"a topic\"")
        }
        ([], Around { .. }) => Page::new(),
        _ => table(list, at),
    };
    if around.archived > 0 {
        let many = words::count(around.archived as u64, "goal was", "goals were");
        let line = format!("{many} archived: galley goals --archived");
        page.push(Line::new().dim(line));
    }
    if let Some(idle) = &around.idle {
        page.push_wrapped(Line::new().warn("! ").plain(idle.clone()), at.prose, 2);
    }
    page
}

fn table(list: &[Status], at: At) -> Page {
    let mut page = Page::new();
    page.push(columns_of_goal(["GOAL", "STATE", "AGE", "TOOK", "COST", "TOPIC"], Tone::Dim));
    for status in list {
        let view = &status.view;
        let started = view.started.unwrap_or(at.now);
        let (tone, word) = phase(status);
        let line = columns_of_goal(
            [
                &words::short(&view.goal),
                word,
                &words::age(words::between(started, at.now)),
                &words::elapsed(words::between(started, view.ended.unwrap_or(at.now))),
                &words::usd(view.spent.usd_micros),
                &about(status),
            ],
            tone,
        );
        page.push(line.cut(at.columns));
    }
    page
}

fn columns_of_goal([goal, state, age, took, cost, topic]: [&str; 6], tone: Tone) -> Line {
    let text = if tone == Tone::Dim { Tone::Dim } else { Tone::Plain };
    Line::new()
        .say(text, goal)
        .pad(10)
        .say(tone, state)
        .pad(21)
        .say(text, format!("{age:>4}  {took:>6}  {cost:>7}  "))
        .say(text, topic)
}
