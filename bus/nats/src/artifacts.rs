//! Large immutable bytes: pieces in a bucket, under their own hash.
//!
//! ```text
//!   <sha256>/<number>     a piece
//!   <sha256>              how many pieces and bytes there are; written last
//! ```
//!
//! Whoever stores the same bytes again writes the same pieces, so it does not matter who was cut off
//! where. Everybody who stores artifacts may write any of them, so nobody is believed: what is read is
//! hashed before it is handed out, and what is said to be there already is read before that counts.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use galley_bus_core::Unreachable;
use galley_bus_core::artifacts::{ARTIFACT_BYTES_MAX, Artifacts, FetchError, StoreError};
use galley_bus_core::kv::{KeyValue as _, Put, PutError};
use galley_bus_core::topology::BUCKET_ARTIFACTS;
use galley_schemas::artifact::{ArtifactRef, Digest};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::kv::StreamKv;

/// Bytes of a piece. Small enough for a server with its settings as they come.
const PIECE_BYTES: usize = 512 * 1024;
/// Pieces on their way at once.
const PIECES_AT_ONCE: usize = 4;
/// How far a replica may be behind the one that answered whoever stored.
const BEHIND_MAX: Duration = Duration::from_secs(2);
const BEHIND_PAUSE: Duration = Duration::from_millis(20);

/// Artifacts in a bucket.
#[derive(Debug)]
pub(crate) struct KvArtifacts {
    kv: Arc<StreamKv>,
}

/// What there is under a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Whole {
    bytes: usize,
    pieces: usize,
}

impl KvArtifacts {
    pub(crate) fn new(kv: Arc<StreamKv>) -> Self {
        Self { kv }
    }

    async fn whole(&self, sha256: &Digest) -> Result<Option<Whole>, Unreachable> {
        let value = self.kv.near(BUCKET_ARTIFACTS, &sha256.to_string()).await?;
        let read = value.map(|value| serde_json::from_slice::<Whole>(&value));
        // One that makes no sense is as good as none: storing the artifact again mends it.
        Ok(read.and_then(Result::ok).filter(|whole| whole.bytes <= ARTIFACT_BYTES_MAX))
    }

    async fn piece(&self, sha256: &Digest, number: usize) -> Result<Bytes, Unreachable> {
        let value = self.kv.near(BUCKET_ARTIFACTS, &format!("{sha256}/{number}")).await?;
        Ok(value.unwrap_or_default())
    }

    async fn put_piece(&self, key: String, piece: Bytes) -> Result<(), Unreachable> {
        match self.kv.put(BUCKET_ARTIFACTS, &key, Put::any(piece)).await {
            Ok(_) => Ok(()),
            Err(PutError::Unreachable(error)) => Err(error),
            Err(
                error @ (PutError::Conflict { .. }
                | PutError::InvalidKey { .. }
                | PutError::TooLarge { .. }),
            ) => Err(Unreachable { what: format!("store {key}"), cause: Box::new(error) }),
        }
    }
}

#[async_trait]
impl Artifacts for KvArtifacts {
    async fn put(&self, bytes: Bytes, media_type: &str) -> Result<ArtifactRef, StoreError> {
        if bytes.len() > ARTIFACT_BYTES_MAX {
            return Err(StoreError::TooLarge { bytes: bytes.len() });
        }
        let sha256 = Digest::of(&bytes);
        let whole = Whole { bytes: bytes.len(), pieces: bytes.len().div_ceil(PIECE_BYTES) };
        let is_there =
            self.whole(&sha256).await? == Some(whole) && self.read(&sha256).await.is_ok();
        if !is_there {
            let pieces = (0..whole.pieces).map(|number| {
                let from = number * PIECE_BYTES;
                let to = (from + PIECE_BYTES).min(bytes.len());
                Ok::<_, Unreachable>((format!("{sha256}/{number}"), bytes.slice(from..to)))
            });
            stream::iter(pieces)
                .try_for_each_concurrent(PIECES_AT_ONCE, |(key, piece)| self.put_piece(key, piece))
                .await?;
            let whole = serde_json::to_vec(&whole).expect("numbers are JSON");
            self.put_piece(sha256.to_string(), whole.into()).await?;
        }
        let bytes = u64::try_from(whole.bytes).unwrap_or(u64::MAX);
        Ok(ArtifactRef { sha256, bytes, media_type: media_type.to_owned() })
    }

    async fn get(&self, sha256: &Digest) -> Result<Bytes, FetchError> {
        let until = Instant::now() + BEHIND_MAX;
        loop {
            match self.read(sha256).await {
                Err(FetchError::Missing { .. } | FetchError::Damaged { .. })
                    if self.kv.may_be_behind() && Instant::now() < until =>
                {
                    tokio::time::sleep(BEHIND_PAUSE).await;
                }
                read => return read,
            }
        }
    }
}

impl KvArtifacts {
    /// What there is now, if it is what its hash says.
    async fn read(&self, sha256: &Digest) -> Result<Bytes, FetchError> {
        let missing = || FetchError::Missing { sha256: sha256.clone() };
        let whole = self.whole(sha256).await?.ok_or_else(missing)?;
        let pieces = whole.bytes.div_ceil(PIECE_BYTES).min(whole.pieces);
        let mut pieces = stream::iter((0..pieces).map(|number| self.piece(sha256, number)))
            .buffered(PIECES_AT_ONCE);
        let mut bytes = BytesMut::with_capacity(whole.bytes);
        while let Some(piece) = pieces.try_next().await? {
            bytes.extend_from_slice(&piece);
        }
        let found = Digest::of(&bytes);
        if found == *sha256 {
            Ok(bytes.freeze())
        } else {
            Err(FetchError::Damaged { sha256: sha256.clone(), found })
        }
    }
}
