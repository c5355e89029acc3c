//! Key-value buckets: a stream each, the last message of a subject is the value of a key.
//!
//! The streams are those of NATS's own buckets (`KV_…`), so `nats kv get` reads them. The keys are
//! written as [`key`] says.

use std::time::Duration;

use async_nats::HeaderMap;
use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::stream::BoxStream;
use galley_bus_core::Unreachable;
use galley_bus_core::clock::{Clock as _, SystemClock};
use galley_bus_core::kv::{
    Change, Entry, Expect, KeyValue, Put, PutError, VALUE_BYTES_MAX, is_key,
};

use crate::config::Missing;
use crate::error::NatsError;
use crate::get::{Kept, RUN_MAX};
use crate::init::wanted;
use crate::wire::{Wire, code, header};

pub(crate) mod key;
mod watch;

/// How long the mark of a deletion stays for those who watch.
const MARK_SECS: u64 = 60;
/// When a value is gone, in milliseconds since 1970. The server counts whole seconds; this stands
/// beside a time that is none.
const EXPIRES: &str = "Galley-Expires";
/// How often a put is tried again when what is under its key has just run out.
const TRIES: usize = 3;

/// Buckets on streams.
#[derive(Debug)]
pub(crate) struct StreamKv {
    wire: Wire,
}

/// The stream of a bucket.
pub(crate) fn stream(bucket: &str) -> String {
    format!("KV_{bucket}")
}

/// The subject of a key, or of many.
fn subject(bucket: &str, key: &str) -> String {
    format!("$KV.{bucket}.{key}")
}

/// Whether a message is a value that is still there, and not the mark of a deletion.
fn is_value(headers: &HeaderMap, now: DateTime<Utc>) -> bool {
    let marked = header(Some(headers), "KV-Operation").is_some()
        || header(Some(headers), "Nats-Marker-Reason").is_some();
    let expires = header(Some(headers), EXPIRES).and_then(|at| at.parse::<i64>().ok());
    !marked && expires.is_none_or(|at| now.timestamp_millis() < at)
}

impl StreamKv {
    pub(crate) fn new(wire: Wire) -> Self {
        Self { wire }
    }

    /// Whether what was just written may not be there yet for [`StreamKv::near`].
    pub(crate) fn may_be_behind(&self) -> bool {
        self.wire.replicas > 1
    }

    /// The value of a key as any replica has it, for what never changes. It needs a right on the key
    /// alone, where the leader is asked with a right on the whole bucket.
    pub(crate) async fn near(&self, bucket: &str, key: &str) -> Result<Option<Bytes>, Unreachable> {
        let (stream, subject) = (stream(bucket), subject(bucket, &key::encode(key)));
        let unreachable = |error: NatsError| error.unreachable(format!("read {bucket}/{key}"));
        match self.wire.last_of_any(&stream, &subject).await {
            Err(NatsError::NotThere { .. }) => {
                self.make(bucket).await.map_err(unreachable)?;
                Ok(None)
            }
            found => Ok(found.map_err(unreachable)?.map(|kept| kept.payload)),
        }
    }

    async fn last(&self, bucket: &str, key: &str) -> Result<Option<Kept>, NatsError> {
        let stream = stream(bucket);
        let subject = subject(bucket, &key::encode(key));
        match self.wire.last(&stream, &subject).await {
            Err(NatsError::NotThere { .. }) => {
                self.make(bucket).await?;
                self.wire.last(&stream, &subject).await
            }
            last => last,
        }
    }

    /// Makes a bucket, when that is our business.
    async fn make(&self, bucket: &str) -> Result<(), NatsError> {
        match self.wire.missing {
            Missing::Refuse => Err(NatsError::NotThere { what: format!("bucket {bucket}") }),
            Missing::Create => {
                let config = wanted::bucket(bucket, self.wire.replicas);
                let name = stream(bucket);
                let made = self.wire.api(&format!("STREAM.CREATE.{name}"), &name, &config).await;
                made.map(drop)
            }
        }
    }

    async fn store(
        &self,
        bucket: &str,
        key: &str,
        headers: HeaderMap,
        value: Bytes,
    ) -> Result<u64, NatsError> {
        let (stream, subject) = (stream(bucket), subject(bucket, &key::encode(key)));
        let stored = self.wire.store(&stream, subject.clone(), headers.clone(), value.clone());
        let stored = match stored.await {
            Err(NatsError::NotThere { .. }) => {
                self.make(bucket).await?;
                self.wire.store(&stream, subject, headers, value).await
            }
            stored => stored,
        };
        stored.map(|stored| stored.seq)
    }

    /// Stores a value if the key's last message has this number; 0 for none.
    async fn store_at(
        &self,
        bucket: &str,
        key: &str,
        put: &Put,
        last: Option<u64>,
    ) -> Result<u64, NatsError> {
        let mut headers = HeaderMap::new();
        if let Some(last) = last {
            headers.insert("Nats-Expected-Last-Subject-Sequence", last.to_string());
        }
        if let Some(ttl) = put.ttl {
            live_for(&mut headers, ttl);
        }
        self.store(bucket, key, headers, put.value.clone()).await
    }

    /// Stores a value if there is none: nothing, or what is gone.
    async fn store_absent(
        &self,
        bucket: &str,
        key: &str,
        put: &Put,
    ) -> Result<Option<u64>, NatsError> {
        let mut last = 0;
        for _ in 0..TRIES {
            match self.store_at(bucket, key, put, Some(last)).await {
                Ok(revision) => return Ok(Some(revision)),
                Err(error) if is_conflict(&error) => {}
                Err(error) => return Err(error),
            }
            last = match self.last(bucket, key).await? {
                Some(kept) if is_value(&kept.headers, SystemClock.now()) => return Ok(None),
                Some(gone) => gone.seq,
                None => 0,
            };
        }
        Ok(None)
    }

    /// Shows every value with a prefix as it is kept, in the order of changes. One that is written
    /// meanwhile may be shown twice.
    async fn each(
        &self,
        bucket: &str,
        prefix: &str,
        mut show: impl FnMut(String, Kept) + Send,
    ) -> Result<(), NatsError> {
        let (name, filter) = (stream(bucket), subject(bucket, &key::below(prefix)));
        let mut from = 1;
        loop {
            let run = match self.wire.run(&name, &filter, from, RUN_MAX).await {
                Err(NatsError::NotThere { .. }) => return self.make(bucket).await,
                run => run?,
            };
            let Some(last) = run.last() else { return Ok(()) };
            from = last.seq + 1;
            let now = SystemClock.now();
            for kept in run.into_iter().filter(|kept| is_value(&kept.headers, now)) {
                if let Some(key) = key_of(bucket, &kept.subject).filter(|k| k.starts_with(prefix)) {
                    show(key, kept);
                }
            }
        }
    }
}

/// The key of a subject.
fn key_of(bucket: &str, subject: &str) -> Option<String> {
    key::decode(subject.strip_prefix("$KV.")?.strip_prefix(bucket)?.strip_prefix('.')?)
}

fn is_conflict(error: &NatsError) -> bool {
    let refusal = error.refusal();
    matches!(refusal, Some(code::WRONG_LAST_SEQUENCE | code::WRONG_LAST_SEQUENCE_UNKNOWN))
}

/// Says when a value is gone: to the server in whole seconds, to readers to the millisecond when the
/// server's time is not the one that was asked for.
fn live_for(headers: &mut HeaderMap, ttl: Duration) {
    let secs = ttl.as_secs() + u64::from(ttl.subsec_nanos() > 0);
    headers.insert("Nats-TTL", format!("{}s", secs.max(1)));
    if Duration::from_secs(secs) != ttl {
        let at = SystemClock.now() + ttl;
        headers.insert(EXPIRES, at.timestamp_millis().to_string());
    }
}

#[async_trait]
impl KeyValue for StreamKv {
    async fn get(&self, bucket: &str, key: &str) -> Result<Option<Entry>, Unreachable> {
        if !is_key(key) {
            return Ok(None);
        }
        let last = self.last(bucket, key).await;
        let last = last.map_err(|error| error.unreachable(format!("read {bucket}/{key}")))?;
        let value = last.filter(|kept| is_value(&kept.headers, SystemClock.now()));
        Ok(value.map(|kept| Entry { key: key.to_owned(), value: kept.payload, revision: kept.seq }))
    }

    async fn put(&self, bucket: &str, key: &str, put: Put) -> Result<u64, PutError> {
        let (in_bucket, of_key) = (|| bucket.to_owned(), || key.to_owned());
        if !is_key(key) {
            return Err(PutError::InvalidKey { bucket: in_bucket(), key: of_key() });
        }
        let bytes = put.value.len();
        if bytes > self.wire.payload_max(VALUE_BYTES_MAX) {
            return Err(PutError::TooLarge { bucket: in_bucket(), key: of_key(), bytes });
        }
        let stored = match put.expect {
            Expect::Any => self.store_at(bucket, key, &put, None).await.map(Some),
            Expect::Revision(last) => self.store_at(bucket, key, &put, Some(last)).await.map(Some),
            Expect::Absent => self.store_absent(bucket, key, &put).await,
        };
        match stored {
            Ok(Some(revision)) => Ok(revision),
            Ok(None) => Err(PutError::Conflict { bucket: in_bucket(), key: of_key() }),
            Err(error) if is_conflict(&error) => {
                Err(PutError::Conflict { bucket: in_bucket(), key: of_key() })
            }
            Err(error) => Err(error.unreachable(format!("write {bucket}/{key}")).into()),
        }
    }

    async fn delete(&self, bucket: &str, key: &str) -> Result<(), Unreachable> {
        let unreachable = |error: NatsError| error.unreachable(format!("delete {bucket}/{key}"));
        if self.get(bucket, key).await?.is_none() {
            return Ok(());
        }
        let mut headers = HeaderMap::new();
        // No rollup: a bucket keeps one message for each key anyway, and not every bucket takes one.
        headers.insert("KV-Operation", "PURGE");
        headers.insert("Nats-TTL", format!("{MARK_SECS}s"));
        self.store(bucket, key, headers, Bytes::new()).await.map(drop).map_err(unreachable)
    }

    async fn keys(&self, bucket: &str, prefix: &str) -> Result<Vec<String>, Unreachable> {
        let mut keys = Vec::new();
        let listed = self.each(bucket, prefix, |key, _| keys.push(key)).await;
        listed.map_err(|error| error.unreachable(format!("list {bucket}/{prefix}")))?;
        keys.sort_unstable();
        keys.dedup();
        Ok(keys)
    }

    async fn watch(
        &self,
        bucket: &str,
        prefix: &str,
    ) -> Result<BoxStream<'static, Change>, Unreachable> {
        let watched = watch::watch(Self::new(self.wire.clone()), bucket, prefix).await;
        watched.map_err(|error| error.unreachable(format!("watch {bucket}/{prefix}")))
    }
}
