//! Large bytes under their hash.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use galley_bus_core::artifacts::{ARTIFACT_BYTES_MAX, Artifacts, FetchError, StoreError};
use galley_schemas::artifact::{ArtifactRef, Digest};

use super::Link;
use crate::lock;

/// Large bytes under their hash.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    stored: Mutex<BTreeMap<Digest, Bytes>>,
}

#[async_trait]
impl Artifacts for Link {
    async fn put(&self, bytes: Bytes, media_type: &str) -> Result<ArtifactRef, StoreError> {
        if bytes.len() > ARTIFACT_BYTES_MAX {
            return Err(StoreError::TooLarge { bytes: bytes.len() });
        }
        let sha256 = Digest::of(&bytes);
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let key = sha256.clone();
        self.reach("put artifact", move |broker| {
            lock(&broker.artifacts.stored).insert(key, bytes);
        })
        .await?;
        Ok(ArtifactRef { sha256, bytes: length, media_type: media_type.to_owned() })
    }

    async fn get(&self, sha256: &Digest) -> Result<Bytes, FetchError> {
        let key = sha256.clone();
        let found = self
            .reach("get artifact", move |broker| lock(&broker.artifacts.stored).get(&key).cloned())
            .await?;
        found.ok_or_else(|| FetchError::Missing { sha256: sha256.clone() })
    }
}
