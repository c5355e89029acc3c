//! The goals' records: one stream, a subject for each goal, the stream's sequence as the place.
//!
//! An append says which sequence it expects the goal's subject to end with, and the server compares:
//! so two coordinators can never both append. Nothing here makes a consumer: records are read in runs,
//! and who waits for a change listens to hints that the stream sends out.

use std::sync::Arc;
use std::time::Duration;

use async_nats::HeaderMap;
use async_trait::async_trait;
use bytes::Bytes;
use galley_bus_core::Unreachable;
use galley_bus_core::log::{AppendError, Entry, GoalLog, ReadError, Seq};
use galley_bus_core::message::PAYLOAD_BYTES_MAX;
use galley_bus_core::topology::{LOG_SUBJECTS, STORED, STREAM_LOG};
use galley_schemas::id::GoalId;
use galley_schemas::record::Record;
use galley_schemas::subject;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::error::NatsError;
use crate::get::{Kept, RUN_MAX};
use crate::nats::Tasks;
use crate::wire::{Wire, code};

mod tail;

use tail::Tail;

/// How often the end of the log is asked for while a change is waited for: hints may be lost.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The log in the stream `GALLEY_LOG`.
#[derive(Debug)]
pub(crate) struct StreamLog {
    wire: Wire,
    tail: Tail,
}

impl StreamLog {
    pub(crate) fn new(wire: Wire, tasks: Arc<Tasks>) -> Self {
        let hints = format!("{STORED}.{LOG_SUBJECTS}");
        Self { tail: Tail::new(wire.clone(), hints, tasks), wire }
    }

    /// Where the log ends.
    async fn end(&self) -> Result<u64, NatsError> {
        let ask = format!("STREAM.INFO.{STREAM_LOG}");
        let info = self.wire.api(&ask, STREAM_LOG, &Value::Null).await?;
        let end = info.pointer("/state/last_seq").and_then(Value::as_u64);
        end.ok_or_else(|| NatsError::Unreadable("a stream without an end".into()))
    }

    /// Every record of a subject from a place on, or `max` of them.
    async fn records(&self, filter: &str, after: Seq, max: usize) -> Result<Vec<Kept>, NatsError> {
        let mut found: Vec<Kept> = Vec::new();
        let mut from = after.0.saturating_add(1);
        while found.len() < max {
            let room = (max - found.len()).min(RUN_MAX);
            let run = self.wire.run(STREAM_LOG, filter, from, room).await?;
            let Some(last) = run.last() else { break };
            from = last.seq.saturating_add(1);
            found.extend(run);
        }
        Ok(found)
    }

    /// What became of an append that got no answer: it was stored, or another was, or nobody knows.
    async fn find_out(
        &self,
        goal: &GoalId,
        expected: Seq,
        bytes: &Bytes,
        lost: NatsError,
    ) -> Result<Seq, AppendError> {
        let what = || format!("append to goal {goal}");
        match self.wire.last(STREAM_LOG, &subject::goal(goal)).await {
            Ok(Some(last)) if last.seq > expected.0 && last.payload == *bytes => Ok(Seq(last.seq)),
            Ok(Some(last)) if last.seq != expected.0 => {
                Err(AppendError::Conflict { goal: *goal, expected })
            }
            // It may still be on its way.
            Ok(_) | Err(_) => Err(AppendError::Unreachable(lost.unreachable(what()))),
        }
    }
}

#[async_trait]
impl GoalLog for StreamLog {
    async fn append(
        &self,
        goal: &GoalId,
        expected: Seq,
        record: &Record,
    ) -> Result<Seq, AppendError> {
        let bytes = serde_json::to_vec(record).expect("a record has text keys and plain values");
        let max = self.wire.payload_max(PAYLOAD_BYTES_MAX);
        if bytes.len() > max {
            return Err(AppendError::TooLarge { goal: *goal, bytes: bytes.len(), max });
        }
        let bytes = Bytes::from(bytes);
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Expected-Last-Subject-Sequence", expected.0.to_string());
        let stored = self.wire.store(STREAM_LOG, subject::goal(goal), headers, bytes.clone()).await;
        match stored {
            Ok(stored) => {
                self.tail.saw(stored.seq);
                Ok(Seq(stored.seq))
            }
            Err(error) => match error.refusal() {
                Some(code::WRONG_LAST_SEQUENCE | code::WRONG_LAST_SEQUENCE_UNKNOWN) => {
                    Err(AppendError::Conflict { goal: *goal, expected })
                }
                Some(_) => Err(error.unreachable(format!("append to goal {goal}")).into()),
                None => self.find_out(goal, expected, &bytes, error).await,
            },
        }
    }

    async fn read(&self, goal: &GoalId, after: Seq) -> Result<Vec<Entry>, ReadError> {
        let what = || format!("read goal {goal}");
        let subject = subject::goal(goal);
        let unreachable = |error: NatsError| error.unreachable(what());
        let mut found = self.records(&subject, after, usize::MAX).await.map_err(unreachable)?;
        if self.wire.replicas > 1 {
            // A replica that is behind may have answered; the leader knows where the goal ends.
            let read_to = found.last().map_or(after.0, |kept| kept.seq);
            let last = self.wire.last(STREAM_LOG, &subject).await.map_err(unreachable)?;
            found.extend(self.behind(&subject, read_to, last).await.map_err(unreachable)?);
        }
        found.iter().map(decode).collect()
    }

    async fn tail(&self, after: Seq, max: usize) -> Result<Vec<Entry>, ReadError> {
        let found = self.records("", after, max).await;
        let found = found.map_err(|error| error.unreachable("read the log"))?;
        found.iter().map(decode).collect()
    }

    async fn changed(&self, after: Seq, wait: Duration) -> Result<Seq, Unreachable> {
        let what = "look where the log ends";
        let until = Instant::now() + wait;
        let mut seen = self.tail.follow().await.map_err(|error| error.unreachable(what))?;
        let mut end = self.end().await.map_err(|error| error.unreachable(what))?;
        loop {
            end = end.max(*seen.borrow_and_update());
            if end > after.0 || Instant::now() >= until {
                return Ok(Seq(end));
            }
            let look = until.min(Instant::now() + LOOK_EVERY);
            tokio::select! {
                biased;
                Ok(()) = seen.changed() => {}
                () = tokio::time::sleep_until(look) => {
                    end = self.end().await.map_err(|error| error.unreachable(what))?;
                }
            }
        }
    }

    async fn purge(&self, goal: &GoalId, up_to: Seq) -> Result<(), Unreachable> {
        let ask = json!({ "filter": subject::goal(goal), "seq": up_to.0.saturating_add(1) });
        let purged = self.wire.api(&format!("STREAM.PURGE.{STREAM_LOG}"), STREAM_LOG, &ask).await;
        purged.map(drop).map_err(|error| error.unreachable(format!("purge goal {goal}")))
    }
}

impl StreamLog {
    /// The records of a goal that a replica did not have yet, up to the leader's last.
    async fn behind(
        &self,
        subject: &str,
        read_to: u64,
        last: Option<Kept>,
    ) -> Result<Vec<Kept>, NatsError> {
        let Some(last) = last.filter(|last| last.seq > read_to) else { return Ok(Vec::new()) };
        let until = Instant::now() + self.wire.timeout;
        loop {
            let found = self.records(subject, Seq(read_to), usize::MAX).await?;
            if found.last().is_some_and(|found| found.seq >= last.seq) {
                return Ok(found);
            }
            if Instant::now() >= until {
                return Err(NatsError::Timeout(self.wire.timeout));
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn decode(kept: &Kept) -> Result<Entry, ReadError> {
    let seq = Seq(kept.seq);
    match serde_json::from_slice(&kept.payload) {
        Ok(record) => Ok(Entry { seq, record }),
        Err(error) => Err(ReadError::Undecodable { seq, cause: Box::new(error) }),
    }
}
