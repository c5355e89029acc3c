//! What an agent and a submitter do on the channels.

use serde_json::{Value, json};

use super::object;

/// An operation.
pub(super) struct Operation {
    /// Its name in the document.
    pub id: &'static str,
    /// Who does it: the name of a tag.
    pub who: &'static str,
    /// What is done there.
    pub action: Action,
    /// On which channel.
    pub channel: &'static str,
    /// What it is, in one sentence.
    pub about: &'static str,
}

/// What is done on a channel.
pub(super) enum Action {
    /// Send.
    Send,
    /// Receive.
    Receive,
    /// Send and wait for the answer on that channel.
    Ask(&'static str),
}

impl Operation {
    pub(super) fn document(&self) -> Value {
        let channel = |id| json!({ "$ref": format!("#/channels/{id}") });
        let (action, reply) = match self.action {
            Action::Send => ("send", None),
            Action::Receive => ("receive", None),
            Action::Ask(answers) => ("send", Some(json!({ "channel": channel(answers) }))),
        };
        let members = [
            Some(("action", json!(action))),
            Some(("channel", channel(self.channel))),
            Some(("summary", json!(self.about))),
            Some(("tags", json!([{ "name": self.who }]))),
            reply.map(|reply| ("reply", reply)),
        ];
        Value::Object(object(members.into_iter().flatten()))
    }
}

/// Every operation.
pub(super) fn operations() -> Vec<Operation> {
    [agent(), submitter(), learner()].into_iter().flatten().collect()
}

fn agent() -> Vec<Operation> {
    let by = |id, action, channel, about| Operation { id, who: "agent", action, channel, about };
    vec![
        by("agent-takes-task", Action::Receive, "tasks", "Takes a task of its kind on loan."),
        by(
            "agent-reports-to-one",
            Action::Ask("verdicts"),
            "reports-to-one",
            "Reports to the coordinator that the offer names; acknowledges the task only after a \
            verdict that ends the attempt.",
        ),
        by(
            "agent-reports",
            Action::Ask("verdicts"),
            "reports",
            "Reports to any coordinator, when the named one does not answer.",
        ),
        by("agent-hears-fences", Action::Receive, "fences", "Drops what a stop has fenced off."),
    ]
}

fn submitter() -> Vec<Operation> {
    let by =
        |id, action, channel, about| Operation { id, who: "submitter", action, channel, about };
    vec![
        by(
            "submitter-asks",
            Action::Ask("submit-reply"),
            "submit",
            "Hands a goal in and hears its id, or why it is refused.",
        ),
        by("submitter-queues", Action::Send, "goals", "Hands a goal in, also when nobody is up."),
        by("submitter-answers", Action::Send, "answers", "Answers a question that waits."),
        by("submitter-orders", Action::Send, "orders", "Stops, resumes or cancels."),
        by("submitter-signals", Action::Send, "signals", "Ends a wait."),
        by("submitter-rates", Action::Send, "feedback", "Says what became of the result."),
        by("submitter-follows", Action::Receive, "progress", "Sees what tasks are doing now."),
        by("submitter-reads-refusals", Action::Receive, "rejected", "Looks at refused inputs."),
    ]
}

fn learner() -> Vec<Operation> {
    let by = |id, action, channel, about| Operation { id, who: "learner", action, channel, about };
    vec![by(
        "learner-reads",
        Action::Receive,
        "facts",
        "Reads what became of goals. A fact may come more than once, each time under the same id.",
    )]
}
