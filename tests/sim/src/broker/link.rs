//! One process's way to the broker.
//!
//! Every call of a port goes through [`Link::reach`], which draws what becomes of it: it arrives,
//! or is lost on the way there or back, or arrives when nobody waits for it any more; and the process
//! may die before or after. So each `await` on a port is a place where a process can crash.

use std::sync::Arc;
use std::time::Duration;

use galley_bus_core::{BoxError, Bus, Unreachable};

use super::Broker;
use crate::faults::Fault;
use crate::process::Process;

/// Shortest and longest way to the broker.
const WAY: (Duration, Duration) = (Duration::from_micros(200), Duration::from_millis(8));
/// How much longer a slow call takes.
const SLOW: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(14));
/// After how long a client notices that something was lost.
const NOTICE: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(6));
/// How long after the caller was told of a failure a late call takes effect.
const LATE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(70));

/// One process's way to the broker.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) broker: Arc<Broker>,
    pub(crate) process: Arc<Process>,
}

/// What becomes of a call.
enum Trip {
    Arrives,
    RequestLost,
    AnswerLost,
    Late(Duration),
}

impl Link {
    pub(crate) fn new(broker: &Arc<Broker>, process: &Arc<Process>) -> Self {
        Self { broker: Arc::clone(broker), process: Arc::clone(process) }
    }

    /// The ports of the bus over this link.
    pub(crate) fn bus(&self) -> Bus {
        let link = Arc::new(self.clone());
        Bus {
            log: Arc::clone(&link) as _,
            queue: Arc::clone(&link) as _,
            calls: Arc::clone(&link) as _,
            broadcast: Arc::clone(&link) as _,
            alarms: Arc::clone(&link) as _,
            kv: Arc::clone(&link) as _,
            artifacts: link,
        }
    }

    /// Makes one call to the broker.
    pub(crate) async fn reach<T: Send + 'static>(
        &self,
        what: &'static str,
        call: impl FnOnce(&Broker) -> T + Send + 'static,
    ) -> Result<T, Unreachable> {
        let world = &self.broker.world;
        self.process.live().await;
        world.diary.pass(world.elapsed(), &self.process.name, what);
        self.may_die(Fault::DiesBefore, what).await;
        self.travel().await;
        if !world.reaches_bus(&self.process) {
            return Err(self.lost(what, "cut off").await);
        }
        match self.trip() {
            Trip::Arrives => {
                let result = call(&self.broker);
                self.may_die(Fault::DiesAfter, what).await;
                self.travel().await;
                Ok(result)
            }
            Trip::RequestLost => Err(self.lost(what, "request lost").await),
            Trip::AnswerLost => {
                drop(call(&self.broker));
                Err(self.lost(what, "answer lost").await)
            }
            Trip::Late(delay) => {
                let link = self.clone();
                world.later(async move {
                    tokio::time::sleep(delay).await;
                    link.note(&format!("{what} takes effect {delay:.1?} late"));
                    drop(call(&link.broker));
                });
                Err(self.lost(what, "late").await)
            }
        }
    }

    /// Whether a fault strikes this process now.
    pub(crate) fn strikes(&self, fault: Fault) -> bool {
        self.broker.world.strikes(fault)
    }

    /// Writes a line into the diary, in this process's name.
    pub(crate) fn note(&self, what: &str) {
        self.broker.world.say(&self.process.name, what);
    }

    /// Takes the time of one way.
    pub(crate) async fn travel(&self) {
        let world = &self.broker.world;
        let mut way = world.draw(|dice| dice.between(WAY.0, WAY.1));
        if world.strikes(Fault::Slow) {
            way += world.draw(|dice| dice.between(SLOW.0, SLOW.1));
        }
        tokio::time::sleep(way).await;
        self.process.live().await;
    }

    fn trip(&self) -> Trip {
        let world = &self.broker.world;
        if world.strikes(Fault::RequestLost) {
            Trip::RequestLost
        } else if world.strikes(Fault::AnswerLost) {
            Trip::AnswerLost
        } else if world.strikes(Fault::Late) {
            Trip::Late(world.draw(|dice| dice.between(LATE.0, LATE.1)))
        } else {
            Trip::Arrives
        }
    }

    async fn may_die(&self, fault: Fault, what: &str) {
        // People do not crash.
        if self.process.name != PEOPLE && self.strikes(fault) {
            let when = if fault == Fault::DiesBefore { "before" } else { "after" };
            self.note(&format!("dies {when} {what}"));
            self.process.kill();
            self.process.live().await;
        }
    }

    async fn lost(&self, what: &'static str, why: &'static str) -> Unreachable {
        let notice = self.broker.world.draw(|dice| dice.between(NOTICE.0, NOTICE.1));
        tokio::time::sleep(notice).await;
        self.process.live().await;
        self.note(&format!("{what} fails: {why}"));
        let cause: BoxError = why.into();
        Unreachable { what: what.to_owned(), cause }
    }
}

/// The name of the process through which people speak.
pub(crate) const PEOPLE: &str = "people";
