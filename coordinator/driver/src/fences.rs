//! Stop fences: kept in the bucket `epochs`, one key a scope, with epochs that rise over all scopes
//! together; and a snapshot of them in memory, so that every report can be held against them.
//!
//! Guarantees: a scope stands as the last order for it says, in the order in which they were given,
//! whichever coordinator works on which of them first: an order that lies before the one that stands
//! comes too late. Of two orders that stood for one scope, the later one has the higher epoch. The
//! same input raises one fence however often it is delivered, since it has the same place. The
//! snapshot may lag; what must not be decided on a lagging one reads the bucket ([`Fences::read`]).
//!
//! Orders for different scopes do not take each other's place: a goal goes on when no scope that it
//! lies in is stopped, so it does not matter which of two such orders is worked on first.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use futures::StreamExt as _;
use futures::future::try_join_all;
use futures::stream::BoxStream;
use galley_bus_core::kv::{Change, Entry, Expect, KeyValue, Put, PutError};
use galley_bus_core::{BoxError, Unreachable};
use galley_schemas::id::{Epoch, MessageId};
use galley_schemas::input::{Control, Place, Scope, Standing};
use galley_schemas::subject::{bucket, fence_key};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// Where the last epoch drawn is kept, beside the scopes.
const LAST_DRAWN: &str = "drawn";
/// How often a lost race for a key is run again.
const RACES_MAX: u32 = 64;
/// A fence around one goal outlives any goal that still runs; the goal's own log keeps the stop.
const GOAL_FENCE_TTL: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The stop fences.
pub(crate) struct Fences {
    kv: Arc<dyn KeyValue>,
    /// By key. Fences around single goals are not in it: their number has no bound, and the goal is
    /// told by whoever raised them.
    snapshot: RwLock<BTreeMap<String, Standing>>,
}

/// What an order came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fenced {
    /// It is the scope's last one.
    Stands(Standing),
    /// A later order for the same scope stands: this one.
    TooLate(Standing),
}

impl Fences {
    pub(crate) fn new(kv: Arc<dyn KeyValue>) -> Self {
        Self { kv, snapshot: RwLock::default() }
    }

    /// Raises the fence of the order's scope, once for each place, unless a later order stands.
    ///
    /// # Errors
    /// The bus was out of reach, or the race for the key was lost too often.
    pub(crate) async fn raise(
        &self,
        place: Place,
        control: &Control,
    ) -> Result<Fenced, Unreachable> {
        let key = fence_key(&control.scope);
        for _ in 0..RACES_MAX {
            let entry = self.kv.get(bucket::EPOCHS, &key).await?;
            let before = entry.as_ref().and_then(decode);
            let last = before.as_ref().map(|standing| standing.epoch);
            if let Some(fenced) = before.and_then(|standing| fenced_by(standing, place)) {
                return Ok(fenced);
            }
            let epoch = self.draw().await?;
            if last.is_some_and(|last| last >= epoch) {
                continue;
            }
            let standing = Standing { control: control.clone(), epoch, place: Some(place) };
            let value = serde_json::to_vec(&standing).expect("wire types have string keys");
            let ttl = matches!(control.scope, Scope::Goal { .. }).then_some(GOAL_FENCE_TTL);
            let put = Put { value: value.into(), expect: expect(entry.as_ref()), ttl };
            if won(self.kv.put(bucket::EPOCHS, &key, put).await)? {
                self.remember(key, standing.clone());
                return Ok(Fenced::Stands(standing));
            }
        }
        Err(contended(&key))
    }

    /// The last epoch that was drawn; 0 as long as nobody ever gave an order.
    ///
    /// # Errors
    /// The bus was out of reach.
    pub(crate) async fn drawn(&self) -> Result<Epoch, Unreachable> {
        let entry = self.kv.get(bucket::EPOCHS, LAST_DRAWN).await?;
        Ok(entry.as_ref().map(last_drawn).unwrap_or_default())
    }

    /// Draws an epoch that is higher than all before.
    ///
    /// # Errors
    /// The bus was out of reach, or the race for the key was lost too often.
    async fn draw(&self) -> Result<Epoch, Unreachable> {
        for _ in 0..RACES_MAX {
            let entry = self.kv.get(bucket::EPOCHS, LAST_DRAWN).await?;
            let last = entry.as_ref().map(last_drawn).unwrap_or_default();
            let next = Epoch(last.0.saturating_add(1));
            let value = serde_json::to_vec(&next).expect("a number is JSON");
            let put = Put { value: value.into(), expect: expect(entry.as_ref()), ttl: None };
            if won(self.kv.put(bucket::EPOCHS, LAST_DRAWN, put).await)? {
                return Ok(next);
            }
        }
        Err(contended(LAST_DRAWN))
    }

    /// How these scopes stand, by the bucket itself; the lowest epoch first.
    ///
    /// # Errors
    /// The bus was out of reach.
    pub(crate) async fn read(&self, scopes: &[Scope]) -> Result<Vec<Standing>, Unreachable> {
        let read = async |scope| self.kv.get(bucket::EPOCHS, &fence_key(scope)).await;
        // As many at once as a workflow has kinds, and three more.
        let entries = try_join_all(scopes.iter().map(read)).await?;
        let mut found: Vec<_> = entries.iter().flatten().filter_map(decode).collect();
        found.sort_by_key(|standing| standing.epoch);
        Ok(found)
    }

    /// Whether no order for more than one goal is known here.
    pub(crate) fn are_none_known(&self) -> bool {
        self.snapshot.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// How these scopes stand, as far as is known here; the lowest epoch first.
    pub(crate) fn known(&self, scopes: &[Scope]) -> Vec<Standing> {
        let snapshot = self.snapshot.read().unwrap_or_else(PoisonError::into_inner);
        let keys = scopes.iter().map(fence_key);
        let mut found: Vec<_> = keys.filter_map(|key| snapshot.get(&key).cloned()).collect();
        found.sort_by_key(|standing| standing.epoch);
        found
    }

    /// Keeps the snapshot until stopped: by a watch, and by reading all of it every `period`, since
    /// a watch is a hint and may miss something or end.
    pub(crate) async fn follow(&self, period: Duration, stop: CancellationToken) {
        let mut tick = tokio::time::interval(period);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut changes = None;
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                _ = tick.tick() => {
                    if changes.is_none() {
                        changes = self.watch().await;
                    }
                    self.refresh().await;
                }
                change = next_of(&mut changes) => match change {
                    Some(change) => self.learn(change),
                    None => changes = None,
                },
            }
        }
    }

    /// Reads the fences of all scopes but single goals.
    pub(crate) async fn refresh(&self) {
        for prefix in ["all", "workflow.", "kind."] {
            if let Err(error) = self.refresh_below(prefix).await {
                tracing::warn!(%error, "stop fences cannot be read; again soon");
            }
        }
    }

    async fn refresh_below(&self, prefix: &str) -> Result<(), Unreachable> {
        for key in self.kv.keys(bucket::EPOCHS, prefix).await? {
            if let Some(entry) = self.kv.get(bucket::EPOCHS, &key).await? {
                self.learn(Change::Put(entry));
            }
        }
        Ok(())
    }

    async fn watch(&self) -> Option<BoxStream<'static, Change>> {
        let watched = self.kv.watch(bucket::EPOCHS, "").await;
        watched.map_err(|error| tracing::warn!(%error, "stop fences cannot be followed")).ok()
    }

    fn learn(&self, change: Change) {
        match change {
            Change::Put(entry) => {
                if let Some(standing) = decode(&entry) {
                    self.remember(entry.key, standing);
                }
            }
            // A fence never falls.
            Change::Deleted { .. } => {}
        }
    }

    fn remember(&self, key: String, standing: Standing) {
        if matches!(standing.control.scope, Scope::Goal { .. }) {
            return;
        }
        let mut snapshot = self.snapshot.write().unwrap_or_else(PoisonError::into_inner);
        if snapshot.get(&key).is_none_or(|known| known.epoch < standing.epoch) {
            snapshot.insert(key, standing);
        }
    }
}

/// The next change; never one while nothing is watched.
async fn next_of(changes: &mut Option<BoxStream<'static, Change>>) -> Option<Change> {
    match changes {
        Some(changes) => changes.next().await,
        None => std::future::pending().await,
    }
}

/// What an order at a place came to already, if it did.
fn fenced_by(standing: Standing, place: Place) -> Option<Fenced> {
    match place.cmp(&standing.place?) {
        Ordering::Less => Some(Fenced::TooLate(standing)),
        Ordering::Equal => Some(Fenced::Stands(standing)),
        Ordering::Greater => None,
    }
}

/// The cause that a record names when a goal is told a fence without the input that raised it.
pub(crate) fn cause(standing: &Standing) -> MessageId {
    MessageId::new(format!("fence-{}-{}", fence_key(&standing.control.scope), standing.epoch))
}

/// A value that is none of ours (a person wrote to the bucket by hand) counts as absent: the next
/// order writes a good one over it.
fn decode(entry: &Entry) -> Option<Standing> {
    if entry.key == LAST_DRAWN {
        return None;
    }
    let decoded = serde_json::from_slice(&entry.value);
    decoded.map_err(|error| tracing::warn!(key = %entry.key, %error, "no stop fence")).ok()
}

/// An unreadable one counts as none: an epoch that a scope has already is drawn again at worst, and
/// [`Fences::raise`] draws on until it is higher.
fn last_drawn(entry: &Entry) -> Epoch {
    serde_json::from_slice(&entry.value).unwrap_or_default()
}

fn expect(entry: Option<&Entry>) -> Expect {
    entry.map_or(Expect::Absent, |entry| Expect::Revision(entry.revision))
}

fn won(put: Result<u64, PutError>) -> Result<bool, Unreachable> {
    match put {
        Ok(_) => Ok(true),
        Err(PutError::Conflict { .. }) => Ok(false),
        Err(PutError::Unreachable(error)) => Err(error),
        Err(error @ (PutError::TooLarge { .. } | PutError::InvalidKey { .. })) => {
            Err(Unreachable { what: "keep a stop fence".to_owned(), cause: Box::new(error) })
        }
    }
}

fn contended(key: &str) -> Unreachable {
    let cause: BoxError = "too many others write to it".into();
    Unreachable { what: format!("write {}/{key}", bucket::EPOCHS), cause }
}
