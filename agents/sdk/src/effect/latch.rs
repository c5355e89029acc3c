//! The latch of one effect: of any number of processes that work on the same task, one at a time may
//! announce, ask and write.
//!
//! That two of them do is not rare: an offer is published again outside the bus's duplicate window;
//! a loan runs out although its holder still works; an attempt is given up while its write is under
//! way. Leases cannot tell the first two apart (it is the same attempt), and the coordinator cannot
//! take back what an old attempt has sent.
//!
//! Steps:
//! 1. Take it: put a value where there is none, which runs out after [`TTL`]. Somebody has it? Wait
//!    until they gave it back or it ran out.
//! 2. Renew it every [`RENEW`], expecting the revision of the last put.
//! 3. Not renewed for [`GIVE_UP`], by the steady clock of this process and counted from before the
//!    last put that succeeded: the work under it is dropped, [`TTL`] - [`GIVE_UP`] before anybody else
//!    can have it.
//! 4. Give it back with a put that expects the last revision, never with a delete, which could take
//!    away what somebody else holds by now.
//!
//! Assumption: a write that its process let go of lands within `TTL - GIVE_UP` or never. A process
//! that is frozen in the middle of a write, or a network that holds a request back for longer, cannot
//! be told from this side; only a target that knows the effect's key can.

use std::sync::Arc;
use std::time::Duration;

use galley_bus_core::clock::Clock;
use galley_bus_core::kv::{Entry, Expect, KeyValue, Put, PutError};
use galley_schemas::id::{AgentKind, EffectKey};
use galley_schemas::subject::bucket;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::context::attempt::Attempt;
use crate::context::journal::{Slot, escape};

/// How long it holds without being renewed.
const TTL: Duration = Duration::from_secs(15);
/// How often it is renewed.
const RENEW: Duration = Duration::from_secs(3);
/// After how long without renewal its holder stops.
const GIVE_UP: Duration = Duration::from_secs(10);
/// How long a put that failed, or a latch that somebody has, is waited for before the next look.
const LOOK: Duration = Duration::from_millis(500);

/// Before the keys of all latches.
const PREFIX: &str = "latch/";

/// What is kept while somebody has it, and for a moment after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    /// Drawn by the holder, so that it knows its own; none once it was given back.
    holder: Option<String>,
}

/// The latch of one effect, taken.
pub(crate) struct Latch {
    kv: Arc<dyn KeyValue>,
    clock: Arc<dyn Clock>,
    bucket: String,
    key: String,
    holder: String,
    revision: u64,
    /// Before the last put that succeeded.
    since: Instant,
}

impl Latch {
    /// Takes the latch of an effect; waits for as long as somebody has it. The attempt's time and
    /// its fate bound the wait.
    pub(crate) async fn take(attempt: &Attempt, effect: &EffectKey) -> Self {
        let ports = &attempt.ports;
        let (offer, slot) = (&attempt.offer, Slot::new("latch", effect.as_str(), &[]));
        let task = escape(offer.task.as_str());
        let mut latch = Self {
            kv: Arc::clone(&ports.kv),
            clock: Arc::clone(&ports.clock),
            bucket: bucket::journal(&offer.kind),
            key: format!("{PREFIX}{}/{task}/{}", offer.goal, slot.key()),
            holder: ports.chance.token(),
            revision: 0,
            since: Instant::now(),
        };
        let mut expect = Expect::Absent;
        while !latch.put(expect).await {
            expect = latch.look().await;
        }
        latch
    }

    /// Renews it for as long as it can; returns when the work under it must stop.
    pub(crate) async fn keep(&mut self) {
        loop {
            self.clock.sleep(RENEW).await;
            loop {
                let expect = Expect::Revision(self.revision);
                let last = self.since + GIVE_UP;
                match tokio::time::timeout_at(last, self.renew(expect)).await {
                    Ok(Renewed::Yes) => break,
                    Ok(Renewed::NotYet) if Instant::now() < last => {}
                    Ok(Renewed::NotYet | Renewed::Gone) | Err(_) => return,
                }
            }
        }
    }

    /// Gives it back. When that fails it runs out.
    pub(crate) async fn give_back(mut self) {
        for _ in 0..2 {
            let put = value(None, Expect::Revision(self.revision));
            match self.kv.put(&self.bucket, &self.key, put).await {
                // The last renewal succeeded, and its answer was lost.
                Err(PutError::Conflict { .. }) if self.finds_own().await => {}
                Err(error) => {
                    return tracing::debug!(key = self.key, %error, "latch not given back");
                }
                Ok(_) => return,
            }
        }
    }

    async fn renew(&mut self, expect: Expect) -> Renewed {
        let began = Instant::now();
        let put = value(Some(self.holder.clone()), expect);
        match self.kv.put(&self.bucket, &self.key, put).await {
            Ok(revision) => {
                (self.revision, self.since) = (revision, began);
                Renewed::Yes
            }
            Err(PutError::Conflict { .. }) => match self.finds_own().await {
                true => Renewed::NotYet,
                false => Renewed::Gone,
            },
            Err(error) => {
                tracing::warn!(key = self.key, %error, "latch not renewed; trying again");
                self.clock.sleep(LOOK).await;
                Renewed::NotYet
            }
        }
    }

    /// Puts for the first time; says whether it is taken now.
    async fn put(&mut self, expect: Expect) -> bool {
        match self.renew(expect).await {
            Renewed::Yes => true,
            // An earlier put succeeded, and its answer was lost: renewed, it counts from now.
            Renewed::NotYet | Renewed::Gone => false,
        }
    }

    /// What the next put of a latch that is not taken yet must expect; waits while somebody has it.
    async fn look(&mut self) -> Expect {
        loop {
            match self.kv.get(&self.bucket, &self.key).await {
                Ok(None) => return Expect::Absent,
                Ok(Some(entry)) => {
                    let kept = read(&entry);
                    let is_free = kept
                        .is_none_or(|kept| kept.holder.is_none_or(|holder| holder == self.holder));
                    if is_free {
                        return Expect::Revision(entry.revision);
                    }
                }
                Err(error) => tracing::warn!(key = self.key, %error, "latch not read"),
            }
            self.clock.sleep(LOOK).await;
        }
    }

    /// Whether what is kept is this holder's; takes its revision over then.
    async fn finds_own(&mut self) -> bool {
        match self.kv.get(&self.bucket, &self.key).await {
            Ok(Some(entry)) => {
                let own =
                    read(&entry).is_some_and(|kept| kept.holder.as_ref() == Some(&self.holder));
                if own {
                    self.revision = entry.revision;
                }
                own
            }
            Ok(None) => false,
            // Not known: the next put tells.
            Err(_) => true,
        }
    }
}

/// Lets every latch of a kind run out, for the harness, in which no time goes by.
pub(crate) async fn run_out(kv: &dyn KeyValue, kind: &AgentKind) {
    let bucket = bucket::journal(kind);
    for key in kv.keys(&bucket, PREFIX).await.unwrap_or_default() {
        if let Err(error) = kv.delete(&bucket, &key).await {
            tracing::debug!(key, %error, "latch stays");
        }
    }
}

fn value(holder: Option<String>, expect: Expect) -> Put {
    let value = serde_json::to_vec(&Kept { holder }).expect("a text is JSON");
    Put { value: value.into(), expect, ttl: Some(TTL) }
}

/// What came of a renewal.
enum Renewed {
    Yes,
    NotYet,
    Gone,
}

fn read(entry: &Entry) -> Option<Kept> {
    serde_json::from_slice(&entry.value).ok()
}
