//! What each kind of process may do on the server: the least that it works with.
//!
//! Nobody but `galley bus init` may make or change a stream, a bucket or a consumer, and nobody at all
//! may remove one. In one account this keeps an honest process to its business. It does not hold a
//! malicious one: the server sends what was asked for to whatever subject the asker names, with the
//! rights of the server. To hold an agent that runs what others wrote, its kind has an account of its
//! own, into which what stands here is let through: see [`Accounts`](crate::Accounts).

use std::fmt;

use galley_bus_core::topology::{
    ALARMS, BUCKET_ARTIFACTS, Consumer, DOCTOR, DUE, LOG_SUBJECTS, PROGRESS, REPORTS, SCHEDULES,
    STORED, STREAM_ALARM, STREAM_IN, STREAM_LOG, STREAM_REJECTED, STREAM_TASK, Topology, inputs,
    rejected, streams, tasks,
};
use galley_schemas::id::AgentKind;
use galley_schemas::subject::{self, bucket};
use serde::Serialize;

use crate::init::wanted;
use crate::kv;

mod pattern;
mod role;

pub(crate) use pattern::covers;
pub(crate) use role::CORE;
pub use role::Role;

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
    ///
    /// It reads the artifacts that it knows the hash of, and cannot list them.
    #[must_use]
    pub fn agent(kind: &AgentKind, inbox: &str) -> Self {
        let mut rights = Self::own(inbox);
        rights.pull(&tasks(kind));
        let report = subject::report(kind);
        rights.say([report.clone(), format!("{report}.*"), subject::REJECTED.to_owned()]);
        let journal = bucket::journal(kind);
        rights.write(&journal);
        rights.read(&kv::stream(&journal));
        let own = format!("$KV.{}.{}", bucket::AGENTS, kv::key::encode(kind.as_str()));
        let cards = kv::stream(bucket::AGENTS);
        for of in [own.clone(), below(&own)] {
            rights.say([format!("$JS.API.DIRECT.GET.{cards}.{of}"), of]);
        }
        rights.say([format!("$JS.API.STREAM.MSG.GET.{cards}")]);
        rights.artifacts();
        rights.write(BUCKET_ARTIFACTS);
        for name in [bucket::EPOCHS, bucket::POLICY] {
            rights.read(&kv::stream(name));
            rights.hear([hints(name)]);
        }
        rights.hear([subject::EPOCH.to_owned()]);
        rights
    }

    /// A coordinator's.
    #[must_use]
    pub fn coordinator(inbox: &str) -> Self {
        let mut rights = Self { answers: true, ..Self::own(inbox) };
        rights.pull(&inputs());
        rights.say([LOG_SUBJECTS.to_owned()]);
        rights.say([ALARMS, SCHEDULES, DUE, PROGRESS].map(below));
        let tasks = streams().into_iter().filter(|stream| stream.name == STREAM_TASK);
        rights.say(tasks.flat_map(|stream| stream.subjects));
        rights.say([
            subject::IN_GOAL,
            subject::IN_CONTROL,
            subject::IN_CHILD,
            subject::REJECTED,
            subject::EPOCH,
        ]);
        for stream in [STREAM_LOG, STREAM_ALARM, STREAM_IN, STREAM_TASK, STREAM_REJECTED] {
            rights.read(stream);
        }
        rights.say([api("STREAM.INFO", STREAM_LOG), api("STREAM.PURGE", STREAM_LOG)]);
        // What is settled is taken away by whoever stores.
        for stream in [STREAM_IN, STREAM_TASK, STREAM_REJECTED] {
            rights
                .say(["STREAM.INFO", "STREAM.PURGE", "CONSUMER.LIST"].map(|ask| api(ask, stream)));
        }
        rights.artifacts();
        rights.write(BUCKET_ARTIFACTS);
        let writes = [bucket::WORKFLOWS, bucket::EPOCHS, bucket::GOALS, bucket::ARCHIVED];
        for name in writes {
            rights.write(name);
        }
        for name in writes.into_iter().chain([bucket::AGENTS, bucket::FEEDBACK]) {
            rights.read(&kv::stream(name));
        }
        rights.hear([below(REPORTS), subject::SUBMIT.to_owned(), hints(bucket::EPOCHS)]);
        rights
    }

    /// A relay's: it reads the log, and keeps how far it carried it.
    #[must_use]
    pub fn relay(inbox: &str) -> Self {
        let mut rights = Self::own(inbox);
        rights.follow();
        rights.say([format!("$KV.{}.{}", bucket::FEEDBACK, subject::RELAY_KEY)]);
        rights
    }

    /// A learner's: it reads facts, from the log where there is no Kafka, and keeps what it learned.
    #[must_use]
    pub fn learner(inbox: &str) -> Self {
        let mut rights = Self::own(inbox);
        rights.follow();
        let own = |key: &str| format!("$KV.{}.{key}", bucket::FEEDBACK);
        rights.say([own(subject::LEARNER_KEY)]);
        for key in [subject::learned_key("", 0), subject::ruling_key("")] {
            let (folder, _) = key.split_once('/').unwrap_or((&key, ""));
            rights.say([below(&own(folder))]);
        }
        rights.write(bucket::POLICY);
        rights.read(&kv::stream(bucket::POLICY));
        rights
    }

    /// Of whoever hands in goals, and nothing else.
    #[must_use]
    pub fn submitter(inbox: &str) -> Self {
        let mut rights = Self::own(inbox);
        rights.say([subject::IN_GOAL, subject::SUBMIT]);
        rights
    }

    /// A person's, with the command line: sees everything, hands in goals and workflows, gives answers
    /// and orders.
    #[must_use]
    pub fn person(inbox: &str) -> Self {
        let mut rights = Self::own(inbox);
        rights.say([
            subject::IN_GOAL,
            subject::IN_ANSWER,
            subject::IN_CONTROL,
            subject::IN_FEEDBACK,
            subject::IN_SIGNAL,
            subject::SUBMIT,
        ]);
        rights.write(bucket::WORKFLOWS);
        rights.pull(&rejected(DOCTOR));
        rights.say([format!("$JS.API.CONSUMER.INFO.{STREAM_IN}.{}", inputs().name)]);
        rights.say([api("STREAM.INFO", STREAM_LOG)]);
        rights.read(STREAM_LOG);
        rights.artifacts();
        for name in [
            bucket::WORKFLOWS,
            bucket::EPOCHS,
            bucket::AGENTS,
            bucket::GOALS,
            bucket::ARCHIVED,
            bucket::FEEDBACK,
            bucket::POLICY,
        ] {
            rights.read(&kv::stream(name));
        }
        rights.hear([format!("{STORED}.{LOG_SUBJECTS}"), hints(bucket::GOALS), below(PROGRESS)]);
        rights
    }

    /// Of `galley bus init`: makes and changes what these agent kinds need, by name; removes nothing.
    #[must_use]
    pub fn bootstrap(kinds: &[AgentKind], inbox: &str) -> Self {
        let mut rights = Self::own(inbox);
        let topology = Topology::of(kinds);
        for stream in wanted::streams(&topology) {
            rights.say(["STREAM.INFO", "STREAM.CREATE", "STREAM.UPDATE"].map(|a| api(a, &stream)));
        }
        for consumer in &topology.consumers {
            let (ask, _) = wanted::create_consumer(consumer);
            let info = format!("$JS.API.CONSUMER.INFO.{}.{}", consumer.stream, consumer.name);
            rights.say([format!("$JS.API.{ask}"), info]);
        }
        rights
    }

    /// Of whoever takes copies of everything: `nats account backup`.
    #[must_use]
    pub fn backup(kinds: &[AgentKind], inbox: &str) -> Self {
        let mut rights = Self::own(inbox);
        for stream in wanted::streams(&Topology::of(kinds)) {
            rights.say(["STREAM.INFO", "STREAM.SNAPSHOT"].map(|ask| api(ask, &stream)));
        }
        rights.say(["$JS.API.STREAM.LIST", "$JS.API.STREAM.NAMES", "$JS.SNAPSHOT.ACK.>"]);
        rights
    }

    /// Whether it may publish on a subject.
    #[must_use]
    pub fn may_publish(&self, subject: &str) -> bool {
        self.publish.iter().any(|pattern| covers(pattern, subject))
    }

    /// Whether it may subscribe to a subject, or to a pattern of them.
    #[must_use]
    pub fn may_subscribe(&self, pattern: &str) -> bool {
        self.subscribe.iter().any(|wider| covers(wider, pattern))
    }

    /// Its own inbox: answers, and the message to itself that shows that the server has heard it.
    fn own(inbox: &str) -> Self {
        let own = below(inbox);
        Self { publish: vec![own.clone()], subscribe: vec![own], answers: false }
    }

    fn say<S: Into<String>>(&mut self, subjects: impl IntoIterator<Item = S>) {
        self.publish.extend(subjects.into_iter().map(Into::into));
    }

    fn hear(&mut self, subjects: impl IntoIterator<Item = String>) {
        self.subscribe.extend(subjects);
    }

    /// Pulling from a consumer, and settling, in both forms of an acknowledgement.
    fn pull(&mut self, of: &Consumer) {
        let Consumer { stream, name, .. } = of;
        self.say([
            api("STREAM.INFO", stream),
            format!("$JS.API.CONSUMER.MSG.NEXT.{stream}.{name}"),
            format!("$JS.API.CONSUMER.INFO.{stream}.{name}"),
            format!("$JS.ACK.{stream}.{name}.>"),
            format!("$JS.ACK.*.*.{stream}.{name}.>"),
        ]);
    }

    /// Following the log, and what is kept of how far it was carried and learned from.
    fn follow(&mut self) {
        self.say([api("STREAM.INFO", STREAM_LOG)]);
        self.read(STREAM_LOG);
        self.hear([format!("{STORED}.{LOG_SUBJECTS}")]);
        self.read(&kv::stream(bucket::FEEDBACK));
    }

    /// Reading what a stream keeps, all of it: from any replica, and from the leader.
    fn read(&mut self, stream: &str) {
        self.say([api("DIRECT.GET", stream), api("STREAM.MSG.GET", stream)]);
        self.say([format!("$JS.API.DIRECT.GET.{stream}.>")]);
    }

    /// Reading artifacts by their hash, and not listing them.
    fn artifacts(&mut self) {
        let stream = kv::stream(BUCKET_ARTIFACTS);
        self.say([format!("$JS.API.DIRECT.GET.{stream}.$KV.{BUCKET_ARTIFACTS}.>")]);
    }

    /// Writing to a bucket.
    fn write(&mut self, bucket: &str) {
        self.say([format!("$KV.{bucket}.>")]);
    }
}

fn below(subject: &str) -> String {
    format!("{subject}.>")
}

fn api(ask: &str, stream: &str) -> String {
    format!("$JS.API.{ask}.{stream}")
}

/// Where it is told what was stored in a bucket.
fn hints(bucket: &str) -> String {
    format!("{STORED}.$KV.{bucket}.>")
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
