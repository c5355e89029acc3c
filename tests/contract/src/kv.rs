//! The laws of [`galley_bus_core::kv::KeyValue`].

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use galley_bus_core::kv::{
    Change, Expect, KEY_BYTES_MAX, KeyValue, Put, PutError, VALUE_BYTES_MAX,
};
use galley_bus_core::{BoxError, topology};
use galley_schemas::subject::bucket;
use tokio::task::JoinSet;

use crate::{Harness, NEVER, Outcome, SOON};

/// One that processes follow: where several kinds of them write, changes are only found by reading.
const BUCKET: &str = bucket::EPOCHS;

fn put(value: &str, expect: Expect) -> Put {
    Put { value: Bytes::copy_from_slice(value.as_bytes()), expect, ttl: None }
}

fn any(value: &str) -> Put {
    put(value, Expect::Any)
}

fn for_a_while(value: &str, ttl: Duration) -> Put {
    Put { ttl: Some(ttl), ..any(value) }
}

async fn value(kv: &Arc<dyn KeyValue>, key: &str) -> Result<Option<String>, BoxError> {
    let entry = kv.get(BUCKET, key).await?;
    Ok(entry.map(|entry| String::from_utf8_lossy(&entry.value).into_owned()))
}

/// With its key and revision, in its own bucket only.
pub async fn a_value_is_read_as_it_was_put<H: Harness>() -> Outcome {
    let mut harness = H::open(topology::streams()).await?;
    let (kv, other) = (harness.bus().kv, harness.other().await?.kv);
    assert_eq!(kv.get(BUCKET, "k").await?, None);
    let binary = Bytes::from((0..=255).collect::<Vec<u8>>());
    let revision = kv.put(BUCKET, "k", Put::any(binary.clone())).await?;
    for kv in [&kv, &other] {
        let entry = kv.get(BUCKET, "k").await?.ok_or("it was put")?;
        assert_eq!((entry.key.as_str(), &entry.value, entry.revision), ("k", &binary, revision));
        assert_eq!(kv.get("goals", "k").await?, None);
    }
    kv.put(BUCKET, "empty", Put::any(Bytes::new())).await?;
    assert_eq!(value(&kv, "empty").await?.as_deref(), Some(""));
    kv.delete(BUCKET, "k").await?;
    kv.delete(BUCKET, "k").await?;
    kv.delete(BUCKET, "never there").await?;
    assert_eq!(other.get(BUCKET, "k").await?, None);
    Ok(())
}

/// Of any number, in all processes: absent first, then at one revision.
pub async fn of_many_puts_that_expect_the_same_one_wins<H: Harness>() -> Outcome {
    let mut harness = H::open(topology::streams()).await?;
    let (here, there) = (harness.bus().kv, harness.other().await?.kv);
    let mut expect = Expect::Absent;
    for round in 0..3 {
        let mut racers = JoinSet::new();
        for racer in 0..64 {
            let kv = Arc::clone(if racer % 2 == 0 { &here } else { &there });
            let put = put(&format!("{round}.{racer}"), expect);
            racers.spawn(async move { (racer, kv.put(BUCKET, "k", put).await) });
        }
        let mut winners = Vec::new();
        while let Some(ended) = racers.join_next().await {
            match ended? {
                (racer, Ok(revision)) => winners.push((racer, revision)),
                (_, Err(PutError::Conflict { .. })) => {}
                (_, Err(error)) => return Err(error.into()),
            }
        }
        assert_eq!(winners.len(), 1, "round {round}");
        let (racer, revision) = winners.pop().ok_or("one won")?;
        assert_eq!(value(&here, "k").await?, Some(format!("{round}.{racer}")));
        expect = Expect::Revision(revision);
    }
    Ok(())
}

/// Against a value, a deleted one, and one that never was.
pub async fn an_expectation_that_does_not_hold_changes_nothing<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let kv = harness.bus().kv;
    let first = kv.put(BUCKET, "k", put("a", Expect::Absent)).await?;
    let second = kv.put(BUCKET, "k", put("b", Expect::Revision(first))).await?;
    for expect in [Expect::Absent, Expect::Revision(first), Expect::Revision(second + 1_000)] {
        let refused = kv.put(BUCKET, "k", put("c", expect)).await;
        assert!(matches!(refused, Err(PutError::Conflict { .. })), "{expect:?}: {refused:?}");
        assert_eq!(value(&kv, "k").await?.as_deref(), Some("b"));
    }
    kv.delete(BUCKET, "k").await?;
    for key in ["k", "never-there"] {
        let refused = kv.put(BUCKET, key, put("c", Expect::Revision(second))).await;
        assert!(matches!(refused, Err(PutError::Conflict { .. })), "{key}: {refused:?}");
    }
    kv.put(BUCKET, "k", put("d", Expect::Absent)).await?;
    assert_eq!(value(&kv, "k").await?.as_deref(), Some("d"));
    Ok(())
}

/// Over all keys of a bucket, also over a deletion.
pub async fn revisions_rise_with_every_put<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let kv = harness.bus().kv;
    let mut revisions = Vec::new();
    for number in 0..10 {
        let key = format!("k{}", number % 3);
        revisions.push(kv.put(BUCKET, &key, any("x")).await?);
        kv.delete(BUCKET, &key).await?;
    }
    assert!(revisions.is_sorted_by(|a, b| a < b), "{revisions:?}");
    Ok(())
}

/// Read, add one, put at the revision that was read; again on conflict.
async fn count(kv: Arc<dyn KeyValue>, times: u32) -> Outcome {
    let mut done = 0;
    while done < times {
        let entry = kv.get(BUCKET, "count").await?;
        let (number, expect) = match &entry {
            Some(entry) => (
                std::str::from_utf8(&entry.value)?.parse::<u32>()?,
                Expect::Revision(entry.revision),
            ),
            None => (0, Expect::Absent),
        };
        match kv.put(BUCKET, "count", put(&(number + 1).to_string(), expect)).await {
            Ok(_) => done += 1,
            Err(PutError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Compare and set is enough to count with.
pub async fn counting_together_loses_nothing<H: Harness>() -> Outcome {
    let mut harness = H::open(topology::streams()).await?;
    let (here, there) = (harness.bus().kv, harness.other().await?.kv);
    let mut counters = JoinSet::new();
    for counter in 0..8 {
        counters.spawn(count(Arc::clone(if counter % 2 == 0 { &here } else { &there }), 10));
    }
    while let Some(ended) = counters.join_next().await {
        ended??;
    }
    assert_eq!(value(&here, "count").await?.as_deref(), Some("80"));
    Ok(())
}

/// What was put is there, what was deleted is not, and revisions go on rising.
pub async fn values_survive_a_crash<H: Harness>() -> Outcome {
    let mut harness = H::open(topology::streams()).await?;
    let kv = harness.bus().kv;
    kv.put(BUCKET, "gone", any("x")).await?;
    let before = kv.put(BUCKET, "kept", any("x")).await?;
    kv.delete(BUCKET, "gone").await?;
    drop(kv);
    harness.crash().await?;
    let kv = harness.bus().kv;
    assert_eq!(value(&kv, "kept").await?.as_deref(), Some("x"));
    assert_eq!(value(&kv, "gone").await?, None);
    assert!(kv.put(BUCKET, "kept", put("y", Expect::Revision(before))).await? > before);
    Ok(())
}

/// It is not read, not listed, and not in the way of `Absent`.
pub async fn a_value_past_its_time_is_gone<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let kv = harness.bus().kv;
    let ttl = Duration::from_millis(1_500);
    kv.put(BUCKET, "brief", for_a_while("x", ttl)).await?;
    kv.put(BUCKET, "long", for_a_while("x", SOON * 100)).await?;
    assert_eq!(value(&kv, "brief").await?.as_deref(), Some("x"));
    // Time passes by waiting for a log that does not change.
    harness.bus().log.changed(galley_bus_core::log::Seq::START, ttl + NEVER).await?;
    assert_eq!(value(&kv, "brief").await?, None);
    assert_eq!(kv.keys(BUCKET, "").await?, ["long"]);
    kv.put(BUCKET, "brief", put("y", Expect::Absent)).await?;
    Ok(())
}

/// A time is of the value, not of the key.
pub async fn a_put_without_a_time_stays<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let kv = harness.bus().kv;
    let ttl = Duration::from_millis(1_000);
    kv.put(BUCKET, "k", for_a_while("x", ttl)).await?;
    kv.put(BUCKET, "k", any("y")).await?;
    harness.bus().log.changed(galley_bus_core::log::Seq::START, ttl + NEVER).await?;
    assert_eq!(value(&kv, "k").await?.as_deref(), Some("y"));
    Ok(())
}

/// Of one bucket, with the prefix as text.
pub async fn keys_are_sorted_and_limited_to_their_prefix<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let kv = harness.bus().kv;
    for key in ["b/2", "a", "b/10", "b", "b/1", "c_x", "b.1"] {
        kv.put(BUCKET, key, any("x")).await?;
    }
    kv.put("goals", "b/3", any("x")).await?;
    kv.delete(BUCKET, "b/2").await?;
    assert_eq!(kv.keys(BUCKET, "b/").await?, ["b/1", "b/10"]);
    assert_eq!(kv.keys(BUCKET, "").await?, ["a", "b", "b.1", "b/1", "b/10", "c_x"]);
    assert!(kv.keys(BUCKET, "x").await?.is_empty());
    assert!(kv.keys(BUCKET, "%").await?.is_empty());
    Ok(())
}

/// Each fault of a key.
pub async fn what_is_no_key_is_refused_and_not_found<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let kv = harness.bus().kv;
    let longest = "k".repeat(KEY_BYTES_MAX);
    for bad in ["", "a b", "ä", "a*", "a>", "a\n", "a\0", "'; --", &format!("{longest}k")] {
        let refused = kv.put(BUCKET, bad, any("x")).await;
        assert!(matches!(refused, Err(PutError::InvalidKey { .. })), "{bad:?}: {refused:?}");
        assert_eq!(kv.get(BUCKET, bad).await?, None, "{bad:?}");
        kv.delete(BUCKET, bad).await?;
    }
    kv.put(BUCKET, &longest, any("x")).await?;
    assert_eq!(kv.keys(BUCKET, "").await?, [longest]);
    Ok(())
}

/// Up to the bound, and one byte more.
pub async fn a_value_may_be_large_but_not_too_large<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let kv = harness.bus().kv;
    let large = Bytes::from(vec![7; VALUE_BYTES_MAX]);
    kv.put(BUCKET, "k", Put::any(large.clone())).await?;
    assert_eq!(kv.get(BUCKET, "k").await?.map(|entry| entry.value), Some(large));
    let refused = kv.put(BUCKET, "k", Put::any(vec![7; VALUE_BYTES_MAX + 1])).await;
    assert!(
        matches!(refused, Err(PutError::TooLarge { bytes, .. }) if bytes == VALUE_BYTES_MAX + 1)
    );
    Ok(())
}

/// The next change, shortened to key and value.
async fn next(
    changes: &mut BoxStream<'static, Change>,
) -> Result<(String, Option<String>), BoxError> {
    let change = tokio::time::timeout(SOON, changes.next()).await?.ok_or("the stream ended")?;
    Ok(match change {
        Change::Put(entry) => (entry.key, Some(String::from_utf8_lossy(&entry.value).into_owned())),
        Change::Deleted { key } => (key, None),
    })
}

fn was_put(key: &str, value: &str) -> (String, Option<String>) {
    (key.to_owned(), Some(value.to_owned()))
}

fn was_deleted(key: &str) -> (String, Option<String>) {
    (key.to_owned(), None)
}

/// First what is there, then every change, of its prefix only.
pub async fn a_watch_gives_what_is_there_then_what_changes<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let kv = harness.bus().kv;
    kv.put(BUCKET, "w/1", any("a")).await?;
    kv.put(BUCKET, "w/gone", any("x")).await?;
    kv.delete(BUCKET, "w/gone").await?;
    kv.put(BUCKET, "other", any("x")).await?;
    let mut changes = kv.watch(BUCKET, "w/").await?;
    assert_eq!(next(&mut changes).await?, was_put("w/1", "a"));
    kv.put(BUCKET, "other", any("y")).await?;
    kv.put("goals", "w/1", any("z")).await?;
    for value in ["b", "c", "d"] {
        kv.put(BUCKET, "w/2", any(value)).await?;
        assert_eq!(next(&mut changes).await?, was_put("w/2", value));
    }
    kv.delete(BUCKET, "w/1").await?;
    assert_eq!(next(&mut changes).await?, was_deleted("w/1"));
    assert!(tokio::time::timeout(NEVER, changes.next()).await.is_err());
    Ok(())
}

/// Running out is a change.
pub async fn a_watch_sees_a_value_run_out<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let kv = harness.bus().kv;
    let mut changes = kv.watch(BUCKET, "").await?;
    kv.put(BUCKET, "k", for_a_while("x", Duration::from_millis(1_000))).await?;
    assert_eq!(next(&mut changes).await?, was_put("k", "x"));
    assert_eq!(next(&mut changes).await?, was_deleted("k"));
    Ok(())
}

/// Whichever process made it.
pub async fn a_watch_sees_changes_of_another_process<H: Harness>() -> Outcome {
    let mut harness = H::open(topology::streams()).await?;
    let (here, there) = (harness.bus().kv, harness.other().await?.kv);
    let mut changes = here.watch(BUCKET, "").await?;
    for value in ["a", "b"] {
        there.put(BUCKET, "k", any(value)).await?;
        assert_eq!(next(&mut changes).await?, was_put("k", value));
    }
    there.delete(BUCKET, "k").await?;
    assert_eq!(next(&mut changes).await?, was_deleted("k"));
    Ok(())
}
