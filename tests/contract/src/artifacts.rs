//! The laws of [`galley_bus_core::artifacts::Artifacts`].

use bytes::Bytes;
use galley_bus_core::artifacts::{ARTIFACT_BYTES_MAX, FetchError, StoreError};
use galley_bus_core::topology;
use galley_schemas::artifact::Digest;

use crate::{Harness, Outcome};

/// Bytes that do not repeat soon.
fn bytes(count: usize) -> Bytes {
    (0..count).map(|at| u8::try_from((at * 31 + at / 251) % 256).unwrap_or(0)).collect()
}

/// Also nothing at all, and every byte there is.
pub async fn what_is_stored_is_read_as_it_was<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let artifacts = harness.bus().artifacts;
    for body in [Bytes::new(), bytes(256), bytes(300_000)] {
        let stored = artifacts.put(body.clone(), "text/plain").await?;
        assert_eq!(stored.sha256, Digest::of(&body));
        assert_eq!(usize::try_from(stored.bytes), Ok(body.len()));
        assert_eq!(stored.media_type, "text/plain");
        assert_eq!(artifacts.get(&stored.sha256).await?, body);
    }
    Ok(())
}

/// The same bytes put twice are stored once; whoever put them gets them.
pub async fn the_same_bytes_have_the_same_reference<H: Harness>() -> Outcome {
    let mut harness = H::open(topology::streams()).await?;
    let (here, there) = (harness.bus().artifacts, harness.other().await?.artifacts);
    let put = |artifacts: &std::sync::Arc<dyn galley_bus_core::artifacts::Artifacts>| {
        let artifacts = std::sync::Arc::clone(artifacts);
        async move { artifacts.put(bytes(10_000), "text/plain").await }
    };
    let (one, two, three) = tokio::join!(put(&here), put(&there), put(&here));
    let one = one?;
    assert_eq!(one, two?);
    assert_eq!(one, three?);
    assert_eq!(there.get(&one.sha256).await?, bytes(10_000));
    Ok(())
}

/// What was stored is there after a crash.
pub async fn an_artifact_survives_a_crash<H: Harness>() -> Outcome {
    let mut harness = H::open(topology::streams()).await?;
    let stored = harness.bus().artifacts.put(bytes(50_000), "text/plain").await?;
    harness.crash().await?;
    assert_eq!(harness.bus().artifacts.get(&stored.sha256).await?, bytes(50_000));
    Ok(())
}

/// A hash of bytes that nobody stored.
pub async fn what_was_never_stored_is_missing<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let sha256 = Digest::of(b"never stored");
    let found = harness.bus().artifacts.get(&sha256).await;
    assert!(matches!(found, Err(FetchError::Missing { sha256: of }) if of == sha256));
    Ok(())
}

/// Some mebibytes are stored; more than the bound is refused.
pub async fn an_artifact_may_be_large_but_not_too_large<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let artifacts = harness.bus().artifacts;
    let large = bytes(4 * 1024 * 1024);
    let stored = artifacts.put(large.clone(), "application/pdf").await?;
    assert_eq!(artifacts.get(&stored.sha256).await?, large);
    let too_large = Bytes::from(vec![0; ARTIFACT_BYTES_MAX + 1]);
    let refused = artifacts.put(too_large, "application/pdf").await;
    assert!(
        matches!(refused, Err(StoreError::TooLarge { bytes }) if bytes == ARTIFACT_BYTES_MAX + 1)
    );
    Ok(())
}
