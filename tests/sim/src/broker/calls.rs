//! Request and reply.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use galley_bus_core::Unreachable;
use galley_bus_core::calls::{Call, CallError, Calls};
use tokio::sync::{mpsc, oneshot};

use super::{Broker, Link};
use crate::faults::Fault;
use crate::lock;
use crate::process::Process;

/// How many requests wait for a slow server.
const WAITING_MAX: usize = 1_024;
/// How late a late request is.
const LATE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(150));

/// Who serves what.
#[derive(Debug, Default)]
pub(crate) struct Servers {
    by_subject: Mutex<BTreeMap<String, Vec<Server>>>,
}

#[derive(Debug, Clone)]
struct Server {
    process: Arc<Process>,
    calls: mpsc::Sender<Call>,
}

impl Servers {
    fn add(&self, subject: String, process: Arc<Process>) -> mpsc::Receiver<Call> {
        let (calls, receiver) = mpsc::channel(WAITING_MAX);
        let mut by_subject = lock(&self.by_subject);
        let serving = by_subject.entry(subject).or_default();
        serving.retain(|server| server.process.is_alive() && !server.calls.is_closed());
        serving.push(Server { process, calls });
        receiver
    }

    /// Ends services for which this says so; says how many.
    pub(crate) fn end_services(&self, ends: impl Fn() -> bool) -> usize {
        let mut by_subject = lock(&self.by_subject);
        let mut ended = 0;
        for serving in by_subject.values_mut() {
            let before = serving.len();
            serving.retain(|server| server.process.is_alive() && !ends());
            ended += before - serving.len();
        }
        ended
    }
}

impl Broker {
    /// Gives a request to one of those who serve its subject; says whether there is any.
    fn give(&self, call: Call) -> bool {
        let serving: Vec<Server> = {
            let by_subject = lock(&self.servers.by_subject);
            let serving = by_subject.get(&call.subject).into_iter().flatten();
            serving.filter(|s| s.process.is_alive() && !s.calls.is_closed()).cloned().collect()
        };
        let Some(server) = self.world.draw(|dice| dice.pick(&serving).cloned()) else {
            return false;
        };
        if self.world.reaches_bus(&server.process) {
            // A full server drops it: its caller times out.
            drop(server.calls.try_send(call));
        }
        true
    }
}

#[async_trait]
impl Calls for Link {
    async fn call(
        &self,
        subject: &str,
        payload: Bytes,
        wait: Duration,
    ) -> Result<Bytes, CallError> {
        let world = &self.broker.world;
        self.process.live().await;
        world.diary.pass(world.elapsed(), &self.process.name, "call");
        let asked = tokio::time::timeout(wait, self.ask(subject, payload)).await;
        self.process.live().await;
        match asked {
            Ok(answer) => answer,
            Err(_) => Err(CallError::Timeout { subject: subject.to_owned(), wait }),
        }
    }

    async fn serve(&self, subject: &str) -> Result<BoxStream<'static, Call>, Unreachable> {
        let (subject, process) = (subject.to_owned(), Arc::clone(&self.process));
        let calls = self.reach("serve", move |broker| broker.servers.add(subject, process)).await?;
        let next = async |mut calls: mpsc::Receiver<Call>| Some((calls.recv().await?, calls));
        Ok(futures::stream::unfold(calls, next).boxed())
    }
}

impl Link {
    /// Asks, and waits without a limit.
    async fn ask(&self, subject: &str, payload: Bytes) -> Result<Bytes, CallError> {
        let world = Arc::clone(&self.broker.world);
        self.travel().await;
        if !world.reaches_bus(&self.process) || self.strikes(Fault::CallLost) {
            return never().await;
        }
        if self.strikes(Fault::NoResponder) {
            return Err(CallError::NoResponder { subject: subject.to_owned() });
        }
        if self.strikes(Fault::CallLate) {
            self.give_later(subject, payload);
            return never().await;
        }
        if self.strikes(Fault::CallTwice) {
            self.give_later(subject, payload.clone());
        }
        let (reply, answer) = oneshot::channel();
        if !self.broker.give(Call { subject: subject.to_owned(), payload, reply }) {
            return Err(CallError::NoResponder { subject: subject.to_owned() });
        }
        let Ok(answer) = answer.await else { return never().await };
        if self.strikes(Fault::ReplyLost) {
            return never().await;
        }
        self.travel().await;
        Ok(answer)
    }

    /// Gives a request to a server when nobody waits for its answer any more.
    fn give_later(&self, subject: &str, payload: Bytes) {
        let delay = self.broker.world.draw(|dice| dice.between(LATE.0, LATE.1));
        let (link, subject) = (self.clone(), subject.to_owned());
        self.broker.world.later(async move {
            tokio::time::sleep(delay).await;
            link.note(&format!("a request on {subject} arrives {delay:.1?} late"));
            let (reply, answer) = oneshot::channel();
            if link.broker.give(Call { subject, payload, reply }) {
                // Worked on or not: nobody is told.
                drop(answer.await);
            }
        });
    }
}

/// What is lost is never answered: the caller's patience ends it.
async fn never<T>() -> T {
    std::future::pending().await
}
