//! Refused inputs: kept on the rejected subject, whole, with their fault, for people to look at.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use galley_bus_core::artifacts::StoreError;
use galley_bus_core::message::Message;
use galley_bus_core::queue::PublishError;
use galley_bus_core::{Bus, Unreachable};
use galley_schemas::artifact::ArtifactRef;
use galley_schemas::fault::Fault;
use galley_schemas::id::MessageId;
use galley_schemas::input::Rejected;
use galley_schemas::subject;

/// Largest text that is kept in the rejection itself; what is larger becomes an artifact.
const TEXT_BYTES_MAX: usize = 16 * 1024;

/// Keeps a refused input. Repeated for the same message, it is kept once within the bus's window.
///
/// # Errors
/// The bus was out of reach: the input must not be settled.
pub(crate) async fn keep(
    bus: &Bus,
    refused: &Message,
    fault: Fault,
    at: DateTime<Utc>,
) -> Result<(), Unreachable> {
    let text = std::str::from_utf8(&refused.payload).ok();
    let payload = text.filter(|text| text.len() <= TEXT_BYTES_MAX).map(str::to_owned);
    let artifact = match payload {
        Some(_) => None,
        None => store(bus, refused.payload.clone()).await?,
    };
    tracing::warn!(subject = %refused.subject, message = %refused.id, %fault, "input refused");
    let subject = refused.subject.clone();
    let rejected = Rejected { subject, id: refused.id.clone(), at, fault, payload, artifact };
    let id = MessageId::new(format!("rejected-{}", refused.id));
    let bytes = serde_json::to_vec(&rejected).expect("wire types have string keys");
    match bus.queue.publish(Message::new(subject::REJECTED, id, bytes)).await {
        Ok(()) => Ok(()),
        Err(PublishError::Unreachable(error)) => Err(error),
        // The place for refusals is full or missing: that must not stop what can be worked on.
        Err(error) => {
            tracing::error!(message = %refused.id, %error, "a refused input could not be kept");
            Ok(())
        }
    }
}

async fn store(bus: &Bus, payload: Bytes) -> Result<Option<ArtifactRef>, Unreachable> {
    match bus.artifacts.put(payload, "application/octet-stream").await {
        Ok(artifact) => Ok(Some(artifact)),
        Err(StoreError::Unreachable(error)) => Err(error),
        Err(error @ StoreError::TooLarge { .. }) => {
            tracing::error!(%error, "a refused input is too large to be kept");
            Ok(None)
        }
    }
}
