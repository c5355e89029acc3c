//! A decision in the making.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use galley_schemas::id::{GoalId, InstanceId, LeaseToken};
use galley_schemas::record::{Act, Event};

use crate::command::{Decision, Ids, Reply};
use crate::content;
use crate::evolve::{IllegalEvent, evolve};
use crate::fault;
use crate::goal::{Goal, Phase};

/// A decision in the making: the goal with every event so far, so that each part of the decision
/// sees what the parts before it have done.
pub(super) struct Turn<'a> {
    goal: Cow<'a, Goal>,
    now: DateTime<Utc>,
    ids: &'a mut dyn Ids,
    events: Vec<Event>,
    acts: Vec<Act>,
    illegal: Option<IllegalEvent>,
    handed_out: usize,
    handed_out_bytes: usize,
}

/// Most tasks and sub-goals that one decision hands out; the next decision goes on.
const HANDED_OUT_MAX: usize = 64;

/// How many bytes of JSON they may come to before no other is handed out. So a record stays below a
/// megabyte, which is what a bus carries without being told otherwise.
const HANDED_OUT_BYTES_MAX: usize = 256 * 1024;

impl<'a> Turn<'a> {
    pub(super) fn new(goal: &'a Goal, now: DateTime<Utc>, ids: &'a mut dyn Ids) -> Self {
        Self {
            goal: Cow::Borrowed(goal),
            now,
            ids,
            events: Vec::new(),
            acts: Vec::new(),
            illegal: None,
            handed_out: 0,
            handed_out_bytes: 0,
        }
    }

    /// The goal as it stands now.
    pub(super) fn goal(&self) -> &Goal {
        &self.goal
    }

    /// The time of the decision.
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// Moves the time of the decision on; it never goes back.
    pub(super) fn not_before(&mut self, time: DateTime<Utc>) {
        self.now = self.now.max(time);
    }

    pub(super) fn new_lease(&mut self) -> LeaseToken {
        self.ids.lease()
    }

    pub(super) fn new_goal(&mut self) -> GoalId {
        self.ids.goal()
    }

    pub(super) fn instance(&self) -> InstanceId {
        self.ids.instance()
    }

    /// Records that something happened.
    pub(super) fn emit(&mut self, event: Event) {
        if self.illegal.is_some() {
            return;
        }
        match evolve(self.goal.to_mut(), &event) {
            Ok(()) => self.events.push(event),
            Err(illegal) => {
                debug_assert!(false, "{illegal}");
                self.illegal = Some(illegal);
            }
        }
    }

    /// Records that something is to be done.
    pub(super) fn act(&mut self, act: Act) {
        match &act {
            Act::Offer { .. } | Act::Submit { .. } => {
                self.handed_out += 1;
                self.handed_out_bytes += content::bytes(&act);
            }
            Act::Arm { .. } | Act::Disarm | Act::Steer { .. } | Act::TellParent { .. } => {}
        }
        self.acts.push(act);
    }

    /// Whether this decision may hand out another task.
    pub(super) fn has_room(&self) -> bool {
        self.handed_out < HANDED_OUT_MAX && self.handed_out_bytes < HANDED_OUT_BYTES_MAX
    }

    /// Keeps a fact that changes nothing.
    pub(super) fn keep(&mut self, event: Event) -> Reply {
        if matches!(self.goal.phase, Phase::New) {
            return Reply::Refused(fault::not_begun());
        }
        self.emit(event);
        Reply::Noted
    }

    /// How many events there are; it rises whenever something happens.
    pub(super) fn progress(&self) -> usize {
        self.events.len()
    }

    pub(super) fn has_changed(&self) -> bool {
        !self.events.is_empty()
    }

    /// Whether the goal runs, and nothing went wrong with the decision.
    pub(super) fn is_running(&self) -> bool {
        self.illegal.is_none() && matches!(self.goal.phase, Phase::Running)
    }

    /// Whether the goal is about to end, and nothing went wrong with the decision.
    pub(super) fn is_unwinding(&self) -> bool {
        self.illegal.is_none() && matches!(self.goal.phase, Phase::Unwinding(_))
    }

    /// The decision. One that breaks the goal's own rules is refused as a whole: the input is kept
    /// as rejected, and the goal stays as it was.
    pub(super) fn decision(self, reply: Reply) -> Decision {
        if let Some(illegal) = self.illegal {
            let reply = Reply::Refused(fault::broken(&illegal));
            return Decision { events: Vec::new(), acts: Vec::new(), reply, after: None };
        }
        let after = match self.goal {
            Cow::Owned(goal) if !self.events.is_empty() => Some(goal),
            Cow::Owned(_) | Cow::Borrowed(_) => None,
        };
        Decision { events: self.events, acts: self.acts, reply, after }
    }
}
