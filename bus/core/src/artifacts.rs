//! Large immutable bytes, stored under their own hash.

use async_trait::async_trait;
use bytes::Bytes;
use galley_schemas::artifact::{ArtifactRef, Digest};

use crate::Unreachable;

/// Largest artifact in bytes.
pub const ARTIFACT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Why nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Larger than the store takes.
    #[error("an artifact of {bytes} bytes is larger than {ARTIFACT_BYTES_MAX}")]
    TooLarge {
        /// How many bytes it has.
        bytes: usize,
    },
    /// Try again later.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
}

/// Why nothing was read.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// There is no such artifact.
    #[error("there is no artifact {sha256}")]
    Missing {
        /// Its hash.
        sha256: Digest,
    },
    /// What is stored has another hash: damage. The bytes are not handed out.
    #[error("artifact {sha256} is damaged: its bytes have the hash {found}")]
    Damaged {
        /// Its hash.
        sha256: Digest,
        /// The hash of what is stored.
        found: Digest,
    },
    /// Try again later.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
}

/// Large immutable bytes.
///
/// Laws: after `put` returned `Ok`, `get` gives the same bytes, also after a crash; the same bytes
/// put twice are stored once; `get` checks the hash on every read.
#[async_trait]
pub trait Artifacts: Send + Sync {
    /// Stores bytes and returns their reference.
    async fn put(&self, bytes: Bytes, media_type: &str) -> Result<ArtifactRef, StoreError>;

    /// Reads the bytes with this hash.
    async fn get(&self, sha256: &Digest) -> Result<Bytes, FetchError>;
}
