//! The outside world that agents write to. It counts every write that lands, and it is truthful:
//! what it says of a write is so, or it says that it cannot tell.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use galley_agents_sdk::{Effector, Observed};
use galley_schemas::fault::Fault as Failure;
use galley_schemas::id::GoalId;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::faults::Fault;
use crate::lock;
use crate::process::Process;
use crate::run::Sabotage;
use crate::world::World;

/// How long a write takes.
const WRITE: (Duration, Duration) = (Duration::from_millis(30), Duration::from_secs(5));
/// How long a slow one takes.
const SLOW: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(50));
/// A write whose caller let go of it can still land within this time: it was on its way.
const ON_ITS_WAY: Duration = Duration::from_secs(4);

/// The outside world.
#[derive(Debug, Default)]
pub(crate) struct Target {
    landed: Mutex<BTreeMap<String, u32>>,
}

impl Target {
    /// How often a write landed.
    pub(crate) fn count(&self, key: &str) -> u32 {
        lock(&self.landed).get(key).copied().unwrap_or(0)
    }

    /// How many writes landed in all.
    pub(crate) fn total(&self) -> u64 {
        lock(&self.landed).values().map(|count| u64::from(*count)).sum()
    }

    fn land(&self, key: &str) -> u32 {
        let mut landed = lock(&self.landed);
        let count = landed.entry(key.to_owned()).or_default();
        *count += 1;
        *count
    }
}

/// One write, from one agent's side.
#[derive(Debug)]
pub(crate) struct Write {
    pub(crate) world: Arc<World>,
    pub(crate) target: Arc<Target>,
    pub(crate) process: Arc<Process>,
    pub(crate) goal: GoalId,
    /// What tells this write from all others.
    pub(crate) key: String,
}

/// How a write goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Course {
    Works,
    Unheard,
    Lost,
    Refused,
}

#[async_trait]
impl Effector for Write {
    async fn observe(&self) -> Result<Observed, Failure> {
        if self.world.sabotage == Sabotage::NeverAsk {
            return Ok(Observed::DidNotHappen);
        }
        self.process.live().await;
        let way = self.world.draw(|dice| dice.between(WRITE.0, WRITE.0 * 20));
        tokio::time::sleep(way).await;
        self.process.live().await;
        if self.world.strikes(Fault::TargetSilent) {
            return Err(Failure::transient("GLY0397", "the target does not answer"));
        }
        if self.world.strikes(Fault::TargetShrugs) {
            return Ok(Observed::CannotTell("the target keeps no list".to_owned()));
        }
        let found = self.target.count(&self.key) > 0;
        self.say(if found { "finds its write" } else { "finds no write" });
        Ok(if found { Observed::Happened(self.receipt()) } else { Observed::DidNotHappen })
    }

    async fn write(&self) -> Result<Value, Failure> {
        self.process.live().await;
        let course = self.course();
        let takes = self.takes();
        self.say(&format!("writes ({course:?}, {takes:.1?})"));
        let caller = Arc::new(Mutex::new(None));
        let letting_go = LettingGo(Arc::clone(&caller));
        if course == Course::Works || course == Course::Unheard {
            self.set_off(takes, caller);
        }
        tokio::time::sleep(takes + Duration::from_millis(5)).await;
        self.process.live().await;
        drop(letting_go);
        match course {
            Course::Works => Ok(self.receipt()),
            Course::Unheard | Course::Lost => Err(Failure::transient("GLY0396", "no answer")),
            Course::Refused => Err(Failure::permanent("GLY0395", "the target refuses")),
        }
    }
}

impl Write {
    fn course(&self) -> Course {
        let strikes = |fault| self.world.strikes(fault);
        if strikes(Fault::WriteUnheard) {
            Course::Unheard
        } else if strikes(Fault::WriteLost) {
            Course::Lost
        } else if strikes(Fault::WriteRefused) {
            Course::Refused
        } else {
            Course::Works
        }
    }

    fn takes(&self) -> Duration {
        let (least, most) = if self.world.strikes(Fault::WriteSlow) { SLOW } else { WRITE };
        self.world.draw(|dice| dice.between(least, most))
    }

    /// Lets the write land, unless its caller let go of it long before.
    fn set_off(&self, takes: Duration, caller: Arc<Mutex<Option<Instant>>>) {
        let (world, target) = (Arc::clone(&self.world), Arc::clone(&self.target));
        let (who, key, goal) = (self.process.name.clone(), self.key.clone(), self.goal);
        let label = self.label();
        self.world.later(async move {
            tokio::time::sleep(takes).await;
            if lock(&caller).is_some_and(|at| at.elapsed() > ON_ITS_WAY) {
                return;
            }
            let count = target.land(&key);
            world.say("target", &format!("has {label} from {who}, {count} in all"));
            if count > 1 {
                let what = format!("the target saw {label} {count} times");
                world.checks.violate(&world, Some(goal), what);
            }
        });
    }

    fn receipt(&self) -> Value {
        json!({ "url": format!("https://site.example/{}", self.key.replace(' ', "/")) })
    }

    fn say(&self, what: &str) {
        self.world.say(&self.process.name, &format!("{what}: {}", self.label()));
    }

    /// The key with the goal's short name.
    fn label(&self) -> String {
        self.key.replace(&self.goal.to_string(), &self.world.diary.name(&self.goal))
    }
}

/// Notes when the caller of a write lets go of it: at its end, or because it is dropped.
struct LettingGo(Arc<Mutex<Option<Instant>>>);

impl Drop for LettingGo {
    fn drop(&mut self) {
        *lock(&self.0) = Some(Instant::now());
    }
}

/// What tells a write from all others.
pub(crate) fn key(goal: &GoalId, task: &str, effect: &str) -> String {
    format!("{goal} {task} {effect}")
}
