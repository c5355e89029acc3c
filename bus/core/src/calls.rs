//! Request and reply: how an agent learns at once what became of its report.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use tokio::sync::oneshot;

use crate::Unreachable;

/// Why there is no reply.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Nobody serves this subject now.
    #[error("nobody serves {subject}")]
    NoResponder {
        /// The subject.
        subject: String,
    },
    /// Whoever serves it did not answer in time; the request may have been worked on.
    #[error("no answer on {subject} within {wait:?}")]
    Timeout {
        /// The subject.
        subject: String,
        /// How long was waited.
        wait: Duration,
    },
    /// Try again later.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
}

/// A request to be answered. Dropped without an answer, the caller times out.
#[derive(Debug)]
pub struct Call {
    /// The subject it came on.
    pub subject: String,
    /// What is asked.
    pub payload: Bytes,
    /// Where the answer goes.
    pub reply: oneshot::Sender<Bytes>,
}

/// Request and reply.
///
/// Laws: a request reaches at most one server; servers of the same subject share its requests; a
/// reply reaches only its caller. Nothing is durable: a caller that got no answer asks again.
#[async_trait]
pub trait Calls: Send + Sync {
    /// Asks and waits for the answer, at most `wait`.
    async fn call(&self, subject: &str, payload: Bytes, wait: Duration)
    -> Result<Bytes, CallError>;

    /// Serves a subject until the stream is dropped. At most 1,024 requests wait unread; a caller
    /// beyond that times out, and so may one whose request crosses the end of the last server.
    async fn serve(&self, subject: &str) -> Result<BoxStream<'static, Call>, Unreachable>;
}
