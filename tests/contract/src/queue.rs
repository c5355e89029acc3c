//! The laws of [`galley_bus_core::queue::Queue`]: delivering and settling. What is kept, and how much,
//! is in `bounds`.

mod bounds;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use galley_bus_core::queue::{Delivery, Place, Queue, SETTLE_LAG_MAX};
use galley_bus_core::topology::{self, Consumer};
use galley_bus_core::{BoxError, Unreachable};
use tokio::task::JoinSet;

use crate::samples::{consumer, message, now, subject};
use crate::{Harness, NEVER, Outcome, SOON};

pub use bounds::{
    a_consumer_has_no_more_loans_than_it_may, a_dropped_pull_leaves_no_loan,
    a_full_stream_refuses_until_there_is_room, a_message_is_not_kept_past_its_age,
    a_message_may_be_large_but_not_too_large, a_message_without_a_queue_is_refused,
    a_new_consumer_sees_what_is_kept, depth_counts_what_is_before_and_what_is_out,
    every_consumer_gets_its_own, the_same_id_is_kept_again_after_its_window,
    the_same_id_is_kept_once_in_its_window,
};

/// A consumer whose loans run out soon.
fn brief(kind: &str) -> Consumer {
    Consumer { ack_wait: Duration::from_millis(200), ..consumer(kind) }
}

/// The one message that must come.
async fn one(queue: &Arc<dyn Queue>, consumer: &Consumer) -> Result<Delivery, BoxError> {
    let mut deliveries = queue.pull(consumer, 1, SOON).await?;
    assert!(deliveries.len() <= 1, "more than was asked for");
    deliveries.pop().ok_or_else(|| "nothing was delivered".into())
}

/// Nothing must come.
async fn none(queue: &Arc<dyn Queue>, consumer: &Consumer, wait: Duration) -> Outcome {
    let deliveries = queue.pull(consumer, 10, wait).await?;
    assert!(deliveries.is_empty(), "{deliveries:?}");
    Ok(())
}

fn ids(deliveries: &[Delivery]) -> Vec<&str> {
    deliveries.iter().map(|delivery| delivery.message.id.as_str()).collect()
}

/// Law 1, with the message as it was.
pub async fn what_is_published_is_delivered_as_it_was_until_it_is_settled<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let queue = harness.bus().queue;
    let mut sent = message("a", "1");
    sent.headers.insert("traceparent".to_owned(), "00-ab-cd-01".to_owned());
    sent.payload = Bytes::from((0..=255).collect::<Vec<u8>>());
    queue.publish(sent.clone()).await?;
    queue.publish(message("b", "other")).await?;
    let delivery = one(&queue, &consumer("a")).await?;
    assert_eq!(delivery.message, sent);
    assert_eq!(delivery.delivery, 1);
    delivery.loan.ack().await?;
    delivery.loan.ack().await?;
    queue.publish(message("a", "2")).await?;
    let delivery = one(&queue, &consumer("a")).await?;
    assert_eq!(delivery.message.id.as_str(), "2");
    delivery.loan.discard().await?;
    none(&queue, &consumer("a"), NEVER).await
}

/// Law 1, and the law of `ack` and `discard`.
pub async fn what_is_not_settled_survives_a_crash_and_what_is_does_not_return<H: Harness>()
-> Outcome {
    let mut harness = H::open(topology::streams()).await?;
    let queue = harness.bus().queue;
    for id in ["acked", "discarded", "on loan", "waiting"] {
        queue.publish(message("a", id)).await?;
    }
    let deliveries = queue.pull(&brief("a"), 3, SOON).await?;
    assert_eq!(ids(&deliveries), ["acked", "discarded", "on loan"]);
    let mut loans = deliveries.into_iter().map(|delivery| delivery.loan);
    loans.next().ok_or("missing")?.ack().await?;
    loans.next().ok_or("missing")?.discard().await?;
    none(&queue, &consumer("b"), SETTLE_LAG_MAX).await?;
    drop((loans, queue));
    harness.crash().await?;
    let queue = harness.bus().queue;
    let mut seen = BTreeMap::new();
    while seen.len() < 2 {
        let delivery = one(&queue, &brief("a")).await?;
        delivery.loan.ack().await?;
        seen.insert(delivery.message.id.to_string(), delivery.delivery);
    }
    assert!(seen.into_iter().eq([("on loan".to_owned(), 2), ("waiting".to_owned(), 1)]));
    none(&queue, &brief("a"), NEVER * 2).await
}

/// Law 2, first half.
pub async fn a_message_on_loan_is_not_delivered_again<H: Harness>() -> Outcome {
    let mut harness = H::open(topology::streams()).await?;
    let (here, there) = (harness.bus().queue, harness.other().await?.queue);
    here.publish(message("a", "1")).await?;
    let delivery = one(&here, &consumer("a")).await?;
    none(&here, &consumer("a"), NEVER).await?;
    none(&there, &consumer("a"), NEVER).await?;
    delivery.loan.ack().await?;
    none(&there, &consumer("a"), NEVER).await
}

/// Law 2, second half: not before its time.
pub async fn a_loan_that_ran_out_is_delivered_again<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let queue = harness.bus().queue;
    queue.publish(message("a", "1")).await?;
    for number in 1..=3 {
        let before = now();
        let delivery = one(&queue, &brief("a")).await?;
        assert_eq!(delivery.delivery, number);
        let waited = (now() - before).to_std()?;
        assert!(number == 1 || waited >= Duration::from_millis(150), "{number}: {waited:?}");
    }
    Ok(())
}

/// `in_progress` starts the loan anew.
pub async fn a_loan_in_progress_does_not_run_out<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let queue = harness.bus().queue;
    queue.publish(message("a", "1")).await?;
    let consumer = Consumer { ack_wait: Duration::from_millis(600), ..consumer("a") };
    let delivery = one(&queue, &consumer).await?;
    // Twice as long as the loan lasts without.
    for _ in 0..6 {
        none(&queue, &consumer, Duration::from_millis(200)).await?;
        delivery.loan.in_progress().await?;
    }
    let again = one(&queue, &consumer).await?;
    assert_eq!(again.delivery, 2);
    Ok(())
}

/// `retry_later` brings it again, after the delay, whatever the loan would have lasted.
pub async fn a_retry_comes_no_sooner_than_asked<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let queue = harness.bus().queue;
    queue.publish(message("a", "1")).await?;
    let first = one(&queue, &consumer("a")).await?;
    let before = now();
    first.loan.retry_later(Duration::from_millis(300)).await?;
    let second = one(&queue, &consumer("a")).await?;
    assert!((now() - before).to_std()? >= Duration::from_millis(290));
    assert_eq!(second.delivery, 2);
    second.loan.retry_later(Duration::ZERO).await?;
    let third = one(&queue, &consumer("a")).await?;
    assert_eq!(third.delivery, 3);
    third.loan.ack().await?;
    none(&queue, &consumer("a"), NEVER).await
}

/// Every means of the first loan does nothing to the second.
pub async fn a_loan_that_is_out_again_cannot_be_settled_by_the_first<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let queue = harness.bus().queue;
    queue.publish(message("a", "1")).await?;
    let consumer = Consumer { ack_wait: Duration::from_secs(1), ..consumer("a") };
    let first = one(&queue, &consumer).await?;
    let second = one(&queue, &consumer).await?;
    assert_eq!(second.delivery, 2);
    first.loan.retry_later(Duration::ZERO).await?;
    first.loan.in_progress().await?;
    first.loan.discard().await?;
    first.loan.ack().await?;
    none(&queue, &consumer, NEVER).await?;
    second.loan.retry_later(Duration::ZERO).await?;
    assert_eq!(one(&queue, &consumer).await?.delivery, 3);
    Ok(())
}

/// Finished work is not done twice because it took a little too long.
pub async fn a_late_settle_counts_until_the_message_is_out_again<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let queue = harness.bus().queue;
    queue.publish(message("a", "1")).await?;
    let late = one(&queue, &brief("a")).await?;
    // Time passes by waiting on a queue with nothing in it.
    none(&queue, &consumer("b"), NEVER * 2).await?;
    late.loan.ack().await?;
    none(&queue, &consumer("a"), NEVER).await
}

/// Law 5.
pub async fn a_subject_keeps_its_order<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let queue = harness.bus().queue;
    for number in 0..30 {
        queue.publish(message("a", &format!("a{number}"))).await?;
        queue.publish(message("b", &format!("b{number}"))).await?;
    }
    let mut seen = Vec::new();
    while seen.len() < 30 {
        let deliveries = queue.pull(&consumer("a"), 7, SOON).await?;
        assert!(!deliveries.is_empty() && deliveries.len() <= 7);
        seen.extend(ids(&deliveries).iter().map(ToString::to_string));
    }
    assert_eq!(seen, (0..30).map(|number| format!("a{number}")).collect::<Vec<_>>());
    Ok(())
}

/// Law 8: over all subjects, to every consumer, when delivered again and after a crash.
pub async fn places_rise_in_the_order_of_publishing<H: Harness>() -> Outcome {
    let mut harness = H::open(topology::streams()).await?;
    let (here, there) = (harness.bus().queue, harness.other().await?.queue);
    for number in 0..10 {
        let (queue, kind) = if number % 2 == 0 { (&here, "a") } else { (&there, "b") };
        queue.publish(message(kind, &number.to_string())).await?;
    }
    let all = Consumer { filter: subject(">"), ..brief("all") };
    let first = here.pull(&all, 10, SOON).await?;
    assert_eq!(ids(&first), (0..10).map(|number| number.to_string()).collect::<Vec<_>>());
    let places = |deliveries: &[Delivery]| -> BTreeMap<String, Place> {
        let pairs = deliveries.iter().map(|one| (one.message.id.to_string(), one.place));
        pairs.collect()
    };
    let known = places(&first);
    assert!(first.is_sorted_by(|one, next| one.place < next.place), "{first:?}");
    let of_another = one(&there, &consumer("b")).await?;
    assert_eq!(Some(&of_another.place), known.get("1"), "another consumer's");
    // What is settled leaves nothing that a later place could be counted from.
    for delivery in first.iter().skip(1) {
        delivery.loan.ack().await?;
    }
    let again = one(&there, &all).await?;
    assert_eq!((again.message.id.as_str(), again.delivery), ("0", 2));
    assert_eq!(Some(&again.place), known.get("0"), "delivered again");
    again.loan.ack().await?;
    none(&here, &consumer("c"), SETTLE_LAG_MAX).await?;
    drop((first, of_another, again, here, there));
    harness.crash().await?;
    let queue = harness.bus().queue;
    queue.publish(message("a", "after the crash")).await?;
    let later = one(&queue, &all).await?;
    assert!(known.values().all(|place| *place < later.place), "{later:?} after {known:?}");
    Ok(())
}

/// Pulls until told of nothing more, and returns what it saw.
async fn drain(queue: Arc<dyn Queue>, max: usize) -> Result<Vec<(String, u64)>, Unreachable> {
    let mut seen = Vec::new();
    loop {
        let deliveries = queue.pull(&consumer("a"), max, NEVER * 3).await?;
        if deliveries.is_empty() {
            return Ok(seen);
        }
        for delivery in deliveries {
            seen.push((delivery.message.id.to_string(), delivery.delivery));
            delivery.loan.ack().await?;
        }
    }
}

/// Law 2, with many at once, in two processes, while messages come.
pub async fn many_pullers_never_share_a_loan<H: Harness>() -> Outcome {
    let mut harness = H::open(topology::streams()).await?;
    let queues = [harness.bus().queue, harness.other().await?.queue];
    let mut pullers = JoinSet::new();
    for number in 0..16 {
        let queue = queues.get(number % 2).map(Arc::clone).ok_or("two queues")?;
        pullers.spawn(drain(queue, 1 + number % 5));
    }
    let mut publishers = JoinSet::new();
    for number in 0..300 {
        let queue = queues.first().map(Arc::clone).ok_or("two queues")?;
        publishers.spawn(async move { queue.publish(message("a", &format!("{number:03}"))).await });
    }
    while let Some(published) = publishers.join_next().await {
        published??;
    }
    let mut seen = Vec::new();
    while let Some(ended) = pullers.join_next().await {
        seen.extend(ended??);
    }
    seen.sort();
    let want: Vec<_> = (0..300).map(|number| (format!("{number:03}"), 1)).collect();
    assert_eq!(seen, want);
    Ok(())
}

/// A pull that waits returns when a message comes, not when its wait is over.
pub async fn a_pull_wakes_for_a_message<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let queue = harness.bus().queue;
    for id in ["1", "2", "3"] {
        let wanted = consumer("a");
        let pulled = queue.pull(&wanted, 1, SOON);
        let (pulled, published) = tokio::join!(pulled, queue.publish(message("a", id)));
        published?;
        assert_eq!(ids(&pulled?), [id]);
    }
    Ok(())
}

/// Whichever process it came from.
pub async fn a_pull_wakes_for_a_message_of_another_process<H: Harness>() -> Outcome {
    let mut harness = H::open(topology::streams()).await?;
    let (here, there) = (harness.bus().queue, harness.other().await?.queue);
    for id in ["1", "2", "3"] {
        let wanted = consumer("a");
        let pulled = here.pull(&wanted, 1, SOON);
        let (pulled, published) = tokio::join!(pulled, there.publish(message("a", id)));
        published?;
        assert_eq!(ids(&pulled?), [id]);
    }
    Ok(())
}
