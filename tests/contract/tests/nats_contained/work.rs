//! Each role does its work in its own account, with the keys or the credentials that are written for it.

use std::path::Path;

use bytes::Bytes;
use futures::StreamExt as _;
use galley_bus_core::clock::{Chance as _, Clock as _, SystemChance, SystemClock};
use galley_bus_core::kv::Put;
use galley_bus_core::log::Seq;
use galley_bus_core::message::Message;
use galley_bus_core::{BoxError, Bus, topology};
use galley_bus_nats::{Accounts, Config, Form, Nats};
use galley_schemas::id::MessageId;
use galley_schemas::record::Record;
use galley_schemas::subject::{self, RELAY_KEY, bucket};
use galley_tests_contract::nats_server::{NatsServer, WriteDisk};
use galley_tests_contract::{Outcome, SOON, pass_over};

use super::{init, kinds};

#[tokio::test]
async fn each_role_works_in_its_account_by_a_key() -> Outcome {
    pass_over(work(Form::Nkeys, "").await)
}

#[tokio::test]
async fn each_role_works_in_its_account_by_a_jwt() -> Outcome {
    // With the second form of an acknowledgement too.
    pass_over(work(Form::Jwt, "feature_flags { js_ack_fc_v2: true }\n").await)
}

/// The server, and everybody's secrets in its folder.
async fn server(form: Form, settings: &str) -> Result<NatsServer, BoxError> {
    let files = Accounts::of(&kinds()).files(form, &Default::default(), SystemClock.now())?;
    let text = files.iter().find(|file| file.path == "accounts.conf").ok_or("it is told")?;
    let settings = format!("{settings}{}", text.text);
    let server = NatsServer::start_with(WriteDisk::Seldom, settings).await?;
    for file in &files {
        let path = server.folder().join(&file.path);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        std::fs::write(path, &file.text)?;
    }
    Ok(server)
}

/// How a role connects.
fn of(server: &NatsServer, form: Form, role: &str) -> Config {
    let inbox = match role {
        "coordinator" | "bootstrap" | "backup" => format!("_INBOX_{role}"),
        _ => "_INBOX".to_owned(),
    };
    let file = |path: String| Some(server.folder().join(path));
    let (nkey_file, credentials_file) = match form {
        Form::Nkeys => (file(format!("seeds/{role}.nk")), None),
        Form::Jwt => (None, file(format!("creds/{role}.creds"))),
    };
    let servers = vec![server.url().to_owned()];
    Config { servers, nkey_file, credentials_file, inbox_prefix: inbox, ..Config::default() }
}

async fn work(form: Form, settings: &str) -> Outcome {
    let server = server(form, settings).await?;
    init(&of(&server, form, "bootstrap")).await?;
    let bus = async |role| Ok::<_, BoxError>(Nats::connect(&of(&server, form, role)).await?);
    let (coordinator, agent) = (bus("coordinator").await?, bus("agent-research").await?);
    coordinate(&coordinator.bus()).await?;
    carry_out(&coordinator.bus(), &agent.bus()).await?;
    assert_eq!(coordinator.counts().errors, 0, "a coordinator was refused something");
    let (relay, learner) = (bus("relay").await?, bus("learner").await?);
    follow(&relay.bus(), &learner.bus()).await?;
    let person = bus("person").await?;
    look(&coordinator.bus(), &person.bus()).await?;
    for quiet in [&relay, &learner, &person] {
        assert_eq!(quiet.counts().errors, 0, "somebody was refused something");
    }
    let submitter = bus("submitter").await?.bus();
    let goal = Message::new(subject::IN_GOAL, MessageId::new("goal"), "a goal");
    submitter.queue.publish(goal).await?;
    let taken = coordinator.bus().queue.pull(&topology::inputs(), 1, SOON).await?;
    assert_eq!(taken.first().map(|it| it.message.id.as_str()), Some("goal"));
    // Looking at the log as it connected is all that an agent was refused.
    assert_eq!(agent.counts().errors, 1);
    Ok(())
}

/// What a coordinator does beside handing out tasks and taking reports.
async fn coordinate(bus: &Bus) -> Outcome {
    let goal = SystemChance.goal_id(SystemClock.now());
    let (at, cause) = (SystemClock.now(), MessageId::new("c"));
    let record = Record { goal, at, cause, events: Vec::new(), acts: Vec::new() };
    let seq = bus.log.append(&goal, Seq::START, &record).await?;
    assert_eq!(bus.log.read(&goal, Seq::START).await?.len(), 1);
    let fired = Message::new(subject::FIRED, MessageId::new("fired"), "x");
    bus.alarms.arm(&subject::alarm(&goal), SystemClock.now(), fired).await?;
    let mut inputs = bus.queue.pull(&topology::inputs(), 1, SOON).await?;
    inputs.pop().ok_or("the alarm goes off")?.loan.ack().await?;
    bus.queue.publish(Message::new(subject::REJECTED, MessageId::new("r"), "x")).await?;
    bus.kv.put(bucket::GOALS, "g", Put::any("x")).await?;
    bus.kv.get(bucket::FEEDBACK, RELAY_KEY).await?;
    bus.log.purge(&goal, seq).await?;
    bus.log.append(&goal, Seq::START, &record).await?;
    Ok(())
}

/// An agent's whole life with a task.
async fn carry_out(coordinator: &Bus, agent: &Bus) -> Outcome {
    let [research, _] = kinds();
    let kind = &research;
    for id in ["1", "2", "3"] {
        let task = Message::new(subject::task(kind), MessageId::new(id), "task");
        coordinator.queue.publish(task).await?;
    }
    let mut pulled = agent.queue.pull(&topology::tasks(kind), 3, SOON).await?;
    assert_eq!(pulled.len(), 3, "a pull takes many");
    assert!(pulled.iter().all(|it| it.message.subject == subject::task(kind)));
    let [first, second, third] = [pulled.pop(), pulled.pop(), pulled.pop()];
    third.ok_or("the third")?.loan.discard().await?;
    second.ok_or("the second")?.loan.retry_later(std::time::Duration::ZERO).await?;
    let task = first.ok_or("the first")?;
    task.loan.in_progress().await?;
    let again = agent.queue.pull(&topology::tasks(kind), 1, SOON).await?;
    again.first().ok_or("what was given back comes again")?.loan.ack().await?;

    let journal = bucket::journal(kind);
    agent.kv.put(&journal, "g/t/step", Put::any("done")).await?;
    assert_eq!(agent.kv.keys(&journal, "g/t/").await?, ["g/t/step"]);
    agent.kv.delete(&journal, "g/t/step").await?;
    agent.kv.put(bucket::AGENTS, kind.as_str(), Put::any("card")).await?;
    agent.kv.put(bucket::AGENTS, &format!("{kind}/i"), Put::any("sign")).await?;
    agent.kv.delete(bucket::AGENTS, &format!("{kind}/i")).await?;
    assert_eq!(coordinator.kv.keys(bucket::AGENTS, "").await?, [kind.as_str()]);
    let stored = agent.artifacts.put(Bytes::from(vec![7; 700_000]), "text/plain").await?;
    assert_eq!(coordinator.artifacts.get(&stored.sha256).await?.len(), 700_000);
    assert!(agent.kv.get(bucket::POLICY, "writer").await?.is_none());
    agent.queue.publish(Message::new(subject::REJECTED, MessageId::new("bad"), "x")).await?;

    let mut fences = agent.broadcast.listen(subject::EPOCH).await?;
    coordinator.broadcast.send(subject::EPOCH, Bytes::from_static(b"stop")).await?;
    let heard = tokio::time::timeout(SOON, fences.next()).await?;
    assert_eq!(heard.ok_or("it is heard")?.payload, "stop");
    coordinator.kv.put(bucket::EPOCHS, "all", Put::any("1")).await?;
    assert!(agent.kv.get(bucket::EPOCHS, "all").await?.is_some());

    let report = subject::report(kind);
    let nobody = agent.calls.call(&format!("{report}.gone"), Bytes::new(), SOON).await;
    assert!(nobody.is_err(), "who is not there is known at once");
    let mut calls = coordinator.calls.serve(&report).await?;
    let asked = agent.calls.call(&report, Bytes::from_static(b"result"), SOON);
    let answer = async { calls.next().await.map(|call| call.reply.send("accepted".into())) };
    assert_eq!(tokio::join!(asked, answer).0?, "accepted");
    task.loan.ack().await?;
    assert_eq!(agent.queue.depth(&topology::tasks(kind)).await?.in_flight, 0);
    Ok(())
}

/// What a relay and a learner do.
async fn follow(relay: &Bus, learner: &Bus) -> Outcome {
    for reader in [relay, learner] {
        let end = reader.log.changed(Seq::START, SOON).await?;
        assert_eq!(reader.log.tail(Seq::START, 8).await?.last().map(|last| last.seq), Some(end));
    }
    relay.kv.put(bucket::FEEDBACK, RELAY_KEY, Put::any("1")).await?;
    learner.kv.put(bucket::FEEDBACK, &subject::learned_key("log", 0), Put::any("1")).await?;
    learner.kv.put(bucket::FEEDBACK, &subject::ruling_key("writer"), Put::any("1")).await?;
    learner.kv.put(bucket::POLICY, "writer", Put::any("1")).await?;
    assert_eq!(learner.kv.keys(bucket::FEEDBACK, "learned/").await?.len(), 1);
    Ok(())
}

/// What a person does.
async fn look(coordinator: &Bus, person: &Bus) -> Outcome {
    let mut changes = person.kv.watch(bucket::GOALS, "").await?;
    coordinator.kv.put(bucket::GOALS, "other", Put::any("x")).await?;
    for _ in 0..2 {
        tokio::time::timeout(SOON, changes.next()).await?.ok_or("both are told of")?;
    }
    let goal = SystemChance.goal_id(SystemClock.now());
    let mut doing = person.broadcast.listen(&subject::progress(&goal)).await?;
    coordinator.broadcast.send(&subject::progress(&goal), Bytes::from_static(b"at work")).await?;
    tokio::time::timeout(SOON, doing.next()).await?.ok_or("it is heard")?;
    let refused = person.queue.pull(&topology::rejected(topology::DOCTOR), 8, SOON).await?;
    assert_eq!(refused.len(), 2, "of a coordinator and of an agent");
    refused.first().ok_or("one of both")?.loan.retry_later(std::time::Duration::ZERO).await?;
    for on in [subject::IN_CONTROL, subject::IN_ANSWER, subject::IN_FEEDBACK] {
        let message = Message::new(on, MessageId::new(format!("{on}-1")), "x");
        person.queue.publish(message).await?;
    }
    assert_eq!(person.queue.depth(&topology::inputs()).await?.pending, 3);
    for input in coordinator.queue.pull(&topology::inputs(), 3, SOON).await? {
        input.loan.ack().await?;
    }
    assert!(!person.log.tail(Seq::START, 8).await?.is_empty());
    assert_eq!(person.kv.keys(bucket::AGENTS, "").await?.len(), 1);
    Ok(())
}
