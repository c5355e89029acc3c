//! People: they submit, answer, stop, resume, cancel, signal and rate, and say it again until it is
//! acknowledged. What they were told is kept must come to something.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use galley_bus_core::Bus;
use galley_bus_core::clock::{Chance as _, Clock as _, SystemChance, SystemClock};
use galley_bus_core::message::Message;
use galley_schemas::amount::Limits;
use galley_schemas::envelope::{CloudEvent, SPEC_VERSION, kind};
use galley_schemas::id::{AgentKind, GoalId, MessageId, Principal, WorkflowName};
use galley_schemas::input::{
    Answer, AnswerVerdict, Autonomy, Control, Feedback, Order, Scope, Signal, Submission,
    SubmitReply,
};
use galley_schemas::subject::{self, bucket};
use galley_schemas::view::{Phase, Question, Status, StepView, View};
use galley_tests_sim::chance::Drawn;
use galley_tests_support::dice::Dice;
use serde::Serialize;
use serde_json::json;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::agents::seed;
use crate::target::{Key, Target};
use crate::workflows;

/// The pause before something is said again.
const AGAIN: Duration = Duration::from_millis(300);
/// How long a submission by request waits for its answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often people look at the goals.
const LOOK: Duration = Duration::from_millis(300);
/// Pause between two stops, and how long one lasts.
const STOP_PAUSE: (Duration, Duration) = (Duration::from_secs(2), Duration::from_secs(7));
const STOP_LASTS: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(2));
/// Of a hundred goals, so many are cancelled and so many are rated.
const CANCELLED: u64 = 6;
const RATED: u64 = 40;

/// A goal that people were told is kept.
#[derive(Debug, Clone)]
pub(crate) struct Submitted {
    /// The message.
    pub(crate) id: MessageId,
    /// The goal; none when it was typed by hand, and the coordinator gave it its id.
    pub(crate) goal: Option<GoalId>,
}

/// People.
#[derive(Debug)]
pub(crate) struct People {
    bus: Bus,
    target: Arc<Target>,
    dice: Mutex<Dice>,
    known: Mutex<Known>,
}

/// What they know.
#[derive(Debug, Default, Clone)]
pub(crate) struct Known {
    pub(crate) submitted: Vec<Submitted>,
    /// The outcomes that they said, each of which must be noted once.
    pub(crate) rated: Vec<Feedback>,
    /// Every goal that they ever saw, with whether it had ended when they looked last.
    pub(crate) goals: BTreeMap<GoalId, bool>,
    /// Why they last could not look, if they could not.
    pub(crate) blind: Option<String>,
    said: BTreeSet<String>,
}

impl Known {
    pub(crate) fn ended(&self) -> usize {
        self.goals.values().filter(|ended| **ended).count()
    }

    /// Whether every goal that was submitted is there, and all are over.
    pub(crate) fn is_quiet(&self) -> bool {
        let there = |submitted: &Submitted| {
            submitted.goal.is_none_or(|goal| self.goals.contains_key(&goal))
        };
        self.blind.is_none()
            && self.goals.len() >= self.submitted.len()
            && self.submitted.iter().all(there)
            && self.goals.values().all(|ended| *ended)
    }
}

impl People {
    pub(crate) fn new(bus: Bus, target: Arc<Target>, dice: Dice) -> Arc<Self> {
        Arc::new(Self { bus, target, dice: Mutex::new(dice), known: Mutex::default() })
    }

    /// What they know.
    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Submits goals, evenly over a time.
    pub(crate) async fn submit_all(self: Arc<Self>, goals: u32, over: Duration) {
        let pause = over / goals.max(1);
        for _ in 0..goals {
            let name = self.draw(|dice| dice.pick(&workflows::NAMES).copied());
            self.submit(name.unwrap_or(workflows::DEFAULT), json!({ "topic": "tea" })).await;
            sleep(pause).await;
        }
    }

    /// Submits articles.
    pub(crate) async fn submit_articles(self: Arc<Self>, articles: u32, over: Duration) {
        const TOPICS: [&str; 5] = [
            "How coffee is roasted",
            "Why bread rises",
            "How AI chatbots change customer service",
            "What makes a city walkable",
            "How tides work",
        ];
        let pause = over / articles.max(1);
        for topic in TOPICS.iter().cycle().take(usize::try_from(articles).unwrap_or_default()) {
            self.submit("article", json!({ "topic": topic, "words": 300 })).await;
            sleep(pause).await;
        }
    }

    /// Submits a goal, in one of three ways.
    async fn submit(&self, workflow: &str, input: serde_json::Value) {
        let now = SystemClock.now();
        let id = SystemChance.message_id(now);
        let (way, fork) = self.draw(|dice| (dice.below(4), dice.fork()));
        if way == 0 && workflow == workflows::DEFAULT {
            // As typed by hand: the bare input, for the default workflow.
            let payload = Bytes::from(input.to_string());
            self.publish(subject::IN_GOAL, &id, payload).await;
            return self.known().submitted.push(Submitted { id, goal: None });
        }
        // The goal's id, but for its time, is the seed's.
        let goal = Drawn::new(fork).goal_id(now);
        let submission = Submission {
            goal,
            workflow: WorkflowName::new(workflow).expect("it is a name"),
            input,
            budget: Limits::default(),
            autonomy: Autonomy::Full,
            by: Principal::new("ann"),
            parent: None,
        };
        let payload = event(&id, kind::SUBMISSION, &submission);
        if way == 1 {
            self.request(payload).await;
        } else {
            self.publish(subject::IN_GOAL, &id, payload).await;
        }
        self.known().submitted.push(Submitted { id, goal: Some(goal) });
    }

    /// Submits by request and reply, until a coordinator accepts.
    async fn request(&self, payload: Bytes) {
        loop {
            let answer = self.bus.calls.call(subject::SUBMIT, payload.clone(), PATIENCE).await;
            let reply = answer.ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
            match reply {
                Some(SubmitReply::Accepted { .. }) => return,
                Some(SubmitReply::Refused { .. }) | None => sleep(AGAIN).await,
            }
        }
    }

    /// Looks at the goals, answers what they ask, signals, cancels and rates; until stopped.
    pub(crate) async fn tend(self: Arc<Self>, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let looked = self.look().await;
            self.known().blind = looked.err().map(|error| format!("{error:#}"));
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = sleep(LOOK) => {}
            }
        }
    }

    async fn look(&self) -> anyhow::Result<()> {
        for key in self.bus.kv.keys(bucket::GOALS, "").await? {
            let Ok(goal) = key.parse::<GoalId>() else { continue };
            if self.known().goals.get(&goal) == Some(&true) {
                continue;
            }
            let Some(entry) = self.bus.kv.get(bucket::GOALS, &key).await? else { continue };
            let status: Status = serde_json::from_slice(&entry.value)?;
            let has_ended = matches!(status.view.phase, Phase::Ended { .. });
            self.known().goals.insert(goal, has_ended);
            self.attend(&status.view, has_ended).await;
        }
        Ok(())
    }

    /// Does what people do about one goal.
    async fn attend(&self, view: &View, has_ended: bool) {
        let mut dice = Dice::new(seed(&format!("{}/people", view.goal)));
        let (cancelled, rated) = (dice.below(100) < CANCELLED, dice.below(100) < RATED);
        if has_ended {
            if rated {
                self.rate(view.goal).await;
            }
            return;
        }
        for question in &view.questions {
            self.answer(view.goal, question, &mut dice).await;
        }
        let waits = |step: &StepView| step.step.as_str() == "word" && !step.open.is_empty();
        if view.steps.iter().any(waits) && self.is_first(format!("{}/go", view.goal)) {
            let step = "word".parse().expect("it is a name");
            let signal = Signal { goal: view.goal, step, value: json!("go") };
            self.tell(subject::IN_SIGNAL, kind::SIGNAL, &signal).await;
        }
        // Articles are to be published, and sub-goals are cancelled with what asked for them.
        let may_end = view.parent.is_none() && view.workflow.name.as_str() != "article";
        if cancelled && may_end && self.is_first(format!("{}/cancel", view.goal)) {
            self.order(Scope::Goal { goal: view.goal }, Order::Cancel).await;
        }
    }

    async fn answer(&self, goal: GoalId, question: &Question, dice: &mut Dice) {
        let answer = |task, by: &str, verdict| {
            let (by, note) = (Principal::new(by), String::new());
            Answer { goal, task, by, verdict, content: None, note }
        };
        match question {
            Question::Approval { task, by, content, .. } => {
                let verdict = match dice.below(10) {
                    0 => AnswerVerdict::Reject,
                    1 => AnswerVerdict::ApproveEdited { value: json!({ "edited": true }) },
                    _ => AnswerVerdict::Approve,
                };
                if !self.is_first(format!("{goal}/{task}/{content}")) {
                    return;
                }
                for by in by {
                    let said = answer(task.clone(), by.as_str(), verdict.clone());
                    let said = Answer { content: Some(content.clone()), ..said };
                    self.tell(subject::IN_ANSWER, kind::ANSWER, &said).await;
                    if verdict == AnswerVerdict::Reject {
                        return;
                    }
                }
            }
            Question::Effect { task, key, .. } => {
                // A person who looks sees the truth.
                let landed = self.target.count(&Key::new(&goal, task, key.as_str()));
                let verdict = match landed {
                    0 => AnswerVerdict::DidNotHappen,
                    _ => AnswerVerdict::Happened { receipt: json!({ "url": "seen by a person" }) },
                };
                self.tell(subject::IN_ANSWER, kind::ANSWER, &answer(task.clone(), "ann", verdict))
                    .await;
            }
        }
    }

    async fn rate(&self, goal: GoalId) {
        if !self.is_first(format!("{goal}/rate")) {
            return;
        }
        let (outcome, by) = ("rating".to_owned(), Principal::new("readers"));
        let rating = Feedback { goal, outcome, value: 4.0, by, at: SystemClock.now() };
        self.tell(subject::IN_FEEDBACK, kind::FEEDBACK, &rating).await;
        self.known().rated.push(rating);
    }

    /// Stops and resumes scopes, until stopped; what was stopped is resumed.
    pub(crate) async fn stop_and_resume(self: Arc<Self>, calm: CancellationToken) {
        while !calm.is_cancelled() {
            let (pause, lasts) = self.draw(|dice| {
                (dice.between(STOP_PAUSE.0, STOP_PAUSE.1), dice.between(STOP_LASTS.0, STOP_LASTS.1))
            });
            tokio::select! {
                biased;
                () = calm.cancelled() => return,
                () = sleep(pause) => {}
            }
            let Some(scope) = self.any_scope() else { continue };
            self.order(scope.clone(), Order::Stop).await;
            sleep(lasts).await;
            self.order(scope, Order::Resume).await;
        }
    }

    fn any_scope(&self) -> Option<Scope> {
        let live = |(goal, ended): (&GoalId, &bool)| (!ended).then_some(*goal);
        let goals: Vec<GoalId> = self.known().goals.iter().filter_map(live).collect();
        self.draw(|dice| match dice.below(8) {
            0 => Some(Scope::All),
            1 => {
                let name = dice.pick(&workflows::NAMES).copied()?;
                Some(Scope::Workflow { workflow: WorkflowName::new(name).ok()? })
            }
            2 | 3 => {
                let kind = dice.pick(&workflows::KINDS).copied()?;
                Some(Scope::Kind { kind: AgentKind::new(kind).ok()? })
            }
            _ => Some(Scope::Goal { goal: *dice.pick(&goals)? }),
        })
    }

    async fn order(&self, scope: Scope, order: Order) {
        let control = Control { scope, order, by: Principal::new("ann"), reason: String::new() };
        self.tell(subject::IN_CONTROL, kind::CONTROL, &control).await;
    }

    /// Whether something is said for the first time.
    fn is_first(&self, what: String) -> bool {
        self.known().said.insert(what)
    }

    /// Says something until it is acknowledged, always under the same id.
    async fn tell<T: Serialize + Sync>(&self, subject: &str, kind: &str, data: &T) {
        let id = SystemChance.message_id(SystemClock.now());
        let payload = event(&id, kind, data);
        self.publish(subject, &id, payload).await;
    }

    async fn publish(&self, subject: &str, id: &MessageId, payload: Bytes) {
        loop {
            let message = Message::new(subject, id.clone(), payload.clone());
            if self.bus.queue.publish(message).await.is_ok() {
                return;
            }
            sleep(AGAIN).await;
        }
    }

    fn draw<T>(&self, draw: impl FnOnce(&mut Dice) -> T) -> T {
        draw(&mut self.dice.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn event<T: Serialize>(id: &MessageId, kind: &str, data: &T) -> Bytes {
    let event = CloudEvent {
        specversion: SPEC_VERSION.to_owned(),
        id: id.clone(),
        source: "/chaos/people".to_owned(),
        kind: kind.to_owned(),
        subject: None,
        time: SystemClock.now(),
        datacontenttype: "application/json".to_owned(),
        traceparent: None,
        data,
    };
    serde_json::to_vec(&event).expect("an event has string keys only").into()
}
