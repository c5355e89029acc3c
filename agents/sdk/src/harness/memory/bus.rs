//! Calls and broadcasts in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use galley_bus_core::Unreachable;
use galley_bus_core::broadcast::{Broadcast, Heard};
use galley_bus_core::calls::{Call, CallError, Calls};
use galley_bus_core::topology::matches;
use tokio::sync::{broadcast, mpsc, oneshot};

use super::lock;

/// How many messages wait for a slow reader.
const WAITING_MAX: usize = 1_024;

/// Request and reply in memory.
#[derive(Debug, Default)]
pub struct MemoryCalls {
    servers: Mutex<BTreeMap<String, Vec<mpsc::Sender<Call>>>>,
}

#[async_trait]
impl Calls for MemoryCalls {
    async fn call(
        &self,
        subject: &str,
        payload: Bytes,
        wait: Duration,
    ) -> Result<Bytes, CallError> {
        let server = {
            let mut servers = lock(&self.servers);
            let serving = servers.get_mut(subject);
            serving.and_then(|serving| {
                serving.retain(|server| !server.is_closed());
                serving.first().cloned()
            })
        };
        let subject = subject.to_owned();
        let Some(server) = server else { return Err(CallError::NoResponder { subject }) };
        let (reply, answer) = oneshot::channel();
        let asked = async {
            server.send(Call { subject: subject.clone(), payload, reply }).await.ok()?;
            answer.await.ok()
        };
        // A server that drops a call without an answer lets the caller time out, here at once.
        match tokio::time::timeout(wait, asked).await {
            Ok(Some(answer)) => Ok(answer),
            Ok(None) | Err(_) => Err(CallError::Timeout { subject, wait }),
        }
    }

    async fn serve(&self, subject: &str) -> Result<BoxStream<'static, Call>, Unreachable> {
        let (server, calls) = mpsc::channel(WAITING_MAX);
        lock(&self.servers).entry(subject.to_owned()).or_default().push(server);
        let next = |mut calls: mpsc::Receiver<Call>| async { Some((calls.recv().await?, calls)) };
        Ok(futures::stream::unfold(calls, next).boxed())
    }
}

/// Broadcasts in memory.
#[derive(Debug)]
pub struct MemoryBroadcast {
    sender: broadcast::Sender<Heard>,
}

impl Default for MemoryBroadcast {
    fn default() -> Self {
        Self { sender: broadcast::channel(WAITING_MAX).0 }
    }
}

#[async_trait]
impl Broadcast for MemoryBroadcast {
    async fn send(&self, subject: &str, payload: Bytes) -> Result<(), Unreachable> {
        // Nobody listens: nobody hears.
        drop(self.sender.send(Heard { subject: subject.to_owned(), payload }));
        Ok(())
    }

    async fn listen(&self, subject: &str) -> Result<BoxStream<'static, Heard>, Unreachable> {
        let pattern = subject.to_owned();
        let all = futures::stream::unfold(self.sender.subscribe(), async |mut receiver| {
            loop {
                match receiver.recv().await {
                    Ok(heard) => return Some((heard, receiver)),
                    Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => return None,
                }
            }
        });
        let meant = move |heard: &Heard| {
            let meant = matches(&pattern, &heard.subject);
            async move { meant }
        };
        Ok(all.filter(meant).boxed())
    }
}
