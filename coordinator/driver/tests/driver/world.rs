//! A bus on a file, coordinators on it, agents beside them, and ways to wait for what happens.

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use galley_bus_core::Bus;
use galley_bus_core::clock::{Chance as _, Clock as _, SystemChance, SystemClock};
use galley_bus_core::log::{Entry, Seq};
use galley_bus_core::message::Message;
use galley_bus_core::topology;
use galley_bus_embedded::Embedded;
use galley_coordinator_driver::{Config, Coordinator, Registry};
use galley_schemas::amount::Limits;
use galley_schemas::envelope::{CloudEvent, SPEC_VERSION, kind};
use galley_schemas::id::{GoalId, MessageId, Principal, WorkflowName};
use galley_schemas::input::{Autonomy, Rejected, Submission};
use galley_schemas::record::{Ending, Event};
use galley_schemas::subject::{self, bucket};
use galley_schemas::view::Status;
use serde::Serialize;
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::{AbortHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::agents::{Agents, Outside};

/// Longest time that anything here may take: a bound, never a wait.
const PATIENCE: Duration = Duration::from_secs(60);

/// Three kinds in a row: one result fans out, the last one writes to the outside world.
pub(crate) const SMALL: &str = r#"
workflow: small
input: { type: object, required: [topic], properties: { topic: { type: string, maxLength: 100 } } }
steps:
  plan:  { agent: planner, with: { topic: "${input.topic}" } }
  work:  { agent: worker, each: "${plan.items}", with: { item: "${item}" }, at_most: 2 }
  post:  { agent: poster, with: { parts: "${work}" } }
"#;

/// A person must approve.
pub(crate) const ASKING: &str = r#"
workflow: asking
input: { type: object, required: [topic], properties: { topic: { type: string } } }
steps:
  plan: { agent: planner, with: { topic: "${input.topic}" } }
  ask:
    approval: { by: [editors], quorum: 1, within: 24h, otherwise: reject }
    with: { plan: "${plan}" }
  post: { agent: poster, with: { parts: "${ask}" } }
"#;

/// One write to the outside world.
pub(crate) const POSTING: &str = r#"
workflow: posting
input: { type: object, required: [topic], properties: { topic: { type: string } } }
steps:
  post: { agent: poster, with: { parts: "${input.topic}" } }
"#;

/// Nobody plays its agent: only its time can run out.
pub(crate) const LATE: &str = r#"
workflow: late
input: { type: object, required: [topic], properties: { topic: { type: string } } }
steps:
  never: { agent: nobody, with: { topic: "${input.topic}" }, within: 1s, retry: { times: 1 } }
"#;

/// A sub-goal for each item.
pub(crate) const NESTED: &str = r#"
workflow: nested
input: { type: object, required: [topic], properties: { topic: { type: string } } }
steps:
  plan: { agent: planner, with: { topic: "${input.topic}" } }
  each_one: { goal: small, each: "${plan.items}", with: { topic: "${item}" } }
"#;

pub(crate) struct World {
    dir: Arc<TempDir>,
    embedded: Embedded,
    pub(crate) bus: Bus,
    pub(crate) outside: Outside,
    running: JoinSet<()>,
    stop: CancellationToken,
}

impl World {
    /// A bus on a new file, with the workflows registered.
    pub(crate) async fn new() -> Self {
        let dir = Arc::new(tempfile::tempdir().unwrap());
        let world = Self::on(dir, Outside::default()).await;
        for text in [SMALL, ASKING, POSTING, LATE, NESTED] {
            Registry::new(Arc::clone(&world.bus.kv)).register(text).await.unwrap();
        }
        world
    }

    async fn on(dir: Arc<TempDir>, outside: Outside) -> Self {
        let path: PathBuf = dir.path().join("galley.db");
        let embedded = Embedded::open(path, Arc::new(SystemClock)).await.unwrap();
        let bus = embedded.bus();
        let (running, stop) = (JoinSet::new(), CancellationToken::new());
        Self { dir, embedded, bus, outside, running, stop }
    }

    /// Everything dies at once; the file is opened again by a new process.
    pub(crate) async fn crash(self) -> Self {
        let Self { dir, embedded, bus, outside, mut running, stop } = self;
        running.shutdown().await;
        drop((bus, embedded, stop));
        Self::on(dir, outside).await
    }

    /// Everything is stopped in order.
    pub(crate) async fn end(mut self) {
        self.stop.cancel();
        while let Some(ended) = self.running.join_next().await {
            assert!(ended.as_ref().map_or_else(|e| e.is_cancelled(), |()| true), "{ended:?}");
        }
        self.embedded.close().await.unwrap();
    }

    /// Starts a coordinator on a bus: this world's, or one in front of it.
    pub(crate) fn coordinator_on(&mut self, bus: Bus) -> AbortHandle {
        self.coordinator_with(bus, config())
    }

    /// Starts a coordinator with another configuration.
    pub(crate) fn coordinator_with(&mut self, bus: Bus, config: Config) -> AbortHandle {
        assert_eq!(config.check(), Vec::new());
        let coordinator =
            Coordinator::new(bus, Arc::new(SystemClock), Arc::new(SystemChance), config);
        self.running.spawn(coordinator.run(self.stop.clone()))
    }

    /// Starts coordinators on this world's bus.
    pub(crate) fn coordinators(&mut self, count: usize) {
        for _ in 0..count {
            self.coordinator_on(self.bus.clone());
        }
    }

    /// Starts the agents of every kind.
    pub(crate) fn agents(&mut self) {
        Agents::new(&self.bus, &self.outside).start(&mut self.running, &self.stop);
    }

    /// Puts a goal on the stream of inputs.
    pub(crate) async fn submit(&self, workflow: &str, topic: &str) -> GoalId {
        let submission = submission(workflow, topic);
        self.say(subject::IN_GOAL, kind::SUBMISSION, &submission).await;
        submission.goal
    }

    /// Puts an enveloped message on the stream of inputs; gives its id.
    pub(crate) async fn say<T: Serialize>(&self, subject: &str, kind: &str, data: &T) -> MessageId {
        let id = SystemChance.message_id(SystemClock.now());
        let message = Message::new(subject, id.clone(), event(kind, &id, data));
        self.bus.queue.publish(message).await.unwrap();
        id
    }

    /// Puts bytes on the stream of inputs.
    pub(crate) async fn throw(&self, subject: &str, payload: impl Into<Bytes>) -> MessageId {
        let id = SystemChance.message_id(SystemClock.now());
        let message = Message::new(subject, id.clone(), payload);
        self.bus.queue.publish(message).await.unwrap();
        id
    }

    pub(crate) async fn log(&self, goal: &GoalId) -> Vec<Entry> {
        self.bus.log.read(goal, Seq::START).await.unwrap()
    }

    pub(crate) async fn events(&self, goal: &GoalId) -> Vec<Event> {
        self.log(goal).await.into_iter().flat_map(|entry| entry.record.events).collect()
    }

    pub(crate) async fn status(&self, goal: &GoalId) -> Option<Status> {
        let entry = self.bus.kv.get(bucket::GOALS, &goal.to_string()).await.unwrap()?;
        Some(serde_json::from_slice(&entry.value).unwrap())
    }

    /// Waits until a goal's log has an event.
    pub(crate) async fn event(&self, goal: &GoalId, want: impl Fn(&Event) -> bool) -> Event {
        self.until("an event", || async {
            let events = self.events(goal).await;
            events.into_iter().find(|event| want(event))
        })
        .await
    }

    /// Waits until a goal ended.
    pub(crate) async fn ended(&self, goal: &GoalId) -> Ending {
        let ended = self.event(goal, |event| matches!(event, Event::Ended { .. })).await;
        let Event::Ended { ending, .. } = ended else { panic!("{ended:?}") };
        ending
    }

    /// Waits until a goal succeeded, and holds its log to what every log must keep to.
    pub(crate) async fn succeeded(&self, goal: &GoalId) {
        let ending = self.ended(goal).await;
        assert!(matches!(ending, Ending::Succeeded { .. }), "{goal}: {ending:?}");
        self.hold_to_the_laws(goal).await;
    }

    /// Every task was accepted once, every effect of this goal was written once.
    pub(crate) async fn hold_to_the_laws(&self, goal: &GoalId) {
        let mut done = Vec::new();
        for event in self.events(goal).await {
            if let Event::Done { task, .. } = event {
                assert!(!done.contains(&task), "{goal}: {task} was accepted twice");
                done.push(task);
            }
        }
        for (effect, count) in self.outside.written_for(goal) {
            assert_eq!(count, 1, "{goal}: {effect} was written {count} times");
        }
    }

    /// Waits until a goal's status says that all of its log is in it, and nothing is owed.
    pub(crate) async fn settled(&self, goal: &GoalId) -> Status {
        self.until("a status that is up to date", || async {
            let last = self.log(goal).await.last()?.seq.0;
            let status = self.status(goal).await?;
            (status.seq == last && status.acted == last).then_some(status)
        })
        .await
    }

    /// Waits for a message on the rejected subject that was about this one.
    pub(crate) async fn rejection(&self, of: &MessageId) -> Rejected {
        let reader = topology::rejected("test");
        self.until("a rejection", || async {
            let pulled = self.bus.queue.pull(&reader, 16, Duration::from_millis(50)).await.unwrap();
            let mut found = None;
            for delivery in pulled {
                let kept: Rejected = serde_json::from_slice(&delivery.message.payload).unwrap();
                if kept.id == *of {
                    delivery.loan.ack().await.unwrap();
                    found = Some(kept);
                } else {
                    delivery.loan.retry_later(Duration::ZERO).await.unwrap();
                }
            }
            found
        })
        .await
    }

    /// Looks each time that something was recorded, or a moment later, until there is something.
    pub(crate) async fn until<T, F>(&self, what: &str, mut look: impl FnMut() -> F) -> T
    where
        F: Future<Output = Option<T>>,
    {
        let looking = async {
            let mut end = Seq::START;
            loop {
                if let Some(found) = look().await {
                    return found;
                }
                end = self.bus.log.changed(end, Duration::from_millis(20)).await.unwrap();
            }
        };
        let found = tokio::time::timeout(PATIENCE, looking).await;
        found.unwrap_or_else(|_| panic!("waited too long for {what}"))
    }
}

/// How coordinators run here: with short periods.
pub(crate) fn config() -> Config {
    Config {
        default_workflow: WorkflowName::new("small").unwrap(),
        view_period_ms: 10,
        progress_period_ms: 10,
        refresh_period_secs: 1,
        grace_secs: 5,
        ..Config::default()
    }
}

pub(crate) fn submission(workflow: &str, topic: &str) -> Submission {
    Submission {
        goal: SystemChance.goal_id(SystemClock.now()),
        workflow: WorkflowName::new(workflow).unwrap(),
        input: serde_json::json!({ "topic": topic }),
        budget: Limits::default(),
        autonomy: Autonomy::default(),
        by: Principal::new("tester"),
        parent: None,
    }
}

pub(crate) fn event<T: Serialize>(kind: &str, id: &MessageId, data: &T) -> Bytes {
    let event = CloudEvent {
        specversion: SPEC_VERSION.to_owned(),
        id: id.clone(),
        source: "/galley/test".to_owned(),
        kind: kind.to_owned(),
        subject: None,
        time: SystemClock.now(),
        datacontenttype: "application/json".to_owned(),
        traceparent: None,
        data,
    };
    serde_json::to_vec(&event).unwrap().into()
}

/// The value in an event's payload.
pub(crate) fn data(payload: &[u8]) -> Value {
    let mut event: Value = serde_json::from_slice(payload).unwrap();
    event["data"].take()
}
