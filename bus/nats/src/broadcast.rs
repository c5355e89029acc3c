//! Fire and forget on plain subjects.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use async_nats::Subscriber;
use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use galley_bus_core::Unreachable;
use galley_bus_core::broadcast::{Broadcast, Heard};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::wire::Wire;

/// How far a listener may be behind before it loses the oldest.
const BEHIND_MAX: usize = 1_024;

/// Broadcasts on subjects.
#[derive(Debug)]
pub(crate) struct SubjectBroadcast {
    wire: Wire,
}

impl SubjectBroadcast {
    pub(crate) fn new(wire: Wire) -> Self {
        Self { wire }
    }
}

/// What one listener has yet to hear.
#[derive(Debug, Default)]
struct Ear {
    unheard: Mutex<Unheard>,
    notify: Notify,
}

#[derive(Debug, Default)]
struct Unheard {
    waiting: VecDeque<Heard>,
    /// Nothing more will come.
    ended: bool,
}

impl Ear {
    async fn listen(&self, mut subscriber: Subscriber) {
        while let Some(message) = subscriber.next().await {
            let heard = Heard { subject: message.subject.to_string(), payload: message.payload };
            self.change(|unheard| {
                if unheard.waiting.len() >= BEHIND_MAX {
                    unheard.waiting.pop_front();
                }
                unheard.waiting.push_back(heard);
            });
        }
        self.change(|unheard| unheard.ended = true);
    }

    fn change(&self, change: impl FnOnce(&mut Unheard)) {
        change(&mut self.unheard.lock().unwrap_or_else(PoisonError::into_inner));
        self.notify.notify_one();
    }

    async fn next(&self) -> Option<Heard> {
        loop {
            {
                let mut unheard = self.unheard.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(heard) = unheard.waiting.pop_front() {
                    return Some(heard);
                }
                if unheard.ended {
                    return None;
                }
            }
            self.notify.notified().await;
        }
    }
}

#[async_trait]
impl Broadcast for SubjectBroadcast {
    async fn send(&self, subject: &str, payload: Bytes) -> Result<(), Unreachable> {
        let sent = self.wire.send(subject.to_owned(), payload).await;
        sent.map_err(|error| error.unreachable(format!("broadcast on {subject}")))
    }

    async fn listen(&self, subject: &str) -> Result<BoxStream<'static, Heard>, Unreachable> {
        let listening = self.wire.listen(subject, None).await;
        let subscriber = listening.map_err(|e| e.unreachable(format!("listen to {subject}")))?;
        let ear = Arc::new(Ear::default());
        // The listening ends with the stream.
        let mut listener = JoinSet::new();
        let to = Arc::clone(&ear);
        listener.spawn(async move { to.listen(subscriber).await });
        let heard = futures::stream::unfold((ear, listener), |(ear, listener)| async move {
            let heard = ear.next().await?;
            Some((heard, (ear, listener)))
        });
        Ok(heard.boxed())
    }
}
