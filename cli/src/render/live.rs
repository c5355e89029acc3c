//! How a goal is followed: drawn in place on a terminal, said in plain lines elsewhere, or as JSON.

use std::collections::BTreeMap;
use std::sync::Arc;

use galley_bus_core::clock::Clock;
use galley_schemas::id::{StepName, TaskId};
use galley_schemas::report::Doing;
use galley_schemas::view::{Progress, Status};

use super::frame::{Scene, frame};
use super::history::{History, Past};
use super::text::Line;
use super::{status, step, words};
use crate::args::Common;
use crate::out;

/// Shows a goal while it is followed.
pub(crate) trait Show {
    /// The goal stands like this now, and its log says this.
    fn update(&mut self, status: &Status, history: &History);
    /// This is what one of its tasks is doing.
    fn heard(&mut self, _doing: Doing) {}
    /// A moment has passed.
    fn tick(&mut self) {}
    /// Nothing more comes for now.
    fn finish(&mut self);
}

/// The display that fits where the output goes.
pub(crate) fn display(common: &Common, clock: &Arc<dyn Clock>) -> Box<dyn Show + Send> {
    if common.json {
        Box::new(Json)
    } else if out::is_drawable() && common.verbose == 0 {
        Box::new(Live::new(Arc::clone(clock)))
    } else {
        Box::new(Plain { said: BTreeMap::new() })
    }
}

/// One JSON value a line, for machines.
#[derive(Debug)]
struct Json;

impl Show for Json {
    fn update(&mut self, status: &Status, _history: &History) {
        out::json(status);
    }
    fn finish(&mut self) {}
}

/// A line when a step begins and one when it ends, in every round.
#[derive(Debug)]
struct Plain {
    said: BTreeMap<StepName, (u32, Stage)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Begun,
    Over,
}

impl Show for Plain {
    fn update(&mut self, status: &Status, history: &History) {
        if self.said.is_empty() {
            let head = Line::new().dim(format!("goal {}  ", status.view.goal));
            out::note(head.strong(status::about(status)));
        }
        changes(status, history, &mut self.said).into_iter().for_each(out::note);
    }
    fn finish(&mut self) {}
}

/// What is new in a status, a line each.
pub(super) fn changes(
    status: &Status,
    history: &History,
    said: &mut BTreeMap<StepName, (u32, Stage)>,
) -> Vec<Line> {
    let mut lines = Vec::new();
    for view in &status.view.steps {
        let stage = match &view.progress {
            Progress::Pending => continue,
            Progress::Running { .. } => Stage::Begun,
            Progress::Done | Progress::Skipped | Progress::Failed { .. } => Stage::Over,
        };
        let stands = (view.round, stage);
        if said.insert(view.step.clone(), stands) == Some(stands) {
            continue;
        }
        let (tone, mark) = step::mark(&view.progress);
        let mut line = Line::new().say(tone, mark).plain(format!(" {}", view.step));
        let past = history.step(&view.step).filter(|past| past.round == view.round);
        if let Some(took) = past.and_then(Past::took).filter(|_| stage == Stage::Over) {
            line = line.dim(format!("  {}", words::elapsed(took)));
        }
        let text = step::doing(status, view);
        let gap = if text.is_empty() { "" } else { "  " };
        lines.push(line.plain(gap).join(text));
    }
    lines
}

/// The picture of the goal, drawn over itself.
struct Live {
    clock: Arc<dyn Clock>,
    status: Option<Status>,
    history: History,
    doing: BTreeMap<TaskId, Doing>,
}

impl Live {
    fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, status: None, history: History::default(), doing: BTreeMap::new() }
    }

    fn lines(&self, columns: usize, rows: Option<usize>) -> Vec<Line> {
        let Some(mut status) = self.status.clone() else { return Vec::new() };
        for (task, doing) in &self.doing {
            status.progress.insert(task.clone(), doing.note.clone());
            status.view.spent = status.view.spent.plus(doing.spent);
        }
        let (history, now) = (&self.history, self.clock.now());
        frame(Scene { status: &status, history, now, columns, rows })
    }

    fn draw(&self) {
        out::draw(|columns, rows| self.lines(columns, Some(rows)));
    }
}

impl Show for Live {
    fn update(&mut self, status: &Status, history: &History) {
        let open = status.view.steps.iter().flat_map(|step| &step.open);
        let open: Vec<&TaskId> = open.map(|open| &open.task).collect();
        self.doing.retain(|task, _| open.contains(&task));
        self.status = Some(status.clone());
        self.history.clone_from(history);
        self.draw();
    }

    fn heard(&mut self, doing: Doing) {
        self.doing.insert(doing.task.clone(), doing);
    }

    fn tick(&mut self) {
        self.draw();
    }

    fn finish(&mut self) {
        if self.status.is_some() {
            out::draw_last(|columns| self.lines(columns, None));
        }
        self.status = None;
    }
}

impl Drop for Live {
    /// An interruption leaves the last picture, and the cursor below it.
    fn drop(&mut self) {
        self.finish();
    }
}
