//! Follows the log and projects it, whatever is in it.

use std::sync::Arc;
use std::time::Duration;

use crate::Unreachable;
use crate::feedback::{Parcel, parcels};
use crate::log::{Entry, GoalLog, ReadError, Seq};

/// A stretch of the log, projected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// Its facts, each with the place of its record; in order.
    pub parcels: Vec<(Seq, Parcel)>,
    /// The place of its last record; where it began when it is empty.
    pub up_to: Seq,
    /// Records that cannot be read, and facts that are too large.
    pub skipped: u64,
}

/// One who follows the log.
///
/// Gaps in the places mean nothing: records are purged when their goals are archived. A record that
/// cannot be read is passed over with an error line and counted; it never stops the following.
pub struct Follower {
    log: Arc<dyn GoalLog>,
    after: Seq,
    /// Where the log was seen to end: records up to there may be purged, so waiting for the log to
    /// end after `after` could be no waiting at all.
    end: Seq,
}

impl std::fmt::Debug for Follower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Follower").field("after", &self.after).finish_non_exhaustive()
    }
}

impl Follower {
    /// Follows from a place.
    #[must_use]
    pub fn new(log: Arc<dyn GoalLog>, after: Seq) -> Self {
        Self { log, after, end: after }
    }

    /// How many places of the log lie ahead, as far as was seen; gaps count too.
    #[must_use]
    pub const fn lag(&self) -> u64 {
        self.end.0.saturating_sub(self.after.0)
    }

    /// The next stretch: at most `max` records; an empty one when nothing came within `wait`.
    ///
    /// # Errors
    /// [`Unreachable`] when the log is; the same stretch comes again then.
    pub async fn next(&mut self, max: usize, wait: Duration) -> Result<Stretch, Unreachable> {
        let mut entries = self.read(max).await?;
        if matches!(&entries, Read::Records(list) if list.is_empty()) {
            self.end = self.end.max(self.log.changed(self.end, wait).await?);
            entries = self.read(max).await?;
        }
        let stretch = match entries {
            Read::Records(list) => stretch(self.after, &list),
            Read::Unreadable(seq) => Stretch { parcels: Vec::new(), up_to: seq, skipped: 1 },
        };
        self.after = stretch.up_to;
        self.end = self.end.max(self.after);
        Ok(stretch)
    }

    async fn read(&self, max: usize) -> Result<Read, Unreachable> {
        match self.log.tail(self.after, max.max(1)).await {
            Ok(entries) => Ok(Read::Records(entries)),
            Err(ReadError::Unreachable(error)) => Err(error),
            // Alone in its page it is the next one; else what lies before it is read first.
            Err(ReadError::Undecodable { .. }) if max > 1 => Box::pin(self.read(1)).await,
            Err(ReadError::Undecodable { seq, cause }) => {
                tracing::error!(%seq, error = %cause, "a record cannot be read; passed over");
                Ok(Read::Unreadable(seq))
            }
        }
    }
}

/// What a page of the log holds.
enum Read {
    Records(Vec<Entry>),
    /// The next record, at this place, cannot be read.
    Unreadable(Seq),
}

fn stretch(after: Seq, entries: &[Entry]) -> Stretch {
    let mut stretch = Stretch { parcels: Vec::new(), up_to: after, skipped: 0 };
    for entry in entries {
        let (parcels, too_large) = parcels(entry);
        stretch.parcels.extend(parcels.into_iter().map(|parcel| (entry.seq, parcel)));
        stretch.skipped = stretch.skipped.saturating_add(too_large);
        stretch.up_to = entry.seq;
    }
    stretch
}
