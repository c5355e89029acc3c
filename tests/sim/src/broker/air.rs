//! Broadcasts.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use galley_bus_core::Unreachable;
use galley_bus_core::broadcast::{Broadcast, Heard};
use galley_bus_core::topology::matches;
use tokio::sync::mpsc;

use super::{Broker, Link};
use crate::faults::Fault;
use crate::lock;
use crate::process::Process;

/// How many broadcasts wait for a slow listener.
const WAITING_MAX: usize = 1_024;

/// Who listens to what.
#[derive(Debug, Default)]
pub(crate) struct Air {
    listeners: Mutex<Vec<Listener>>,
}

#[derive(Debug)]
struct Listener {
    pattern: String,
    process: Arc<Process>,
    heard: mpsc::Sender<Heard>,
}

impl Air {
    fn add(&self, pattern: String, process: Arc<Process>) -> mpsc::Receiver<Heard> {
        let (heard, receiver) = mpsc::channel(WAITING_MAX);
        lock(&self.listeners).push(Listener { pattern, process, heard });
        receiver
    }

    /// Ends listeners for which this says so; says how many.
    pub(crate) fn end_listeners(&self, ends: impl Fn() -> bool) -> usize {
        let mut listeners = lock(&self.listeners);
        let before = listeners.len();
        listeners.retain(|listener| {
            listener.process.is_alive() && !listener.heard.is_closed() && !ends()
        });
        before - listeners.len()
    }
}

impl Broker {
    fn broadcast(&self, heard: &Heard) {
        let listeners = lock(&self.air.listeners);
        let meant = listeners.iter().filter(|listener| matches(&listener.pattern, &heard.subject));
        for listener in meant {
            let reached = self.world.reaches_bus(&listener.process);
            if reached && !self.world.strikes(Fault::Unheard) {
                // A listener that is behind misses it.
                drop(listener.heard.try_send(heard.clone()));
            }
        }
    }
}

#[async_trait]
impl Broadcast for Link {
    async fn send(&self, subject: &str, payload: Bytes) -> Result<(), Unreachable> {
        let heard = Heard { subject: subject.to_owned(), payload };
        self.reach("broadcast", move |broker| broker.broadcast(&heard)).await
    }

    async fn listen(&self, subject: &str) -> Result<BoxStream<'static, Heard>, Unreachable> {
        let (pattern, process) = (subject.to_owned(), Arc::clone(&self.process));
        let heard = self.reach("listen", move |broker| broker.air.add(pattern, process)).await?;
        let next = async |mut heard: mpsc::Receiver<Heard>| Some((heard.recv().await?, heard));
        Ok(futures::stream::unfold(heard, next).boxed())
    }
}
