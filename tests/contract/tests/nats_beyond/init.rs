//! Making a server ready: what would change is shown, then changed, and then nothing would change.

use galley_bus_core::topology;
use galley_bus_nats::{Change, Class, Config, Nats, Wanted};
use galley_tests_contract::nats_server::{NatsServer, WriteDisk};
use galley_tests_contract::{Outcome, pass_over};

use super::{config, init, kind, wanted};

#[tokio::test]
async fn what_would_change_is_shown_then_changed_then_nothing_would() -> Outcome {
    pass_over(show_and_change().await)
}

async fn show_and_change() -> Outcome {
    let server = NatsServer::start(WriteDisk::Always).await?;
    let nats = Nats::connect(&config(&server)).await?;
    let plan = nats.plan(&wanted()).await?;
    let text = plan.to_string();
    for line in [
        "+ stream GALLEY_LOG",
        "+ stream GALLEY_ALARM",
        "+ stream GALLEY_IN",
        "+ bucket journal_research",
        "+ bucket artifacts",
        "+ consumer GALLEY_IN.coordinators",
        "+ consumer GALLEY_TASK.agent_research",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    assert_eq!(nats.plan(&wanted()).await?, plan, "looking changes nothing");
    nats.apply(&plan).await?;
    let again = nats.plan(&wanted()).await?;
    assert!(again.is_empty(), "{again}");
    assert_eq!(again.unchanged, plan.steps.len());
    // Two at once, and one that was made meanwhile, are as well.
    nats.apply(&plan).await?;

    let mut other = wanted();
    let consumer =
        other.topology.consumers.iter_mut().find(|consumer| consumer.name == "agent_research");
    consumer.ok_or("one of each kind")?.in_flight_max = 17;
    let stream =
        other.topology.streams.iter_mut().find(|stream| stream.name == topology::STREAM_TASK);
    stream.ok_or("it carries tasks")?.messages_max = 5_000;
    let plan = nats.plan(&other).await?;
    assert_eq!(
        plan.to_string().lines().collect::<Vec<_>>(),
        [
            "~ stream GALLEY_TASK",
            "    max_msgs: 10000000 -> 5000",
            "~ consumer GALLEY_TASK.agent_research",
            "    max_ack_pending: 4096 -> 17",
            &format!("2 to make or change, {} as wanted", again.unchanged - 2),
        ]
    );
    nats.apply(&plan).await?;
    assert!(nats.plan(&other).await?.is_empty());
    // A kind more is a consumer and a bucket more.
    let kinds = [kind(), "seo".parse()?];
    let more = Wanted { topology: topology::Topology::of(&kinds), replicas: 1 };
    let steps = nats.plan(&more).await?.steps;
    let made = steps.iter().filter(|step| matches!(step.change, Change::Make { .. }));
    assert_eq!(
        made.map(|step| &step.name).collect::<Vec<_>>(),
        ["journal_seo", "GALLEY_TASK.agent_seo"]
    );
    Ok(())
}

#[tokio::test]
async fn what_is_not_there_is_said_with_what_to_do() -> Outcome {
    pass_over(say_what_to_do().await)
}

async fn say_what_to_do() -> Outcome {
    let server = NatsServer::start(WriteDisk::Always).await?;
    let bus = Nats::connect(&config(&server)).await?.bus();
    let tasks = topology::tasks(&kind());
    let wait = std::time::Duration::from_millis(10);
    let failures = [
        bus.queue.pull(&tasks, 1, wait).await.map(drop).map_err(|error| error.cause),
        bus.kv.get("agents", "k").await.map(drop).map_err(|error| error.cause),
        bus.kv.keys("agents", "").await.map(drop).map_err(|error| error.cause),
        bus.alarms.disarm("k").await.map_err(|error| error.cause),
    ];
    for failure in failures {
        let said = failure.expect_err("nothing is there").to_string();
        assert!(said.contains("galley bus init") || said.contains("not found"), "{said}");
    }
    init(&config(&server)).await?;
    assert!(bus.queue.pull(&tasks, 1, wait).await?.is_empty());
    assert_eq!(bus.kv.get("agents", "k").await?, None);
    Ok(())
}

#[tokio::test]
async fn a_stream_that_answers_before_it_writes_is_refused() -> Outcome {
    pass_over(refuse_late_writing().await)
}

async fn refuse_late_writing() -> Outcome {
    let server = NatsServer::start(WriteDisk::Always).await?;
    let config = Config { monitor: Some(server.monitor().to_owned()), ..config(&server) };
    let nats = Nats::connect(&config).await?;
    let mut plan = nats.plan(&wanted()).await?;
    let log = plan.steps.iter_mut().find(|step| step.name == topology::STREAM_LOG);
    if let Change::Make { config } = &mut log.ok_or("it is made first")?.change {
        config["persist_mode"] = "async".into();
    }
    nats.apply(&plan).await?;
    let plan = nats.plan(&wanted()).await?;
    assert!(
        plan.to_string().starts_with("! stream GALLEY_LOG: with `persist_mode: async`"),
        "{plan}"
    );
    let refused = nats.apply(&plan).await.expect_err("a person has to look at it").fault();
    assert_eq!(refused.code, "GLY0235");
    let nats = Nats::connect(&config).await?;
    assert_eq!(nats.durability().class, Class::Fast);
    let strict = Nats::connect(&Config { strict_durability: true, ..config }).await;
    assert_eq!(strict.expect_err("it answers too early").fault().code, "GLY0226");
    Ok(())
}
