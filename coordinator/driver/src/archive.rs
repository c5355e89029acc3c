//! Archiving: what ended long ago leaves the log and the status view.
//!
//! Steps, each of which may be repeated:
//! 1. Store the goal's records as one artifact.
//! 2. Keep its last status, with the artifact's reference, in the bucket `archived`.
//! 3. Remove the records. Something was recorded meanwhile (an outcome that came late)? Then once
//!    more from step 1, with what was removed and what came.
//! 4. Remove its status from the bucket `goals`: from now on nobody looks at it again.
//!
//! Guarantees: records are removed only after they are stored and their reference is kept, and not
//! before learning has them: while a relay (or a learner without one) has not carried a goal's last
//! record, the goal stays, however long ago it ended.

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use galley_bus_core::artifacts::{FetchError, StoreError};
use galley_bus_core::feedback::cursor::carried_up_to;
use galley_bus_core::kv::{Put, PutError};
use galley_bus_core::log::{Entry, ReadError, Seq};
use galley_bus_core::{BoxError, Unreachable};
use galley_schemas::artifact::ArtifactRef;
use galley_schemas::id::GoalId;
use galley_schemas::subject::bucket;
use galley_schemas::view::{Archived, Phase, Status};

use crate::hands::Hands;

/// How often what came meanwhile is taken along; what comes even later is left to the next sweep.
const ROUNDS_MAX: u32 = 3;
/// Media type of archived records.
const MEDIA_TYPE: &str = "application/x-ndjson";
/// Records that should have been removed so long ago are worth a word.
const OVERDUE: TimeDelta = TimeDelta::days(1);

/// Why a goal was not archived.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArchiveError {
    /// Its records cannot be read: they stay where they are.
    #[error("the records cannot be read")]
    Unreadable(#[source] ReadError),
    /// They are too large for what should hold them: they stay where they are.
    #[error("the records cannot be stored")]
    Unstorable(#[source] BoxError),
    /// Learning has not got its records yet: they stay where they are.
    #[error("the records are carried to learning up to {carried} only")]
    NotCarried {
        /// How far the log was carried.
        carried: Seq,
    },
    /// Try again later.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
}

impl Hands {
    /// Whether a goal ended so long ago that it leaves the log.
    pub(crate) fn is_past(&self, status: &Status) -> bool {
        let is_over = matches!(status.view.phase, Phase::Ended { .. });
        let is_due = self.archived_at(status).is_some_and(|due| due < self.clock.now());
        is_over && status.acted >= status.seq && is_due
    }

    /// Whether a goal should have left the log long ago.
    pub(crate) fn is_overdue(&self, status: &Status) -> bool {
        self.archived_at(status).is_some_and(|due| due + OVERDUE < self.clock.now())
    }

    fn archived_at(&self, status: &Status) -> Option<DateTime<Utc>> {
        let retention = TimeDelta::from_std(self.config.retention()).unwrap_or(TimeDelta::MAX);
        status.view.ended?.checked_add_signed(retention)
    }

    /// Archives a goal.
    ///
    /// # Errors
    /// [`ArchiveError`]; what was done stays done, and is not done again.
    pub(crate) async fn archive(&self, status: Status) -> Result<(), ArchiveError> {
        let goal = status.view.goal;
        self.is_carried(Seq(status.seq)).await?;
        for _ in 0..ROUNDS_MAX {
            let read = self.within("read a goal's log", self.bus.log.read(&goal, Seq::START)).await;
            let entries = read.map_err(|error| match error {
                ReadError::Unreachable(error) => ArchiveError::Unreachable(error),
                undecodable @ ReadError::Undecodable { .. } => {
                    ArchiveError::Unreadable(undecodable)
                }
            })?;
            let (Some(first), Some(last)) = (entries.first(), entries.last()) else { break };
            self.is_carried(last.seq).await?;
            let mut lines = self.archived_before(&goal, first.seq).await?;
            entries.iter().for_each(|entry| write_line(&mut lines, entry));
            let artifact = self.store(lines.into()).await?;
            self.keep(&status, artifact).await?;
            self.within("purge a goal's log", self.bus.log.purge(&goal, last.seq)).await?;
        }
        self.goals.forget(&goal);
        let key = goal.to_string();
        self.within("remove a status", self.bus.kv.delete(bucket::GOALS, &key)).await?;
        Ok(())
    }

    /// Refuses to go on while learning has not got the records up to a place.
    async fn is_carried(&self, up_to: Seq) -> Result<(), ArchiveError> {
        let carried = carried_up_to(&*self.bus.kv);
        match self.within("read how far the log was carried", carried).await? {
            Some(carried) if carried < up_to => Err(ArchiveError::NotCarried { carried }),
            Some(_) | None => Ok(()),
        }
    }

    /// What an earlier round archived of the goal, up to a place.
    async fn archived_before(&self, goal: &GoalId, first: Seq) -> Result<Vec<u8>, ArchiveError> {
        let key = goal.to_string();
        let entry =
            self.within("read the archive", self.bus.kv.get(bucket::ARCHIVED, &key)).await?;
        let archived =
            entry.and_then(|entry| serde_json::from_slice::<Archived>(&entry.value).ok());
        let Some(archived) = archived else { return Ok(Vec::new()) };
        let bytes = match self.bus.artifacts.get(&archived.records.sha256).await {
            Ok(bytes) => bytes,
            Err(FetchError::Unreachable(error)) => return Err(error.into()),
            Err(error @ (FetchError::Missing { .. } | FetchError::Damaged { .. })) => {
                return Err(ArchiveError::Unstorable(Box::new(error)));
            }
        };
        let lines = bytes.split_inclusive(|byte| *byte == b'\n');
        Ok(lines.filter(|line| place_of(line) < Some(first.0)).flatten().copied().collect())
    }

    /// Whether a goal was archived.
    ///
    /// # Errors
    /// The bus was out of reach.
    pub(crate) async fn is_archived(&self, goal: &GoalId) -> Result<bool, Unreachable> {
        let key = goal.to_string();
        let entry =
            self.within("read the archive", self.bus.kv.get(bucket::ARCHIVED, &key)).await?;
        Ok(entry.is_some())
    }

    async fn store(&self, lines: Bytes) -> Result<ArtifactRef, ArchiveError> {
        // As much as a store may take is longer under way than a small call.
        let limit = self.config.bus_timeout() + Duration::from_secs(60);
        let put = self.bus.artifacts.put(lines, MEDIA_TYPE);
        match tokio::time::timeout(limit, put).await {
            Ok(Ok(artifact)) => Ok(artifact),
            Ok(Err(StoreError::Unreachable(error))) => Err(error.into()),
            Ok(Err(error @ StoreError::TooLarge { .. })) => {
                Err(ArchiveError::Unstorable(Box::new(error)))
            }
            Err(elapsed) => {
                let what = "store archived records".to_owned();
                Err(Unreachable { what, cause: Box::new(elapsed) }.into())
            }
        }
    }

    async fn keep(&self, status: &Status, records: ArtifactRef) -> Result<(), ArchiveError> {
        let archived = Archived { status: status.clone(), records };
        let value = serde_json::to_vec(&archived).expect("wire types have string keys");
        let key = status.view.goal.to_string();
        let put = self.bus.kv.put(bucket::ARCHIVED, &key, Put::any(value));
        match self.within("keep an archived status", put).await {
            Ok(_) | Err(PutError::Conflict { .. }) => Ok(()),
            Err(PutError::Unreachable(error)) => Err(error.into()),
            Err(error @ (PutError::TooLarge { .. } | PutError::InvalidKey { .. })) => {
                Err(ArchiveError::Unstorable(Box::new(error)))
            }
        }
    }
}

fn write_line(lines: &mut Vec<u8>, entry: &Entry) {
    let line = serde_json::json!({ "seq": entry.seq.0, "record": entry.record });
    lines.extend_from_slice(line.to_string().as_bytes());
    lines.push(b'\n');
}

fn place_of(line: &[u8]) -> Option<u64> {
    serde_json::from_slice::<serde_json::Value>(line).ok()?.get("seq")?.as_u64()
}
