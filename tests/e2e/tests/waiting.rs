//! A bus that is away: processes of a role wait for it and say so, whatever stays as it is ends them at
//! once, and a log that waits for a relay which nobody runs any more is let go on.

#![expect(clippy::unwrap_used, reason = "in tests, a panic is the report")]

use std::fs;
use std::net::TcpListener;

use galley_tests_e2e::nats::{KINDS, OnNats, Role};
use galley_tests_e2e::{Place, Ran, Running};
use galley_tests_support::wait::until;
use serde_json::{Value, json};

/// Fails unless a role says that it waits, answers that it lives, and is not ready.
#[track_caller]
fn waits(process: Running, why: &str) -> Role {
    let role = Role::begun(process);
    assert!(role.said.contains("waits for the bus") && role.said.contains(why), "{}", role.said);
    assert_eq!(role.probe("healthz").unwrap().0, 200);
    let (code, told) = role.probe("readyz").unwrap();
    assert_eq!(code, 503, "{told}");
    role
}

#[test]
fn every_role_waits_for_a_server_that_is_away_and_ends_when_it_is_asked_to() {
    let Some(mut on) = OnNats::start() else { return };
    on.kill_server();
    let has_kafka = on.run(&["--version"]).out().contains("with Kafka");
    fs::write(on.path("kafka.yaml"), "kafka: { brokers: '127.0.0.1:1' }").unwrap();
    let relay: &[&str] = &["relay", "--config", "kafka.yaml"];
    let mut roles = vec![&["coordinator"][..], &["agent", "learning"], &["agent", "ideation"]];
    roles.extend(has_kafka.then_some(relay));
    let begin = |args: &[&str]| Running::start_with_notes(on.command(args));
    for process in roles.iter().map(|args| begin(args)).collect::<Vec<_>>() {
        let role = waits(process, "GLY0221");
        assert!(role.probe("readyz").unwrap().1.contains(r#""connected":false"#));
        assert_eq!(role.process.terminate(), Some(0), "{}", role.said);
    }
    // What is asked once, is told at once.
    let refused = on.run(&["submit", "How coffee is roasted"]).exits(1).err();
    assert!(refused.contains("GLY0221"), "{refused}");
    let refused = on.run(&["relay", "--retire"]).exits(1).err();
    assert!(refused.contains("GLY0221"), "{refused}");

    let agents = KINDS.map(|kind| Running::start_with_notes(on.agent_command(kind)));
    let begun = agents.into_iter().chain([begin(&["coordinator"])]);
    let roles: Vec<Role> = begun.map(|process| waits(process, "GLY0221")).collect();
    on.start_server_again();
    roles.iter().for_each(|role| role.is_soon("readyz", 200));
    let goal = on.submit(&["How coffee is roasted", "--words", "300", "--autonomous"]);
    on.succeeds(&goal);
    assert_eq!(on.posts().len(), 1);
}

#[test]
fn what_will_not_pass_ends_a_role_at_once() {
    let password = "authorization { user: galley, password: secret }";
    let Some(on) = OnNats::start_with(password, Place::new()) else { return };
    let refused = on.run(&["coordinator"]).exits(1).err();
    assert!(refused.contains("GLY0222"), "{refused}");
    let unusable = on.run(&["relay"]).exits(2).err();
    assert!(unusable.contains("GLY0017") || unusable.contains("GLY0018"), "{unusable}");
    fs::write(on.path("none.yaml"), "nats: { credentials_file: none }").unwrap();
    let unreadable = on.run(&["agent", "seo", "--config", "none.yaml"]).exits(1).err();
    assert!(unreadable.contains("GLY0220"), "{unreadable}");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = taken.local_addr().unwrap().to_string();
    let taken = on.run(&["coordinator", "--listen", &at]).exits(1).err();
    assert!(taken.contains("GLY0015"), "{taken}");
}

/// Three servers that keep everything on each; none when there is no nats-server here.
fn cluster() -> Option<[OnNats; 3]> {
    // Free a moment ago: for the servers to know each other by.
    let held = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let ports = held.map(|port| port.local_addr().unwrap().port());
    let routes = ports.map(|port| format!("\"nats://127.0.0.1:{port}\"")).join(",");
    let start = |port| {
        let listen = format!("listen: \"127.0.0.1:{port}\", routes: [{routes}]");
        OnNats::start_with(&format!("cluster {{ name: c, {listen} }}"), Place::new())
    };
    let [first, second, third] = ports.map(start);
    Some([first?, second?, third?])
}

#[test]
fn a_cluster_that_elects_who_leads_is_waited_for_and_one_without_streams_is_told() {
    let Some(mut nodes) = cluster() else { return };
    let config = nodes[0].path("cluster.yaml");
    let servers: Vec<&str> = nodes.iter().map(OnNats::url).collect();
    let nats = json!({ "nats": { "servers": servers, "replicas": 3, "request_timeout_secs": 1 } });
    fs::write(&config, nats.to_string()).unwrap();
    let on = Place::new();
    let command = |args: &[&str]| {
        let mut command = on.command(args);
        command.arg("--config").arg(&config);
        command
    };
    let run = |args: &[&str]| Ran::from(command(args).output().unwrap());
    // Whether it has met already or not: nothing was made, and that is said as soon as it is known.
    let unmade = run(&["coordinator"]).exits(1).err();
    assert!(unmade.contains("GLY0231") && unmade.contains("galley bus init"), "{unmade}");
    until("the cluster to take everything", || {
        (run(&["bus", "init"]).code() == Some(0)).then_some(())
    });
    nodes.iter().for_each(OnNats::kill_server);
    // One of three may decide nothing.
    nodes[0].start_server_again();
    let coordinator = Running::start_with_notes(command(&["coordinator"]));
    let coordinator = waits(coordinator, "GLY023");
    assert!(!coordinator.said.contains("run `galley bus init`"), "{}", coordinator.said);
    let (_, told) = coordinator.probe("readyz").unwrap();
    assert!(told.contains(r#""connected":true"#), "{told}");
    nodes[1].start_server_again();
    coordinator.is_soon("readyz", 200);
    assert_eq!(coordinator.process.terminate(), Some(0));
}

#[test]
fn a_log_that_waits_for_a_relay_goes_on_once_the_relay_is_retired() {
    let Some(on) = OnNats::start() else { return };
    let config = "coordinator: { retention_secs: 0, sweep_period_secs: 1 }";
    fs::write(on.path("galley.yaml"), config).unwrap();
    let nobody = on.run(&["relay", "--retire", "--json"]).success().json_lines();
    assert_eq!(nobody, [json!({ "retired": false, "cursor": null })]);
    let _coordinator = on.role(&["coordinator", "--config", "galley.yaml"]);
    let _agents = on.agents_but(&[]);
    let carry = |seq: &Value| {
        let at = "2026-01-01T00:00:00Z";
        on.keep("feedback", "relay", &json!({ "seq": seq, "carried": 3, "skipped": 0, "at": at }));
    };
    carry(&json!(0));
    let behind = on.submit(&["How coffee is roasted", "--words", "300"]);
    let _asks = on.run(&["watch", &behind]).exits(3);
    let carried = on.submit(&["How coffee is ground", "--words", "300", "--autonomous"]);
    on.succeeds(&carried);
    let _said = on.run(&["approve", &behind]).success();
    on.succeeds(&behind);
    // The relay carried one of them, and then ran no more.
    carry(&on.status(&carried)["seq"]);
    let archived = || {
        let goals = on.run(&["goals", "--archived", "--json"]).success().json_lines();
        goals.iter().map(|goal| goal["goal"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let first = until("a goal to be archived", || Some(archived()).filter(|it| !it.is_empty()));
    assert_eq!(first, [carried], "the other one waits for the relay");
    let retired = on.run(&["relay", "--retire"]).success().err();
    assert!(retired.contains("no longer waits") && retired.contains("3 facts"), "{retired}");
    until("the other goal to be archived", || archived().contains(&behind).then_some(()));
}
