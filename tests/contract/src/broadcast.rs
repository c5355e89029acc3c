//! The laws of [`galley_bus_core::broadcast::Broadcast`].

use bytes::Bytes;
use futures::StreamExt as _;
use galley_bus_core::topology;

use crate::{Harness, NEVER, Outcome, SOON};

/// A listener hears what is sent after it began, on its subjects, in order.
pub async fn a_listener_hears_its_subjects_in_order<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let broadcast = harness.bus().broadcast;
    broadcast.send("galley.epoch", Bytes::from_static(b"before")).await?;
    let mut one = broadcast.listen("galley.epoch").await?;
    let mut below = broadcast.listen("galley.progress.>").await?;
    for number in 0..10 {
        let payload = Bytes::from(number.to_string());
        broadcast.send("galley.epoch", payload.clone()).await?;
        broadcast.send(&format!("galley.progress.g{number}"), payload).await?;
    }
    for number in 0..10 {
        let heard = tokio::time::timeout(SOON, one.next()).await?.ok_or("the stream ended")?;
        assert_eq!(heard.subject, "galley.epoch");
        assert_eq!(heard.payload, number.to_string());
        let heard = tokio::time::timeout(SOON, below.next()).await?.ok_or("the stream ended")?;
        assert_eq!(heard.subject, format!("galley.progress.g{number}"));
    }
    assert!(tokio::time::timeout(NEVER, one.next()).await.is_err());
    assert!(tokio::time::timeout(NEVER, below.next()).await.is_err());
    Ok(())
}

/// One that is 1,024 behind loses the oldest; nobody waits for it.
pub async fn a_listener_that_is_behind_loses_the_oldest<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let broadcast = harness.bus().broadcast;
    let mut slow = broadcast.listen("galley.epoch").await?;
    let mut eager = broadcast.listen("galley.epoch").await?;
    for number in 0..1_500 {
        broadcast.send("galley.epoch", Bytes::from(number.to_string())).await?;
    }
    // Once another has heard the last, and nothing more, they have all arrived.
    while tokio::time::timeout(NEVER, eager.next()).await.is_ok_and(|heard| heard.is_some()) {}
    let mut heard = Vec::new();
    while let Ok(Some(one)) = tokio::time::timeout(NEVER, slow.next()).await {
        heard.push(String::from_utf8_lossy(&one.payload).parse::<u32>()?);
    }
    assert!(heard.len() <= 1_024, "{} were kept", heard.len());
    assert_eq!(heard.last(), Some(&1_499));
    assert!(heard.is_sorted_by(|a, b| a < b));
    Ok(())
}

/// A send with no listener, or with one that has gone, is no fault.
pub async fn nobody_need_listen<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let broadcast = harness.bus().broadcast;
    broadcast.send("galley.epoch", Bytes::new()).await?;
    drop(broadcast.listen("galley.epoch").await?);
    broadcast.send("galley.epoch", Bytes::new()).await?;
    Ok(())
}
