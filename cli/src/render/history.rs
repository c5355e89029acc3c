//! What the log of a goal says about its steps: when they were worked on and what they used.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use galley_bus_core::log::Entry;
use galley_schemas::amount::Amount;
use galley_schemas::id::{AgentKind, StepName, TaskId};
use galley_schemas::record::Event;

use super::words;

/// When a step was worked on in its last round, and what it used in all of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Past {
    /// The round that the times are of.
    pub(crate) round: u32,
    /// When its first task was handed out.
    pub(crate) began: Option<DateTime<Utc>>,
    /// When its last task ended so far.
    pub(crate) ended: Option<DateTime<Utc>>,
    /// What it used, over all rounds and attempts.
    pub(crate) spent: Amount,
    /// How many attempts were made, over all rounds and tasks.
    pub(crate) attempts: u32,
}

impl Past {
    /// How long it took, once it is over.
    pub(crate) fn took(&self) -> Option<Duration> {
        Some(words::between(self.began?, self.ended?))
    }
}

/// What a task is, from what was said when it was handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Task {
    pub(crate) step: StepName,
    pub(crate) kind: Option<AgentKind>,
}

/// The past of a goal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct History {
    steps: BTreeMap<StepName, Past>,
    tasks: BTreeMap<TaskId, Task>,
}

impl History {
    /// What some records say.
    pub(crate) fn of(entries: &[Entry]) -> Self {
        let mut history = Self::default();
        history.add(entries);
        history
    }

    /// And what the next ones say.
    pub(crate) fn add(&mut self, entries: &[Entry]) {
        for Entry { record, .. } in entries {
            record.events.iter().for_each(|event| self.note(event, record.at));
        }
    }

    /// The past of a step.
    pub(crate) fn step(&self, step: &StepName) -> Option<&Past> {
        self.steps.get(step)
    }

    /// What a task is.
    pub(crate) fn task(&self, task: &TaskId) -> Option<&Task> {
        self.tasks.get(task)
    }

    fn note(&mut self, event: &Event, at: DateTime<Utc>) {
        // What undoes a step is no part of its time.
        if event.task().is_some_and(words::undoes) {
            return;
        }
        if let Event::Offered { task, step, round, kind, .. } = event {
            self.begin(step, *round, at);
            let known = Task { step: step.clone(), kind: Some(kind.clone()) };
            self.tasks.insert(task.clone(), known);
        } else if let Event::ApprovalOpened { task, step, round, .. }
        | Event::ChildSubmitted { task, step, round, .. }
        | Event::WaitBegan { task, step, round, .. } = event
        {
            self.begin(step, *round, at);
            self.tasks.insert(task.clone(), Task { step: step.clone(), kind: None });
        } else if let Event::Done { task, spent, .. } | Event::AttemptFailed { task, spent, .. } =
            event
        {
            self.end(task, *spent, at);
        } else if let Event::ApprovalClosed { task, .. }
        | Event::WaitEnded { task, .. }
        | Event::TaskFailed { task, .. } = event
        {
            self.end(task, Amount::default(), at);
        } else if let Event::ChildEnded { ended } = event {
            self.end(&ended.task, ended.spent, at);
        }
    }

    fn begin(&mut self, step: &StepName, round: u32, at: DateTime<Utc>) {
        let is_first_of_round = |past: &Past| past.began.is_none() || past.round < round;
        let past = self.steps.entry(step.clone()).or_default();
        if is_first_of_round(past) {
            *past = Past { round, began: Some(at), ended: None, ..*past };
        }
        past.attempts += 1;
    }

    fn end(&mut self, task: &TaskId, spent: Amount, at: DateTime<Utc>) {
        let Some(known) = self.tasks.get(task) else { return };
        if let Some(past) = self.steps.get_mut(&known.step) {
            past.ended = Some(at);
            past.spent = past.spent.plus(spent);
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use galley_schemas::record::Record;
    use serde_json::{Value, json};

    use super::*;

    /// Records a second apart, from the JSON of their events.
    fn log(events: &[Value]) -> Vec<Entry> {
        let goal = "01a202c0-5c89-79d5-b5b8-df6794fe528b".parse().unwrap();
        let start = DateTime::UNIX_EPOCH;
        let record = |(index, event): (u32, &Value)| Entry {
            seq: galley_bus_core::log::Seq(u64::from(index) + 1),
            record: Record {
                goal,
                at: start + TimeDelta::seconds(index.into()),
                cause: galley_schemas::id::MessageId::new("c"),
                events: vec![serde_json::from_value(event.clone()).unwrap()],
                acts: Vec::new(),
            },
        };
        (0..).zip(events).map(record).collect()
    }

    fn offered(task: &str, round: u32) -> Value {
        json!({ "is": "offered", "task": task, "step": "draft", "item": null, "round": round,
            "kind": "drafting", "attempt": 1, "lease": "l", "epoch": 0, "allowance": {},
            "deadline": "2026-11-22T10:00:00Z" })
    }

    fn done(task: &str) -> Value {
        json!({ "is": "done", "task": task, "attempt": 1, "output": {}, "choices": [],
            "spent": { "usd_micros": 5, "tokens": 10, "calls": 1, "wall_ms": 7 } })
    }

    #[test]
    fn times_are_of_the_last_round_and_spending_is_of_all() {
        let entries = log(&[
            offered("draft", 0),
            done("draft"),
            offered("draft@1", 1),
            done("draft@1"),
            offered("draft@1!", 1),
        ]);
        let history = History::of(&entries);
        let past = history.step(&StepName::new("draft").unwrap()).unwrap();
        assert_eq!((past.round, past.attempts, past.spent.calls), (1, 2, 2));
        assert_eq!(past.took(), Some(Duration::from_secs(1)));
        assert_eq!(past.began, Some(entries[2].record.at));
    }
}
