//! Taking away what every consumer has settled.
//!
//! A message may go when each consumer that it is for has settled it, and at least one is. Streams are
//! trimmed at their head, all at once, by whoever stores every [`EVERY`]th message: so the work is
//! shared, needs no timer and grows with the traffic. A stream that is full is trimmed subject by
//! subject, so that one message that nobody works on does not hold up the others.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use galley_bus_core::topology;
use serde_json::{Value, json};

use crate::error::NatsError;
use crate::wire::Wire;

/// How many messages are stored between two trims.
const EVERY: u64 = 4_096;
/// Most pages of consumers that are looked at; the server lists 256 on each.
const PAGES_MAX: usize = 64;

/// How much is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The head of the stream, up to the first message that is not settled.
    Head,
    /// Every subject up to its own first such message.
    Each,
}

/// Trims streams, one at a time.
#[derive(Debug)]
pub(crate) struct Trim {
    wire: Wire,
    at_work: AtomicBool,
}

/// How far a consumer has settled what it is for.
struct Settled {
    filters: Vec<String>,
    to: u64,
}

impl Trim {
    pub(crate) fn new(wire: Wire) -> Self {
        Self { wire, at_work: AtomicBool::new(false) }
    }

    /// Whether whoever stored this message trims.
    pub(crate) fn is_due(seq: u64) -> bool {
        seq.is_multiple_of(EVERY)
    }

    /// Trims, if nobody does so now. A user that may not do so leaves it to others.
    pub(crate) async fn run_quietly(&self, stream: &str, reach: Reach) {
        if self.at_work.swap(true, Ordering::AcqRel) {
            return;
        }
        if let Err(error) = self.run(stream, reach).await {
            tracing::debug!(stream, %error, "not trimmed; another will");
        }
        self.at_work.store(false, Ordering::Release);
    }

    async fn run(&self, stream: &str, reach: Reach) -> Result<(), NatsError> {
        let ask = json!({ "subjects_filter": ">" });
        let info = self.wire.api(&format!("STREAM.INFO.{stream}"), stream, &ask).await?;
        let number = |at| info.pointer(at).and_then(Value::as_u64).unwrap_or(0);
        // Read before the consumers are: what they have settled by then covers at least this much.
        let (first, last) = (number("/state/first_seq"), number("/state/last_seq"));
        let subjects = info.pointer("/state/subjects").and_then(Value::as_object);
        let subjects: Vec<&String> = subjects.into_iter().flat_map(|s| s.keys()).collect();
        let consumers = self.consumers(stream, last).await?;
        let mut floors = BTreeMap::new();
        for subject in subjects {
            let floor = match floor(&consumers, subject) {
                Some(floor) => floor,
                // For nobody yet: all of it stays.
                None => self.before_first(stream, subject, 1, last).await?,
            };
            floors.insert(subject, floor);
        }
        match reach {
            Reach::Head => {
                let floor = floors.values().copied().min().unwrap_or(last);
                if floor >= first {
                    self.purge(stream, json!({ "seq": floor + 1 })).await?
                }
            }
            Reach::Each => {
                for (subject, floor) in floors {
                    self.purge(stream, json!({ "filter": subject, "seq": floor + 1 })).await?;
                }
            }
        }
        Ok(())
    }

    async fn purge(&self, stream: &str, what: Value) -> Result<(), NatsError> {
        self.wire.api(&format!("STREAM.PURGE.{stream}"), stream, &what).await.map(drop)
    }

    async fn consumers(&self, stream: &str, last: u64) -> Result<Vec<Settled>, NatsError> {
        let mut settled = Vec::new();
        for _ in 0..PAGES_MAX {
            let ask = json!({ "offset": settled.len() });
            let page = self.wire.api(&format!("CONSUMER.LIST.{stream}"), stream, &ask).await?;
            let consumers = page.get("consumers").and_then(Value::as_array);
            let Some(consumers) = consumers.filter(|found| !found.is_empty()) else { break };
            for consumer in consumers {
                settled.push(self.settled(stream, consumer, last).await?);
            }
        }
        Ok(settled)
    }

    async fn settled(
        &self,
        stream: &str,
        consumer: &Value,
        last: u64,
    ) -> Result<Settled, NatsError> {
        let number = |at| consumer.pointer(at).and_then(Value::as_u64).unwrap_or(0);
        let one = consumer.pointer("/config/filter_subject").and_then(Value::as_str);
        let many = consumer.pointer("/config/filter_subjects").and_then(Value::as_array);
        let many = many.into_iter().flatten().filter_map(Value::as_str);
        let filters: Vec<String> = one.into_iter().chain(many).map(str::to_owned).collect();
        let nothing_left = number("/num_pending") == 0 && number("/num_ack_pending") == 0;
        let to = match filters.as_slice() {
            _ if nothing_left => last,
            // The first message after what it settled without a gap.
            [filter] => {
                let from = number("/ack_floor/stream_seq") + 1;
                self.before_first(stream, filter, from, last).await?
            }
            _ => number("/ack_floor/stream_seq"),
        };
        Ok(Settled { filters, to })
    }

    /// The number before the first message of a filter, from one on; `last` when there is none.
    async fn before_first(
        &self,
        stream: &str,
        filter: &str,
        from: u64,
        last: u64,
    ) -> Result<u64, NatsError> {
        let first = self.wire.first(stream, filter, from).await?;
        Ok(first.map_or(last, |kept| kept.seq.saturating_sub(1).min(last)))
    }
}

/// How far everybody has settled a subject; none when it is for nobody.
fn floor(consumers: &[Settled], subject: &str) -> Option<u64> {
    let concerned = consumers.iter().filter(|consumer| {
        consumer.filters.is_empty()
            || consumer.filters.iter().any(|filter| topology::matches(filter, subject))
    });
    concerned.map(|consumer| consumer.to).min()
}
