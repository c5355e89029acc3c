//! The learner: reads facts, keeps what it learned together with where it is, publishes policies.
//!
//! Steps: read a batch; learn from it in memory; write each partition's state, position and all, with
//! compare-and-set, as one value; only then tell the source. From time to time, and after something
//! was learned, rule on the policies over the states of all partitions. Guarantees: a fact that is
//! read again changes nothing (`learn.rs`); a learner that lost a partition writes nothing to it any
//! more, because the new one's write has another revision.
//!
//! The source may be changed, from the log to Kafka and back: what one source taught is not learned
//! from the other again. A goal that was under way meanwhile keeps what was known of it.
//!
//! Any number of learners may run: each rules over everything that all of them learned, and a policy
//! is published with compare-and-set.

mod keeping;
mod policies;

use std::sync::Arc;
use std::time::Duration;

use galley_bus_core::clock::Clock;
use galley_bus_core::feedback::{Batch, FeedbackSource, LogSource, Reader, cursor};
use galley_bus_core::kv::KeyValue;
use galley_bus_core::{Unreachable, chain};
use galley_schemas::subject::LEARNER_KEY;
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::gauges::Gauges;
use keeping::{Keeping, Kept, Places};
use policies::PolicyDesk;

/// Most facts read at once.
const BATCH_MAX: usize = 500;
/// Longest wait for facts; also how precisely pauses are kept.
const READ_WAIT: Duration = Duration::from_secs(1);
/// Delay after a failure: doubled each time, up to the bound.
const BACKOFF_FIRST: Duration = Duration::from_millis(200);
const BACKOFF_MAX: Duration = Duration::from_secs(10);
/// Facts that are learned are written at the latest after so many.
const UNKEPT_MAX: usize = 2_000;

/// Turns outcomes into policy.
pub struct Learner {
    source: Arc<dyn FeedbackSource>,
    kv: Arc<dyn KeyValue>,
    clock: Arc<dyn Clock>,
    config: Config,
    gauges: Arc<Gauges>,
}

impl std::fmt::Debug for Learner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Learner").field("source", &self.source.name()).finish_non_exhaustive()
    }
}

/// Why reading ended.
enum Ended {
    Stopped,
    /// Another learner has written: what is in memory is not what is kept.
    Overtaken,
    Failed(Unreachable),
}

impl Learner {
    /// A learner that reads from a source and keeps what it learns in a bucket.
    #[must_use]
    pub fn new(
        source: Arc<dyn FeedbackSource>,
        kv: Arc<dyn KeyValue>,
        clock: Arc<dyn Clock>,
        config: Config,
    ) -> Self {
        Self { source, kv, clock, config, gauges: Arc::new(Gauges::default()) }
    }

    /// What it counts.
    #[must_use]
    pub fn gauges(&self) -> Arc<Gauges> {
        Arc::clone(&self.gauges)
    }

    /// Learns until stopped; then keeps what it learned and lets go of what it reads.
    pub async fn run(self, stop: CancellationToken) {
        let mut backoff = BACKOFF_FIRST;
        while !stop.is_cancelled() {
            let began = self.clock.now();
            match self.read(&stop).await {
                Ended::Stopped => return,
                Ended::Overtaken => tracing::info!("another learner was faster; reading anew"),
                Ended::Failed(error) => {
                    tracing::warn!(error = chain(&error), "learning was broken off; trying again");
                }
            }
            let lasted = (self.clock.now() - began).to_std().unwrap_or_default();
            backoff = if lasted > BACKOFF_MAX { BACKOFF_FIRST } else { backoff };
            tokio::select! {
                biased;
                () = stop.cancelled() => {}
                () = self.clock.sleep(backoff) => {}
            }
            backoff = (backoff * 2).min(BACKOFF_MAX);
        }
    }

    async fn read(&self, stop: &CancellationToken) -> Ended {
        // Had it read the log before, the log would go on waiting for it.
        if self.source.name() != LogSource::NAME
            && let Err(error) = cursor::forget(&*self.kv, LEARNER_KEY).await
        {
            return Ended::Failed(error);
        }
        let places = Places::new(Arc::clone(&self.kv), self.source.name());
        let mut reader = match self.source.open(Arc::new(places.clone())).await {
            Ok(reader) => reader,
            Err(error) => return Ended::Failed(error),
        };
        let ended = self.serve(reader.as_mut(), places, stop).await;
        reader.close().await;
        ended
    }

    async fn serve(
        &self,
        reader: &mut dyn Reader,
        places: Places,
        stop: &CancellationToken,
    ) -> Ended {
        let mut keeping = Keeping::new(places, self.clock.now());
        let desk = PolicyDesk::new(Arc::clone(&self.kv), Arc::clone(&self.clock), &self.config);
        let pause = Duration::from_secs(u64::from(self.config.policies.pause_secs));
        let mut due = self.clock.now();
        loop {
            let stopped = stop.is_cancelled();
            let turn = if stopped {
                self.keep(&mut keeping, reader).await
            } else {
                self.turn(&mut keeping, reader, stop).await
            };
            match turn {
                Ok(Kept::All) if stopped => return Ended::Stopped,
                Ok(Kept::All | Kept::Nothing) => {}
                Ok(Kept::Overtaken) => return Ended::Overtaken,
                Err(error) => return Ended::Failed(error),
            }
            if self.clock.now() >= due && keeping.take_news() {
                due = self.clock.now() + pause;
                if let Err(error) = desk.rule(&self.gauges).await {
                    keeping.put_news_back();
                    tracing::warn!(error = chain(&error), "policies could not be looked at");
                }
            }
        }
    }

    /// Reads a batch and learns from it; keeps what was learned when it is time.
    async fn turn(
        &self,
        keeping: &mut Keeping,
        reader: &mut dyn Reader,
        stop: &CancellationToken,
    ) -> Result<Kept, Unreachable> {
        let batch = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(Kept::Nothing),
            batch = reader.next(BATCH_MAX, READ_WAIT) => batch?,
        };
        self.learn(keeping, &batch).await?;
        let secs = Duration::from_secs(u64::from(self.config.policies.keep_secs));
        if keeping.is_due(self.clock.now(), secs, UNKEPT_MAX) {
            return self.keep(keeping, reader).await;
        }
        Ok(Kept::Nothing)
    }

    async fn learn(&self, keeping: &mut Keeping, batch: &Batch) -> Result<(), Unreachable> {
        for lost in &batch.lost {
            keeping.forget(*lost);
        }
        for received in &batch.received {
            keeping.learn(received, &self.config, &self.gauges).await?;
        }
        self.gauges.skipped(batch.skipped);
        self.gauges.set_lag(batch.behind);
        keeping.reach(&batch.reached).await
    }

    async fn keep(
        &self,
        keeping: &mut Keeping,
        reader: &mut dyn Reader,
    ) -> Result<Kept, Unreachable> {
        let kept = keeping.keep(self.clock.now(), &self.config).await?;
        if let Kept::All = kept {
            reader.kept(keeping.reached()).await;
        }
        Ok(kept)
    }
}
