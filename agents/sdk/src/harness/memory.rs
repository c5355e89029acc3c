//! Ports in memory, for as long as a test lasts. They keep the laws of `galley-bus-core` except
//! those about crashes: what is dropped is gone.

mod bus;
mod queue;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures::stream::BoxStream;
use galley_bus_core::Unreachable;
use galley_bus_core::artifacts::{Artifacts, FetchError, StoreError};
use galley_bus_core::clock::Clock;
use galley_bus_core::kv::{
    Change, Entry, Expect, KeyValue, Put, PutError, VALUE_BYTES_MAX, is_key,
};
use galley_schemas::artifact::{ArtifactRef, Digest};
use tokio::time::Instant;

pub use bus::{MemoryBroadcast, MemoryCalls};
pub use queue::MemoryQueue;

/// A clock that begins at a fixed time and runs with tokio's, so that it can be paused.
#[derive(Debug, Default)]
pub struct TestClock {
    began: Mutex<Option<Instant>>,
}

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        let mut began = lock(&self.began);
        let elapsed = began.get_or_insert_with(Instant::now).elapsed();
        let start = DateTime::from_timestamp(1_767_225_600, 0).expect("2026-01-01 is a date");
        start + TimeDelta::from_std(elapsed).unwrap_or(TimeDelta::zero())
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// Buckets in memory.
#[derive(Debug, Default)]
pub struct MemoryKeyValue {
    state: Mutex<Buckets>,
}

#[derive(Debug, Default)]
struct Buckets {
    revision: u64,
    values: BTreeMap<(String, String), (Entry, Option<Instant>)>,
}

impl Buckets {
    fn get(&self, bucket: &str, key: &str) -> Option<&Entry> {
        let (entry, until) = self.values.get(&(bucket.to_owned(), key.to_owned()))?;
        until.is_none_or(|until| Instant::now() < until).then_some(entry)
    }
}

#[async_trait]
impl KeyValue for MemoryKeyValue {
    async fn get(&self, bucket: &str, key: &str) -> Result<Option<Entry>, Unreachable> {
        Ok(lock(&self.state).get(bucket, key).cloned())
    }

    async fn put(&self, bucket: &str, key: &str, put: Put) -> Result<u64, PutError> {
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        if !is_key(&key) {
            return Err(PutError::InvalidKey { bucket, key });
        }
        let bytes = put.value.len();
        if bytes > VALUE_BYTES_MAX {
            return Err(PutError::TooLarge { bucket, key, bytes });
        }
        let mut state = lock(&self.state);
        let found = state.get(&bucket, &key).map(|entry| entry.revision);
        let holds = match put.expect {
            Expect::Any => true,
            Expect::Absent => found.is_none(),
            Expect::Revision(revision) => found == Some(revision),
        };
        if !holds {
            return Err(PutError::Conflict { bucket, key });
        }
        state.revision += 1;
        let revision = state.revision;
        let entry = Entry { key: key.clone(), value: put.value, revision };
        state.values.insert((bucket, key), (entry, put.ttl.map(|ttl| Instant::now() + ttl)));
        Ok(revision)
    }

    async fn delete(&self, bucket: &str, key: &str) -> Result<(), Unreachable> {
        lock(&self.state).values.remove(&(bucket.to_owned(), key.to_owned()));
        Ok(())
    }

    async fn keys(&self, bucket: &str, prefix: &str) -> Result<Vec<String>, Unreachable> {
        let state = lock(&self.state);
        let all = state.values.keys().filter(|(b, key)| b == bucket && key.starts_with(prefix));
        let alive = all.filter(|(b, key)| state.get(b, key).is_some());
        Ok(alive.map(|(_, key)| key.clone()).collect())
    }

    /// Gives what is there and then nothing: a watch is a hint, and no agent needs one.
    async fn watch(
        &self,
        bucket: &str,
        prefix: &str,
    ) -> Result<BoxStream<'static, Change>, Unreachable> {
        use futures::StreamExt as _;
        let mut there = Vec::new();
        for key in self.keys(bucket, prefix).await? {
            there.extend(self.get(bucket, &key).await?.map(Change::Put));
        }
        Ok(futures::stream::iter(there).chain(futures::stream::pending()).boxed())
    }
}

/// Artifacts in memory.
#[derive(Debug, Default)]
pub struct MemoryArtifacts {
    stored: Mutex<BTreeMap<Digest, Bytes>>,
}

#[async_trait]
impl Artifacts for MemoryArtifacts {
    async fn put(&self, bytes: Bytes, media_type: &str) -> Result<ArtifactRef, StoreError> {
        let sha256 = Digest::of(&bytes);
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if bytes.len() > galley_bus_core::artifacts::ARTIFACT_BYTES_MAX {
            return Err(StoreError::TooLarge { bytes: bytes.len() });
        }
        lock(&self.stored).insert(sha256.clone(), bytes);
        Ok(ArtifactRef { sha256, bytes: length, media_type: media_type.to_owned() })
    }

    async fn get(&self, sha256: &Digest) -> Result<Bytes, FetchError> {
        let missing = || FetchError::Missing { sha256: sha256.clone() };
        lock(&self.stored).get(sha256).cloned().ok_or_else(missing)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
