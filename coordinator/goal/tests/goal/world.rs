//! A goal, a clock and a log: what the driver is to the machine, without a bus.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use galley_coordinator_goal::workflow::Workflow;
use galley_coordinator_goal::{Command, Decision, Goal, Ids, audit, decide, evolve};
use galley_schemas::amount::Amount;
use galley_schemas::id::{GoalId, InstanceId, LeaseToken, MessageId, Principal, TaskId};
use galley_schemas::input::{Autonomy, ChildEnded, Submission};
use galley_schemas::record::{Act, Ending, Event, Record};
use galley_schemas::report::{Body, Report};
use galley_schemas::task::Offer;
use serde_json::{Value, json};

pub(crate) struct World {
    pub(crate) goal: Goal,
    pub(crate) now: DateTime<Utc>,
    pub(crate) epoch: u64,
    /// The last offer of each task.
    pub(crate) offers: BTreeMap<TaskId, Offer>,
    /// The offers that another one replaced.
    pub(crate) old: Vec<Offer>,
    /// The last sub-goal of each task.
    pub(crate) children: BTreeMap<TaskId, Submission>,
    pub(crate) records: Vec<Record>,
    ids: Counter,
}

/// Ids that count up.
#[derive(Clone)]
pub(crate) struct Counter(u64);

impl Ids for Counter {
    fn lease(&mut self) -> LeaseToken {
        self.0 += 1;
        LeaseToken::new(format!("{:032x}", self.0))
    }
    fn goal(&mut self) -> GoalId {
        self.0 += 1;
        goal_id(u128::from(self.0))
    }
    fn instance(&self) -> InstanceId {
        serde_json::from_value(json!(goal_id(0))).unwrap()
    }
}

pub(crate) fn goal_id(number: u128) -> GoalId {
    format!("{number:032x}").parse().unwrap()
}

pub(crate) fn start_of_time() -> DateTime<Utc> {
    "2027-01-01T00:00:00Z".parse().unwrap()
}

#[track_caller]
pub(crate) fn workflow(yaml: &str) -> Arc<Workflow> {
    match Workflow::parse(yaml) {
        Ok(workflow) => Arc::new(workflow),
        Err(faults) => panic!("{faults:#?}\n{yaml}"),
    }
}

impl World {
    pub(crate) fn new(workflow: Arc<Workflow>) -> Self {
        Self {
            goal: Goal::new(goal_id(1 << 64), workflow),
            now: start_of_time(),
            epoch: 0,
            offers: BTreeMap::new(),
            old: Vec::new(),
            children: BTreeMap::new(),
            records: Vec::new(),
            ids: Counter(0),
        }
    }

    pub(crate) fn submission(&self, input: Value) -> Submission {
        Submission {
            goal: self.goal.id(),
            workflow: self.goal.workflow().name.clone(),
            input,
            budget: galley_schemas::amount::Limits::default(),
            autonomy: Autonomy::Supervised,
            by: Principal::new("ann"),
            parent: None,
        }
    }

    /// Tells the goal something and keeps what it decides, as the driver does. Every law that can
    /// be seen from outside is checked.
    #[track_caller]
    pub(crate) fn tell(&mut self, command: &Command) -> Decision {
        let before = self.goal.clone();
        let again = decide(&self.goal, command.clone(), self.now, &mut self.ids.clone());
        let decision = decide(&self.goal, command.clone(), self.now, &mut self.ids);
        assert_eq!(decision, again, "the same command was decided in two ways");
        let Some(after) = decision.after.clone() else {
            assert!(decision.events.is_empty() && decision.acts.is_empty(), "{decision:?}");
            return decision;
        };
        let mut folded = before;
        for event in &decision.events {
            evolve(&mut folded, event).unwrap();
        }
        assert_eq!(folded, after, "running and folding differ after {command:?}");
        assert_eq!(audit(&after), [], "after {command:?}: {:#?}", decision.events);
        is_carried(&decision);
        self.goal = after;
        self.keep(&decision);
        decision
    }

    fn keep(&mut self, decision: &Decision) {
        for act in &decision.acts {
            match act {
                Act::Offer { offer } => {
                    let replaced = self.offers.insert(offer.task.clone(), Offer::clone(offer));
                    self.old.extend(replaced);
                }
                Act::Submit { submission } => {
                    let parent = submission.parent.clone().unwrap();
                    self.children.insert(parent.task, Submission::clone(submission));
                }
                Act::Arm { .. } | Act::Disarm | Act::Steer { .. } | Act::TellParent { .. } => {}
            }
        }
        self.records.push(Record {
            goal: self.goal.id(),
            at: self.now,
            cause: MessageId::new(format!("m{}", self.records.len())),
            events: decision.events.clone(),
            acts: decision.acts.clone(),
        });
    }

    /// What the records alone say.
    pub(crate) fn replay(&self) -> Goal {
        let text = serde_json::to_string(&self.records).unwrap();
        let records: Vec<Record> = serde_json::from_str(&text).unwrap();
        Goal::fold(self.goal.id(), Arc::clone(self.goal.workflow()), &records).unwrap()
    }

    pub(crate) fn report(offer: &Offer, body: Body) -> Report {
        Report {
            goal: offer.goal,
            task: offer.task.clone(),
            kind: offer.kind.clone(),
            attempt: offer.attempt,
            lease: offer.lease.clone(),
            epoch: offer.epoch,
            body,
        }
    }

    pub(crate) fn child_ended(&self, task: &TaskId, ending: Ending, spent: Amount) -> ChildEnded {
        let child = self.children[task].goal;
        ChildEnded { goal: self.goal.id(), task: task.clone(), child, ending, spent }
    }

    pub(crate) fn next_epoch(&mut self) -> galley_schemas::id::Epoch {
        self.epoch += 1;
        galley_schemas::id::Epoch(self.epoch)
    }
}

/// What is handed out, submitted or armed has an act, and nothing else has.
#[track_caller]
fn is_carried(decision: &Decision) {
    let told = decision.events.iter().filter_map(|event| match event {
        Event::Offered { lease, .. } => Some(lease.to_string()),
        Event::ChildSubmitted { child, .. } => Some(child.to_string()),
        Event::AlarmArmed { at } => Some(at.to_string()),
        _ => None,
    });
    let done = decision.acts.iter().filter_map(|act| match act {
        Act::Offer { offer } => Some(offer.lease.to_string()),
        Act::Submit { submission } => Some(submission.goal.to_string()),
        Act::Arm { at } => Some(at.to_string()),
        Act::Disarm | Act::Steer { .. } | Act::TellParent { .. } => None,
    });
    assert_eq!(told.collect::<Vec<_>>(), done.collect::<Vec<_>>());
}

pub(crate) fn tokens(tokens: u64) -> Amount {
    Amount { tokens, ..Amount::default() }
}
