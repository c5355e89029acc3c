//! Small shared state: workflows, policy, stop fences, cards, journals, the status view.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;

use crate::Unreachable;

/// Largest value in bytes.
pub const VALUE_BYTES_MAX: usize = 1024 * 1024;
/// Longest key in bytes.
pub const KEY_BYTES_MAX: usize = 200;

/// Whether a text is a key: 1 to [`KEY_BYTES_MAX`] of `A-Z a-z 0-9 _ - . / =`.
#[must_use]
pub fn is_key(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"_-./=".contains(&b);
    (1..=KEY_BYTES_MAX).contains(&text.len()) && text.bytes().all(allowed)
}

/// A value with its revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The value.
    pub value: Bytes,
    /// Rises with every change in the bucket.
    pub revision: u64,
}

/// What must hold for a put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Anything.
    Any,
    /// There is no value under the key.
    Absent,
    /// The value has this revision.
    Revision(u64),
}

/// A value to be put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Put {
    /// The value; at most [`VALUE_BYTES_MAX`].
    pub value: Bytes,
    /// What must hold.
    pub expect: Expect,
    /// After this time the value is gone; none for never.
    pub ttl: Option<Duration>,
}

impl Put {
    /// A value for ever, whatever was there before.
    pub fn any(value: impl Into<Bytes>) -> Self {
        Self { value: value.into(), expect: Expect::Any, ttl: None }
    }
}

/// Why nothing was put.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    /// What was expected does not hold: read again.
    #[error("{bucket}/{key} was changed by somebody else")]
    Conflict {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
    },
    /// The key is empty, too long, or has other characters than keys have.
    #[error("'{key}' is not a key for {bucket}: use 1 to {KEY_BYTES_MAX} of A-Z a-z 0-9 _ - . / =")]
    InvalidKey {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
    },
    /// The value is larger than a bucket takes.
    #[error("the value for {bucket}/{key} has {bytes} bytes, more than {VALUE_BYTES_MAX}")]
    TooLarge {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
        /// How many bytes it has.
        bytes: usize,
    },
    /// Try again later.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
}

/// A change in a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A value was put.
    Put(Entry),
    /// A value was deleted or ran out.
    Deleted {
        /// Its key.
        key: String,
    },
}

/// Small shared state. What is a key says [`is_key`]; under anything else nothing can be put, and
/// nothing is found.
///
/// Laws: of any number of puts with the same `Expect::Absent` or `Expect::Revision`, at most one
/// succeeds. After a put returned `Ok`, every later `get` sees it or a later one, also after a
/// crash. A value past its TTL is not seen. `watch` first gives what is there, then every change,
/// as far as the watcher keeps up; it is a hint, and truth is read with `get`.
#[async_trait]
pub trait KeyValue: Send + Sync {
    /// Reads a value.
    async fn get(&self, bucket: &str, key: &str) -> Result<Option<Entry>, Unreachable>;

    /// Writes a value and returns its revision.
    async fn put(&self, bucket: &str, key: &str, put: Put) -> Result<u64, PutError>;

    /// Takes a value away; nothing happens when there is none.
    async fn delete(&self, bucket: &str, key: &str) -> Result<(), Unreachable>;

    /// The keys that start with a prefix, sorted.
    async fn keys(&self, bucket: &str, prefix: &str) -> Result<Vec<String>, Unreachable>;

    /// Follows the keys that start with a prefix.
    async fn watch(
        &self,
        bucket: &str,
        prefix: &str,
    ) -> Result<BoxStream<'static, Change>, Unreachable>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_narrow() {
        for good in ["a", "A-b_c.d/e=1", &"k".repeat(KEY_BYTES_MAX)] {
            assert!(is_key(good), "{good} was refused");
        }
        for bad in ["", "a b", "ä", "a*", "a>", "a\n", &"k".repeat(KEY_BYTES_MAX + 1)] {
            assert!(!is_key(bad), "{bad:?} was accepted");
        }
    }
}
