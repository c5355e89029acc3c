//! A message as the bus carries it: bytes with a subject, an id and headers.

use std::collections::BTreeMap;

use bytes::Bytes;
use galley_schemas::id::MessageId;

/// Largest payload that the bus carries, in bytes. What is larger is an artifact.
pub const PAYLOAD_BYTES_MAX: usize = 1024 * 1024;

/// A message as the bus carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Where it goes.
    pub subject: String,
    /// Repeated when the same message is published again. Within the duplicate window a queue keeps
    /// only the first; that is an optimisation, never the guarantee.
    pub id: MessageId,
    /// Trace context and the like.
    pub headers: BTreeMap<String, String>,
    /// At most [`PAYLOAD_BYTES_MAX`].
    pub payload: Bytes,
}

impl Message {
    /// A message without headers.
    pub fn new(subject: impl Into<String>, id: MessageId, payload: impl Into<Bytes>) -> Self {
        Self { subject: subject.into(), id, headers: BTreeMap::new(), payload: payload.into() }
    }
}
