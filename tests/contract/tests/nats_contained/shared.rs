//! What several kinds write to: nothing of another's changes without being noticed.

use bytes::Bytes;
use galley_bus_core::artifacts::FetchError;
use galley_bus_core::kv::Put;
use galley_bus_core::topology;
use galley_bus_nats::Nats;
use galley_schemas::artifact::Digest;
use galley_schemas::subject::bucket;
use galley_tests_contract::wire::{Say, Wire};
use galley_tests_contract::{Outcome, SOON, pass_over};

use super::{config, contained, init};

#[tokio::test]
async fn an_artifact_that_was_tampered_with_is_not_handed_out_and_is_mended() -> Outcome {
    pass_over(tamper().await)
}

async fn tamper() -> Outcome {
    let server = contained("").await?;
    init(&config(&server, "bootstrap", "_INBOX_bootstrap")?).await?;
    let agent = Nats::connect(&config(&server, "agent-publishing", "_INBOX")?).await?;
    let coordinator = config(&server, "coordinator", "_INBOX_coordinator")?;
    let coordinator = Nats::connect(&coordinator).await?;
    let (artifacts, elsewhere) = (agent.bus().artifacts, coordinator.bus().artifacts);
    let mut attacker = Wire::connect(server.url(), "agent-research").await?;
    let bytes = Bytes::from_static(b"what was proven");
    let sha256 = artifacts.put(bytes.clone(), "text/plain").await?.sha256;

    // Other bytes under its hash.
    let piece = format!("$KV.artifacts.{sha256}.0");
    let write = |body| Say { on: &piece, body, ..Say::default() };
    attacker.ask(write("what was forged")).await?;
    let got = elsewhere.get(&sha256).await;
    assert!(matches!(got, Err(FetchError::Damaged { .. })), "{got:?}");
    artifacts.put(bytes.clone(), "text/plain").await?;
    assert_eq!(elsewhere.get(&sha256).await?, bytes, "storing it again mends it");

    // A mark of a deletion in its place.
    let headers: &[(&str, &str)] = &[("KV-Operation", "DEL")];
    attacker.ask(Say { headers, ..write("") }).await?;
    assert!(elsewhere.get(&sha256).await.is_err());
    artifacts.put(bytes.clone(), "text/plain").await?;
    assert_eq!(elsewhere.get(&sha256).await?, bytes);

    // What is not there yet, said to be there: whoever stores it is not told that it is.
    let later = Bytes::from_static(b"what is proven tomorrow");
    let of_later = Digest::of(&later);
    let whole = format!("$KV.artifacts.{of_later}");
    let body = format!(r#"{{"bytes":{},"pieces":1}}"#, later.len());
    attacker.ask(Say { on: &whole, body: &body, ..Say::default() }).await?;
    artifacts.put(later.clone(), "text/plain").await?;
    assert_eq!(elsewhere.get(&of_later).await?, later);

    // A rollup, which would empty the bucket, is taken from nobody.
    let headers: &[(&str, &str)] = &[("Nats-Rollup", "all")];
    let refused = attacker.ask(Say { headers, ..write("x") }).await?;
    assert!(String::from_utf8_lossy(&refused.body).contains("error"), "{refused:?}");
    assert_eq!(elsewhere.get(&sha256).await?, bytes);

    // Whoever does not know a hash finds nothing: the bucket cannot be listed.
    let list = "$JS.API.DIRECT.GET.KV_artifacts";
    attacker
        .say(Say { on: list, reply: "_INBOX.x", body: r#"{"seq":1}"#, ..Say::default() })
        .await?;
    let refused = attacker.settle().await?;
    assert!(refused.iter().any(|why| why.contains("KV_artifacts")), "{refused:?}");
    Ok(())
}

/// The server says of each message where it stands, in headers beside those of whoever published it.
#[tokio::test]
async fn what_a_publisher_says_of_its_message_is_not_taken_for_the_servers_word() -> Outcome {
    pass_over(pretend().await)
}

async fn pretend() -> Outcome {
    let server = contained("").await?;
    init(&config(&server, "bootstrap", "_INBOX_bootstrap")?).await?;
    let coordinator = config(&server, "coordinator", "_INBOX_coordinator")?;
    let coordinator = Nats::connect(&coordinator).await?.bus();
    let agent = Nats::connect(&config(&server, "agent-publishing", "_INBOX")?).await?.bus();
    let mut attacker = Wire::connect(server.url(), "agent-research").await?;

    // A card that says that it is another's, and one that says that nothing follows.
    let other: &[(&str, &str)] =
        &[("Nats-Subject", "$KV.agents.publishing"), ("Nats-Sequence", "999")];
    let on = "$KV.agents.research";
    attacker.ask(Say { on, headers: other, body: "forged", ..Say::default() }).await?;
    let end = Say { on: "$KV.agents.research.i", status: "204 EOB", body: "x", ..Say::default() };
    attacker.ask(end).await?;
    agent.kv.put(bucket::AGENTS, "publishing", Put::any("a card")).await?;
    let cards = coordinator.kv.keys(bucket::AGENTS, "").await?;
    assert_eq!(cards, ["publishing", "research", "research/i"]);
    let card = coordinator.kv.get(bucket::AGENTS, "publishing").await?;
    assert_eq!(card.ok_or("it was put there")?.value, "a card");

    // A goal that says that there is none: it is delivered, and does not come for ever.
    let mut submitter = Wire::connect(server.url(), "submitter").await?;
    let goal = Say { on: "galley.in.goal", status: "409 Gone", body: "a goal", ..Say::default() };
    submitter.ask(goal).await?;
    let pulled = coordinator.queue.pull(&topology::inputs(), 1, SOON).await?;
    let goal = pulled.first().ok_or("it is delivered")?;
    assert_eq!(goal.message.payload, "a goal");
    goal.loan.ack().await?;
    Ok(())
}
