//! What each kind of process may do on the server: the least that it works with.
//!
//! Nobody but `galley bus init` may make, change or remove a stream, a bucket or a consumer. In one
//! account this keeps an honest process to its business. It does not hold a malicious one: the server
//! delivers pulled messages to whatever subject was asked for. To hold an agent that runs what others
//! wrote, give its kind an account of its own and export to it what stands here.

use std::fmt;

use galley_bus_core::topology::{
    ALARMS, BUCKET_ARTIFACTS, Consumer, DUE, LOG_SUBJECTS, PROGRESS, REPORTS, SCHEDULES, STORED,
    STREAM_ALARM, STREAM_IN, STREAM_LOG, STREAM_REJECTED, STREAM_TASK, inputs, streams, tasks,
};
use galley_schemas::id::AgentKind;
use galley_schemas::subject::{self, bucket};
use serde::Serialize;

use crate::kv;

/// What a user may publish and subscribe to. Written as NATS's configuration has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Rights {
    /// Where it may publish.
    pub publish: Vec<String>,
    /// What it may subscribe to.
    pub subscribe: Vec<String>,
    /// Whether it may answer whoever asks it.
    pub answers: bool,
}

impl Rights {
    /// An agent's, of one kind. Its answers come in below `inbox`: see `inbox_prefix` in the
    /// configuration.
    #[must_use]
    pub fn agent(kind: &AgentKind, inbox: &str) -> Self {
        let mut rights = Self::own(inbox);
        rights.pull(&tasks(kind));
        let report = subject::report(kind);
        rights.publish.extend([report.clone(), format!("{report}.*")]);
        rights.publish.push(below(PROGRESS));
        for name in [&bucket::journal(kind), bucket::AGENTS, BUCKET_ARTIFACTS] {
            rights.write(name);
            rights.read(&kv::stream(name));
        }
        for name in [bucket::EPOCHS, bucket::POLICY] {
            rights.read(&kv::stream(name));
            rights.subscribe.push(format!("{STORED}.$KV.{name}.>"));
        }
        rights.subscribe.push(subject::EPOCH.to_owned());
        rights
    }

    /// A coordinator's.
    #[must_use]
    pub fn coordinator(inbox: &str) -> Self {
        let mut rights = Self { answers: true, ..Self::own(inbox) };
        rights.pull(&inputs());
        let keeps = [ALARMS, SCHEDULES, DUE].map(below);
        let says = [subject::REJECTED, subject::EPOCH].map(str::to_owned);
        let queues = streams().into_iter().flat_map(|s| s.subjects);
        rights.publish.push(LOG_SUBJECTS.to_owned());
        rights.publish.extend(keeps.into_iter().chain(says).chain(queues));
        for stream in [STREAM_LOG, STREAM_ALARM, STREAM_IN, STREAM_TASK, STREAM_REJECTED] {
            rights.read(stream);
            for ask in ["STREAM.INFO", "STREAM.PURGE", "CONSUMER.LIST"] {
                rights.publish.push(format!("$JS.API.{ask}.{stream}"));
            }
            rights.publish.push(format!("$JS.API.CONSUMER.INFO.{stream}.*"));
        }
        for name in [
            bucket::WORKFLOWS,
            bucket::POLICY,
            bucket::EPOCHS,
            bucket::AGENTS,
            bucket::GOALS,
            bucket::ARCHIVED,
            BUCKET_ARTIFACTS,
        ] {
            rights.write(name);
            rights.read(&kv::stream(name));
        }
        let hears = [STORED, PROGRESS, REPORTS].map(below);
        rights.subscribe.extend(hears);
        rights.subscribe.extend([subject::EPOCH, subject::SUBMIT].map(str::to_owned));
        rights
    }

    /// Of whoever hands in goals, and nothing else.
    #[must_use]
    pub fn submitter(inbox: &str) -> Self {
        let mut rights = Self::own(inbox);
        rights.publish.extend([subject::IN_GOAL, subject::SUBMIT].map(str::to_owned));
        rights
    }

    /// Its own inbox: answers, and the message to itself that shows that the server has heard it.
    fn own(inbox: &str) -> Self {
        let own = below(inbox);
        Self { publish: vec![own.clone()], subscribe: vec![own], answers: false }
    }

    /// Pulling from a consumer, and settling, in both forms of an acknowledgement.
    fn pull(&mut self, of: &Consumer) {
        let Consumer { stream, name, .. } = of;
        self.publish.extend([
            format!("$JS.API.STREAM.INFO.{stream}"),
            format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.{name}"),
            format!("$JS.API.CONSUMER.INFO.{stream}.{name}"),
            format!("$JS.ACK.{stream}.{name}.>"),
            format!("$JS.ACK.*.*.{stream}.{name}.>"),
        ]);
    }

    /// Reading what a stream keeps: from any replica, and from the leader.
    fn read(&mut self, stream: &str) {
        self.publish.extend([
            format!("$JS.API.DIRECT.GET.{stream}"),
            format!("$JS.API.DIRECT.GET.{stream}.>"),
            format!("$JS.API.STREAM.MSG.GET.{stream}"),
        ]);
    }

    /// Writing to a bucket.
    fn write(&mut self, bucket: &str) {
        self.publish.push(format!("$KV.{bucket}.>"));
    }
}

fn below(subject: &str) -> String {
    format!("{subject}.>")
}

impl fmt::Display for Rights {
    /// As the value of `permissions` in NATS's configuration.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |subjects: &[String]| {
            let quoted: Vec<String> = subjects.iter().map(|s| format!("    \"{s}\"")).collect();
            quoted.join(",\n")
        };
        writeln!(f, "{{\n  publish: [\n{}\n  ]", list(&self.publish))?;
        writeln!(f, "  subscribe: [\n{}\n  ]", list(&self.subscribe))?;
        if self.answers {
            writeln!(f, "  allow_responses: {{ max: 1, expires: \"10m\" }}")?;
        }
        write!(f, "}}")
    }
}
