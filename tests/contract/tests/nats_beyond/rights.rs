//! Each kind of process works with the rights that are written down for it, and can do nothing else: no
//! consumer, stream or bucket is made at run time.

use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use galley_bus_core::clock::{Chance as _, Clock as _, SystemChance, SystemClock};
use galley_bus_core::kv::Put;
use galley_bus_core::log::Seq;
use galley_bus_core::message::Message;
use galley_bus_core::queue::Depth;
use galley_bus_core::{Bus, topology};
use galley_bus_nats::{Config, Nats, Rights};
use galley_schemas::id::MessageId;
use galley_schemas::record::Record;
use galley_schemas::subject;
use galley_tests_contract::nats_server::{NatsServer, WriteDisk};
use galley_tests_contract::{Outcome, SOON, pass_over};

use super::{config, init, kind};

const INBOX: &str = "_INBOX_research";

/// What a coordinator does beside handing out tasks and taking reports.
async fn coordinate(bus: &Bus) -> Outcome {
    let goal = SystemChance.goal_id(SystemClock.now());
    let (at, cause) = (SystemClock.now(), MessageId::new("c"));
    let record = Record { goal, at, cause, events: Vec::new(), acts: Vec::new() };
    let seq = bus.log.append(&goal, Seq::START, &record).await?;
    assert_eq!(bus.log.read(&goal, Seq::START).await?.len(), 1);
    bus.log.purge(&goal, seq).await?;
    let fired = Message::new(subject::FIRED, MessageId::new("fired"), "x");
    bus.alarms.arm(&subject::alarm(&goal), SystemClock.now(), fired).await?;
    let mut inputs = bus.queue.pull(&topology::inputs(), 1, SOON).await?;
    let input = inputs.pop().ok_or("the alarm goes off")?;
    assert_eq!(input.message.id.as_str(), "fired");
    input.loan.ack().await?;
    bus.queue.publish(Message::new(subject::REJECTED, MessageId::new("r"), "x")).await?;
    assert_eq!(bus.queue.depth(&topology::inputs()).await?, Depth::default());
    bus.kv.put(subject::bucket::GOALS, "g", Put::any("x")).await?;
    assert_eq!(bus.kv.keys(subject::bucket::GOALS, "").await?, ["g"]);
    bus.broadcast.send(subject::EPOCH, Bytes::new()).await?;
    Ok(())
}

/// Servers from 2.14 on know two forms of the subjects that deliveries are acknowledged on.
const SECOND_FORM: &str = "feature_flags { js_ack_fc_v2: true }\n";

#[tokio::test]
async fn each_process_works_with_its_rights_and_makes_nothing() -> Outcome {
    pass_over(work_with_few_rights("").await)
}

#[tokio::test]
async fn the_rights_hold_for_both_forms_of_an_acknowledgement() -> Outcome {
    pass_over(work_with_few_rights(SECOND_FORM).await)
}

async fn work_with_few_rights(settings: &str) -> Outcome {
    let (agent, coordinator) = (Rights::agent(&kind(), INBOX), Rights::coordinator("_INBOX_c"));
    let users = format!(
        "{settings}authorization {{ users: [{{ user: admin, password: x }}\n\
         {{ user: research, password: x, permissions: {agent} }}\n\
         {{ user: coordinator, password: x, permissions: {coordinator} }}\n] }}"
    );
    let server = NatsServer::start_with(WriteDisk::Always, users).await?;
    let password = server.folder().join("password");
    std::fs::write(&password, "x")?;
    let user = |name: &str| Config {
        user: Some(name.to_owned()),
        password_file: Some(password.clone()),
        ..config(&server)
    };
    init(&user("admin")).await?;
    let restricted = |name: &str, inbox: &str| Config {
        inbox_prefix: inbox.to_owned(),
        request_timeout_secs: 1,
        ..user(name)
    };
    let nats = Nats::connect(&restricted("research", INBOX)).await?;
    let agent = nats.bus();
    let coordinating = Nats::connect(&restricted("coordinator", "_INBOX_c")).await?;
    let coordinator = coordinating.bus();
    coordinate(&coordinator).await?;
    assert_eq!(coordinating.counts().errors, 0, "a coordinator was refused something");

    let task = || Message::new(subject::task(&kind()), MessageId::new("1"), "task");
    coordinator.queue.publish(task()).await?;
    let mut pulled = agent.queue.pull(&topology::tasks(&kind()), 1, SOON).await?;
    let delivery = pulled.pop().ok_or("a task was published")?;
    delivery.loan.in_progress().await?;
    let journal = subject::bucket::journal(&kind());
    agent.kv.put(&journal, "g/t/step", Put::any("done")).await?;
    assert_eq!(agent.kv.keys(&journal, "g/t/").await?, ["g/t/step"]);
    let stored = agent.artifacts.put(Bytes::from(vec![7; 700_000]), "text/plain").await?;
    assert_eq!(coordinator.artifacts.get(&stored.sha256).await?.len(), 700_000);
    let mut calls = coordinator.calls.serve(&subject::report(&kind())).await?;
    let report = subject::report(&kind());
    let asked = agent.calls.call(&report, Bytes::from_static(b"result"), SOON);
    let answer = async { calls.next().await.map(|call| call.reply.send("accepted".into())) };
    assert_eq!(tokio::join!(asked, answer).0?, "accepted");
    delivery.loan.ack().await?;
    let mut fences = agent.kv.watch(subject::bucket::EPOCHS, "").await?;
    coordinator.kv.put(subject::bucket::EPOCHS, "all", Put::any("1")).await?;
    assert!(tokio::time::timeout(SOON, fences.next()).await?.is_some());
    assert_eq!(nats.counts().errors, 1, "only looking at the log, when it connected, was refused");

    // What is refused is not answered: so all of it is asked at once.
    let (tasks, inputs) = (task(), topology::inputs());
    let refused = tokio::join!(
        agent.queue.publish(tasks),
        agent.kv.put(subject::bucket::EPOCHS, "all", Put::any("0")),
        agent.kv.get("journal_seo", "g/t/step"),
        agent.queue.pull(&inputs, 1, Duration::from_millis(10)),
    );
    assert!(refused.0.is_err(), "it hands out no tasks");
    assert!(refused.1.is_err(), "it raises no fence");
    assert!(refused.2.is_err(), "it reads no other kind's journal");
    assert!(refused.3.is_err(), "it takes no inputs");
    assert!(nats.counts().errors > 1);
    Ok(())
}
