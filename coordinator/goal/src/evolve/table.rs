//! Where each event has its place: the one closed table.

use std::fmt;

use galley_schemas::record::Event;

use crate::goal::{Phase, TaskState};

/// Where an event has its place, and what it may make of the task that it is about.
pub(super) struct Rule {
    /// The phases of the goal in which it may happen.
    pub(super) phases: &'static [PhaseName],
    /// The phase that it leads to, where it leads to another.
    pub(super) then: Option<PhaseName>,
    /// For an event about a task: where the task may stand.
    pub(super) from: &'static [Stage],
    /// And where it may stand after it.
    pub(super) to: &'static [Stage],
}

/// The phase of a goal, without what it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PhaseName {
    New,
    Running,
    Unwinding,
    Ended,
}

/// Where a task stands, without what it carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Ready,
    Out,
    Faulted,
    Resting,
    Doubtful,
    Asking,
    Away,
    Waiting,
    Done,
    Failed,
    Dropped,
}

const NEW: &[PhaseName] = &[PhaseName::New];
const RUNNING: &[PhaseName] = &[PhaseName::Running];
const UNWINDING: &[PhaseName] = &[PhaseName::Unwinding];
const LIVE: &[PhaseName] = &[PhaseName::Running, PhaseName::Unwinding];
const BEGUN: &[PhaseName] = &[PhaseName::Running, PhaseName::Unwinding, PhaseName::Ended];

/// The table. A new event cannot compile until it has its place here.
pub(super) fn rule(event: &Event) -> Rule {
    use Stage::{Asking, Away, Done, Doubtful, Dropped, Failed, Faulted, Out, Ready, Resting};
    match event {
        Event::Submitted { .. } => turns(NEW, PhaseName::Running),
        Event::FannedOut { .. } | Event::Skipped { .. } => stays(RUNNING),
        Event::Offered { .. } => task(LIVE, &[Ready, Resting], &[Out]),
        Event::Done { .. } => task(LIVE, &[Out], &[Done]),
        Event::AttemptFailed { .. } => task(LIVE, &[Out, Away], &[Faulted, Dropped]),
        Event::RetryDue { .. } => task(LIVE, &[Faulted], &[Resting]),
        Event::TaskFailed { .. } => {
            task(LIVE, &[Ready, Resting, Faulted, Asking, Stage::Waiting], &[Failed, Done])
        }
        Event::EffectIntended { .. } => task(LIVE, &[Out], &[Out]),
        Event::EffectSettled { .. } => {
            task(LIVE, &[Ready, Out, Faulted, Resting], &[Out, Doubtful, Dropped])
        }
        Event::ApprovalOpened { .. } => task(RUNNING, &[Ready], &[Asking]),
        Event::Answered { .. } => task(LIVE, &[Asking, Doubtful], &[Asking, Ready, Dropped]),
        Event::ApprovalClosed { .. } => task(RUNNING, &[Asking], &[Done]),
        Event::ChildSubmitted { .. } => task(RUNNING, &[Ready, Resting], &[Away]),
        Event::ChildEnded { .. } => task(LIVE, &[Away], &[Done, Faulted, Dropped]),
        Event::WaitBegan { .. } => task(RUNNING, &[Ready], &[Stage::Waiting]),
        Event::WaitEnded { .. } => task(RUNNING, &[Stage::Waiting], &[Done]),
        Event::Revised { .. } | Event::RevisionEnded { .. } => stays(RUNNING),
        Event::Stopped { .. } | Event::Resumed { .. } => stays(LIVE),
        Event::Unwinding { .. } => turns(RUNNING, PhaseName::Unwinding),
        Event::UndoFailed { .. } => task(UNWINDING, &[Ready, Resting, Faulted], &[]),
        Event::AlarmArmed { .. } | Event::AlarmFired { .. } => stays(LIVE),
        Event::OutcomeNoted { .. } | Event::InputRejected { .. } => stays(BEGUN),
        Event::Ended { .. } => turns(LIVE, PhaseName::Ended),
    }
}

/// About the goal, which stays in its phase.
fn stays(phases: &'static [PhaseName]) -> Rule {
    Rule { phases, then: None, from: &[], to: &[] }
}

/// About the goal, which goes on to another phase.
fn turns(phases: &'static [PhaseName], then: PhaseName) -> Rule {
    Rule { then: Some(then), ..stays(phases) }
}

/// About a task.
fn task(phases: &'static [PhaseName], from: &'static [Stage], to: &'static [Stage]) -> Rule {
    Rule { from, to, ..stays(phases) }
}

impl PhaseName {
    pub(crate) fn of(phase: &Phase) -> Self {
        match phase {
            Phase::New => Self::New,
            Phase::Running => Self::Running,
            Phase::Unwinding(_) => Self::Unwinding,
            Phase::Ended(_) => Self::Ended,
        }
    }
}

impl fmt::Display for PhaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::New => "new",
            Self::Running => "running",
            Self::Unwinding => "unwinding",
            Self::Ended => "ended",
        })
    }
}

impl Stage {
    pub(crate) fn of(state: &TaskState) -> Self {
        match state {
            TaskState::Ready => Self::Ready,
            TaskState::Out(_) => Self::Out,
            TaskState::Faulted(_) => Self::Faulted,
            TaskState::Resting(_) => Self::Resting,
            TaskState::Doubtful { .. } => Self::Doubtful,
            TaskState::Asking(_) => Self::Asking,
            TaskState::Away(_) => Self::Away,
            TaskState::Waiting { .. } => Self::Waiting,
            TaskState::Done { .. } => Self::Done,
            TaskState::Failed(_) => Self::Failed,
            TaskState::Dropped => Self::Dropped,
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ready => "ready",
            Self::Out => "out",
            Self::Faulted => "faulted",
            Self::Resting => "resting",
            Self::Doubtful => "doubtful",
            Self::Asking => "asking",
            Self::Away => "away",
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Dropped => "dropped",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::path::Path;

    use galley_schemas::record::Event;
    use schemars::schema_for;
    use serde_json::{Value, json};

    use super::*;

    /// One event of each kind, with the task as the only thing that matters.
    fn samples() -> Vec<Event> {
        let schema = schema_for!(Event).to_value();
        let kinds = schema["oneOf"].as_array().unwrap();
        kinds.iter().map(|kind| sample(kind, &schema["$defs"])).collect()
    }

    fn sample(schema: &Value, defs: &Value) -> Event {
        let event = fill(schema, defs);
        serde_json::from_value(event.clone()).unwrap_or_else(|error| panic!("{error}: {event}"))
    }

    /// The smallest value that fits a schema of the log.
    fn fill(schema: &Value, defs: &Value) -> Value {
        if let Some(fixed) = schema.get("const") {
            return fixed.clone();
        }
        if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
            return match name {
                "Digest" => json!("0".repeat(64)),
                _ => fill(&defs[name], defs),
            };
        }
        if let Some(one) = schema["oneOf"].get(0).or(schema["anyOf"].get(0)) {
            return fill(one, defs);
        }
        let kind = schema["type"].as_array().map_or(&schema["type"], |kinds| &kinds[0]);
        match (kind.as_str(), schema["format"].as_str()) {
            (Some("object"), _) => {
                let required = schema["required"].as_array().into_iter().flatten();
                let field = |name: &Value| name.as_str().unwrap().to_owned();
                required
                    .map(|name| (field(name), fill(&schema["properties"][field(name)], defs)))
                    .collect()
            }
            (Some("array"), _) => json!([]),
            (Some("string"), Some("date-time")) => json!("2027-01-01T00:00:00Z"),
            (Some("string"), Some("uuid")) => json!("00000000-0000-0000-0000-000000000000"),
            (Some("string"), _) => schema["enum"].get(0).cloned().unwrap_or(json!("a")),
            (Some("integer" | "number"), _) => json!(0),
            (Some("boolean"), _) => json!(false),
            (_, _) => Value::Null,
        }
    }

    fn join(parts: &[impl ToString]) -> String {
        parts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }

    fn print() -> String {
        let mut table = String::new();
        let mut line = |event: &str, goal: &str, task: &str| {
            writeln!(table, "//! {}", format!("{event:<17}{goal:<31}{task}").trim_end()).unwrap();
        };
        line("event", "the goal is", "its task goes from → to");
        for event in samples() {
            let Rule { phases, then, from, to } = rule(&event);
            let then = then.map(|then| format!(" → {then}")).unwrap_or_default();
            let goal = format!("{}{then}", join(phases));
            let to = if to.is_empty() { "over".to_owned() } else { join(to) };
            let task =
                if from.is_empty() { String::new() } else { format!("{} → {to}", join(from)) };
            line(event.name(), &goal, &task);
        }
        table
    }

    #[test]
    fn the_table_in_the_docs_is_the_one_in_the_code() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/evolve.rs");
        let source = std::fs::read_to_string(&path).unwrap();
        let (head, rest) = source.split_once("//! ```text\n").unwrap();
        let (table, tail) = rest.split_once("//! ```\n").unwrap();
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, format!("{head}//! ```text\n{}//! ```\n{tail}", print()))
                .unwrap();
        } else {
            assert!(table == print(), "run with UPDATE_GOLDEN=1; the code says:\n{}", print());
        }
    }
}
