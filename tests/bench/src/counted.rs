//! A bus in front of another one that counts what is asked of it, and how large that is.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::stream::BoxStream;
use galley_bus_core::alarms::{Alarms, RecurError, Recurrence};
use galley_bus_core::calls::{Call, CallError, Calls};
use galley_bus_core::kv::{Change, Entry as Value, KeyValue, Put, PutError};
use galley_bus_core::log::{AppendError, Entry, GoalLog, ReadError, Seq};
use galley_bus_core::message::Message;
use galley_bus_core::queue::{Delivery, Depth, Loan, PublishError, Queue};
use galley_bus_core::topology::Consumer;
use galley_bus_core::{Bus, Unreachable};
use galley_schemas::id::GoalId;
use galley_schemas::record::Record;
use galley_schemas::subject;

/// What was asked of a bus: how often, and with how many bytes altogether.
#[derive(Debug, Default)]
pub struct Counts(Mutex<BTreeMap<String, (u64, u64)>>);

impl Counts {
    fn add(&self, what: impl Into<String>, bytes: usize) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (times, sum) = counts.entry(what.into()).or_default();
        *times += 1;
        *sum += u64::try_from(bytes).unwrap_or(u64::MAX);
    }

    /// How often each thing was asked for.
    #[must_use]
    pub fn times(&self) -> BTreeMap<String, u64> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.iter().map(|(what, (times, _))| (what.clone(), *times)).collect()
    }

    /// How many bytes one of them has.
    #[must_use]
    pub fn bytes(&self, what: &str) -> usize {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (times, bytes) = counts.get(what).copied().unwrap_or_default();
        usize::try_from(bytes / times.max(1)).unwrap_or(usize::MAX)
    }
}

/// A bus that counts for one role.
#[must_use]
pub fn counted(bus: &Bus, counts: &Arc<Counts>) -> Bus {
    let inner = Arc::new(Counted { bus: bus.clone(), counts: Arc::clone(counts) });
    Bus {
        log: inner.clone(),
        queue: inner.clone(),
        calls: inner.clone(),
        broadcast: Arc::clone(&bus.broadcast),
        alarms: inner.clone(),
        kv: inner,
        artifacts: Arc::clone(&bus.artifacts),
    }
}

struct Counted {
    bus: Bus,
    counts: Arc<Counts>,
}

#[async_trait]
impl GoalLog for Counted {
    async fn append(&self, goal: &GoalId, at: Seq, record: &Record) -> Result<Seq, AppendError> {
        let bytes = serde_json::to_vec(record).map_or(0, |bytes| bytes.len());
        self.counts.add("append", bytes);
        self.bus.log.append(goal, at, record).await
    }

    async fn read(&self, goal: &GoalId, after: Seq) -> Result<Vec<Entry>, ReadError> {
        self.counts.add("read a log", 0);
        self.bus.log.read(goal, after).await
    }

    async fn tail(&self, after: Seq, max: usize) -> Result<Vec<Entry>, ReadError> {
        self.bus.log.tail(after, max).await
    }

    async fn changed(&self, after: Seq, wait: Duration) -> Result<Seq, Unreachable> {
        self.bus.log.changed(after, wait).await
    }

    async fn purge(&self, goal: &GoalId, up_to: Seq) -> Result<(), Unreachable> {
        self.counts.add("purge a log", 0);
        self.bus.log.purge(goal, up_to).await
    }
}

#[async_trait]
impl Queue for Counted {
    async fn publish(&self, message: Message) -> Result<(), PublishError> {
        let what =
            if message.subject == subject::IN_GOAL { "publish a goal" } else { "publish a task" };
        self.counts.add(what, message.payload.len());
        self.bus.queue.publish(message).await
    }

    async fn pull(
        &self,
        consumer: &Consumer,
        max: usize,
        wait: Duration,
    ) -> Result<Vec<Delivery>, Unreachable> {
        self.counts.add("pull", 0);
        let pulled = self.bus.queue.pull(consumer, max, wait).await?;
        let counting = |delivery: Delivery| {
            let (loan, counts) = (delivery.loan, Arc::clone(&self.counts));
            Delivery { loan: Arc::new(CountedLoan { loan, counts }), ..delivery }
        };
        Ok(pulled.into_iter().map(counting).collect())
    }

    async fn depth(&self, consumer: &Consumer) -> Result<Depth, Unreachable> {
        self.bus.queue.depth(consumer).await
    }
}

struct CountedLoan {
    loan: Arc<dyn Loan>,
    counts: Arc<Counts>,
}

#[async_trait]
impl Loan for CountedLoan {
    async fn ack(&self) -> Result<(), Unreachable> {
        self.counts.add("ack", 0);
        self.loan.ack().await
    }

    async fn retry_later(&self, delay: Duration) -> Result<(), Unreachable> {
        self.counts.add("retry later", 0);
        self.loan.retry_later(delay).await
    }

    async fn in_progress(&self) -> Result<(), Unreachable> {
        self.counts.add("in progress", 0);
        self.loan.in_progress().await
    }

    async fn discard(&self) -> Result<(), Unreachable> {
        self.counts.add("discard", 0);
        self.loan.discard().await
    }
}

#[async_trait]
impl Calls for Counted {
    async fn call(&self, on: &str, payload: Bytes, wait: Duration) -> Result<Bytes, CallError> {
        self.counts.add("report", payload.len());
        let answer = self.bus.calls.call(on, payload, wait).await?;
        self.counts.add("verdict", answer.len());
        Ok(answer)
    }

    async fn serve(&self, on: &str) -> Result<BoxStream<'static, Call>, Unreachable> {
        self.bus.calls.serve(on).await
    }
}

#[async_trait]
impl Alarms for Counted {
    async fn arm(&self, key: &str, at: DateTime<Utc>, message: Message) -> Result<(), Unreachable> {
        self.counts.add("arm an alarm", message.payload.len());
        self.bus.alarms.arm(key, at, message).await
    }

    async fn disarm(&self, key: &str) -> Result<(), Unreachable> {
        self.counts.add("disarm an alarm", 0);
        self.bus.alarms.disarm(key).await
    }

    async fn recur(&self, key: &str, when: Recurrence, message: Message) -> Result<(), RecurError> {
        self.bus.alarms.recur(key, when, message).await
    }

    async fn forget(&self, key: &str) -> Result<(), Unreachable> {
        self.bus.alarms.forget(key).await
    }
}

#[async_trait]
impl KeyValue for Counted {
    async fn get(&self, bucket: &str, key: &str) -> Result<Option<Value>, Unreachable> {
        self.counts.add(format!("get in {bucket}"), 0);
        self.bus.kv.get(bucket, key).await
    }

    async fn put(&self, bucket: &str, key: &str, put: Put) -> Result<u64, PutError> {
        self.counts.add(format!("put in {bucket}"), put.value.len());
        self.bus.kv.put(bucket, key, put).await
    }

    async fn delete(&self, bucket: &str, key: &str) -> Result<(), Unreachable> {
        self.counts.add(format!("delete in {bucket}"), 0);
        self.bus.kv.delete(bucket, key).await
    }

    async fn keys(&self, bucket: &str, prefix: &str) -> Result<Vec<String>, Unreachable> {
        self.counts.add(format!("list {bucket}"), 0);
        self.bus.kv.keys(bucket, prefix).await
    }

    async fn watch(
        &self,
        of: &str,
        prefix: &str,
    ) -> Result<BoxStream<'static, Change>, Unreachable> {
        self.bus.kv.watch(of, prefix).await
    }
}
