//! Following keys: what is there, then what changes.
//!
//! The bucket's stream sends everything that it stores to whoever listens. That is no delivery: what
//! is lost on the way is found when all is read again, which is done after every new connection and
//! every [`READ_EVERY`].

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use async_nats::{Message, Subscriber};
use futures::StreamExt as _;
use futures::stream::BoxStream;
use galley_bus_core::clock::{Clock as _, SystemClock};
use galley_bus_core::kv::{Change, Entry};
use galley_bus_core::topology::STORED;
use tokio::sync::watch;
use tokio::time::Instant;

use super::{StreamKv, is_value, key, key_of};
use crate::error::NatsError;
use crate::get::Kept;
use crate::wire::servers_header;

/// How often all is read again.
const READ_EVERY: Duration = Duration::from_secs(60);

/// What one watcher knows.
struct Watcher {
    kv: StreamKv,
    bucket: String,
    prefix: String,
    hints: Subscriber,
    connections: watch::Receiver<u64>,
    /// The newest revision seen of each key, and whether it was a value.
    known: BTreeMap<String, (u64, bool)>,
    /// Told next.
    changes: VecDeque<Change>,
    read_at: Instant,
}

/// Follows the keys with a prefix.
pub(crate) async fn watch(
    kv: StreamKv,
    bucket: &str,
    prefix: &str,
) -> Result<BoxStream<'static, Change>, NatsError> {
    let stored = format!("{STORED}.{}", super::subject(bucket, &key::below(prefix)));
    let hints = kv.wire.listen(&stored, None).await?;
    let mut connections = kv.wire.connections.clone();
    connections.mark_unchanged();
    let mut watcher = Watcher {
        kv,
        bucket: bucket.to_owned(),
        prefix: prefix.to_owned(),
        hints,
        connections,
        known: BTreeMap::new(),
        changes: VecDeque::new(),
        read_at: Instant::now(),
    };
    watcher.read().await?;
    let next =
        |mut watcher: Watcher| async { watcher.next().await.map(|change| (change, watcher)) };
    Ok(futures::stream::unfold(watcher, next).boxed())
}

impl Watcher {
    async fn next(&mut self) -> Option<Change> {
        loop {
            if let Some(change) = self.changes.pop_front() {
                return Some(change);
            }
            let read_again = tokio::select! {
                biased;
                hint = self.hints.next() => {
                    self.hear(&hint?);
                    false
                }
                _ = self.connections.changed() => true,
                () = tokio::time::sleep_until(self.read_at) => true,
            };
            if read_again && let Err(error) = self.read().await {
                tracing::debug!(bucket = self.bucket, %error, "not read again; soon");
                self.read_at = Instant::now() + Duration::from_secs(1);
            }
        }
    }

    /// Reads all, and tells what differs from what is known.
    async fn read(&mut self) -> Result<(), NatsError> {
        let mut values = Vec::new();
        self.kv.each(&self.bucket, &self.prefix, |key, kept| values.push((key, kept))).await?;
        self.read_at = Instant::now() + READ_EVERY;
        let mut gone = std::mem::take(&mut self.known);
        for (key, kept) in values {
            if let Some((revision, was_value)) = gone.remove(&key) {
                self.known.insert(key.clone(), (revision, was_value));
            }
            self.saw(key, kept);
        }
        // Whoever is not there and was a value when it was last seen.
        gone.retain(|_, (_, was_value)| *was_value);
        self.changes.extend(gone.into_keys().map(|key| Change::Deleted { key }));
        Ok(())
    }

    fn hear(&mut self, hint: &Message) {
        let headers = hint.headers.as_ref();
        let Some(stored) = servers_header(headers, "Nats-Subject") else { return };
        let Some(key) = key_of(&self.bucket, stored) else { return };
        let seq = servers_header(headers, "Nats-Sequence").and_then(|seq| seq.parse().ok());
        let Some(seq) = seq.filter(|_| key.starts_with(&self.prefix)) else { return };
        self.saw(
            key,
            Kept {
                subject: stored.to_owned(),
                seq,
                at_ms: SystemClock.now().timestamp_millis(),
                headers: hint.headers.clone().unwrap_or_default(),
                payload: hint.payload.clone(),
            },
        );
    }

    /// Tells of a message that is newer than what is known of its key.
    fn saw(&mut self, key: String, kept: Kept) {
        let known = self.known.get(&key).copied();
        if known.is_some_and(|(revision, _)| revision >= kept.seq) {
            return;
        }
        let value = is_value(&kept.headers, SystemClock.now());
        self.known.insert(key.clone(), (kept.seq, value));
        if value {
            let entry = Entry { key, value: kept.payload, revision: kept.seq };
            self.changes.push_back(Change::Put(entry));
        } else if known.is_none_or(|(_, was_value)| was_value) {
            self.changes.push_back(Change::Deleted { key });
        }
    }
}
