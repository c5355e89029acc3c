//! The attacks, as data, each made with the rights of an agent of the kind `research`.
//!
//! What they have in common: the server answers on whatever subject the asker names. In one account that
//! subject may be anybody's. Each is made three times: in one account, where most succeed and so show
//! that they are attacks; in the accounts of `galley bus accounts`; and there by a user that has no
//! permissions at all, to see what the account holds by itself.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use galley_bus_core::kv::Put;
use galley_bus_core::message::Message;
use galley_bus_core::{BoxError, Bus, topology};
use galley_schemas::id::MessageId;
use galley_schemas::subject::{self, bucket};
use galley_tests_contract::nats_server::NatsServer;
use galley_tests_contract::wire::{Say, Wire};
use galley_tests_contract::{Outcome, SOON, pass_over};
use serde_json::{Value, json};

use super::{config, contained, in_one_account, init, kinds};

/// What an attacker asks, and where it wants the answer.
struct Attack {
    /// What it is after.
    what: &'static str,
    /// The stream that is not the attacker's to write to, and would be written to.
    stream: &'static str,
    say: Say<'static>,
    /// Whether it succeeds in one account. Otherwise the server refuses it in any.
    lands: bool,
}

/// An attack on a stream: what is asked on a subject is to be answered on another.
fn attack(
    what: &'static str,
    on: &'static str,
    reply: &'static str,
    stream: &'static str,
) -> Attack {
    Attack { what, stream, say: Say { on, reply, ..Say::default() }, lands: true }
}

impl Attack {
    fn saying(mut self, body: &'static str) -> Self {
        self.say.body = body;
        self
    }

    fn with(mut self, headers: &'static [(&'static str, &'static str)]) -> Self {
        self.say.headers = headers;
        self
    }

    fn refused(mut self) -> Self {
        self.lands = false;
        self
    }
}

/// Reading an own entry: the server sends its bytes, with the headers that it was stored with.
macro_rules! own {
    ($key:literal) => {
        concat!("$JS.API.DIRECT.GET.KV_journal_research.$KV.journal_research.", $key)
    };
}

const PULL: &str = "$JS.API.CONSUMER.MSG.NEXT.GALLEY_TASK.agent_research";
const ONE: &str = r#"{"batch":1,"no_wait":true}"#;
const GOAL: &str = "galley.goal.01a202bd-fa81-703f-896b-ff350c5a3517";
/// The id of a task that is going to be handed out.
const NEXT_TASK: &str = "task-of-tomorrow";

fn attacks() -> Vec<Attack> {
    vec![
        attack("a task as an order", PULL, "galley.in.control", "GALLEY_IN").saying(ONE),
        attack("a task in a goal's log", PULL, GOAL, "GALLEY_LOG").saying(ONE),
        attack("an acknowledgement in a goal's log", "$KV.journal_research.y", GOAL, "GALLEY_LOG"),
        attack("own bytes in a goal's log", own!("bytes"), GOAL, "GALLEY_LOG"),
        attack("own bytes as a lifted stop", own!("bytes"), "$KV.epochs.all", "KV_epochs"),
        attack("own bytes as a policy", own!("bytes"), "$KV.policy.writer", "KV_policy"),
        attack("own bytes as a status", own!("bytes"), "$KV.goals.g", "KV_goals"),
        attack("own bytes as an alarm", own!("bytes"), "galley.alarm.x", "GALLEY_ALARM"),
        attack(
            "own bytes in another kind's journal",
            own!("bytes"),
            "$KV.journal_publishing.g.t.step",
            "KV_journal_publishing",
        ),
        attack(
            "an own task to another kind, under the id of a real one",
            own!("task"),
            "galley.task.publishing",
            "GALLEY_TASK",
        ),
        attack(
            "many own entries at once",
            "$JS.API.DIRECT.GET.KV_journal_research",
            "galley.in.goal",
            "GALLEY_IN",
        )
        .saying(r#"{"seq":1,"batch":3}"#),
        attack(
            "what a consumer says of itself as a goal",
            "$JS.API.CONSUMER.INFO.GALLEY_TASK.agent_research",
            "galley.in.goal",
            "GALLEY_IN",
        ),
        attack(
            "what a stream says of itself as a person's answer",
            "$JS.API.STREAM.INFO.GALLEY_TASK",
            "galley.in.answer",
            "GALLEY_IN",
        ),
        attack(
            "a coordinator's verdict as an outcome",
            "galley.report.research",
            "galley.in.feedback",
            "GALLEY_IN",
        )
        .saying("a report"),
        attack(
            "another kind's task acknowledged by an answer",
            own!("ack"),
            "$JS.ACK.GALLEY_TASK.agent_publishing.1.1.1.1700000000000000000.0",
            "GALLEY_TASK",
        )
        .refused(),
        attack("the way of a message as an order", "$KV.journal_research.z", "", "GALLEY_IN")
            .with(&[("Nats-Trace-Dest", "galley.in.control")])
            .refused(),
        attack("no cards of any kind", "$KV.agents.research.i", "", "KV_agents")
            .with(&[("Nats-Rollup", "all")])
            .refused(),
        attack(
            "the flow of a batch as an order",
            "$KV.journal_research.w",
            "galley.in.control.u.1.fail.1.0.$FI",
            "GALLEY_IN",
        ),
    ]
}

/// What is not the attacker's to change: each stream but its own journal, and other kinds' consumers.
async fn state(admin: &mut Wire) -> Result<BTreeMap<String, Value>, BoxError> {
    let names = admin.json("$JS.API.STREAM.NAMES", &Value::Null).await?;
    let names = names["streams"].as_array().ok_or(format!("no streams in {names}"))?.clone();
    let mut state = BTreeMap::new();
    for name in names.iter().filter_map(Value::as_str) {
        let ask = json!({ "subjects_filter": ">" });
        let info = admin.json(&format!("$JS.API.STREAM.INFO.{name}"), &ask).await?;
        let mut of = info["state"].clone();
        if name == "KV_agents" {
            // Its own card is its own.
            of = of["subjects"]["$KV.agents.publishing"].clone();
        }
        if name != "KV_journal_research" {
            state.insert(name.to_owned(), of);
        }
    }
    let other = "$JS.API.CONSUMER.INFO.GALLEY_TASK.agent_publishing";
    let other = admin.json(other, &Value::Null).await?;
    state.insert("agent_publishing".to_owned(), other["ack_floor"].clone());
    Ok(state)
}

/// Waits until a stream is not as it was.
async fn changes(
    admin: &mut Wire,
    before: &BTreeMap<String, Value>,
    stream: &str,
) -> Result<(), BoxError> {
    let look = async {
        while state(admin).await?.get(stream) == before.get(stream) {}
        Ok(())
    };
    tokio::time::timeout(SOON, look).await?
}

/// What there is before an attack: tasks of both kinds, a stop, a card; and what the attacker keeps in
/// its own journal, as it may.
async fn lay_out(bus: &Bus, admin: &mut Wire, attacker: &mut Wire) -> Outcome {
    let [research, publishing] = kinds();
    let task = |kind, id: &str| Message::new(subject::task(kind), MessageId::new(id), "a task");
    bus.queue.publish(task(&publishing, "p")).await?;
    for id in ["1", "2", "3", "4", "5"] {
        bus.queue.publish(task(&research, id)).await?;
    }
    bus.kv.put(bucket::EPOCHS, "all", Put::any("a stop")).await?;
    admin.ask(Say { on: "$KV.agents.publishing", body: "a card", ..Say::default() }).await?;
    let taken: &[(&str, &str)] = &[("Nats-Msg-Id", NEXT_TASK)];
    for (key, body, headers) in
        [("bytes", "own bytes", &[][..]), ("task", "own task", taken), ("ack", "+ACK", &[])]
    {
        let on = format!("$KV.journal_research.{key}");
        let kept = attacker.ask(Say { on: &on, body, headers, ..Say::default() }).await?;
        assert!(!String::from_utf8_lossy(&kept.body).contains("error"), "{kept:?}");
    }
    Ok(())
}

/// The server that is attacked, and what watches it.
struct Scene {
    server: NatsServer,
    admin: Wire,
    attacker: Wire,
    coordinator: Bus,
}

/// Everything in its place, on a server whose user `attacker` attacks.
async fn scene(
    server: NatsServer,
    bootstrap: (&str, &str),
    attacker: &str,
) -> Result<Scene, BoxError> {
    init(&config(&server, bootstrap.0, bootstrap.1)?).await?;
    let mut admin = Wire::connect(server.url(), "admin").await?;
    let mut attacker = Wire::connect(server.url(), attacker).await?;
    let inbox = "_INBOX_coordinator";
    let nats = galley_bus_nats::Nats::connect(&config(&server, "coordinator", inbox)?).await?;
    let coordinator = nats.bus();
    lay_out(&coordinator, &mut admin, &mut attacker).await?;
    Ok(Scene { server, admin, attacker, coordinator })
}

/// Makes every attack. Where it does not land, the attacker's same request with an inbox of its own is
/// answered: so it works as it should, and what the server had to say before was said.
async fn make_all(scene: &mut Scene, lands: impl Fn(&Attack) -> bool) -> Outcome {
    let Scene { admin, attacker, coordinator, .. } = scene;
    let [research, _] = kinds();
    let mut reports = coordinator.calls.serve(&subject::report(&research)).await?;
    let verdicts = async {
        while let Some(call) = reports.next().await {
            drop(call.reply.send(Bytes::from_static(b"a verdict")));
        }
    };
    let attacks = async {
        for attack in attacks() {
            let before = state(admin).await?;
            attacker.say(attack.say).await?;
            attacker.settle().await?;
            if lands(&attack) {
                changes(admin, &before, attack.stream)
                    .await
                    .map_err(|error| format!("{}: {error}", attack.what))?;
                continue;
            }
            let honest = Say { headers: &[], reply: "", ..attack.say };
            attacker.ask(honest).await.map_err(|error| format!("{}: {error}", attack.what))?;
            assert_eq!(state(admin).await?, before, "{}", attack.what);
        }
        Outcome::Ok(())
    };
    tokio::select! {
        () = verdicts => Err("the coordinator serves as long as it is asked".into()),
        done = attacks => done,
    }
}

#[tokio::test]
async fn permissions_alone_do_not_hold_an_agent() -> Outcome {
    pass_over(in_one().await)
}

async fn in_one() -> Outcome {
    let mut scene = scene(in_one_account().await?, ("admin", "_INBOX"), "agent-research").await?;
    make_all(&mut scene, |attack| attack.lands).await
}

/// Servers from 2.14 on know two forms of the subjects that deliveries are acknowledged on.
const SECOND_FORM: &str = "feature_flags { js_ack_fc_v2: true }";

#[tokio::test]
async fn an_account_for_each_kind_holds_it() -> Outcome {
    pass_over(in_its_own("", "agent-research").await)
}

#[tokio::test]
async fn an_account_holds_also_a_user_without_permissions() -> Outcome {
    pass_over(in_its_own(SECOND_FORM, "bare-agent-research").await)
}

async fn in_its_own(settings: &str, attacker: &str) -> Outcome {
    let server = contained(settings).await?;
    let mut scene = scene(server, ("bootstrap", "_INBOX_bootstrap"), attacker).await?;
    make_all(&mut scene, |_| false).await
}

/// Who takes the id of a message that is still to come has it dropped: the server says so to whoever
/// sends it, and means it well.
#[tokio::test]
async fn an_id_is_taken_in_one_account_and_cannot_be_in_accounts() -> Outcome {
    pass_over(take_an_id(in_one_account().await, ("admin", "_INBOX"), true).await)?;
    let bootstrap = ("bootstrap", "_INBOX_bootstrap");
    pass_over(take_an_id(contained("").await, bootstrap, false).await)
}

async fn take_an_id(
    server: Result<NatsServer, BoxError>,
    bootstrap: (&str, &str),
    is_taken: bool,
) -> Outcome {
    let mut scene = scene(server?, bootstrap, "agent-research").await?;
    let of = |attack: &Attack| attack.say.on == own!("task");
    let attack = attacks().into_iter().find(of).ok_or("it is among them")?;
    let before = state(&mut scene.admin).await?;
    scene.attacker.say(attack.say).await?;
    if is_taken {
        changes(&mut scene.admin, &before, attack.stream).await?;
    } else {
        scene.attacker.ask(Say { reply: "", ..attack.say }).await?;
    }
    let headers: &[(&str, &str)] = &[("Nats-Msg-Id", NEXT_TASK)];
    let task = Say { on: "galley.task.publishing", headers, body: "the task", ..Say::default() };
    let answer: Value = serde_json::from_slice(&scene.admin.ask(task).await?.body)?;
    assert_eq!(answer["duplicate"] == true, is_taken, "{answer}");

    // Galley's own coordinators do not believe it: they look at what is there, and store beside it.
    let [_, publishing] = kinds();
    let id = MessageId::new(NEXT_TASK);
    let message = Message::new(subject::task(&publishing), id, "the task");
    scene.coordinator.queue.publish(message).await?;
    let agent = if is_taken { "admin" } else { "agent-publishing" };
    let agent = galley_bus_nats::Nats::connect(&config(&scene.server, agent, "_INBOX")?).await?;
    let consumer = topology::tasks(&publishing);
    let mut contents: Vec<Bytes> = Vec::new();
    while !contents.iter().any(|it| *it == "the task") {
        let pulled = agent.bus().queue.pull(&consumer, 8, SOON).await?;
        assert!(!pulled.is_empty(), "only {contents:?}");
        contents.extend(pulled.into_iter().map(|it| it.message.payload));
    }
    assert_eq!(contents.iter().any(|it| *it == "own task"), is_taken, "{contents:?}");
    Ok(())
}

/// Nobody hears what is for others.
#[tokio::test]
async fn an_agent_hears_nothing_of_others() -> Outcome {
    pass_over(listen().await)
}

async fn listen() -> Outcome {
    let server = contained("").await?;
    let mut admin = Wire::connect(server.url(), "admin").await?;
    let mut bare = Wire::connect(server.url(), "bare-agent-research").await?;
    bare.subscribe(">").await?;
    bare.settle().await?;
    let others = [
        "galley.goal.g",
        "galley.task.research",
        "galley.task.publishing",
        "galley.in.goal",
        "galley.report.publishing.c",
        "galley.stored.$KV.goals.g",
        "galley.stored.$KV.journal_publishing.g",
        "$KV.journal_publishing.g",
        "$KV.epochs.all",
        "_INBOX_coordinator.1",
        "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.GALLEY_TASK.agent_publishing",
    ];
    let ours = ["galley.stored.$KV.epochs.all", "galley.epoch"];
    for on in others.into_iter().chain(ours) {
        admin.say(Say { on, body: "x", ..Say::default() }).await?;
    }
    let mut heard = Vec::new();
    while heard.last().is_none_or(|last| last != "galley.epoch") {
        heard.push(tokio::time::timeout(Duration::from_secs(20), bare.next()).await??.subject);
    }
    assert_eq!(heard, ours);
    Ok(())
}
