//! What a task has already done, so that no later attempt does it again.
//!
//! One task's entries lie side by side in the bucket `journal_<kind>`, under
//! `<goal>/<task>/<hash of the entry's name>`, so that they are read at once and taken away at once.
//! An entry is written before its result is handed out. A large result is an artifact; its entry
//! carries the reference.
//!
//! It is read before the agent runs when the task was attempted or delivered before, and else when the
//! agent first needs it ([`super::attempt`]).
//!
//! What calls cost: each entry keeps what was paid for it and by which attempt. An attempt that a
//! crash ended never reported what it had paid; the next one finds that here, counts it against its
//! own allowance and reports it with its own. The key `settled` says up to which attempt everything
//! paid has been reported. It is written after the report was accepted: a crash between the two
//! counts a cost twice rather than never.
//!
//! Entries are taken away after the task's result was accepted and the task was acknowledged; what
//! a crash leaves behind runs out after [`TTL`].

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use galley_bus_core::artifacts::Artifacts;
use galley_bus_core::clock::{Chance, Clock};
use galley_bus_core::kv::{self, Expect, KeyValue, Put, PutError};
use galley_schemas::amount::Amount;
use galley_schemas::artifact::{ArtifactRef, Digest};
use galley_schemas::fault::Fault;
use galley_schemas::subject::bucket;
use galley_schemas::task::Offer;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::backoff::Backoff;
use crate::context::store;
use crate::faults;
use crate::ports::Ports;

/// How long an entry is kept at most.
const TTL: Duration = Duration::from_secs(14 * 24 * 60 * 60);
/// Largest result that lies in its entry; a larger one is an artifact.
const INLINE_BYTES_MAX: usize = 128 * 1024;
/// Most entries of one task.
const ENTRIES_MAX: usize = 4_096;
/// How often a write is tried: what was paid for should not be lost to a short outage.
const TRIES_MAX: u32 = 6;
/// The key beside a task's entries that says what was reported.
const SETTLED: &str = "settled";

/// The name of an entry: what it is for, and everything that makes it another piece of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slot {
    name: String,
    hash: Digest,
}

impl Slot {
    /// `sort` keeps names of different sorts apart; `content` is hashed with the name.
    pub(crate) fn new(sort: &str, name: &str, content: &[u8]) -> Self {
        let full = format!("{sort}:{name}");
        let mut bytes = full.clone().into_bytes();
        bytes.push(0);
        bytes.extend_from_slice(content);
        Self { name: full, hash: Digest::of(&bytes) }
    }

    /// Its key: 32 characters.
    pub(crate) fn key(&self) -> &str {
        self.hash.as_str().get(..32).unwrap_or_else(|| self.hash.as_str())
    }
}

/// An entry as it is stored. This form is private to this crate.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Stored {
    /// For people who look.
    name: String,
    /// The attempt that did the work.
    attempt: u32,
    /// What it paid for it.
    #[serde(default)]
    cost: Amount,
    result: Kept,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "in", rename_all = "snake_case")]
enum Kept {
    Entry { value: Value },
    Artifact { artifact: ArtifactRef },
}

/// Up to which attempt everything paid was reported.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Settled {
    attempt: u32,
}

/// The journal of one task, as its current attempt sees it.
pub(crate) struct Journal {
    kv: Arc<dyn KeyValue>,
    artifacts: Arc<dyn Artifacts>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    bucket: String,
    prefix: String,
    attempt: u32,
    found: BTreeMap<String, (u64, Stored)>,
    settled: u32,
    /// Whether this attempt wrote anything.
    written: AtomicBool,
}

impl Journal {
    /// Reads what earlier attempts left.
    pub(crate) async fn open(ports: &Ports, offer: &Offer) -> Result<Self, Fault> {
        let mut journal = Self {
            kv: Arc::clone(&ports.kv),
            artifacts: Arc::clone(&ports.artifacts),
            clock: Arc::clone(&ports.clock),
            chance: Arc::clone(&ports.chance),
            bucket: bucket::journal(&offer.kind),
            prefix: format!("{}/{}/", offer.goal, escape(offer.task.as_str())),
            attempt: offer.attempt,
            found: BTreeMap::new(),
            settled: 0,
            written: AtomicBool::new(false),
        };
        journal.load().await.map_err(|error| faults::journal_unreachable(&error))?;
        if journal.found.len() > ENTRIES_MAX {
            return Err(faults::journal_too_long(ENTRIES_MAX));
        }
        Ok(journal)
    }

    async fn load(&mut self) -> Result<(), galley_bus_core::Unreachable> {
        let keys = self.kv.keys(&self.bucket, &self.prefix).await?;
        for key in keys.into_iter().take(ENTRIES_MAX + 2) {
            let Some(entry) = self.kv.get(&self.bucket, &key).await? else { continue };
            let Some(name) = key.strip_prefix(&self.prefix) else { continue };
            if name == SETTLED {
                let settled = serde_json::from_slice::<Settled>(&entry.value);
                self.settled = settled.map_or(0, |settled| settled.attempt);
            } else if let Some(stored) = read(&entry) {
                self.found.insert(name.to_owned(), (entry.revision, stored));
            }
        }
        Ok(())
    }

    /// What earlier attempts paid and never reported.
    pub(crate) fn owed(&self) -> Amount {
        let unreported = self.found.values().filter(|(_, stored)| stored.attempt > self.settled);
        unreported.fold(Amount::default(), |sum, (_, stored)| sum.plus(stored.cost))
    }

    /// The result that an earlier attempt kept, if any. One that cannot be read as `T` any more (the
    /// agent was changed meanwhile) counts as none.
    pub(crate) async fn recall<T: DeserializeOwned>(
        &self,
        slot: &Slot,
    ) -> Result<Option<T>, Fault> {
        let Some((_, stored)) = self.found.get(slot.key()) else { return Ok(None) };
        match self.unfold(stored).await {
            Ok(result) => Ok(Some(result)),
            Err(fault) if fault.retryable => Err(fault),
            Err(fault) => {
                tracing::warn!(entry = %slot.name, error = %fault, "journal entry is of no use");
                Ok(None)
            }
        }
    }

    /// Keeps a result and hands it back as any later attempt will see it. When another process
    /// that works on the same task was faster, its result is the one.
    pub(crate) async fn keep<T>(&self, slot: &Slot, result: &T, cost: Amount) -> Result<T, Fault>
    where
        T: Serialize + DeserializeOwned,
    {
        let bytes =
            serde_json::to_vec(result).map_err(|e| faults::not_journalable(&slot.name, &e))?;
        let read_back =
            serde_json::from_slice(&bytes).map_err(|e| faults::not_journalable(&slot.name, &e))?;
        let result = self.fold(slot, bytes).await?;
        let stored = Stored { name: slot.name.clone(), attempt: self.attempt, cost, result };
        match self.write(slot, &stored).await {
            Ok(()) => Ok(read_back),
            Err(PutError::Conflict { .. }) => match self.reread(slot).await? {
                Some(theirs) => self.unfold(&theirs).await,
                None => Ok(read_back),
            },
            Err(error) => Err(faults::journal_unreachable(&error)),
        }
    }

    /// Says that everything paid up to this attempt was reported.
    pub(crate) async fn settle(&self) {
        let settled = Settled { attempt: self.attempt };
        let value = serde_json::to_vec(&settled).expect("a number is JSON");
        let put = Put { ttl: Some(TTL), ..Put::any(value) };
        let key = format!("{}{SETTLED}", self.prefix);
        if let Err(error) = self.kv.put(&self.bucket, &key, put).await {
            tracing::warn!(key, %error, "journal not settled; its costs will be counted again");
        }
    }

    /// Takes the task's entries away.
    pub(crate) async fn clear(&self) {
        let nothing = self.found.is_empty() && self.settled == 0;
        if nothing && !self.written.load(Ordering::Relaxed) {
            return;
        }
        if let Err(error) = self.delete_all().await {
            tracing::debug!(prefix = %self.prefix, %error, "journal not cleared; it will run out");
        }
    }

    async fn delete_all(&self) -> Result<(), galley_bus_core::Unreachable> {
        for key in self.kv.keys(&self.bucket, &self.prefix).await? {
            self.kv.delete(&self.bucket, &key).await?;
        }
        Ok(())
    }

    async fn fold(&self, slot: &Slot, bytes: Vec<u8>) -> Result<Kept, Fault> {
        if bytes.len() > INLINE_BYTES_MAX {
            let artifact =
                store::put_bytes(&*self.artifacts, bytes.into(), "application/json").await?;
            return Ok(Kept::Artifact { artifact });
        }
        let value =
            serde_json::from_slice(&bytes).map_err(|e| faults::not_journalable(&slot.name, &e))?;
        Ok(Kept::Entry { value })
    }

    async fn unfold<T: DeserializeOwned>(&self, stored: &Stored) -> Result<T, Fault> {
        match &stored.result {
            Kept::Entry { value } => {
                T::deserialize(value).map_err(|error| faults::not_journalable(&stored.name, &error))
            }
            Kept::Artifact { artifact } => store::get(&*self.artifacts, artifact).await,
        }
    }

    async fn write(&self, slot: &Slot, stored: &Stored) -> Result<(), PutError> {
        let expect = match self.found.get(slot.key()) {
            Some((revision, _)) => Expect::Revision(*revision),
            None => Expect::Absent,
        };
        let value = serde_json::to_vec(stored).expect("made of values that were JSON before");
        let put = Put { value: value.into(), expect, ttl: Some(TTL) };
        let key = format!("{}{}", self.prefix, slot.key());
        self.written.store(true, Ordering::Relaxed);
        let mut backoff = Backoff::new();
        let mut tries = 1;
        loop {
            match self.kv.put(&self.bucket, &key, put.clone()).await {
                Err(PutError::Unreachable(error)) if tries < TRIES_MAX => {
                    tracing::warn!(key, %error, "journal entry not written; trying again");
                    tries += 1;
                    backoff.pause(&*self.clock, &*self.chance).await;
                }
                written => return written.map(drop),
            }
        }
    }

    async fn reread(&self, slot: &Slot) -> Result<Option<Stored>, Fault> {
        let key = format!("{}{}", self.prefix, slot.key());
        let entry = self.kv.get(&self.bucket, &key).await;
        let entry = entry.map_err(|error| faults::journal_unreachable(&error))?;
        Ok(entry.as_ref().and_then(read))
    }
}

fn read(entry: &kv::Entry) -> Option<Stored> {
    serde_json::from_slice(&entry.value)
        .inspect_err(|error| tracing::warn!(key = %entry.key, %error, "journal entry unreadable"))
        .ok()
}

/// Writes a text with the characters that a key may have; different texts stay different.
pub(crate) fn escape(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::with_capacity(text.len()), |mut key, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b'.' => {
                key.push(char::from(byte));
            }
            _ => write!(key, "={byte:02x}").expect("a String takes any text"),
        }
        key
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_texts_are_keys_and_stay_apart() {
        for (text, key) in [
            ("research.2@1", "research.2=401"),
            ("publish!", "publish=21"),
            ("a=b", "a=3db"),
            ("a/b", "a=2fb"),
        ] {
            assert_eq!(escape(text), key);
        }
    }

    #[test]
    fn a_changed_content_is_another_entry() {
        let key =
            |name, content: &str| Slot::new("model", name, content.as_bytes()).key().to_owned();
        assert_eq!(key("outline", "a"), key("outline", "a"));
        assert_ne!(key("outline", "a"), key("outline", "b"));
        assert_ne!(key("outline", "a"), key("section", "a"));
        assert_ne!(Slot::new("step", "x", b""), Slot::new("model", "x", b""));
    }
}
