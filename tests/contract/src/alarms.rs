//! The laws of [`galley_bus_core::alarms::Alarms`]. What recurs does so by the minute; an adapter whose
//! clock can be moved tests that for itself.

use std::time::Duration;

use chrono::{DateTime, Utc};
use galley_bus_core::alarms::{RecurError, Recurrence};
use galley_bus_core::message::PAYLOAD_BYTES_MAX;
use galley_bus_core::queue::Delivery;
use galley_bus_core::{BoxError, Bus, topology};

use crate::samples::{consumer, message, now};
use crate::{Harness, NEVER, Outcome, SOON};

fn after(millis: u64) -> DateTime<Utc> {
    now() + Duration::from_millis(millis)
}

/// What went off within a time, settled.
async fn gone_off(bus: &Bus, wait: Duration) -> Result<Vec<Delivery>, BoxError> {
    let deliveries = bus.queue.pull(&consumer("a"), 10, wait).await?;
    for delivery in &deliveries {
        delivery.loan.ack().await?;
    }
    Ok(deliveries)
}

fn ids(deliveries: &[Delivery]) -> Vec<&str> {
    deliveries.iter().map(|delivery| delivery.message.id.as_str()).collect()
}

/// Law 1: not before, and soon after.
pub async fn an_alarm_goes_off_at_its_time<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let bus = harness.bus();
    let at = after(300);
    let mut sent = message("a", "1");
    sent.headers.insert("traceparent".to_owned(), "00-1-2-01".to_owned());
    bus.alarms.arm("goal", at, sent.clone()).await?;
    let seen = gone_off(&bus, SOON).await?;
    assert!(now() >= at);
    assert_eq!(seen.into_iter().map(|delivery| delivery.message).collect::<Vec<_>>(), [sent]);
    Ok(())
}

/// Law 1: a time that is past is now.
pub async fn an_alarm_past_due_goes_off_at_once<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let bus = harness.bus();
    bus.alarms.arm("goal", now() - Duration::from_secs(3_600), message("a", "1")).await?;
    assert_eq!(ids(&gone_off(&bus, SOON).await?), ["1"]);
    Ok(())
}

/// Law 1: once, though every process looks after it.
pub async fn an_alarm_goes_off_once_however_many_look<H: Harness>() -> Outcome {
    let mut harness = H::open(topology::streams()).await?;
    let (bus, other) = (harness.bus(), harness.other().await?);
    for round in 0..5_u64 {
        let alarms = if round % 2 == 0 { &bus.alarms } else { &other.alarms };
        let (key, id) = (format!("goal{round}"), round.to_string());
        alarms.arm(&key, after(round * 30), message("a", &id)).await?;
    }
    let mut seen = Vec::new();
    while seen.len() < 5 {
        let deliveries = gone_off(&bus, SOON).await?;
        assert!(!deliveries.is_empty(), "only {seen:?} went off");
        seen.extend(ids(&deliveries).iter().map(ToString::to_string));
    }
    assert!(gone_off(&other, NEVER).await?.is_empty());
    seen.sort();
    assert_eq!(seen, ["0", "1", "2", "3", "4"]);
    Ok(())
}

/// Law 2: earlier or later.
pub async fn an_alarm_takes_the_place_of_the_one_before<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let bus = harness.bus();
    bus.alarms.arm("earlier", after(3_600_000), message("a", "late")).await?;
    bus.alarms.arm("earlier", after(50), message("a", "early")).await?;
    assert_eq!(ids(&gone_off(&bus, SOON).await?), ["early"]);
    bus.alarms.arm("later", after(100), message("a", "early2")).await?;
    bus.alarms.arm("later", after(3_600_000), message("a", "late2")).await?;
    assert!(gone_off(&bus, NEVER * 2).await?.is_empty());
    Ok(())
}

/// Law 2: and without effect on one that has gone off, or that is not there.
pub async fn a_disarmed_alarm_does_not_go_off<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let bus = harness.bus();
    bus.alarms.arm("goal", after(100), message("a", "1")).await?;
    bus.alarms.arm("other", after(100), message("a", "2")).await?;
    bus.alarms.disarm("goal").await?;
    bus.alarms.disarm("not there").await?;
    assert_eq!(ids(&gone_off(&bus, SOON).await?), ["2"]);
    bus.alarms.disarm("other").await?;
    assert!(gone_off(&bus, NEVER * 2).await?.is_empty());
    Ok(())
}

/// Law 1: also when the bus was down at that time.
pub async fn an_alarm_goes_off_after_a_crash<H: Harness>() -> Outcome {
    let mut harness = H::open(topology::streams()).await?;
    harness.bus().alarms.arm("soon", after(400), message("a", "soon")).await?;
    harness.bus().alarms.arm("far", after(3_600_000), message("a", "far")).await?;
    harness.crash().await?;
    assert_eq!(ids(&gone_off(&harness.bus(), SOON).await?), ["soon"]);
    Ok(())
}

/// Law 4.
pub async fn an_alarm_that_no_queue_would_take_is_refused<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let bus = harness.bus();
    let mut nowhere = message("a", "1");
    nowhere.subject = "galley.nowhere".to_owned();
    let mut too_large = message("a", "2");
    too_large.payload = vec![7; PAYLOAD_BYTES_MAX + 1].into();
    for bad in [nowhere, too_large] {
        assert!(bus.alarms.arm("goal", now(), bad.clone()).await.is_err());
        let daily = Recurrence { cron: "0 7 * * *".to_owned(), time_zone: "UTC".to_owned() };
        assert!(bus.alarms.recur("goal", daily, bad).await.is_err());
    }
    Ok(())
}

/// Each with what cannot be read.
pub async fn a_recurrence_that_cannot_be_read_is_refused<H: Harness>() -> Outcome {
    let harness = H::open(topology::streams()).await?;
    let alarms = harness.bus().alarms;
    let recurrence = |cron: &str, time_zone: &str| Recurrence {
        cron: cron.to_owned(),
        time_zone: time_zone.to_owned(),
    };
    for (cron, time_zone) in [("", "UTC"), ("every day", "UTC"), ("0 7 * * *", "Mars/Olympus")] {
        let refused = alarms.recur("key", recurrence(cron, time_zone), message("a", "1")).await;
        let Err(RecurError::Invalid { cron: of, .. }) = refused else {
            return Err(format!("'{cron}' in '{time_zone}': {refused:?}").into());
        };
        assert_eq!(of, cron);
    }
    alarms.recur("key", recurrence("0 7 * * *", "Europe/Berlin"), message("a", "1")).await?;
    alarms.forget("key").await?;
    alarms.forget("key").await?;
    Ok(())
}
