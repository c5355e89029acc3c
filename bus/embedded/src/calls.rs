//! Request and reply, within this process.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use galley_bus_core::Unreachable;
use galley_bus_core::calls::{Call, CallError, Calls};
use galley_bus_core::clock::Clock;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::store::closed;

/// How many requests wait unread at one server.
const UNREAD_MAX: usize = 1_024;

/// Servers of this process by subject. Those of one subject take turns.
#[derive(Debug)]
pub(crate) struct LocalCalls {
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
    servers: Mutex<BTreeMap<String, VecDeque<mpsc::Sender<Call>>>>,
}

/// How handing over a request went.
enum Handed {
    Over,
    /// Every server has as many unread as it may.
    AllFull,
    Nobody,
}

impl LocalCalls {
    pub(crate) fn new(clock: Arc<dyn Clock>, stop: CancellationToken) -> Self {
        Self { clock, stop, servers: Mutex::default() }
    }

    fn hand_over(&self, mut call: Call) -> Handed {
        let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(queue) = servers.get_mut(&call.subject) else { return Handed::Nobody };
        queue.retain(|server| !server.is_closed());
        for _ in 0..queue.len() {
            let Some(server) = queue.pop_front() else { break };
            let tried = server.try_send(call);
            queue.push_back(server);
            match tried {
                Ok(()) => return Handed::Over,
                Err(TrySendError::Full(back) | TrySendError::Closed(back)) => call = back,
            }
        }
        if queue.is_empty() {
            servers.remove(&call.subject);
            return Handed::Nobody;
        }
        Handed::AllFull
    }

    fn check_open(&self, what: String) -> Result<(), Unreachable> {
        match self.stop.is_cancelled() {
            true => Err(closed(what)),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl Calls for LocalCalls {
    async fn call(
        &self,
        subject: &str,
        payload: Bytes,
        wait: Duration,
    ) -> Result<Bytes, CallError> {
        self.check_open(format!("call {subject}"))?;
        let (reply, answer) = oneshot::channel();
        let subject = subject.to_owned();
        let mut over = self.clock.sleep(wait);
        match self.hand_over(Call { subject: subject.clone(), payload, reply }) {
            Handed::Nobody => return Err(CallError::NoResponder { subject }),
            Handed::Over => {
                tokio::select! {
                    biased;
                    () = self.stop.cancelled() => {
                        return Err(closed(format!("call {subject}")).into());
                    }
                    // Dropped without an answer is like silence: the wait goes on.
                    Ok(answer) = answer => return Ok(answer),
                    () = &mut over => {}
                }
            }
            Handed::AllFull => over.await,
        }
        Err(CallError::Timeout { subject, wait })
    }

    async fn serve(&self, subject: &str) -> Result<BoxStream<'static, Call>, Unreachable> {
        self.check_open(format!("serve {subject}"))?;
        let (server, calls) = mpsc::channel(UNREAD_MAX);
        let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        servers.entry(subject.to_owned()).or_default().push_back(server);
        let calls = futures::stream::unfold(calls, |mut calls| async move {
            calls.recv().await.map(|call| (call, calls))
        });
        Ok(calls.take_until(self.stop.clone().cancelled_owned()).boxed())
    }
}
