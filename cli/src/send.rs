//! Saying something to the coordinators.

use bytes::Bytes;
use galley_bus_core::message::Message;
use galley_schemas::envelope::{CloudEvent, SPEC_VERSION};
use galley_schemas::id::MessageId;
use serde::Serialize;

use crate::assemble::House;

/// Puts an input on the queue, in its envelope.
pub(crate) async fn send<T: Serialize>(
    house: &House,
    subject: &str,
    kind: &str,
    id: MessageId,
    data: T,
) -> anyhow::Result<()> {
    let payload = event(house, kind, &id, data)?;
    house.bus.queue.publish(Message::new(subject, id, payload)).await?;
    Ok(())
}

/// An input in its envelope.
pub(crate) fn event<T: Serialize>(
    house: &House,
    kind: &str,
    id: &MessageId,
    data: T,
) -> anyhow::Result<Bytes> {
    let event = CloudEvent {
        specversion: SPEC_VERSION.to_owned(),
        id: id.clone(),
        source: "/galley/cli".to_owned(),
        kind: kind.to_owned(),
        subject: None,
        time: house.clock.now(),
        datacontenttype: "application/json".to_owned(),
        traceparent: None,
        data,
    };
    Ok(serde_json::to_vec(&event)?.into())
}

/// A fresh message id.
pub(crate) fn message_id(house: &House) -> MessageId {
    house.chance.message_id(house.clock.now())
}
