//! A bus that dies, stumbles or repeats itself, in front of a good one. The hooks are the ports: the
//! driver knows nothing of them.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures::stream::BoxStream;
use galley_bus_core::alarms::{Alarms, RecurError, Recurrence};
use galley_bus_core::kv::{Change, Entry as Value, KeyValue, Put, PutError};
use galley_bus_core::log::{AppendError, Entry, GoalLog, ReadError, Seq};
use galley_bus_core::message::Message;
use galley_bus_core::queue::{Delivery, Depth, Loan, PublishError, Queue};
use galley_bus_core::topology::Consumer;
use galley_bus_core::{Bus, Unreachable};
use galley_schemas::id::GoalId;
use galley_schemas::record::Record;
use galley_schemas::subject;
use tokio_util::sync::CancellationToken;

/// What goes wrong. Calls are counted that change something, over all ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plan {
    /// Nothing.
    Fine,
    /// The process dies before this call.
    DieBefore(u64),
    /// The process dies after this call, before it learns what came of it.
    DieAfter(u64),
    /// One call in so many is not made, and the one after it is made but said not to be.
    Stumble(u64),
    /// Every delivery comes twice.
    Repeat,
    /// The log takes no record of more bytes.
    Narrow(usize),
}

/// The plan, and what came of it so far.
#[derive(Debug)]
pub(crate) struct Trouble {
    plan: Plan,
    calls: AtomicU64,
    pub(crate) conflicts: AtomicU64,
    pub(crate) died: CancellationToken,
    seen: Mutex<Seen>,
}

/// What was asked of the bus.
#[derive(Debug, Default, Clone)]
pub(crate) struct Seen {
    /// Calls that change something.
    pub(crate) changes: u64,
    /// Reads of a goal's log, and how many records they gave.
    pub(crate) looks: u64,
    pub(crate) records: usize,
    /// Reads of a key; of them, those of a goal's status.
    pub(crate) reads: u64,
    pub(crate) statuses: u64,
}

impl Trouble {
    /// What was asked of the bus so far.
    pub(crate) fn seen(&self) -> Seen {
        Seen { changes: self.calls.load(Ordering::SeqCst), ..self.seen.lock().unwrap().clone() }
    }

    async fn call<T, E: From<Unreachable>>(
        &self,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let number = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        match self.plan {
            Plan::Fine | Plan::Repeat | Plan::Narrow(_) => call.await,
            Plan::DieBefore(last) if number < last => call.await,
            Plan::DieBefore(_) => self.die().await,
            Plan::DieAfter(last) if number < last => call.await,
            Plan::DieAfter(last) => {
                if number == last {
                    drop(call.await);
                }
                self.die().await
            }
            Plan::Stumble(every) => match number % every {
                0 => Err(stumbled().into()),
                1 => {
                    drop(call.await);
                    Err(stumbled().into())
                }
                _ => call.await,
            },
        }
    }

    /// Nothing is heard of a dead process: its calls neither return nor fail.
    async fn die<T>(&self) -> T {
        self.died.cancel();
        std::future::pending().await
    }
}

fn stumbled() -> Unreachable {
    Unreachable { what: "a test".to_owned(), cause: "the bus stumbled".into() }
}

/// Puts a plan in front of a bus.
pub(crate) fn bad(good: &Bus, plan: Plan) -> (Bus, Arc<Trouble>) {
    let trouble = Arc::new(Trouble {
        plan,
        calls: AtomicU64::new(0),
        conflicts: AtomicU64::new(0),
        died: CancellationToken::new(),
        seen: Mutex::default(),
    });
    let front = || Bad { good: good.clone(), trouble: Arc::clone(&trouble) };
    let bus = Bus {
        log: Arc::new(front()),
        queue: Arc::new(front()),
        alarms: Arc::new(front()),
        kv: Arc::new(front()),
        ..good.clone()
    };
    (bus, trouble)
}

struct Bad {
    good: Bus,
    trouble: Arc<Trouble>,
}

#[async_trait]
impl GoalLog for Bad {
    async fn append(
        &self,
        goal: &GoalId,
        expected: Seq,
        record: &Record,
    ) -> Result<Seq, AppendError> {
        let bytes = serde_json::to_vec(record).unwrap().len();
        if let Plan::Narrow(max) = self.trouble.plan
            && bytes > max
        {
            return Err(AppendError::TooLarge { goal: *goal, bytes, max });
        }
        let result = self.trouble.call(self.good.log.append(goal, expected, record)).await;
        if let Err(AppendError::Conflict { .. }) = result {
            self.trouble.conflicts.fetch_add(1, Ordering::SeqCst);
        }
        result
    }

    async fn read(&self, goal: &GoalId, after: Seq) -> Result<Vec<Entry>, ReadError> {
        let read = self.good.log.read(goal, after).await;
        let mut seen = self.trouble.seen.lock().unwrap();
        seen.looks += 1;
        seen.records += read.as_ref().map_or(0, Vec::len);
        drop(seen);
        read
    }

    async fn tail(&self, after: Seq, max: usize) -> Result<Vec<Entry>, ReadError> {
        self.good.log.tail(after, max).await
    }

    async fn changed(&self, after: Seq, wait: Duration) -> Result<Seq, Unreachable> {
        self.good.log.changed(after, wait).await
    }

    async fn purge(&self, goal: &GoalId, up_to: Seq) -> Result<(), Unreachable> {
        self.trouble.call(self.good.log.purge(goal, up_to)).await
    }
}

#[async_trait]
impl Queue for Bad {
    async fn publish(&self, message: Message) -> Result<(), PublishError> {
        self.trouble.call(self.good.queue.publish(message)).await
    }

    async fn pull(
        &self,
        consumer: &Consumer,
        max: usize,
        wait: Duration,
    ) -> Result<Vec<Delivery>, Unreachable> {
        let mut pulled = Vec::new();
        for delivery in self.good.queue.pull(consumer, max, wait).await? {
            if self.trouble.plan == Plan::Repeat {
                let again = Delivery { delivery: delivery.delivery + 1, ..delivery.clone() };
                pulled.push(Delivery { loan: Arc::new(Nothing), ..again });
            }
            let loan =
                Arc::new(BadLoan { good: delivery.loan, trouble: Arc::clone(&self.trouble) });
            pulled.push(Delivery { loan, ..delivery });
        }
        Ok(pulled)
    }

    async fn depth(&self, consumer: &Consumer) -> Result<Depth, Unreachable> {
        self.good.queue.depth(consumer).await
    }
}

struct BadLoan {
    good: Arc<dyn Loan>,
    trouble: Arc<Trouble>,
}

#[async_trait]
impl Loan for BadLoan {
    async fn ack(&self) -> Result<(), Unreachable> {
        self.trouble.call(self.good.ack()).await
    }
    async fn retry_later(&self, delay: Duration) -> Result<(), Unreachable> {
        self.trouble.call(self.good.retry_later(delay)).await
    }
    async fn in_progress(&self) -> Result<(), Unreachable> {
        self.good.in_progress().await
    }
    async fn discard(&self) -> Result<(), Unreachable> {
        self.trouble.call(self.good.discard()).await
    }
}

/// The loan of a delivery that is there twice: the other one settles it.
struct Nothing;

#[async_trait]
impl Loan for Nothing {
    async fn ack(&self) -> Result<(), Unreachable> {
        Ok(())
    }
    async fn retry_later(&self, _delay: Duration) -> Result<(), Unreachable> {
        Ok(())
    }
    async fn in_progress(&self) -> Result<(), Unreachable> {
        Ok(())
    }
    async fn discard(&self) -> Result<(), Unreachable> {
        Ok(())
    }
}

#[async_trait]
impl Alarms for Bad {
    async fn arm(&self, key: &str, at: DateTime<Utc>, message: Message) -> Result<(), Unreachable> {
        self.trouble.call(self.good.alarms.arm(key, at, message)).await
    }
    async fn disarm(&self, key: &str) -> Result<(), Unreachable> {
        self.trouble.call(self.good.alarms.disarm(key)).await
    }
    async fn recur(&self, key: &str, when: Recurrence, message: Message) -> Result<(), RecurError> {
        self.trouble.call(self.good.alarms.recur(key, when, message)).await
    }
    async fn forget(&self, key: &str) -> Result<(), Unreachable> {
        self.trouble.call(self.good.alarms.forget(key)).await
    }
}

#[async_trait]
impl KeyValue for Bad {
    async fn get(&self, bucket: &str, key: &str) -> Result<Option<Value>, Unreachable> {
        let read = self.good.kv.get(bucket, key).await;
        let mut seen = self.trouble.seen.lock().unwrap();
        seen.reads += 1;
        seen.statuses += u64::from(bucket == subject::bucket::GOALS);
        drop(seen);
        read
    }
    async fn put(&self, bucket: &str, key: &str, put: Put) -> Result<u64, PutError> {
        self.trouble.call(self.good.kv.put(bucket, key, put)).await
    }
    async fn delete(&self, bucket: &str, key: &str) -> Result<(), Unreachable> {
        self.trouble.call(self.good.kv.delete(bucket, key)).await
    }
    async fn keys(&self, bucket: &str, prefix: &str) -> Result<Vec<String>, Unreachable> {
        self.good.kv.keys(bucket, prefix).await
    }
    async fn watch(
        &self,
        bucket: &str,
        prefix: &str,
    ) -> Result<BoxStream<'static, Change>, Unreachable> {
        self.good.kv.watch(bucket, prefix).await
    }
}
