//! The memory across goals on a real Postgres: one for processes that share nothing else.

#![expect(clippy::unwrap_used, reason = "in tests, a panic is the report")]

use std::fs;

use galley_tests_e2e::nats::{OnNats, Role};
use galley_tests_e2e::{Place, Running, done, events};
use galley_tests_support::postgres::Server;
use galley_tests_support::wait::until;

/// A place whose memory is on the server, by a file that holds the address.
fn place(server: &Server) -> (Place, String) {
    let place = Place::new();
    let (address, config) = (place.path("address"), place.path("galley.yaml"));
    fs::write(&address, server.url("galley")).unwrap();
    let text = format!("knowledge:\n  postgres:\n    url_file: {}\n", address.display());
    fs::write(&config, text).unwrap();
    let config = config.to_str().unwrap().to_owned();
    (place, config)
}

#[test]
fn what_one_machine_published_another_knows() {
    let Some(server) = Server::start() else { return };
    let (one, config) = place(&server);
    let topic = "How coffee is roasted";
    let _first = one.run_topic(topic, &["--config", &config]).success();
    assert!(!one.state().join("memory.db").exists());
    let (other, config) = place(&server);
    // Ideation does not tell the same story twice: it knows the title that the other one published.
    let _second = other.run_topic(topic, &["--config", &config]).success();
    let titles = [&one, &other].map(|place| {
        let posts = place.posts();
        assert_eq!(posts.len(), 1, "{posts:?}");
        posts.into_keys().next().unwrap()
    });
    assert_ne!(titles[0], titles[1]);
}

/// The memory as `/readyz` tells it.
fn told(role: &Role) -> String {
    role.probe("readyz").unwrap().1
}

#[test]
fn a_role_whose_memory_is_away_says_so_and_is_ready_once_it_is_back() {
    let Some(server) = Server::start().filter(Server::is_own) else { return };
    let Some(on) = OnNats::start() else { return };
    let config = on.path("galley.yaml");
    let address = server.url("galley");
    fs::write(&config, format!("knowledge: {{ postgres: {{ url: '{address}' }} }}")).unwrap();
    let command = |args: &[&str]| {
        let mut command = on.command(args);
        command.arg("--config").arg(&config);
        command
    };
    let first = Role::start(command(&["agent", "ideation"]));
    assert!(told(&first).contains(r#""memory":true"#));
    server.stop();
    let late = Role::begun(Running::start_with_notes(command(&["agent", "seo"])));
    assert!(late.said.contains("waits for the memory on Postgres: "), "{}", late.said);
    assert!(late.said.contains("GLY0281") && told(&late).contains(r#""memory":false"#));
    first.is_soon("readyz", 503);
    assert!(told(&first).contains(r#""connected":true,"bound":true"#), "{}", told(&first));
    assert_eq!(first.probe("healthz").unwrap().0, 200);
    // Whoever remembers nothing does not wait for it.
    let coordinator = Role::start(command(&["coordinator"]));
    assert!(!told(&coordinator).contains("memory"));
    // A task waits for it meanwhile, and is not tried in vain.
    let _ingestion = on.agent("ingestion");
    let goal = on.submit(&["How coffee is roasted", "--words", "300"]);
    let counted = |what| on.counted("GALLEY_TASK.agent_ideation", what);
    // One that was granted to a pull that was just given up went back, and is counted so.
    let waits = || counted("num_pending") + counted("num_ack_pending") == 1;
    until("the task to wait", || waits().then_some(()));
    assert!(told(&first).contains(r#""memory":false"#) && waits());
    server.start_again();
    first.is_soon("readyz", 200);
    late.is_soon("readyz", 200);
    until("the task to be done", || {
        done(&on.records(Some(&goal))).contains_key("\"ideas\"").then_some(())
    });
    let records = on.records(Some(&goal));
    assert!(events(&records).all(|event| event["is"] != "attempt_failed"), "{records:?}");
}

#[test]
fn a_memory_that_is_away_is_told_without_its_password() {
    let Some(server) = Server::start().filter(Server::is_own) else { return };
    let (place, config) = place(&server);
    server.stop();
    let ran = place.run_topic("How coffee is roasted", &["--config", &config]).exits(1);
    let url = server.url("galley");
    let password = url.split([':', '@']).nth(2).unwrap();
    assert!(ran.err().contains("GLY0281"), "{}", ran.err());
    assert!(!ran.err().contains(password), "{}", ran.err());
}
