//! A recurring message that was missed while the server was down is made up, once.

use chrono::{DateTime, Timelike as _, Utc};
use galley_bus_core::alarms::Recurrence;
use galley_bus_core::clock::{Clock as _, SystemClock};
use galley_bus_core::message::Message;
use galley_bus_nats::{Config, Missing};
use galley_schemas::id::MessageId;
use galley_tests_contract::crash::consumer;
use galley_tests_contract::nats_server::{NatsServer, WriteDisk};
use galley_tests_contract::{NEVER, Outcome, SOON, pass_over};
use galley_tests_support::wait::until;

use super::{config, init};

/// Waits until the next minute has begun. In two steps, so that none lasts a whole minute.
fn next_minute(now: impl Fn() -> DateTime<Utc>) {
    let begun = now().minute();
    until("the minute's second half", || {
        (now().second() >= 30 || now().minute() != begun).then_some(())
    });
    until("the next minute", || (now().minute() != begun).then_some(()));
}

#[tokio::test]
async fn what_was_missed_over_a_crash_is_made_up_once() -> Outcome {
    pass_over(miss().await)
}

async fn miss() -> Outcome {
    let mut server = NatsServer::start(WriteDisk::Always).await?;
    let config = Config { missing: Missing::Create, ..config(&server) };
    let every_minute =
        || Recurrence { cron: "* * * * *".to_owned(), time_zone: "Europe/Berlin".to_owned() };
    let message = || Message::new(consumer("a").filter, MessageId::new("news"), "x");
    let there = init(&config).await?;
    there.bus().alarms.recur("news", every_minute(), message()).await?;
    server.kill()?;
    drop(there);
    next_minute(|| SystemClock.now());
    // Beyond what the server may be late.
    until("some seconds more", || (SystemClock.now().second() >= 6).then_some(()));
    server.start_again().await?;
    let (one, two) = (init(&config).await?.bus(), init(&config).await?.bus());
    for bus in [&one, &two] {
        bus.alarms.recur("news", every_minute(), message()).await?;
    }
    let made_up = one.queue.pull(&consumer("a"), 10, SOON).await?;
    let next = SystemClock.now().timestamp_millis() / 60_000 * 60_000 + 60_000;
    let seen: Vec<_> = made_up.iter().map(|delivery| delivery.message.id.as_str()).collect();
    assert_eq!(seen, [format!("news@{next}")]);
    assert!(one.queue.pull(&consumer("a"), 10, NEVER).await?.is_empty());
    Ok(())
}
