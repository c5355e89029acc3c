//! An agent's user may do what an agent does, and nothing else: no consumer, stream or bucket is made at
//! run time.

use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use galley_bus_core::kv::Put;
use galley_bus_core::message::Message;
use galley_bus_core::topology;
use galley_bus_nats::{Config, Nats};
use galley_schemas::id::MessageId;
use galley_schemas::subject;
use galley_tests_contract::nats_server::{NatsServer, WriteDisk};
use galley_tests_contract::{Outcome, SOON, pass_over};

use super::{config, init, kind};

/// What an agent of the kind `research` may publish and subscribe to.
const RIGHTS: &str = r#"
  publish: [
    "$JS.API.STREAM.INFO.GALLEY_TASK",
    "$JS.API.CONSUMER.MSG.NEXT.GALLEY_TASK.agent_research",
    "$JS.API.CONSUMER.INFO.GALLEY_TASK.agent_research",
    "$JS.ACK.GALLEY_TASK.agent_research.>", "$JS.ACK.*.*.GALLEY_TASK.agent_research.>",
    "galley.report.research", "galley.report.research.*", "galley.progress.*",
    "$KV.journal_research.>", "$JS.API.DIRECT.GET.KV_journal_research", "$JS.API.DIRECT.GET.KV_journal_research.>",
    "$KV.agents.>", "$JS.API.DIRECT.GET.KV_agents.>",
    "$KV.artifacts.>", "$JS.API.DIRECT.GET.KV_artifacts.>",
    "$JS.API.DIRECT.GET.KV_epochs", "$JS.API.DIRECT.GET.KV_epochs.>",
    "_INBOX_research.>"
  ]
  subscribe: ["_INBOX_research.>", "galley.epoch", "galley.stored.$KV.epochs.>"]
"#;

#[tokio::test]
async fn an_agent_needs_no_right_to_make_anything() -> Outcome {
    pass_over(work_with_few_rights().await)
}

async fn work_with_few_rights() -> Outcome {
    let users = format!(
        "authorization {{ users: [{{ user: admin, password: x }}, \
         {{ user: research, password: x, permissions: {{ {RIGHTS} }} }}] }}"
    );
    let server = NatsServer::start_with(WriteDisk::Always, users).await?;
    let password = server.folder().join("password");
    std::fs::write(&password, "x")?;
    let user = |name: &str| Config {
        user: Some(name.to_owned()),
        password_file: Some(password.clone()),
        ..config(&server)
    };
    let coordinator = init(&user("admin")).await?.bus();
    let restricted = Config {
        inbox_prefix: "_INBOX_research".to_owned(),
        request_timeout_secs: 1,
        ..user("research")
    };
    let nats = Nats::connect(&restricted).await?;
    let agent = nats.bus();

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

    assert!(agent.queue.publish(task()).await.is_err(), "it hands out no tasks");
    assert!(agent.kv.put(subject::bucket::EPOCHS, "all", Put::any("0")).await.is_err());
    assert!(agent.kv.get("journal_seo", "g/t/step").await.is_err());
    let inputs = agent.queue.pull(&topology::inputs(), 1, Duration::from_millis(10)).await;
    assert!(inputs.is_err(), "it takes no inputs");
    assert!(nats.counts().errors > 1);
    Ok(())
}
