//! What `galley doctor` found.

use galley_schemas::id::GoalId;
use galley_schemas::input::Control;
use galley_schemas::view::{Progress, Status};

use crate::follow::nobody_works;

use super::status::{about, because, phase, scope_args, scope_words};
use super::text::{Line, Page, Tone};
use super::{At, step, words};

/// Something that is not as it should be.
#[derive(Debug)]
pub(crate) struct Trouble {
    /// The goal that it is about; none for an input.
    pub(crate) goal: Option<GoalId>,
    /// What is wrong.
    pub(crate) what: String,
}

/// How everything stands.
#[derive(Debug, Default)]
pub(crate) struct Health {
    /// How many goals there are.
    pub(crate) goals: usize,
    /// Those that are not over.
    pub(crate) live: Vec<Status>,
    /// The stops in force.
    pub(crate) stops: Vec<Control>,
    /// How many inputs wait to be taken, or are being taken.
    pub(crate) waiting: u64,
    /// Whether agents are there.
    pub(crate) is_up: bool,
    /// What is wrong.
    pub(crate) troubles: Vec<Trouble>,
}

/// What was found, the worst last.
pub(crate) fn page(health: &Health, at: At) -> Page {
    let mut page = Page::new();
    for status in &health.live {
        page.push(live(status).cut(at.columns));
    }
    page.gap();
    for Control { scope, by, reason, .. } in &health.stops {
        let what = format!("{} by {by}{}", scope_words(scope), because(reason));
        let lift = format!(" (galley resume {})", scope_args(scope));
        page.push_wrapped(Line::new().warn("! stopped: ").plain(what).dim(lift), at.prose, 2);
    }
    if !health.is_up && (!health.live.is_empty() || health.waiting > 0) {
        page.push_wrapped(Line::new().warn("! ").plain(nobody_works(health.waiting)), at.prose, 2);
    }
    for Trouble { goal, what } in &health.troubles {
        let of = goal.as_ref().map_or_else(|| "input".to_owned(), words::short);
        let line = Line::new().say(Tone::Bad, "✗ ").strong(of).plain(format!(" {what}"));
        page.push_wrapped(line, at.prose, 2);
    }
    page.gap();
    let count = words::count(health.goals as u64, "goal", "goals");
    let sum = format!("{count}, {} of them live; ", health.live.len());
    page.push(match health.troubles.len() {
        0 => Line::new().say(Tone::Good, "✓ ").plain(sum).plain("nothing is stuck or broken"),
        many => {
            let many = words::count(many as u64, "fault", "faults");
            Line::new().say(Tone::Bad, "✗ ").plain(sum).plain(format!("{many} found"))
        }
    });
    page
}

/// A goal that is not over, and what it is at.
fn live(status: &Status) -> Line {
    let (tone, word) = phase(status);
    let running = |progress: &Progress| matches!(progress, Progress::Running { .. });
    let steps = status.view.steps.iter().filter(|step| running(&step.progress));
    let at: Vec<String> = steps
        .map(|view| {
            let doing = step::doing(status, view).paint(super::text::Colours::Off);
            if doing.is_empty() { view.step.to_string() } else { format!("{}: {doing}", view.step) }
        })
        .collect();
    Line::new()
        .plain(words::short(&status.view.goal))
        .plain("  ")
        .say(tone, word)
        .pad(20)
        .plain(words::cut(&about(status), 40))
        .plain("  ")
        .dim(at.join("; "))
}
