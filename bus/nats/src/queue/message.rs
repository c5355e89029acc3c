//! What a delivery says of itself.

use async_nats::HeaderMap;
use chrono::DateTime;
use galley_bus_core::message::Message;
use galley_schemas::id::MessageId;

use super::{ID, MSG_ID, NEXT};
use crate::wire::{header, own_headers};

/// What the subject that a delivery is acknowledged on tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Receipt {
    /// Which delivery this is, from 1.
    pub(crate) delivery: u64,
    /// Its number in the stream.
    pub(crate) seq: u64,
}

/// Reads such a subject, in both forms:
///
/// ```text
///   $JS.ACK.<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<time>.<pending>
///   $JS.ACK.<domain>.<account>.<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<time>.<pending>[.…]
/// ```
///
/// Servers 2.14 and 2.15 send the second with the feature flag `js_ack_fc_v2`, and say that more may
/// follow at its end.
pub(crate) fn receipt(subject: &str) -> Option<Receipt> {
    let parts: Vec<&str> = subject.strip_prefix("$JS.ACK.")?.split('.').collect();
    let first = match parts.len() {
        7 => 2,
        9.. => 4,
        _ => return None,
    };
    let number = |at: usize| parts.get(at).and_then(|part| part.parse().ok());
    Some(Receipt { delivery: number(first)?, seq: number(first + 1)? })
}

/// Whether an answer to a pull is a message, and not what the server says in place of one. Whoever
/// published a message may have put a status on it; but only a message can be settled.
pub(crate) fn is_message(answer: &async_nats::Message) -> bool {
    answer.status.is_none() || answer.reply.as_ref().is_some_and(|on| receipt(on).is_some())
}

/// When the recurrence that a message is of is due next, in milliseconds since 1970.
pub(crate) fn next_due(headers: Option<&HeaderMap>) -> Option<i64> {
    let next = header(headers, "Nats-Schedule-Next").or_else(|| header(headers, NEXT))?;
    DateTime::parse_from_rfc3339(next).ok().map(|next| next.timestamp_millis())
}

/// A message as it was published. One that came without an id is known by its place.
pub(crate) fn message(stream: &str, seq: u64, from: async_nats::Message) -> Message {
    let headers = from.headers.as_ref();
    let given = header(headers, ID).or_else(|| header(headers, MSG_ID));
    let id = match (given, next_due(headers)) {
        // One of many of a recurrence: told apart by when the next one is due.
        (Some(id), Some(next)) => format!("{id}@{next}"),
        (Some(id), None) => id.to_owned(),
        (None, _) => format!("{stream}.{seq}"),
    };
    Message {
        subject: from.subject.to_string(),
        id: MessageId::new(id),
        headers: own_headers(headers),
        payload: from.payload,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(subject: &str, want: Option<(u64, u64)>) {
        let found = receipt(subject).map(|receipt| (receipt.delivery, receipt.seq));
        assert_eq!(found, want, "{subject}");
    }

    #[test]
    fn both_forms_are_read() {
        check("$JS.ACK.S.c.2.17.9.1700000000000000000.3", Some((2, 17)));
        check("$JS.ACK.hub.acc.S.c.2.17.9.1700000000000000000.3", Some((2, 17)));
        check("$JS.ACK.hub.acc.S.c.2.17.9.1700000000000000000.3.tok", Some((2, 17)));
        check("$JS.ACK.S.c.2", None);
        check("_INBOX.x", None);
    }
}
