//! How far the log was carried, kept with compare-and-set.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use galley_schemas::feedback::Cursor;
use galley_schemas::subject::bucket::FEEDBACK;
use galley_schemas::subject::{LEARNER_KEY, RELAY_KEY};

use crate::Unreachable;
use crate::kv::{Entry, Expect, KeyValue, Put, PutError};
use crate::log::Seq;

/// A cursor as it was read last, and the means to move it.
///
/// Law: of two who move it from the same place, at most one succeeds; it never goes back.
pub struct CursorKeeper {
    kv: Arc<dyn KeyValue>,
    key: &'static str,
    cursor: Cursor,
    revision: Option<u64>,
}

impl std::fmt::Debug for CursorKeeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CursorKeeper")
            .field("key", &self.key)
            .field("cursor", &self.cursor)
            .finish()
    }
}

/// What a stretch of the log added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carried {
    /// Where it ended.
    pub up_to: Seq,
    /// How many facts were delivered.
    pub facts: u64,
    /// How many records and facts were passed over.
    pub skipped: u64,
}

/// What came of moving a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// It stands where it was moved to.
    Here,
    /// Somebody else moved it, to this place; it was read anew.
    Elsewhere(Seq),
}

impl CursorKeeper {
    /// Reads the cursor under a key; where there is none, it stands at the beginning.
    ///
    /// A value that cannot be read counts as none: facts are carried again under their old ids.
    ///
    /// # Errors
    /// [`Unreachable`] when the bucket is.
    pub async fn load(
        kv: Arc<dyn KeyValue>,
        key: &'static str,
        now: DateTime<Utc>,
    ) -> Result<Self, Unreachable> {
        let entry = kv.get(FEEDBACK, key).await?;
        let revision = entry.as_ref().map(|entry| entry.revision);
        let cursor = entry.as_ref().and_then(decode);
        let cursor = cursor.unwrap_or(Cursor { seq: 0, carried: 0, skipped: 0, at: now });
        Ok(Self { kv, key, cursor, revision })
    }

    /// Where it stands.
    #[must_use]
    pub const fn seq(&self) -> Seq {
        Seq(self.cursor.seq)
    }

    /// How it stands.
    #[must_use]
    pub const fn cursor(&self) -> &Cursor {
        &self.cursor
    }

    /// Moves it forward past what was delivered.
    ///
    /// # Errors
    /// [`Unreachable`] when the bucket is; the cursor may have moved all the same.
    pub async fn advance(
        &mut self,
        carried: Carried,
        now: DateTime<Utc>,
    ) -> Result<Moved, Unreachable> {
        let next = Cursor {
            seq: self.cursor.seq.max(carried.up_to.0),
            carried: self.cursor.carried.saturating_add(carried.facts),
            skipped: self.cursor.skipped.saturating_add(carried.skipped),
            at: now,
        };
        let value = serde_json::to_vec(&next).expect("a cursor is plain");
        let expect = self.revision.map_or(Expect::Absent, Expect::Revision);
        let put = Put { value: value.into(), expect, ttl: None };
        match self.kv.put(FEEDBACK, self.key, put).await {
            Ok(revision) => {
                (self.cursor, self.revision) = (next, Some(revision));
                Ok(Moved::Here)
            }
            Err(PutError::Conflict { .. }) => {
                *self = Self::load(Arc::clone(&self.kv), self.key, now).await?;
                Ok(Moved::Elsewhere(self.seq()))
            }
            Err(PutError::Unreachable(error)) => Err(error),
            Err(error @ (PutError::InvalidKey { .. } | PutError::TooLarge { .. })) => {
                Err(Unreachable { what: "keep the cursor".to_owned(), cause: error.into() })
            }
        }
    }
}

fn decode(entry: &Entry) -> Option<Cursor> {
    serde_json::from_slice(&entry.value)
        .inspect_err(|error| tracing::error!(key = %entry.key, %error, "the cursor cannot be read"))
        .ok()
}

/// The place up to which records may be purged as far as learning goes: the lower of the relay's and
/// the learner's cursors. None when neither ever ran: then nothing waits for the log.
///
/// Whoever stops using a relay for good lets [`forget`] its cursor, or the log is never purged again.
///
/// # Errors
/// [`Unreachable`] when the bucket is: then nothing may be purged.
pub async fn carried_up_to(kv: &dyn KeyValue) -> Result<Option<Seq>, Unreachable> {
    let mut lowest = None;
    for key in [RELAY_KEY, LEARNER_KEY] {
        let Some(entry) = kv.get(FEEDBACK, key).await? else { continue };
        let seq = decode(&entry).map_or(0, |cursor| cursor.seq);
        lowest = Some(lowest.map_or(seq, |lowest: u64| lowest.min(seq)));
    }
    Ok(lowest.map(Seq))
}

/// Takes a cursor away: whoever moved it does not read the log any more, and nothing waits for it.
///
/// # Errors
/// [`Unreachable`] when the bucket is.
pub async fn forget(kv: &dyn KeyValue, key: &'static str) -> Result<(), Unreachable> {
    kv.delete(FEEDBACK, key).await
}
