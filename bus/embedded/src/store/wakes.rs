//! Who waits for what: told of every commit here, and of any commit of another process.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use galley_bus_core::topology;
use tokio::sync::Notify;

/// What a commit changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Topic {
    /// A record was appended.
    Log,
    /// A message can be delivered for the first time.
    Message { stream: i64, subject: String },
    /// The loans of a consumer changed.
    Loans { consumer: i64 },
    /// A key was put or deleted.
    Key { bucket: String, key: String },
    /// Something is due at another time than before.
    Timer,
}

/// What somebody waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Interest {
    Log,
    Queue { stream: i64, filter: String, consumer: i64 },
    Keys { bucket: String, prefix: String },
    Timer,
}

impl Interest {
    fn is_met_by(&self, topic: &Topic) -> bool {
        match self {
            Self::Log => *topic == Topic::Log,
            Self::Timer => *topic == Topic::Timer,
            Self::Queue { stream, filter, consumer } => match topic {
                Topic::Message { stream: of, subject } => {
                    stream == of && (filter.is_empty() || topology::matches(filter, subject))
                }
                Topic::Loans { consumer: of } => consumer == of,
                Topic::Log | Topic::Key { .. } | Topic::Timer => false,
            },
            Self::Keys { bucket, prefix } => match topic {
                Topic::Key { bucket: of, key } => bucket == of && key.starts_with(prefix),
                Topic::Log | Topic::Message { .. } | Topic::Loans { .. } | Topic::Timer => false,
            },
        }
    }
}

#[derive(Debug, Default)]
struct Waiting {
    next: u64,
    waiters: BTreeMap<u64, (Interest, Arc<Notify>)>,
}

/// All who wait in this process.
#[derive(Debug, Default)]
pub(crate) struct Wakes(Mutex<Waiting>);

impl Wakes {
    /// Waits for something from now on, until the waiter is dropped. Look after this, then wait: so
    /// nothing in between is missed.
    pub(crate) fn on(self: &Arc<Self>, interest: Interest) -> Waiter {
        let notify = Arc::new(Notify::new());
        let mut waiting = self.lock();
        let number = waiting.next;
        waiting.next += 1;
        waiting.waiters.insert(number, (interest, Arc::clone(&notify)));
        Waiter { number, notify, wakes: Arc::clone(self) }
    }

    /// Wakes who waits for one of these.
    pub(crate) fn wake(&self, topics: &[Topic]) {
        if topics.is_empty() {
            return;
        }
        for (interest, notify) in self.lock().waiters.values() {
            if topics.iter().any(|topic| interest.is_met_by(topic)) {
                notify.notify_one();
            }
        }
    }

    /// Wakes all: what changed is not known.
    pub(crate) fn wake_all(&self) {
        for (_, notify) in self.lock().waiters.values() {
            notify.notify_one();
        }
    }

    pub(crate) fn nobody_waits(&self) -> bool {
        self.lock().waiters.is_empty()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One who waits.
#[derive(Debug)]
pub(crate) struct Waiter {
    number: u64,
    notify: Arc<Notify>,
    wakes: Arc<Wakes>,
}

impl Waiter {
    /// Returns once for any number of wake-ups since it returned last.
    pub(crate) async fn woken(&self) {
        self.notify.notified().await;
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        self.wakes.lock().waiters.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_wakes_only_who_waits_for_it() {
        let message = |subject: &str| Topic::Message { stream: 1, subject: subject.to_owned() };
        let queue =
            |filter: &str| Interest::Queue { stream: 1, filter: filter.to_owned(), consumer: 7 };
        let key = Topic::Key { bucket: "b".to_owned(), key: "k/1".to_owned() };
        let keys =
            |prefix: &str| Interest::Keys { bucket: "b".to_owned(), prefix: prefix.to_owned() };
        for (interest, topic, met) in [
            (queue("t.a"), message("t.a"), true),
            (queue("t.a"), message("t.b"), false),
            (queue("t.>"), message("t.b"), true),
            (queue(""), message("t.b"), true),
            (queue(""), Topic::Loans { consumer: 7 }, true),
            (queue(""), Topic::Loans { consumer: 8 }, false),
            (keys("k/"), key.clone(), true),
            (keys("x/"), key.clone(), false),
            (Interest::Log, key, false),
            (Interest::Log, Topic::Log, true),
            (Interest::Timer, Topic::Timer, true),
        ] {
            assert_eq!(interest.is_met_by(&topic), met, "{interest:?} by {topic:?}");
        }
    }

    #[tokio::test]
    async fn a_wake_before_the_wait_is_not_missed() {
        let wakes = Arc::new(Wakes::default());
        let waiter = wakes.on(Interest::Log);
        wakes.wake(&[Topic::Log]);
        waiter.woken().await;
        drop(waiter);
        assert!(wakes.nobody_waits());
    }
}
