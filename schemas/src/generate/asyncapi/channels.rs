//! A channel for every subject, with the messages on it.

use serde_json::{Value, json};

use super::object;
use crate::generate::address;
use crate::subject;

/// The message that is a workflow's input alone.
pub(super) const BARE_INPUT: &str = "bare-input";

/// The bus, as a server of the document.
const NATS: &str = "nats";
/// Where the feedback topic is, as a server of the document.
const KAFKA: &str = "kafka";

/// A channel.
pub(super) struct Channel {
    /// Its name in the document.
    pub id: &'static str,
    /// Its subject; None for the inbox that a request names.
    pub address: Option<String>,
    /// The server that carries it.
    pub server: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// Its messages: names of published types.
    pub messages: &'static [&'static str],
}

impl Channel {
    pub(super) fn document(&self) -> Value {
        let to = |part: &str, name: &str| json!({ "$ref": format!("#/components/{part}/{name}") });
        let messages = self.messages.iter().map(|name| (*name, to("messages", name)));
        let names = self.address.as_deref().map(parameters).unwrap_or_default();
        let parameters = object(names.into_iter().map(|name| (name, to("parameters", name))));
        let members = [
            Some(("address", json!(self.address))),
            Some(("description", json!(self.about))),
            Some(("servers", json!([{ "$ref": format!("#/servers/{}", self.server) }]))),
            Some(("messages", json!(object(messages)))),
            (!parameters.is_empty()).then(|| ("parameters", json!(parameters))),
        ];
        Value::Object(object(members.into_iter().flatten()))
    }
}

/// The names in braces of an address.
fn parameters(address: &str) -> Vec<&str> {
    address
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name)
        .collect()
}

/// Every channel: inputs, the log, tasks and reports, broadcasts, the feedback topic.
pub(super) fn channels() -> Vec<Channel> {
    [inputs(), log(), work(), heard(), learning()].into_iter().flatten().collect()
}

fn channel(
    id: &'static str,
    address: impl Into<String>,
    messages: &'static [&'static str],
    about: &'static str,
) -> Channel {
    Channel { id, address: Some(address.into()), server: NATS, about, messages }
}

fn inbox(id: &'static str, messages: &'static [&'static str], about: &'static str) -> Channel {
    Channel { id, address: None, server: NATS, about, messages }
}

fn inputs() -> Vec<Channel> {
    let goal = &["submission-cloudevent", BARE_INPUT];
    vec![
        channel(
            "submit",
            subject::SUBMIT,
            goal,
            "Goals by request and reply: kept, then answered.",
        ),
        inbox("submit-reply", &["submit-reply"], "The inbox that a request on `submit` names."),
        channel("goals", subject::IN_GOAL, goal, "Goals, kept until a coordinator takes them."),
        channel(
            "answers",
            subject::IN_ANSWER,
            &["answer-cloudevent"],
            "Answers to open questions.",
        ),
        channel("orders", subject::IN_CONTROL, &["control-cloudevent"], "Stop, resume, cancel."),
        channel(
            "feedback",
            subject::IN_FEEDBACK,
            &["feedback-cloudevent"],
            "Outcomes from outside.",
        ),
        channel("signals", subject::IN_SIGNAL, &["signal-cloudevent"], "Signals for `wait` steps."),
        channel(
            "sub-goals-ended",
            subject::IN_CHILD,
            &["child-ended-cloudevent"],
            "Sub-goals that ended. Written by coordinators only.",
        ),
        channel(
            "rejected",
            subject::REJECTED,
            &["rejected"],
            "Inputs that were refused, each with its fault, kept for people to look at.",
        ),
    ]
}

fn log() -> Vec<Channel> {
    vec![
        channel(
            "log",
            address::goal(),
            &["record"],
            "A goal's records, one for each decision. Written by coordinators only, each append \
            with the place where the goal's log is expected to end.",
        ),
        channel(
            "alarms",
            address::alarm(),
            &["fired-cloudevent"],
            "A goal's one alarm: a message that the bus publishes at its time. Written by \
            coordinators only.",
        ),
        channel(
            "schedules",
            address::schedule(),
            &["submission-cloudevent"],
            "Recurring goals: a message that the bus publishes at each of its times.",
        ),
        channel(
            "alarms-fired",
            subject::FIRED,
            &["fired-cloudevent"],
            "Alarms that went off. Written by the bus only.",
        ),
    ]
}

fn work() -> Vec<Channel> {
    let report = &["report-cloudevent"];
    vec![
        channel(
            "tasks",
            address::task(),
            &["offer-cloudevent"],
            "The tasks of an agent kind, lent one by one to whichever agent is free; what is not \
            acknowledged comes back.",
        ),
        channel(
            "reports-to-one",
            address::report_to(),
            report,
            "Reports to the coordinator instance that handed the task out.",
        ),
        channel("reports", address::report(), report, "Reports to whichever coordinator is free."),
        inbox("verdicts", &["verdict-cloudevent"], "The inbox that a report names."),
    ]
}

fn heard() -> Vec<Channel> {
    vec![
        channel(
            "fences",
            subject::EPOCH,
            &["fence"],
            "Broadcast: a stop or a resume. Whoever misses it learns it from the next verdict.",
        ),
        channel(
            "progress",
            address::progress(),
            &["doing"],
            "Broadcast: what the tasks of a goal are doing now.",
        ),
    ]
}

fn learning() -> Vec<Channel> {
    let facts = channel(
        "facts",
        subject::FEEDBACK_TOPIC,
        &["fact-cloudevent", "feedback-cloudevent"],
        "What became of goals, in a Kafka topic: keyed by goal, in the order of the goal's log. \
        Facts are carried there from the log; outcomes may also be produced to it directly, with \
        the goal's id as the key and Java's partitioner (`murmur2`), so that they find the goal's \
        partition.",
    );
    vec![Channel { server: KAFKA, ..facts }]
}
