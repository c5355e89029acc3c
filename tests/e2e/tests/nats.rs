//! Galley as separate processes on a real nats-server: the main job, goals by the ordinary client,
//! orders from other processes, ends in order and crashes.

#![expect(clippy::unwrap_used, reason = "in tests, a panic is the report")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use galley_tests_e2e::nats::{Everything, KINDS, OnNats, Role, client, python};
use galley_tests_e2e::{Place, Running, done, events};
use galley_tests_support::corpus;
use galley_tests_support::model_server::{Answer, ModelServer};
use galley_tests_support::wait::until;
use serde_json::{Value, json};

/// Fails unless a goal ended well, with each of its tasks done once.
#[track_caller]
fn assert_done_once(on: &OnNats, goal: &str) {
    on.succeeds(goal);
    let done = done(&on.records(Some(goal)));
    assert!(done.len() >= KINDS.len(), "{done:?}");
    assert!(done.values().all(|times| *times == 1), "{goal}: done twice: {done:?}");
}

/// How `galley.submit` answers the ordinary client.
#[track_caller]
fn submitted(on: &OnNats, client: &Path, payload: &str) -> Value {
    let answered = on.client(client, &["req", "--raw", "galley.submit", payload]).success();
    serde_json::from_str(answered.out().trim()).unwrap()
}

#[test]
fn the_main_job_is_done_by_separate_processes_for_whoever_has_the_ordinary_client() {
    let Some(client) = client() else { return };
    let folder = corpus::shared("customer-service");
    let folder = folder.as_ref().map(|folder| folder.to_str().unwrap());
    let (read, input) = match folder {
        Some(folder) => {
            let topic = "How AI chatbots change customer service";
            let sources = json!([{ "from": "folder", "path": folder }]);
            (vec!["--read", folder], json!({ "topic": topic, "sources": sources }))
        }
        None => (Vec::new(), json!({ "topic": "How coffee is roasted" })),
    };
    let Some(on) = Everything::start(&read) else { return };
    let answer = submitted(&on, &client, &input.to_string());
    assert_eq!(answer["is"], "accepted", "{answer}");
    let goal = answer["goal"].as_str().unwrap();
    // A bare goal is supervised: it asks before publishing.
    let _asks = on.run(&["watch", goal]).exits(3);
    assert!(on.posts().is_empty());
    let _said = on.run(&["approve", goal, "--by", "ed"]).success();
    assert_done_once(&on, goal);
    assert_eq!(on.posts().len(), 1, "the article appears once");
    assert!(on.run(&["doctor"]).success().out().contains("nothing is stuck"));
}

#[test]
fn goals_of_the_ordinary_client_are_kept_while_nobody_is_there() {
    let (Some(on), Some(client)) = (OnNats::start(), client()) else { return };
    let publish = |payload: &str| {
        let _sent = on.client(&client, &["pub", "galley.in.goal", payload]).success();
    };
    publish(r#"{"topic":"How coffee is ground"}"#);
    let goal = "01a202bd-fa81-703f-896b-ff350c5a3517";
    let event = json!({
        "specversion": "1.0", "id": "m1", "source": "/me", "time": "2026-01-01T00:00:00Z",
        "type": "dev.galley.goal.submission.v1",
        "data": { "goal": goal, "workflow": "article", "input": { "topic": "How tea is grown" } },
    });
    publish(&event.to_string());
    let _nobody = on.client(&client, &["req", "galley.submit", "{}"]);
    let _coordinator = on.role(&["coordinator"]);
    until("both goals", || {
        let goals = on.run(&["goals", "--json"]).success().json_lines();
        let topics: Vec<_> = goals.iter().map(|goal| goal["input"]["topic"].to_string()).collect();
        (topics.len() == 2).then_some(topics)
    });
    assert_eq!(on.status(goal)["goal"], goal);
    // The newest is the one that began last, whatever its id is made of.
    let last = on.submit(&["How coffee is traded"]);
    let listed = until("the third goal", || {
        let goals = on.run(&["goals", "--json"]).success().json_lines();
        (goals.len() == 3).then_some(goals)
    });
    assert_eq!(listed.first().unwrap()["goal"], last);
    assert_eq!(on.run(&["show", "--json"]).success().json_lines().first().unwrap()["goal"], last);
}

#[test]
fn what_is_no_goal_is_answered_with_its_fault_and_kept() {
    let (Some(on), Some(client)) = (OnNats::start(), client()) else { return };
    let _coordinator = on.role(&["coordinator"]);
    let unknown = json!({
        "specversion": "1.0", "id": "m1", "source": "/me", "time": "2026-01-01T00:00:00Z",
        "type": "dev.galley.goal.submission.v1",
        "data": {
            "goal": "01a202bd-fa81-703f-896b-ff350c5a3517", "workflow": "poem", "input": {},
        },
    });
    let long = json!({ "topic": "x".repeat(10_000) }).to_string();
    let bad = [
        ("no json", "GLY0191"),
        ("[1]", "GLY0191"),
        (r#"{"topic":5}"#, "GLY0150"),
        (long.as_str(), "GLY0150"),
        (&unknown.to_string(), "GLY0195"),
    ];
    for (payload, code) in bad {
        let answer = submitted(&on, &client, payload);
        let told = (answer["is"].as_str().unwrap(), answer["fault"]["code"].as_str().unwrap());
        assert_eq!(told, ("refused", code), "{payload:.60}: {answer}");
        let _sent = on.client(&client, &["pub", "galley.in.goal", payload]).success();
    }
    // Two megabytes do not go on a command line.
    let large = on.path("large");
    fs::write(&large, vec![b'x'; 2_000_000]).unwrap();
    let pipe = format!(
        "exec '{}' --server {} req --raw --force-stdin galley.submit < '{}'",
        client.display(),
        on.url(),
        large.display()
    );
    let asked = std::process::Command::new("sh").args(["-c", &pipe]).output().unwrap();
    let answer: Value = serde_json::from_slice(&asked.stdout).unwrap();
    assert_eq!(answer["fault"]["code"], "GLY0192", "{answer}");
    let refused = until("all to be refused", || {
        let told = on.run(&["doctor", "--json"]).exits(1).json_lines();
        (told.len() > 2 * bad.len()).then_some(told)
    });
    assert_eq!(refused.len(), 2 * bad.len() + 1, "by request and by message: {refused:#?}");
    assert_eq!(on.run(&["goals", "--json"]).success().json_lines().len(), 0);
}

#[test]
fn orders_and_answers_come_from_any_process() {
    let Some(on) = OnNats::start() else { return };
    let _coordinator = on.role(&["coordinator"]);
    let _agents = on.agents_but(&[]);
    let goal = on.submit(&["How coffee is brewed", "--words", "300"]);
    let _asks = on.run(&["watch", &goal]).exits(3);
    assert!(on.run(&["show", &goal]).success().out().contains("galley approve"));
    let _said = on.run(&["approve", &goal]).success();
    assert_done_once(&on, &goal);
    for (round, scope) in [&["--all"][..], &["--kind", "publishing"]].into_iter().enumerate() {
        let _said = on.run(&[&["stop", "--reason", "drill"], scope].concat()).success();
        let held = on.submit(&["How coffee is traded", "--words", "300", "--autonomous"]);
        let _held = on.run(&["watch", &held]).exits(3);
        assert_eq!(on.posts().len(), round + 1, "{scope:?} holds");
        let _said = on.run(&[&["resume"], scope].concat()).success();
        assert_done_once(&on, &held);
    }
    let goals = on.run(&["goals", "--json"]).success().json_lines();
    assert_eq!((goals.len(), on.posts().len()), (3, 3));
}

/// The drafting agent with a model that answers nothing before it is allowed to.
fn drafting(on: &OnNats, model: &ModelServer) -> Role {
    let mut command = on.command(&["agent", "drafting", "--grace", "60"]);
    command.env("GALLEY_MODEL_URL", model.url()).env("GALLEY_MODEL", "m");
    Role::start(command)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_reaches_agents_at_work() {
    let Some(on) = OnNats::start() else { return };
    let model = ModelServer::gated(Answer::BySchema).await;
    let _coordinator = on.role(&["coordinator"]);
    let _agents = on.agents_but(&["drafting"]);
    let _drafting = drafting(&on, &model);
    let goal = on.submit(&["How coffee is roasted", "--words", "300", "--autonomous"]);
    until("the draft to be in hand", || (model.held() > 0).then_some(()));
    let _said = on.run(&["stop", "--all"]).success();
    until("the work to be dropped", || (model.held() == 0).then_some(()));
    assert_eq!(model.answered(), 0, "nothing was paid for");
    model.allow(1_000);
    let _said = on.run(&["resume", "--all"]).success();
    assert_done_once(&on, &goal);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_signal_lets_a_task_end_and_the_second_ends_at_once() {
    let Some(on) = OnNats::start() else { return };
    let model = ModelServer::gated(Answer::BySchema).await;
    let _coordinator = on.role(&["coordinator"]);
    let _agents = on.agents_but(&["drafting"]);
    let first = drafting(&on, &model);
    let goal = on.submit(&["How coffee is roasted", "--words", "300", "--autonomous"]);
    until("the draft to be in hand", || (model.held() > 0).then_some(()));
    first.process.ask_to_end();
    first.is_soon("readyz", 503);
    assert_eq!(first.probe("healthz").unwrap().0, 200);
    let (_, told) = first.probe("readyz").unwrap();
    assert!(told.contains(r#""connected":true"#) && told.contains(r#""draining":true"#), "{told}");
    model.allow(1_000);
    assert_eq!(first.process.wait(), Some(0), "drained");
    let records = on.records(Some(&goal));
    let is_draft = |event: &&Value| event["is"] == "done" && event["task"] == "draft";
    assert_eq!(events(&records).filter(is_draft).count(), 1, "what was in hand was reported");

    let model = ModelServer::gated(Answer::BySchema).await;
    let second = drafting(&on, &model);
    let other = on.submit(&["How coffee is ground", "--words", "300", "--autonomous"]);
    until("a draft to be in hand", || (model.held() > 0).then_some(()));
    second.process.ask_to_end();
    second.is_soon("readyz", 503);
    // What comes in the same moment is the same wish; this is another one.
    let mut second = second.process;
    let ended = until("the second signal to be heard", || {
        second.ask_to_end();
        second.ended()
    });
    assert_eq!(ended.code(), Some(130));
    // Nothing is lost: another one takes the task over when its loan has run out.
    let _third = on.agent("drafting");
    on.loans_run_out("GALLEY_TASK.agent_drafting");
    assert_done_once(&on, &goal);
    assert_done_once(&on, &other);
}

#[test]
fn an_outage_of_the_server_makes_processes_unready_and_nothing_else() {
    let Some(mut on) = OnNats::start() else { return };
    let coordinator = on.role(&["coordinator"]);
    let agents = on.agents_but(&[]);
    let roles = || agents.iter().chain([&coordinator]);
    let goal = on.submit(&["How coffee is roasted", "--words", "300", "--autonomous"]);
    on.kill_server();
    for role in roles() {
        role.is_soon("readyz", 503);
        assert_eq!(role.probe("healthz").unwrap().0, 200);
    }
    on.start_server_again();
    roles().for_each(|role| role.is_soon("readyz", 200));
    assert_done_once(&on, &goal);
    assert_eq!(on.posts().len(), 1);
    assert_eq!(coordinator.process.terminate(), Some(0));
}

#[test]
fn every_role_may_be_killed_once() {
    let Some(on) = OnNats::start() else { return };
    let mut coordinators = vec![on.role(&["coordinator"]), on.role(&["coordinator"])];
    let mut agents: BTreeMap<&str, Role> = KINDS.into_iter().zip(on.agents_but(&[])).collect();
    let learner = on.role(&["agent", "learning"]);
    let submit = |_| on.submit(&["How coffee is grown", "--words", "300", "--autonomous"]);
    let goals: Vec<String> = (0..4).map(submit).collect();
    coordinators.remove(0).process.kill();
    for kind in KINDS {
        agents.remove(kind).unwrap().process.kill();
        agents.insert(kind, on.agent(kind));
    }
    coordinators.remove(0).process.kill();
    coordinators.push(on.role(&["coordinator"]));
    learner.process.kill();
    let _learner = on.role(&["agent", "learning"]);
    on.loans_run_out("GALLEY_IN.coordinators");
    KINDS.iter().for_each(|kind| on.loans_run_out(&format!("GALLEY_TASK.agent_{kind}")));
    goals.iter().for_each(|goal| assert_done_once(&on, goal));
    assert_eq!(on.posts().len(), goals.len(), "one article each");
    assert!(on.run(&["doctor"]).success().out().contains("nothing is stuck"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_in_python_takes_over_where_ours_was_killed() {
    let (Some(on), Some(python)) = (OnNats::start(), python()) else { return };
    let model = ModelServer::gated(Answer::BySchema).await;
    let _coordinator = on.role(&["coordinator"]);
    let _agents = on.agents_but(&["ideation"]);
    let mut ours = on.command(&["agent", "ideation", "--slots", "1"]);
    ours.env("GALLEY_MODEL_URL", model.url()).env("GALLEY_MODEL", "m");
    let ours = Role::start(ours);
    let submit = |_| on.submit(&["How coffee is roasted", "--words", "300", "--autonomous"]);
    let goals: Vec<String> = (0..3).map(submit).collect();
    until("ours to be at work", || (model.held() > 0).then_some(()));
    ours.process.kill();
    let theirs = Running::start(on.script(&python, "python_agent.py"));
    on.loans_run_out("GALLEY_TASK.agent_ideation");
    for goal in &goals {
        assert_done_once(&on, goal);
        let records = on.records(Some(goal));
        let ideas =
            events(&records).find(|it| it["is"] == "done" && it["task"] == "ideas").unwrap();
        let heading = ideas["output"]["outline"]["sections"][0]["heading"].as_str().unwrap();
        assert!(heading.starts_with("What ") && heading.ends_with(" means"), "{heading}");
    }
    assert_eq!(on.posts().len(), goals.len());
    assert_eq!(theirs.terminate(), Some(0));
}

#[test]
fn a_bus_is_made_once_and_shown_before() {
    let Some(on) = OnNats::start_empty() else { return };
    let shown = on.run(&["bus", "init", "--dry-run"]).exits(1).out();
    assert!(shown.contains("GALLEY_LOG") && shown.contains("agent_seo"), "{shown}");
    let unmade = on.run(&["coordinator"]).exits(1).err();
    assert!(unmade.contains("galley bus init"), "{unmade}");
    let _made = on.run(&["bus", "init"]).success();
    let _nothing = on.run(&["bus", "init", "--dry-run"]).success();
    let again = on.run(&["bus", "init", "--json"]).success().json_lines();
    assert_eq!(again[0]["steps"], json!([]), "{again:?}");
    let _more = on.run(&["bus", "init", "--dry-run", "--kinds", "fact-check"]).exits(1);
    let told = on.run(&["bus", "show", "--json"]).success().json_lines();
    assert_eq!(told[0]["bus"], on.url());
}

/// A user of the tests, and its seed.
const NKEY: &str = "UBFWVWXGDWZZQBG4A4XALVEGY6ZUVWZY6GTPQET22PUQKGCRUSHAWSK6";
const NKEY_SEED: &str = "SUAB22CVGRP4QD6RRCPB3RA5GFLOKLPU6WC6JQIVQEZSCZEEGUI6BEJY4M\n";

/// An authority and a certificate for this machine that it signed; none where there is no openssl.
#[expect(clippy::print_stdout, reason = "a test says what it skips")]
fn certificate(place: &Place) -> Option<()> {
    const KEY: &str = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    fs::write(place.path("names"), "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
        .unwrap();
    for args in [
        format!("req -x509 {KEY} -keyout ca.key -out ca.pem -subj /CN=ca -days 2"),
        format!("req {KEY} -keyout server.key -out server.csr -subj /CN=server"),
        "x509 -req -in server.csr -out server.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
         -extfile names"
            .to_owned(),
    ] {
        let mut openssl = std::process::Command::new("openssl");
        openssl.args(args.split_whitespace()).current_dir(place.path(""));
        let made = openssl.output();
        if !made.as_ref().is_ok_and(|made| made.status.success()) {
            println!("skipped: openssl makes no certificate: {made:?}");
            return None;
        }
    }
    Some(())
}

#[test]
fn keys_and_certificates_come_from_files() {
    let place = Place::new();
    let Some(()) = certificate(&place) else { return };
    let file = |name: &str| place.path(name).to_str().unwrap().to_owned();
    let (ca, pem, key) = (file("ca.pem"), file("server.pem"), file("server.key"));
    let (seed, config) = (file("seed"), file("galley.yaml"));
    fs::write(&seed, NKEY_SEED).unwrap();
    let trust =
        format!("nats: {{ nkey_file: '{seed}', tls: {{ required: true, ca_file: '{ca}' }} }}");
    fs::write(&config, trust).unwrap();
    let settings = format!(
        "tls {{ cert_file: \"{pem}\", key_file: \"{key}\" }}\nauthorization {{ users: [{{ nkey: {NKEY} }}] }}"
    );
    let Some(on) = OnNats::start_with(&settings, place) else { return };
    let refused = on.run(&["bus", "init"]).exits(1).err();
    assert!(refused.contains("GLY022"), "{refused}");
    let _made = on.run(&["bus", "init", "--config", &config]).success();
    let coordinator = on.role(&["coordinator", "--config", &config]);
    let begin = |kind| Running::start_with_notes(on.command(&["agent", kind, "--config", &config]));
    let _agents = KINDS.map(begin).map(Role::ready);
    let goal = on.submit(&["How coffee is roasted", "--words", "300", "--config", &config]);
    let _asks = on.run(&["watch", &goal, "--config", &config]).exits(3);
    assert_eq!(coordinator.process.terminate(), Some(0));
}
