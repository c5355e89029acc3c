//! Subjects and keys with `{names}` where their parts vary.
//!
//! They are made by the functions that make real ones, from parts that stand for a name, so that no
//! subject is spelled twice.

use uuid::Uuid;

use crate::id::{AgentKind, GoalId, InstanceId, WorkflowName};
use crate::input::Scope;
use crate::subject::{self, bucket};

const GOAL: Uuid = Uuid::from_u128(1);
const COORDINATOR: Uuid = Uuid::from_u128(2);
const KIND: &str = "kind-placeholder";
const WORKFLOW: &str = "workflow-placeholder";
const DECISION: &str = "decision-placeholder";
/// [`subject::schedule`] takes any text.
const NAME: &str = "{name}";

fn goal_id() -> GoalId {
    GoalId::new(GOAL)
}

fn agent_kind() -> AgentKind {
    AgentKind::new(KIND).expect("the placeholder is a name")
}

fn named(subject: &str) -> String {
    subject
        .replace(&GOAL.to_string(), "{goal}")
        .replace(&COORDINATOR.to_string(), "{coordinator}")
        .replace(KIND, "{kind}")
        .replace(WORKFLOW, "{workflow}")
        .replace(DECISION, "{decision}")
}

pub(super) fn goal() -> String {
    named(&subject::goal(&goal_id()))
}

pub(super) fn alarm() -> String {
    named(&subject::alarm(&goal_id()))
}

pub(super) fn schedule() -> String {
    subject::schedule(NAME)
}

pub(super) fn task() -> String {
    named(&subject::task(&agent_kind()))
}

pub(super) fn task_consumer() -> String {
    named(&subject::task_consumer(&agent_kind()))
}

pub(super) fn report() -> String {
    named(&subject::report(&agent_kind()))
}

pub(super) fn report_to() -> String {
    named(&subject::report_to(&agent_kind(), &InstanceId::new(COORDINATOR)))
}

pub(super) fn progress() -> String {
    named(&subject::progress(&goal_id()))
}

pub(super) fn journal() -> String {
    named(&bucket::journal(&agent_kind()))
}

pub(super) fn ruling_key() -> String {
    named(&subject::ruling_key(DECISION))
}

/// The keys of the four scopes, for people.
pub(super) fn fence_keys() -> String {
    let workflow = WorkflowName::new(WORKFLOW).expect("the placeholder is a name");
    let scopes = [
        Scope::All,
        Scope::Workflow { workflow },
        Scope::Kind { kind: agent_kind() },
        Scope::Goal { goal: goal_id() },
    ];
    let keys = scopes.map(|scope| format!("`{}`", named(&subject::fence_key(&scope))));
    keys.join(", ")
}
