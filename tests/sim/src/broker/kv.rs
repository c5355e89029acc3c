//! Buckets.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use galley_bus_core::Unreachable;
use galley_bus_core::kv::{
    Change, Entry, Expect, KeyValue, Put, PutError, VALUE_BYTES_MAX, is_key,
};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::{Broker, Link};
use crate::faults::Fault;
use crate::lock;
use crate::run::Sabotage;

/// How many changes wait for a slow watcher.
const WAITING_MAX: usize = 1_024;
/// How late a change reaches a watcher that lags.
const LAG: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(20));

/// Buckets.
#[derive(Debug, Default)]
pub(crate) struct Buckets {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    revision: u64,
    values: BTreeMap<(String, String), Kept>,
    watches: Vec<Watch>,
}

#[derive(Debug)]
struct Kept {
    value: Bytes,
    revision: u64,
    until: Option<Instant>,
}

#[derive(Debug)]
struct Watch {
    bucket: String,
    prefix: String,
    changes: mpsc::Sender<Change>,
}

impl Buckets {
    /// Reads a value.
    pub(crate) fn get(&self, bucket: &str, key: &str) -> Option<Entry> {
        lock(&self.state).get(bucket, key)
    }

    /// The keys that start with a prefix, sorted.
    pub(crate) fn keys(&self, bucket: &str, prefix: &str) -> Vec<String> {
        let state = lock(&self.state);
        let all = state
            .values
            .iter()
            .filter(|((of, key), kept)| of == bucket && key.starts_with(prefix) && kept.is_alive());
        all.map(|((_, key), _)| key.clone()).collect()
    }

    fn delete(&self, bucket: &str, key: &str) {
        let mut state = lock(&self.state);
        if state.values.remove(&(bucket.to_owned(), key.to_owned())).is_some() {
            state.tell(bucket, &Change::Deleted { key: key.to_owned() });
        }
    }

    fn watch(&self, bucket: String, prefix: String) -> mpsc::Receiver<Change> {
        let (changes, receiver) = mpsc::channel(WAITING_MAX);
        let mut state = lock(&self.state);
        let there = state.values.iter().filter(|((of, key), kept)| {
            *of == bucket && key.starts_with(&prefix) && kept.is_alive()
        });
        for ((_, key), kept) in there {
            // A watcher that is that far behind misses the rest: a watch is a hint.
            drop(changes.try_send(Change::Put(kept.entry(key))));
        }
        state.watches.push(Watch { bucket, prefix, changes });
        receiver
    }

    /// Ends watches for which this says so; says how many.
    pub(crate) fn end_watches(&self, ends: impl Fn() -> bool) -> usize {
        let mut state = lock(&self.state);
        let before = state.watches.len();
        state.watches.retain(|watch| !watch.changes.is_closed() && !ends());
        before - state.watches.len()
    }
}

impl State {
    fn get(&self, bucket: &str, key: &str) -> Option<Entry> {
        let kept = self.values.get(&(bucket.to_owned(), key.to_owned()))?;
        kept.is_alive().then(|| kept.entry(key))
    }

    fn tell(&mut self, bucket: &str, change: &Change) {
        let key = match change {
            Change::Put(entry) => &entry.key,
            Change::Deleted { key } => key,
        };
        for watch in &self.watches {
            if watch.bucket == bucket && key.starts_with(&watch.prefix) {
                drop(watch.changes.try_send(change.clone()));
            }
        }
    }
}

impl Kept {
    fn is_alive(&self) -> bool {
        self.until.is_none_or(|until| Instant::now() < until)
    }

    fn entry(&self, key: &str) -> Entry {
        Entry { key: key.to_owned(), value: self.value.clone(), revision: self.revision }
    }
}

impl Broker {
    fn put(&self, bucket: String, key: String, put: Put) -> Result<u64, PutError> {
        if !is_key(&key) {
            return Err(PutError::InvalidKey { bucket, key });
        }
        let bytes = put.value.len();
        if bytes > VALUE_BYTES_MAX {
            return Err(PutError::TooLarge { bucket, key, bytes });
        }
        let mut state = lock(&self.buckets.state);
        let found = state.get(&bucket, &key).map(|entry| entry.revision);
        let holds = match put.expect {
            Expect::Any => true,
            Expect::Absent => found.is_none(),
            Expect::Revision(revision) => found == Some(revision),
        };
        if !holds && self.world.sabotage != Sabotage::PutWithoutCompare {
            return Err(PutError::Conflict { bucket, key });
        }
        state.revision += 1;
        let revision = state.revision;
        let until = put.ttl.map(|ttl| Instant::now() + ttl);
        let kept = Kept { value: put.value, revision, until };
        let change = Change::Put(kept.entry(&key));
        state.values.insert((bucket.clone(), key), kept);
        state.tell(&bucket, &change);
        Ok(revision)
    }
}

#[async_trait]
impl KeyValue for Link {
    async fn get(&self, bucket: &str, key: &str) -> Result<Option<Entry>, Unreachable> {
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        self.reach("get", move |broker| broker.buckets.get(&bucket, &key)).await
    }

    async fn put(&self, bucket: &str, key: &str, put: Put) -> Result<u64, PutError> {
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        self.reach("put", move |broker| broker.put(bucket, key, put)).await?
    }

    async fn delete(&self, bucket: &str, key: &str) -> Result<(), Unreachable> {
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        self.reach("delete", move |broker| broker.buckets.delete(&bucket, &key)).await
    }

    async fn keys(&self, bucket: &str, prefix: &str) -> Result<Vec<String>, Unreachable> {
        let (bucket, prefix) = (bucket.to_owned(), prefix.to_owned());
        self.reach("keys", move |broker| broker.buckets.keys(&bucket, &prefix)).await
    }

    async fn watch(
        &self,
        bucket: &str,
        prefix: &str,
    ) -> Result<BoxStream<'static, Change>, Unreachable> {
        let (bucket, prefix) = (bucket.to_owned(), prefix.to_owned());
        let changes =
            self.reach("watch", move |broker| broker.buckets.watch(bucket, prefix)).await?;
        let world = Arc::clone(&self.broker.world);
        let lagging = futures::stream::unfold(changes, async |mut changes| {
            Some((changes.recv().await?, changes))
        });
        let lagging = lagging.then(move |change| {
            let world = Arc::clone(&world);
            async move {
                if world.strikes(Fault::WatchLags) {
                    tokio::time::sleep(world.draw(|dice| dice.between(LAG.0, LAG.1))).await;
                }
                change
            }
        });
        Ok(lagging.boxed())
    }
}
