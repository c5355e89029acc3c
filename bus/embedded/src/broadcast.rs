//! Fire and forget, within this process.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use galley_bus_core::broadcast::{Broadcast, Heard};
use galley_bus_core::{Unreachable, topology};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::store::closed;

/// How far a listener may be behind before it loses the oldest.
const BEHIND_MAX: usize = 1_024;

/// Listeners of this process.
#[derive(Debug)]
pub(crate) struct LocalBroadcast {
    stop: CancellationToken,
    listeners: Arc<Listeners>,
}

#[derive(Debug, Default)]
struct Listeners(Mutex<(u64, BTreeMap<u64, Arc<Ear>>)>);

/// What one listener has yet to hear.
#[derive(Debug)]
struct Ear {
    pattern: String,
    unheard: Mutex<VecDeque<Heard>>,
    notify: Notify,
}

impl Ear {
    fn hear(&self, heard: Heard) {
        let mut unheard = self.unheard.lock().unwrap_or_else(PoisonError::into_inner);
        if unheard.len() >= BEHIND_MAX {
            unheard.pop_front();
        }
        unheard.push_back(heard);
        self.notify.notify_one();
    }

    fn next(&self) -> Option<Heard> {
        self.unheard.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }
}

/// A listener's place in the list, which it leaves when it is dropped.
struct Seat {
    number: u64,
    ear: Arc<Ear>,
    listeners: Weak<Listeners>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Some(listeners) = self.listeners.upgrade() {
            let mut listeners = listeners.0.lock().unwrap_or_else(PoisonError::into_inner);
            listeners.1.remove(&self.number);
        }
    }
}

impl LocalBroadcast {
    pub(crate) fn new(stop: CancellationToken) -> Self {
        Self { stop, listeners: Arc::default() }
    }

    fn sit_down(&self, pattern: &str) -> Seat {
        let ear = Arc::new(Ear {
            pattern: pattern.to_owned(),
            unheard: Mutex::default(),
            notify: Notify::new(),
        });
        let mut listeners = self.listeners.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = listeners.0;
        listeners.0 += 1;
        listeners.1.insert(number, Arc::clone(&ear));
        Seat { number, ear, listeners: Arc::downgrade(&self.listeners) }
    }

    fn check_open(&self, what: String) -> Result<(), Unreachable> {
        match self.stop.is_cancelled() {
            true => Err(closed(what)),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl Broadcast for LocalBroadcast {
    async fn send(&self, subject: &str, payload: Bytes) -> Result<(), Unreachable> {
        self.check_open(format!("send on {subject}"))?;
        let listeners = self.listeners.0.lock().unwrap_or_else(PoisonError::into_inner);
        for ear in listeners.1.values() {
            if topology::matches(&ear.pattern, subject) {
                ear.hear(Heard { subject: subject.to_owned(), payload: payload.clone() });
            }
        }
        Ok(())
    }

    async fn listen(&self, subject: &str) -> Result<BoxStream<'static, Heard>, Unreachable> {
        self.check_open(format!("listen on {subject}"))?;
        let heard = futures::stream::unfold(self.sit_down(subject), |seat| async move {
            loop {
                if let Some(heard) = seat.ear.next() {
                    return Some((heard, seat));
                }
                seat.ear.notify.notified().await;
            }
        });
        Ok(heard.take_until(self.stop.clone().cancelled_owned()).boxed())
    }
}
