//! The laws of [`galley_bus_core::log::GoalLog`].

use std::sync::Arc;

use galley_bus_core::log::{AppendError, Seq};
use galley_bus_core::message::PAYLOAD_BYTES_MAX;
use galley_bus_core::topology;
use tokio::task::JoinSet;

use crate::samples::{goal, record};
use crate::{Harness, NEVER, Outcome, SOON};

/// Laws 1 and 3.
pub async fn an_append_where_the_log_ends_is_kept<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let (log, goal) = (harness.bus().log, goal());
    assert!(log.read(&goal, Seq::START).await?.is_empty());
    let first = log.append(&goal, Seq::START, &record(goal, "a")).await?;
    let second = log.append(&goal, first, &record(goal, "b")).await?;
    assert!(Seq::START < first && first < second);
    let entries = log.read(&goal, Seq::START).await?;
    let seen: Vec<_> = entries.iter().map(|e| (e.seq, e.record.cause.as_str())).collect();
    assert_eq!(seen, [(first, "a"), (second, "b")]);
    let entries = log.read(&goal, first).await?;
    assert_eq!(entries.iter().map(|e| e.seq).collect::<Vec<_>>(), [second]);
    Ok(())
}

/// Law 1.
pub async fn an_append_elsewhere_is_a_conflict_and_stores_nothing<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let (log, goal) = (harness.bus().log, goal());
    let last = log.append(&goal, Seq::START, &record(goal, "a")).await?;
    let elsewhere = [Seq::START, Seq(last.0 + 1), Seq(u64::MAX)];
    for expected in elsewhere {
        let refused = log.append(&goal, expected, &record(goal, "b")).await;
        let Err(AppendError::Conflict { goal: of, expected: at }) = refused else {
            return Err(format!("expected a conflict, got {refused:?}").into());
        };
        assert_eq!((of, at), (goal, expected));
    }
    assert_eq!(log.read(&goal, Seq::START).await?.len(), 1);
    assert_eq!(log.tail(Seq::START, 10).await?.len(), 1);
    Ok(())
}

/// Law 2.
pub async fn of_many_appends_at_the_same_place_one_wins<H: Harness>() -> Outcome {
    let mut harness = H::open(topology::streams()).await?;
    let (here, there, goal) = (harness.bus().log, harness.other().await?.log, goal());
    let mut last = Seq::START;
    for round in 0..4 {
        let mut racers = JoinSet::new();
        for racer in 0..64 {
            let log = Arc::clone(if racer % 2 == 0 { &here } else { &there });
            let record = record(goal, &format!("{round}.{racer}"));
            racers.spawn(async move { log.append(&goal, last, &record).await });
        }
        let mut winners = Vec::new();
        while let Some(ended) = racers.join_next().await {
            match ended? {
                Ok(seq) => winners.push(seq),
                Err(AppendError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        assert_eq!(winners.len(), 1, "round {round}");
        last = winners.pop().unwrap_or(last);
        let entries = here.read(&goal, Seq::START).await?;
        assert_eq!(entries.last().map(|entry| entry.seq), Some(last));
        assert_eq!(entries.len(), round + 1);
    }
    Ok(())
}

/// Law 3.
pub async fn records_survive_a_crash<H: Harness>() -> Outcome {
    let mut harness = H::open(topology::streams()).await?;
    let goal = goal();
    let first = harness.bus().log.append(&goal, Seq::START, &record(goal, "a")).await?;
    harness.crash().await?;
    let log = harness.bus().log;
    assert_eq!(log.read(&goal, Seq::START).await?.len(), 1);
    assert!(log.append(&goal, Seq::START, &record(goal, "b")).await.is_err());
    let second = log.append(&goal, first, &record(goal, "b")).await?;
    assert!(second > first);
    Ok(())
}

/// Law 4.
pub async fn records_come_in_order_each_once<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let log = harness.bus().log;
    let mut writers = JoinSet::new();
    for _ in 0..8 {
        let log = Arc::clone(&log);
        writers.spawn(async move {
            let (goal, mut last) = (goal(), Seq::START);
            for step in 0..10 {
                last = log.append(&goal, last, &record(goal, &step.to_string())).await?;
            }
            Ok::<_, AppendError>(goal)
        });
    }
    while let Some(goal) = writers.join_next().await {
        let entries = log.read(&goal??, Seq::START).await?;
        let causes: Vec<_> = entries.iter().map(|e| e.record.cause.to_string()).collect();
        assert_eq!(causes, (0..10).map(|step| step.to_string()).collect::<Vec<_>>());
    }
    let mut all = Vec::new();
    loop {
        let after = all.last().copied().unwrap_or(Seq::START);
        let page = log.tail(after, 7).await?;
        assert!(page.len() <= 7);
        if page.is_empty() {
            break;
        }
        all.extend(page.iter().map(|entry| entry.seq));
    }
    assert_eq!(all.len(), 80);
    assert!(all.is_sorted_by(|a, b| a < b), "{all:?}");
    Ok(())
}

/// A record up to the bound is kept whole; beyond it, it is refused.
pub async fn a_record_may_be_large_but_not_too_large<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let (log, goal) = (harness.bus().log, goal());
    let large = record(goal, &"x".repeat(PAYLOAD_BYTES_MAX - 1_000));
    let last = log.append(&goal, Seq::START, &large).await?;
    let entries = log.read(&goal, Seq::START).await?;
    assert!(entries.iter().map(|entry| &entry.record).eq([&large]));
    let too_large = record(goal, &"x".repeat(PAYLOAD_BYTES_MAX + 1));
    let refused = log.append(&goal, last, &too_large).await;
    assert!(matches!(refused, Err(AppendError::TooLarge { max: PAYLOAD_BYTES_MAX, .. })));
    assert_eq!(log.read(&goal, Seq::START).await?.len(), 1);
    Ok(())
}

/// `changed` returns when something is appended after a place, and at once if it was before.
pub async fn a_wait_for_a_change_ends_with_an_append<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let (log, goal) = (harness.bus().log, goal());
    let first = record(goal, "a");
    let waiting = log.changed(Seq::START, SOON);
    let (end, seq) = tokio::join!(waiting, log.append(&goal, Seq::START, &first));
    let (end, seq) = (end?, seq?);
    assert_eq!(end, seq);
    assert_eq!(log.changed(Seq::START, SOON).await?, seq);
    Ok(())
}

/// `changed` sees appends of other processes too.
pub async fn a_wait_for_a_change_ends_with_an_append_of_another_process<H: Harness>() -> Outcome {
    let mut harness = H::open(topology::streams()).await?;
    let (here, there, goal) = (harness.bus().log, harness.other().await?.log, goal());
    let mut last = Seq::START;
    for cause in ["a", "b", "c"] {
        let record = record(goal, cause);
        let waiting = here.changed(last, SOON);
        let (end, seq) = tokio::join!(waiting, there.append(&goal, last, &record));
        last = seq?;
        assert_eq!(end?, last);
    }
    Ok(())
}

/// `changed` waits at most as long as asked, and says where the log ends.
pub async fn a_wait_for_a_change_ends_in_time<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let (log, goal) = (harness.bus().log, goal());
    assert_eq!(log.changed(Seq::START, NEVER).await?, Seq::START);
    let seq = log.append(&goal, Seq::START, &record(goal, "a")).await?;
    assert_eq!(log.changed(seq, NEVER).await?, seq);
    Ok(())
}

/// `purge` removes one goal's records up to and including a place.
pub async fn a_purge_takes_what_it_was_asked_to_and_no_more<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let (log, purged, other) = (harness.bus().log, goal(), goal());
    let first = log.append(&purged, Seq::START, &record(purged, "a")).await?;
    log.append(&other, Seq::START, &record(other, "x")).await?;
    let second = log.append(&purged, first, &record(purged, "b")).await?;
    let third = log.append(&purged, second, &record(purged, "c")).await?;
    log.purge(&purged, second).await?;
    let left = log.read(&purged, Seq::START).await?;
    assert_eq!(left.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [third]);
    assert_eq!(log.read(&other, Seq::START).await?.len(), 1);
    assert!(log.append(&purged, third, &record(purged, "d")).await? > third);
    Ok(())
}
