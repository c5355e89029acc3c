//! The states of partitions: read once, changed in memory, written with their positions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use galley_bus_core::Unreachable;
use galley_bus_core::feedback::{Positions, Received};
use galley_bus_core::kv::{Expect, KeyValue, Put, PutError};
use galley_bus_core::trace::adopt;
use galley_schemas::subject::bucket::FEEDBACK;
use galley_schemas::subject::{key_part, learned_key};

use crate::config::Config;
use crate::gauges::Gauges;
use crate::learn::{Heard, Learned, State, Told, hear};

/// A partition to which nothing came is written only after it was passed by so much: its position
/// matters for a restart alone.
const IDLE_MAX: u64 = 10_000;

/// The prefix of every state's key, whichever source it is from.
pub(super) const LEARNED: &str = "learned/";

/// Where the states of one source are kept.
#[derive(Clone)]
pub(super) struct Places {
    kv: Arc<dyn KeyValue>,
    source: &'static str,
}

impl Places {
    pub(super) fn new(kv: Arc<dyn KeyValue>, source: &'static str) -> Self {
        Self { kv, source }
    }

    async fn load(&self, partition: u32) -> Result<Place, Unreachable> {
        let mut place = self.read(&learned_key(self.source, partition)).await?;
        let own = format!("{LEARNED}{}/", key_part(self.source));
        for key in self.kv.keys(FEEDBACK, LEARNED).await? {
            if !key.starts_with(&own) {
                place.state.learn_nothing_that_taught(&self.read(&key).await?.state);
            }
        }
        Ok(place)
    }

    async fn read(&self, key: &str) -> Result<Place, Unreachable> {
        let Some(entry) = self.kv.get(FEEDBACK, key).await? else { return Ok(Place::default()) };
        let state = serde_json::from_slice(&entry.value).map_err(|error| Unreachable {
            what: format!("read what was learned: {key}"),
            cause: Box::new(error),
        })?;
        Ok(Place { state, revision: Some(entry.revision), changed: false })
    }

    /// Writes a state; false when somebody else has written since it was read.
    async fn store(
        &self,
        partition: u32,
        place: &mut Place,
        config: &Config,
    ) -> Result<bool, Unreachable> {
        let key = learned_key(self.source, partition);
        let expect = place.revision.map_or(Expect::Absent, Expect::Revision);
        let put = Put { value: place.state.encode(config).into(), expect, ttl: None };
        match self.kv.put(FEEDBACK, &key, put).await {
            Ok(revision) => {
                (place.revision, place.changed) = (Some(revision), false);
                Ok(true)
            }
            Err(PutError::Conflict { .. }) => Ok(false),
            Err(PutError::Unreachable(error)) => Err(error),
            Err(error @ (PutError::InvalidKey { .. } | PutError::TooLarge { .. })) => {
                Err(Unreachable { what: format!("keep {key}"), cause: Box::new(error) })
            }
        }
    }
}

#[async_trait]
impl Positions for Places {
    async fn position(&self, partition: u32) -> Result<Option<u64>, Unreachable> {
        let place = self.read(&learned_key(self.source, partition)).await?;
        Ok(place.revision.map(|_| place.state.position))
    }
}

/// A partition's state, and its revision in the bucket.
#[derive(Default)]
struct Place {
    state: State,
    revision: Option<u64>,
    changed: bool,
}

/// What came of writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// All that was learned is kept.
    All,
    /// It was not time yet.
    Nothing,
    /// Another learner has a partition: what is in memory is worth nothing.
    Overtaken,
}

/// The states of the partitions that a learner reads.
pub(super) struct Keeping {
    places: Places,
    held: BTreeMap<u32, Place>,
    reached: BTreeMap<u32, u64>,
    /// Partitions to which something came.
    touched: BTreeSet<u32>,
    unkept: usize,
    kept_at: DateTime<Utc>,
    news: bool,
}

impl Keeping {
    pub(super) fn new(places: Places, now: DateTime<Utc>) -> Self {
        Self {
            places,
            held: BTreeMap::new(),
            reached: BTreeMap::new(),
            touched: BTreeSet::new(),
            unkept: 0,
            kept_at: now,
            // Time alone changes what was learned: so a policy is looked at after each start.
            news: true,
        }
    }

    /// A partition is another's now.
    pub(super) fn forget(&mut self, partition: u32) {
        self.held.remove(&partition);
        self.reached.remove(&partition);
        self.touched.remove(&partition);
    }

    pub(super) async fn learn(
        &mut self,
        received: &Received,
        config: &Config,
        gauges: &Gauges,
    ) -> Result<(), Unreachable> {
        self.unkept += 1;
        self.touched.insert(received.partition);
        let place = self.place(received.partition).await?;
        let Told { fact, at, traceparent } = match hear(&received.payload) {
            Ok(Heard::Fact(told)) => told,
            Ok(Heard::Unknown(kind)) => {
                tracing::debug!(kind, "not learned from");
                gauges.skipped(1);
                return Ok(());
            }
            Err(error) => {
                let partition = received.partition;
                tracing::error!(partition, %error, "a message cannot be read; passed over");
                gauges.skipped(1);
                return Ok(());
            }
        };
        let span = tracing::debug_span!(
            "learn",
            otel.kind = "consumer",
            messaging.operation.name = "process",
            messaging.operation.type = "process",
            messaging.destination.partition.id = received.partition,
            goal = %fact.goal,
            fact = fact.what.name(),
        );
        adopt(&span, traceparent.as_deref());
        let _within = span.enter();
        place.changed = true;
        match place.state.learn(&fact, at, config) {
            Learned::Yes => gauges.carried(1),
            Learned::Late => gauges.late(1),
            Learned::Refused => {
                tracing::debug!(goal = %fact.goal, fact = fact.what.name(), "not learned from");
                gauges.skipped(1);
            }
        }
        Ok(())
    }

    /// Notes how far each partition is with what was learned so far.
    pub(super) async fn reach(&mut self, reached: &BTreeMap<u32, u64>) -> Result<(), Unreachable> {
        for (partition, position) in reached {
            let touched = self.touched.contains(partition);
            let place = self.place(*partition).await?;
            let idle = position.saturating_sub(place.state.position) >= IDLE_MAX;
            if touched || idle {
                // Also back: a topic that was made anew begins at 0.
                place.changed = place.changed || place.state.position != *position;
                place.state.position = *position;
            }
            self.reached.insert(*partition, *position);
        }
        Ok(())
    }

    /// Whether what was learned should be written now.
    pub(super) fn is_due(&self, now: DateTime<Utc>, pause: Duration, unkept_max: usize) -> bool {
        let waited = (now - self.kept_at).to_std().unwrap_or_default();
        let changed = self.held.values().any(|place| place.changed);
        (changed && waited >= pause) || self.unkept >= unkept_max
    }

    /// Writes what was learned.
    pub(super) async fn keep(
        &mut self,
        now: DateTime<Utc>,
        config: &Config,
    ) -> Result<Kept, Unreachable> {
        for (partition, place) in &mut self.held {
            if !place.changed {
                continue;
            }
            if !self.places.store(*partition, place, config).await? {
                return Ok(Kept::Overtaken);
            }
            self.news = true;
        }
        self.touched.clear();
        (self.unkept, self.kept_at) = (0, now);
        Ok(Kept::All)
    }

    /// How far everything is that was kept.
    pub(super) const fn reached(&self) -> &BTreeMap<u32, u64> {
        &self.reached
    }

    /// Whether something new was kept since this was asked last.
    pub(super) fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.news)
    }

    pub(super) fn put_news_back(&mut self) {
        self.news = true;
    }

    async fn place(&mut self, partition: u32) -> Result<&mut Place, Unreachable> {
        if !self.held.contains_key(&partition) {
            let place = self.places.load(partition).await?;
            self.held.insert(partition, place);
        }
        Ok(self.held.get_mut(&partition).expect("it was put there just now"))
    }
}
