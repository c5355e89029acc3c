//! What is kept for whom, and how much.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use galley_bus_core::message::{Message, PAYLOAD_BYTES_MAX};
use galley_bus_core::queue::{Depth, PublishError};
use galley_bus_core::topology::{self, Consumer, STREAM_TASK, Stream};
use galley_schemas::id::MessageId;
use galley_tests_support::wait::until_async;
use tokio::task::JoinSet;

use super::{ids, none, one};
use crate::samples::{consumer, message};
use crate::{Harness, NEVER, Outcome, SOON};

/// The task stream with other bounds.
fn tasks(change: impl Fn(&mut Stream)) -> Vec<Stream> {
    let mut streams = topology::streams();
    streams.iter_mut().filter(|stream| stream.name == STREAM_TASK).for_each(change);
    streams
}

/// Law 3: over all who pull, in all processes.
pub async fn a_consumer_has_no_more_loans_than_it_may<H: Harness>() -> Outcome {
    let mut harness = H::open(topology::streams()).await?;
    let (here, there) = (harness.bus().queue, harness.other().await?.queue);
    let narrow = Consumer { in_flight_max: 3, ..consumer("a") };
    for number in 0..6 {
        here.publish(message("a", &number.to_string())).await?;
    }
    let mut out = here.pull(&narrow, 2, SOON).await?;
    out.extend(there.pull(&narrow, 10, SOON).await?);
    assert_eq!(ids(&out), ["0", "1", "2"]);
    none(&here, &narrow, NEVER).await?;
    none(&there, &narrow, NEVER).await?;
    // A place that is given free is taken by a pull that waits already.
    let first = out.first().ok_or("three are out")?;
    let (pulled, acked) = tokio::join!(there.pull(&narrow, 10, SOON), first.loan.ack());
    acked?;
    assert_eq!(ids(&pulled?), ["3"]);
    Ok(())
}

/// Law 4: also when the first was settled in the meantime.
pub async fn the_same_id_is_kept_once_in_its_window<H: Harness>() -> Outcome {
    let mut harness = H::open(topology::streams()).await?;
    let (here, there) = (harness.bus().queue, harness.other().await?.queue);
    here.publish(message("a", "1")).await?;
    there.publish(message("a", "1")).await?;
    let delivery = one(&here, &consumer("a")).await?;
    none(&here, &consumer("a"), NEVER).await?;
    delivery.loan.ack().await?;
    here.publish(message("a", "1")).await?;
    none(&here, &consumer("a"), NEVER).await?;
    here.publish(message("a", "2")).await?;
    assert_eq!(one(&here, &consumer("a")).await?.message.id.as_str(), "2");
    Ok(())
}

/// Law 4 ends with the window.
pub async fn the_same_id_is_kept_again_after_its_window<H: Harness>() -> Outcome {
    let window = Duration::from_millis(200);
    let harness = H::open(tasks(|stream| stream.duplicate_window = window)).await?;
    let queue = harness.bus().queue;
    queue.publish(message("a", "1")).await?;
    none(&queue, &consumer("b"), window * 2).await?;
    queue.publish(message("a", "1")).await?;
    assert_eq!(ids(&queue.pull(&consumer("a"), 10, SOON).await?), ["1", "1"]);
    Ok(())
}

/// Law 1: each consumer whose subjects match, by what it has settled itself.
pub async fn every_consumer_gets_its_own<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let queue = harness.bus().queue;
    let all = Consumer { name: "all".to_owned(), filter: String::new(), ..consumer("a") };
    let below =
        Consumer { name: "below".to_owned(), filter: "galley.task.>".to_owned(), ..consumer("a") };
    for consumer in [&all, &below, &consumer("a")] {
        none(&queue, consumer, Duration::ZERO).await?;
    }
    queue.publish(message("a", "1")).await?;
    queue.publish(message("b", "2")).await?;
    for (consumer, want) in
        [(&all, &["1", "2"][..]), (&below, &["1", "2"]), (&consumer("a"), &["1"])]
    {
        let deliveries = queue.pull(consumer, 10, SOON).await?;
        assert_eq!(ids(&deliveries), want, "{}", consumer.name);
        for delivery in deliveries {
            delivery.loan.ack().await?;
        }
    }
    for consumer in [&all, &below, &consumer("a")] {
        none(&queue, consumer, NEVER).await?;
    }
    Ok(())
}

/// Law 6.
pub async fn a_new_consumer_sees_what_is_kept<H: Harness>() -> Outcome {
    let mut harness = H::open(topology::streams()).await?;
    for id in ["1", "2"] {
        harness.bus().queue.publish(message("a", id)).await?;
    }
    harness.crash().await?;
    let queue = harness.bus().queue;
    queue.publish(message("a", "3")).await?;
    assert_eq!(ids(&queue.pull(&consumer("a"), 10, SOON).await?), ["1", "2", "3"]);
    Ok(())
}

/// No queue takes the subject.
pub async fn a_message_without_a_queue_is_refused<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    for subject in ["galley.nowhere", "galley.task", "galley.task."] {
        let message = Message::new(subject, MessageId::new("1"), Bytes::new());
        let refused = harness.bus().queue.publish(message).await;
        assert!(
            matches!(&refused, Err(PublishError::NoQueue { subject: of }) if of == subject),
            "{subject}: {refused:?}"
        );
    }
    Ok(())
}

/// Up to the bound, and one byte more.
pub async fn a_message_may_be_large_but_not_too_large<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let queue = harness.bus().queue;
    let mut large = message("a", "1");
    large.payload = Bytes::from(vec![7; PAYLOAD_BYTES_MAX]);
    queue.publish(large.clone()).await?;
    assert_eq!(one(&queue, &consumer("a")).await?.message, large);
    let mut too_large = message("a", "2");
    too_large.payload = Bytes::from(vec![7; PAYLOAD_BYTES_MAX + 1]);
    let refused = queue.publish(too_large).await;
    assert!(matches!(refused, Err(PublishError::TooLarge { bytes, max, .. }) if bytes == max + 1));
    Ok(())
}

/// A message more than the stream holds is refused, until one is settled.
pub async fn a_full_stream_refuses_until_there_is_room<H: Harness>() -> Outcome {
    let harness = H::open(tasks(|stream| stream.messages_max = 3)).await?;
    let queue = harness.bus().queue;
    let delivery = {
        queue.publish(message("a", "1")).await?;
        one(&queue, &consumer("a")).await?
    };
    queue.publish(message("a", "2")).await?;
    queue.publish(message("b", "3")).await?;
    let refused = queue.publish(message("a", "4")).await;
    assert!(matches!(refused, Err(PublishError::Full { max: 3, .. })), "{refused:?}");
    delivery.loan.ack().await?;
    queue.publish(message("a", "4")).await?;
    assert_eq!(ids(&queue.pull(&consumer("a"), 10, SOON).await?), ["2", "4"]);
    Ok(())
}

/// Kept for the stream's age, and until the bus has looked.
pub async fn a_message_is_not_kept_past_its_age<H: Harness>() -> Outcome {
    let age = Duration::from_millis(300);
    let harness = H::open(tasks(|stream| stream.age_max = age)).await?;
    let queue = harness.bus().queue;
    queue.publish(message("a", "old")).await?;
    none(&queue, &consumer("b"), age + NEVER * 8).await?;
    queue.publish(message("a", "new")).await?;
    assert_eq!(ids(&queue.pull(&consumer("a"), 10, SOON).await?), ["new"]);
    Ok(())
}

/// Law 7: a pull may be dropped at any point of its way.
pub async fn a_dropped_pull_leaves_no_loan<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let queue = harness.bus().queue;
    let mut dropped = 0;
    for round in 0..60_u64 {
        let id = round.to_string();
        let pulling = Arc::clone(&queue);
        let mut puller = JoinSet::new();
        puller.spawn(async move {
            let wait = Duration::from_micros(round * 60);
            tokio::time::timeout(wait, pulling.pull(&consumer("a"), 1, SOON)).await
        });
        queue.publish(message("a", &id)).await?;
        let delivery = match puller.join_next().await.transpose()? {
            Some(Ok(pulled)) => pulled?.pop().ok_or("a pull returned nothing in time")?,
            // On loan to nobody for a minute, if the pull left one.
            Some(Err(_)) | None => {
                dropped += 1;
                one(&queue, &consumer("a")).await?
            }
        };
        assert_eq!((delivery.message.id.as_str(), delivery.delivery), (id.as_str(), 1));
        delivery.loan.ack().await?;
    }
    assert!(dropped > 0, "no pull was dropped");
    Ok(())
}

/// Before it, out, and settled; soon, since a broker counts behind what it answers.
pub async fn depth_counts_what_is_before_and_what_is_out<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let queue = harness.bus().queue;
    let counts = async |pending: u64, in_flight: u64| {
        let want = Depth { pending, in_flight };
        until_async(&format!("{want:?}"), async || {
            let depth = queue.depth(&consumer("a")).await.ok()?;
            (depth == want).then_some(())
        })
        .await;
    };
    counts(0, 0).await;
    for number in 0..5 {
        queue.publish(message("a", &number.to_string())).await?;
        queue.publish(message("b", &format!("b{number}"))).await?;
    }
    counts(5, 0).await;
    let deliveries = queue.pull(&consumer("a"), 2, SOON).await?;
    counts(3, 2).await;
    deliveries.first().ok_or("two were pulled")?.loan.ack().await?;
    counts(3, 1).await;
    Ok(())
}
