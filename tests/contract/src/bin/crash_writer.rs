//! Writes to a file through every port until it is killed, and says on standard output what was
//! acknowledged: a line each, flushed, after the port returned. For `tests/crash.rs`.
//!
//! ```text
//!   crash_writer FILE ROUND
//!     appended GOAL SEQ CAUSE      published ID      settling ID      settled ID
//!     put KEY NUMBER               stored SHA256     armed ID
//! ```

use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use galley_bus_core::clock::{Chance as _, Clock as _, SystemChance, SystemClock};
use galley_bus_core::kv::Put;
use galley_bus_core::log::Seq;
use galley_bus_core::message::Message;
use galley_bus_core::{BoxError, Bus};
use galley_bus_embedded::Embedded;
use galley_schemas::id::MessageId;
use galley_schemas::record::Record;
use galley_tests_contract::crash;
use tokio::task::JoinSet;

type Outcome = Result<(), BoxError>;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Outcome {
    let mut args = std::env::args().skip(1);
    let (Some(file), Some(round)) = (args.next(), args.next()) else {
        return Err("usage: crash_writer FILE ROUND".into());
    };
    let embedded = Embedded::open(file, Arc::new(SystemClock)).await?;
    let mut workers = JoinSet::new();
    for worker in 0..2 {
        workers.spawn(append(embedded.bus(), format!("{round}.{worker}")));
        workers.spawn(publish(embedded.bus(), format!("{round}.{worker}")));
    }
    workers.spawn(settle(embedded.bus()));
    workers.spawn(put(embedded.bus(), round.parse()?));
    workers.spawn(store(embedded.bus(), round.clone()));
    workers.spawn(arm(embedded.bus(), round));
    // They go on until the process is killed; one that ends has failed.
    match workers.join_next().await {
        Some(ended) => ended?,
        None => Ok(()),
    }
}

fn say(line: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    // One write, so that no line is seen in part unless the process ends in the middle of it.
    out.write_all(format!("{line}\n").as_bytes())?;
    out.flush()
}

async fn append(bus: Bus, name: String) -> Outcome {
    let goal = SystemChance.goal_id(SystemClock.now());
    let mut last = Seq::START;
    for number in 0_u64.. {
        let cause = format!("{name}.{number}");
        let record = Record {
            goal,
            at: SystemClock.now(),
            cause: MessageId::new(&cause),
            events: Vec::new(),
            acts: Vec::new(),
        };
        last = bus.log.append(&goal, last, &record).await?;
        say(&format!("appended {goal} {last} {cause}"))?;
    }
    Ok(())
}

async fn publish(bus: Bus, name: String) -> Outcome {
    for number in 0_u64.. {
        let id = format!("{name}.{number}");
        let subject = crash::consumer("a").filter;
        bus.queue.publish(Message::new(subject, MessageId::new(&id), id.clone())).await?;
        say(&format!("published {id}"))?;
    }
    Ok(())
}

async fn settle(bus: Bus) -> Outcome {
    loop {
        let deliveries = bus.queue.pull(&crash::consumer("a"), 4, Duration::from_secs(1)).await?;
        for (number, delivery) in deliveries.into_iter().enumerate() {
            let id = delivery.message.id;
            // One in four is left on loan, for whoever comes after the crash.
            if number < 3 {
                say(&format!("settling {id}"))?;
                delivery.loan.ack().await?;
                say(&format!("settled {id}"))?;
            }
        }
    }
}

async fn put(bus: Bus, round: u64) -> Outcome {
    for number in round * 1_000_000.. {
        let key = format!("k{}", number % 5);
        bus.kv.put(crash::BUCKET, &key, Put::any(number.to_string())).await?;
        say(&format!("put {key} {number}"))?;
    }
    Ok(())
}

async fn store(bus: Bus, round: String) -> Outcome {
    for number in 0_usize.. {
        let body = format!("{round}.{number} ").repeat(50 + number * 37 % 2_000);
        let stored = bus.artifacts.put(Bytes::from(body), "text/plain").await?;
        say(&format!("stored {}", stored.sha256))?;
    }
    Ok(())
}

async fn arm(bus: Bus, round: String) -> Outcome {
    for number in 0_u64.. {
        let id = format!("{round}.{number}");
        let at = SystemClock.now() + Duration::from_millis(number % 3 * 10);
        let subject = crash::consumer("b").filter;
        let message = Message::new(subject, MessageId::new(&id), id.clone());
        bus.alarms.arm(&id, at, message).await?;
        say(&format!("armed {id}"))?;
    }
    Ok(())
}
