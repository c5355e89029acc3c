//! Messages of the future.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use galley_bus_core::Unreachable;
use galley_bus_core::alarms::{Alarms, RecurError, Recurrence};
use galley_bus_core::clock::Clock as _;
use galley_bus_core::message::Message;
use tokio::sync::Notify;

use super::{Broker, Link};
use crate::faults::Fault;
use crate::lock;

/// Longest time between two looks at what is due: the bus's clock may jump.
const LOOK: Duration = Duration::from_secs(5);
/// How late an alarm goes off.
const DRIFT: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(1_500));

/// The alarms that are armed.
#[derive(Debug, Default)]
pub(crate) struct Armed {
    alarms: Mutex<BTreeMap<String, (DateTime<Utc>, Message)>>,
    moved: Notify,
}

impl Armed {
    fn arm(&self, key: String, at: DateTime<Utc>, message: Message) {
        lock(&self.alarms).insert(key, (at, message));
        self.moved.notify_one();
    }

    /// Takes what is due, and says when the next one is.
    fn take_due(&self, now: DateTime<Utc>) -> (Vec<Message>, Option<DateTime<Utc>>) {
        let mut alarms = lock(&self.alarms);
        let due = |(at, _): &(DateTime<Utc>, Message)| *at <= now;
        let keys: Vec<String> =
            alarms.iter().filter(|(_, alarm)| due(alarm)).map(|(key, _)| key.clone()).collect();
        let fired = keys.iter().filter_map(|key| alarms.remove(key)).map(|(_, message)| message);
        let fired = fired.collect();
        (fired, alarms.values().map(|(at, _)| *at).min())
    }

    /// The alarms that are armed, by key.
    pub(crate) fn keys(&self) -> Vec<String> {
        lock(&self.alarms).keys().cloned().collect()
    }
}

/// Lets alarms go off, for as long as the world lasts.
pub(crate) async fn ring(broker: Arc<Broker>) {
    loop {
        let world = &broker.world;
        let now = world.clock.now();
        let (fired, next) = broker.alarms.take_due(now);
        for message in fired {
            if world.strikes(Fault::AlarmLost) {
                world.say("bus", &format!("loses the alarm {}", message.id));
                continue;
            }
            tokio::time::sleep(world.draw(|dice| dice.between(DRIFT.0, DRIFT.1))).await;
            if world.strikes(Fault::AlarmTwice) {
                broker.queues.keep_again(message.clone());
            }
            // Its subject is a queue's: an alarm that no queue would take is refused before.
            drop(broker.publish("bus", message));
        }
        let wait = next.and_then(|at| (at - now).to_std().ok()).map_or(LOOK, |wait| wait.min(LOOK));
        tokio::select! {
            biased;
            () = broker.alarms.moved.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}

#[async_trait]
impl Alarms for Link {
    async fn arm(&self, key: &str, at: DateTime<Utc>, message: Message) -> Result<(), Unreachable> {
        let key = key.to_owned();
        self.reach("arm", move |broker| broker.alarms.arm(key, at, message)).await
    }

    async fn disarm(&self, key: &str) -> Result<(), Unreachable> {
        let key = key.to_owned();
        self.reach("disarm", move |broker| drop(lock(&broker.alarms.alarms).remove(&key))).await
    }

    async fn recur(&self, _: &str, when: Recurrence, _: Message) -> Result<(), RecurError> {
        let Recurrence { cron, time_zone } = when;
        let reason = "this broker keeps no calendar: nothing that is simulated recurs".to_owned();
        Err(RecurError::Invalid { cron, time_zone, reason })
    }

    async fn forget(&self, _: &str) -> Result<(), Unreachable> {
        Ok(())
    }
}
