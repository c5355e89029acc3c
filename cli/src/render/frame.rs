//! One picture of a goal under way: a pure function of its status, the moment and the screen.

use chrono::{DateTime, Utc};
use galley_schemas::record::Ending;
use galley_schemas::view::{Phase, Progress, Status};

use super::history::History;
use super::step::{self, Columns};
use super::text::{Line, Tone};
use super::{status, words};

/// The pictures of the spinner, in turn.
const SPINNER: [&str; 10] = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
/// How long each of them stays.
pub(crate) const TURN_MILLIS: i64 = 100;
/// Lines beside those of the steps: the head, an empty one, the sum.
const OTHER_LINES: usize = 3;

/// What is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) status: &'a Status,
    pub(crate) history: &'a History,
    pub(crate) now: DateTime<Utc>,
    /// How wide the screen is.
    pub(crate) columns: usize,
    /// How many lines there are; none when what is drawn will not be drawn over.
    pub(crate) rows: Option<usize>,
}

/// The lines of the picture, none wider than the screen, no more than it holds.
pub(crate) fn frame(scene: Scene<'_>) -> Vec<Line> {
    let Scene { status, columns, .. } = scene;
    let id = words::short(&status.view.goal);
    let room = columns.saturating_sub(id.len() + 2);
    let head = Line::new().strong(status::about(status)).cut(room).plain("  ").dim(id);
    let mut lines = vec![head];
    lines.extend(steps(scene));
    // What came of it says the sum once more.
    if !(scene.rows.is_none() && is_done(status)) {
        lines.push(Line::new());
        lines.push(sum(scene).cut(columns));
    }
    lines
}

const fn is_done(status: &Status) -> bool {
    matches!(status.view.phase, Phase::Ended { ending: Ending::Succeeded { .. } })
}

/// The steps; when the screen is too low for all, those around the first that is not over.
fn steps(scene: Scene<'_>) -> Vec<Line> {
    let steps = &scene.status.view.steps;
    let fit = Columns::fit(steps, scene.columns);
    let mut lines: Vec<Line> = steps
        .iter()
        .map(|view| {
            let past = scene.history.step(&view.step).filter(|past| past.round == view.round);
            let took = past.and_then(|past| status::time(past, &view.progress, scene.now));
            step::row_marked(
                fit,
                view,
                mark(scene, &view.progress),
                took,
                step::doing(scene.status, view),
            )
        })
        .collect();
    // The cursor stands on a line of its own below.
    let room = scene.rows.map(|rows| rows.saturating_sub(OTHER_LINES + 1).max(1));
    if let Some(room) = room.filter(|room| *room < lines.len()) {
        let is_over = |progress: &Progress| matches!(progress, Progress::Done | Progress::Skipped);
        let first = steps.iter().position(|step| !is_over(&step.progress)).unwrap_or(lines.len());
        let from = first.saturating_sub(room / 2).min(lines.len() - room);
        lines = lines.into_iter().skip(from).take(room).collect();
    }
    lines
}

fn mark(scene: Scene<'_>, progress: &Progress) -> Line {
    let (tone, mark) = step::mark(progress);
    let turn = scene.now.timestamp_millis().div_euclid(TURN_MILLIS).rem_euclid(10);
    let spins = matches!(progress, Progress::Running { .. }) && scene.rows.is_some();
    let picture = usize::try_from(turn).ok().and_then(|turn| SPINNER.get(turn)).filter(|_| spins);
    Line::new().say(tone, picture.unwrap_or(&mark))
}

/// How long it has been going on, and what it used so far.
fn sum(scene: Scene<'_>) -> Line {
    let view = &scene.status.view;
    let line = Line::new().plain("  ");
    let (tone, word) = status::phase(scene.status);
    let line = if tone == Tone::Busy { line } else { line.say(tone, word).dim(" · ") };
    let began = view.started.map(|at| words::between(at, view.ended.unwrap_or(scene.now)));
    let time = began.map(words::elapsed).unwrap_or_default();
    line.dim(format!("{time} · {}", words::spend(&view.spent, &view.budget)))
}
