//! The streams and consumers of the bus, as data. Adapters make them; nobody else names them.

use std::time::Duration;

use galley_schemas::id::AgentKind;
use galley_schemas::{subject, task};

/// A durable place for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// Its name.
    pub name: &'static str,
    /// The subjects it keeps; a trailing `.>` stands for every subject below.
    pub subjects: Vec<String>,
    /// How long a message is kept at most.
    pub age_max: Duration,
    /// How many messages are kept at most; one more is refused.
    pub messages_max: u64,
    /// How long a message id is remembered to drop duplicates.
    pub duplicate_window: Duration,
}

/// The goals' records.
pub const STREAM_LOG: &str = "GALLEY_LOG";
/// What the log keeps.
pub const LOG_SUBJECTS: &str = "galley.goal.>";
/// Inputs: goals, answers, orders, signals, outcomes; and alarms that went off.
pub const STREAM_IN: &str = "GALLEY_IN";
/// Tasks on offer.
pub const STREAM_TASK: &str = subject::TASK_STREAM;
/// Inputs that were refused, for people to look at.
pub const STREAM_REJECTED: &str = "GALLEY_REJECTED";

/// Alarms and recurrences that wait, on a broker that publishes messages at a time. In a stream of its
/// own, which coordinators alone may write: whoever may write a schedule chooses where it goes off.
pub const STREAM_ALARM: &str = "GALLEY_ALARM";
/// Where alarms wait, a subject for each key.
pub const ALARMS: &str = "galley.alarm";
/// Where recurrences wait, a subject for each key.
pub const SCHEDULES: &str = "galley.schedule";
/// Where what went off passes on its way to its queue: the queue's subject follows.
pub const DUE: &str = "galley.due";
/// Below which agents report, a subject for each kind.
pub const REPORTS: &str = "galley.report";
/// Below which agents say what they are doing, a subject for each goal.
pub const PROGRESS: &str = "galley.progress";
/// Hints that something was stored, for whoever waits for it: the subject of what was stored follows.
pub const STORED: &str = "galley.stored";
/// The bucket of artifacts, on a broker that has no better place for them.
pub const BUCKET_ARTIFACTS: &str = "artifacts";

/// Everything that a bus has to have before it carries anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topology {
    /// Every stream that carries a queue.
    pub streams: Vec<Stream>,
    /// Who reads them.
    pub consumers: Vec<Consumer>,
    /// Key-value buckets.
    pub buckets: Vec<String>,
}

impl Topology {
    /// What Galley needs to run these agent kinds.
    #[must_use]
    pub fn of(kinds: &[AgentKind]) -> Self {
        use galley_schemas::subject::bucket;
        let shared = [
            bucket::WORKFLOWS,
            bucket::POLICY,
            bucket::EPOCHS,
            bucket::AGENTS,
            bucket::GOALS,
            bucket::ARCHIVED,
            bucket::FEEDBACK,
        ];
        let journals = kinds.iter().map(bucket::journal);
        Self {
            streams: streams(),
            consumers: [inputs(), rejected(DOCTOR)]
                .into_iter()
                .chain(kinds.iter().map(tasks))
                .collect(),
            buckets: shared.into_iter().map(str::to_owned).chain(journals).collect(),
        }
    }
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Every stream that carries a queue.
#[must_use]
pub fn streams() -> Vec<Stream> {
    let window = Duration::from_secs(120);
    vec![
        Stream {
            name: STREAM_IN,
            subjects: vec!["galley.in.>".to_owned(), subject::FIRED.to_owned()],
            age_max: DAY * 30,
            messages_max: 10_000_000,
            duplicate_window: window,
        },
        Stream {
            name: STREAM_TASK,
            subjects: vec!["galley.task.>".to_owned()],
            age_max: DAY * 14,
            messages_max: 10_000_000,
            duplicate_window: window,
        },
        Stream {
            name: STREAM_REJECTED,
            subjects: vec![subject::REJECTED.to_owned()],
            age_max: DAY * 90,
            messages_max: 1_000_000,
            duplicate_window: window,
        },
    ]
}

/// Who reads a stream, shared by any number of processes. A durable name has one of each setting: where
/// two say the name with others, those hold that it was made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consumer {
    /// Its durable name.
    pub name: String,
    /// The stream it reads.
    pub stream: &'static str,
    /// The subject it is limited to; a trailing `.>` stands for every subject below; empty for all
    /// of the stream.
    pub filter: String,
    /// How long a loan lasts without a sign of life.
    pub ack_wait: Duration,
    /// How many loans may be out at once, over all processes.
    pub in_flight_max: usize,
}

/// The coordinators' consumer of inputs.
#[must_use]
pub fn inputs() -> Consumer {
    Consumer {
        name: "coordinators".to_owned(),
        stream: STREAM_IN,
        filter: String::new(),
        ack_wait: Duration::from_secs(30),
        in_flight_max: 4_096,
    }
}

/// An agent kind's consumer of tasks.
#[must_use]
pub fn tasks(kind: &AgentKind) -> Consumer {
    Consumer {
        name: subject::task_consumer(kind),
        stream: STREAM_TASK,
        filter: subject::task(kind),
        ack_wait: Duration::from_secs(task::LOAN_SECS),
        in_flight_max: 4_096,
    }
}

/// The reader of refused inputs that `galley doctor` is.
pub const DOCTOR: &str = "doctor";

/// A reader of the refused inputs, by its own name.
#[must_use]
pub fn rejected(reader: &str) -> Consumer {
    Consumer {
        name: format!("rejected_{reader}"),
        stream: STREAM_REJECTED,
        filter: String::new(),
        ack_wait: Duration::from_secs(30),
        in_flight_max: 1_024,
    }
}

/// Whether a subject is meant by a pattern: equal, or below a trailing `.>`.
#[must_use]
pub fn matches(pattern: &str, subject: &str) -> bool {
    match pattern.strip_suffix('>') {
        Some(prefix) => subject.len() > prefix.len() && subject.starts_with(prefix),
        None => pattern == subject,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trailing_wildcard_means_something_below() {
        assert!(matches("galley.in.>", "galley.in.goal"));
        assert!(!matches("galley.in.>", "galley.in."));
        assert!(!matches("galley.in.>", "galley.input"));
        assert!(matches(subject::FIRED, subject::FIRED));
    }
}
