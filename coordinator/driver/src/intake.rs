//! What an input says: bytes from the bus to a command for a goal. Pure; trusts nothing.
//!
//! Inputs are CloudEvents or, as typed by hand, their payload alone. On `galley.in.goal` a bare
//! object is the workflow's input, and its goal id is made from the message id, so that the same
//! message delivered again is the same goal.

use galley_bus_core::message::{Message, PAYLOAD_BYTES_MAX};
use galley_coordinator_goal::Command;
use galley_schemas::amount::Limits;
use galley_schemas::artifact::Digest;
use galley_schemas::envelope::kind;
use galley_schemas::fault::Fault;
use galley_schemas::id::{GoalId, MessageId, Principal, WorkflowName};
use galley_schemas::input::{
    Answer, Autonomy, ChildEnded, Control, Feedback, Fired, INPUT_BYTES_MAX, Order, Scope, Signal,
    Submission,
};
use galley_schemas::subject;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::fault;

/// What an input asks for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Input {
    /// A goal.
    Submit(Submission),
    /// An order for any number of goals.
    Steer(Control),
    /// Something for one goal that is there already.
    Tell {
        /// The goal.
        goal: GoalId,
        /// What it is told.
        command: Command,
    },
}

impl Input {
    /// The goal in whose lane it waits for its turn (see [`crate::lanes`]): what people and other
    /// systems say to one goal. An alarm and the end of a sub-goal wait for nobody.
    pub(crate) fn lane(&self) -> Option<GoalId> {
        match self {
            Self::Submit(submission) => Some(submission.goal),
            Self::Steer(Control { scope: Scope::Goal { goal }, .. }) => Some(*goal),
            // Fences keep these in order, and telling every goal takes long.
            Self::Steer(Control {
                scope: Scope::All | Scope::Workflow { .. } | Scope::Kind { .. },
                ..
            }) => None,
            Self::Tell { goal, command } => match command {
                Command::Answer(_) | Command::Signal(_) | Command::Note(_) => Some(*goal),
                Command::Submit { .. }
                | Command::Report(_)
                | Command::Fire(_)
                | Command::Steer { .. }
                | Command::ChildEnded(_)
                | Command::Reject { .. } => None,
            },
        }
    }
}

/// An input that cannot be read, with the goal it seems to be about.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Unreadable {
    /// The goal that it names, if it names one.
    pub goal: Option<GoalId>,
    /// What is wrong with it.
    pub fault: Fault,
}

impl Unreadable {
    fn boxed(goal: Option<GoalId>, fault: Fault) -> Box<Self> {
        Box::new(Self { goal, fault })
    }
}

/// Reads a message from the stream of inputs.
pub(crate) fn decode(message: &Message, default: &WorkflowName) -> Result<Input, Box<Unreadable>> {
    let most = match message.subject.as_str() {
        // Only coordinators and the bus write these: an ending carries a goal's whole output.
        subject::IN_CHILD | subject::FIRED => PAYLOAD_BYTES_MAX,
        _ => INPUT_BYTES_MAX,
    };
    let value = json(&message.payload, most).map_err(|fault| Unreadable::boxed(None, fault))?;
    let goal = goal_named(&value);
    let input = match message.subject.as_str() {
        subject::IN_GOAL => {
            submission(value, default, || goal_of_message(&message.id)).map(Input::Submit)
        }
        subject::IN_CONTROL => open::<Control>(value, kind::CONTROL).and_then(control),
        subject::IN_ANSWER => open::<Answer>(value, kind::ANSWER)
            .map(|answer| Input::Tell { goal: answer.goal, command: Command::Answer(answer) }),
        subject::IN_FEEDBACK => open::<Feedback>(value, kind::FEEDBACK)
            .map(|feedback| Input::Tell { goal: feedback.goal, command: Command::Note(feedback) }),
        subject::IN_SIGNAL => open::<Signal>(value, kind::SIGNAL)
            .map(|signal| Input::Tell { goal: signal.goal, command: Command::Signal(signal) }),
        subject::IN_CHILD => open::<ChildEnded>(value, kind::CHILD_ENDED)
            .map(|ended| Input::Tell { goal: ended.goal, command: Command::ChildEnded(ended) }),
        subject::FIRED => open::<Fired>(value, kind::FIRED)
            .map(|fired| Input::Tell { goal: fired.goal, command: Command::Fire(fired) }),
        other => Err(fault::unreadable(format!("nobody reads inputs on {other}"))),
    };
    input.map_err(|fault| Unreadable::boxed(goal, fault))
}

/// Reads a submission: a CloudEvent, or a bare object that is the input of the default workflow.
pub(crate) fn submission(
    value: Value,
    default: &WorkflowName,
    goal: impl FnOnce() -> GoalId,
) -> Result<Submission, Fault> {
    if is_event(&value) {
        return open(value, kind::SUBMISSION);
    }
    if !value.is_object() {
        return Err(fault::unreadable("a goal is a JSON object".to_owned()));
    }
    Ok(Submission {
        goal: goal(),
        workflow: default.clone(),
        input: value,
        budget: Limits::default(),
        autonomy: Autonomy::default(),
        by: Principal::new("anyone"),
        parent: None,
    })
}

/// Reads bounded JSON.
pub(crate) fn json(payload: &[u8], most: usize) -> Result<Value, Fault> {
    if payload.len() > most {
        return Err(fault::too_large(payload.len(), most));
    }
    serde_json::from_slice(payload)
        .map_err(|error| fault::unreadable(format!("the message is no JSON: {error}")))
}

/// Takes the payload out of its envelope, or takes it as it is when it has none.
pub(crate) fn open<T: DeserializeOwned>(value: Value, kind: &str) -> Result<T, Fault> {
    let data = if is_event(&value) { unwrap_event(value, kind)? } else { value };
    serde_json::from_value(data)
        .map_err(|error| fault::unreadable(format!("the message is no {kind}: {error}")))
}

/// Whether it claims to be a CloudEvent.
pub(crate) fn is_event(value: &Value) -> bool {
    value.get("specversion").is_some()
}

fn unwrap_event(mut event: Value, kind: &str) -> Result<Value, Fault> {
    let found = event.get("type").and_then(Value::as_str).unwrap_or_default();
    if found != kind {
        let found: String = found.chars().take(80).collect();
        return Err(fault::unreadable(format!("the event has the type '{found}', not {kind}")));
    }
    let data = event.get_mut("data").map(Value::take);
    data.ok_or_else(|| fault::unreadable("the event has no data".to_owned()))
}

fn control(control: Control) -> Result<Input, Fault> {
    match (&control.order, &control.scope) {
        (Order::Stop | Order::Resume, _) | (Order::Cancel, Scope::Goal { .. }) => {
            Ok(Input::Steer(control))
        }
        (Order::Cancel, Scope::All | Scope::Workflow { .. } | Scope::Kind { .. }) => {
            Err(fault::cancel_is_for_one_goal())
        }
    }
}

/// The goal that a message names, as far as that can be told without knowing what it is.
fn goal_named(value: &Value) -> Option<GoalId> {
    let places = ["/data/goal", "/goal", "/subject", "/data/scope/goal", "/scope/goal"];
    places.iter().find_map(|place| value.pointer(place)?.as_str()?.parse().ok())
}

/// The goal that a bare message becomes: bits of a hash of its id, shaped as a UUID of version 8
/// (RFC 9562), which is the one for ids made in one's own way.
pub(crate) fn goal_of_message(id: &MessageId) -> GoalId {
    let hash = Digest::of(format!("galley goal of message {id}").as_bytes());
    let bits = u128::from_str_radix(hash.as_str().get(..32).expect("a digest has 64"), 16)
        .expect("a digest is hexadecimal");
    let version = 0x8_u128 << 76;
    let variant = 0x2_u128 << 62;
    let shaped = (bits & !(0xF_u128 << 76) & !(0x3_u128 << 62)) | version | variant;
    format!("{shaped:032x}").parse().expect("32 hexadecimal digits are a UUID")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOAL: &str = "01890000-0000-7000-8000-000000000001";

    fn check(subject: &str, payload: &str, want: &str) {
        let id = MessageId::new("m1");
        let message = Message::new(subject, id, payload.to_owned().into_bytes());
        let default = WorkflowName::new("article").unwrap();
        let got = match decode(&message, &default) {
            Ok(Input::Submit(s)) => format!("submit {} {}", s.workflow, s.input),
            Ok(Input::Steer(control)) => format!("{:?}", control.order),
            Ok(Input::Tell { goal, .. }) => format!("tell {goal}"),
            Err(bad) => format!("{} {}", bad.fault.code, bad.goal.is_some()),
        };
        assert_eq!(got, want, "{subject} {payload}");
    }

    #[test]
    fn inputs_are_read_bare_and_enveloped() {
        check(subject::IN_GOAL, r#"{"topic":"x"}"#, r#"submit article {"topic":"x"}"#);
        let submission = format!(
            r#"{{"specversion":"1.0","type":"{}","data":{{"goal":"{GOAL}","workflow":"w","input":{{}}}}}}"#,
            kind::SUBMISSION
        );
        check(subject::IN_GOAL, &submission, "submit w {}");
        let stop = r#"{"scope":{"of":"all"},"order":"stop","by":"ops"}"#;
        check(subject::IN_CONTROL, stop, "Stop");
        let fired = format!(r#"{{"goal":"{GOAL}","at":"2026-01-01T00:00:00Z"}}"#);
        check(subject::FIRED, &fired, &format!("tell {GOAL}"));
        let signal = format!(r#"{{"goal":"{GOAL}","step":"hold"}}"#);
        check(subject::IN_SIGNAL, &signal, &format!("tell {GOAL}"));
    }

    #[test]
    fn what_cannot_be_read_has_a_code_and_its_goal_when_it_names_one() {
        check(subject::IN_GOAL, "no json", "GLY0191 false");
        check(subject::IN_GOAL, "[1]", "GLY0191 false");
        check(
            subject::IN_GOAL,
            r#"{"specversion":"1.0","type":"other","data":{}}"#,
            "GLY0191 false",
        );
        check(subject::IN_ANSWER, r#"{"topic":"x"}"#, "GLY0191 false");
        check(subject::IN_ANSWER, &format!(r#"{{"goal":"{GOAL}"}}"#), "GLY0191 true");
        let all = r#"{"scope":{"of":"all"},"order":"cancel","by":"ops"}"#;
        check(subject::IN_CONTROL, all, "GLY0194 false");
        check("galley.in.other", "{}", "GLY0191 false");
        let large = format!(r#"{{"topic":"{}"}}"#, "x".repeat(INPUT_BYTES_MAX));
        check(subject::IN_GOAL, &large, "GLY0192 false");
        check(subject::IN_GOAL, &"[".repeat(200_000), "GLY0191 false");
        check(subject::IN_CHILD, &large, "GLY0191 false");
    }

    #[test]
    fn a_message_becomes_the_same_goal_each_time() {
        let goal = goal_of_message(&MessageId::new("a"));
        assert_eq!(goal, goal_of_message(&MessageId::new("a")));
        assert_ne!(goal, goal_of_message(&MessageId::new("b")));
        let text = goal.to_string();
        assert_eq!(text.as_bytes().get(14), Some(&b'8'), "{text}");
        assert!(matches!(text.as_bytes().get(19), Some(b'8' | b'9' | b'a' | b'b')), "{text}");
    }
}
