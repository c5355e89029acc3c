//! Artifacts, with this crate's failures.

use bytes::Bytes;
use galley_bus_core::artifacts::{Artifacts, FetchError, StoreError};
use galley_schemas::artifact::ArtifactRef;
use galley_schemas::fault::Fault;
use serde::de::DeserializeOwned;

use crate::faults;

pub(crate) async fn put_bytes(
    artifacts: &dyn Artifacts,
    bytes: Bytes,
    media_type: &str,
) -> Result<ArtifactRef, Fault> {
    artifacts.put(bytes, media_type).await.map_err(|error| match error {
        error @ StoreError::TooLarge { .. } => faults::artifact_not_stored(&error),
        StoreError::Unreachable(error) => faults::artifacts_unreachable(&error),
    })
}

pub(crate) async fn get_bytes(
    artifacts: &dyn Artifacts,
    artifact: &ArtifactRef,
) -> Result<Bytes, Fault> {
    artifacts.get(&artifact.sha256).await.map_err(|error| match error {
        error @ (FetchError::Missing { .. } | FetchError::Damaged { .. }) => {
            faults::artifact_not_read(&error)
        }
        FetchError::Unreachable(error) => faults::artifacts_unreachable(&error),
    })
}

pub(crate) async fn get<T: DeserializeOwned>(
    artifacts: &dyn Artifacts,
    artifact: &ArtifactRef,
) -> Result<T, Fault> {
    let bytes = get_bytes(artifacts, artifact).await?;
    serde_json::from_slice(&bytes).map_err(|error| faults::artifact_not_read(&error))
}
