//! The live display: a line a step with a spinner on a terminal, plain lines elsewhere.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use console::style;
use galley_bus_core::clock::Clock;
use galley_schemas::id::StepName;
use galley_schemas::view::{Progress, Status, StepView};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::{status, words};

/// Shows a goal while it is followed.
pub(crate) trait Show {
    /// The goal stands like this now.
    fn update(&mut self, status: &Status);
    /// Nothing more comes.
    fn finish(&mut self);
}

/// One JSON value a line, for machines.
#[derive(Debug)]
pub(crate) struct Json;

impl Show for Json {
    fn update(&mut self, status: &Status) {
        if let Ok(line) = serde_json::to_string(status) {
            crate::out::line(&line);
        }
    }
    fn finish(&mut self) {}
}

/// The display that fits where the output goes.
pub(crate) fn display(json: bool, clock: &Arc<dyn Clock>) -> Box<dyn Show + Send> {
    if json {
        Box::new(Json)
    } else if console::user_attended_stderr() {
        Box::new(Spinners::new(Arc::clone(clock)))
    } else {
        Box::new(Plain { said: BTreeMap::new() })
    }
}

/// A line for each change of a step.
#[derive(Debug)]
struct Plain {
    said: BTreeMap<StepName, (Progress, u32)>,
}

impl Show for Plain {
    fn update(&mut self, status: &Status) {
        for step in &status.view.steps {
            let stands = (coarse(&step.progress), step.round);
            let before = self.said.insert(step.step.clone(), stands.clone());
            if before.as_ref() != Some(&stands) && step.progress != Progress::Pending {
                let text = status::doing(status, step);
                let line = format!(
                    "{} {} {} {text}",
                    status::mark(&step.progress),
                    step.step,
                    status::doer(step)
                );
                crate::out::note(line.trim_end());
            }
        }
    }
    fn finish(&mut self) {}
}

/// Running is one state here, however many of its tasks are over.
fn coarse(progress: &Progress) -> Progress {
    match progress {
        Progress::Running { .. } => Progress::Running { done: 0, of: 0 },
        Progress::Pending | Progress::Done | Progress::Skipped | Progress::Failed { .. } => {
            progress.clone()
        }
    }
}

/// A line a step, redrawn in place.
struct Spinners {
    clock: Arc<dyn Clock>,
    all: MultiProgress,
    bars: BTreeMap<StepName, Bar>,
    total: Option<ProgressBar>,
}

struct Bar {
    line: ProgressBar,
    began: Option<DateTime<Utc>>,
    ended: bool,
}

impl Spinners {
    fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, all: MultiProgress::new(), bars: BTreeMap::new(), total: None }
    }

    fn bar(&mut self, step: &StepName) -> &mut Bar {
        let all = &self.all;
        let total = self.total.as_ref();
        self.bars.entry(step.clone()).or_insert_with(|| {
            let line = ProgressBar::new_spinner().with_style(template("  {prefix}{wide_msg}"));
            let line = match total {
                Some(total) => all.insert_before(total, line),
                None => all.add(line),
            };
            Bar { line, began: None, ended: false }
        })
    }

    fn step(&mut self, status: &Status, step: &StepView, now: DateTime<Utc>) {
        let text = status::doing(status, step);
        let mark = status::mark(&step.progress);
        let named = format!("{:<10} {:<11} ", step.step.to_string(), status::doer(step));
        let bar = self.bar(&step.step);
        let running = matches!(step.progress, Progress::Running { .. });
        let began = *bar.began.get_or_insert(now);
        if running && (bar.ended || !bar.line.is_hidden() && bar.line.prefix().is_empty()) {
            bar.line.set_style(template("  {spinner:.cyan} {msg}"));
            bar.line.enable_steady_tick(Duration::from_millis(100));
        }
        bar.ended = !running;
        if running {
            let time = words::elapsed(words::between(began, now));
            bar.line.set_message(format!("{named}{:>8}  {text}", style(time).dim()));
        } else {
            bar.line.disable_steady_tick();
            bar.line.set_style(template("  {msg}"));
            let time = match step.progress {
                Progress::Done | Progress::Failed { .. } => {
                    words::elapsed(words::between(began, now))
                }
                Progress::Pending | Progress::Skipped | Progress::Running { .. } => String::new(),
            };
            let time = style(format!("{time:>8}")).dim();
            bar.line.set_message(format!("{mark} {named}{time}  {text}"));
        }
    }
}

fn template(text: &str) -> ProgressStyle {
    ProgressStyle::with_template(text).expect("the template is part of the program")
}

impl Show for Spinners {
    fn update(&mut self, status: &Status) {
        let now = self.clock.now();
        if self.total.is_none() {
            let total = self.all.add(ProgressBar::new_spinner());
            total.set_style(template("\n  {msg}"));
            self.total = Some(total);
        }
        for step in &status.view.steps {
            let known = self.bars.get(&step.step).is_some_and(|bar| bar.ended);
            let over = matches!(
                step.progress,
                Progress::Done | Progress::Skipped | Progress::Failed { .. }
            );
            if step.progress == Progress::Pending || known && over {
                continue;
            }
            self.step(status, step, now);
        }
        let view = &status.view;
        let time = view.started.map(|at| words::elapsed(words::between(at, now)));
        let spend = words::spend(&view.spent, &view.budget);
        if let Some(total) = &self.total {
            let line = format!("{} · {spend}", time.unwrap_or_default());
            total.set_message(style(line).dim().to_string());
        }
    }

    fn finish(&mut self) {
        for bar in self.bars.values() {
            bar.line.finish();
        }
        if let Some(total) = &self.total {
            total.finish_and_clear();
        }
    }
}
