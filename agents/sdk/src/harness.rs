//! The way to test an agent: everything around it in memory, nothing pretended about the agent.
//!
//! ```
//! # use galley_agents_sdk::{Agent, Context, harness::Harness};
//! # use galley_schemas::fault::Fault;
//! # struct Upper;
//! # #[async_trait::async_trait]
//! # impl Agent for Upper {
//! #     type Input = String;
//! #     type Output = String;
//! #     const KIND: &'static str = "upper";
//! #     const SUMMARY: &'static str = "Writes in capitals.";
//! #     async fn run(&self, _: &Context, input: String) -> Result<String, Fault> {
//! #         Ok(input.to_uppercase())
//! #     }
//! # }
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let harness = Harness::new();
//! assert_eq!(harness.run(&Upper, "abc".to_owned()).await, Ok("ABC".to_owned()));
//! # });
//! ```
//!
//! Each [`Harness::run`] is the next attempt of one task, with the journal and the effect ledger of
//! the attempts before. A crash is a run whose future was dropped; before the next one, so much time
//! is over that it holds nothing any more. Verdicts come from a small
//! coordinator that follows the rules in [`crate::effect`].

pub mod memory;

mod desk;
mod knowledge;
mod web;

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use galley_agents_knowledge::Knowledge;
use galley_agents_model::Model;
use galley_agents_web::Fetch;
use galley_agents_web::search::Engines;
use galley_bus_core::clock::SystemChance;
use galley_bus_core::kv::Put;
use galley_schemas::amount::{Amount, Limits};
use galley_schemas::artifact::ArtifactRef;
use galley_schemas::choice::{Choice, Policy};
use galley_schemas::fault::Fault;
use galley_schemas::id::{AgentKind, EffectKey, Epoch, GoalId, InstanceId, LeaseToken, TaskId};
use galley_schemas::report::{Intent, Settlement};
use galley_schemas::subject::bucket;
use galley_schemas::task::{Offer, Revision};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::agent::{Agent, encode};
use crate::context::attempt::{Attempt, Watcher};
use crate::context::fate::Fate;
use crate::context::journal::escape;
use crate::context::{Context, store};
use crate::effect::latch;
use crate::ports::{Ports, Tools};

use desk::Desk;
pub use knowledge::WordKnowledge;
pub use web::Pages;

/// One task and everything around it, in memory.
#[derive(Debug)]
pub struct Harness {
    ports: Ports,
    desk: Arc<Desk>,
    pages: Arc<Pages>,
    allowance: Limits,
    revision: Option<Revision>,
    undoes: Option<TaskId>,
    task: TaskId,
    seen: Mutex<Seen>,
    notes: Arc<Notes>,
}

#[derive(Debug, Default)]
struct Seen {
    attempts: u32,
    spent: Amount,
    choices: Vec<Choice>,
}

#[derive(Debug, Default)]
struct Notes(Mutex<Vec<String>>);

impl Watcher for Notes {
    fn note(&self, note: String) {
        lock(&self.0).push(note);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An effect as the harness's ledger has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// What was to be written.
    pub intent: Intent,
    /// How it stands; none while it is open.
    pub settlement: Option<Settlement>,
}

impl Default for Harness {
    fn default() -> Self {
        Self::new()
    }
}

impl Harness {
    /// A task with no model, an empty memory, no page on the web, no search engine, and no limits.
    #[must_use]
    pub fn new() -> Self {
        let desk = Arc::new(Desk::default());
        let pages = Arc::new(Pages::default());
        let web = Arc::clone(&pages) as Arc<dyn Fetch>;
        let knowledge = Arc::new(WordKnowledge::default());
        let tools = Tools { model: None, knowledge, web, search: Arc::default() };
        let nobody = Arc::new(memory::MemoryQueue::default());
        let ports = Ports {
            queue: nobody,
            calls: Arc::clone(&desk) as _,
            broadcast: Arc::new(memory::MemoryBroadcast::default()),
            kv: Arc::new(memory::MemoryKeyValue::default()),
            artifacts: Arc::new(memory::MemoryArtifacts::default()),
            clock: Arc::new(memory::TestClock::default()),
            chance: Arc::new(SystemChance),
            tools,
        };
        Self {
            ports,
            desk,
            pages,
            allowance: Limits::default(),
            revision: None,
            undoes: None,
            task: TaskId::new("task"),
            seen: Mutex::default(),
            notes: Arc::default(),
        }
    }

    /// With a model.
    #[must_use]
    pub fn model(mut self, model: Arc<dyn Model>) -> Self {
        self.ports.tools.model = Some(model);
        self
    }

    /// With a memory.
    #[must_use]
    pub fn knowledge(mut self, knowledge: Arc<dyn Knowledge>) -> Self {
        self.ports.tools.knowledge = knowledge;
        self
    }

    /// With a fetcher.
    #[must_use]
    pub fn web(mut self, web: Arc<dyn Fetch>) -> Self {
        self.ports.tools.web = web;
        self
    }

    /// With search engines.
    #[must_use]
    pub fn search(mut self, search: Arc<Engines>) -> Self {
        self.ports.tools.search = search;
        self
    }

    /// With a page on the web, unless [`Self::web`] brought another.
    #[must_use]
    pub fn page(self, url: &str, media_type: &str, body: impl Into<Bytes>) -> Self {
        self.pages.add(url, media_type, body.into());
        self
    }

    /// In a revision round.
    #[must_use]
    pub fn revision(mut self, revision: Revision) -> Self {
        self.task = TaskId::new(format!("task@{}", revision.round));
        self.revision = Some(revision);
        self
    }

    /// As the undo of a task.
    #[must_use]
    pub fn undoes(mut self, task: TaskId) -> Self {
        self.undoes = Some(task);
        self
    }

    /// With an allowance.
    #[must_use]
    pub const fn allowance(mut self, allowance: Limits) -> Self {
        self.allowance = allowance;
        self
    }

    /// Runs the task's next attempt.
    ///
    /// # Errors
    /// The agent's own [`Fault`]; GLY0302 when its output is not fit for the wire; GLY0309 when the
    /// attempt was fenced off, GLY0310 when a person must look at an effect.
    pub async fn run<A: Agent>(&self, agent: &A, input: A::Input) -> Result<A::Output, Fault> {
        let offer = self.next_offer(A::KIND);
        latch::run_out(&*self.ports.kv, &offer.kind).await;
        self.desk.hand_out(&offer);
        let fate = Arc::new(Fate::new(&CancellationToken::new()));
        let notes = Arc::clone(&self.notes) as Arc<dyn Watcher>;
        let attempt = Arc::new(Attempt::new(offer, 1, self.ports.clone(), fate, notes));
        let context = Context::new(Arc::clone(&attempt));
        let work = async {
            attempt.look_back().await?;
            let output = agent.run(&context, input).await?;
            // As the runner: a result is fit for the wire.
            encode(&output)?;
            Ok(output)
        };
        let result = tokio::select! {
            biased;
            dropped = attempt.fate.dropped() => Err(dropped.fault()),
            result = work => {
                // As the runner: a failure is reported.
                if let (Err(_), Some(journal)) = (&result, attempt.opened()) {
                    journal.settle().await;
                }
                result
            }
        };
        let mut seen = lock(&self.seen);
        seen.spent = attempt.spent();
        seen.choices = attempt.choices();
        result
    }

    fn next_offer(&self, kind: &str) -> Offer {
        let mut seen = lock(&self.seen);
        seen.attempts += 1;
        let began = self.ports.clock.now();
        Offer {
            goal: GoalId::new(uuid(1)),
            task: self.task.clone(),
            step: "step".parse().expect("a name"),
            kind: AgentKind::new(kind).expect("an agent's kind is a name"),
            attempt: seen.attempts,
            lease: LeaseToken::new(format!("lease-{}", seen.attempts)),
            epoch: Epoch(0),
            input: Value::Null,
            allowance: self.allowance,
            deadline: began + chrono::TimeDelta::hours(1),
            report_to: InstanceId::new(uuid(2)),
            revision: self.revision.clone(),
            undoes: self.undoes.clone(),
        }
    }

    /// Fences the attempts off that are out, as a stop does.
    pub fn fence(&self) {
        self.desk.fence();
    }

    /// Answers the question about an effect of which nobody could tell whether it happened.
    pub fn answer(&self, key: &str, settlement: Settlement) {
        self.desk.answer(&EffectKey::new(key), settlement);
    }

    /// What the learner would have learned about a decision.
    ///
    /// # Errors
    /// None in memory; the type is the port's.
    pub async fn policy(&self, decision: &str, policy: &Policy) -> Result<(), Fault> {
        let value = serde_json::to_vec(policy).expect("a policy has string keys only");
        let put = self.ports.kv.put(bucket::POLICY, &escape(decision), Put::any(value)).await;
        put.map(drop).map_err(|error| crate::faults::journal_unreachable(&error))
    }

    /// Stores a JSON artifact.
    ///
    /// # Errors
    /// A [`Fault`] when it is too large.
    pub async fn put<T: Serialize + Sync>(&self, value: &T) -> Result<ArtifactRef, Fault> {
        let bytes = serde_json::to_vec(value).expect("a test's value is JSON");
        self.put_bytes(bytes, "application/json").await
    }

    /// Stores bytes as an artifact.
    ///
    /// # Errors
    /// A [`Fault`] when they are too many.
    pub async fn put_bytes(
        &self,
        bytes: impl Into<Bytes> + Send,
        media_type: &str,
    ) -> Result<ArtifactRef, Fault> {
        store::put_bytes(&*self.ports.artifacts, bytes.into(), media_type).await
    }

    /// Reads a JSON artifact.
    ///
    /// # Errors
    /// A [`Fault`] when it is missing or something else.
    pub async fn get<T: DeserializeOwned>(&self, artifact: &ArtifactRef) -> Result<T, Fault> {
        store::get(&*self.ports.artifacts, artifact).await
    }

    /// Reads an artifact's bytes.
    ///
    /// # Errors
    /// A [`Fault`] when it is missing.
    pub async fn get_bytes(&self, artifact: &ArtifactRef) -> Result<Bytes, Fault> {
        store::get_bytes(&*self.ports.artifacts, artifact).await
    }

    /// Every progress note so far, over all attempts.
    #[must_use]
    pub fn progress(&self) -> Vec<String> {
        lock(&self.notes.0).clone()
    }

    /// What the last attempt that came to an end used.
    #[must_use]
    pub fn spent(&self) -> Amount {
        lock(&self.seen).spent
    }

    /// The choices of the last attempt that came to an end.
    #[must_use]
    pub fn choices(&self) -> Vec<Choice> {
        lock(&self.seen).choices.clone()
    }

    /// The task's effects, in the order of their first intents.
    #[must_use]
    pub fn effects(&self) -> Vec<Recorded> {
        self.desk.effects()
    }
}

/// A UUID of version 7 that is the same in every run.
fn uuid(n: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + n)
}
