//! Fire and forget: stops and progress, to whoever listens now.

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;

use crate::Unreachable;

/// A broadcast that was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// The subject it was sent on.
    pub subject: String,
    /// What was said.
    pub payload: Bytes,
}

/// Fire and forget.
///
/// Laws: a listener hears, in the order of each sender, what is sent after `listen` returned, as
/// far as it keeps up: one that is 1,024 messages behind loses the oldest. Nothing is durable.
#[async_trait]
pub trait Broadcast: Send + Sync {
    /// Says something to all who listen.
    async fn send(&self, subject: &str, payload: Bytes) -> Result<(), Unreachable>;

    /// Hears a subject, or with a trailing `.>` every subject below it, until the stream is dropped.
    async fn listen(&self, subject: &str) -> Result<BoxStream<'static, Heard>, Unreachable>;
}
