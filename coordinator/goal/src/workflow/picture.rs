//! A workflow as a picture in text, for people: `galley workflow show`.
//!
//! ```text
//! ●    brief     ingestion
//! ├─╮
//! ●    ideas     ideation
//! │ ●  rivals    research
//! ├─╯
//! ◇    approve   approval by editors
//! │                within 1d, otherwise reject
//! ```
//!
//! Time runs down. A lane carries what a step gave to those that wait for it; ways that follow from
//! others are not drawn.

mod lanes;

use galley_schemas::amount::Limits;
use galley_schemas::id::StepName;

use self::lanes::Lanes;
use super::duration::show;
use super::model::{Action, Otherwise, Step, Workflow};

/// Longest line of detail in characters.
const DETAIL_MAX: usize = 100;

impl Workflow {
    /// The steps and their order as a picture in text; ends with a line break.
    #[must_use]
    pub fn picture(&self) -> String {
        let mut text = format!("{}  {}\n", self.name, self.version.short());
        let budget = limits(&self.budget);
        if !budget.is_empty() {
            text.push_str(&format!("budget {budget}\n"));
        }
        text.push('\n');
        let needs = self.drawn_needs();
        let mut lanes = Lanes::new(&needs);
        let rows: Vec<_> = (0..self.steps.len()).map(|step| lanes.place(step)).collect();
        let width = rows.iter().map(|row| row.width()).max().unwrap_or_default();
        let longest = self.steps.iter().map(|step| step.name.as_str().len()).max();
        let longest = longest.unwrap_or_default();
        for (step, row) in self.steps.iter().zip(rows) {
            if let Some(joint) = &row.joint {
                line(&mut text, joint, width, "");
            }
            let label = format!("{:longest$}  {}", step.name.as_str(), does(step));
            line(&mut text, &row.node(mark(step)), width, &label);
            for detail in details(step) {
                let detail = format!("{:longest$}    {}", "", shortened(&detail));
                line(&mut text, &row.below, width, &detail);
            }
        }
        text
    }

    /// For each step the steps that it waits for, without those that others of them wait for.
    fn drawn_needs(&self) -> Vec<Vec<usize>> {
        let index = |name: &StepName| self.steps.iter().position(|step| step.name == *name);
        let direct: Vec<Vec<usize>> =
            self.steps.iter().map(|step| step.needs.iter().filter_map(index).collect()).collect();
        let drawn = |needs: &Vec<usize>| {
            let follows = |need: &usize| needs.iter().any(|&other| leads(&direct, *need, other));
            needs.iter().filter(|need| !follows(need)).copied().collect()
        };
        direct.iter().map(drawn).collect()
    }
}

/// Whether a step leads to a later one through others.
fn leads(direct: &[Vec<usize>], early: usize, late: usize) -> bool {
    let mut open = vec![late];
    let mut seen = vec![false; direct.len()];
    while let Some(at) = open.pop() {
        for &need in direct.get(at).into_iter().flatten() {
            if need == early {
                return true;
            }
            if let Some(seen) = seen.get_mut(need).filter(|seen| !**seen) {
                *seen = true;
                open.push(need);
            }
        }
    }
    false
}

fn line(text: &mut String, drawing: &str, width: usize, label: &str) {
    let line = format!("{drawing:width$}  {label}");
    text.push_str(line.trim_end());
    text.push('\n');
}

fn mark(step: &Step) -> char {
    match &step.action {
        Action::Agent { .. } => '●',
        Action::Approval { .. } => '◇',
        Action::Goal { .. } => '◎',
        Action::Wait { .. } => '◷',
    }
}

fn does(step: &Step) -> String {
    match &step.action {
        Action::Agent { kind } => kind.to_string(),
        Action::Goal { workflow } => format!("sub-goal {workflow}"),
        Action::Approval { by, quorum } => {
            let names: Vec<_> = by.iter().map(ToString::to_string).collect();
            let by = if names.is_empty() { "anyone".to_owned() } else { names.join(", ") };
            let many = if *quorum > 1 { format!("{quorum} of ") } else { String::new() };
            format!("approval by {many}{by}")
        }
        Action::Wait { until, signal } => {
            let until = until.as_ref().map(|until| match until.source().as_str() {
                Some(text) => text.to_owned(),
                None => until.source().to_string(),
            });
            match (until, signal) {
                (Some(until), false) => format!("wait {until}"),
                (Some(until), true) => format!("wait {until}, or for a signal"),
                (None, _) => "wait for a signal".to_owned(),
            }
        }
    }
}

fn details(step: &Step) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(when) = &step.when {
        all.push(format!("when {}", when.expression().source()));
    }
    if let Some(each) = &step.each {
        let source = each.source();
        let each = source.as_str().map_or_else(|| source.to_string(), bare);
        all.push(format!("one for each of {each}, {} at once", step.at_most));
    }
    if let Some(revise) = &step.revise {
        let (when, rounds) = (revise.when.expression().source(), revise.rounds);
        let times = if rounds == 1 { "once" } else { "times" };
        let most = if rounds == 1 { times.to_owned() } else { format!("{rounds} {times}") };
        all.push(format!("↺ back to {} while {when}, at most {most}", revise.from));
    }
    if let Some(undo) = &step.undo {
        all.push(format!("⟲ undone by {}", undo.kind));
    }
    all.extend(time(step));
    all
}

/// How long it may take and what happens then, where it says so or people are waited for.
fn time(step: &Step) -> Option<String> {
    let otherwise = match &step.otherwise {
        Otherwise::Fail => None,
        Otherwise::Reject => Some("otherwise reject".to_owned()),
        Otherwise::Approve => Some("otherwise approve".to_owned()),
        Otherwise::Go(value) => Some(format!("otherwise go on with {value}")),
    };
    let waits = matches!(step.action, Action::Approval { .. } | Action::Wait { .. });
    let within = waits.then(|| format!("within {}", show(step.within)));
    let parts: Vec<_> = within.into_iter().chain(otherwise).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// A text that is one expression, without its `${}`.
fn bare(text: &str) -> String {
    let inner = text.strip_prefix("${").and_then(|text| text.strip_suffix('}'));
    inner.unwrap_or(text).to_owned()
}

fn limits(limits: &Limits) -> String {
    let parts = [
        limits
            .usd_micros
            .map(|usd| format!("${}.{:02}", usd / 1_000_000, usd % 1_000_000 / 10_000)),
        limits.tokens.map(|tokens| format!("{tokens} tokens")),
        limits.calls.map(|calls| format!("{calls} calls")),
        limits.wall_ms.map(|wall| show(std::time::Duration::from_millis(wall))),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn shortened(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(DETAIL_MAX) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}
