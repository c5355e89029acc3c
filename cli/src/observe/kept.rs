//! Alarms, key-value and artifacts, measured.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::stream::BoxStream;
use galley_bus_core::Unreachable;
use galley_bus_core::alarms::{self, RecurError, Recurrence};
use galley_bus_core::artifacts::{self, FetchError, StoreError};
use galley_bus_core::kv::{self, Change, Entry, Put, PutError};
use galley_bus_core::message::Message;
use galley_schemas::artifact::{ArtifactRef, Digest};

use super::Meters;

pub(super) struct Alarms {
    pub(super) inner: Arc<dyn alarms::Alarms>,
    pub(super) meters: Arc<Meters>,
}

#[async_trait]
impl alarms::Alarms for Alarms {
    async fn arm(&self, key: &str, at: DateTime<Utc>, message: Message) -> Result<(), Unreachable> {
        self.meters.time(("alarms", "arm"), self.inner.arm(key, at, message)).await
    }

    async fn disarm(&self, key: &str) -> Result<(), Unreachable> {
        self.meters.time(("alarms", "disarm"), self.inner.disarm(key)).await
    }

    async fn recur(&self, key: &str, when: Recurrence, message: Message) -> Result<(), RecurError> {
        self.meters.time(("alarms", "recur"), self.inner.recur(key, when, message)).await
    }

    async fn forget(&self, key: &str) -> Result<(), Unreachable> {
        self.meters.time(("alarms", "forget"), self.inner.forget(key)).await
    }
}

pub(super) struct KeyValue {
    pub(super) inner: Arc<dyn kv::KeyValue>,
    pub(super) meters: Arc<Meters>,
}

#[async_trait]
impl kv::KeyValue for KeyValue {
    async fn get(&self, bucket: &str, key: &str) -> Result<Option<Entry>, Unreachable> {
        self.meters.time(("kv", "get"), self.inner.get(bucket, key)).await
    }

    async fn put(&self, bucket: &str, key: &str, put: Put) -> Result<u64, PutError> {
        self.meters.time(("kv", "put"), self.inner.put(bucket, key, put)).await
    }

    async fn delete(&self, bucket: &str, key: &str) -> Result<(), Unreachable> {
        self.meters.time(("kv", "delete"), self.inner.delete(bucket, key)).await
    }

    async fn keys(&self, bucket: &str, prefix: &str) -> Result<Vec<String>, Unreachable> {
        self.meters.time(("kv", "keys"), self.inner.keys(bucket, prefix)).await
    }

    async fn watch(
        &self,
        bucket: &str,
        prefix: &str,
    ) -> Result<BoxStream<'static, Change>, Unreachable> {
        self.meters.time(("kv", "watch"), self.inner.watch(bucket, prefix)).await
    }
}

pub(super) struct Artifacts {
    pub(super) inner: Arc<dyn artifacts::Artifacts>,
    pub(super) meters: Arc<Meters>,
}

#[async_trait]
impl artifacts::Artifacts for Artifacts {
    async fn put(&self, bytes: Bytes, media_type: &str) -> Result<ArtifactRef, StoreError> {
        self.meters.time(("artifacts", "put"), self.inner.put(bytes, media_type)).await
    }

    async fn get(&self, sha256: &Digest) -> Result<Bytes, FetchError> {
        self.meters.time(("artifacts", "get"), self.inner.get(sha256)).await
    }
}
