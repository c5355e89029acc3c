//! The relay: carries the log to the feedback topic.
//!
//! Steps: read a stretch of the log after the cursor; deliver its facts; move the cursor. Guarantees:
//! a fact is delivered at least once and always under the same id; the cursor passes only what was
//! delivered or can never be. While the topic is out of reach one stretch is held in memory, and the
//! log keeps the rest.
//!
//! Any number of relays may run. Two that move the cursor from the same place carried the same facts
//! under the same ids; the one that loses stands by until the other one stops moving it.
//!
//! Goals that were archived before a relay first ran are no longer in the log: they are not carried.
//! From then on nothing is purged that was not carried (`galley_bus_core::feedback::cursor`).

use std::sync::Arc;
use std::time::Duration;

use galley_bus_core::clock::Clock;
use galley_bus_core::feedback::cursor::{Carried, CursorKeeper, Moved};
use galley_bus_core::feedback::{DeliverError, FeedbackTopic, Follower, Parcel, Stretch};
use galley_bus_core::log::Seq;
use galley_bus_core::{Bus, Unreachable, chain};
use galley_schemas::subject::RELAY_KEY;
use tokio_util::sync::CancellationToken;

use crate::config::RelayConfig;
use crate::gauges::Gauges;

/// Longest wait for the log to grow; how soon a lost wake-up is made up for.
const LOG_WAIT: Duration = Duration::from_secs(5);
/// Delay after a failure: doubled each time, up to the bound.
const BACKOFF_FIRST: Duration = Duration::from_millis(200);
const BACKOFF_MAX: Duration = Duration::from_secs(10);

/// Carries the log to the feedback topic.
pub struct Relay {
    bus: Bus,
    topic: Arc<dyn FeedbackTopic>,
    clock: Arc<dyn Clock>,
    config: RelayConfig,
    gauges: Arc<Gauges>,
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Relay").field("config", &self.config).finish_non_exhaustive()
    }
}

/// Where a relay is.
struct At {
    cursor: CursorKeeper,
    follower: Follower,
    /// Another relay moved the cursor: it stood here then.
    other: Option<Seq>,
}

impl Relay {
    /// A relay between the log of a bus and a topic.
    #[must_use]
    pub fn new(
        bus: Bus,
        topic: Arc<dyn FeedbackTopic>,
        clock: Arc<dyn Clock>,
        config: RelayConfig,
    ) -> Self {
        Self { bus, topic, clock, config, gauges: Arc::new(Gauges::default()) }
    }

    /// What it counts.
    #[must_use]
    pub fn gauges(&self) -> Arc<Gauges> {
        Arc::clone(&self.gauges)
    }

    /// Carries until stopped; then ends what is under way, within the grace period.
    pub async fn run(self, stop: CancellationToken) {
        let carry = self.carry(&stop);
        tokio::pin!(carry);
        tokio::select! {
            biased;
            () = &mut carry => return,
            () = stop.cancelled() => {}
        }
        let grace = Duration::from_secs(u64::from(self.config.grace_secs));
        let late = self.clock.sleep(grace);
        tokio::select! {
            biased;
            () = carry => {}
            () = late => tracing::warn!("stopped within a delivery; it will be carried again"),
        }
    }

    async fn carry(&self, stop: &CancellationToken) {
        let mut at: Option<At> = None;
        let mut backoff = BACKOFF_FIRST;
        while !stop.is_cancelled() {
            match self.turn(&mut at, stop).await {
                Ok(()) => backoff = BACKOFF_FIRST,
                Err(error) => {
                    tracing::warn!(
                        error = chain(&error),
                        "the log could not be carried; trying again"
                    );
                    // From the cursor, whatever was delivered of the stretch.
                    at = None;
                    self.pause(backoff, stop).await;
                    backoff = (backoff * 2).min(BACKOFF_MAX);
                }
            }
        }
    }

    async fn turn(&self, at: &mut Option<At>, stop: &CancellationToken) -> Result<(), Unreachable> {
        let at = match at {
            Some(at) => at,
            None => at.insert(self.load().await?),
        };
        if let Some(stood) = at.other {
            return self.stand_by(at, stood, stop).await;
        }
        let next = at.follower.next(self.config.records_max.max(1), LOG_WAIT);
        let stretch = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            stretch = next => stretch?,
        };
        if stretch.up_to <= at.cursor.seq() {
            return Ok(());
        }
        if at.cursor.seq() == Seq::START {
            let first = stretch.parcels.first().map_or(stretch.up_to, |(seq, _)| *seq);
            tracing::info!(%first, "first run; goals archived before are not carried");
        }
        // Told before the delivery, so that it rises while the topic is out of reach.
        let end = self.bus.log.changed(stretch.up_to, Duration::ZERO).await?;
        self.gauges.set_lag(end.0.saturating_sub(at.cursor.seq().0));
        let carried = self.deliver(&stretch).await?;
        self.gauges.carried(carried.facts);
        self.gauges.skipped(carried.skipped);
        match at.cursor.advance(carried, self.clock.now()).await? {
            Moved::Here => self.gauges.set_lag(end.0.saturating_sub(at.cursor.seq().0)),
            Moved::Elsewhere(seq) => {
                tracing::info!(%seq, "another relay is at work; standing by");
                at.other = Some(seq);
            }
        }
        Ok(())
    }

    async fn load(&self) -> Result<At, Unreachable> {
        let kv = Arc::clone(&self.bus.kv);
        let cursor = CursorKeeper::load(kv, RELAY_KEY, self.clock.now()).await?;
        let follower = Follower::new(Arc::clone(&self.bus.log), cursor.seq());
        Ok(At { cursor, follower, other: None })
    }

    /// Takes over once the cursor has stood still for a while.
    async fn stand_by(
        &self,
        at: &mut At,
        stood: Seq,
        stop: &CancellationToken,
    ) -> Result<(), Unreachable> {
        self.pause(Duration::from_secs(u64::from(self.config.standby_secs)), stop).await;
        let other = self.load().await?;
        let still = other.cursor.seq() <= stood;
        *at = other;
        at.other = (!still).then(|| at.cursor.seq());
        Ok(())
    }

    /// Delivers the facts of a stretch, but for those that the topic will never take.
    async fn deliver(&self, stretch: &Stretch) -> Result<Carried, Unreachable> {
        let parcels = stretch.parcels.iter().map(|(_, parcel)| parcel.clone());
        let mut parcels: Vec<Parcel> = parcels.collect();
        let mut skipped = stretch.skipped;
        while !parcels.is_empty() {
            match self.topic.deliver(&parcels).await {
                Ok(()) => break,
                Err(DeliverError::Unreachable(error)) => return Err(error),
                Err(DeliverError::Refused { id, cause }) => {
                    tracing::error!(%id, error = %cause, "a fact is refused; passed over");
                    let before = parcels.len();
                    parcels.retain(|parcel| parcel.id != id);
                    assert!(parcels.len() < before, "a topic refuses what it was given");
                    skipped = skipped.saturating_add(1);
                }
            }
        }
        let facts = u64::try_from(parcels.len()).unwrap_or(u64::MAX);
        Ok(Carried { up_to: stretch.up_to, facts, skipped })
    }

    async fn pause(&self, pause: Duration, stop: &CancellationToken) {
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = self.clock.sleep(pause) => {}
        }
    }
}
