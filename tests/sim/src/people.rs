//! People and outside systems: they submit, answer, stop, resume, cancel, signal and rate; sometimes
//! twice, too late, or nonsense. What they were told is kept must come to something.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use galley_bus_core::calls::Calls as _;
use galley_bus_core::clock::{Chance as _, Clock as _};
use galley_bus_core::message::Message;
use galley_bus_core::queue::Queue as _;
use galley_schemas::amount::Limits;
use galley_schemas::envelope::{CloudEvent, SPEC_VERSION, kind};
use galley_schemas::id::{AgentKind, GoalId, MessageId, Principal, WorkflowName};
use galley_schemas::input::{
    Answer, AnswerVerdict, Autonomy, Control, Feedback, Order, Scope, Signal, Submission,
    SubmitReply,
};
use galley_schemas::subject;
use galley_schemas::view::{Question, View};
use galley_tests_support::dice::Dice;
use serde::Serialize;
use serde_json::json;

use crate::broker::Link;
use crate::lock;
use crate::target::{self, Target};
use crate::workflows::NAMES;

/// How often something is said again until it is acknowledged.
const TRIES_MAX: u32 = 500;
/// How long people wait before they say it again.
const AGAIN: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));
/// How long a submission by request waits for its answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Something that people were told is kept.
#[derive(Debug, Clone)]
pub(crate) enum Acknowledged {
    /// A goal; its id is known unless it was typed by hand.
    Goal { id: MessageId, goal: Option<GoalId> },
    /// An outcome: it must be noted once.
    Feedback { id: MessageId, feedback: Feedback },
    /// Nonsense: it must be kept as refused.
    Poison { id: MessageId },
}

/// People and outside systems.
#[derive(Debug, Clone)]
pub(crate) struct People {
    link: Link,
    target: Arc<Target>,
    said: Arc<Mutex<Said>>,
    /// Held while an order is given: the next one is given when this one is acknowledged, so that
    /// their order is known.
    ordering: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default)]
struct Said {
    acknowledged: Vec<Acknowledged>,
    /// The scopes that an order to stop was given for.
    stopped: BTreeSet<Scope>,
    /// The tasks whose question was answered for good, with the count of answers.
    answered: BTreeSet<(GoalId, String)>,
}

impl People {
    pub(crate) fn new(link: Link, target: Arc<Target>) -> Self {
        Self { link, target, said: Arc::default(), ordering: Arc::default() }
    }

    /// What they were told is kept.
    pub(crate) fn acknowledged(&self) -> Vec<Acknowledged> {
        lock(&self.said).acknowledged.clone()
    }

    /// Submits a goal, in one of three ways.
    pub(crate) async fn submit(&self) {
        let name = self.draw(|dice| dice.pick(&NAMES).copied()).unwrap_or("line");
        let goal = self.link.process.chance.goal_id(self.link.process.clock.now());
        let submission = Submission {
            goal,
            workflow: WorkflowName::new(name).expect("it is a name"),
            input: json!({ "topic": "tea" }),
            budget: Limits::default(),
            autonomy: Autonomy::default(),
            by: Principal::new("ann"),
            parent: None,
        };
        let label = self.link.broker.world.diary.name(&goal);
        self.link.note(&format!("submit {label} on {name}"));
        match self.draw(|dice| dice.below(4)) {
            0 => self.request(submission).await,
            1 => {
                // As typed by hand: the bare input, for the default workflow.
                let id = self.new_id();
                let payload = Bytes::from_static(br#"{"topic":"typed by hand"}"#);
                if self.publish(subject::IN_GOAL, &id, payload).await {
                    self.keep(Acknowledged::Goal { id, goal: None });
                }
            }
            _ => {
                let id = self.new_id();
                let payload = self.event(&id, kind::SUBMISSION, &submission);
                if self.publish(subject::IN_GOAL, &id, payload).await {
                    self.keep(Acknowledged::Goal { id, goal: Some(goal) });
                }
            }
        }
    }

    /// Submits by request and reply, until somebody answers.
    async fn request(&self, submission: Submission) {
        let goal = submission.goal;
        let id = self.new_id();
        let payload = self.event(&id, kind::SUBMISSION, &submission);
        for _ in 0..TRIES_MAX {
            let answer = self.link.call(subject::SUBMIT, payload.clone(), PATIENCE).await;
            let reply = answer.ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
            match reply {
                Some(SubmitReply::Accepted { goal: of }) => {
                    if of != goal {
                        let what = format!("a submission of {goal} was answered with {of}");
                        let world = &self.link.broker.world;
                        world.checks.violate(world, Some(goal), what);
                    }
                    return self.keep(Acknowledged::Goal { id, goal: Some(goal) });
                }
                // The bus was out of reach for the coordinator.
                Some(SubmitReply::Refused { .. }) | None => self.wait().await,
            }
        }
    }

    /// Answers one open question, if there is any.
    pub(crate) async fn answer_some(&self) {
        self.answer_one().await;
    }

    /// Answers one open question, if there is any; says whether there was.
    pub(crate) async fn answer_one(&self) -> bool {
        let views = self.link.broker.world.checks.views();
        let open: Vec<_> =
            views.iter().flat_map(|v| v.questions.iter().map(move |q| (v, q))).collect();
        let Some((view, question)) = self.draw(|dice| dice.pick(&open).copied()) else {
            return false;
        };
        for answer in self.answers(view, question) {
            self.tell(subject::IN_ANSWER, kind::ANSWER, &answer).await;
        }
        true
    }

    fn answers(&self, view: &View, question: &Question) -> Vec<Answer> {
        let goal = view.goal;
        let answer = |task: &galley_schemas::id::TaskId, by: &str, verdict| Answer {
            goal,
            task: task.clone(),
            by: Principal::new(by),
            verdict,
            content: None,
            note: String::new(),
        };
        match question {
            Question::Approval { task, by, content, .. } => {
                let verdict = self.draw(|dice| match dice.below(10) {
                    0 => AnswerVerdict::Reject,
                    1 => AnswerVerdict::ApproveEdited { value: json!({ "edited": true }) },
                    _ => AnswerVerdict::Approve,
                });
                let all = by.iter().map(|by| Answer {
                    content: Some(content.clone()),
                    ..answer(task, by.as_str(), verdict.clone())
                });
                all.collect()
            }
            Question::Effect { task, key, .. } => {
                // A person who looks sees the truth.
                let key = target::key(&goal, task.as_str(), key.as_str());
                let verdict = match self.target.count(&key) {
                    0 => AnswerVerdict::DidNotHappen,
                    _ => AnswerVerdict::Happened { receipt: json!({ "url": "seen by a person" }) },
                };
                lock(&self.said).answered.insert((goal, task.to_string()));
                vec![answer(task, "ann", verdict)]
            }
        }
    }

    /// Gives an order: mostly to stop something, or to go on with what was stopped.
    pub(crate) async fn order(&self) {
        let _alone = self.ordering.lock().await;
        let stopped: Vec<Scope> = lock(&self.said).stopped.iter().cloned().collect();
        let resume = self.draw(|dice| dice.permille(500).then(|| dice.pick(&stopped).cloned()));
        if let Some(Some(scope)) = resume {
            lock(&self.said).stopped.remove(&scope);
            return self.steer(scope, Order::Resume).await;
        }
        let Some(scope) = self.any_scope() else { return };
        let is_goal = matches!(scope, Scope::Goal { .. });
        if is_goal && self.draw(|dice| dice.permille(300)) {
            return self.steer(scope, Order::Cancel).await;
        }
        lock(&self.said).stopped.insert(scope.clone());
        self.steer(scope, Order::Stop).await;
    }

    /// Lifts every stop.
    pub(crate) async fn lift_all(&self) {
        let _alone = self.ordering.lock().await;
        let stopped = std::mem::take(&mut lock(&self.said).stopped);
        for scope in stopped {
            self.steer(scope, Order::Resume).await;
        }
    }

    fn any_scope(&self) -> Option<Scope> {
        let goals: Vec<GoalId> =
            self.link.broker.world.checks.views().iter().map(|view| view.goal).collect();
        self.draw(|dice| match dice.below(10) {
            0 => Some(Scope::All),
            1 | 2 => {
                let name = dice.pick(&NAMES).copied()?;
                Some(Scope::Workflow { workflow: WorkflowName::new(name).ok()? })
            }
            3..=5 => {
                let kind = dice.pick(&["maker", "judge", "press", "eraser"]).copied()?;
                Some(Scope::Kind { kind: AgentKind::new(kind).ok()? })
            }
            _ => Some(Scope::Goal { goal: *dice.pick(&goals)? }),
        })
    }

    async fn steer(&self, scope: Scope, order: Order) {
        let label = match &scope {
            Scope::Goal { goal } => self.link.broker.world.diary.name(goal),
            Scope::All | Scope::Workflow { .. } | Scope::Kind { .. } => format!("{scope:?}"),
        };
        self.link.note(&format!("order: {order:?} {label}"));
        let control = Control { scope, order, by: Principal::new("ann"), reason: String::new() };
        self.tell(subject::IN_CONTROL, kind::CONTROL, &control).await;
    }

    /// Says what some `wait` step may be waiting for, and what came of some goal.
    pub(crate) async fn signal_and_rate(&self) {
        let views = self.link.broker.world.checks.views();
        let Some(view) = self.draw(|dice| dice.pick(&views).cloned()) else { return };
        let goal = view.goal;
        if view.workflow.name.as_str() == "hold" {
            let step = "word".parse().expect("it is a name");
            let signal = Signal { goal, step, value: json!("go") };
            self.tell(subject::IN_SIGNAL, kind::SIGNAL, &signal).await;
        }
        let id = self.new_id();
        let feedback = Feedback {
            goal,
            outcome: format!("views-{id}"),
            value: 1.5,
            by: Principal::new("site"),
            at: self.link.process.clock.now(),
        };
        let payload = self.event(&id, kind::FEEDBACK, &feedback);
        if self.publish(subject::IN_FEEDBACK, &id, payload).await {
            self.keep(Acknowledged::Feedback { id, feedback });
        }
    }

    /// Sends what nobody can read.
    pub(crate) async fn poison(&self) {
        const PLACES: [(&str, &str); 6] = [
            (subject::IN_GOAL, "no json"),
            (subject::IN_GOAL, "[1,2]"),
            (subject::IN_ANSWER, r#"{"goal":"not an id"}"#),
            (subject::IN_CONTROL, r#"{"scope":{"of":"all"},"order":"cancel","by":"eve"}"#),
            (subject::FIRED, "\u{0}"),
            ("galley.task.press", r#"{"specversion":"1.0","data":7}"#),
        ];
        let Some((subject, text)) = self.draw(|dice| dice.pick(&PLACES).copied()) else { return };
        let id = self.new_id();
        if self.publish(subject, &id, Bytes::from_static(text.as_bytes())).await {
            self.keep(Acknowledged::Poison { id });
        }
    }

    /// Says something odd: about a goal that nobody knows, for content that nobody showed.
    pub(crate) async fn odd(&self) {
        let now = self.link.process.clock.now();
        let views = self.link.broker.world.checks.views();
        let known = self.draw(|dice| dice.pick(&views).cloned());
        let goal = known.map_or_else(|| self.link.process.chance.goal_id(now), |view| view.goal);
        let stale = Answer {
            goal,
            task: "ask".into_task(),
            by: Principal::new("mallory"),
            verdict: AnswerVerdict::Approve,
            content: Some(galley_schemas::artifact::Digest::of(b"something else")),
            note: String::new(),
        };
        self.tell(subject::IN_ANSWER, kind::ANSWER, &stale).await;
        let step = "plan".parse().expect("it is a name");
        let signal = Signal { goal, step, value: json!(null) };
        self.tell(subject::IN_SIGNAL, kind::SIGNAL, &signal).await;
    }

    /// Says something until it is acknowledged.
    async fn tell<T: Serialize>(&self, subject: &str, kind: &str, data: &T) {
        let id = self.new_id();
        let payload = self.event(&id, kind, data);
        self.publish(subject, &id, payload).await;
    }

    /// Publishes until it is acknowledged, always under the same id; says whether it was.
    async fn publish(&self, subject: &str, id: &MessageId, payload: Bytes) -> bool {
        for _ in 0..TRIES_MAX {
            let message = Message::new(subject, id.clone(), payload.clone());
            if self.link.publish(message).await.is_ok() {
                return true;
            }
            self.wait().await;
        }
        false
    }

    fn event<T: Serialize>(&self, id: &MessageId, kind: &str, data: &T) -> Bytes {
        let event = CloudEvent {
            specversion: SPEC_VERSION.to_owned(),
            id: id.clone(),
            source: "/people".to_owned(),
            kind: kind.to_owned(),
            subject: None,
            time: self.link.process.clock.now(),
            datacontenttype: "application/json".to_owned(),
            traceparent: None,
            data,
        };
        serde_json::to_vec(&event).expect("an event has string keys only").into()
    }

    fn new_id(&self) -> MessageId {
        MessageId::new(format!("said-{:08x}", self.draw(Dice::roll) >> 32))
    }

    fn keep(&self, acknowledged: Acknowledged) {
        lock(&self.said).acknowledged.push(acknowledged);
    }

    async fn wait(&self) {
        tokio::time::sleep(self.draw(|dice| dice.between(AGAIN.0, AGAIN.1))).await;
    }

    fn draw<T>(&self, draw: impl FnOnce(&mut Dice) -> T) -> T {
        self.link.broker.world.draw(draw)
    }
}

/// A text as the id of a task.
trait IntoTask {
    fn into_task(self) -> galley_schemas::id::TaskId;
}

impl IntoTask for &str {
    fn into_task(self) -> galley_schemas::id::TaskId {
        galley_schemas::id::TaskId::new(self)
    }
}
