//! A step in one line: how it stands, who does it, for how long, and what it does or gave.

use std::time::Duration;

use galley_schemas::view::{Does, OpenTask, Progress, Status, StepView, Waits};

use super::text::{Line, Tone, width};
use super::{digest, words};

/// Widest column of names.
const NAME_MAX: usize = 20;
/// Columns of an elapsed time.
const TIME: usize = 6;
/// A screen that is narrower leaves out who does a step: the name mostly says it.
const DOER_FROM: usize = 100;

/// How wide the columns of a list of steps are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Columns {
    name: usize,
    doer: Option<usize>,
    all: usize,
}

impl Columns {
    /// Columns that fit these steps into a screen of this width.
    pub(crate) fn fit(steps: &[StepView], all: usize) -> Self {
        let widest = |texts: &mut dyn Iterator<Item = String>| {
            texts.map(|text| width(&text)).max().unwrap_or_default().min(NAME_MAX)
        };
        let name = widest(&mut steps.iter().map(|step| step.step.to_string()));
        let doer = widest(&mut steps.iter().map(doer));
        Self { name, doer: (all >= DOER_FROM).then_some(doer), all }
    }
}

/// A step's line.
pub(crate) fn row(columns: Columns, step: &StepView, took: Option<Duration>, text: Line) -> Line {
    let (tone, mark) = mark(&step.progress);
    row_marked(columns, step, Line::new().say(tone, mark), took, text)
}

/// A step's line with a mark of the caller's.
pub(crate) fn row_marked(
    columns: Columns,
    step: &StepView,
    mark: Line,
    took: Option<Duration>,
    text: Line,
) -> Line {
    let faint = matches!(step.progress, Progress::Pending | Progress::Skipped);
    let tone = if faint { Tone::Dim } else { Tone::Plain };
    let mut line = Line::new().plain("  ").join(mark).plain(" ");
    let mut column = line.width() + columns.name + 2;
    line = line.say(tone, step.step.as_str()).pad(column);
    if let Some(doer_width) = columns.doer {
        column += doer_width + 2;
        line = line.dim(doer(step)).pad(column);
    }
    let took = took.map(words::elapsed).unwrap_or_default();
    line.dim(format!("{took:>TIME$}")).plain("  ").join(text).trimmed().cut(columns.all)
}

/// The mark of a step.
pub(crate) const fn mark(progress: &Progress) -> (Tone, &'static str) {
    match progress {
        Progress::Pending => (Tone::Dim, "·"),
        Progress::Running { .. } => (Tone::Busy, "▸"),
        Progress::Done => (Tone::Good, "✓"),
        Progress::Skipped => (Tone::Dim, "–"),
        Progress::Failed { .. } => (Tone::Bad, "✗"),
    }
}

/// Who does a step.
pub(crate) fn doer(step: &StepView) -> String {
    match &step.does {
        Does::Agent { kind } => kind.to_string(),
        Does::Approval => "people".to_owned(),
        Does::Goal => "sub-goal".to_owned(),
        Does::Wait => "wait".to_owned(),
    }
}

/// What a step is doing now, or what it gave.
pub(crate) fn doing(status: &Status, step: &StepView) -> Line {
    let (tone, text) = match &step.progress {
        Progress::Pending => (Tone::Dim, String::new()),
        Progress::Skipped => (Tone::Dim, "left out".to_owned()),
        Progress::Failed { fault } => (Tone::Bad, fault.to_string()),
        Progress::Done => {
            (Tone::Plain, step.output.as_ref().map(digest::output).unwrap_or_default())
        }
        Progress::Running { done, of } => {
            let many = if *of > 1 { format!("{done} of {of}") } else { String::new() };
            let parts = [many, now(status, step)];
            let said: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            let asks = step.open.iter().any(|open| open.waits == Waits::Person);
            (if asks { Tone::Warn } else { Tone::Plain }, said.join(" · "))
        }
    };
    let round = if step.round > 0 { format!("round {}", step.round + 1) } else { String::new() };
    let gap = if round.is_empty() || text.is_empty() { "" } else { " · " };
    Line::new().dim(round).dim(gap).say(tone, text)
}

/// What an open step says or waits for. What a task said before it had to wait is over.
fn now(status: &Status, step: &StepView) -> String {
    let at_work = step.open.iter().rev().filter(|open| open.waits == Waits::Agent);
    let mut notes = at_work.filter_map(|open| status.progress.get(&open.task));
    let note = notes.find(|note| !note.trim().is_empty()).map(|note| note.trim().to_owned());
    note.or_else(|| step.open.iter().find_map(waits)).unwrap_or_default()
}

fn waits(open: &OpenTask) -> Option<String> {
    match &open.waits {
        Waits::Person => Some("waits for a person".to_owned()),
        Waits::Retry => Some(format!("tries again (attempt {})", open.attempt.saturating_add(1))),
        Waits::Goal { child } => Some(format!("waits for goal {}", words::short(child))),
        Waits::Signal => Some("waits for its time or a signal".to_owned()),
        Waits::Turn => Some("waits for its turn".to_owned()),
        Waits::Agent => None,
    }
}
